from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import lgt
from lgt.action import ACTIONS, Action, Wilson, group_of, make_action
from lgt.errors import CheckError, InputError
from lgt.field import Array, dagger, space_transform_sites
from lgt.group import SU, U1, Hyperoctahedral, UnitaryGroup
from lgt.loops import loop_trace, plaquettes
from lgt.path import plaquette, rectangle

groups = st.sampled_from([U1(), SU(2), SU(3), SU(4)])
boxes = st.sampled_from([(3, 4), (2, 5), (3, 2, 4), (5, 3, 2, 4)])
seeds = st.integers(0, 2**32 - 1)
variants: list[dict[str, Any]] = [
    {},
    {"anisotropy": 1.7},
    {"open": (-1,)},
    {"open": (0, 1), "anisotropy": 0.6},
]
actions = st.sampled_from([make_action(name, 2.3, **each) for name in ACTIONS for each in variants])
wide_boxes = st.sampled_from([(3, 4), (5, 3), (3, 5, 4), (3, 4, 5, 3)])


@settings(max_examples=80)
@given(actions, groups, wide_boxes, seeds)
def test_force_is_the_derivative_of_the_value(
    action: Action, group: UnitaryGroup, box: tuple[int, ...], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    links = group.haar(rng, (len(box), *box))
    assert action.check_force(links, rng) <= 1e-8


def test_rectangles_by_hand() -> None:
    links = SU(3).haar(np.random.default_rng(0), (2, 4, 5))
    loops = [loop_trace(links, path).real.sum() for path in (plaquette(0, 1), rectangle(0, 1, 2, 1))]
    loops.append(loop_trace(links, rectangle(0, 1, 1, 2)).real.sum())
    for name, c1 in (("luscher-weisz", -1 / 12), ("iwasaki", -0.331), ("dbw2", -1.4069)):
        expected = -2.5 * ((1 - 8 * c1) * loops[0] + c1 * (loops[1] + loops[2]))
        assert np.isclose(make_action(name, 2.5).value(links), expected, rtol=1e-13)
    # A smooth field: every action is -beta (c0 + 8 c1 - area^2 terms), so at a cold start -beta (1 - 6 c1) V.
    cold = lgt.cold(lgt.Lattice((4, 5)), SU(3))
    assert np.isclose(make_action("iwasaki", 1.0).value(cold), -20 * (1 + 6 * 0.331), rtol=1e-13)


@dataclass(frozen=True)
class WrongForce(Action):
    """Negative control: a force one percent off."""

    name: ClassVar[str] = "wrong"
    beta: float

    def value(self, links: Array, d: int | None = None) -> NDArray[np.float64]:
        return Wilson(self.beta).value(links, d)

    def staple(self, links: Array, d: int | None = None) -> Array:
        return np.asarray(1.01 * Wilson(self.beta).staple(links, d))


def test_a_force_one_percent_off_is_rejected() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(CheckError, match="force"):
        WrongForce(2.3).check_force(SU(3).haar(rng, (2, 3, 4)), rng)


@given(groups, boxes, seeds)
def test_each_link_sees_its_plaquettes_through_the_staple(
    group: UnitaryGroup, box: tuple[int, ...], seed: int
) -> None:
    links = group.haar(np.random.default_rng(seed), (len(box), *box))
    traces = np.einsum("...ij,...ji->...", links, Wilson(1.0).staple(links, len(box))).real
    # Every plaquette has four links.
    assert np.isclose(traces.sum(), 4 * group.N * plaquettes(links, len(box)).sum(), rtol=1e-12)
    assert np.isclose(Wilson(1.0).value(links, len(box)), -plaquettes(links, len(box)).sum(), rtol=1e-12)


@given(groups, boxes, seeds)
def test_value_is_invariant_and_force_covariant(group: UnitaryGroup, box: tuple[int, ...], seed: int) -> None:
    rng = np.random.default_rng(seed)
    links, omega = group.haar(rng, (len(box), *box)), group.haar(rng, box)
    g = Hyperoctahedral(len(box)).sample(rng)
    action, d = Wilson(2.3), len(box)
    turned, moved = lgt.gauge_transform(links, omega, d), lgt.space_transform(links, g)
    assert np.isclose(action.value(turned, d), action.value(links, d), rtol=1e-12)
    assert np.isclose(action.value(moved, d), action.value(links, d), rtol=1e-12)
    force = action.force(links, d)
    assert np.allclose(action.force(turned, d), omega @ force @ dagger(omega), rtol=0, atol=1e-12)
    back, moved_force = g.inverse(), action.force(moved, d)
    straight = 0
    for mu in range(d):
        if back.signs[mu] > 0:
            expected = space_transform_sites(force[back.permutation[mu]], g, d=d)
            assert np.allclose(moved_force[mu], expected, rtol=0, atol=1e-12)
            straight += 1
    assert straight == sum(sign > 0 for sign in back.signs)


def test_batches_have_a_value_each() -> None:
    links = SU(3).haar(np.random.default_rng(0), (5, 2, 3, 4))
    assert Wilson(6.0).value(links).shape == (5,)
    assert np.isclose(Wilson(6.0).value(links)[3], Wilson(6.0).value(links[3]))
    assert np.allclose(Wilson(6.0).force(links)[3], Wilson(6.0).force(links[3]))


def test_names() -> None:
    assert make_action("wilson", 6.0) == Wilson(6.0)
    assert group_of(np.zeros((2, 3, 4, 1, 1))) == U1()
    assert group_of(np.zeros((2, 3, 4, 4, 4))) == SU(4)
    with pytest.raises(InputError, match="wilson"):
        make_action("wilsom", 6.0)
    for beta in (-1.0, float("nan"), float("inf")):
        with pytest.raises(InputError, match="beta"):
            Wilson(beta)


def test_open_boundaries_by_hand() -> None:
    links = SU(3).haar(np.random.default_rng(1), (2, 3, 4))
    # Open in time (4 slices): time-like plaquettes at t = 0, 1, 2; there are no space-like planes in d = 2.
    traces = loop_trace(links, plaquette(0, 1)).real
    assert np.isclose(Wilson(2.0, open=(-1,)).value(links), -2 * traces[:, :3].sum(), rtol=1e-13)
    assert np.isclose(Wilson(2.0, open=(0, 1)).value(links), -2 * traces[:2, :3].sum(), rtol=1e-13)
    links = SU(3).haar(np.random.default_rng(1), (3, 3, 5, 4))
    spatial = loop_trace(links, plaquette(0, 1)).real
    temporal = sum(loop_trace(links, plaquette(mu, 2)).real[..., :3].sum() for mu in (0, 1))
    halved = spatial[..., 1:3].sum() + spatial[..., [0, 3]].sum() / 2
    expected = -2 * (halved / 1.5 + 1.5 * temporal)
    assert np.isclose(Wilson(2.0, open=(-1,), anisotropy=1.5).value(links), expected, rtol=1e-13)
    # Nothing depends on the links that lead out of the box.
    cut = links.copy()
    cut[2, ..., 3, :, :] = np.eye(3)
    for action in (Wilson(2.0, open=(-1,)), make_action("iwasaki", 2.0, open=(2,))):
        assert np.isclose(action.value(links), action.value(cut), rtol=1e-13)
        assert np.allclose(action.staple(links)[2, ..., 3, :, :], 0)
    assert not np.isclose(Wilson(2.0).value(links), Wilson(2.0).value(cut), rtol=1e-6)


@pytest.mark.parametrize("name", list(ACTIONS))
def test_printing_and_parameters(name: str) -> None:
    plain, rich = make_action(name, 2.0), make_action(name, 2.0, anisotropy=2.0, open=(-1,))
    assert repr(plain) == f"{type(plain).__name__}(beta=2.0)"
    assert repr(rich) == f"{type(plain).__name__}(beta=2.0, anisotropy=2.0, open=(-1,))"
    assert plain.parameters == {}
    assert make_action(name, 2.0, **rich.parameters) == rich != plain


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("wilson", {"c1": 0.1}, "c1"),
        ("wilson", {"anisotropy": 0.0}, "anisotropy"),
        ("wilson", {"anisotropy": float("nan")}, "anisotropy"),
        ("rectangle", {"c1": float("inf")}, "c"),
        ("wilsom", {}, "wilsom"),
    ],
)
def test_bad_parameters(name: str, parameters: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        make_action(name, 2.0, **parameters)


def test_an_open_direction_that_does_not_exist() -> None:
    with pytest.raises(InputError, match="2 directions"):
        Wilson(2.0, open=(2,)).value(lgt.cold(lgt.Lattice((4, 4)), SU(2)))
