"""Products of small square matrices inside kernels, and the way back to the group after rounding.

`size` is `lgt.kernels.layout.size_of(N)` throughout. All arrays are complex128 and C-contiguous.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lgt.kernels._jit import inline_kernel, kernel

Complex = NDArray[np.complex128]


@inline_kernel
def clear(out: Complex, size: tuple[int, ...]) -> None:
    """Set `out` to zero."""
    for i in range(len(size)):
        for j in range(len(size)):
            out[i, j] = 0.0


@inline_kernel
def multiply(a: Complex, b: Complex, out: Complex, size: tuple[int, ...]) -> None:
    """``out = a b``; `out` is another array than the factors."""
    for i in range(len(size)):
        for j in range(len(size)):
            s = a[i, 0] * b[0, j]
            for k in range(1, len(size)):
                s += a[i, k] * b[k, j]
            out[i, j] = s


@inline_kernel
def add_product_dagger(a: Complex, b: Complex, out: Complex, size: tuple[int, ...]) -> None:
    """``out += a b^+``."""
    for i in range(len(size)):
        for j in range(len(size)):
            s = out[i, j]
            for k in range(len(size)):
                s += a[i, k] * np.conj(b[j, k])
            out[i, j] = s


@inline_kernel
def add_dagger_product(a: Complex, b: Complex, out: Complex, size: tuple[int, ...]) -> None:
    """``out += a^+ b``."""
    for i in range(len(size)):
        for j in range(len(size)):
            s = out[i, j]
            for k in range(len(size)):
                s += np.conj(a[k, i]) * b[k, j]
            out[i, j] = s


@inline_kernel
def rotate_rows(u: Complex, i: int, j: int, al: complex, be: complex, size: tuple[int, ...]) -> None:
    """Multiply `u` from the left by the SU(2) matrix ((al, be), (-be*, al*)) in rows i and j."""
    for k in range(len(size)):
        upper = u[i, k]
        lower = u[j, k]
        u[i, k] = al * upper + be * lower
        u[j, k] = np.conj(al) * lower - np.conj(be) * upper


@inline_kernel
def block_of_product(
    u: Complex, a: Complex, i: int, j: int, size: tuple[int, ...]
) -> tuple[complex, complex, complex, complex]:
    """Entries (i,i), (i,j), (j,i), (j,j) of ``u a``."""
    w00 = u[i, 0] * a[0, i]
    w01 = u[i, 0] * a[0, j]
    w10 = u[j, 0] * a[0, i]
    w11 = u[j, 0] * a[0, j]
    for k in range(1, len(size)):
        w00 += u[i, k] * a[k, i]
        w01 += u[i, k] * a[k, j]
        w10 += u[j, k] * a[k, i]
        w11 += u[j, k] * a[k, j]
    return w00, w01, w10, w11


@inline_kernel
def _determinant(u: Complex, work: Complex, size: tuple[int, ...]) -> complex:
    """Determinant by elimination with row pivots; `work` is overwritten."""
    N = len(size)
    for i in range(N):
        for j in range(N):
            work[i, j] = u[i, j]
    det = 1.0 + 0.0j
    for c in range(N):
        pivot = c
        for i in range(c + 1, N):
            if abs(work[i, c]) > abs(work[pivot, c]):
                pivot = i
        if pivot != c:
            det = -det
            for j in range(N):
                work[c, j], work[pivot, j] = work[pivot, j], work[c, j]
        det *= work[c, c]
        for i in range(c + 1, N):
            factor = work[i, c] / work[c, c]
            for j in range(c + 1, N):
                work[i, j] -= factor * work[c, j]
    return det


@kernel
def reunitarise(links: Complex, size: tuple[int, ...]) -> None:
    """Gram-Schmidt on the rows of every matrix, then the last row turned so that the determinant is 1.

    For N = 1 the number keeps its phase. `links` has the shape (d, volume, N, N) and is changed in place.
    """
    N = len(size)
    work = np.empty((N, N), dtype=np.complex128)
    for mu in range(links.shape[0]):
        for x in range(links.shape[1]):
            u = links[mu, x]
            for i in range(N):
                for r in range(i):
                    overlap = 0.0j
                    for k in range(N):
                        overlap += np.conj(u[r, k]) * u[i, k]
                    for k in range(N):
                        u[i, k] -= overlap * u[r, k]
                norm = 0.0
                for k in range(N):
                    norm += u[i, k].real ** 2 + u[i, k].imag ** 2
                scale = 1.0 / np.sqrt(norm)
                for k in range(N):
                    u[i, k] *= scale
            if N > 1:
                det = _determinant(u, work, size)
                phase = np.conj(det) / abs(det)
                for k in range(N):
                    u[N - 1, k] *= phase
