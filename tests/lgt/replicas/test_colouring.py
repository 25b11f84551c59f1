from __future__ import annotations

import numpy as np
import pytest

from lgt.action import LuscherWeisz, Wilson
from lgt.lattice import Lattice
from lgt.replicas.colouring import colouring, conflicts, has_formula

BOXES = [(4, 4), (8, 4, 4), (4, 8, 4, 4), (3, 4), (5, 3, 4), (6, 6), (3, 6, 3, 4)]


@pytest.mark.parametrize("box", BOXES)
@pytest.mark.parametrize("reach", [1, 2])
def test_no_two_links_of_a_colour_share_a_loop(box: tuple[int, ...], reach: int) -> None:
    lattice = Lattice(box)
    colours, compared = colouring(lattice, reach), 0
    assert colours.min() == 0
    for mu in range(lattice.d):
        for step in conflicts(mu, lattice.d, reach):
            other = lattice.index(lattice.coordinates + np.array(step))
            assert (colours[mu] != colours[mu][other]).all()
            compared += 1
    assert compared >= 4


@pytest.mark.parametrize("action", [Wilson(1.0), LuscherWeisz(1.0)])
@pytest.mark.parametrize("d", [2, 3, 4])
def test_conflicts_are_where_the_staples_lead(action: Wilson | LuscherWeisz, d: int) -> None:
    for mu in range(d):
        found = set()
        for path, _ in action.staple_paths(mu, d):
            place = np.zeros(d, dtype=int)
            place[mu] = 1
            for step in path:
                nu = max(step, ~step)
                place[nu] -= step < 0
                if nu == mu:
                    found.add(tuple(int(n) for n in place))
                place[nu] += step >= 0
        assert found == set(conflicts(mu, d, action.reach))


def test_a_checkerboard_is_not_enough_for_rectangles() -> None:
    lattice = Lattice((8, 8))
    step = conflicts(0, 2, 2)[2:4]
    other = lattice.index(lattice.coordinates + np.array(step[0]))
    assert (lattice.colours == lattice.colours[other]).any()
    assert has_formula(lattice, 2)
    assert not has_formula(Lattice((6, 8)), 2)
