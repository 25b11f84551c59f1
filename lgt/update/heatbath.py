"""Heat bath: each link, or each of its SU(2) subgroups, drawn anew from its conditional distribution."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from lgt.action import Action
from lgt.kernels._jit import inline_kernel, kernel
from lgt.kernels.layout import Complex, SiteTable, Tables, size_of
from lgt.kernels.sun import block_of_product, rotate_rows
from lgt.rng import Purpose, Stream
from lgt.update._base import LocalUpdater
from lgt.update._draw import draw_su2, draw_u1
from lgt.update._staple import wilson_staple

#: Attempts of a rejection step before the old value stays. That is exact, since the probability of it
#: depends on the staple alone; at 0.5 or more acceptance it never happens in practice.
ATTEMPTS = 64
#: Below this size a staple has no usable direction, and its weight is 1 to rounding.
TINY = 1e-100
_PURPOSE = int(Purpose.HEATBATH)


@inline_kernel
def heat_link(
    u: Complex,
    staple: Complex,
    beta: float,
    site: np.uint64,
    mu: int,
    number: np.uint64,
    attempts: np.uint64,
    seed: np.uint64,
    chain: np.uint64,
    size: tuple[int, ...],
) -> int:
    """Heat bath of one link with weight exp((beta/N) Re tr(u staple)); returns the exhausted draws.

    Cabibbo and Marinari, Phys. Lett. B 119 (1982) 387: all subgroups (i, j), i < j, in lexicographic order.
    """
    N = len(size)
    exhausted = 0
    word = mu | _PURPOSE << 16
    if N == 1:
        a = staple[0, 0]
        modulus = abs(a)
        accepted, phase = draw_u1(beta * modulus, site, np.uint64(word), number, attempts, seed, chain)
        if accepted:
            u[0, 0] = phase * (np.conj(a) / modulus) if modulus > TINY else phase
        return 0 if accepted else 1
    subgroup = 0
    for i in range(N - 1):
        for j in range(i + 1, N):
            w00, w01, w10, w11 = block_of_product(u, staple, i, j, size)
            # w = k v + (what the trace does not see), v = ((v0, v1), (-v1*, v0*)) in SU(2)
            v0 = 0.5 * (w00 + np.conj(w11))
            v1 = 0.5 * (w01 - np.conj(w10))
            k = math.sqrt(v0.real**2 + v0.imag**2 + v1.real**2 + v1.imag**2)
            accepted, h0, h1 = draw_su2(
                2.0 * beta * k / N, site, np.uint64(word | subgroup << 8), number, attempts, seed, chain
            )
            if accepted:
                # g = h v^+ takes the old v to h
                g0, g1 = h0, h1
                if k > TINY:
                    g0 = (h0 * np.conj(v0) + h1 * np.conj(v1)) / k
                    g1 = (h1 * v0 - h0 * v1) / k
                rotate_rows(u, i, j, g0, g1, size)
            else:
                exhausted += 1
            subgroup += 1
    return exhausted


@kernel
def heat_sweep(
    links: Complex,
    up: SiteTable,
    down: SiteTable,
    order: SiteTable,
    beta: float,
    number: np.uint64,
    attempts: np.uint64,
    seed: np.uint64,
    chain: np.uint64,
    size: tuple[int, ...],
) -> int:
    """Heat bath of all links, for each direction in the order of sites given; returns the exhausted draws."""
    staple = np.empty((len(size), len(size)), dtype=np.complex128)
    work = np.empty_like(staple)
    exhausted = 0
    for mu in range(links.shape[0]):
        for x in order:
            wilson_staple(links, up, down, mu, x, staple, work, size)
            exhausted += heat_link(
                links[mu, x], staple, beta, np.uint64(x), mu, number, attempts, seed, chain, size
            )
    return exhausted


@final
@dataclass(frozen=True)
class HeatBath(LocalUpdater):
    """Heat bath of every link: Cabibbo-Marinari over SU(2) subgroups for SU(N), von Mises for U(1).

    SU(2) elements come from Kennedy and Pendleton's method at strong weights (``a = 2 beta k / N`` of at
    least 1.6) and from Creutz's below. For each direction the sites are visited colour by colour.

    Examples
    --------
    >>> import lgt
    >>> from lgt.update import HeatBath
    >>> links = lgt.cold(lgt.Lattice((4, 6)), lgt.SU(2))
    >>> HeatBath().update(links, lgt.Wilson(2.0), lgt.Stream(seed=1, chain=0), number=0)
    UpdateReport(links=48, exhausted=0)
    """

    @property
    def name(self) -> str:
        """``heatbath``."""
        return "heatbath"

    def sweep(
        self, sites: NDArray[np.complex128], table: Tables, action: Action, stream: Stream, number: int
    ) -> int:
        """One heat bath of every link; returns the draws that used up their attempts."""
        seed, chain = stream.key
        exhausted = heat_sweep(
            sites,
            table.up,
            table.down,
            table.order,
            float(action.beta),
            np.uint64(number),
            np.uint64(ATTEMPTS),
            np.uint64(seed),
            np.uint64(chain),
            size_of(sites.shape[-1]),
        )
        return int(exhausted)
