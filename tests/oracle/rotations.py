"""Oracles of rotations: Wigner's sum in rational numbers, harmonics from Legendre functions."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import factorial, pi, sqrt
from typing import Any

import numpy as np
from hypothesis import strategies as st
from scipy.special import lpmv

from lgt.group import quaternion

Array = np.ndarray[Any, np.dtype[Any]]


def d_exact(j: Fraction, m: Fraction, n: Fraction, tangent: Fraction) -> float:
    """Wigner's own sum (Group Theory, 1959, equation 15.27, with the signs of <m|exp(-i beta J_y)|n>).

    With tan(beta/4) rational, cos and sin of beta/2 are, too, so that nothing is rounded before the end.
    """
    cos, sin = (1 - tangent**2) / (1 + tangent**2), 2 * tangent / (1 + tangent**2)
    total = Fraction(0)
    for s in range(int(max(0, n - m)), int(min(j + n, j - m)) + 1):
        parts = (int(j + n) - s, s, int(m - n) + s, int(j - m) - s)
        sign = (-1) ** (int(m - n) + s)
        term = sign * cos ** (int(2 * j + n - m) - 2 * s) * sin ** (int(m - n) + 2 * s)
        total += term / _product(parts)
    square = total * abs(total) * _product(int(x) for x in (j + m, j - m, j + n, j - n))
    return sqrt(abs(square)) * (1 if square > 0 else -1)


def _product(numbers: Any) -> int:
    out = 1
    for number in numbers:
        out *= factorial(number)
    return out


def harmonics(degree: int, r: Array) -> Array:
    """Y_lm of the directions r (..., 3), m = -l, ..., l, with the phases of Condon and Shortley."""
    cos = r[..., 2] / np.linalg.norm(r, axis=-1)
    phi = np.arctan2(r[..., 1], r[..., 0])
    columns = {}
    for m in range(degree + 1):
        norm = sqrt((2 * degree + 1) / (4 * pi) * factorial(degree - m) / factorial(degree + m))
        columns[m] = norm * lpmv(m, degree, cos) * np.exp(1j * m * phi)
        columns[-m] = (-1) ** m * np.conj(columns[m])
    return np.stack([columns[m] for m in range(-degree, degree + 1)], axis=-1)


def real_harmonics(degree: int, r: Array) -> Array:
    """S_lm: Y_l0, (-1)^m sqrt(2) Re Y_lm and, at -m, (-1)^m sqrt(2) Im Y_lm."""
    Y = harmonics(degree, r)
    m = np.arange(1, degree + 1)
    upper = (-1.0) ** m * sqrt(2) * Y[..., degree + 1 :]
    return np.concatenate([upper.imag[..., ::-1], Y[..., degree : degree + 1].real, upper.real], axis=-1)


@st.composite
def quaternions(draw: st.DrawFn) -> Array:
    """Unit quaternions from anywhere, and from next to the poles, of both signs; by structure and seed."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    place = draw(st.sampled_from(["anywhere", "north", "south", "identity", "half turn"]))
    if place == "anywhere":
        return quaternion.haar(rng)
    size = draw(st.sampled_from([0.0, 1e-300, 1e-160, 1e-17, 1e-15, 1e-12, 1e-9, 1e-8, 1e-6, 1e-4, 1e-2]))
    if place == "identity":
        return draw(st.sampled_from([1.0, -1.0])) * quaternion.from_axis_angle(rng.normal(size=3), size)
    if place == "half turn":
        return quaternion.from_axis_angle(rng.normal(size=3), pi - size)
    alpha, gamma = rng.uniform(-2 * pi, 2 * pi, 2)
    q = quaternion.from_euler(alpha, size, gamma)
    return q if place == "north" else quaternion.product(q, [0.0, 0.0, 1.0, 0.0])  # beta = pi - size


Wigner = Callable[[Any, Any, str], Array]
ORDER = [1, 2, 0]
"""Of the real basis of l = 1: (y, z, x)."""


def broken_laws(D: Wigner) -> set[str]:
    """Hold the matrices D(l, q, basis) to the laws that fix them; return the names of those they break."""
    rng = np.random.default_rng(5)
    g, h = quaternion.haar(rng, (8,)), quaternion.haar(rng, (8,))
    poles = np.array([1e-9, 1e-8, 1e-7, 1e-6])
    g[:4] = quaternion.from_euler(rng.uniform(0, 6, 4), poles, rng.uniform(0, 6, 4))
    g[2:4] = quaternion.product(g[2:4], [0.0, 0.0, 1.0, 0.0])
    r = rng.normal(size=(8, 3))
    R = quaternion.matrix(g)
    moved, back = np.einsum("bij,bj->bi", R, r), np.einsum("bji,bj->bi", R, r)
    broken = set()

    def compare(law: str, left: Array, right: Array) -> None:
        if not np.abs(left - right).max() < 1e-12:
            broken.add(law)

    for degree in (0, 1, 2, 5, 64):
        for basis in ("complex", "real"):
            product = D(degree, g, basis) @ D(degree, h, basis)
            compare(f"homomorphism, {basis}", D(degree, quaternion.product(g, h), basis), product)
    compare("vectors", D(1, g, "real"), R[:, ORDER][:, :, ORDER])
    for degree in (1, 2, 3, 6):
        turned = np.einsum("bn,bnm->bm", harmonics(degree, r), D(degree, g, "complex"))
        compare("harmonics, complex", harmonics(degree, back), turned)
        turned = np.einsum("bmn,bn->bm", D(degree, g, "real"), real_harmonics(degree, r))
        compare("harmonics, real", real_harmonics(degree, moved), turned)
    return broken
