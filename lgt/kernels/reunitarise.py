"""Matrices of lanes brought back onto SU(N) or U(1) after rounding has moved them off it."""

from __future__ import annotations

from typing import Any

from lgt.kernels._jit import inline_kernel, kernel
from lgt.kernels.lanes import f64x8, fma, load, select, sqrt, store
from lgt.kernels.matrix import ENTRY, combine, inner, load_row, store_row


@inline_kernel
def _entry(matrix: int, position: int) -> Any:
    address = matrix + position * ENTRY
    return load(f64x8(0.0), address), load(f64x8(0.0), address + 64)


@inline_kernel
def _set_entry(matrix: int, position: int, value: Any) -> None:
    store(value[0], matrix + position * ENTRY)
    store(value[1], matrix + position * ENTRY + 64)


@inline_kernel
def _times(x: Any, y: Any) -> Any:
    return fma(x[0], y[0], -(x[1] * y[1])), fma(x[0], y[1], x[1] * y[0])


@inline_kernel
def _size_squared(x: Any) -> Any:
    return fma(x[0], x[0], x[1] * x[1])


@kernel
def determinant(size: Any, matrix: int) -> Any:
    """Determinant by elimination with row pivots, lane by lane; the matrix is overwritten."""
    N = len(size)
    det = (f64x8(1.0), f64x8(0.0))
    for c in range(N):
        for i in range(c + 1, N):
            larger = _size_squared(_entry(matrix, i * N + c)) > _size_squared(_entry(matrix, c * N + c))
            for j in range(c, N):
                upper, lower = _entry(matrix, c * N + j), _entry(matrix, i * N + j)
                _set_entry(
                    matrix,
                    c * N + j,
                    (select(larger, lower[0], upper[0]), select(larger, lower[1], upper[1])),
                )
                _set_entry(
                    matrix,
                    i * N + j,
                    (select(larger, upper[0], lower[0]), select(larger, upper[1], lower[1])),
                )
            det = (select(larger, -det[0], det[0]), select(larger, -det[1], det[1]))
        pivot = _entry(matrix, c * N + c)
        det = _times(det, pivot)
        scale = 1.0 / _size_squared(pivot)
        inverse = (pivot[0] * scale, -(pivot[1] * scale))
        for i in range(c + 1, N):
            factor = _times(_entry(matrix, i * N + c), inverse)
            for j in range(c + 1, N):
                less = _times(factor, _entry(matrix, c * N + j))
                old = _entry(matrix, i * N + j)
                _set_entry(matrix, i * N + j, (old[0] - less[0], old[1] - less[1]))
    return det


@kernel
def reunitarise(size: Any, matrices: int, count: int, scratch: int) -> None:
    """Gram-Schmidt on the rows of each matrix, then the last row turned so that the determinant is 1.

    For N = 1 the number keeps its phase. `scratch` has room for one matrix.
    """
    N = len(size)
    zero = f64x8(0.0)
    for index in range(count):
        matrix = matrices + index * ENTRY * N * N
        for i in range(N):
            row = load_row(size, matrix, i)
            for r in range(i):
                other = load_row(size, matrix, r)
                overlap = inner(size, row, other)
                row = combine(size, (f64x8(1.0), zero), row, (-overlap[0], -overlap[1]), other)
            scale = 1.0 / sqrt(inner(size, row, row)[0])
            row = combine(size, (scale, zero), row, (zero, zero), row)
            store_row(size, row, matrix, i)
            store_row(size, row, scratch, i)
        if N > 1:
            det = determinant(size, scratch)
            scale = 1.0 / sqrt(_size_squared(det))
            last = load_row(size, matrix, N - 1)
            last = combine(size, (det[0] * scale, -(det[1] * scale)), last, (zero, zero), last)
            store_row(size, last, matrix, N - 1)
