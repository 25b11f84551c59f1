"""The clover field strength and the energy density, site by site: what flows and topology are measured by."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from lgt.action import group_of
from lgt.errors import PhysicsError
from lgt.field import Array, dagger, lattice_of, shift, unit
from lgt.loops import ordered_product, plaquettes
from lgt.path import line

#: Weights of m x m loops in the improved field strength. A loop gives m^2 F with relative corrections in even
#: powers of m: the sum of k m^2 is 1, those of k m^4 and k m^6 are 0.
_IMPROVED = {1: 3 / 2, 2: -3 / 20, 3: 1 / 90}


def field_strength(links: Array, d: int | None = None, *, improved: bool = False) -> NDArray[np.complex128]:
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
    improved
        Mix the leaves of 1x1, 2x2 and 3x3 loops such that on smooth fields the error is of the fourth power
        of the lattice spacing instead of the second (Bilson-Thompson, Leinweber and Williams, Ann. Phys. 304
        (2003) 1, the three-loop mixture).

    Returns
    -------
    ndarray
        complex128, shape (..., d(d-1)/2, *extents, N, N); the planes mu < nu in the order (0,1), (0,2), ...,
        (1,2), ... Under a gauge transformation ``F(x) -> Omega(x) F(x) Omega(x)^+``.

    Raises
    ------
    PhysicsError
        If a loop of the improved one goes around the lattice.

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
    if improved and min(lattice.extents) <= max(_IMPROVED):
        raise PhysicsError(
            f"the improved field strength on the lattice {lattice}",
            f"an extent of {min(lattice.extents)}, around which its loops go",
            f"use extents above {max(_IMPROVED)}",
        )
    group, axis = group_of(links), links.ndim - d - 3
    weights = _IMPROVED if improved else {1: 1.0}
    lines = {m: [ordered_product(links, line(mu, m), d) for mu in range(d)] for m in weights}
    fields = []
    for mu, nu in combinations(range(d), 2):
        total = np.zeros_like(lines[1][mu])
        for m, weight in weights.items():
            U, V = lines[m][mu], lines[m][nu]
            leaves = U @ shift(V, unit(mu, d, m)) @ dagger(V @ shift(U, unit(nu, d, m)))
            # The other leaves are loops of the sites behind, carried here: two at a time.
            for step, side in ((mu, U), (nu, V)):
                leaves = leaves + shift(dagger(side) @ leaves @ side, unit(step, d, -m))
            total += weight * leaves
        fields.append(group.antihermitian(total) / 4)
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
