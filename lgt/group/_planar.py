"""The groups SO(2) and O(2) of the plane, and their irreducible representations by frequency."""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass, field
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lgt.errors import InputError, ShapeError
from lgt.group._base import Group, Representation
from lgt.group._wigner import check_basis

Real = NDArray[np.float64]


@final
@dataclass(frozen=True)
class PlanarIsometry:
    """An element of O(2): after the mirror y -> -y, if mirrored, a turn by an angle.

    Parameters
    ----------
    angle
        In radians, counterclockwise; kept in (-pi, pi].
    mirrored
        Whether the mirror acts first; never in SO(2).

    Raises
    ------
    InputError
        If the angle is not finite.

    Examples
    --------
    >>> turn, mirror = PlanarIsometry(0.5), PlanarIsometry(0.0, mirrored=True)
    >>> turn * mirror, mirror * turn
    (PlanarIsometry(angle=0.5, mirrored=True), PlanarIsometry(angle=-0.5, mirrored=True))
    """

    angle: float
    mirrored: bool = False

    def __post_init__(self) -> None:
        angle = float(self.angle)
        if not math.isfinite(angle):
            raise InputError("a turn of the plane", f"the angle {angle}", "give a finite one")
        if not -math.pi < angle <= math.pi:
            angle = math.remainder(angle, 2 * math.pi)
            angle = math.pi if angle <= -math.pi else angle
        object.__setattr__(self, "angle", angle + 0.0)
        object.__setattr__(self, "mirrored", bool(self.mirrored))

    def __mul__(self, other: PlanarIsometry) -> PlanarIsometry:
        """Return the product: other acts first."""
        if not isinstance(other, PlanarIsometry):
            return NotImplemented
        angle = self.angle + self.determinant * other.angle
        return PlanarIsometry(angle, self.mirrored != other.mirrored)

    @classmethod
    def from_matrix(cls, R: ArrayLike) -> PlanarIsometry:
        """Return the element of an orthogonal matrix, shape (2, 2).

        Raises
        ------
        InputError
            If the matrix is not orthogonal to single precision.
        """
        R = np.asarray(R, dtype=np.float64)
        if R.shape != (2, 2):
            raise ShapeError("an element of O(2)", f"shape {R.shape}", "give a matrix (2, 2)")
        error = float(np.max(np.abs(R @ R.T - np.eye(2))))
        if not error <= 1e-5:
            found = f"a matrix off orthogonality by {error:.3g}"
            raise InputError("an element of O(2)", found, "orthonormalise it first")
        mirrored = bool(np.linalg.det(R) < 0)
        flip = -1 if mirrored else 1
        return cls(math.atan2(R[1, 0] - flip * R[0, 1], R[0, 0] + flip * R[1, 1]), mirrored)

    @property
    def determinant(self) -> int:
        """+1 for turns, -1 for reflections."""
        return -1 if self.mirrored else 1

    def inverse(self) -> PlanarIsometry:
        """Return the inverse; a reflection is its own."""
        return self if self.mirrored else PlanarIsometry(-self.angle)

    def matrix(self) -> Real:
        """Return the orthogonal matrix that acts on columns (x, y), shape (2, 2)."""
        return _turn(np.float64(self.angle), np.asarray(self.mirrored))


@final
@dataclass(frozen=True, repr=False)
class SO2(Group[PlanarIsometry]):
    """The group SO(2) of the turns of the plane.

    Examples
    --------
    >>> SO2().check_axioms(np.random.default_rng(0))
    >>> SO2()
    SO(2)
    """

    def __repr__(self) -> str:
        return "SO(2)"

    @property
    def identity(self) -> PlanarIsometry:
        """The turn by nothing."""
        return PlanarIsometry(0.0)

    def compose(self, g: PlanarIsometry, h: PlanarIsometry) -> PlanarIsometry:
        """Return the product gh."""
        return _turns(g) * _turns(h)

    def inverse(self, g: PlanarIsometry) -> PlanarIsometry:
        """Return the turn back."""
        return _turns(g).inverse()

    def sample(self, rng: np.random.Generator) -> PlanarIsometry:
        """Draw one turn, all angles with equal probability."""
        return PlanarIsometry(float(self.haar(rng)))

    def haar(self, rng: np.random.Generator, shape: tuple[int, ...] = ()) -> Real:
        """Draw independent turns, all with equal probability, as angles of the given shape."""
        return np.asarray(rng.uniform(-math.pi, math.pi, shape))

    def distance(self, g: PlanarIsometry, h: PlanarIsometry) -> float:
        """Return the angle between two turns, in [0, pi]."""
        return abs((_turns(g).inverse() * _turns(h)).angle)


@final
@dataclass(frozen=True, repr=False)
class O2(Group[PlanarIsometry]):
    """The group O(2) of the turns and reflections of the plane.

    Examples
    --------
    >>> O2().check_axioms(np.random.default_rng(0))
    >>> O2()
    O(2)
    """

    def __repr__(self) -> str:
        return "O(2)"

    @property
    def identity(self) -> PlanarIsometry:
        """The turn by nothing."""
        return PlanarIsometry(0.0)

    def compose(self, g: PlanarIsometry, h: PlanarIsometry) -> PlanarIsometry:
        """Return the product gh: first h acts, then g."""
        return g * h

    def inverse(self, g: PlanarIsometry) -> PlanarIsometry:
        """Return the inverse."""
        return g.inverse()

    def sample(self, rng: np.random.Generator) -> PlanarIsometry:
        """Draw one element from the Haar measure: half of them turns."""
        return PlanarIsometry(float(SO2().haar(rng)), bool(rng.integers(2)))

    def distance(self, g: PlanarIsometry, h: PlanarIsometry) -> float:
        """Return the angle between the turns, plus pi if only one of the two is mirrored."""
        return abs(PlanarIsometry(h.angle - g.angle).angle) + math.pi * (g.mirrored != h.mirrored)


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
        return self.matrices(_turns(g).angle)

    def matrices(self, angles: ArrayLike) -> NDArray[Any]:
        """Return D of angles (...) in radians, shape (..., dimension, dimension)."""
        phase = self.frequency * np.asarray(angles, dtype=np.float64)
        if self.basis == "complex":
            return np.asarray(np.exp(1j * phase)[..., None, None])
        return _turn(phase, np.zeros_like(phase, dtype=bool))[..., : self.dimension, : self.dimension]


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
            return _turn(self.frequency * phase, flags)
        up = np.exp(1j * self.frequency * phase)
        diagonal, beside = np.where(flags, 0, up), np.where(flags, up, 0)
        rows = ((diagonal, beside), (beside.conj(), diagonal.conj()))
        return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def _turn(angle: Real | np.float64, mirrored: NDArray[np.bool_]) -> Real:
    """Return the matrices of turns after the mirror y -> -y, shape (..., 2, 2)."""
    cos, sin, flip = np.cos(angle), np.sin(angle), np.where(mirrored, -1.0, 1.0)
    rows = ((cos, -flip * sin), (sin, flip * cos))
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def _turns(g: PlanarIsometry) -> PlanarIsometry:
    """Return the element if it is in SO(2)."""
    if g.mirrored:
        raise InputError("an element of SO(2)", f"the reflection {g!r}", "use O2")
    return g


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
