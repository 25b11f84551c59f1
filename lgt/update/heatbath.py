"""Heat bath: each link, or each of its SU(2) subgroups, drawn anew from its conditional distribution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from lgt.action import Action
from lgt.kernels._jit import inline_kernel, kernel
from lgt.kernels.lanes import as_bits, f64x8, fma, from_bits, i64x8, load, select, sqrt, store
from lgt.kernels.matrix import load_row, store_row
from lgt.replicas import Task
from lgt.replicas.paths import paths_of
from lgt.replicas.staple import Box, Paths, room_for_addresses, visit
from lgt.replicas.subgroup import product, product_conjugate, rotate, subgroup_vector
from lgt.rng import Purpose
from lgt.update._base import LocalUpdater
from lgt.update._draw import Address, draw_su2, draw_u1

#: Attempts of a rejection step before the old value stays. That is exact, since the probability of it
#: depends on the staple alone; at 0.5 or more acceptance it never happens in practice.
ATTEMPTS = 64
#: Below this size a staple has no usable direction, and its weight is 1 to rounding.
_TINY = 1e-100
_PURPOSE = int(Purpose.HEATBATH)


@inline_kernel
def heat_link(
    size: Any,
    link: int,
    staple: int,
    beta: float,
    site: Any,
    chain: Any,
    mu: int,
    number: int,
    seed: int,
    attempts: int,
) -> Any:
    """Heat bath of a block of links with weight exp((beta/N) Re tr(u staple)).

    Cabibbo and Marinari, Phys. Lett. B 119 (1982) 387: all subgroups (i, j), i < j, in lexicographic order.
    Returns the number of exhausted draws of each lane.
    """
    N = len(size)
    exhausted, word = i64x8(0), mu | _PURPOSE << 16
    if N == 1:
        u, a = load_row(size, link, 0), load_row(size, staple, 0)
        modulus = sqrt(fma(a[0], a[0], a[1] * a[1]))
        done, phase = draw_u1(beta * modulus, Address(site, chain, word, number, seed), attempts)
        usable, inverse = modulus > _TINY, 1.0 / modulus
        turned = product_conjugate(phase, (a[0] * inverse, a[1] * inverse))
        new = select(usable, turned[0], phase[0]), select(usable, turned[1], phase[1])
        store_row(size, (select(done, new[0], u[0]), select(done, new[1], u[1])), link, 0)
        exhausted = select(done, exhausted, i64x8(1))
    subgroup = 0
    for i in range(N - 1):
        for j in range(i + 1, N):
            v0, v1 = subgroup_vector(size, link, staple, i, j)
            k = sqrt(fma(v0[0], v0[0], fma(v0[1], v0[1], fma(v1[0], v1[0], v1[1] * v1[1]))))
            at = Address(site, chain, word | subgroup << 8, number, seed)
            done, h0, h1 = draw_su2(beta / N * k, at, attempts)
            # g = h v^+ takes the old v to h
            p, q = product_conjugate(h0, v0), product_conjugate(h1, v1)
            r, s = product(h1, v0), product(h0, v1)
            usable, inverse = k > _TINY, 1.0 / k
            g0 = (
                select(usable, (p[0] + q[0]) * inverse, h0[0]),
                select(usable, (p[1] + q[1]) * inverse, h0[1]),
            )
            g1 = (
                select(usable, (r[0] - s[0]) * inverse, h1[0]),
                select(usable, (r[1] - s[1]) * inverse, h1[1]),
            )
            zero = f64x8(0.0)
            g0 = select(done, g0[0], f64x8(1.0)), select(done, g0[1], zero)
            rotate(size, link, i, j, g0, (select(done, g1[0], zero), select(done, g1[1], zero)))
            exhausted = exhausted + select(done, i64x8(0), i64x8(1))
            subgroup += 1
    return exhausted


@kernel
def heat_blocks(
    size: Any,
    links: int,
    box: Box,
    paths: Paths | None,
    chain_address: int,
    scratch: int,
    phase: int,
    piece: int,
    beta: float,
    number: int,
    seed: int,
    attempts: int,
    tally: int,
) -> None:
    """Heat bath of the links of one part of a phase (`lgt.replicas.visits`).

    The exhausted draws of every lane are added to the vector at `tally`.
    """
    table = np.empty(room_for_addresses(box.neighbours.shape[0] // 2, paths), dtype=np.int64)
    chain = as_bits(load(f64x8(0.0), chain_address))
    exhausted = as_bits(load(f64x8(0.0), tally))
    first, last = box.starts[phase, piece], box.starts[phase, piece + 1]
    for k in range(first, last):
        link, mu, x = visit(size, links, box, paths, k, last, scratch, table)
        site = as_bits(load(f64x8(0.0), box.sites[x].ctypes.data))
        exhausted = exhausted + heat_link(size, link, scratch, beta, site, chain, mu, number, seed, attempts)
    store(from_bits(exhausted), tally)


@final
@dataclass(frozen=True)
class HeatBath(LocalUpdater):
    """Heat bath of every link: Cabibbo-Marinari over SU(2) subgroups for SU(N), von Mises for U(1).

    SU(2) elements come from Kennedy and Pendleton's method at strong weights (``a = 2 beta k / N`` of at
    least 1.6) and from Creutz's below. For each direction the sites are visited colour by colour.

    Examples
    --------
    >>> import lgt
    >>> from lgt.replicas import Replicas
    >>> from lgt.update import HeatBath
    >>> state = Replicas([lgt.cold(lgt.Lattice((4, 6)), lgt.SU(2))], [lgt.Stream(seed=1, chain=0)])
    >>> HeatBath().advance(state, lgt.Wilson(2.0), number=0)
    >>> state.exhausted
    [0]
    """

    @property
    def name(self) -> str:
        """``heatbath``."""
        return "heatbath"

    def blocks(
        self,
        action: Action,
        number: int,
        phase: int,
        task: Task,
        piece: int,
    ) -> None:
        """One heat bath of every link of a part."""
        heat_blocks(
            task.size,
            task.links,
            task.box,
            paths_of(action, task.blocking),
            task.chains,
            task.scratch(piece),
            phase,
            piece,
            float(action.beta),
            number,
            task.seed,
            ATTEMPTS,
            task.tally(piece),
        )
