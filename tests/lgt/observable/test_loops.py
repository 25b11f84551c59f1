"""Loop observables against the path code and under every symmetry, on pairwise distinct extents."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from lgt.errors import InputError
from lgt.field import gauge_transform, space_transform
from lgt.group import SU, U1, Hyperoctahedral, SpaceElement, UnitaryGroup
from lgt.lattice import Lattice
from lgt.loops import loop_trace
from lgt.observable import Polyakov, parse_observable, polyakov_loops, rectangles
from lgt.path import line, rectangle

Links = NDArray[np.complex128]
GROUPS: list[UnitaryGroup] = [U1(), SU(2), SU(3)]
BOXES = [(3, 4), (5, 2), (4, 2, 3)]
EVERYWHERE = [
    "plaquette",
    "action_density",
    "wilson_1x2",
    "wilson_3x2",
    "wilson_1x2_symmetric",
    "polyakov_re",
    "polyakov_im",
    "polyakov_re_0",
]
ALL = [*EVERYWHERE, "polyakov_abs", "polyakov_abs_1"]

links_cases = st.tuples(st.sampled_from(GROUPS), st.sampled_from(BOXES), st.integers(0, 2**32 - 1))


def draw(group: UnitaryGroup, box: tuple[int, ...], seed: int) -> tuple[Links, np.random.Generator]:
    rng = np.random.default_rng(seed)
    return group.haar(rng, (2, len(box), *box)), rng


@pytest.mark.parametrize("group", GROUPS, ids=str)
@pytest.mark.parametrize("box", BOXES, ids=str)
@pytest.mark.parametrize(("r", "t"), [(1, 1), (1, 2), (2, 1), (3, 3), (4, 1)])
def test_rectangles_are_the_paths_of_the_path_algebra(
    group: UnitaryGroup, box: tuple[int, ...], r: int, t: int
) -> None:
    links, _ = draw(group, box, 1)
    planes = list(combinations(range(len(box)), 2))
    expected = np.mean([loop_trace(links, rectangle(mu, nu, r, t)).real for mu, nu in planes], axis=0)
    assert np.abs(rectangles(links, r, t) - expected).max() < 1e-13
    if r != t:  # the other orientation is another loop: averaging it in would be seen
        assert np.abs(rectangles(links, t, r) - expected).max() > 1e-2


@pytest.mark.parametrize("group", GROUPS, ids=str)
@pytest.mark.parametrize("box", BOXES, ids=str)
def test_polyakov_loops_are_lines_around_the_torus(group: UnitaryGroup, box: tuple[int, ...]) -> None:
    links, _ = draw(group, box, 2)
    for mu, extent in enumerate(box):
        loops = polyakov_loops(links, mu)
        assert np.abs(loops - loop_trace(links, line(mu, extent))).max() < 1e-13
        assert np.ptp(loops.real, axis=1 + mu).max() < 1e-13
        expected = np.abs(loops.mean(axis=tuple(range(1, len(box) + 1))))
        assert np.abs(Polyakov("abs", mu).value(links) - expected).max() < 1e-14
    assert np.array_equal(polyakov_loops(links), polyakov_loops(links, len(box) - 1))


@pytest.mark.parametrize("name", ALL)
@given(case=links_cases)
def test_gauge_invariance(name: str, case: tuple[UnitaryGroup, tuple[int, ...], int]) -> None:
    group, box, seed = case
    links, rng = draw(group, box, seed)
    moved = gauge_transform(links, group.haar(rng, (2, *box)))
    observable = parse_observable(name)
    assert np.abs(observable.value(moved) - observable.value(links)).max() < 1e-12
    if name in EVERYWHERE:
        assert np.abs(observable.density(moved) - observable.density(links)).max() < 1e-12


@pytest.mark.parametrize("name", ALL)
@given(case=links_cases, steps=st.lists(st.integers(-3, 3), min_size=3, max_size=3))
def test_translation(name: str, case: tuple[UnitaryGroup, tuple[int, ...], int], steps: list[int]) -> None:
    group, box, seed = case
    links, _ = draw(group, box, seed)
    moved = space_transform(links, SpaceElement.of_translation(tuple(steps[: len(box)])))
    observable = parse_observable(name)
    assert np.abs(observable.value(moved) - observable.value(links)).max() < 1e-12
    if name in EVERYWHERE:
        axes = tuple(range(1, len(box) + 1))
        expected = np.roll(observable.density(links), steps[: len(box)], axis=axes)
        assert np.abs(observable.density(moved) - expected).max() < 1e-12


@pytest.mark.parametrize("name", ["plaquette", "action_density", "wilson_1x2_symmetric", "wilson_2x2"])
@given(case=links_cases, number=st.integers(0, 47))
def test_rotations_and_reflections(
    name: str, case: tuple[UnitaryGroup, tuple[int, ...], int], number: int
) -> None:
    """The lattice average is the same on the permuted box."""
    group, box, seed = case
    links, _ = draw(group, box, seed)
    elements = Hyperoctahedral(len(box)).elements
    moved = space_transform(links, elements[number % len(elements)])
    observable = parse_observable(name)
    assert np.abs(observable.value(moved, len(box)) - observable.value(links)).max() < 1e-12


@pytest.mark.parametrize("group", GROUPS, ids=str)
def test_one_orientation_is_turned_into_the_other(group: UnitaryGroup) -> None:
    """Negative control of the test above: in 2D a quarter turn maps W(1,2) to W(2,1), not to itself."""
    links, _ = draw(group, (3, 4), 5)
    turns = [g for g in Hyperoctahedral(2).elements if g.permutation == (1, 0)]
    assert len(turns) == 4
    for turn in turns:
        moved = space_transform(links, turn)
        one, other = parse_observable("wilson_1x2"), parse_observable("wilson_2x1")
        assert np.abs(one.value(moved) - other.value(links)).max() < 1e-12
        assert np.abs(one.value(moved) - one.value(links)).max() > 1e-3


@pytest.mark.parametrize("group", GROUPS, ids=str)
def test_polyakov_loops_follow_their_axis(group: UnitaryGroup) -> None:
    links, _ = draw(group, (4, 2, 3), 6)
    elements = Hyperoctahedral(3).elements
    assert len(elements) == 48
    for g in elements:
        moved = space_transform(links, g)
        for mu in range(3):
            image, sign = g.permutation[mu], g.signs[mu]
            for part, factor in (("abs", 1), ("re", 1), ("im", sign)):
                before = parse_observable(f"polyakov_{part}_{mu}").value(links)
                after = parse_observable(f"polyakov_{part}_{image}").value(moved, 3)
                assert np.abs(after - factor * before).max() < 1e-12


@pytest.mark.parametrize("N", [2, 3])
def test_a_centre_twist_moves_polyakov_loops_alone(N: int) -> None:
    links, _ = draw(SU(N), (3, 4), 7)
    phase = np.exp(2j * np.pi / N)
    twisted = links.copy()
    twisted[:, 1, :, 0] *= phase
    for name in ("plaquette", "wilson_1x2", "polyakov_abs", "polyakov_abs_0", "polyakov_re_0"):
        observable = parse_observable(name)
        assert np.abs(observable.value(twisted) - observable.value(links)).max() < 1e-12
    assert np.abs(polyakov_loops(twisted) - phase * polyakov_loops(links)).max() < 1e-12
    assert np.abs(polyakov_loops(twisted) - polyakov_loops(links)).max() > 1e-2


def test_shapes_and_leading_axes() -> None:
    links = SU(3).haar(np.random.default_rng(0), (2, 5, 3, 4, 2, 3))
    for name in ALL:
        observable = parse_observable(name)
        assert observable.value(links).shape == (2, 5)
        each = [[observable.value(configuration) for configuration in chain] for chain in links]
        assert np.array_equal(observable.value(links), np.array(each))
        if name in EVERYWHERE:
            assert observable.density(links).shape == (2, 5, 4, 2, 3)
    # (2, 3, 2, 4, 3, ...) could be d = 2 on 4x3 with leading axes, or d = 3 on 2x4x3
    ambiguous = SU(2).haar(np.random.default_rng(0), (2, 3, 2, 4, 3))
    with pytest.raises(InputError, match="d="):
        parse_observable("plaquette").value(ambiguous)
    assert parse_observable("plaquette").value(ambiguous, d=2).shape == (2, 3)
    assert parse_observable("plaquette").value(ambiguous, d=3).shape == (2,)


def test_what_cannot_be_measured_is_refused() -> None:
    links, _ = draw(SU(2), (3, 4), 1)
    with pytest.raises(InputError, match="polyakov_re"):
        parse_observable("polyakov_abs").density(links)
    with pytest.raises(InputError, match="use 0 to 1"):
        parse_observable("polyakov_re_2").value(links)
    with pytest.raises(InputError, match="two directions"):
        rectangles(SU(2).haar(np.random.default_rng(0), (1, 5)), 1, 1)
    with pytest.raises(InputError, match="sides of 1"):
        parse_observable("wilson_1x2").__class__(0, 2)  # type: ignore[call-arg]


def test_single_precision_links_are_measured_in_double() -> None:
    links, _ = draw(SU(3), (3, 4), 1)
    rounded = links.astype(np.complex64)
    value = parse_observable("plaquette").value(rounded)
    assert value.dtype == np.float64
    exact = parse_observable("plaquette").value(rounded.astype(np.complex128))
    assert np.array_equal(value, exact)


def test_lattice_average_of_a_known_field() -> None:
    """U(1) links with one plaquette angle: on 3x4 sites two plaquettes hold the link, with both signs."""
    links = np.ones((2, 3, 4, 1, 1), dtype=np.complex128)
    links[0, 1, 2] = np.exp(0.3j)
    expected = (10 + 2 * np.cos(0.3)) / 12
    assert abs(parse_observable("plaquette").value(links) - expected) < 1e-15
    assert Lattice((3, 4)).volume == 12
