"""An instanton on the lattice: a field of known topological charge."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lgt.errors import InputError, PhysicsError
from lgt.group import UnitaryGroup
from lgt.lattice import Lattice

Real = NDArray[np.float64]


def instanton(
    lattice: Lattice,
    rho: float,
    centre: Sequence[float] | None = None,
    group: UnitaryGroup | None = None,
    *,
    charge: int = 1,
) -> NDArray[np.complex128]:
    """Links of an instanton of Belavin, Polyakov, Schwarz and Tyupkin in singular gauge, in four dimensions.

    ``A_mu(x) = 2 rho^2 eta^a_{mu nu} x_nu T^a / (x^2 (x^2 + rho^2))``, with x counted from the centre to
    the nearest image of the site, and links the exact path-ordered integrals: along a link the direction
    of A in colour does not change. The field falls off as x^-3, so that what the periodic box cuts off is
    small; it and the lattice leave the clover charge some per cent off +-1 until a little flow or cooling.

    Parameters
    ----------
    lattice
        Four-dimensional.
    rho
        Radius, in lattice units. The lattice holds it where 2 < rho < L / 3, or so.
    centre
        Four coordinates, which may lie between sites; the default is the middle of a hypercube.
    group
        SU(N); the SU(2) of the instanton is in rows and columns 0 and 1. The default is SU(2).
    charge
        1 for an instanton, -1 for an anti-instanton.

    Returns
    -------
    ndarray
        complex128, shape (4, *extents, N, N).

    Raises
    ------
    PhysicsError
        If the lattice is not four-dimensional or the group is U(1), where there are no instantons.
    InputError
        If rho is not positive, the charge is not 1 or -1, or the centre, where the field is singular, lies
        on a link.

    Notes
    -----
    Belavin et al., Phys. Lett. B 59 (1975) 85; singular gauge: 't Hooft, Phys. Rev. D 14 (1976) 3432.

    Examples
    --------
    >>> import lgt
    >>> instanton(lgt.Lattice((8, 8, 8, 8)), rho=2.5, group=lgt.SU(3)).shape
    (4, 8, 8, 8, 8, 3, 3)
    """
    N = 2 if group is None else group.N
    if lattice.d != 4 or N < 2:
        raise PhysicsError(
            f"an instanton of {group or 'SU(2)'} on the lattice {lattice}",
            "a group or a dimension without instantons",
            "use SU(N) in four dimensions",
        )
    if not (math.isfinite(rho) and rho > 0):
        raise InputError(f"an instanton of radius {rho}", "no positive radius", "give one like 4.0")
    if charge not in (1, -1):
        raise InputError(f"an instanton of charge {charge}", "another charge than 1 or -1", "give 1 or -1")
    middle = [extent // 2 - 0.5 for extent in lattice.extents] if centre is None else list(centre)
    if len(middle) != 4 or not np.isfinite(middle).all():
        raise InputError(f"an instanton at {centre}", "not four coordinates", "give one for each direction")
    half = np.array(lattice.extents) / 2
    x = (lattice.coordinates - np.array(middle) + half) % np.array(lattice.extents) - half
    links = np.zeros((4, lattice.volume, N, N), dtype=np.complex128)
    links[...] = np.eye(N)
    symbols = _t_hooft(charge)
    for mu in range(4):
        colour = np.asarray(x @ symbols[:, mu].T)  # eta^a_{mu nu} x_nu, of length b
        b = np.sqrt((x**2).sum(axis=1) - x[:, mu] ** 2)
        on_line = b < 1e-12
        if np.any(on_line & (x[:, mu] <= 0) & (x[:, mu] + 1 >= 0)):
            raise InputError(f"an instanton at {centre}", "its centre on a link", "put it between the links")
        b = np.where(on_line, 1.0, b)  # where it is 0, so is the field
        far = np.sqrt(b**2 + rho**2)
        angle = sum(
            sign * (np.arctan(end / b) / b - np.arctan(end / far) / far)
            for sign, end in ((1, x[:, mu] + 1), (-1, x[:, mu]))
        )
        # exp(2 s n.T) = cos s - i n.sigma sin s, for T = -i sigma / 2, n of length b and s = angle b
        sine = np.where(on_line, 0.0, np.sin(angle * b) / b)[:, None] * colour
        cosine = np.cos(angle * b)
        links[mu, :, 0, 0], links[mu, :, 1, 1] = cosine - 1j * sine[:, 2], cosine + 1j * sine[:, 2]
        links[mu, :, 0, 1] = -1j * sine[:, 0] - sine[:, 1]
        links[mu, :, 1, 0] = -1j * sine[:, 0] + sine[:, 1]
    return links.reshape(4, *lattice.extents, N, N)


def _t_hooft(charge: int) -> Real:
    """'t Hooft's symbols eta^a_{mu nu}, shape (3, 4, 4); (anti-)self-dual by the sign of the charge."""
    symbols = np.zeros((3, 4, 4))
    for a, b, c in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        symbols[a, b, c], symbols[a, c, b] = 1, -1
        symbols[a, a, 3], symbols[a, 3, a] = -charge, charge
    return symbols
