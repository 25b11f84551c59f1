"""The random part of a heat bath on one link, inside kernels: SU(2) elements and U(1) phases.

Every draw names its counter (site, word, update number, attempt) where ``word = mu | subgroup << 8 |
purpose << 16`` and a block number goes on top at bit 24. An attempt of the SU(2) draw uses blocks 0 and 1,
the direction of its vector block 2; so a link that needs more attempts shifts no other link's numbers.
"""

from __future__ import annotations

import math

import numpy as np

from lgt.kernels._jit import inline_kernel
from lgt.kernels.philox import uniforms

#: Kennedy-Pendleton accepts more often than Creutz above about this value.
CROSSING = 1.6
_SMALL = 1e-100
_ZERO = np.uint64(0)
_BLOCK_1 = np.uint64(1 << 24)
_BLOCK_2 = np.uint64(2 << 24)


@inline_kernel
def draw_su2(
    a: float,
    site: np.uint64,
    word: np.uint64,
    number: np.uint64,
    attempts: np.uint64,
    seed: np.uint64,
    chain: np.uint64,
) -> tuple[bool, complex, complex]:
    """An SU(2) matrix h with weight exp(a x0), ``x0 = Re tr h / 2``, as its first row (al, be).

    Kennedy and Pendleton, Phys. Lett. B 156 (1985) 393, for a >= 1.6; Creutz, Phys. Rev. D 21 (1980) 2308,
    below, which for a = 0 is the Haar measure. The first result says whether one of the attempts was
    accepted; if not, the other two mean nothing.
    """
    accepted = False
    delta = 0.0  # 1 - x0, which keeps its digits near x0 = 1
    trial = _ZERO
    while trial < attempts:
        r1, r2 = uniforms(site, word, number, trial, seed, chain)
        if a >= CROSSING:
            r3, r4 = uniforms(site, word | _BLOCK_1, number, trial, seed, chain)
            c = math.cos(2.0 * math.pi * r3)
            delta = -(math.log(r2) + math.log(r1) * c * c) / a
            accepted = r4 * r4 <= 1.0 - 0.5 * delta
        else:
            # -ln(r + (1-r) exp(-2a)) / a without cancellation, and its limit
            spread = 1.0 - r1
            delta = -math.log1p(spread * math.expm1(-2.0 * a)) / a if a > _SMALL else 2.0 * spread
            accepted = r2 * r2 <= delta * (2.0 - delta)
        if accepted:
            break
        # r1 > 0 always. Were the step a plain 1, LLVM would count the trips and compute 16 attempts at once
        # in SIMD lanes, for the one that is needed.
        trial += np.uint64(r1 > 0.0)
    u, v = uniforms(site, word | _BLOCK_2, number, _ZERO, seed, chain)
    length = math.sqrt(max(delta * (2.0 - delta), 0.0))
    z = 2.0 * u - 1.0
    radius = length * math.sqrt(max(1.0 - z * z, 0.0))
    angle = 2.0 * math.pi * v
    return (
        accepted,
        complex(1.0 - delta, length * z),
        complex(radius * math.sin(angle), radius * math.cos(angle)),
    )


@inline_kernel
def draw_u1(
    kappa: float,
    site: np.uint64,
    word: np.uint64,
    number: np.uint64,
    attempts: np.uint64,
    seed: np.uint64,
    chain: np.uint64,
) -> tuple[bool, complex]:
    """A phase e^{i theta} with weight exp(kappa cos theta), kappa >= 0.

    Best and Fisher, Applied Statistics 28 (1979) 152: a wrapped Cauchy trial. Here it is made as the
    Moebius image of a uniform phase and all quantities are written without cancellation, so that kappa may
    be as small as 0 (where every trial is accepted) or very large.
    """
    tau = 1.0 + math.sqrt(1.0 + 4.0 * kappa * kappa)
    scale = tau + math.sqrt(2.0 * tau)
    rho = 2.0 * kappa / scale
    gap = (scale - 2.0 * kappa) / scale * (1.0 + rho)  # 1 - rho^2
    trial = _ZERO
    while trial < attempts:
        r1, r2 = uniforms(site, word, number, trial, seed, chain)
        angle = math.pi * (2.0 * r1 - 1.0)
        z = math.cos(angle)
        stretch = 1.0 + rho * rho + 2.0 * rho * z
        c = 0.25 * scale * gap * gap / stretch
        if r2 <= c * math.exp(1.0 - c):
            return True, complex(
                (2.0 * rho + (1.0 + rho * rho) * z) / stretch, gap * math.sin(angle) / stretch
            )
        trial += np.uint64(r1 > 0.0)  # as in `draw_su2`
    return False, 1.0 + 0.0j
