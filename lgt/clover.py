"""The clover field strength and the energy density, site by site: what flows and topology are measured by."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from lgt.action import group_of
from lgt.field import Array, dagger, lattice_of, shift, unit
from lgt.loops import ordered_product, plaquettes
from lgt.path import plaquette


def field_strength(links: Array, d: int | None = None) -> NDArray[np.complex128]:
    """The clover field strength F of every plane, antihermitian, and traceless for SU(N).

    ``F = TA(Q) / 4`` with Q the sum of the four oriented plaquettes that touch a site, all of the same
    sense; to leading order in the lattice spacing ``P = 1 + F`` (Sheikholeslami and Wohlert, Nucl. Phys. B
    259 (1985) 572).

    Parameters
    ----------
    links
        Shape (..., d, *extents, N, N).
    d
        Number of directions, where the shape leaves it open.

    Returns
    -------
    ndarray
        complex128, shape (..., d(d-1)/2, *extents, N, N); the planes mu < nu in the order (0,1), (0,2), ...,
        (1,2), ... Under a gauge transformation ``F(x) -> Omega(x) F(x) Omega(x)^+``.

    Examples
    --------
    >>> import lgt
    >>> links = lgt.hot(lgt.Lattice((4, 4, 6)), lgt.SU(2), lgt.Stream(seed=1, chain=0))
    >>> field_strength(links).shape
    (3, 4, 4, 6, 2, 2)
    """
    lattice = lattice_of(links, d)
    d = lattice.d
    links = np.asarray(links, dtype=np.complex128)
    group, axis = group_of(links), links.ndim - d - 3
    sides, fields = np.moveaxis(links, axis, 0), []
    for mu, nu in combinations(range(d), 2):
        leaves = ordered_product(links, plaquette(mu, nu), d)
        # The other leaves are plaquettes of the sites behind, carried here: two at a time.
        for step in (mu, nu):
            leaves = leaves + shift(dagger(sides[step]) @ leaves @ sides[step], unit(step, d, -1))
        fields.append(group.antihermitian(leaves) / 4)
    return np.stack(fields, axis=axis)


def energy_clover(links: Array, d: int | None = None) -> NDArray[np.float64]:
    """The energy density ``E = -sum_{mu<nu} tr F F`` of the clover field strength at every site.

    For SU(N) it is ``F^a F^a / 4`` summed over all mu and nu (Luscher, JHEP 08 (2010) 071); for U(1) the
    same formula gives ``F F / 2``.

    Parameters
    ----------
    links
        Shape (..., d, *extents, N, N).

    Returns
    -------
    ndarray
        float64, shape (..., *extents), in lattice units.

    Examples
    --------
    >>> import lgt
    >>> float(energy_clover(lgt.cold(lgt.Lattice((4, 4)), lgt.SU(3))).max())
    0.0
    """
    d = lattice_of(links, d).d
    fields = field_strength(links, d)
    return np.asarray(np.sum(fields.real**2 + fields.imag**2, axis=(-2, -1)).sum(axis=-1 - d))


def energy_plaquette(links: Array, d: int | None = None) -> NDArray[np.float64]:
    """The energy density ``E = 2 sum_{mu<nu} Re tr(1 - P)`` of the plaquettes that start at every site.

    Its sum over the lattice falls along the Wilson flow, which is that sum's steepest descent.

    Parameters
    ----------
    links
        Shape (..., d, *extents, N, N).

    Returns
    -------
    ndarray
        float64, shape (..., *extents), in lattice units.

    Examples
    --------
    >>> import lgt
    >>> float(energy_plaquette(lgt.cold(lgt.Lattice((4, 4)), lgt.SU(3))).max())
    0.0
    """
    d = lattice_of(links, d).d
    return np.asarray(2 * links.shape[-1] * np.sum(1 - plaquettes(links, d), axis=-1 - d))
