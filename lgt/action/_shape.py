"""What the loops of an action look like: which links share one, and how much room their staples take."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from lgt.action._loops import LoopAction
from lgt.lattice import Lattice
from lgt.path import Path

Displacement = tuple[int, ...]


class LoopShape(NamedTuple):
    """The geometry of the loops of an action, on the infinite lattice.

    `conflicts` has for each direction the displacements between two of its links that are in one loop, and
    zero if a loop has a link twice. `side` is the longest side of the box around a loop. `operands` is the
    largest number of links in all staples of a link together.
    """

    conflicts: tuple[frozenset[Displacement], ...]
    side: int
    operands: int

    def covers(self, other: LoopShape) -> bool:
        """Whether chains that are packed for these loops do for the others too."""
        fewer = all(b <= a for a, b in zip(self.conflicts, other.conflicts, strict=True))
        return fewer and other.side <= self.side and other.operands <= self.operands


@lru_cache(maxsize=64)
def shape_of(action: LoopAction, d: int) -> LoopShape:
    """The geometry of the loops of an action in d dimensions.

    Examples
    --------
    >>> import lgt
    >>> shape = shape_of(lgt.Wilson(6.0), 2)
    >>> sorted(shape.conflicts[0]), shape.side, shape.operands
    ([(0, -1), (0, 1)], 1, 6)
    """
    conflicts, side, operands = [], 0, 0
    for mu in range(d):
        found, longest, paths = set(), 0, action.staple_paths(mu, d)
        for path, _ in paths:
            side = max(side, *(high - low for low, high in Path((mu, *path.steps)).bounds(d)))
            longest = max(longest, len(path))
            place = [int(nu == mu) for nu in range(d)]
            for step in path:
                nu = max(step, ~step)
                place[nu] -= step < 0  # a link lies where its lower end is
                if nu == mu:
                    found.add(tuple(place))
                place[nu] += step >= 0
        conflicts.append(frozenset(found))
        operands = max(operands, longest * len(paths))  # the kernels' tables are rectangular
    return LoopShape(tuple(conflicts), side, operands)


@lru_cache(maxsize=64)
def shortest_extent(action: LoopAction, lattice: Lattice) -> int | None:
    """The extent from which on no loop has a link twice; None where that is so on this lattice.

    Examples
    --------
    >>> import lgt
    >>> shortest_extent(lgt.Iwasaki(2.6), lgt.Lattice((2, 4)))
    3
    """
    steps = [step for each in shape_of(action, lattice.d).conflicts for step in each if any(step)]
    meets = any(all(n % L == 0 for n, L in zip(step, lattice.extents, strict=True)) for step in steps)
    return 1 + max(abs(n) for step in steps for n in step) if meets else None
