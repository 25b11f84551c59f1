"""Exact results of two-dimensional lattice gauge theory, the oracle of the samplers.

On a torus of V plaquettes the character expansion of the Wilson weight solves the theory. With
``lambda_r = int dU chi_r(U)^* exp((beta/N) Re tr U)``, ``b_r = lambda_r / d_r`` and the partition function
``Z = sum_r b_r^V`` (A. A. Migdal, Sov. Phys. JETP 42 (1975) 413; D. J. Gross and E. Witten, Phys. Rev. D 21
(1980) 446) every loop below is a ratio of two sums over irreps. An SU(N) irrep is a partition with N-1 rows;
``lambda_r = sum_n det I_{l_i - i + j + n}(beta/N)``. U(1) is N = 1 here: irreps are integers and
``lambda_n = I_n(beta)``. Nothing is imported from lgt.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from itertools import combinations, pairwise, product

import numpy as np
from scipy.special import ive

Irrep = tuple[int, ...]


def dimension(irrep: Irrep) -> int:
    """Weyl's formula for a partition with N-1 rows (and 1 for a charge of U(1), passed as such)."""
    rows = (*irrep, 0)
    value = 1.0
    for i, j in combinations(range(len(rows)), 2):
        value *= (rows[i] - rows[j] + j - i) / (j - i)
    return round(value)


def times_fundamental(irrep: Irrep) -> list[Irrep]:
    """Irreps in the product with the fundamental of SU(N): one box more, each once."""
    rows = (*irrep, 0)
    out = []
    for i in range(len(rows)):
        if i == 0 or rows[i - 1] > rows[i]:
            grown = [row + (k == i) for k, row in enumerate(rows)]
            out.append(tuple(row - grown[-1] for row in grown[:-1]))
    return out


def times_conjugate(irrep: Irrep) -> list[Irrep]:
    """Irreps in the product with the conjugate fundamental: one box less, or a column less one box."""
    rows = (*irrep, 0)
    out = []
    for i in range(len(rows)):
        if i == len(rows) - 1 or rows[i] > rows[i + 1]:
            shrunk = [row - (k == i) for k, row in enumerate(rows)]
            out.append(tuple(row - shrunk[-1] for row in shrunk[:-1]))
    return out


@cache
def weight(irrep: Irrep, N: int, beta: float) -> float:
    """``lambda_r exp(-beta)``: the character coefficient of the single-plaquette weight, scaled."""
    x = beta / N
    if N == 1:
        return float(ive(irrep[0], x))
    rows = np.array((*irrep, 0))
    reach = int(rows[0] + N + 30 + 3 * x)
    n = np.arange(-reach, reach + 1)[:, None, None]
    index = np.arange(N)
    return float(np.linalg.det(ive((rows - index)[:, None] + index + n, x)).sum())


@dataclass(frozen=True)
class Torus:
    """The SU(N) (N >= 2) or U(1) (N = 1) theory on a torus of `volume` plaquettes; None is infinite."""

    N: int
    beta: float
    volume: int | None = None
    cutoff: int | None = None

    @cached_property
    def irreps(self) -> list[Irrep]:
        if self.N == 1:
            cutoff = self.cutoff or 80
            return [(n,) for n in range(-cutoff, cutoff + 1)]
        if self.volume is None:
            return [(0,) * (self.N - 1)]
        cutoff = self.cutoff or {2: 50, 3: 20, 4: 12}.get(self.N, 9)
        rows = product(range(cutoff + 1), repeat=self.N - 1)
        return [r for r in rows if all(a >= b for a, b in pairwise(r))]

    def dimension(self, irrep: Irrep) -> int:
        return 1 if self.N == 1 else dimension(irrep)

    def grown(self, irrep: Irrep) -> list[Irrep]:
        return [(irrep[0] + 1,)] if self.N == 1 else times_fundamental(irrep)

    def shrunk(self, irrep: Irrep) -> list[Irrep]:
        return [(irrep[0] - 1,)] if self.N == 1 else times_conjugate(irrep)

    @cached_property
    def trivial(self) -> Irrep:
        return (0,) * max(1, self.N - 1)

    def ratio(self, irrep: Irrep) -> float:
        """``b_r / b_0``."""
        scale = weight(self.trivial, self.N, self.beta)
        return weight(irrep, self.N, self.beta) / self.dimension(irrep) / scale

    def slope(self, irrep: Irrep, order: int) -> float:
        """``(d/dbeta)^order lambda_r / (d_r b_0)``: multiplication by (1/N) Re tr U moves one box."""
        chain = [irrep]
        for _ in range(order):
            chain = [s for r in chain for s in self.grown(r) + self.shrunk(r)]
        total = sum(weight(s, self.N, self.beta) for s in chain) / (2 * self.N) ** order
        return total / self.dimension(irrep) / weight(self.trivial, self.N, self.beta)

    @cached_property
    def _moments(self) -> tuple[float, float]:
        """``(1/V) Z'/Z`` and ``(1/V) Z''/Z``."""
        volume = self.volume
        assert volume is not None
        z = first = second = 0.0
        for irrep in self.irreps:
            b = self.ratio(irrep)
            if b**volume == 0.0 and b ** (volume - 2) == 0.0:
                continue
            b1, b2 = self.slope(irrep, 1), self.slope(irrep, 2)
            z += b**volume
            first += b ** (volume - 1) * b1
            second += (volume - 1) * b ** (volume - 2) * b1**2 + b ** (volume - 1) * b2
        return first / z, second / z

    @property
    def plaquette(self) -> float:
        """``<(1/N) Re tr P> = (1/V) d ln Z / d beta``."""
        if self.volume is None:
            return self.slope(self.trivial, 1)
        return self._moments[0]

    @property
    def plaquette_slope(self) -> float:
        """``d<P>/dbeta``: how far a wrong beta moves the plaquette."""
        if self.volume is None:
            return self.slope(self.trivial, 2) - self.plaquette**2
        first, second = self._moments
        return second - self.volume * first**2

    def wilson(self, area: int) -> float:
        """``<(1/N) Re tr W>`` of a contractible simple loop: on the torus only its area matters."""
        if self.volume is None:
            return self.plaquette**area
        z = total = 0.0
        for r in self.irreps:
            b = self.ratio(r)
            z += b**self.volume
            rest = b ** (self.volume - area)
            if rest:
                total += rest * sum(
                    self.dimension(s) / self.dimension(r) * self.ratio(s) ** area for s in self.grown(r)
                )
        return total / z / self.N

    def polyakov(self, area: int) -> float:
        """``<tr P(0) tr P(R)^*>`` of two loops that wind once and enclose `area` = R L_t plaquettes."""
        if self.volume is None:
            return self.ratio(self.grown(self.trivial)[0]) ** area
        z = total = 0.0
        for r in self.irreps:
            b = self.ratio(r)
            z += b**self.volume
            rest = b ** (self.volume - area)
            if rest:
                total += rest * sum(self.ratio(s) ** area for s in self.grown(r))
        return total / z
