"""Ordered products of links along paths, and their traces."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from lgt.errors import InputError
from lgt.field import Array, dagger, lattice_of, shift
from lgt.path import Path, plaquette


def ordered_product(links: Array, path: Path, d: int | None = None) -> Array:
    """The product of the links along `path`, started at every site.

    Parameters
    ----------
    links
        Shape (..., d, *extents, N, N).
    path
        Any path in at most d directions; it need not close.
    d
        Number of directions, where the shape leaves it open.

    Returns
    -------
    Array
        Shape (..., *extents, N, N). Under a gauge transformation the value at x becomes
        ``Omega(x) M(x) Omega(x + displacement)^+``.

    Examples
    --------
    >>> import lgt
    >>> links = lgt.hot(lgt.Lattice((4, 6)), lgt.SU(3), lgt.Stream(seed=1, chain=0))
    >>> ordered_product(links, Path.parse("+0 +1 -0 -1")).shape
    (4, 6, 3, 3)
    """
    lattice = lattice_of(links, d)
    d = lattice.d
    if path.directions > d:
        raise InputError(f"{path} on the lattice {lattice}", f"{d} directions", "use a path within them")
    position = [0] * d
    product: Array | None = None
    for step in path:
        mu = max(step, ~step)
        component = links[(..., mu) + (slice(None),) * (d + 2)]
        if step < 0:
            position[mu] -= 1
        factor = shift(component, tuple(position))
        if step >= 0:
            position[mu] += 1
        else:
            factor = dagger(factor)
        product = factor if product is None else product @ factor
    if product is None:
        n_batch = links.ndim - d - 3
        shape = links.shape[:n_batch] + links.shape[n_batch + 1 :]
        product = np.broadcast_to(np.eye(links.shape[-1], dtype=links.dtype), shape).copy()
    return product


def loop_trace(links: Array, path: Path, d: int | None = None) -> NDArray[np.complex128]:
    """(1/N) tr of the ordered product, shape (..., *extents), complex; gauge invariant if the path closes.

    A line around the torus (a Polyakov line) closes on the lattice, so this is where its trace comes from.

    Raises
    ------
    InputError
        If the path does not end where it starts on this lattice.
    """
    lattice = lattice_of(links, d)
    ends = path.displacement(max(lattice.d, path.directions))
    if any(step % extent for step, extent in zip(ends, lattice.extents, strict=False)):
        raise InputError(
            f"the trace along {path}", f"it ends {ends} away", f"close it on the lattice {lattice}"
        )
    product = ordered_product(links, path, lattice.d)
    return np.asarray(np.einsum("...ii->...", product) / links.shape[-1])


def plaquettes(links: Array, d: int | None = None) -> NDArray[np.float64]:
    """(1/N) Re tr P of every plane mu < nu, shape (..., d(d-1)/2, *extents).

    Planes are in the order (0,1), (0,2), ..., (1,2), ...
    """
    lattice = lattice_of(links, d)
    planes = combinations(range(lattice.d), 2)
    traces = [loop_trace(links, plaquette(mu, nu), lattice.d).real for mu, nu in planes]
    return np.stack(traces, axis=-1 - lattice.d)
