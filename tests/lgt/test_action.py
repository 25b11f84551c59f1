from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

import lgt
from lgt.action import Action, Wilson, group_of, make_action
from lgt.errors import CheckError, InputError
from lgt.field import Array, dagger, space_transform_sites
from lgt.group import SU, U1, Hyperoctahedral, UnitaryGroup
from lgt.loops import plaquettes

groups = st.sampled_from([U1(), SU(2), SU(3), SU(4)])
boxes = st.sampled_from([(3, 4), (2, 5), (3, 2, 4), (5, 3, 2, 4)])
seeds = st.integers(0, 2**32 - 1)


@given(groups, boxes, seeds)
def test_force_is_the_derivative_of_the_value(group: UnitaryGroup, box: tuple[int, ...], seed: int) -> None:
    rng = np.random.default_rng(seed)
    links = group.haar(rng, (len(box), *box))
    assert Wilson(2.3).check_force(links, rng) <= 1e-8


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
