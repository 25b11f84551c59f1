"""The staples of a block of links, row by row in vectors of lanes."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lgt.kernels._jit import inline_kernel
from lgt.kernels.lanes import f64x8, load
from lgt.kernels.matrix import (
    ENTRY,
    combine,
    copy_permuted,
    load_dagger_row,
    load_row,
    prefetch,
    row_times,
    row_times_dagger,
    store_row,
    zero_row,
)

#: Bytes of links up to which the caches are taken to hold them.
CACHED = 2**22
#: How many blocks ahead the links of a staple are asked for.
AHEAD = 2


class Box(NamedTuple):
    """What a kernel needs to know of the packed lattice (`lgt.kernels.packed.Blocking`).

    `sites` has the number of the site of each lane, shape (volume, 8). `order` and `starts` are those of
    `lgt.replicas.visits.Visits`.
    """

    neighbours: NDArray[np.int64]
    seams: NDArray[np.int64]
    compose: NDArray[np.int64]
    order: NDArray[np.int64]
    starts: NDArray[np.int64]
    sites: NDArray[np.int64]


class Paths(NamedTuple):
    """The staples of an action: paths from x + mu back to x, with their weights (`lgt.action`).

    `steps` has the shape (d, paths, longest) and `lengths` (d, paths); `weights` (kinds, d, paths, 8) are
    vectors for the lanes, and `kinds` (volume,) says which of them a block takes. None stands for Wilson's
    plain action, whose staples have a kernel of their own.
    """

    steps: NDArray[np.int64]
    lengths: NDArray[np.int64]
    weights: NDArray[np.float64]
    kinds: NDArray[np.int64]


@inline_kernel
def room_for_addresses(d: int, paths: Paths | None) -> int:
    """How many operands the staples of one link have."""
    if paths is None:
        return 6 * d
    room: int = paths.steps.shape[1] * paths.steps.shape[2]
    return room


@inline_kernel
def operand(size: Any, address: int, seam: int, free: int) -> int:
    """The address of a matrix as seen across a seam: itself, or a copy at `free` with lanes permuted."""
    if seam == 0:
        return address
    copy_permuted(size, address, free, seam)
    return free


@inline_kernel
def wilson_staple(
    size: Any, links: int, box: Box, mu: int, x: int, scratch: int, table: NDArray[np.int64]
) -> None:
    """Write A with tr(U A) = sum of the traces of all plaquettes that contain U = U_mu(x), to `scratch`.

    ``A = sum_{nu != mu} U_nu(x+mu) U_mu(x+nu)^+ U_nu(x)^+ + U_nu(x+mu-nu)^+ U_mu(x-nu)^+ U_nu(x-nu)``.
    `scratch` has room for 1 + 5 (d - 1) matrices, and `table` for 6 (d - 1) addresses.
    """
    d, volume = box.neighbours.shape[0] // 2, box.neighbours.shape[1]
    nbytes = ENTRY * len(size) ** 2
    end, to_end = box.neighbours[mu, x], box.seams[mu, x]
    free, n = scratch + nbytes, 0
    for nu in range(d):
        if nu != mu:
            side, to_side = box.neighbours[nu, x], box.seams[nu, x]
            back, to_back = box.neighbours[d + nu, x], box.seams[d + nu, x]
            corner = box.neighbours[d + nu, end]
            to_corner = box.compose[to_end, box.seams[d + nu, end]]
            table[n] = operand(size, links + (nu * volume + end) * nbytes, to_end, free)
            table[n + 1] = operand(size, links + (mu * volume + side) * nbytes, to_side, free + nbytes)
            table[n + 2] = links + (nu * volume + x) * nbytes
            table[n + 3] = operand(
                size, links + (nu * volume + corner) * nbytes, to_corner, free + 2 * nbytes
            )
            table[n + 4] = operand(size, links + (mu * volume + back) * nbytes, to_back, free + 3 * nbytes)
            table[n + 5] = operand(size, links + (nu * volume + back) * nbytes, to_back, free + 4 * nbytes)
            free += 5 * nbytes
            n += 6
    for i in range(len(size)):
        total = zero_row(size)
        for m in range(0, n, 6):
            row = row_times_dagger(size, None, load_row(size, table[m], i), table[m + 1])
            total = row_times_dagger(size, total, row, table[m + 2])
            row = row_times_dagger(size, None, load_dagger_row(size, table[m + 3], i), table[m + 4])
            total = row_times(size, total, row, table[m + 5])
        store_row(size, total, scratch, i)


@inline_kernel
def path_staple(
    size: Any, links: int, box: Box, paths: Paths, mu: int, x: int, scratch: int, table: NDArray[np.int64]
) -> None:
    """The same for any set of paths, each with its weight at x.

    `scratch` has room for one matrix and one more for every step of every path; `table` for an address each.
    """
    d, volume = box.neighbours.shape[0] // 2, box.neighbours.shape[1]
    nbytes = ENTRY * len(size) ** 2
    count, longest = paths.steps.shape[1], paths.steps.shape[2]
    free, far = scratch + nbytes, d * volume * nbytes > CACHED
    for p in range(count):
        y, seam = box.neighbours[mu, x], box.seams[mu, x]
        for k in range(paths.lengths[mu, p]):
            step = paths.steps[mu, p, k]
            if step >= 0:
                here = links + (step * volume + y) * nbytes
                if far:
                    prefetch(size, here)
                table[p * longest + k] = operand(size, here, seam, free)
                seam, y = box.compose[seam, box.seams[step, y]], box.neighbours[step, y]
            else:
                row = d + ~step
                seam, y = box.compose[seam, box.seams[row, y]], box.neighbours[row, y]
                here = links + (~step * volume + y) * nbytes
                if far:
                    prefetch(size, here)
                table[p * longest + k] = operand(size, here, seam, free)
            free += nbytes
    zero, weights = f64x8(0.0), paths.weights[paths.kinds[x], mu]
    for i in range(len(size)):
        total = zero_row(size)
        for p in range(count):
            first, last = p * longest, paths.lengths[mu, p] - 1
            if last >= 0:
                if paths.steps[mu, p, 0] >= 0:
                    row = load_row(size, table[first], i)
                else:
                    row = load_dagger_row(size, table[first], i)
                row = combine(size, (load(zero, weights[p].ctypes.data), zero), row, (zero, zero), row)
                for k in range(1, last):
                    if paths.steps[mu, p, k] >= 0:
                        row = row_times(size, None, row, table[first + k])
                    else:
                        row = row_times_dagger(size, None, row, table[first + k])
                if paths.steps[mu, p, last] >= 0:
                    total = row_times(size, total, row, table[first + last])
                else:
                    total = row_times_dagger(size, total, row, table[first + last])
        store_row(size, total, scratch, i)


@inline_kernel
def staple(
    size: Any,
    links: int,
    box: Box,
    paths: Paths | None,
    mu: int,
    x: int,
    scratch: int,
    table: NDArray[np.int64],
) -> None:
    """Write A with S = -(beta/N) Re tr(U A) + ... for U = U_mu(x), to `scratch`."""
    if paths is None:
        wilson_staple(size, links, box, mu, x, scratch, table)
    else:
        path_staple(size, links, box, paths, mu, x, scratch, table)


@inline_kernel
def prefetch_staple(size: Any, links: int, box: Box, mu: int, x: int) -> None:
    """Ask for all links that `wilson_staple` and the update after it will read.

    Worth its instructions only where the links do not fit the caches, so it does nothing for small boxes.
    """
    d, volume = box.neighbours.shape[0] // 2, box.neighbours.shape[1]
    nbytes = ENTRY * len(size) ** 2
    if d * volume * nbytes > CACHED:
        end = box.neighbours[mu, x]
        prefetch(size, links + (mu * volume + x) * nbytes)
        for nu in range(d):
            if nu != mu:
                side, back = box.neighbours[nu, x], box.neighbours[d + nu, x]
                prefetch(size, links + (nu * volume + end) * nbytes)
                prefetch(size, links + (mu * volume + side) * nbytes)
                prefetch(size, links + (nu * volume + x) * nbytes)
                prefetch(size, links + (nu * volume + box.neighbours[d + nu, end]) * nbytes)
                prefetch(size, links + (mu * volume + back) * nbytes)
                prefetch(size, links + (nu * volume + back) * nbytes)


@inline_kernel
def visit(
    size: Any,
    links: int,
    box: Box,
    paths: Paths | None,
    k: int,
    last: int,
    scratch: int,
    table: NDArray[np.int64],
) -> Any:
    """Write the staple of link number k in the order of visits to `scratch`; its address, direction, block.

    The links of the visit `AHEAD` of it are asked for, as far as it comes before `last`.
    """
    volume = box.neighbours.shape[1]
    mu, x = divmod(box.order[k], volume)
    prefetch_staple(size, links, box, *divmod(box.order[min(k + AHEAD, last - 1)], volume))
    staple(size, links, box, paths, mu, x, scratch, table)
    return links + box.order[k] * ENTRY * len(size) ** 2, mu, x
