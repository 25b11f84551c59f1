"""Which links may be updated at the same time: colourings for plaquettes and for 1x2 rectangles."""

from __future__ import annotations

import itertools
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from lgt.lattice import Lattice

Index = NDArray[np.int64]


def conflicts(mu: int, d: int, reach: int) -> list[tuple[int, ...]]:
    """Displacements between two links of direction mu that share a loop.

    Reach 1 is the plaquette, reach 2 the 1x2 rectangles as well.
    """
    units = np.eye(d, dtype=int)
    steps = [sign * units[nu] for nu in range(d) if nu != mu for sign in (1, -1)]
    if reach == 2:
        along = [units[mu], -units[mu]]
        steps += [2 * step for step in steps]
        sideways = [sign * units[nu] for nu in range(d) if nu != mu for sign in (1, -1)]
        steps += along + [a + b for a, b in itertools.product(along, sideways)]
    return [tuple(int(n) for n in step) for step in steps]


def has_formula(lattice: Lattice, reach: int) -> bool:
    """Whether the colour is a periodic function of the coordinates, so that pieces are coloured alike."""
    return reach == 1 or all(extent % 4 == 0 for extent in lattice.extents)


@lru_cache(maxsize=8)
def colouring(lattice: Lattice, reach: int) -> Index:
    """A colour for the link of each direction at each site, shape (d, volume).

    Links of one direction and colour share no loop of the reach, on a lattice with extents of at least
    1 + reach.

    Examples
    --------
    >>> int(colouring(Lattice((8, 8, 8, 8)), reach=2).max()) + 1
    4
    """
    d = lattice.d
    if reach == 1:
        return np.broadcast_to(lattice.colours, (d, lattice.volume))
    if has_formula(lattice, reach):
        # One step along mu counts 2, one aside 1; of two links that share a rectangle the sums differ mod 4.
        total = lattice.coordinates.sum(axis=1)
        return np.stack([(total + lattice.coordinates[:, mu]) % 4 for mu in range(d)])
    return np.stack([_greedy(lattice, conflicts(mu, d, reach)) for mu in range(d)])


def _greedy(lattice: Lattice, displacements: list[tuple[int, ...]]) -> Index:
    """The smallest colour that no earlier site in conflict has, site by site."""
    others = np.stack([lattice.index(lattice.coordinates + np.array(step)) for step in displacements], axis=1)
    colours = np.full(lattice.volume, -1, dtype=np.int64)
    for site in range(lattice.volume):
        taken = set(colours[others[site]].tolist())
        colours[site] = next(c for c in itertools.count() if c not in taken)
    return colours
