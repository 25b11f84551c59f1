"""The irreducible representations of SO(2) and O(2) by frequency, as values."""

from __future__ import annotations

import operator
from dataclasses import dataclass, field
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lgt.errors import InputError
from lgt.group._base import Group, Representation
from lgt.group._planar import O2, SO2, PlanarIsometry, turn_matrices, turns_only
from lgt.group._wigner import check_basis


@final
@dataclass(frozen=True)
class SO2Irrep(Representation[PlanarIsometry]):
    """The irreducible representation of SO(2) of frequency k.

    In the complex basis it is the number exp(i k angle), for every integer k; in the real one, for k > 0,
    the turn of the plane by k times the angle, which joins k and -k. The restriction of `SO3Irrep` to turns
    about the z axis has frequency -m in row m.

    Parameters
    ----------
    frequency
        An integer; at least 0 in the real basis.
    basis
        "complex" or "real".

    Raises
    ------
    InputError
        If the frequency is none, or the basis unknown.

    Examples
    --------
    >>> SO2Irrep(-3), SO2Irrep(-3).dimension, SO2Irrep(3, "real").dimension
    (SO2Irrep(frequency=-3, basis='complex'), 1, 2)
    >>> SO2Irrep(2, "real").matrix(PlanarIsometry(np.pi / 4)).round(15) + 0.0
    array([[ 0., -1.],
           [ 1.,  0.]])
    """

    frequency: int
    basis: str = "complex"
    group: SO2 = field(default=SO2(), init=False, repr=False)

    def __post_init__(self) -> None:
        check_basis(0, self.basis)
        lowest = 0 if self.basis == "real" else None
        object.__setattr__(self, "frequency", _frequency(self.frequency, lowest, self.group))

    @property
    def dimension(self) -> int:
        """1, or 2 in the real basis for k > 0."""
        return 2 if self.basis == "real" and self.frequency else 1

    def matrix(self, g: PlanarIsometry) -> NDArray[Any]:
        """Return D(g), shape (dimension, dimension), complex128 or float64."""
        return self.matrices(turns_only(g).angle)

    def matrices(self, angles: ArrayLike) -> NDArray[Any]:
        """Return D of angles (...) in radians, shape (..., dimension, dimension)."""
        phase = self.frequency * np.asarray(angles, dtype=np.float64)
        if self.basis == "complex":
            return np.asarray(np.exp(1j * phase)[..., None, None])
        return turn_matrices(phase, np.zeros_like(phase, dtype=bool))[..., : self.dimension, : self.dimension]


@final
@dataclass(frozen=True)
class O2Irrep(Representation[PlanarIsometry]):
    """The irreducible representation of O(2) of frequency k, for k = 0 also by its parity.

    For k > 0 there is one of two dimensions: the turn by k times the angle, after y -> -y if mirrored. In
    the complex basis turns are diag(exp(i k angle), exp(-i k angle)) and the mirror exchanges the two
    axes. For k = 0 the matrices are 1 (parity 1), or the determinant (parity -1).

    Parameters
    ----------
    frequency
        k = 0, 1, 2, ...
    parity
        1; for k = 0 also -1. (For k > 0 both would be the same representation.)
    basis
        "complex" or "real".

    Raises
    ------
    InputError
        If frequency and parity are none of these, or the basis is unknown.

    Examples
    --------
    >>> vector = O2Irrep(1, basis="real")
    >>> g = PlanarIsometry(0.3, mirrored=True)
    >>> bool(np.array_equal(vector.matrix(g), g.matrix())), O2Irrep(0, -1, "real").matrix(g)
    (True, array([[-1.]]))
    """

    frequency: int
    parity: int = 1
    basis: str = "complex"
    group: O2 = field(default=O2(), init=False, repr=False)

    def __post_init__(self) -> None:
        check_basis(0, self.basis)
        object.__setattr__(self, "frequency", _frequency(self.frequency, 0, self.group))
        if self.parity not in ((1, -1) if self.frequency == 0 else (1,)):
            found = f"parity {self.parity!r} at frequency {self.frequency}"
            raise InputError("an irrep of O(2)", found, "use 1, or -1 at frequency 0")
        object.__setattr__(self, "parity", int(self.parity))

    @property
    def dimension(self) -> int:
        """1 for k = 0, 2 for k > 0."""
        return 2 if self.frequency else 1

    def matrix(self, g: PlanarIsometry) -> NDArray[Any]:
        """Return D(g), shape (dimension, dimension), complex128 or float64."""
        return self.matrices(g.angle, g.mirrored)

    def matrices(self, angles: ArrayLike, mirrored: ArrayLike = False) -> NDArray[Any]:
        """Return D of angles (...) in radians and booleans (...), shape (..., dimension, dimension)."""
        phase, flags = np.broadcast_arrays(np.asarray(angles, np.float64), np.asarray(mirrored, bool))
        if self.frequency == 0:
            numbers = np.where(flags, self.parity, 1)[..., None, None]
            return numbers.astype(np.float64 if self.basis == "real" else np.complex128)
        if self.basis == "real":
            return turn_matrices(self.frequency * phase, flags)
        up = np.exp(1j * self.frequency * phase)
        diagonal, beside = np.where(flags, 0, up), np.where(flags, up, 0)
        rows = ((diagonal, beside), (beside.conj(), diagonal.conj()))
        return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def _frequency(value: int, lowest: int | None, group: Group[PlanarIsometry]) -> int:
    """Return a frequency as a plain integer."""
    asked = f"the frequency {value!r} of {group!r}"
    try:
        k = operator.index(value)
    except TypeError:
        raise InputError(asked, "no integer", "use 0, 1, 2, ...") from None
    if lowest is not None and k < lowest:
        raise InputError(asked, "a negative one", "use its absolute value: the representation is the same")
    return k
