"""Cooling on blocks of links: each link moved to where its share of Wilson's action is smallest."""

from __future__ import annotations

from typing import Any

import numpy as np

from lgt.action import Wilson
from lgt.kernels._jit import inline_kernel, kernel
from lgt.kernels.lanes import all_lanes, f64x8, fma, select, sqrt
from lgt.kernels.matrix import load_row, store_row
from lgt.replicas.staple import Box, room_for_addresses, visit
from lgt.replicas.state import Replicas, Task
from lgt.replicas.subgroup import rotate, subgroup_vector

#: Passes over the subgroups of a link, at most. Each shortens the way to the minimum by a factor of about
#: ten on smooth fields.
PASSES = 64
#: A link has arrived once no subgroup turns it by more than the root of this.
_ARRIVED = 1e-28
#: Below this size a staple has no usable direction, and the link stays.
_TINY = 1e-100


@inline_kernel
def relax_link(size: Any, link: int, staple: int) -> None:
    """Turn a block of links such that Re tr(u staple) is stationary and does not fall: u -> v^+ u.

    One SU(2) subgroup after the other goes to its maximum, again and again until none moves, so that the
    result does not depend on which subgroups there are. A lane that has arrived stays as it is, whatever
    the others need.
    """
    N = len(size)
    zero, one = f64x8(0.0), f64x8(1.0)
    if N == 1:
        u, a = load_row(size, link, 0), load_row(size, staple, 0)
        modulus = sqrt(fma(a[0], a[0], a[1] * a[1]))
        usable, inverse = modulus > _TINY, 1.0 / modulus
        turned = select(usable, a[0] * inverse, u[0]), select(usable, -(a[1] * inverse), u[1])
        store_row(size, turned, link, 0)
    arrived = zero > one
    for _ in range(1 if N == 2 else PASSES):
        still = one > zero
        for i in range(N - 1):
            for j in range(i + 1, N):
                v0, v1 = subgroup_vector(size, link, staple, i, j)
                off = fma(v0[1], v0[1], fma(v1[0], v1[0], v1[1] * v1[1]))
                square = fma(v0[0], v0[0], off)
                # Behind the maximum, at v0 < 0, the way is long even where nothing is off.
                there = (off <= _ARRIVED * square) & (v0[0] >= zero)
                # What is there stays bit for bit: small turns with the same rounding each time would add up.
                moves = (square > _TINY * _TINY) & ~there & ~arrived
                inverse = 1.0 / sqrt(square)
                g0 = select(moves, v0[0] * inverse, one), select(moves, -(v0[1] * inverse), zero)
                g1 = select(moves, -(v1[0] * inverse), zero), select(moves, -(v1[1] * inverse), zero)
                rotate(size, link, i, j, g0, g1)
                still = still & ~moves
        arrived = arrived | still
        if all_lanes(arrived):
            break


@kernel
def relax_blocks(size: Any, links: int, box: Box, scratch: int, phase: int, piece: int) -> None:
    """Cool the links of one part of a phase (`lgt.replicas.visits`)."""
    table = np.empty(room_for_addresses(box.neighbours.shape[0] // 2, None), dtype=np.int64)
    first, last = box.starts[phase, piece], box.starts[phase, piece + 1]
    for k in range(first, last):
        link, _, _ = visit(size, links, box, None, k, last, scratch, table)
        relax_link(size, link, scratch)


def relax(state: Replicas) -> None:
    """Cool every link of all chains once: direction by direction, colour by colour."""
    state.require(Wilson(0.0), one_by_one=True)
    for phase in range(state.phases):

        def work(task: Task, piece: int, phase: int = phase) -> None:
            relax_blocks(task.size, task.links, task.box, task.scratch(piece), phase, piece)

        state.each(work)
