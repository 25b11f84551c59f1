"""Clebsch-Gordan coefficients of SO(3) and SU(2), exact, in the complex and the real basis.

Racah's sum (Varshalovich, Moskalev and Khersonskii, Quantum Theory of Angular Momentum, equation 8.2.1(3))
is an integer times the root of a rational number: with a = l1 + l2 - l, b = l + l1 - l2, c = l - l1 + l2,

    <l1 m1 l2 m2|l m> = S ((2l+1) (l+m)! (l-m)! (l1+m1)! (l1-m1)! (l2+m2)! (l2-m2)!
                           / ((l1+l2+l+1)! a! b! c!))^(1/2),
    S = sum_k (-1)^k binom(a, k) binom(b, l1-m1-k) binom(c, l2+m2-k).

Both are computed with integers of any length, so that nothing cancels at high degrees; the root is taken
at the end, of one correctly rounded quotient.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from math import comb, factorial, prod, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lgt.errors import InputError
from lgt.group._wigner import Degree, check_basis, real_basis, twice

Real = NDArray[np.float64]


def clebsch_gordan(first: Degree, second: Degree, degree: Degree, basis: str = "complex") -> Real:
    """Return C with D^l1(g) x D^l2(g) C = C D^l(g): how l1 and l2 couple to l.

    In the complex basis C[m1, m2, m] = <l1 m1 l2 m2|l m> with the phases of Condon and Shortley, each entry
    accurate to a few units in its last place; the columns are orthonormal. In the real basis
    C_real = (-i)^p A1 x A2 C A^+ with A of `real_basis`; p = 0 if l1 + l2 + l is even and p = 1 if it is
    odd makes it real. Then 1 x 1 -> 1 is the cross product over 2^(1/2), 1 x 1 -> 0 the scalar product over
    -3^(1/2).

    Parameters
    ----------
    first, second, degree
        l1, l2 and l: 0, 1/2, 1, ... with abs(l1 - l2) <= l <= l1 + l2 and an integer l1 + l2 + l.
    basis
        "complex", or "real" for integer degrees.

    Returns
    -------
    ndarray
        float64, shape (2 l1 + 1, 2 l2 + 1, 2 l + 1), indices in rising order of m.

    Raises
    ------
    InputError
        If l is not in the product of l1 and l2, or the basis unknown or real for half-integer degrees.

    Examples
    --------
    >>> clebsch_gordan(1, 1, 0)[:, :, 0].round(4) + 0.0
    array([[ 0.    ,  0.    ,  0.5774],
           [ 0.    , -0.5774,  0.    ],
           [ 0.5774,  0.    ,  0.    ]])
    >>> clebsch_gordan(1, 1, 1, "real")[:, :, 2].round(4) + 0.0  # x = y1 z2 - z1 y2
    array([[ 0.    ,  0.7071,  0.    ],
           [-0.7071,  0.    ,  0.    ],
           [ 0.    ,  0.    ,  0.    ]])
    """
    j1, j2, j = _coupling(first, second, degree)
    for n in (j1, j2, j):
        check_basis(n, basis)
    table = _table(j1, j2, j)
    C = np.zeros((j1 + 1, j2 + 1, j + 1))
    one, two = np.meshgrid(np.arange(j1 + 1), np.arange(j2 + 1), indexing="ij")
    index = one + two + (j - j1 - j2) // 2
    inside = (index >= 0) & (index <= j)
    C[one[inside], two[inside], index[inside]] = table[inside]
    if basis == "complex":
        return C
    A1, A2, A = (real_basis(Fraction(n, 2)) for n in (j1, j2, j))
    moved = np.einsum("am,mnk->ank", A1, C @ A.conj().T)
    rotated = np.einsum("bn,ank->abk", A2, moved, optimize=True)
    return np.ascontiguousarray(rotated.real if (j1 + j2 + j) % 4 == 0 else rotated.imag)


def clebsch_gordan_exact(
    first: Degree, m1: Degree, second: Degree, m2: Degree, degree: Degree, m: Degree
) -> Fraction:
    """Return <l1 m1 l2 m2|l m> times its absolute value: the sign and the square, without rounding.

    Raises
    ------
    InputError
        If l is not in the product of l1 and l2, or an m is not one of -l, ..., l.

    Examples
    --------
    >>> clebsch_gordan_exact(2, 1, 2, -1, 2, 0)
    Fraction(1, 14)
    >>> clebsch_gordan_exact(0.5, -0.5, 0.5, 0.5, 0, 0)  # minus the root of 1/2
    Fraction(-1, 2)
    """
    j1, j2, j = _coupling(first, second, degree)
    i1, i2, i = (_position(n, order) for n, order in ((j1, m1), (j2, m2), (j, m)))
    if 2 * (i1 + i2 - i) != j1 + j2 - j:
        return Fraction(0)
    total, numerator, denominator = _racah(j1, j2, j, i1, i2)
    return Fraction(total * abs(total) * numerator, denominator)


def _coupling(first: Degree, second: Degree, degree: Degree) -> tuple[int, int, int]:
    """Return 2 l1, 2 l2, 2 l after a look at the selection rules."""
    j1, j2, j = twice(first), twice(second), twice(degree)
    if not (abs(j1 - j2) <= j <= j1 + j2 and (j1 + j2 + j) % 2 == 0):
        lowest, highest = Fraction(abs(j1 - j2), 2), Fraction(j1 + j2, 2)
        raise InputError(
            f"the coupling of {first} and {second} to {degree}",
            "no such degree in their product",
            f"use {lowest}, ..., {highest} in steps of 1",
        )
    return j1, j2, j


def _position(n: int, m: Degree) -> int:
    """Return l + m."""
    number: Any = m.item() if isinstance(m, np.generic) else m
    value = Fraction(number) + Fraction(n, 2)
    if value.denominator != 1 or not 0 <= value <= n:
        raise InputError(f"m = {m} of degree {Fraction(n, 2)}", "no such m", "use -l, -l + 1, ..., l")
    return int(value)


def _racah(j1: int, j2: int, j: int, i1: int, i2: int) -> tuple[int, int, int]:
    """Return S and numerator and denominator under the root; j = 2l and i = l + m."""
    a, b, c = (j1 + j2 - j) // 2, (j + j1 - j2) // 2, (j - j1 + j2) // 2
    i, top = i1 + i2 - a, (j1 + j2 + j) // 2 + 1
    A, B, C = _binomials(a), _binomials(b), _binomials(c)
    total = 0
    for k in range(max(0, j1 - i1 - b, i2 - c), min(a, j1 - i1, i2) + 1):
        term = A[k] * B[j1 - i1 - k] * C[i2 - k]
        total += -term if k % 2 else term
    numerator = (j + 1) * prod(map(_factorial, (i, j - i, i1, j1 - i1, i2, j2 - i2)))
    return total, numerator, prod(map(_factorial, (top, a, b, c)))


_factorial = lru_cache(maxsize=4096)(factorial)


@lru_cache(maxsize=4096)
def _binomials(n: int) -> tuple[int, ...]:
    """Return the row n of Pascal's triangle."""
    return tuple(comb(n, k) for k in range(n + 1))


def _entries(j1: int, j2: int, j: int) -> Iterator[tuple[int, int]]:
    """Yield the (l1 + m1, l2 + m2) for which |m1 + m2| <= l, half of them: m >= 0."""
    for i1 in range(j1 + 1):
        for i2 in range(j2 + 1):
            if 0 <= 2 * (i1 + i2) - j1 - j2 <= j:
                yield i1, i2


@lru_cache(maxsize=1024)
def _table(j1: int, j2: int, j: int) -> Real:
    """Return the coefficients with m = m1 + m2, shape (2 l1 + 1, 2 l2 + 1), read-only."""
    table = np.zeros((j1 + 1, j2 + 1))
    flip = -1.0 if (j1 + j2 - j) // 2 % 2 else 1.0  # <-m1 -m2|-m> = (-1)^(l1 + l2 - l) <m1 m2|m>
    for i1, i2 in _entries(j1, j2, j):
        total, numerator, denominator = _racah(j1, j2, j, i1, i2)
        value = sqrt(total * total * numerator / denominator)  # integers divide with one rounding
        value = -value if total < 0 else value
        table[j1 - i1, j2 - i2] = flip * value
        table[i1, i2] = value
    table.setflags(write=False)
    return table
