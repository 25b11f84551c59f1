"""The gauge group U(1), which is not SU(N) with N = 1: its algebra is the trace."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike

from lgt.errors import PhysicsError
from lgt.group import _matrix
from lgt.group._unitary import Complex, Real, UnitaryGroup

_GENERATORS = np.full((1, 1, 1), 1j)
_GENERATORS.setflags(write=False)


@final
@dataclass(frozen=True, repr=False)
class U1(UnitaryGroup):
    """The group U(1) of phases, as 1 x 1 matrices; its generator is i, so X = i c and U = exp(i theta).

    Examples
    --------
    >>> U1(), U1().key, U1().exp([[0.5j]]).round(3)
    (U(1), 'U1', array([[0.878+0.479j]]))
    """

    N: int = field(default=1, init=False)

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
        """The generator i, shape (1, 1, 1), read-only."""
        return _GENERATORS

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
        return _matrix.polar(self._finite(M, "projection"), repr(self))

    def _log(self, U: Complex) -> Complex:
        return np.asarray(1j * np.angle(U))

    def _fix_determinant(self, U: Complex) -> Complex:
        return U

    def _determinant_error(self, U: Complex) -> Any:
        return 0.0
