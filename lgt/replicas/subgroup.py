"""SU(2) subgroups of a block of links: what heat bath and over-relaxation share."""

from __future__ import annotations

from typing import Any

from lgt.kernels._jit import inline_kernel
from lgt.kernels.matrix import combine, load_row, row_dot_column, store_row


@inline_kernel
def subgroup_vector(size: Any, link: int, staple: int, i: int, j: int) -> Any:
    """Twice k v, where ``U A`` restricted to rows and columns i, j is k v plus what the trace does not see.

    v = ((v0, v1), (-v1*, v0*)) is in SU(2); the result is its first row as (re, im) and (re, im).
    """
    upper, lower = load_row(size, link, i), load_row(size, link, j)
    a, b = row_dot_column(size, upper, staple, i), row_dot_column(size, lower, staple, j)
    v0 = (a[0] + b[0], a[1] - b[1])
    a, b = row_dot_column(size, upper, staple, j), row_dot_column(size, lower, staple, i)
    return v0, (a[0] - b[0], a[1] + b[1])


@inline_kernel
def rotate(size: Any, link: int, i: int, j: int, g0: Any, g1: Any) -> None:
    """U <- g U with g = ((g0, g1), (-g1*, g0*)) in rows i, j."""
    upper, lower = load_row(size, link, i), load_row(size, link, j)
    store_row(size, combine(size, g0, upper, g1, lower), link, i)
    store_row(size, combine(size, (-g1[0], g1[1]), upper, (g0[0], -g0[1]), lower), link, j)


@inline_kernel
def product(x: Any, y: Any) -> Any:
    """The complex product x y of (re, im) lanes."""
    return x[0] * y[0] - x[1] * y[1], x[0] * y[1] + x[1] * y[0]


@inline_kernel
def product_conjugate(x: Any, y: Any) -> Any:
    """The complex product x y*."""
    return x[0] * y[0] + x[1] * y[1], x[1] * y[0] - x[0] * y[1]
