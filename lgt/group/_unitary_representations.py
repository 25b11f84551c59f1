"""Representations of the gauge groups: on colour vectors and on the algebra."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from lgt.group._base import Representation
from lgt.group._unitary import Complex, Real, UnitaryGroup


@final
@dataclass(frozen=True)
class Defining(Representation[Complex]):
    """A gauge group on its own N-vectors: D(U) = U.

    Examples
    --------
    >>> from lgt.group import SU
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
    >>> from lgt.group import SU
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
