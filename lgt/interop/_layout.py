"""Between our arrays of links and the bytes of a file that goes site by site, and sums over those bytes.

Such files go through the sites with the first coordinate fastest, have all directions of a site together, and
store matrices row by row, real before imaginary part.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lgt.interop._base import ByteOrder, Complex, Precision
from lgt.lattice import Lattice

Bytes = NDArray[np.uint8]


def complex_type(precision: Precision, byte_order: ByteOrder) -> np.dtype[Any]:
    """The numpy type of the complex numbers in a file."""
    return np.dtype(f"{'>' if byte_order == 'big' else '<'}c{precision // 4}")


def unpack(raw: Bytes, lattice: Lattice, rows: int, N: int, dtype: np.dtype[Any]) -> Complex:
    """Links of shape (d, *extents, rows, N) from the bytes of all sites."""
    d = lattice.d
    sites = raw.view(dtype).reshape(*reversed(lattice.extents), d, rows, N)
    return np.ascontiguousarray(sites.transpose(d, *reversed(range(d)), d + 1, d + 2), dtype=np.complex128)


def pack(links: NDArray[Any], dtype: np.dtype[Any]) -> Bytes:
    """The bytes of all sites, the inverse of `unpack`; numbers are rounded to the precision of `dtype`."""
    d = links.shape[0]
    sites = links.transpose(*reversed(range(d + 1)), d + 1, d + 2)
    return np.ascontiguousarray(sites, dtype=dtype).reshape(-1).view(np.uint8)


def completed(rows: Complex) -> Complex:
    """SU(N) matrices from their first N - 1 rows: the last row is the conjugate of the rows' cross product.

    Examples
    --------
    >>> completed(np.array([[0.6, 0.8]])).tolist()
    [[0.6, 0.8], [-0.8, 0.6]]
    """
    N = rows.shape[-1]
    if N == 3:
        last = np.cross(rows[..., 0, :], rows[..., 1, :])
    else:
        minors = [np.linalg.det(np.delete(rows, column, axis=-1)) for column in range(N)]
        signs = (-1.0) ** (N - 1 + np.arange(N))
        last = signs * np.stack(minors, axis=-1)
    return np.concatenate([rows, last.conj()[..., None, :]], axis=-2)


def words(raw: Bytes, byte_order: ByteOrder) -> NDArray[np.uint32]:
    """The bytes as 32-bit words."""
    return raw.view(np.dtype(">u4" if byte_order == "big" else "<u4")).astype(np.uint32)


def rotated_xor(values: NDArray[np.uint32], modulus: int) -> int:
    """XOR over all k of value k rotated left by (k mod `modulus`) bits, for a modulus up to 32.

    Examples
    --------
    >>> hex(rotated_xor(np.array([1, 1, 0x80000000], dtype=np.uint32), 2))
    '0x80000003'
    """
    folds = np.zeros((-(-values.size // modulus), modulus), dtype=np.uint64)
    folds.reshape(-1)[: values.size] = values
    # Rotation commutes with XOR, so all values with the same k mod `modulus` are rotated in one go.
    folded, steps = np.bitwise_xor.reduce(folds, axis=0), np.arange(modulus, dtype=np.uint64)
    rotated = (folded << steps) | (folded >> (np.uint64(32) - steps))
    return int(np.bitwise_xor.reduce(rotated) & np.uint64(0xFFFFFFFF))
