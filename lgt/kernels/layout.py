"""The user's arrays as kernels need them: links with their sites numbered, and N as a type."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lgt.errors import ShapeError

Complex = NDArray[np.complex128]


def flat(links: Complex) -> Complex:
    """The links of one configuration with numbered sites: a view of shape (d, volume, N, N).

    Parameters
    ----------
    links
        Shape (d, *extents, N, N), complex128, C-contiguous.

    Raises
    ------
    ShapeError
        If the array is anything else, so that a kernel would have to work on a copy.

    Examples
    --------
    >>> flat(np.zeros((2, 4, 6, 3, 3), dtype=complex)).shape
    (2, 24, 3, 3)
    """
    fits = links.ndim >= 4 and links.shape[0] == links.ndim - 3 and links.shape[-1] == links.shape[-2]
    if not (fits and links.dtype == np.complex128 and links.flags.c_contiguous):
        order = "" if links.flags.c_contiguous else ", not C-contiguous"
        raise ShapeError(
            "links to update in place",
            f"an array of {links.dtype} of shape {links.shape}{order}",
            "give one configuration (d, *extents, N, N), complex128, C-contiguous",
        )
    return links.reshape(links.shape[0], -1, *links.shape[-2:])


def size_of(N: int) -> tuple[int, ...]:
    """N as a type: a tuple of N zeros, whose length numba knows when it compiles.

    A kernel that loops over ``range(len(size))`` is compiled once for every N, with its loops unrolled
    where N is small.

    Examples
    --------
    >>> size_of(3)
    (0, 0, 0)
    """
    return (0,) * N
