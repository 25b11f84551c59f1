"""Whether a model computes part of its output in single precision, which symmetries of invariants hide."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lgt.group import UnitaryGroup

Array = NDArray[Any]
STEPS = (1e-7, 1e-6, 1e-5, 1e-4)
"""Spacings of the points on a path; single precision has roundings on at least two of them."""
POINTS = 7
ORDER = 4
NOISE = 100.0
"""Roughness this many times above what rounding the links does is not double precision."""
SMALLEST = 5e-10
"""Of the spread: roughness below may come from double precision, by an offset of 1e6 taken away again."""
LARGEST = 3e-5
"""Of the spread: roughness above is no rounding to single precision, but counts, say."""


def is_single(values: Array) -> bool:
    """Whether double precision numbers are all of single precision, yet not just a few simple ones.

    Examples
    --------
    >>> is_single(np.float32([0.1, 0.2]).astype(float)), is_single(np.array([0.5, 1.0]))
    (True, False)
    """
    single = np.complex64 if values.dtype.kind == "c" else np.float32
    simple = np.array_equal(values.real.astype(np.float16), values.real)
    return np.array_equal(values.astype(single), values) and not simple


def is_rounded(model: Callable[[Array], Array], group: UnitaryGroup, links: Array, scale: Array) -> bool:
    """Whether some channel moves in steps of single precision along smooth paths of the links.

    An invariant that is rounded inside, a trace cast to float32 say, is the same before and after a
    symmetry, so that no symmetry shows it. Along a path exp(s X) U its roughness, the fourth difference
    between neighbouring points, is the size of the rounding whatever the spacing of the points. Of a smooth
    output it goes with the fourth power of the spacing, of kinks and jumps it is rare; what double
    precision leaves is known from the answer to changes in the last digits of the links.

    Parameters
    ----------
    model
        From complex128 links to (batch,), (batch, channel) or (batch, channel, *extents).
    group, links
        Where the paths start, one for each configuration.
    scale
        Spread of the output, a number or one for each channel.

    Examples
    --------
    >>> from lgt.group import SU
    >>> links = SU(2).haar(np.random.default_rng(0), (3, 1, 4, 4))
    >>> def trace(links):
    ...     return links[:, :1, ..., 0, 0].real
    >>> is_rounded(trace, SU(2), links, np.array(1.0))
    False
    >>> is_rounded(lambda u: trace(u) + trace(u).astype(np.float32) ** 2, SU(2), links, np.array(1.0))
    True
    """
    rough, noise = roughness(model, group, links)
    widest = np.broadcast_to(np.asarray(scale, float).ravel(), noise.shape)
    floor = np.maximum(NOISE * noise, SMALLEST * widest)
    within = (rough > floor) & (rough < LARGEST * widest)
    for i in range(len(STEPS) - 1):
        stays = within[i] & within[i + 1] & (rough[i + 1] < 2.5 * rough[i])
        # Fast oscillations stop growing too, but have grown before; rare roundings come at full size.
        grew = ((rough[:i] > NOISE * noise) & (rough[:i] < rough[i] / 100)).any(axis=0)
        if (stays & ~grew).any():
            return True
    return False


def roughness(model: Callable[[Array], Array], group: UnitaryGroup, links: Array) -> tuple[Array, Array]:
    """Return the roughness of each channel, (step, channel), and what double precision leaves, (channel,)."""
    rng = np.random.default_rng(0)
    direction = group.algebra(rng.standard_normal((*links.shape[:-2], group.dimension)))

    def output(s: float) -> Array:
        moved = np.asarray(model(group.exp(s * direction) @ links)).astype(complex)
        channels = 1 if moved.ndim == 1 else moved.shape[1]
        return moved.reshape(len(moved), channels, -1)

    origin = output(0.0)
    eps = float(np.finfo(float).eps)
    answers = [np.abs(output(s) - origin) for s in (-8 * eps, 8 * eps)]
    noise = np.max(answers, axis=(0, 1, 3)) + eps * np.abs(origin).max((0, 2))
    rough = []
    for step in STEPS:
        path = np.stack([origin, *(output(step * i) for i in range(1, POINTS))])
        each = np.abs(np.diff(path, ORDER, axis=0)).max(0) / np.sqrt(70)  # of independent roundings
        each = np.moveaxis(each, 1, 0).reshape(each.shape[1], -1)
        rough.append(np.quantile(each, 0.8, axis=1, method="lower"))
    return np.array(rough), noise
