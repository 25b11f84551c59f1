"""The two steps of molecular dynamics and of the gradient flow on blocks of links: kick and drift."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lgt.action import Action
from lgt.kernels._jit import inline_kernel, kernel
from lgt.kernels.exponential import exponential
from lgt.kernels.lanes import f64x8
from lgt.kernels.matrix import (
    ENTRY,
    add_to_entry,
    combine,
    load_dagger_row,
    load_row,
    row_imaginary,
    row_times,
    store_row,
)
from lgt.replicas.paths import paths_of
from lgt.replicas.staple import Box, Paths, prefetch_staple, room_for_addresses, staple
from lgt.replicas.state import Replicas, Task

Packed = NDArray[np.float64]


@inline_kernel
def add_algebra_part(size: Any, link: int, staple: int, factor: float, target: int, scratch: int) -> None:
    """Add factor TA(U A) to the matrix at `target`; for N = 1 the imaginary part of U A, times i.

    `scratch` has room for one matrix.
    """
    N = len(size)
    zero, half, trace = f64x8(0.0), f64x8(0.5 * factor), f64x8(0.0)
    for i in range(N):
        row = row_times(size, None, load_row(size, link, i), staple)
        store_row(size, row, scratch, i)
    for i in range(N):
        row = combine(
            size, (half, zero), load_row(size, scratch, i), (-half, zero), load_dagger_row(size, scratch, i)
        )
        trace = trace + row_imaginary(size, row, i)
        store_row(size, row, scratch + ENTRY * N * N, i)
    share = f64x8(0.0) if N == 1 else trace * (-1.0 / N)
    one = f64x8(1.0)
    for i in range(N):
        row = add_to_entry(size, load_row(size, scratch + ENTRY * N * N, i), (zero, share), i)
        store_row(size, combine(size, (one, zero), load_row(size, target, i), (one, zero), row), target, i)


@kernel
def kick_blocks(
    size: Any,
    links: int,
    box: Box,
    paths: Paths | None,
    momenta: int,
    factor: float,
    scratch: int,
    first: int,
    last: int,
) -> None:
    """P <- P + factor TA(U A) for all links of the blocks `first` to `last`, with A of the action."""
    d, volume = box.neighbours.shape[0] // 2, box.neighbours.shape[1]
    nbytes = ENTRY * len(size) ** 2
    table = np.empty(room_for_addresses(d, paths), dtype=np.int64)
    for x in range(first, last):
        for mu in range(d):
            prefetch_staple(size, links, box, mu, min(x + 1, last - 1))
            staple(size, links, box, paths, mu, x, scratch, table)
            place = (mu * volume + x) * nbytes
            add_algebra_part(size, links + place, scratch, factor, momenta + place, scratch + nbytes)


@kernel
def drift_blocks(
    size: Any, links: int, momenta: int, step: float, scratch: int, first: int, last: int
) -> None:
    """U <- exp(step P) U for the matrices number `first` to `last`."""
    nbytes = ENTRY * len(size) ** 2
    for k in range(first, last):
        exponential(size, momenta + k * nbytes, step, scratch, scratch + nbytes)
        for i in range(len(size)):
            store_row(
                size,
                row_times(size, None, load_row(size, scratch, i), links + k * nbytes),
                scratch + nbytes,
                i,
            )
        for i in range(len(size)):
            store_row(size, load_row(size, scratch + nbytes, i), links + k * nbytes, i)


def kick(state: Replicas, action: Action, momenta: Packed, step: float) -> None:
    """P <- P - step F for all links of all chains, with F the force of the action.

    Parameters
    ----------
    momenta
        Algebra-valued, packed like the links (`Replicas.zeros`); it changes.
    """
    state.require(action)
    scale = -step * (action.beta if state.group.N == 1 else action.beta / (2 * state.group.N))

    def work(task: Task, piece: int) -> None:
        first, last = task.part(state.blocking.volume, piece)
        paths, beside = paths_of(action, task.blocking), task.beside(momenta)
        kick_blocks(task.size, task.links, task.box, paths, beside, scale, task.scratch(piece), first, last)

    state.each(work)


def drift(state: Replicas, momenta: Packed, step: float) -> None:
    """U <- exp(step P) U for all links of all chains."""

    def work(task: Task, piece: int) -> None:
        first, last = task.part(state.lattice.d * state.blocking.volume, piece)
        drift_blocks(task.size, task.links, task.beside(momenta), step, task.scratch(piece), first, last)

    state.each(work)
