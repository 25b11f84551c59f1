"""The irreducible representations of SO(3), O(3) and SU(2), as values."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lgt.errors import InputError
from lgt.group import quaternion
from lgt.group._base import Representation
from lgt.group._rotation import O3, SO3, Rotation, RotoInversion
from lgt.group._special_unitary import SU
from lgt.group._unitary import Complex
from lgt.group._wigner import Degree, check_basis, twice, wigner_D


@final
@dataclass(frozen=True)
class SO3Irrep(Representation[Rotation]):
    """The irreducible representation of SO(3) of degree l, D^l: 2l + 1 dimensions.

    Parameters
    ----------
    degree
        l = 0, 1, 2, ...
    basis
        "complex" (|l m>, unitary) or "real" (real harmonics, orthogonal); rows in rising order of m. See
        `wigner_D`.

    Raises
    ------
    InputError
        If l is no integer >= 0 or the basis unknown.

    Examples
    --------
    >>> irrep = SO3Irrep(2, "real")
    >>> irrep, irrep.dimension
    (SO3Irrep(degree=2, basis='real'), 5)
    >>> irrep.check_homomorphism(np.random.default_rng(0))
    """

    degree: int
    basis: str = "complex"
    group: SO3 = field(default=SO3(), init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "degree", _integer(self.degree, self.basis))

    @property
    def dimension(self) -> int:
        """2l + 1."""
        return 2 * self.degree + 1

    def matrix(self, g: Rotation) -> NDArray[Any]:
        """Return D^l(g), shape (2l + 1, 2l + 1), complex128 or float64."""
        return wigner_D(self.degree, g, self.basis)

    def matrices(self, rotations: ArrayLike) -> NDArray[Any]:
        """Return D^l of quaternions (..., 4), shape (..., 2l + 1, 2l + 1)."""
        return wigner_D(self.degree, rotations, self.basis)


@final
@dataclass(frozen=True)
class O3Irrep(Representation[RotoInversion]):
    """The irreducible representation of O(3) of degree l and parity p: the inversion acts as p.

    Polar vectors are l = 1 with p = -1, axial vectors l = 1 with p = 1, pseudoscalars l = 0 with p = -1;
    spherical harmonics have p = (-1)^l.

    Parameters
    ----------
    degree
        l = 0, 1, 2, ...
    parity
        1 or -1.
    basis
        "complex" or "real", as for `SO3Irrep`.

    Raises
    ------
    InputError
        If l is no integer >= 0, the parity not 1 or -1, or the basis unknown.

    Examples
    --------
    >>> vector = O3Irrep(1, -1, "real")
    >>> vector.matrix(RotoInversion(Rotation.identity(), inverted=True)) + 0.0
    array([[-1.,  0.,  0.],
           [ 0., -1.,  0.],
           [ 0.,  0., -1.]])
    """

    degree: int
    parity: int
    basis: str = "complex"
    group: O3 = field(default=O3(), init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "degree", _integer(self.degree, self.basis))
        if self.parity not in (1, -1):
            raise InputError(f"parity {self.parity!r} in O(3)", "no such parity", "use 1 or -1")
        object.__setattr__(self, "parity", int(self.parity))

    @property
    def dimension(self) -> int:
        """2l + 1."""
        return 2 * self.degree + 1

    def matrix(self, g: RotoInversion) -> NDArray[Any]:
        """Return p^inverted D^l(rotation), shape (2l + 1, 2l + 1), complex128 or float64."""
        D = wigner_D(self.degree, g.rotation, self.basis)
        return self.parity * D if g.inverted else D

    def matrices(self, rotations: ArrayLike, inverted: ArrayLike = False) -> NDArray[Any]:
        """Return the matrices of quaternions (..., 4) and booleans (...), shape (..., 2l + 1, 2l + 1)."""
        D = wigner_D(self.degree, rotations, self.basis)
        return np.asarray(np.where(np.asarray(inverted, dtype=bool)[..., None, None], self.parity * D, D))


@final
@dataclass(frozen=True)
class SU2Irrep(Representation[Complex]):
    """The irreducible representation of SU(2) of spin j, with 2j + 1 dimensions.

    Rows are in rising order of m, so that spin 1/2 is U itself with both axes reversed. For integer j, D^j
    is that of the rotation of U.

    Parameters
    ----------
    degree
        j = 0, 1/2, 1, ...

    Raises
    ------
    InputError
        If 2j is no integer >= 0.

    Examples
    --------
    >>> spin = SU2Irrep(1.5)
    >>> spin, spin.dimension
    (SU2Irrep(degree=3/2), 4)
    >>> spin.check_homomorphism(np.random.default_rng(0))
    """

    degree: Degree
    group: SU = field(default=SU(2), init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "degree", Fraction(twice(self.degree), 2))

    def __repr__(self) -> str:
        return f"SU2Irrep(degree={self.degree})"

    @property
    def dimension(self) -> int:
        """2j + 1."""
        return twice(self.degree) + 1

    def matrix(self, g: Complex) -> Complex:
        """Return D^j(U), shape (..., 2j + 1, 2j + 1), of matrices U in SU(2), shape (..., 2, 2)."""
        return wigner_D(self.degree, quaternion.from_su2(g))


def _integer(degree: Degree, basis: str) -> int:
    """Return l as an integer; refuse half-integers and unknown bases."""
    n = twice(degree)
    check_basis(0, basis)
    if n % 2:
        raise InputError(f"the degree {degree} of SO(3)", "a half-integer", "use SU2Irrep")
    return n // 2
