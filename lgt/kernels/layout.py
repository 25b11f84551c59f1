"""The arrays that kernels take: links with their sites numbered, neighbour tables, and an order of sites."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lgt.errors import ShapeError
from lgt.lattice import Lattice

Complex = NDArray[np.complex128]
#: Site numbers in kernels are unsigned: numba then leaves out the test for negative indices.
SiteTable = NDArray[np.uintp]


class Tables(NamedTuple):
    """What a sweep kernel needs to know of the lattice.

    Attributes
    ----------
    up, down
        Site number of x + mu and x - mu, shape (d, volume).
    order
        All sites, colour by colour, by increasing number within a colour, shape (volume,).
    """

    up: SiteTable
    down: SiteTable
    order: SiteTable


@lru_cache(maxsize=8)
def tables(lattice: Lattice) -> Tables:
    """The tables of a lattice; made once and read-only.

    Examples
    --------
    >>> tables(Lattice((2, 2))).order
    array([0, 3, 1, 2], dtype=uint64)
    """
    order = np.argsort(lattice.colours, kind="stable")
    made = Tables(
        *(np.ascontiguousarray(table, dtype=np.uintp) for table in (lattice.up, lattice.down, order))
    )
    for table in made:
        table.flags.writeable = False
    return made


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
