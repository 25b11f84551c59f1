"""In which order the links are visited, such that caches hold what comes again soon."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lgt.lattice import Lattice

Index = NDArray[np.int64]

#: Bytes of links above which they do not stay in the caches between two passes.
CACHE = 2**24
#: Directions whose passes go through the box together, and the side of the tiles in which they go: measured,
#: SU(3) on 16^4 and 32^4, with a shared cache of 32 MB.
TOGETHER, SIDE = 2, 4


class Visits(NamedTuple):
    """The order of visits of a local update.

    `order` has the numbers of all links (blocks), mu * volume + x; part p of phase f is that from
    ``starts[f, p]`` to ``starts[f, p + 1]``. The parts of a phase may be done at the same time.
    """

    order: Index
    starts: Index


#: Where all links move at once.
NO_VISITS = Visits(np.zeros(0, dtype=np.int64), np.zeros((0, 2), dtype=np.int64))


def visits(
    box: Lattice, colours: Index, reach: int, pieces: int, nbytes: int, cache: int | None = None
) -> Visits:
    """An order that gives the same bits as direction by direction, colour by colour.

    Two links that share a loop are visited in that order, which is all that matters. Where the links do not
    fit the cache the colours of some directions go through the box together, each a little behind the one
    before (time skewing: J. McCalpin and D. Wonnacott 1999), so that what was fetched serves all of them.

    Parameters
    ----------
    box
        The lattice of blocks.
    colours
        Colour of each link, shape (d, volume).
    reach
        How far apart, at most, two links that share a loop are in any direction: `LoopShape.side`.
    pieces
        Number of threads.
    nbytes
        Size of the links of one direction at one block.
    cache
        Bytes of links that the caches keep, `CACHE` by default.
    """
    n_colours = int(colours.max()) + 1
    if box.d * box.volume * nbytes > (CACHE if cache is None else cache):
        for together in range(TOGETHER, 0, -1):
            last = reach * (together * n_colours - 1)
            room = box.extents[0] // pieces > 2 * last + reach if pieces > 1 else box.extents[0] > last
            if room:
                return _skewed(box, colours, reach, pieces, together)
    return _plain(colours, pieces, n_colours)


def _plain(colours: Index, pieces: int, n_colours: int) -> Visits:
    """Direction by direction, colour by colour; between those all threads wait for each other."""
    passes = np.arange(len(colours))[:, None] * n_colours + colours
    order = np.argsort(passes.ravel(), kind="stable")
    if pieces == 1:
        return Visits(order, np.array([[0, order.size]]))
    ends = np.searchsorted(passes.ravel()[order], np.arange(passes.max() + 2))
    counts = np.diff(ends)[:, None] * np.arange(pieces + 1) // pieces
    return Visits(order, ends[:-1, None] + counts)


def _skewed(box: Lattice, colours: Index, reach: int, pieces: int, together: int) -> Visits:
    """Some directions together, in tiles; each pass lags behind the one before by the reach of a loop.

    With a lag of l the pass owns the sites from l to L + l in every direction, and the edges of its tiles lie
    l before those of the first pass: whatever shares a loop with a site then lies in its tile or an earlier
    one if the pass before has to be there first, and in its tile or a later one if not.
    """
    d, extents, n_colours = box.d, np.array(box.extents), int(colours.max()) + 1
    orders, rows = [], [np.zeros(1, dtype=np.int64)]
    for first in range(0, d, together):
        mus = np.arange(first, min(first + together, d))
        links = (mus[:, None] * box.volume + np.arange(box.volume)).ravel()
        lag = reach * ((mus[:, None] - first) * n_colours + colours[mus]).ravel()
        place = np.tile(box.coordinates, (len(mus), 1))
        tile = (np.where(place >= lag[:, None], place, place + extents) + lag[:, None]) // SIDE
        tile[:, extents <= lag.max()] = 0  # too short for tiles
        share = phase = np.zeros(links.size, dtype=np.int64)
        if pieces > 1:
            # A thread's share of direction 0 shrinks from pass to pass; then what is left around edges grows.
            edges = extents[0] * np.arange(pieces + 1) // pieces
            share = np.searchsorted(edges, place[:, 0], side="right") - 1
            low, high = place[:, 0] - edges[share], edges[share + 1] - place[:, 0]
            phase = np.where((low >= lag) & (high > lag), 0, 1)
            share = np.where((phase == 1) & (high <= lag), (share + 1) % pieces, share)
            tile[:, 0] = np.where(phase == 0, (low + lag) // SIDE, 0)
        order = np.lexsort(
            (links % box.volume, lag, *(tile[:, mu] for mu in reversed(range(d))), share, phase)
        )
        orders.append(links[order])
        for which in range(int(phase.max()) + 1):
            sizes = np.bincount(share[phase == which], minlength=pieces)
            rows.append(rows[-1][-1] + np.cumsum([0, *sizes]))
    return Visits(np.concatenate(orders), np.array(rows[1:]))
