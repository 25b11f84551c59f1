"""The groups SO(2) and O(2) of the turns and reflections of the plane."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lgt.errors import InputError, ShapeError
from lgt.group._base import Group

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
        return turn_matrices(np.float64(self.angle), np.asarray(self.mirrored))


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
        return turns_only(g) * turns_only(h)

    def inverse(self, g: PlanarIsometry) -> PlanarIsometry:
        """Return the turn back."""
        return turns_only(g).inverse()

    def sample(self, rng: np.random.Generator) -> PlanarIsometry:
        """Draw one turn, all angles with equal probability."""
        return PlanarIsometry(float(self.haar(rng)))

    def haar(self, rng: np.random.Generator, shape: tuple[int, ...] = ()) -> Real:
        """Draw independent turns, all with equal probability, as angles of the given shape."""
        return np.asarray(rng.uniform(-math.pi, math.pi, shape))

    def distance(self, g: PlanarIsometry, h: PlanarIsometry) -> float:
        """Return the angle between two turns, in [0, pi]."""
        return abs((turns_only(g).inverse() * turns_only(h)).angle)


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


def turn_matrices(angle: Real | np.float64, mirrored: NDArray[np.bool_]) -> Real:
    """Return the matrices of turns after the mirror y -> -y, shape (..., 2, 2)."""
    cos, sin, flip = np.cos(angle), np.sin(angle), np.where(mirrored, -1.0, 1.0)
    rows = ((cos, -flip * sin), (sin, flip * cos))
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def turns_only(g: PlanarIsometry) -> PlanarIsometry:
    """Return the element if it is in SO(2)."""
    if g.mirrored:
        raise InputError("an element of SO(2)", f"the reflection {g!r}", "use O2")
    return g
