"""Which links may be updated at the same time: those of one colour, of which no two share a loop."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lgt.action import LoopShape, Wilson, shape_of
from lgt.lattice import Lattice

Index = NDArray[np.int64]

#: Linear formulas are looked for up to so many colours, and among so many.
_COLOURS, _FORMULAS = 16, 100_000


class Colouring(NamedTuple):
    """Colours of links.

    `colours` has one for each direction and site, shape (d, volume). `period` is a length by which a shift in
    any direction keeps them, so that pieces of a lattice of such lengths are coloured alike; 0 if there is
    none. `parity` says that it is a checkerboard.
    """

    colours: Index
    period: int
    parity: bool = False


@lru_cache(maxsize=8)
def colouring(lattice: Lattice, shape: LoopShape) -> Colouring:
    """A colouring for the loops of an action.

    Links of one direction and colour share no loop, on a lattice on which no loop has a link twice.

    Examples
    --------
    >>> import lgt
    >>> found = colouring(Lattice((8, 8, 8, 8)), shape_of(lgt.LuscherWeisz(4.5), 4))
    >>> int(found.colours.max()) + 1, found.period
    (4, 4)
    """
    d = lattice.d
    if shape.conflicts == shape_of(Wilson(0.0), d).conflicts:
        return Colouring(np.broadcast_to(lattice.colours, (d, lattice.volume)), 2, parity=True)
    for period in range(1, _COLOURS + 1):
        found = [_formula(lattice, each, period) for each in shape.conflicts]
        formulas = [formula for formula in found if formula is not None]
        if len(formulas) == d:
            return Colouring(np.stack([lattice.coordinates @ f % period for f in formulas]), period)
    return Colouring(np.stack([_greedy(lattice, each) for each in shape.conflicts]), 0)


def _formula(lattice: Lattice, displacements: Iterable[tuple[int, ...]], period: int) -> Index | None:
    """Factors a such that a.x mod period is periodic on the lattice and differs for links in conflict."""
    if period**lattice.d > _FORMULAS or any(extent % period for extent in lattice.extents):
        return None
    factors = np.array(list(itertools.product(range(period), repeat=lattice.d)))
    steps = np.array(sorted(displacements), dtype=np.int64).reshape(-1, lattice.d)
    good = (factors @ steps.T % period != 0).all(axis=1)
    return np.asarray(factors[int(good.argmax())]) if good.any() else None


def _greedy(lattice: Lattice, displacements: Iterable[tuple[int, ...]]) -> Index:
    """The smallest colour that no earlier site in conflict has, site by site."""
    steps = sorted(step for step in displacements if any(step))
    if not steps:
        return np.zeros(lattice.volume, dtype=np.int64)
    others = np.stack([lattice.index(lattice.coordinates + np.array(step)) for step in steps], axis=1)
    colours = np.full(lattice.volume, -1, dtype=np.int64)
    for site in range(lattice.volume):
        taken = set(colours[others[site]].tolist())
        colours[site] = next(c for c in itertools.count() if c not in taken)
    return colours
