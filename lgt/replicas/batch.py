"""Arrays of configurations as replicas, for maps of links that use no random numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lgt.action import Action
from lgt.field import Array, lattice_of
from lgt.replicas.state import Replicas
from lgt.rng import Stream


def packed_batch(
    links: Array,
    d: int | None = None,
    threads: int = 1,
    action: Action | None = None,
    at_once: bool = True,
) -> Replicas:
    """The configurations of an array of shape (..., d, *extents, N, N), one chain each, in C order.

    The links are copied; single precision is raised to complex128. `action` is the
    one that moves them, and `at_once` whether all of them at once (`Replicas`).

    Raises
    ------
    ShapeError
        If the shape is not that of links, or fits several numbers of directions.

    Examples
    --------
    >>> import lgt
    >>> links = lgt.cold(lgt.Lattice((4, 6)), lgt.SU(2))
    >>> packed_batch(np.stack([links, links, links, links])).chains
    4
    """
    d = lattice_of(links, d).d
    flat = np.asarray(links, dtype=np.complex128).reshape(-1, *links.shape[-3 - d :])
    return Replicas(list(flat), [Stream(0, chain) for chain in range(len(flat))], threads, action, at_once)


def unpacked_batch(state: Replicas, shape: tuple[int, ...]) -> NDArray[np.complex128]:
    """The links of all chains as one array of the shape from which `packed_batch` took them."""
    return np.stack([state.links(chain) for chain in range(state.chains)]).reshape(shape)
