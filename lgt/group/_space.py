"""The space group of the hypercubic lattice: translations and signed permutations of the axes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from lgt.errors import InputError, ShapeError
from lgt.group._base import Group, Representation
from lgt.group._hyperoctahedral import Hyperoctahedral, SignedPermutation


@final
@dataclass(frozen=True, repr=False)
class SpaceElement:
    """A symmetry of the infinite lattice, x -> point x + translation.

    How it acts on a periodic box (all coordinates modulo the extents, which the point element permutes)
    is the lattice's affair.

    Parameters
    ----------
    translation
        Lattice vector, d integers.
    point
        The signed permutation, which acts first.

    Raises
    ------
    InputError
        If translation and point differ in d.

    Examples
    --------
    >>> g = SpaceElement((3, 0), SignedPermutation.parse("+1 -0"))
    >>> g
    SpaceElement(+1 -0 | 3 0)
    >>> g * g.inverse()
    SpaceElement(+0 +1 | 0 0)
    >>> g.apply(np.array([1, 2]))
    array([1, 1])
    """

    translation: tuple[int, ...]
    point: SignedPermutation

    def __post_init__(self) -> None:
        object.__setattr__(self, "translation", tuple(int(t) for t in self.translation))
        if len(self.translation) != self.point.d:
            raise InputError(
                f"a space group element with point {self.point}",
                f"translation {self.translation}",
                f"give {self.point.d} integers",
            )

    @classmethod
    def identity(cls, d: int) -> SpaceElement:
        """Return the identity in d dimensions."""
        return cls((0,) * d, SignedPermutation.identity(d))

    @classmethod
    def of_point(cls, point: SignedPermutation) -> SpaceElement:
        """Return the element x -> point x, which keeps the origin."""
        return cls((0,) * point.d, point)

    @classmethod
    def of_translation(cls, translation: tuple[int, ...]) -> SpaceElement:
        """Return the element x -> x + translation."""
        return cls(tuple(translation), SignedPermutation.identity(len(translation)))

    @classmethod
    def parse(cls, text: str) -> SpaceElement:
        """Read the printed form, with or without the name around it.

        Examples
        --------
        >>> SpaceElement.parse("+1 -0 | 3 0")
        SpaceElement(+1 -0 | 3 0)
        """
        point, bar, shift = text.strip().removeprefix("SpaceElement(").removesuffix(")").partition("|")
        try:
            translation = tuple(int(t) for t in shift.split())
        except ValueError:
            bar = ""
        if not bar:
            raise InputError(f"space group element {text!r}", "another form", "write it as '+1 -0 | 3 0'")
        return cls(translation, SignedPermutation.parse(point))

    def __repr__(self) -> str:
        return f"SpaceElement({self.point} | {' '.join(map(str, self.translation))})"

    @property
    def d(self) -> int:
        """The number of axes."""
        return self.point.d

    def __mul__(self, other: SpaceElement) -> SpaceElement:
        """Return the product gh: first h acts, then g."""
        if not isinstance(other, SpaceElement):
            return NotImplemented
        if other.d != self.d:
            raise ShapeError(f"the product {self!r} * {other!r}", "different numbers of axes", "use one d")
        return SpaceElement(tuple(self.apply(other.translation).tolist()), self.point * other.point)

    def inverse(self) -> SpaceElement:
        """Return the inverse element."""
        back = self.point.inverse()
        return SpaceElement(tuple((-back.apply(self.translation)).tolist()), back)

    def apply(self, coords: Any) -> NDArray[Any]:
        """Return point x + translation for vectors x, shape (..., d), a signed dtype."""
        return np.asarray(self.point.apply(coords) + np.array(self.translation))

    def matrix(self) -> NDArray[np.int64]:
        """Return the affine matrix, shape (d+1, d+1), that acts on (x, 1)."""
        M = np.eye(self.d + 1, dtype=np.int64)
        M[:-1, :-1], M[:-1, -1] = self.point.matrix(), self.translation
        return M


@final
@dataclass(frozen=True, repr=False)
class SpaceGroup(Group[SpaceElement]):
    """The semidirect product Z^d x| B_d: all symmetries of the infinite hypercubic lattice.

    Parameters
    ----------
    d
        The number of axes, at least 1.

    Examples
    --------
    >>> SpaceGroup(4)
    Z^4 x| B_4
    >>> SpaceGroup(4).check_axioms(np.random.default_rng(0))
    """

    d: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "d", Hyperoctahedral(self.d).d)

    def __repr__(self) -> str:
        return f"Z^{self.d} x| B_{self.d}"

    @property
    def point_group(self) -> Hyperoctahedral:
        """The elements that keep the origin, as B_d."""
        return Hyperoctahedral(self.d)

    @property
    def identity(self) -> SpaceElement:
        """The neutral element."""
        return SpaceElement.identity(self.d)

    def compose(self, g: SpaceElement, h: SpaceElement) -> SpaceElement:
        """Return the product gh: first h acts, then g."""
        return g * h

    def inverse(self, g: SpaceElement) -> SpaceElement:
        """Return the inverse of g."""
        return g.inverse()

    def sample(self, rng: np.random.Generator) -> SpaceElement:
        """Draw a point element uniformly and each component of the translation from -8 to 8."""
        signs = rng.choice((-1, 1), size=self.d)
        point = SignedPermutation(tuple(rng.permutation(self.d)), tuple(signs))
        return SpaceElement(tuple(rng.integers(-8, 9, size=self.d)), point)

    def distance(self, g: SpaceElement, h: SpaceElement) -> float:
        """Return the largest difference of two entries of the affine matrices."""
        return float(np.max(np.abs(g.matrix() - h.matrix())))


@final
@dataclass(frozen=True)
class AffineRepresentation(Representation[SpaceElement]):
    """The space group on (x, 1), by matrices of d+1 rows.

    Examples
    --------
    >>> AffineRepresentation(SpaceGroup(1)).matrix(SpaceElement((5,), SignedPermutation((0,), (-1,))))
    array([[-1,  5],
           [ 0,  1]])
    """

    group: Group[SpaceElement]

    @property
    def dimension(self) -> int:
        """The number of axes plus one."""
        return self.group.identity.d + 1

    def matrix(self, g: SpaceElement) -> NDArray[np.int64]:
        """Return the affine matrix of g, shape (d+1, d+1)."""
        return g.matrix()
