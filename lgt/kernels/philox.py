"""The counter-based generator inside kernels: Philox4x32-10, bit for bit that of `lgt.rng`.

A random number is a function of a key and a counter and of nothing else, so the order in which kernels
draw, and the thread that draws, cannot change it (Salmon, Moraes, Dror and Shaw, SC11, 2011).
"""

from __future__ import annotations

import numpy as np

from lgt.kernels._jit import inline_kernel

# Mixing unsigned and signed integers gives floats in numba, so that every constant here is unsigned.
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_DROP = np.uint64(12)
_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_ULP = 2.0**-52


@inline_kernel
def philox4x32(
    c0: np.uint64, c1: np.uint64, c2: np.uint64, c3: np.uint64, k0: np.uint64, k1: np.uint64
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    """Ten rounds of Philox4x32 on counter words c and key words k, each 32 bits in a uint64."""
    for _ in range(10):
        p0 = _M0 * c0
        p1 = _M1 * c2
        c0 = (p1 >> _HALF) ^ c1 ^ k0
        c1 = p1 & _LOW
        c2 = (p0 >> _HALF) ^ c3 ^ k1
        c3 = p0 & _LOW
        k0 = (k0 + _W0) & _LOW
        k1 = (k1 + _W1) & _LOW
    return c0, c1, c2, c3


@inline_kernel
def uniforms(
    c0: np.uint64, c1: np.uint64, c2: np.uint64, c3: np.uint64, k0: np.uint64, k1: np.uint64
) -> tuple[float, float]:
    """Two uniforms in (0, 1] of 52 bits each from one counter; see `lgt.rng` for the order of the words."""
    r0, r1, r2, r3 = philox4x32(c0, c1, c2, c3, k0, k1)
    a = (r0 | (r1 << _HALF)) >> _DROP
    b = (r2 | (r3 << _HALF)) >> _DROP
    # 2 - (1 + k 2^-52), the recipe's bit cast, is 1 - k 2^-52 exactly: both fit 53 bits.
    return 1.0 - np.int64(a) * _ULP, 1.0 - np.int64(b) * _ULP
