"""The gauge groups U(N), N >= 2: like SU(N), with the trace in the algebra."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike

from lgt.errors import PhysicsError
from lgt.group import _matrix
from lgt.group._unitary import Complex, UnitaryGroup, whole_colours


@final
@dataclass(frozen=True, repr=False)
class U(UnitaryGroup):
    """The unitary group U(N), N >= 2; U(1) is `U1`.

    Its algebra keeps the trace: i / sqrt(2N) times 1 is one more generator beside those of SU(N). Fields,
    symmetries and networks know it; the Monte Carlo updates do not.

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
    >>> U(2), U(2).key, U(2).dimension
    (U(2), 'U2', 4)
    """

    N: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "N", whole_colours("U", self.N))

    def __repr__(self) -> str:
        return f"U({self.N})"

    @property
    def dimension(self) -> int:
        """The number of generators, N^2."""
        return self.N**2

    @property
    def key(self) -> str:
        """The name in files and on the command line, e.g. "U2"."""
        return f"U{self.N}"

    @property
    def generators(self) -> Complex:
        """The generators of SU(N), then i / sqrt(2N) 1.

        antihermitian, tr T^a T^b = -delta_ab / 2; shape (N^2, N, N), read-only.
        """
        return _generators(self.N)

    @property
    def centre(self) -> Complex:
        """Refused: the phases times 1 are no finite list.

        Raises
        ------
        PhysicsError
            Always.
        """
        raise PhysicsError(
            f"the centre of U({self.N})", "a continuous group", "draw a phase by U1().haar(rng)"
        )

    def antihermitian(self, M: ArrayLike) -> Complex:
        """Return TA(M) = (M - M^+)/2, shape (..., N, N). No trace is removed: it is in the algebra."""
        M = self._matrices(M)
        return np.asarray((M - _matrix.dagger(M)) / 2)

    def project(self, M: ArrayLike) -> Complex:
        """Return the polar factor W of M, shape (..., N, N), which maximises Re tr(W^+ M).

        Raises
        ------
        InputError
            If a matrix is singular, so that the polar factor is not unique.
        """
        return _matrix.polar(self._finite(M, "projection"), repr(self))

    def _log(self, U: Complex) -> Complex:
        angles, V = _matrix.diagonalise_unitary(U)
        return _matrix.from_eigen(1j * angles, V)

    def _fix_determinant(self, U: Complex) -> Complex:
        return U

    def _determinant_error(self, U: Complex) -> Any:
        return 0.0


@lru_cache(maxsize=16)
def _generators(N: int) -> Complex:
    phase = 1j / np.sqrt(2 * N) * np.eye(N)
    out = np.concatenate((_matrix.gell_mann(N), phase[None]))
    out.setflags(write=False)
    return out
