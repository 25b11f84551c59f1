"""The rotations of space: SO(3), of unit quaternions, and O(3), with the inversion."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lgt.errors import InputError, ShapeError
from lgt.group import quaternion
from lgt.group._base import Group

Real = NDArray[np.float64]


@final
@dataclass(frozen=True, repr=False)
class Rotation:
    """A rotation of space: the unit quaternion w + x i + y j + z k, up to its sign.

    The components given are divided by their norm, and of q and -q, which are the same rotation, the one
    with w > 0 is kept (w = 0: with the first non-zero component positive). `numpy.asarray` of a rotation
    is its quaternion, so that the functions of `lgt.group.quaternion` and `wigner_D` take rotations, too.

    Parameters
    ----------
    w, x, y, z
        cos(a/2) and sin(a/2) n for the angle a about the unit vector n.

    Raises
    ------
    InputError
        If all components are zero or one is not finite.

    Examples
    --------
    >>> g = Rotation.from_axis_angle((0, 0, 1), np.pi / 2)
    >>> h = Rotation(1, 1, 0, 0)
    >>> (g * h).matrix().round(15) + 0.0
    array([[0., 0., 1.],
           [1., 0., 0.],
           [0., 1., 0.]])
    >>> Rotation(-2, 0, 0, 0)
    Rotation(1.0, 0.0, 0.0, 0.0)
    """

    w: float
    x: float
    y: float
    z: float

    __array_ufunc__: ClassVar[None] = None  # a product with an array is an error, not one by components

    def __post_init__(self) -> None:
        try:
            parts = [float(c) for c in (self.w, self.x, self.y, self.z)]
        except (TypeError, ValueError):
            raise InputError("a rotation", "components that are no numbers", "give w, x, y, z") from None
        norm = math.hypot(*parts)
        if not abs(norm - 1) <= 4e-16:  # what has been divided stays as it is: the repr makes an equal value
            parts = quaternion.normalise(parts).tolist()
        if next(c for c in parts if c) < 0:
            parts = [-c for c in parts]
        for name, value in zip("wxyz", parts, strict=True):
            object.__setattr__(self, name, value + 0.0)

    def __repr__(self) -> str:
        return f"Rotation({self.w}, {self.x}, {self.y}, {self.z})"

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.array([self.w, self.x, self.y, self.z], dtype=dtype)

    def __mul__(self, other: Rotation) -> Rotation:
        """Return the product: other acts first."""
        if not isinstance(other, Rotation):
            return NotImplemented
        return Rotation.from_quaternion(quaternion.product(self, other))

    @classmethod
    def identity(cls) -> Rotation:
        """Return the rotation that moves nothing."""
        return cls(1.0, 0.0, 0.0, 0.0)

    @classmethod
    def from_quaternion(cls, q: ArrayLike) -> Rotation:
        """Return the rotation of one quaternion (w, x, y, z), shape (4,)."""
        return cls(*_one(quaternion.normalise(q)).tolist())

    @classmethod
    def from_axis_angle(cls, axis: ArrayLike, angle: float) -> Rotation:
        """Return the rotation about an axis (x, y, z) of any length by an angle in radians."""
        return cls(*_one(quaternion.from_axis_angle(axis, angle)).tolist())

    @classmethod
    def from_euler(cls, alpha: float, beta: float, gamma: float) -> Rotation:
        """Return R_z(alpha) R_y(beta) R_z(gamma)."""
        return cls(*_one(quaternion.from_euler(alpha, beta, gamma)).tolist())

    @classmethod
    def from_matrix(cls, R: ArrayLike) -> Rotation:
        """Return the rotation of an orthogonal matrix of determinant 1, shape (3, 3)."""
        return cls(*_one(quaternion.from_matrix(R)).tolist())

    @classmethod
    def from_su2(cls, U: ArrayLike) -> Rotation:
        """Return the rotation of a matrix in SU(2), its adjoint one; U and -U have the same."""
        return cls(*_one(quaternion.from_su2(U)).tolist())

    @property
    def quaternion(self) -> Real:
        """The components (w, x, y, z), shape (4,)."""
        return np.array([self.w, self.x, self.y, self.z])

    @property
    def angle(self) -> float:
        """The angle of the rotation, in [0, pi]."""
        return 2 * math.atan2(math.hypot(self.x, self.y, self.z), self.w)

    @property
    def axis(self) -> Real:
        """The unit vector about which `angle` turns counterclockwise, shape (3,); z for the identity."""
        vector = np.array([self.x, self.y, self.z])
        largest = np.abs(vector).max()
        if largest == 0:
            return np.array([0.0, 0.0, 1.0])
        vector /= largest
        return np.asarray(vector / np.linalg.norm(vector))

    @property
    def euler(self) -> tuple[float, float, float]:
        """The z-y-z angles (alpha, beta, gamma); see `lgt.group.quaternion.euler`."""
        alpha, beta, gamma = quaternion.euler(self).tolist()
        return alpha, beta, gamma

    def inverse(self) -> Rotation:
        """Return the rotation back."""
        return Rotation(self.w, -self.x, -self.y, -self.z)

    def matrix(self) -> Real:
        """Return the orthogonal matrix that acts on columns (x, y, z), shape (3, 3)."""
        return quaternion.matrix(self)

    def su2(self) -> NDArray[np.complex128]:
        """Return the element w - i (x, y, z) . sigma of SU(2), shape (2, 2); the other one is minus it."""
        return quaternion.su2(self)

    def apply(self, vectors: ArrayLike) -> Real:
        """Return the rotated vectors, shape (..., 3)."""
        return np.asarray(np.asarray(vectors, dtype=np.float64) @ self.matrix().T)


@final
@dataclass(frozen=True)
class RotoInversion:
    """An element of O(3): a rotation, and whether all vectors are inverted, r -> -r, besides.

    Examples
    --------
    >>> mirror = RotoInversion.from_matrix(np.diag([1, 1, -1]))
    >>> mirror
    RotoInversion(rotation=Rotation(0.0, 0.0, 0.0, 1.0), inverted=True)
    >>> mirror * mirror == RotoInversion.identity()
    True
    """

    rotation: Rotation
    inverted: bool = False

    def __mul__(self, other: RotoInversion) -> RotoInversion:
        """Return the product: other acts first."""
        if not isinstance(other, RotoInversion):
            return NotImplemented
        return RotoInversion(self.rotation * other.rotation, self.inverted != other.inverted)

    @classmethod
    def identity(cls) -> RotoInversion:
        """Return the element that moves nothing."""
        return cls(Rotation.identity())

    @classmethod
    def from_matrix(cls, R: ArrayLike) -> RotoInversion:
        """Return the element of an orthogonal matrix, shape (3, 3).

        Raises
        ------
        InputError
            If the matrix is not orthogonal to single precision.
        """
        R = np.asarray(R, dtype=np.float64)
        if R.shape != (3, 3):
            raise ShapeError("an element of O(3)", f"shape {R.shape}", "give a matrix (3, 3)")
        inverted = bool(np.linalg.det(R) < 0)
        return cls(Rotation.from_matrix(-R if inverted else R), inverted)

    @property
    def determinant(self) -> int:
        """+1 for rotations, -1 for the others."""
        return -1 if self.inverted else 1

    def inverse(self) -> RotoInversion:
        """Return the inverse."""
        return RotoInversion(self.rotation.inverse(), self.inverted)

    def matrix(self) -> Real:
        """Return the orthogonal matrix that acts on columns (x, y, z), shape (3, 3)."""
        return self.determinant * self.rotation.matrix()

    def apply(self, vectors: ArrayLike) -> Real:
        """Return the moved vectors, shape (..., 3)."""
        return self.determinant * self.rotation.apply(vectors)


@final
@dataclass(frozen=True, repr=False)
class SO3(Group[Rotation]):
    """The group SO(3) of the rotations of space.

    Examples
    --------
    >>> group = SO3()
    >>> group.check_axioms(np.random.default_rng(0))
    >>> group, group.haar(np.random.default_rng(0), (5, 2)).shape
    (SO(3), (5, 2, 4))
    """

    def __repr__(self) -> str:
        return "SO(3)"

    @property
    def identity(self) -> Rotation:
        """The rotation that moves nothing."""
        return Rotation.identity()

    def compose(self, g: Rotation, h: Rotation) -> Rotation:
        """Return the product gh: first h acts, then g."""
        return g * h

    def inverse(self, g: Rotation) -> Rotation:
        """Return the rotation back."""
        return g.inverse()

    def sample(self, rng: np.random.Generator) -> Rotation:
        """Draw one rotation from the Haar measure."""
        return Rotation(*self.haar(rng).tolist())

    def haar(self, rng: np.random.Generator, shape: tuple[int, ...] = ()) -> Real:
        """Draw independent rotations from the Haar measure, as unit quaternions of shape (*shape, 4)."""
        return quaternion.haar(rng, shape)

    def distance(self, g: Rotation, h: Rotation) -> float:
        """Return the angle of g^-1 h, in [0, pi]."""
        return (g.inverse() * h).angle


@final
@dataclass(frozen=True, repr=False)
class O3(Group[RotoInversion]):
    """The group O(3) of rotations and the inversion of space.

    Examples
    --------
    >>> O3().check_axioms(np.random.default_rng(0))
    >>> O3()
    O(3)
    """

    def __repr__(self) -> str:
        return "O(3)"

    @property
    def identity(self) -> RotoInversion:
        """The element that moves nothing."""
        return RotoInversion.identity()

    def compose(self, g: RotoInversion, h: RotoInversion) -> RotoInversion:
        """Return the product gh: first h acts, then g."""
        return g * h

    def inverse(self, g: RotoInversion) -> RotoInversion:
        """Return the inverse."""
        return g.inverse()

    def sample(self, rng: np.random.Generator) -> RotoInversion:
        """Draw one element from the Haar measure: half of them rotations."""
        return RotoInversion(SO3().sample(rng), bool(rng.integers(2)))

    def distance(self, g: RotoInversion, h: RotoInversion) -> float:
        """Return the angle between the rotations, plus pi if only one of the two is inverted."""
        angle = SO3().distance(g.rotation, h.rotation)
        return angle + math.pi * (g.inverted != h.inverted)


def _one(q: Real) -> Real:
    """Return the quaternion of a single rotation after a look at its shape."""
    if q.shape != (4,):
        raise ShapeError("one rotation", f"an array of them, {q.shape[:-1]}", "use lgt.group.quaternion")
    return q
