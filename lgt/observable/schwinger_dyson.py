"""The one-link Schwinger-Dyson identity: what beta a configuration was made at, from its links alone."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lgt.action import Action, group_of
from lgt.analysis import Estimate, ratio
from lgt.errors import InputError
from lgt.field import Array, dagger, lattice_of, shift, unit
from lgt.loops import ordered_product
from lgt.observable._base import Real, site_average
from lgt.path import plaquette

#: From so many configurations of a chain on, their fluctuation in time gives the error of beta.
MANY = 20


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


def schwinger_dyson(links: Array, d: int | None = None, action: Action | None = None) -> SchwingerDyson:
    """Both sides of the Schwinger-Dyson identity of an action, by default Wilson's.

    Integration by parts in one link gives, for any beta, N >= 2, d and volume with extents of 2 or more,
    ``(N^2 - 1) <Re tr X> = beta <|TA X|^2>`` with X = U A, the weighted sum of all loops of the action that
    start with the link; for U(1) ``<Re X> = beta <(Im X)^2>``. The ratio of the means is therefore beta,
    without any reference value (a configurational temperature, H. H. Rugh, Phys. Rev. Lett. 78 (1997) 772):
    `measured_beta`. Wilson's X is made here from plaquettes, that of another action from its `staple`,
    never from what an update computes; a wrong action that both share goes unseen.

    Parameters
    ----------
    links
        Shape (..., d, *extents, N, N).
    d
        Number of directions, where the shape leaves it open.
    action
        The action whose loops make up X, with its anisotropy and boundaries; its beta does not matter.
        No loop may hold a link twice: extents of 2 or more for plaquettes, 3 or more for rectangles.

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
    d = lattice_of(links, d).d
    return SchwingerDyson(*(site_average(side, d) for side in _densities(links, d, action)))


def measured_beta(
    chains: Iterable[Iterable[Array]],
    d: int | None = None,
    separation: int = 1,
    action: Action | None = None,
) -> Estimate:
    """The beta that configurations were made at, by default with the Wilson action, from the links alone.

    Parameters
    ----------
    chains
        One iterable of configurations, each (d, *extents, N, N), for each Markov chain.
    d
        Number of directions, where the shape leaves it open.
    separation
        Sweeps between two configurations.
    action
        As for `schwinger_dyson`.

    Returns
    -------
    Estimate
        From 20 configurations a chain on, the ratio of means with its error from their fluctuation in
        time. For fewer the error is that of averages over slices of the lattice, as if all slices and
        configurations were independent, and tau_int is NaN.

    Raises
    ------
    InputError
        If there is no configuration, or nothing in it that depends on beta (all links equal to 1).

    Examples
    --------
    >>> import lgt
    >>> links = lgt.hot(lgt.Lattice((16, 16)), lgt.SU(3), lgt.Stream(seed=1, chain=0))
    >>> measured_beta([[links]])  # a hot start has beta = 0
    Estimate(0.02(17), tau_int=nan(?) sweeps, n=1)
    """
    # For each chain and configuration: both sides, averaged over each hyperplane of each direction.
    slices = [
        [tuple(map(_slice_averages, _densities(links, lattice_of(links, d).d, action))) for links in chain]
        for chain in chains
    ]
    rotation, force = ([[each[side][0].mean() for each in chain] for chain in slices] for side in (0, 1))
    if min(map(len, slices), default=0) >= MANY:
        return ratio(rotation, force, separation)
    n = sum(map(len, slices))
    if n == 0:
        raise InputError("a measurement of beta", "no configuration", "give at least one")
    below = float(sum(map(sum, force))) / n
    if below == 0:
        raise InputError("a measurement of beta", "links without any force", "give links of a Markov chain")
    beta = float(sum(map(sum, rotation))) / n / below
    variances = [
        np.mean([np.var(a - beta * b, ddof=1) / a.size for a, b in zip(*each, strict=True)])
        for chain in slices
        for each in chain
    ]
    error = float(np.sqrt(np.sum(variances))) / n / below
    return Estimate(beta, error, np.nan, np.nan, n, chains=len(slices), separation=separation, closed=False)


def _densities(links: Array, d: int, action: Action | None) -> tuple[Real, Real]:
    """Both sides, averaged over the directions at each site, shape (..., *extents)."""
    group = group_of(links)
    X = plaquettes_of_links(links, d) if action is None else links @ action.staple(links, d)
    rotation = np.einsum("...ii->...", X).real
    force = (np.abs(group.antihermitian(X)) ** 2).sum(axis=(-2, -1))
    return group.dimension * rotation.mean(axis=-1 - d), force.mean(axis=-1 - d)


def _slice_averages(density: Real) -> list[Real]:
    """The averages of a field over the hyperplanes of each direction that has two or more."""
    axes = [axis for axis, extent in enumerate(density.shape) if extent > 1]
    return [np.moveaxis(density, axis, 0).reshape(density.shape[axis], -1).mean(-1) for axis in axes]


def plaquettes_of_links(links: Array, d: int | None = None) -> NDArray[np.complex128]:
    """X = U A of every link: the sum of the 2(d-1) plaquettes that start at x with the link U_mu(x).

    Parameters
    ----------
    links
        Shape (..., d, *extents, N, N).
    d
        Number of directions, where the shape leaves it open.

    Returns
    -------
    NDArray[np.complex128]
        The shape of the links.
    """
    d = lattice_of(links, d).d
    sums: list[NDArray[np.complex128] | int] = [0] * d
    for mu, nu in combinations(range(d), 2):
        P = ordered_product(links, plaquette(mu, nu), d)
        sums[mu] = sums[mu] + P + _carried(dagger(P), links, nu, d)
        sums[nu] = sums[nu] + dagger(P) + _carried(P, links, mu, d)
    return np.stack(np.broadcast_arrays(*sums), axis=-3 - d).astype(np.complex128, copy=False)


def _carried(loops: Array, links: Array, nu: int, d: int) -> Array:
    """Closed loops at x - nu, carried to x: U_nu(x-nu)^+ W(x-nu) U_nu(x-nu)."""
    along = links[(..., nu) + (slice(None),) * (d + 2)]
    return shift(dagger(along) @ loops @ along, unit(nu, d, -1))
