"""Fields on the lattice as numpy arrays: start values, and how gauge and space transformations act on them.

Links have the shape ``(..., d, *extents, N, N)``, matter ``(..., channel, *extents, N, N)`` and scalar
fields ``(..., *extents)``. d, the extents and N are read from the array.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lgt.errors import InputError, PhysicsError, ShapeError
from lgt.group import SignedPermutation, SpaceElement, UnitaryGroup
from lgt.lattice import Lattice
from lgt.rng import Purpose, Stream

Complex = NDArray[np.complex128]
Array = NDArray[Any]


def lattice_of(links: Array, d: int | None = None) -> Lattice:
    """The lattice on which an array of links lives.

    Parameters
    ----------
    links
        Shape (..., d, *extents, N, N).
    d
        Number of directions; needed only where the shape can be read in more than one way.

    Raises
    ------
    ShapeError
        If the shape fits no number of directions, or several.

    Examples
    --------
    >>> lattice_of(np.zeros((10, 2, 4, 6, 3, 3)))
    4x6
    """
    shape = links.shape
    fits = [n for n in range(1, len(shape) - 2) if shape[-3 - n] == n and shape[-1] == shape[-2]]
    if d is not None:
        fits = [n for n in fits if n == d]
    if len(fits) != 1:
        found = f"the shape {shape}" + (f", which fits d = {' and '.join(map(str, fits))}" if fits else "")
        raise ShapeError("links of shape (..., d, *extents, N, N)", found, "reshape, or say which with d=")
    return Lattice(shape[-2 - fits[0] : -2])


def dagger(matrices: Array) -> Array:
    """Hermitian conjugate of the last two axes."""
    return np.conj(np.swapaxes(matrices, -1, -2))


def shift(field: Array, displacement: tuple[int, ...], trailing: int = 2) -> Array:
    """The field seen from a displaced site: ``result(x) = field(x + displacement)``, periodically.

    Parameters
    ----------
    field
        Shape (..., *extents, *rest) with `trailing` axes in `rest`.
    displacement
        One number for each direction.

    Examples
    --------
    >>> shift(np.arange(4), (1,), trailing=0)
    array([1, 2, 3, 0])
    """
    d = len(displacement)
    axes = tuple(range(field.ndim - trailing - d, field.ndim - trailing))
    return np.roll(field, tuple(-step for step in displacement), axis=axes)


def inside(
    field: Array, open: tuple[int, ...], behind: Sequence[int], ahead: Sequence[int], trailing: int = 0
) -> Array:
    """The sites of a field from which so many steps back and on, along each direction, stay inside the box.

    Parameters
    ----------
    field
        Shape (..., *extents, *rest) with `trailing` axes in `rest`.
    open
        The directions with open boundaries; along the others every site is kept.
    behind, ahead
        Numbers of steps, one for each direction.

    Examples
    --------
    >>> inside(np.arange(12).reshape(3, 4), open=(1,), behind=(0, 1), ahead=(5, 0))[0]
    array([1, 2, 3])
    """
    index = [slice(None)] * field.ndim
    for mu in open:
        axis = field.ndim - trailing - len(ahead) + mu
        index[axis] = slice(behind[mu], max(0, field.shape[axis] - ahead[mu]))
    return field[tuple(index)]


def unit(mu: int, d: int, steps: int = 1) -> tuple[int, ...]:
    """The displacement of `steps` steps in direction mu."""
    return tuple(steps if nu == mu else 0 for nu in range(d))


def cold(lattice: Lattice, group: UnitaryGroup) -> Complex:
    """All links equal to 1, shape (d, *extents, N, N)."""
    links = np.zeros((lattice.d, *lattice.extents, group.N, group.N), dtype=np.complex128)
    links[...] = np.eye(group.N)
    return links


def hot(lattice: Lattice, group: UnitaryGroup, stream: Stream) -> Complex:
    """Independent Haar-distributed links, shape (d, *extents, N, N), from the counters of `stream`.

    Examples
    --------
    >>> from lgt.group import SU
    >>> links = hot(Lattice((4, 6)), SU(3), Stream(seed=1, chain=0))
    >>> bool(SU(3).defect(links).max() < 1e-14)
    True
    """
    site = np.arange(lattice.volume)[None, :, None]
    mu = np.arange(lattice.d)[:, None, None]
    # One pair of normals is one complex entry of a Ginibre matrix; the entry is the attempt word.
    entry = np.arange(group.N**2)[None, None, :]
    real, imaginary = stream.normals(site, mu, purpose=Purpose.HOT, attempt=entry)
    shape = (lattice.d, *lattice.extents, group.N, group.N)
    return group.haar_from_normals(real.reshape(shape), imaginary.reshape(shape))


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


def _t_hooft(charge: int) -> NDArray[np.float64]:
    """'t Hooft's symbols eta^a_{mu nu}, shape (3, 4, 4); (anti-)self-dual by the sign of the charge."""
    symbols = np.zeros((3, 4, 4))
    for a, b, c in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        symbols[a, b, c], symbols[a, c, b] = 1, -1
        symbols[a, a, 3], symbols[a, 3, a] = -charge, charge
    return symbols


def gauge_transform(links: Array, omega: Array, d: int | None = None) -> Array:
    """``U_mu(x) -> Omega(x) U_mu(x) Omega(x+mu)^+``.

    Parameters
    ----------
    links
        Shape (..., d, *extents, N, N).
    omega
        Shape (..., *extents, N, N); leading axes broadcast with those of the links.
    """
    lattice = lattice_of(links, d)
    if omega.shape[-2 - lattice.d :] != links.shape[-2 - lattice.d :]:
        raise ShapeError(
            f"a gauge transformation of links of shape {links.shape}",
            f"Omega of shape {omega.shape}",
            "give it the shape (..., *extents, N, N)",
        )
    ends = np.stack([shift(omega, unit(mu, lattice.d)) for mu in range(lattice.d)], axis=-3 - lattice.d)
    return np.expand_dims(omega, -3 - lattice.d) @ links @ dagger(ends)


def gauge_transform_matter(matter: Array, omega: Array, d: int) -> Array:
    """``W(x) -> Omega(x) W(x) Omega(x)^+`` for matter of shape (..., channel, *extents, N, N)."""
    sides = np.expand_dims(omega, -3 - d)
    return sides @ matter @ dagger(sides)


def space_transform(links: Array, g: SignedPermutation | SpaceElement) -> Array:
    """Links moved by a rotation, reflection or translation: ``(gU)(x, v) = U(g^-1 x, g^-1 v)``.

    The oriented link ``U(x, -e_mu)`` is ``U_mu(x - e_mu)^+``, so a reversed direction takes the dagger of
    the link that ends where the reversed one starts. The result lives on `Lattice.transformed`.
    """
    back = (g.point if isinstance(g, SpaceElement) else g).inverse()
    lattice = lattice_of(links, back.d)
    new, source = lattice.transformed(g), lattice.source(g)
    n_batch = links.ndim - lattice.d - 3
    flat = links.reshape(*links.shape[:n_batch], lattice.d, lattice.volume, *links.shape[-2:])
    moved = []
    for mu in range(lattice.d):
        nu = back.permutation[mu]
        component = flat[..., nu, :, :, :]
        if back.signs[mu] > 0:
            moved.append(component[..., source, :, :])
        else:
            moved.append(dagger(component[..., lattice.down[nu][source], :, :]))
    return np.stack(moved, axis=n_batch).reshape(*links.shape[: n_batch + 1], *new.extents, *links.shape[-2:])


def space_transform_sites(
    field: Array, g: SignedPermutation | SpaceElement, *, d: int, trailing: int = 2
) -> Array:
    """Fields on sites moved by g: ``(g f)(x) = f(g^-1 x)``, for shape (..., *extents, *rest).

    `trailing` is the number of axes in `rest`: 2 for matter, 0 for scalar fields.
    """
    n_batch = field.ndim - d - trailing
    if n_batch < 0:
        raise ShapeError(f"a field with {d} directions", f"the shape {field.shape}", "check d and trailing")
    lattice = Lattice(field.shape[n_batch : n_batch + d])
    rest = field.shape[n_batch + d :]
    flat = field.reshape(*field.shape[:n_batch], lattice.volume, *rest)
    moved = np.take(flat, lattice.source(g), axis=n_batch)
    return moved.reshape(*field.shape[:n_batch], *lattice.transformed(g).extents, *rest)


def reunitarise(links: Complex, group: UnitaryGroup) -> Complex:
    """Links brought back onto the group after rounding has moved them off it.

    Raises
    ------
    InputError
        If the matrices are not N x N, or so far off that they were never links of this group.
    """
    if links.shape[-2:] != (group.N, group.N):
        raise InputError(
            f"links of {group}", f"matrices {links.shape[-2:]}", f"give {group.N} x {group.N} links"
        )
    if not float(np.max(group.defect(links))) < 0.1:
        raise InputError(f"links of {group}", "matrices off the group by more than 0.1", "check the array")
    return group.reunitarise(links)
