"""The gauge groups SU(N), N >= 2."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike

from lgt.group import _matrix
from lgt.group._unitary import Complex, UnitaryGroup, whole_colours


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
        object.__setattr__(self, "N", whole_colours("SU", self.N))

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
        W = _matrix.polar(self._finite(M, "projection"), repr(self))
        phase = np.angle(np.linalg.det(W)) / self.N
        return np.asarray(W * np.exp(-1j * phase)[..., None, None])

    def _log(self, U: Complex) -> Complex:
        # Angles of the eigenvalues lie in (-pi, pi] and add up to 2 pi k; the k largest (for k < 0 the
        # smallest) move by 2 pi, which makes X traceless at the smallest possible norm. Where that leaves
        # a choice, as for SU(2) at -1, one of the solutions comes out.
        angles, V = _matrix.diagonalise_unitary(U)
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
