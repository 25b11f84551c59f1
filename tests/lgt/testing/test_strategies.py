"""The strategies draw what they promise, and shrink to something small."""

from __future__ import annotations

from hypothesis import find, given
from hypothesis import strategies as st

from lgt.group import SU, Hyperoctahedral, SignedPermutation
from lgt.lattice import Lattice
from lgt.path import Path
from lgt.symmetry import Gauge, PointGroup, Translation
from lgt.testing.case import Case
from lgt.testing.strategies import cases, groups, lattices, paths, point_elements, seeds, translations


@given(lattices())
def test_extents_are_pairwise_distinct(box: Lattice) -> None:
    assert box.d in (2, 3, 4)
    assert len(set(box.extents)) == box.d
    assert min(box.extents) >= 2
    assert box.volume <= 120


def test_odd_extents_are_drawn_and_boxes_shrink() -> None:
    odd = find(lattices((2,), smallest=3), lambda box: all(L % 2 for L in box.extents))
    assert sorted(odd.extents) == [3, 5]
    assert find(lattices(), lambda box: True) == Lattice((2, 3))
    assert find(lattices((4,), smallest=3), lambda box: True) == Lattice((3, 4, 5, 6))


@given(st.data(), st.integers(2, 4), st.booleans())
def test_paths_close_when_they_should(data: st.DataObject, d: int, closed: bool) -> None:
    path = data.draw(paths(d, closed=closed))
    assert path.directions <= d
    assert len(path) >= 1
    if closed:
        assert path.closed


def test_paths_shrink_to_one_step() -> None:
    assert find(paths(3), lambda path: True) == Path.parse("+0")
    assert find(paths(3, closed=True), lambda path: True).reduced() == Path()


@given(st.data(), lattices())
def test_cases_move_something(data: st.DataObject, box: Lattice) -> None:
    for symmetry in (Translation(), PointGroup()):
        case = data.draw(cases(symmetry, boxes=st.just(box), group=SU(2)))
        assert case.lattice == box
        assert case.element != SignedPermutation.identity(box.d)
        assert any(getattr(case.element, "translation", (1,)))
    assert data.draw(cases(Gauge(), boxes=st.just(box))).element is None


def test_cases_shrink_to_the_simplest() -> None:
    simplest = Case(PointGroup(), SU(3), Lattice((2, 3)), 0, element=SignedPermutation.parse("+0 -1"))
    assert find(cases(PointGroup()), lambda case: True) == simplest
    alone = find(cases(PointGroup(Hyperoctahedral(2).generate()), boxes=lattices((2,))), lambda case: True)
    assert alone.element is None


def test_the_simple_ones() -> None:
    assert find(groups(), lambda group: True) == SU(3)
    assert find(seeds(), lambda seed: True) == 0
    assert find(point_elements(3), lambda g: True) == SignedPermutation.identity(3)
    assert find(translations(Lattice((3, 4))), lambda g: any(g.translation)).translation in {(0, 1), (1, 0)}
