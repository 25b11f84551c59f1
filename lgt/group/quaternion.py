"""Unit quaternions (w, x, y, z) as arrays: rotations of space, and SU(2), vectorised.

q = cos(a/2) + sin(a/2) n turns by the angle a about the unit vector n, counterclockwise for who looks
against n; products compose as maps do, first the right factor. q and -q are the same rotation and two
different elements of SU(2). All arrays are float64 of shape (..., 4), functions act on the last axis and
broadcast over the leading ones.

Euler angles are z-y-z: R = R_z(alpha) R_y(beta) R_z(gamma). They are taken from quaternions, never from
3 x 3 matrices, where they would lose half of their digits near the poles beta = 0 and beta = pi.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lgt.errors import InputError, ShapeError
from lgt.group._special_unitary import SU

Real = NDArray[np.float64]
Complex = NDArray[np.complex128]

_TOLERANCE = 1e-5
"""How far matrices may be off the group: single precision passes, mistakes do not."""


def normalise(q: ArrayLike) -> Real:
    """Return q / |q|, shape (..., 4).

    Raises
    ------
    ShapeError
        If the last axis does not have the four components.
    InputError
        If a quaternion is zero or not finite.

    Examples
    --------
    >>> normalise([0, 0, 0, -2])
    array([ 0.,  0.,  0., -1.])
    """
    q = _last(q, 4, "quaternions", "(w, x, y, z)")
    largest = np.max(np.abs(q), axis=-1, keepdims=True)
    if not (np.isfinite(largest) & (largest > 0)).all():
        raise InputError("a rotation from a quaternion", "one that is zero or not finite", "give |q| > 0")
    q = q / largest  # so that squares neither overflow nor vanish
    return np.asarray(q / np.linalg.norm(q, axis=-1, keepdims=True))


def product(p: ArrayLike, q: ArrayLike) -> Real:
    """Return the product pq: q acts first.

    Examples
    --------
    >>> product([0, 1, 0, 0], [0, 0, 1, 0])  # ij = k
    array([0., 0., 0., 1.])
    """
    p, q = _last(p, 4, "quaternions", "(w, x, y, z)"), _last(q, 4, "quaternions", "(w, x, y, z)")
    (a, b, c, d), (w, x, y, z) = np.moveaxis(p, -1, 0), np.moveaxis(q, -1, 0)
    parts = (
        a * w - b * x - c * y - d * z,
        a * x + b * w + c * z - d * y,
        a * y - b * z + c * w + d * x,
        a * z + b * y - c * x + d * w,
    )
    return np.stack(parts, axis=-1)


def conjugate(q: ArrayLike) -> Real:
    """Return (w, -x, -y, -z): the inverse of a unit quaternion."""
    return np.asarray(_last(q, 4, "quaternions", "(w, x, y, z)") * np.array([1.0, -1.0, -1.0, -1.0]))


def haar(rng: np.random.Generator, shape: tuple[int, ...] = ()) -> Real:
    """Draw independent rotations from the Haar measure, shape (*shape, 4): uniform on the unit sphere."""
    return normalise(rng.standard_normal((*shape, 4)))


def angle(q: ArrayLike) -> Any:
    """Return the angle of the rotation, in [0, pi], over the leading axes; q and -q have the same."""
    w, x, y, z = np.moveaxis(normalise(q), -1, 0)
    return 2 * np.arctan2(np.hypot(np.hypot(x, y), z), np.abs(w))  # hypot never underflows


def from_axis_angle(axis: ArrayLike, angle: ArrayLike) -> Real:
    """Return the rotation about an axis (..., 3) of any length by an angle (...) in radians.

    Examples
    --------
    >>> from_axis_angle([0, 0, 2], np.pi).round(15)
    array([0., 0., 0., 1.])
    """
    axis = _last(axis, 3, "rotation axes", "(x, y, z)")
    half = np.asarray(angle, dtype=np.float64)[..., None] / 2
    n = normalise(np.concatenate([np.zeros_like(axis[..., :1]), axis], axis=-1))
    return np.asarray(np.cos(half) * np.array([1.0, 0.0, 0.0, 0.0]) + np.sin(half) * n)


def from_euler(alpha: ArrayLike, beta: ArrayLike, gamma: ArrayLike) -> Real:
    """Return R_z(alpha) R_y(beta) R_z(gamma), shape (..., 4), from angles in radians.

    Any angles are welcome; as elements of SU(2), alpha and alpha + 2 pi differ by a sign.

    Examples
    --------
    >>> from_euler(0.0, np.pi, 0.0).round(15) + 0.0
    array([0., 0., 1., 0.])
    """
    a, b, c = (np.asarray(t, dtype=np.float64) / 2 for t in (alpha, beta, gamma))
    plus, minus = a + c, a - c
    cos, sin = np.cos(b), np.sin(b)
    parts = (cos * np.cos(plus), -sin * np.sin(minus), sin * np.cos(minus), cos * np.sin(plus))
    return np.stack(np.broadcast_arrays(*parts), axis=-1)


def half_angles(q: ArrayLike) -> tuple[Real, Real, Real]:
    """Return (alpha + gamma)/2, (alpha - gamma)/2 and beta, over the leading axes.

    The first two lie in [-pi, pi], beta in [0, pi], and together they tell q from -q. At the poles, where
    one of the first two is arbitrary, it is 0.
    """
    w, x, y, z = np.moveaxis(normalise(q) + 0.0, -1, 0)  # + 0.0 turns -0.0 into 0.0
    beta = 2 * np.arctan2(np.hypot(x, y), np.hypot(w, z))
    return np.arctan2(z, w), np.arctan2(0.0 - x, y), beta


def euler(q: ArrayLike) -> Real:
    """Return the z-y-z Euler angles (alpha, beta, gamma), shape (..., 3).

    alpha and gamma lie in [-pi, pi], beta in [0, pi]; accurate to rounding also next to the poles. At
    beta = 0 only alpha + gamma is determined and they come out equal, at beta = pi only alpha - gamma and
    they come out opposite.

    Examples
    --------
    >>> euler(from_euler(0.3, 1e-12, 0.4)).round(15)
    array([3.e-01, 1.e-12, 4.e-01])
    """
    plus, minus, beta = half_angles(q)
    turn = 2 * np.pi
    alpha, gamma = (t - turn * np.rint(t / turn) for t in (plus + minus, plus - minus))
    return np.stack([alpha, beta, gamma], axis=-1)


def matrix(q: ArrayLike) -> Real:
    """Return the orthogonal matrices of rotations, shape (..., 3, 3): they act on columns (x, y, z).

    Examples
    --------
    >>> matrix(from_axis_angle([0, 0, 1], np.pi / 2)).round(15) + 0.0
    array([[ 0., -1.,  0.],
           [ 1.,  0.,  0.],
           [ 0.,  0.,  1.]])
    """
    w, x, y, z = np.moveaxis(normalise(q), -1, 0)
    rows = (
        (1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)),
        (2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)),
        (2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)),
    )
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def from_matrix(R: ArrayLike) -> Real:
    """Return the unit quaternions of rotation matrices (..., 3, 3), with w >= 0.

    The matrix 4 q q^T is linear in R; its row of largest norm is the well-conditioned one.

    Raises
    ------
    ShapeError
        If R is not (..., 3, 3).
    InputError
        If a matrix is not orthogonal with determinant +1 to single precision.
    """
    R = np.asarray(R, dtype=np.float64)
    if R.shape[-2:] != (3, 3):
        raise ShapeError("rotations from matrices", f"shape {R.shape}", "give (..., 3, 3)")
    asked = "rotations from matrices"
    with np.errstate(invalid="ignore", over="ignore"):
        error = np.max(np.abs(R @ np.swapaxes(R, -1, -2) - np.eye(3)), initial=0.0)
    if not error <= _TOLERANCE:
        raise InputError(asked, f"one that is off orthogonality by {error:.3g}", "orthonormalise it first")
    if (np.linalg.det(R) < 0).any():
        raise InputError(asked, "determinant -1", "use RotoInversion.from_matrix, or -R")
    a, b, c = R[..., 0, 0], R[..., 1, 1], R[..., 2, 2]
    outer = np.empty((*R.shape[:-2], 4, 4))
    for i, value in enumerate((1 + a + b + c, 1 + a - b - c, 1 - a + b - c, 1 - a - b + c)):
        outer[..., i, i] = value
    for k in range(3):
        i, j = (k + 1) % 3, (k + 2) % 3
        outer[..., 0, 1 + k] = outer[..., 1 + k, 0] = R[..., j, i] - R[..., i, j]
        outer[..., 1 + i, 1 + j] = outer[..., 1 + j, 1 + i] = R[..., j, i] + R[..., i, j]
    best = np.argmax(np.diagonal(outer, axis1=-2, axis2=-1), axis=-1)
    q = np.take_along_axis(outer, best[..., None, None], axis=-2)[..., 0, :]
    return normalise(np.where(q[..., :1] < 0, -q, q))


def su2(q: ArrayLike) -> Complex:
    """Return the SU(2) matrices w - i (x, y, z) . sigma, shape (..., 2, 2): products go to products.

    The rotation of q is the adjoint matrix of su2(q).
    """
    w, x, y, z = np.moveaxis(normalise(q), -1, 0)
    rows = ((w - 1j * z, -y - 1j * x), (y - 1j * x, w + 1j * z))
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def from_su2(U: ArrayLike) -> Real:
    """Return the unit quaternions of SU(2) matrices (..., 2, 2), sign included.

    Raises
    ------
    ShapeError
        If U is not (..., 2, 2).
    InputError
        If a matrix is not in SU(2) to single precision.

    Examples
    --------
    >>> from_su2(-np.eye(2)) + 0.0
    array([-1.,  0.,  0.,  0.])
    """
    U = np.asarray(U)
    error = np.max(SU(2).defect(U), initial=0.0)
    if not error <= _TOLERANCE:
        raise InputError(
            "quaternions from SU(2)", f"a matrix off the group by {error:.3g}", "apply SU(2).project first"
        )
    a, b = U[..., 0, 0] + np.conj(U[..., 1, 1]), U[..., 1, 0] - np.conj(U[..., 0, 1])
    return normalise(np.stack([a.real, -b.imag, b.real, -a.imag], axis=-1))


def _last(array: ArrayLike, length: int, what: str, parts: str) -> Real:
    """Return a float64 array after a look at its last axis."""
    out = np.asarray(array, dtype=np.float64)
    if out.ndim == 0 or out.shape[-1] != length:
        raise ShapeError(what, f"shape {out.shape}", f"give (..., {length}): {parts}")
    return out
