"""The one-link Schwinger-Dyson identity: what beta a configuration was made at, from its links alone."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lgt.action import group_of
from lgt.field import Array, lattice_of
from lgt.loops import ordered_product
from lgt.observable._base import Real, site_average
from lgt.path import Path


class SchwingerDyson(NamedTuple):
    """Both sides of the identity ``rotation = beta * force``, averaged over the links of a configuration.

    Attributes
    ----------
    rotation
        ``dim(G) Re tr X``, shape (...): the second derivative of -S N / beta, summed over generators.
    force
        ``|TA X|^2`` (Frobenius), shape (...): its first derivatives, squared.
    """

    rotation: Real
    force: Real


def schwinger_dyson(links: Array, d: int | None = None) -> SchwingerDyson:
    """Both sides of the Schwinger-Dyson identity of the Wilson action.

    Integration by parts in one link gives, for any beta, N >= 2, d and volume with extents of 2 or more,
    ``(N^2 - 1) <Re tr X> = beta <|TA X|^2>`` with X = U A, the sum of all plaquettes that start with the
    link; for U(1) ``<Re X> = beta <(Im X)^2>``. The ratio of the means is therefore beta, without any
    reference value (a configurational temperature, H. H. Rugh, Phys. Rev. Lett. 78 (1997) 772); take it by
    `lgt.analysis.ratio`, since both sides fluctuate together. X is made here from the path algebra, not
    from the staple of an action or of an update.

    Parameters
    ----------
    links
        Shape (..., d, *extents, N, N).
    d
        Number of directions, where the shape leaves it open.

    Returns
    -------
    SchwingerDyson
        Two arrays of shape (...).

    Examples
    --------
    >>> import lgt
    >>> sides = schwinger_dyson(lgt.cold(lgt.Lattice((4, 6)), lgt.SU(3)))
    >>> float(sides.rotation), float(sides.force)  # 8 generators, two plaquettes of trace 3 on each link
    (48.0, 0.0)
    """
    lattice = lattice_of(links, d)
    group = group_of(links)
    rotation, force = [], []
    for mu in range(lattice.d):
        X = plaquettes_of_link(links, mu, lattice.d)
        rotation.append(np.einsum("...ii->...", X).real)
        force.append((np.abs(group.antihermitian(X)) ** 2).sum(axis=(-2, -1)))
    average = [
        site_average(sum(terms[1:], start=terms[0]), lattice.d) / lattice.d for terms in (rotation, force)
    ]
    return SchwingerDyson(group.dimension * average[0], average[1])


def plaquettes_of_link(links: Array, mu: int, d: int | None = None) -> NDArray[np.complex128]:
    """X = U A: the sum of the 2(d-1) plaquettes that start at x with the link U_mu(x).

    Parameters
    ----------
    links
        Shape (..., d, *extents, N, N).
    mu
        The direction of the link.

    Returns
    -------
    NDArray[np.complex128]
        Shape (..., *extents, N, N).
    """
    d = lattice_of(links, d).d
    sides = [side for nu in range(d) if nu != mu for side in (nu, ~nu)]
    loops = [ordered_product(links, Path((mu, side, ~mu, ~side)), d) for side in sides]
    return np.asarray(sum(loops[1:], start=loops[0]), dtype=np.complex128)
