from __future__ import annotations

import numpy as np
import pytest

from lgt.action import LoopAction, LuscherWeisz, Wilson, shape_of
from lgt.kernels.packed import Blocking
from lgt.lattice import Lattice
from lgt.replicas import visits as module
from lgt.replicas.colouring import colouring
from lgt.replicas.visits import Visits, visits

BOXES = [(8, 4), (4, 8, 8), (16, 4, 5), (6, 6, 6, 4), (16, 4, 4, 8), (20, 9), (24, 6, 8)]


ACTIONS: dict[int, LoopAction] = {1: Wilson(1.0), 2: LuscherWeisz(1.0)}


def dependencies(box: Lattice, mu: int, nu: int, reach: int) -> list[tuple[int, ...]]:
    """Displacements between a link of direction mu and one of direction nu that may share a loop."""
    if mu == nu:
        return sorted(shape_of(ACTIONS[reach], box.d).conflicts[mu])
    grids = np.meshgrid(*[np.arange(-reach, reach + 1)] * box.d, indexing="ij")
    steps = np.stack(grids, axis=-1).reshape(-1, box.d)
    others = [k for k in range(box.d) if k not in (mu, nu)]
    return [tuple(map(int, step)) for step in steps if not step[others].any()]


def check(found: Visits, box: Lattice, colours: np.ndarray, reach: int) -> int:
    """Compare with direction by direction, colour by colour; how many pairs were looked at."""
    total, volume = box.d * box.volume, box.volume
    assert sorted(found.order) == list(range(total))
    assert found.starts[0, 0] == 0
    assert found.starts[-1, -1] == total
    assert (found.starts[1:, 0] == found.starts[:-1, -1]).all()
    when = np.empty(total, dtype=np.int64)
    when[found.order] = np.arange(total)
    rows = np.searchsorted(found.starts[:, -1], when, side="right")
    parts = np.array(
        [np.searchsorted(found.starts[r], w, side="right") - 1 for r, w in zip(rows, when, strict=True)]
    )
    n_colours, pairs = colours.max() + 1, 0
    for mu in range(box.d):
        for nu in range(box.d):
            for step in dependencies(box, mu, nu, reach):
                here, there = np.arange(volume), box.index(box.coordinates + np.array(step))
                ours, theirs = mu * n_colours + colours[mu], nu * n_colours + colours[nu][there]
                a, b = mu * volume + here, nu * volume + there
                earlier = ours < theirs
                assert (when[a][earlier] < when[b][earlier]).all()
                # What one thread does before another thread's share has to be in an earlier phase.
                assert ((rows[a] < rows[b]) | (parts[a] == parts[b]))[earlier].all()
                pairs += int(earlier.sum())
    return pairs


@pytest.mark.parametrize("box", BOXES, ids=str)
@pytest.mark.parametrize("reach", [1, 2])
@pytest.mark.parametrize("pieces", [1, 2, 3])
@pytest.mark.parametrize("cache", [0, 2**40])
def test_links_that_share_a_loop_are_visited_in_order(
    box: tuple[int, ...], reach: int, pieces: int, cache: int
) -> None:
    lattice = Lattice(box)
    colours = colouring(lattice, shape_of(ACTIONS[reach], lattice.d)).colours
    found = visits(lattice, colours, reach, pieces, 1152, cache)
    assert found.starts.shape[1] == pieces + 1
    assert check(found, lattice, colours, reach) > 0


def test_which_lattices_are_skewed() -> None:
    for box, pieces, phases in (((16, 16, 8, 4), 1, 2), ((16, 16, 8, 4), 2, 4), ((8, 8, 4, 2), 2, 8)):
        lattice = Lattice(box)
        colours = colouring(lattice, shape_of(ACTIONS[1], lattice.d)).colours
        found = visits(lattice, colours, 1, pieces, 1152, cache=0)
        assert len(found.starts) == phases
        assert len(visits(lattice, colours, 1, pieces, 1152, 2**40).starts) == (1 if pieces == 1 else 8)


def test_passes_that_do_not_lag_are_found_out() -> None:
    """The negative control of the check above."""
    lattice = Lattice((16, 8, 8))
    colours = colouring(lattice, shape_of(ACTIONS[1], lattice.d)).colours
    assert check(module._skewed(lattice, colours, 1, 1, 2), lattice, colours, 1) > 0
    with pytest.raises(AssertionError):
        check(module._skewed(lattice, colours, 0, 1, 2), lattice, colours, 1)


def test_the_usual_blocking_leaves_the_slow_direction_whole() -> None:
    for box in ((16, 16, 16, 16), (32, 32, 32, 32), (8, 8, 8, 16)):
        assert 0 not in Blocking.of(Lattice(box)).directions
