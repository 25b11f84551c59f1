"""Series of known autocorrelation time."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


def ar1(rng: np.random.Generator, rho: float, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Stationary AR(1) series of variance 1 along the last axis: tau_int = (1 + rho) / (2 (1 - rho))."""
    noise = rng.normal(size=shape) * math.sqrt(1 - rho**2)
    noise[..., 0] /= math.sqrt(1 - rho**2)
    out = noise.copy()
    for i in range(1, shape[-1]):
        out[..., i] = rho * out[..., i - 1] + noise[..., i]
    return out
