from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from lgt.action import LoopAction, LuscherWeisz, Wilson, shape_of
from lgt.lattice import Lattice
from lgt.path import Path, plaquette, rectangle
from lgt.replicas.colouring import colouring


class Squares(LoopAction):
    """2x2 loops."""

    name = "squares"

    def coefficients(self, d: int) -> list[tuple[Path, float]]:
        return [(rectangle(mu, nu, 2, 2), 0.1) for nu in range(d) for mu in range(nu)]


class Chairs(LoopAction):
    """Two plaquettes at a right angle, whose links in conflict a checkerboard paints alike."""

    name = "chairs"

    def coefficients(self, d: int) -> list[tuple[Path, float]]:
        chairs = [(Path((0, 1, ~0, 2, ~1, ~2)), 0.3)] if d > 2 else []
        return [(plaquette(0, 1), 1.0), *chairs]


class OneWay(LoopAction):
    """Rectangles along direction 0 alone."""

    name = "one way"

    def coefficients(self, d: int) -> list[tuple[Path, float]]:
        return [(rectangle(0, 1, 3, 1), 1.0)]


class Twice(LoopAction):
    """Plaquettes gone round twice."""

    name = "twice"

    def coefficients(self, d: int) -> list[tuple[Path, float]]:
        return [(plaquette(0, 1) + plaquette(0, 1), 1.0)]


ACTIONS: list[LoopAction] = [Wilson(1.0), LuscherWeisz(1.0), Squares(1.0), Chairs(1.0), OneWay(1.0)]
BOXES = [(4, 4), (8, 4, 4), (4, 8, 4, 4), (5, 4), (5, 6, 4), (6, 6), (4, 6, 5, 4), (8, 8, 8)]


def links_of(loop: Path, lattice: Lattice, start: Sequence[int]) -> set[tuple[int, int]]:
    """The links of a loop on the torus, as direction and site."""
    place, found = np.array(start), set()
    for step in loop:
        nu = max(step, ~step)
        place[nu] -= step < 0
        found.add((nu, int(lattice.index(place))))
        place[nu] += step >= 0
    return found


@pytest.mark.parametrize("box", BOXES, ids=str)
@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_no_two_links_of_a_colour_share_a_loop(box: tuple[int, ...], action: LoopAction) -> None:
    """By brute force: every loop at every site."""
    lattice = Lattice(box)
    colours, *_ = colouring(lattice, shape_of(action, lattice.d))
    assert colours.min() == 0
    met = 0
    for start in lattice.coordinates:
        for loop, _ in action.loops(lattice.d):
            painted = [(nu, int(colours[nu, site])) for nu, site in links_of(loop, lattice, start)]
            assert len(set(painted)) == len(painted)
            met += 1
    assert met >= lattice.volume


@pytest.mark.parametrize("box", [(8, 8, 8), (16, 8)], ids=str)
@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_colours_come_back_after_a_period(box: tuple[int, ...], action: LoopAction) -> None:
    lattice = Lattice(box)
    colours, period, _ = colouring(lattice, shape_of(action, lattice.d))
    assert period > 0
    for mu in range(lattice.d):
        shifted = lattice.index(lattice.coordinates + period * np.eye(lattice.d, dtype=int)[mu])
        np.testing.assert_array_equal(colours, colours[:, shifted])


def test_how_many_colours() -> None:
    """Two for plaquettes, four for rectangles, and few more where a lattice has no formula."""
    for action, box, colours in (
        (Wilson(1.0), (8, 8, 8, 8), 2),
        (LuscherWeisz(1.0), (8, 8, 8, 8), 4),
    ):
        lattice = Lattice(box)
        assert colouring(lattice, shape_of(action, lattice.d)).colours.max() + 1 == colours
    lattice = Lattice((6, 6, 6))
    assert colouring(lattice, shape_of(LuscherWeisz(1.0), 3)).colours.max() + 1 <= 9


def test_a_checkerboard_is_not_enough_for_rectangles_and_chairs() -> None:
    """The negative control: loops with two links of one colour of the checkerboard."""
    lattice = Lattice((8, 8, 8))
    for action in (LuscherWeisz(1.0), Chairs(1.0)):
        painted = [
            [(nu, int(lattice.colours[site])) for nu, site in links_of(loop, lattice, (0, 0, 0))]
            for loop, _ in action.loops(3)
        ]
        assert any(len(set(each)) < len(each) for each in painted)


def test_shapes() -> None:
    assert shape_of(LuscherWeisz(1.0), 4).side == 2
    assert shape_of(LuscherWeisz(1.0), 4).operands == 5 * 24
    assert shape_of(LuscherWeisz(1.0), 3).covers(shape_of(Wilson(2.0), 3))
    assert not shape_of(Wilson(2.0), 3).covers(shape_of(LuscherWeisz(1.0), 3))
    assert (0, 0) in shape_of(Twice(1.0), 2).conflicts[0]
    assert not any((0, 0) in each for each in shape_of(Wilson(1.0), 2).conflicts)
