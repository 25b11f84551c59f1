"""Gaussian momenta: P = p_a T^a with independent standard normals p_a, from the counters of each link.

Components 2k and 2k + 1 are the two normals of one draw, whose counter has k where an SU(2) subgroup stands
and, for N above 22, the rest of k in the block number.
"""

from __future__ import annotations

import math
from typing import Any

from lgt.kernels._jit import inline_kernel, kernel
from lgt.kernels.elementary import log, sincospi, uniforms
from lgt.kernels.lanes import as_bits, f64x8, i64x8, load, sqrt, store
from lgt.kernels.matrix import ENTRY
from lgt.replicas import Replicas, Task
from lgt.replicas.motion import Packed
from lgt.replicas.staple import Box
from lgt.rng import Purpose

_PURPOSE = int(Purpose.MOMENTA)


@inline_kernel
def algebra_element(size: Any, coordinates: int, matrix: int) -> None:
    """Write the matrix with these coordinates, a vector each, in the basis of `lgt.group` (Gell-Mann's)."""
    N, zero, half = len(size), f64x8(0.0), f64x8(0.5)
    if N == 1:
        store(zero, matrix)
        store(load(zero, coordinates), matrix + 64)
        return
    for j in range(N):
        store(zero, matrix + (j * N + j) * ENTRY)
        store(zero, matrix + (j * N + j) * ENTRY + 64)
    a = coordinates
    for k in range(1, N):
        for j in range(k):
            symmetric, antisymmetric = half * load(zero, a), half * load(zero, a + 64)
            upper, lower = matrix + (j * N + k) * ENTRY, matrix + (k * N + j) * ENTRY
            store(-antisymmetric, upper)
            store(-symmetric, upper + 64)
            store(antisymmetric, lower)
            store(-symmetric, lower + 64)
            a += 128
        scaled = load(zero, a) * math.sqrt(0.5 / (k * (k + 1)))
        for j in range(k):
            place = matrix + (j * N + j) * ENTRY + 64
            store(load(zero, place) - scaled, place)
        place = matrix + (k * N + k) * ENTRY + 64
        store(load(zero, place) + float(k) * scaled, place)
        a += 64


@kernel
def momenta_blocks(
    size: Any,
    momenta: int,
    box: Box,
    chain_address: int,
    number: int,
    seed: int,
    scratch: int,
    first: int,
    last: int,
) -> None:
    """Draw the momenta of all links of the blocks `first` to `last`."""
    d, volume, N = box.neighbours.shape[0] // 2, box.neighbours.shape[1], len(size)
    chain = as_bits(load(f64x8(0.0), chain_address))
    dimension = max(1, N * N - 1)
    for mu in range(d):
        for x in range(first, last):
            site = as_bits(load(f64x8(0.0), box.sites[x].ctypes.data))
            for k in range((dimension + 1) // 2):
                word = mu | (k & 255) << 8 | _PURPOSE << 16 | (k >> 8) << 24
                u, v = uniforms(site, i64x8(word), i64x8(number), i64x8(0), seed, chain)
                # Box and Muller, Ann. Math. Stat. 29 (1958) 610.
                radius = sqrt(-2.0 * log(u))
                s, c = sincospi(v + v)
                store(radius * c, scratch + 128 * k)
                store(radius * s, scratch + 128 * k + 64)
            algebra_element(size, scratch, momenta + (mu * volume + x) * ENTRY * N * N)


def draw_momenta(state: Replicas, momenta: Packed, number: int) -> None:
    """Replace the momenta of all links of all chains by new ones, those of update `number`.

    Parameters
    ----------
    momenta
        Packed like the links; what it holds is overwritten.
    """

    def work(task: Task, piece: int) -> None:
        first, last = task.part(state.blocking.volume, piece)
        momenta_blocks(
            task.size,
            task.beside(momenta),
            task.box,
            task.chains,
            number,
            task.seed,
            task.scratch(piece),
            first,
            last,
        )

    state.each(work)
