"""exp(X) for blocks of antihermitian X: Cayley-Hamilton for N <= 8, Taylor's series for larger N.

The number of terms is fixed and good for any X whose eigenvalues are at most 3 in size; lanes beyond that
are halved often enough and squared, which changes no bit of the others.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lgt.kernels._jit import inline_kernel, kernel
from lgt.kernels.lanes import any_lane, f64x8, fma, load, select, store
from lgt.kernels.matrix import (
    ENTRY,
    add_to_entry,
    combine,
    inner,
    load_row,
    row_imaginary,
    row_times,
    store_row,
    zero_row,
)

#: 3^30 / 30! is 8e-19.
TERMS = 30
#: Up to this N the powers below X^N are made once, and the series is one of their coefficients.
LARGEST_RING = 8
#: Matrices of scratch that `exponential` needs at most.
ROOM = LARGEST_RING
#: How often lanes beyond the reach of the series are halved: eigenvalues up to 3 * 2^8.
HALVINGS = 8


@inline_kernel
def times_polynomial(a: Any, b: Any, c: Any, second: Any, third: Any, k: int) -> Any:
    """(a + b X + c X^2) X / k + 1 where ``X^3 = second X + i third``, for complex a, b, c."""
    inverse = 1.0 / k
    # X a + X^2 b + c (second X + i third)
    return (
        (fma(-(c[1] * third), f64x8(inverse), f64x8(1.0)), (c[0] * third) * inverse),
        (fma(c[0], second, a[0]) * inverse, fma(c[1], second, a[1]) * inverse),
        (b[0] * inverse, b[1] * inverse),
    )


@inline_kernel
def series(second: Any, third: Any) -> Any:
    """The a, b, c of ``exp X = a + b X + c X^2`` where ``X^3 = second X + i third``, by Horner's rule."""
    zero, one = f64x8(0.0), f64x8(1.0)
    a, b, c = (one, zero), (zero, zero), (zero, zero)
    for k in range(TERMS, 0, -1):
        a, b, c = times_polynomial(a, b, c, second, third, k)
    return a, b, c


@kernel
def exponential(size: Any, algebra: int, factor: float, result: int, scratch: int) -> None:
    """Write exp(factor X) to `result`, for the antihermitian matrix X at `algebra`; NaN if it is huge.

    `scratch` has room for `ROOM` matrices. X must be traceless for N = 2 and 3.
    """
    N = len(size)
    zero, scale = f64x8(0.0), f64x8(factor)
    # Eigenvalues are at most the Frobenius norm.
    norm2 = zero
    for i in range(N):
        row = load_row(size, algebra, i)
        norm2 = norm2 + inner(size, row, row)[0]
    norm2 = norm2 * (factor * factor)
    halvings = 0
    reach = f64x8(9.0)
    while halvings < HALVINGS and any_lane(norm2 > reach):
        far = norm2 > reach
        scale = select(far, 0.5 * scale, scale)
        norm2 = select(far, 0.25 * norm2, norm2)
        halvings += 1
    # Beyond that rounding would leave nothing of the group: say so, rather than be off it.
    scale = select(norm2 > reach, f64x8(np.nan), scale)
    for i in range(N):
        row = load_row(size, algebra, i)
        store_row(size, combine(size, (scale, zero), row, (zero, zero), row), scratch, i)
    if N <= 3:
        ring_exponential(size, scratch, result)
    elif N <= LARGEST_RING:
        polynomial_exponential(size, scratch, result)
    else:
        taylor_exponential(size, scratch, result)
    # Square the lanes that were halved: those whose scale is not the factor, from the last halving on.
    current = scale
    for _ in range(halvings):
        far = current * current < factor * factor
        for i in range(N):
            squared = row_times(size, None, load_row(size, result, i), result)
            store_row(size, squared, scratch + ENTRY * N * N, i)
        for i in range(N):
            old, new = load_row(size, result, i), load_row(size, scratch + ENTRY * N * N, i)
            one = f64x8(1.0)
            chosen = combine(size, (select(far, zero, one), zero), old, (select(far, one, zero), zero), new)
            store_row(size, chosen, result, i)
        current = select(far, 2.0 * current, current)


@inline_kernel
def ring_exponential(size: Any, x: int, result: int) -> None:
    """Exp of the matrix at x as a polynomial in it, for N <= 3."""
    N = len(size)
    zero = f64x8(0.0)
    trace2, square = zero, x + ENTRY * N * N
    for i in range(N):
        row = load_row(size, x, i)
        # X is antihermitian, so tr X^2 = -sum |X_ij|^2.
        trace2 = trace2 - inner(size, row, row)[0]
        store_row(size, row_times(size, None, row, x), square, i)
    if N == 1:
        # X = i phi: X^3 = X^2 X with X^2 = -phi^2, so the same recursion holds with third = 0.
        a, b, c = series(trace2, zero)
    elif N == 2:
        a, b, c = series(0.5 * trace2, zero)
    else:
        # tr X^3 = -sum_ij (X^2)_ij X_ij^* is imaginary; det X is a third of it.
        third = zero
        for i in range(N):
            third = third - inner(size, load_row(size, square, i), load_row(size, x, i))[1]
        a, b, c = series(0.5 * trace2, third * (1.0 / 3.0))
    for i in range(N):
        row = combine(size, b, load_row(size, x, i), c, load_row(size, square, i))
        store_row(size, add_to_entry(size, row, a, i), result, i)


@inline_kernel
def times_i(z: Any, power: int) -> Any:
    """i^power z."""
    power %= 4
    if power == 1:
        return -z[1], z[0]
    if power == 2:
        return -z[0], -z[1]
    if power == 3:
        return z[1], -z[0]
    return z


@inline_kernel
def polynomial_exponential(size: Any, x: int, result: int) -> None:
    """Exp of the matrix at x as a polynomial in it of degree N - 1, for any N.

    With X = iH the characteristic polynomial of H is real: ``H^N = sum_k (-1)^(k-1) e_k H^(N-k)``, and
    Newton's identities give e_k from the traces of the powers. Room for N - 1 matrices behind x.
    """
    N = len(size)
    nbytes, vector = ENTRY * N * N, ENTRY // 2
    zero, one = f64x8(0.0), f64x8(1.0)
    # Behind the N - 1 powers: e_1 ... e_N, p_1 ... p_N, then the coefficients of the powers, re and im.
    e = x + nbytes * (N - 1) - vector
    p = e + vector * N
    q = p + vector * (N + 1)
    for k in range(2, N):
        for i in range(N):
            row = load_row(size, x + nbytes * (k - 2), i)
            store_row(size, row_times(size, None, row, x), x + nbytes * (k - 1), i)
    trace = zero
    for i in range(N):
        trace = trace + row_imaginary(size, load_row(size, x, i), i)
    store(trace, p + vector)
    for k in range(2, N + 1):
        # (X^b)^+ = (-1)^b X^b, so tr X^k is (-1)^b sum X^a_ij (X^b_ij)^* for a + b = k; tr H^k is i^-k of it.
        a, b = (k + 1) // 2, k // 2
        re, im = zero, zero
        for i in range(N):
            part = inner(
                size, load_row(size, x + nbytes * (a - 1), i), load_row(size, x + nbytes * (b - 1), i)
            )
            re, im = re + part[0], im + part[1]
        store(times_i((re, im), 2 * b - k)[0], p + vector * k)
    for k in range(1, N + 1):
        total = load(zero, p + vector * k)
        if k % 2 == 0:
            total = -total
        for j in range(1, k):
            term = load(zero, e + vector * (k - j)) * load(zero, p + vector * j)
            total = total + term if j % 2 == 1 else total - term
        store(total * (1.0 / k), e + vector * k)
    for k in range(2 * N):
        store(one if k == 0 else zero, q + vector * k)
    for m in range(TERMS, 0, -1):
        # p(H) <- 1 + i H p(H) / m
        inverse = f64x8(1.0 / m)
        top = load(zero, q + vector * (2 * N - 2)), load(zero, q + vector * (2 * N - 1))
        for k in range(N - 1, -1, -1):
            c = load(zero, e + vector * (N - k))
            if (N - k) % 2 == 0:
                c = -c
            re, im = c * top[0], c * top[1]
            if k > 0:
                re = re + load(zero, q + vector * (2 * k - 2))
                im = im + load(zero, q + vector * (2 * k - 1))
            re, im = -(im * inverse), re * inverse
            store(re + one if k == 0 else re, q + vector * (2 * k))
            store(im, q + vector * (2 * k + 1))
    for i in range(N):
        row = zero_row(size)
        for k in range(1, N):
            # H^k = i^-k X^k
            weight = times_i((load(zero, q + vector * (2 * k)), load(zero, q + vector * (2 * k + 1))), -k)
            row = combine(size, (one, zero), row, weight, load_row(size, x + nbytes * (k - 1), i))
        weight = load(zero, q), load(zero, q + vector)
        store_row(size, add_to_entry(size, row, weight, i), result, i)


@inline_kernel
def taylor_exponential(size: Any, x: int, result: int) -> None:
    """Exp of the matrix at x by Horner's rule on matrices."""
    N = len(size)
    zero, one = f64x8(0.0), f64x8(1.0)
    other = x + ENTRY * N * N
    for i in range(N):
        store_row(size, add_to_entry(size, zero_row(size), (one, zero), i), result, i)
    for k in range(TERMS, 0, -1):
        inverse = f64x8(1.0 / k)
        for i in range(N):
            row = row_times(size, None, load_row(size, x, i), result)
            row = combine(size, (inverse, zero), row, (zero, zero), row)
            store_row(size, add_to_entry(size, row, (one, zero), i), other, i)
        for i in range(N):
            store_row(size, load_row(size, other, i), result, i)
