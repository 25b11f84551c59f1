"""U(1) with plaquettes and rectangles on a narrow strip that is open in time: exact by transfer matrices.

On a strip of w sites around and L slices, open in time, the angles of the w (L - 1) plaquettes are
independent, and ``-S = beta [c0 sum cos t_p + c1 sum cos(t_p + t_q)]`` over neighbours p, q, each 1x2
rectangle once. A row of plaquettes is a state, and the rectangles between rows depend on sums of angles, so
that they are a convolution: diagonal after a Fourier transform. Angles lie on a grid, which is exact to
rounding for periodic analytic functions. Nothing is imported from lgt.
"""

from __future__ import annotations

import numpy as np


def log_partition(
    beta: float, c0: float, c1: float, width: int, slices: int, *, source: float = 0.0, grid: int = 32
) -> float:
    """``log Z`` up to a constant, with `source` added to the weight beta c0 of plaquettes alone."""
    theta = 2 * np.pi * np.arange(grid) / grid
    angles = np.meshgrid(*[theta] * width, indexing="ij")
    exponent = sum((beta * c0 + source) * np.cos(angle) for angle in angles)
    exponent = exponent + sum(beta * c1 * np.cos(angles[i] + angles[(i + 1) % width]) for i in range(width))
    row, between = np.exp(exponent), np.exp(beta * c1 * sum(np.cos(angle) for angle in angles))
    transform = np.fft.fftn(between)
    state, log = row, 0.0
    for _ in range(slices - 2):
        # sum over t of between(t + t') state(t): a correlation with the reflected state
        state = row * np.fft.ifftn(transform * np.conj(np.fft.fftn(state))).real
        log += np.log(state.max())
        state = state / state.max()
    return float(log + np.log(state.sum()))


def plaquette(beta: float, c0: float, c1: float, width: int, slices: int) -> float:
    """``<cos t_p>``, averaged over the plaquettes of the strip."""
    h = 1e-4
    up, down = (log_partition(beta, c0, c1, width, slices, source=sign * h) for sign in (1, -1))
    return (up - down) / (2 * h) / (width * (slices - 1))
