"""What the gauge groups U(1) and SU(N) have in common.

Conventions: the algebra is antihermitian, X = c_a T^a with real c; for SU(N) tr T^a T^b = -delta_ab / 2,
for U(1) the one generator is i. Every function acts on the last two axes, (N, N), and is vectorised over
all leading axes.
"""

from __future__ import annotations

import operator
from abc import abstractmethod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lgt.errors import InputError, ShapeError
from lgt.group import _matrix
from lgt.group._base import Group

Complex = NDArray[np.complex128]
Real = NDArray[np.float64]


def whole_colours(name: str, N: object) -> int:
    """Return the N of a group name(N) as a plain integer.

    Raises
    ------
    InputError
        If N is no integer or below 2.

    Examples
    --------
    >>> whole_colours("SU", 1)
    Traceback (most recent call last):
    lgt.errors.InputError: the group SU(1): found N = 1; use SU(N) with N >= 2, or U1()
    """
    asked = f"the group {name}({N})"
    try:
        number = operator.index(N)  # type: ignore[arg-type]
    except TypeError:
        raise InputError(asked, "no integer", f"use {name}(N) with N = 2, 3, ...") from None
    if number < 2:
        raise InputError(asked, f"N = {number}", f"use {name}(N) with N >= 2, or U1()")
    return number


class UnitaryGroup(Group[Complex]):
    """A compact gauge group of N x N unitary matrices: SU(N), U(N) or U(1).

    Examples
    --------
    >>> from lgt.group import SU
    >>> group = SU(2)
    >>> U = group.haar(np.random.default_rng(0), (4, 4))
    >>> U.shape, bool(group.defect(U).max() < 1e-14)
    ((4, 4, 2, 2), True)
    """

    N: int
    """The number of rows of the matrices."""

    @property
    @abstractmethod
    def dimension(self) -> int:
        """The number of generators."""

    @property
    @abstractmethod
    def key(self) -> str:
        """The name in files and on the command line: "SU3", "U1"."""

    @property
    @abstractmethod
    def generators(self) -> Complex:
        """The antihermitian generators T^a, shape (dimension, N, N), read-only."""

    @property
    @abstractmethod
    def centre(self) -> Complex:
        """The matrices that commute with the whole group, shape (how many, N, N)."""

    def coordinates(self, X: ArrayLike) -> Real:
        """Return the real c with X = c_a T^a, shape (..., dimension); other parts of X are dropped.

        c_a = -2 Re tr(T^a X), from tr T^a T^b = -delta_ab / 2.
        """
        return np.asarray(-2 * np.tensordot(self._matrices(X), self.generators, axes=((-1, -2), (1, 2))).real)

    @abstractmethod
    def antihermitian(self, M: ArrayLike) -> Complex:
        """Return TA(M), the part of any matrix M that lies in the algebra, shape (..., N, N)."""

    @abstractmethod
    def project(self, M: ArrayLike) -> Complex:
        """Return the group element that belongs to a matrix M: its polar factor, then det 1 for SU(N).

        Raises
        ------
        InputError
            If a matrix is singular, so that the polar factor is not unique.
        """

    def log(self, U: ArrayLike) -> Complex:
        """Return the principal logarithm: the X in the algebra of smallest norm with exp(X) = U.

        Raises
        ------
        InputError
            If U is not in the group to single precision, or not finite.
        """
        U = self._finite(U, "log")
        if np.max(self.defect(U), initial=0.0) > 1e-5:
            raise InputError(f"log of {self!r}", "a matrix outside of the group", "apply project(U) first")
        return self._log(U)

    @abstractmethod
    def _log(self, U: Complex) -> Complex:
        """Return the logarithm of matrices that are in the group."""

    @property
    def identity(self) -> Complex:
        """The unit matrix, shape (N, N)."""
        return np.eye(self.N, dtype=np.complex128)

    def compose(self, g: Complex, h: Complex) -> Complex:
        """Return the matrix product gh, shape (..., N, N)."""
        return g @ h

    def inverse(self, g: Complex) -> Complex:
        """Return g^+, shape (..., N, N)."""
        return _matrix.dagger(g)

    def sample(self, rng: np.random.Generator) -> Complex:
        """Draw one element from the Haar measure, shape (N, N)."""
        return self.haar(rng)

    def distance(self, g: ArrayLike, h: ArrayLike) -> Any:
        """Return the Frobenius norm of g - h over the leading axes, float64."""
        return np.linalg.norm(self._matrices(g) - self._matrices(h), axis=(-2, -1))

    def haar(self, rng: np.random.Generator, shape: tuple[int, ...] = ()) -> Complex:
        """Draw independent elements from the Haar measure.

        Parameters
        ----------
        rng
            Source of the normal variates.
        shape
            The leading axes.

        Returns
        -------
        ndarray
            complex128, shape (*shape, N, N).
        """
        normals = rng.standard_normal((*shape, self.N, self.N, 2))
        return self.haar_from_normals(normals[..., 0], normals[..., 1])

    def haar_from_normals(self, real: ArrayLike, imag: ArrayLike) -> Complex:
        """Turn standard normal variates into Haar distributed elements.

        The Ginibre matrix real + i imag is orthonormalised with positive diagonal of R, which makes Q
        Haar distributed on U(N) (Mezzadri, math-ph/0609050); for SU(N) the last column takes the phase
        that makes det = 1, a map that commutes with left multiplication by SU(N).

        Parameters
        ----------
        real, imag
            Independent standard normal variates, shape (..., N, N) each.

        Returns
        -------
        ndarray
            complex128, shape (..., N, N).
        """
        Q, R = np.linalg.qr(self._matrices(np.asarray(real) + 1j * np.asarray(imag)))
        diagonal = np.diagonal(R, axis1=-2, axis2=-1)
        return self._fix_determinant(Q * (diagonal / np.abs(diagonal))[..., None, :])

    def exp(self, X: ArrayLike) -> Complex:
        """Return the exponential of algebra elements, shape (..., N, N).

        Closed form for N = 1 and 2, else through the eigenvalues of the hermitian matrix -iX.

        Raises
        ------
        InputError
            If X is not in the algebra to rounding (antihermitian, for SU(N) traceless) or not finite.
        """
        X = self._finite(X, "exp")
        clean = self.antihermitian(X)  # takes single precision and rounding off, so that det = 1
        rest, scale = np.max(np.abs(X - clean), initial=0.0), np.max(np.abs(X), initial=0.0)
        if rest > 1e-12 + 1e-6 * scale:
            raise InputError(
                f"exp of {self!r}", "a matrix outside of the algebra", "use antihermitian(M) first"
            )
        return _matrix.exp_antihermitian(clean)

    def algebra(self, coordinates: ArrayLike) -> Complex:
        """Return X = c_a T^a, shape (..., N, N), for real c of shape (..., dimension)."""
        c = np.asarray(coordinates, dtype=np.float64)
        if c.ndim == 0 or c.shape[-1] != self.dimension:
            raise ShapeError(
                f"algebra of {self!r}", f"coordinates of shape {c.shape}", f"give (..., {self.dimension})"
            )
        return np.asarray(np.tensordot(c, self.generators, axes=1))

    def reunitarise(self, U: ArrayLike) -> Complex:
        """Return U moved back to the group from rounding: rows orthonormalised in order, then det.

        Unlike `project` it is cheap and not covariant; meant for matrices that are nearly in the group.
        """
        return self._fix_determinant(_matrix.orthonormal_rows(self._matrices(U)))

    def adjoint(self, U: ArrayLike) -> Real:
        """Return Ad(U), real orthogonal, shape (..., dimension, dimension): U T^b U^+ = T^a Ad(U)_ab."""
        U = self._matrices(U)[..., None, :, :]
        moved = self.coordinates(U @ self.generators @ _matrix.dagger(U))
        return np.asarray(np.swapaxes(moved, -1, -2))

    def defect(self, U: ArrayLike) -> Real:
        """Return how far U is off the group, over the leading axes.

        Returns
        -------
        ndarray
            float64, the larger of the Frobenius norm of U U^+ - 1 and, for SU(N), abs(det U - 1); NaN
            where U is not finite.
        """
        U = self._matrices(U)
        with np.errstate(invalid="ignore"):
            error = np.linalg.norm(U @ _matrix.dagger(U) - self.identity, axis=(-2, -1))
            return np.asarray(np.maximum(error, self._determinant_error(U)))

    @abstractmethod
    def _fix_determinant(self, U: Complex) -> Complex:
        """Move a unitary matrix into the group by the phase of its last row or column."""

    @abstractmethod
    def _determinant_error(self, U: Complex) -> Any:
        """Return how far the determinant is from what the group asks for."""

    def _finite(self, M: ArrayLike, what: str) -> Complex:
        """Return M as `_matrices` does; refuse NaN and infinity."""
        M = self._matrices(M)
        if not np.isfinite(M).all():
            raise InputError(f"{what} of {self!r}", "a matrix that is not finite", "look for what made it")
        return M

    def _matrices(self, M: ArrayLike) -> Complex:
        """Return M as complex128 after a look at its shape."""
        M = np.asarray(M)
        if M.ndim < 2 or M.shape[-2:] != (self.N, self.N):
            raise ShapeError(f"matrices of {self!r}", f"shape {M.shape}", f"give (..., {self.N}, {self.N})")
        return M.astype(np.complex128, copy=False)
