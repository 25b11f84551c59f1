"""Mean plaquette of the Wilson action in D = 3 and 4 at strong and at weak coupling, with an error.

Strong coupling (K. G. Wilson, Phys. Rev. D 10 (1974) 2445; J.-M. Drouffe and J.-B. Zuber, Phys. Rept. 102
(1983) 1): in the character expansion the plaquettes of a closed surface carry one irrep, and a surface of
n plaquettes adds ``d_r^2 u_r^n`` to the free energy, ``u_r = b_r / b_0``. Cubes, (D-2)/3 of them a
plaquette, and pairs of cubes that share a plaquette, 2(D-2) choose 2 of them, are summed here.

Weak coupling in D = 4: B. Alles, A. Feo, H. Panagopoulos, Phys. Lett. B 426 (1998) 361, with the constant
modes of the torus.
"""

from __future__ import annotations

from math import comb
from typing import NamedTuple

from oracle.exact_2d import Torus


class Value(NamedTuple):
    """A number and the size of what was left out."""

    value: float
    error: float


def strong(N: int, beta: float, D: int) -> Value:
    """The mean plaquette of SU(N) (N >= 2) or U(1) (N = 1) in D dimensions, for u of about 0.2 or less."""
    one = Torus(N, beta, volume=4, cutoff=4)
    u = one.ratio(one.grown(one.trivial)[0])
    slope_0 = one.slope(one.trivial, 1)

    def surface(irrep: tuple[int, ...], plaquettes: int) -> float:
        """``(1/n) d/dbeta of d_r^2 u_r^n``."""
        ratio, slope = one.ratio(irrep), one.slope(irrep, 1)
        return float(one.dimension(irrep) ** 2 * ratio ** (plaquettes - 1) * (slope - ratio * slope_0))

    fundamental = {*one.grown(one.trivial), *one.shrunk(one.trivial)}
    cubes = 2 * (D - 2) * sum(surface(r, 6) for r in one.irreps if r != one.trivial)
    pairs = comb(2 * (D - 2), 2) * 10 * sum(surface(r, 10) for r in fundamental)
    return Value(u + cubes + pairs, 300 * u**10)


def weak(N: int, beta: float, volume: int) -> Value:
    """The mean plaquette of SU(N), N >= 2, in four dimensions."""
    g2 = 2 * N / beta
    c1, constant_modes = (N**2 - 1) / (8 * N), 1 / (2 * volume)
    c2 = (N**2 - 1) * (0.0051069297 - 1 / (128 * N**2))
    c3 = (N**2 - 1) * (0.0023152583 / N**3 - 0.002265487 / N + 0.000794223 * N)
    # The fourth term, taken from the growth of the first three: 9.7/beta^4 for SU(3), where 9.4 is known.
    c4 = 1.3 * c3**2 / c2
    value = 1 - c1 * g2 * (1 - constant_modes) - c2 * g2**2 - c3 * g2**3 - c4 * g2**4
    return Value(value, 0.5 * c4 * g2**4 + c1 * g2 * constant_modes)
