"""Wigner's d and D: the irreducible matrices of rotations and of SU(2), in the complex and real basis.

Conventions: D^l_mn(R) = <l m| R |l n> = exp(-i m alpha) d^l_mn(beta) exp(-i n gamma), with the phases of
Condon and Shortley, R = R_z(alpha) R_y(beta) R_z(gamma), and rows and columns m = -l, ..., l in rising
order. So D(gh) = D(g) D(h), and Y_lm(R^-1 r) = sum_n Y_ln(r) D^l_nm(R). (Varshalovich, Moskalev and
Khersonskii, Quantum Theory of Angular Momentum, section 4.1.)

The real basis is that of the real harmonics S_l0 = Y_l0, S_lm = (-1)^m sqrt(2) Re Y_lm and
S_l,-m = (-1)^m sqrt(2) Im Y_lm for m > 0, in the order m = -l, ..., l: for l = 1 they are (y, z, x). There
S_l(R r) = D^l(R) S_l(r). These are the matrices of e3nn with the same l, order and z-y-z angles; e3nn calls
our (x, y, z) axes (z, x, y), and its coupling coefficients `wigner_3j` are ours over (2l + 1)^(1/2), times
(-1)^floor((l1 + l2 - l)/2).
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lgt.errors import InputError
from lgt.group import quaternion

Real = NDArray[np.float64]
Complex = NDArray[np.complex128]
Degree = int | float | Fraction | np.number[Any]


def wigner_d(degree: Degree, beta: ArrayLike) -> Real:
    """Return d^l_mn(beta) = <l m| exp(-i beta J_y) |l n>, accurate to 1e-13 up to l = 128 and beyond.

    exp(-i beta J_y) is made from the eigenvectors of J_x, real and computed once for each l, and from the
    exact eigenvalues -l, ..., l (as Feng, Wang, Yang and Jin, arXiv:1507.04535, do with J_y). The
    eigenvectors of k and -k agree up to signs, so that the sum over k is one of cosines where m - n is
    even, of sines where it is odd.

    Parameters
    ----------
    degree
        l = 0, 1/2, 1, 3/2, ...: an integer, a float or a Fraction.
    beta
        Any angles in radians.

    Returns
    -------
    ndarray
        float64, shape (*beta.shape, 2l + 1, 2l + 1).

    Raises
    ------
    InputError
        If 2l is no integer >= 0.

    Examples
    --------
    >>> wigner_d(1, np.pi / 2)[1].round(4) + 0.0  # m = 0
    array([-0.7071,  0.    ,  0.7071])
    """
    V, k, signs = _eigenvectors(twice(degree))
    turns = np.asarray(beta, dtype=np.float64)[..., None] * k
    weights = np.where(k == 0, 1.0, 2.0)
    cos, sin = weights * np.cos(turns), weights * np.sin(turns)
    d = np.empty((*turns.shape[:-1], len(V), len(V)))
    even, odd = V[0::2], V[1::2]
    d[..., 0::2, 0::2] = (even * cos[..., None, :]) @ even.T
    d[..., 1::2, 1::2] = (odd * cos[..., None, :]) @ odd.T
    mixed = (even * sin[..., None, :]) @ odd.T
    d[..., 0::2, 1::2] = mixed
    d[..., 1::2, 0::2] = np.swapaxes(mixed, -1, -2)
    return np.multiply(d, signs, out=d)


def wigner_D(degree: Degree, rotations: ArrayLike, basis: str = "complex") -> NDArray[Any]:
    """Return the matrices D^l(R) of rotations or of elements of SU(2), accurate to 1e-12 up to l = 128.

    Parameters
    ----------
    degree
        l = 0, 1/2, 1, ...; for half-integer l, q and -q have opposite matrices, as elements of SU(2) do.
    rotations
        Quaternions (w, x, y, z), shape (..., 4), of any length, or a `Rotation`.
    basis
        "complex", or "real" for integer l; see the head of this module.

    Returns
    -------
    ndarray
        complex128 (float64 in the real basis), shape (..., 2l + 1, 2l + 1).

    Raises
    ------
    InputError
        If l is not one of the above, or the basis unknown or real for half-integer l.

    Examples
    --------
    >>> from lgt.group import Rotation
    >>> quarter = Rotation.from_axis_angle((0, 0, 1), np.pi / 2)
    >>> np.diag(wigner_D(1, quarter)).round(15) + 0.0
    array([0.+1.j, 1.+0.j, 0.-1.j])
    >>> wigner_D(1, quarter, "real").round(15) + 0.0  # y -> -x, z -> z, x -> y
    array([[ 0.,  0.,  1.],
           [ 0.,  1.,  0.],
           [-1.,  0.,  0.]])
    """
    n = twice(degree)
    check_basis(n, basis)
    plus, minus, beta = quaternion.half_angles(rotations)
    m = np.arange(-n, n + 1, 2) / 2
    # Never reduced modulo 2 pi: the two angles together carry the sign of q for half-integer l.
    left, right = (np.exp(-1j * t[..., None] * m) for t in (plus + minus, plus - minus))
    d = wigner_d(Fraction(n, 2), beta)
    if basis == "complex":
        return np.asarray(left[..., :, None] * d * right[..., None, :])
    upper = left[..., n // 2 :, None] * d[..., n // 2 :, :] * right[..., None, :]
    return _to_real(upper)


def real_basis(degree: Degree) -> Complex:
    """Return the unitary matrix A from the complex to the real basis: D_real = A D A^+.

    Its rows are the complex conjugates of those that give the real harmonics: S_l = conj(A) Y_l.

    Parameters
    ----------
    degree
        l, an integer >= 0.

    Returns
    -------
    ndarray
        complex128, shape (2l + 1, 2l + 1), two entries in each row but the middle one.

    Examples
    --------
    >>> real_basis(1).round(2) + 0.0
    array([[ 0.  -0.71j,  0.  +0.j  ,  0.  -0.71j],
           [ 0.  +0.j  ,  1.  +0.j  ,  0.  +0.j  ],
           [ 0.71+0.j  ,  0.  +0.j  , -0.71+0.j  ]])
    """
    n = twice(degree)
    check_basis(n, "real")
    middle, m = n // 2, np.arange(1, n // 2 + 1)
    sign, root = (-1.0) ** m, 0.5**0.5
    A = np.zeros((n + 1, n + 1), dtype=np.complex128)
    A[middle, middle] = 1
    A[middle + m, middle + m], A[middle + m, middle - m] = sign * root, root
    A[middle - m, middle + m], A[middle - m, middle - m] = 1j * sign * root, -1j * root
    return A


def twice(degree: Degree) -> int:
    """Return the integer 2l of a degree l.

    Raises
    ------
    InputError
        If it is no integer >= 0.
    """
    value: Any = degree.item() if isinstance(degree, np.generic) else degree
    try:
        n = 2 * Fraction(value)
    except (TypeError, ValueError, OverflowError):
        n = Fraction(-1)
    if n < 0 or n.denominator != 1:
        raise InputError(f"the degree {degree!r} of rotations", "no such one", "use 0, 1/2, 1, 3/2, ...")
    return int(n)


def check_basis(twice_l: int, basis: str) -> None:
    """Refuse bases that do not exist."""
    if basis not in ("complex", "real"):
        raise InputError(f"the basis {basis!r}", "no such basis", "use 'complex' or 'real'")
    if basis == "real" and twice_l % 2:
        raise InputError(
            f"a real basis for l = {Fraction(twice_l, 2)}", "a half-integer l", "use basis='complex'"
        )


@lru_cache(maxsize=512)
def _eigenvectors(n: int) -> tuple[Real, Real, Real]:
    """Return the eigenvectors of J_x as columns, its eigenvalues k >= 0, and signs by m - n; l = n/2.

    J_y = Z J_x Z^+ with Z = diag((-i)^m), hence d = Z V exp(-i beta k) V^T Z^+ and the factor
    (-i)^(m-n), which the sines turn into a sign, too.
    """
    m = np.arange(-n, n, 2) / 2
    ladder = np.sqrt((n / 2 - m) * (n / 2 + m + 1)) / 2
    V = np.linalg.eigh(np.diag(ladder, 1) + np.diag(ladder, -1))[1]
    i = np.arange(n + 1)
    signs = np.array([1.0, -1.0, -1.0, 1.0])[(i[:, None] - i) % 4]
    upper = slice((n + 1) // 2, None)
    V, k = np.ascontiguousarray(V[:, upper], np.float64), np.asarray(i[upper] - n / 2)
    for array in (V, k, signs):
        array.setflags(write=False)
    return V, k, signs


def _to_real(upper: Complex) -> Real:
    """Return A D A^+ from the rows m >= 0 of D, by D_{-m,-n} = (-1)^(m-n) conj D_mn."""
    o = upper.shape[-2] - 1  # where m = 0
    sign = (-1.0) ** np.arange(1, o + 1)
    right, left = upper[..., o + 1 :], upper[..., o - 1 :: -1] if o else upper[..., :0]
    P = sign[:, None] * right[..., 1:, :] * sign
    M = sign[:, None] * left[..., 1:, :]
    D = np.empty((*upper.shape[:-2], 2 * o + 1, 2 * o + 1))
    D[..., o, o] = upper[..., 0, o].real
    row, column = np.sqrt(2) * sign * right[..., 0, :], np.sqrt(2) * sign * upper[..., 1:, o]
    D[..., o, o + 1 :] = row.real
    D[..., o, :o] = row.imag[..., ::-1]
    D[..., o + 1 :, o] = column.real
    D[..., :o, o] = -column.imag[..., ::-1]
    D[..., o + 1 :, o + 1 :] = P.real + M.real
    D[..., o + 1 :, :o] = (P.imag - M.imag)[..., ::-1]
    D[..., :o, o + 1 :] = (-P.imag - M.imag)[..., ::-1, :]
    D[..., :o, :o] = (P.real - M.real)[..., ::-1, ::-1]
    return D
