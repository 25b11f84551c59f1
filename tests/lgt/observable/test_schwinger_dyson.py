"""The two sides of the Schwinger-Dyson identity: against the action, under symmetries, at strong coupling."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from oracle.exact_2d import Torus

from lgt.action import DBW2, Iwasaki, LoopAction, LuscherWeisz, Rectangle, Wilson
from lgt.errors import InputError
from lgt.field import cold, gauge_transform, space_transform
from lgt.group import SU, U1, Hyperoctahedral, UnitaryGroup
from lgt.lattice import Lattice
from lgt.loops import loop_trace
from lgt.observable import measured_beta, parse_observable, plaquettes_of_links, schwinger_dyson
from lgt.rng import Stream
from lgt.update import Sweep

GROUPS: list[UnitaryGroup] = [U1(), SU(2), SU(3), SU(4)]


@pytest.mark.parametrize("group", GROUPS, ids=str)
@pytest.mark.parametrize("box", [(3, 4), (4, 2, 3), (2, 3, 2, 5)], ids=str)
def test_against_the_force_of_the_action(group: UnitaryGroup, box: tuple[int, ...]) -> None:
    """The force is beta/(2N) TA(X) (U(1): beta TA X), and <Re tr X> = 2(d-1) N P on every configuration."""
    d, beta = len(box), 2.5
    links = group.haar(np.random.default_rng(1), (d, *box))
    rotation, force = schwinger_dyson(links, d)
    scale = beta if group.N == 1 else beta / (2 * group.N)
    action = Wilson(beta).force(links, d)
    assert abs((np.abs(action) ** 2).sum() / (links.size / group.N**2) / scale**2 - force) < 1e-12 * force
    plaquette = parse_observable("plaquette").value(links, d)
    assert abs(rotation - group.dimension * 2 * (d - 1) * group.N * plaquette) < 1e-12
    staple = Wilson(beta).staple(links, d)
    X = plaquettes_of_links(links, d)
    assert np.abs(X - links @ staple).max() < 1e-12


@pytest.mark.parametrize("group", GROUPS, ids=str)
@pytest.mark.parametrize(
    "action",
    [
        Wilson(2.5, anisotropy=1.3, open=(-1,)),
        LuscherWeisz(2.5),
        Iwasaki(2.5, open=(0, -1)),
        DBW2(2.5, anisotropy=0.7),
        Rectangle(2.5, c1=0.2, c0=0.7),
    ],
    ids=repr,
)
def test_sides_of_another_action(group: UnitaryGroup, action: LoopAction) -> None:
    """A loop of n links is in the X of each of them; the force is that of the action, whatever its beta."""
    box, d = (3, 4, 5), 3
    links = group.haar(np.random.default_rng(1), (2, d, *box))
    rotation, force = schwinger_dyson(links, d, action)
    traces = sum(
        len(loop)
        * weight
        * (action.placement(loop, Lattice(box)) * loop_trace(links, loop, d).real).sum(axis=(1, 2, 3))
        for loop, weight in action.loops(d)
    )
    assert np.allclose(rotation, group.dimension * group.N * traces / (d * 60), rtol=0, atol=1e-12)
    scale = action.beta if group.N == 1 else action.beta / (2 * group.N)
    squares = (np.abs(action.force(links, d)) ** 2).sum(axis=(1, 2, 3, 4, 5, 6)) / (d * 60)
    assert np.allclose(force, squares / scale**2, rtol=1e-12)
    assert not np.allclose(force, schwinger_dyson(links, d).force, rtol=1e-3)
    # For Wilson's action both ways agree.
    ours, general = schwinger_dyson(links, d), schwinger_dyson(links, d, Wilson(7.0))
    assert np.allclose(ours.rotation, general.rotation, rtol=0, atol=1e-12)
    assert np.allclose(ours.force, general.force, rtol=1e-12)


@pytest.mark.parametrize("group", GROUPS, ids=str)
def test_invariance(group: UnitaryGroup) -> None:
    rng = np.random.default_rng(2)
    links = group.haar(rng, (3, 4, 2, 3))
    sides = np.array(schwinger_dyson(links, 3))
    assert (
        np.abs(np.array(schwinger_dyson(gauge_transform(links, group.haar(rng, (4, 2, 3))), 3)) - sides).max()
        < 1e-11
    )
    elements = Hyperoctahedral(3).elements[::5]
    assert len(elements) > 5
    for g in elements:
        assert np.abs(np.array(schwinger_dyson(space_transform(links, g), 3)) - sides).max() < 1e-11


@pytest.mark.parametrize("group", GROUPS, ids=str)
def test_strong_coupling_without_any_chain(group: UnitaryGroup) -> None:
    """Haar links: <|TA X|^2> = 2(d-1) dim/2 (U(1): half of 2(d-1)), as beta -> 0 demands with P = u."""
    links = group.haar(np.random.default_rng(3), (40, 2, 16, 24))
    sides = schwinger_dyson(links, 2)
    beta = 1e-3
    expected = group.dimension * 2 * group.N * Torus(group.N, beta).plaquette / beta
    error = sides.force.std() / np.sqrt(sides.force.size)
    assert error < 0.01 * expected
    assert abs(sides.force.mean() - expected) < 4 * error


def test_leading_axes() -> None:
    links = SU(3).haar(np.random.default_rng(4), (2, 5, 2, 3, 4))
    sides = schwinger_dyson(links)
    assert sides.rotation.shape == sides.force.shape == (2, 5)
    assert np.array_equal(schwinger_dyson(links[1, 3]).force, sides.force[1, 3])


def chain(group: UnitaryGroup, box: tuple[int, ...], beta: float, n: int) -> list[NDArray[np.complex128]]:
    links, out = cold(Lattice(box), group), []
    for number in range(30 + n):
        Sweep(1).update(links, Wilson(beta), Stream(3, 0), number)
        out.append(links.copy())
    return out[30:]


@pytest.mark.parametrize(("group", "box", "beta"), [(SU(2), (6, 8), 3.0), (U1(), (12, 16), 1.5)], ids=str)
def test_measured_beta(group: UnitaryGroup, box: tuple[int, ...], beta: float) -> None:
    configurations = chain(group, box, beta, 60)
    d = len(box)
    many = measured_beta([configurations], d)
    assert abs(many.value - beta) < 4 * many.error
    assert 0 < many.error < 0.1 * beta
    few = [measured_beta([[links]], d) for links in configurations[::3]]
    spread = np.std([single.value for single in few])
    stated = np.sqrt(np.mean([single.error**2 for single in few]))
    assert 0.5 < stated / spread < 1.5
    pair = measured_beta([configurations[:1], configurations[30:31]], d)
    assert pair.error < np.max([few[0].error, few[10].error])
    assert (pair.n, pair.chains) == (2, 2)


def test_measured_beta_of_a_rectangle_action() -> None:
    action, links, out = LuscherWeisz(3.0), cold(Lattice((6, 8)), SU(2)), []
    for number in range(90):
        Sweep(1).update(links, action, Stream(3, 0), number)
        out.append(links.copy())
    right, wrong = (measured_beta([out[30:]], 2, action=each) for each in (action, None))
    assert abs(right.value - 3.0) < 4 * right.error
    assert right.error < 0.2
    assert abs(wrong.value - 3.0) > 4 * wrong.error


def test_nothing_to_measure_beta_on() -> None:
    with pytest.raises(InputError, match="no configuration"):
        measured_beta([[]])
    with pytest.raises(InputError, match="without any force"):
        measured_beta([[cold(Lattice((3, 4)), SU(2))]])
