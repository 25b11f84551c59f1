"""The gauge groups U(1) and SU(N): what they have in common, and the two of them.

Conventions: the algebra is antihermitian, X = c_a T^a with real c; for SU(N) tr T^a T^b = -delta_ab / 2,
for U(1) the one generator is i. Every function acts on the last two axes, (N, N), and is vectorised over
all leading axes.
"""

from __future__ import annotations

import operator
import re
from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lgt.errors import InputError, PhysicsError, ShapeError
from lgt.group import _matrix
from lgt.group._base import Group, Representation

Complex = NDArray[np.complex128]
Real = NDArray[np.float64]


class UnitaryGroup(Group[Complex]):
    """A compact gauge group of N x N unitary matrices: SU(N) or U(1).

    Examples
    --------
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

    @abstractmethod
    def coordinates(self, X: ArrayLike) -> Real:
        """Return the real c with X = c_a T^a, shape (..., dimension); other parts of X are dropped."""

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

    @abstractmethod
    def log(self, U: ArrayLike) -> Complex:
        """Return the principal logarithm in the algebra: the X of smallest norm with exp(X) = U."""

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
            If X is not antihermitian to rounding, or not finite.
        """
        X = self._matrices(X)
        scale = np.max(np.abs(X), initial=0.0)
        if not np.max(np.abs(X + _matrix.dagger(X)), initial=0.0) <= 1e-6 * scale:
            raise InputError(
                f"exp of {self!r}", "a matrix that is not antihermitian", "apply antihermitian(M) first"
            )
        return _matrix.exp_antihermitian(X)

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
            float64, the larger of the Frobenius norm of U U^+ - 1 and, for SU(N), abs(det U - 1).
        """
        U = self._matrices(U)
        error = np.linalg.norm(U @ _matrix.dagger(U) - self.identity, axis=(-2, -1))
        return np.asarray(np.maximum(error, self._determinant_error(U)))

    @abstractmethod
    def _fix_determinant(self, U: Complex) -> Complex:
        """Move a unitary matrix into the group by the phase of its last row or column."""

    @abstractmethod
    def _determinant_error(self, U: Complex) -> Any:
        """Return how far the determinant is from what the group asks for."""

    def _matrices(self, M: ArrayLike) -> Complex:
        """Return M as complex128 after a look at its shape."""
        M = np.asarray(M)
        if M.ndim < 2 or M.shape[-2:] != (self.N, self.N):
            raise ShapeError(f"matrices of {self!r}", f"shape {M.shape}", f"give (..., {self.N}, {self.N})")
        return M.astype(np.complex128, copy=False)


@final
@dataclass(frozen=True, repr=False)
class SU(UnitaryGroup):
    """The special unitary group SU(N), N >= 2.

    Parameters
    ----------
    N
        The number of colours.

    Raises
    ------
    InputError
        If N is no integer or below 2.

    Examples
    --------
    >>> SU(3), SU(3).key, SU(3).dimension
    (SU(3), 'SU3', 8)
    """

    N: int

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "N", operator.index(self.N))
        except TypeError:
            raise InputError(
                f"the group SU({self.N})", "no integer", "use SU(N) with N = 2, 3, ..."
            ) from None
        if self.N < 2:
            raise InputError(f"the group SU({self.N})", f"N = {self.N}", "use SU(N) with N >= 2, or U(1)")

    def __repr__(self) -> str:
        return f"SU({self.N})"

    @property
    def dimension(self) -> int:
        """The number of generators, N^2 - 1."""
        return self.N**2 - 1

    @property
    def key(self) -> str:
        """The name in files and on the command line, e.g. "SU3"."""
        return f"SU{self.N}"

    @property
    def generators(self) -> Complex:
        """The generators T^a = -i/2 times the Pauli, Gell-Mann, ... matrices, in their usual order.

        antihermitian, traceless, tr T^a T^b = -delta_ab / 2; shape (N^2 - 1, N, N), read-only.
        """
        return _matrix.gell_mann(self.N)

    @property
    def centre(self) -> Complex:
        """The N matrices exp(2 pi i k / N) 1, k = 0, ..., N-1, shape (N, N, N)."""
        phases = np.exp(2j * np.pi * np.arange(self.N) / self.N)
        return np.asarray(phases[:, None, None] * self.identity)

    def coordinates(self, X: ArrayLike) -> Real:
        """Return c_a = -2 Re tr(T^a X), shape (..., N^2 - 1); other parts of X are dropped."""
        return np.asarray(-2 * np.tensordot(self._matrices(X), self.generators, axes=((-1, -2), (1, 2))).real)

    def antihermitian(self, M: ArrayLike) -> Complex:
        """Return TA(M) = (M - M^+)/2 minus its trace part, shape (..., N, N)."""
        M = self._matrices(M)
        A = (M - _matrix.dagger(M)) / 2
        trace = np.trace(A, axis1=-2, axis2=-1) / self.N
        return np.asarray(A - trace[..., None, None] * self.identity)

    def project(self, M: ArrayLike) -> Complex:
        """Return W det(W)^(-1/N) with the polar factor W of M (principal root), shape (..., N, N).

        W maximises Re tr(W^+ M) over U(N); the result is covariant: project(g M h) = g project(M) h.

        Raises
        ------
        InputError
            If a matrix is singular, so that the polar factor is not unique.
        """
        W = _matrix.polar(self._matrices(M), repr(self))
        phase = np.angle(np.linalg.det(W)) / self.N
        return np.asarray(W * np.exp(-1j * phase)[..., None, None])

    def log(self, U: ArrayLike) -> Complex:
        """Return the traceless antihermitian X of smallest norm with exp(X) = U, shape (..., N, N).

        The angles of the eigenvalues are taken in (-pi, pi]. If they add up to 2 pi k, the k largest (or
        for k < 0 the smallest) are moved by 2 pi, which makes X traceless. X is unique unless eigenvalues
        meet at -1, and then still one of the solutions.
        """
        angles, V = _matrix.diagonalise_unitary(self._matrices(U))
        order = np.argsort(angles, axis=-1)
        angles, V = np.take_along_axis(angles, order, -1), np.take_along_axis(V, order[..., None, :], -1)
        winding = np.rint(angles.sum(axis=-1, keepdims=True) / (2 * np.pi))
        rank = np.arange(self.N)
        angles -= 2 * np.pi * (rank >= self.N - winding)
        angles += 2 * np.pi * (rank < -winding)
        angles -= angles.mean(axis=-1, keepdims=True)
        return _matrix.from_eigen(1j * angles, V)

    def _fix_determinant(self, U: Complex) -> Complex:
        out = U.copy()
        determinant = np.linalg.det(U)
        out[..., -1, :] *= (np.conj(determinant) / np.abs(determinant))[..., None]
        return out

    def _determinant_error(self, U: Complex) -> Any:
        return np.abs(np.linalg.det(U) - 1)


@final
@dataclass(frozen=True, repr=False)
class U1(UnitaryGroup):
    """The group U(1) of phases, as 1 x 1 matrices; its generator is i, so X = i c and U = exp(i theta).

    Examples
    --------
    >>> U1(), U1().key, U1().exp([[0.5j]]).round(3)
    (U(1), 'U1', array([[0.878+0.479j]]))
    """

    @property
    def N(self) -> int:  # type: ignore[override]
        """One row."""
        return 1

    def __repr__(self) -> str:
        return "U(1)"

    @property
    def dimension(self) -> int:
        """One generator."""
        return 1

    @property
    def key(self) -> str:
        """The name in files and on the command line: "U1"."""
        return "U1"

    @property
    def generators(self) -> Complex:
        """The generator i, shape (1, 1, 1)."""
        return np.full((1, 1, 1), 1j)

    @property
    def centre(self) -> Complex:
        """Refused: all of U(1) is its centre, and that is no finite list.

        Raises
        ------
        PhysicsError
            Always.
        """
        raise PhysicsError("the centre of U(1)", "a continuous group", "draw any phase by haar(rng)")

    def coordinates(self, X: ArrayLike) -> Real:
        """Return c = Im X, shape (..., 1)."""
        return np.array(self._matrices(X)[..., 0].imag)

    def antihermitian(self, M: ArrayLike) -> Complex:
        """Return i Im M, shape (..., 1, 1). No trace is removed: it would leave nothing."""
        return np.asarray(1j * self._matrices(M).imag)

    def project(self, M: ArrayLike) -> Complex:
        """Return M / abs(M), shape (..., 1, 1).

        Raises
        ------
        InputError
            If M = 0.
        """
        return _matrix.polar(self._matrices(M), repr(self))

    def log(self, U: ArrayLike) -> Complex:
        """Return i theta with theta in (-pi, pi], shape (..., 1, 1)."""
        return np.asarray(1j * np.angle(self._matrices(U)))

    def _fix_determinant(self, U: Complex) -> Complex:
        return U

    def _determinant_error(self, U: Complex) -> Any:
        return 0.0


@final
@dataclass(frozen=True)
class Defining(Representation[Complex]):
    """A gauge group on its own N-vectors: D(U) = U.

    Examples
    --------
    >>> Defining(SU(3)).dimension
    3
    """

    group: UnitaryGroup

    @property
    def dimension(self) -> int:
        """The number of colours N."""
        return self.group.N

    def matrix(self, g: Complex) -> Complex:
        """Return g itself, shape (N, N)."""
        return g


@final
@dataclass(frozen=True)
class Adjoint(Representation[Complex]):
    """A gauge group on its own algebra: U T^b U^+ = T^a D(U)_ab.

    Examples
    --------
    >>> Adjoint(SU(3)).dimension
    8
    """

    group: UnitaryGroup

    @property
    def dimension(self) -> int:
        """The number of generators."""
        return self.group.dimension

    def matrix(self, g: Complex) -> Real:
        """Return the real orthogonal matrix of g, shape (dimension, dimension)."""
        return self.group.adjoint(g)


def parse_group(text: str) -> UnitaryGroup:
    """Read the name of a gauge group.

    Parameters
    ----------
    text
        "SU3", "SU(3)", "U1", "U(1)", in upper or lower case.

    Raises
    ------
    InputError
        For anything else, SU1 and SU0 included.

    Examples
    --------
    >>> parse_group("SU3"), parse_group("u(1)")
    (SU(3), U(1))
    """
    match = re.fullmatch(r"(S?U)(?:\(([0-9]{1,3})\)|([0-9]{1,3}))", text.strip().upper())
    if match is None:
        raise InputError(f"group {text!r}", "no such name", "use U1, SU2, SU3, ...")
    N = int(match[2] or match[3])
    if match[1] == "SU":
        return SU(N)
    if N != 1:
        raise InputError(f"group {text!r}", f"U(N) with N = {N}", "use U1, SU2, SU3, ...")
    return U1()
