"""The symmetry groups of the regular polygons: cyclic groups C_n and dihedral groups D_n."""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np
from numpy.typing import NDArray

from lgt.errors import InputError
from lgt.group._finite import FiniteGroup, Indices, Subgroup, frozen
from lgt.group._matrix_representation import MatrixRepresentation


@final
@dataclass(frozen=True, repr=False)
class PlanarElement:
    """A symmetry of the regular n-gon: after the mirror y -> -y, if mirrored, a turn by 2 pi turns / n.

    Parameters
    ----------
    n
        The number of corners, at least 1.
    turns
        How many n-ths of a turn, counterclockwise; taken modulo n.
    mirrored
        Whether the mirror acts first.

    Raises
    ------
    InputError
        If n or turns is no integer, or n is below 1.

    Examples
    --------
    >>> turn, mirror = PlanarElement(8, 3), PlanarElement(8, 0, True)
    >>> turn * mirror, mirror * turn
    (PlanarElement(3/8 mirrored), PlanarElement(5/8 mirrored))
    >>> PlanarElement(4, 1).matrix()
    array([[ 0., -1.],
           [ 1.,  0.]])
    """

    n: int
    turns: int
    mirrored: bool = False

    def __post_init__(self) -> None:
        n = _corners(self.n, "a symmetry of the n-gon")
        object.__setattr__(self, "n", n)
        try:
            object.__setattr__(self, "turns", operator.index(self.turns) % n)
        except TypeError:
            raise InputError("a symmetry of the n-gon", f"{self.turns} turns", "give an integer") from None
        object.__setattr__(self, "mirrored", bool(self.mirrored))

    @classmethod
    def parse(cls, text: str) -> PlanarElement:
        """Read the printed form, with or without the name around it.

        Examples
        --------
        >>> PlanarElement.parse("3/8 mirrored")
        PlanarElement(3/8 mirrored)
        """
        bare = text.strip().removeprefix("PlanarElement(").removesuffix(")")
        match = re.fullmatch(r"(\d+)/(\d+)( mirrored)?", bare)
        if not match:
            raise InputError(f"planar element {text!r}", "another form", "write it as '3/8 mirrored'")
        return cls(int(match[2]), int(match[1]), bool(match[3]))

    def __repr__(self) -> str:
        return f"PlanarElement({self.turns}/{self.n}{' mirrored' * self.mirrored})"

    @property
    def d(self) -> int:
        """Two axes."""
        return 2

    @property
    def determinant(self) -> int:
        """+1 for a rotation, -1 for a reflection."""
        return -1 if self.mirrored else 1

    def matrix(self, frequency: int = 1) -> NDArray[np.float64]:
        """Return the orthogonal matrix, shape (2, 2), that turns by `frequency` times the angle.

        Quarter turns are exact, and the inverse has exactly the transposed matrix.
        """
        cosine, sine = cosine_sine(self.turns * frequency, self.n)
        flip = self.determinant
        return np.array([[cosine, -flip * sine], [sine, flip * cosine]]) + 0.0  # no -0.0

    def __mul__(self, other: PlanarElement) -> PlanarElement:
        """Return the product gh: first h acts, then g."""
        if not isinstance(other, PlanarElement):
            return NotImplemented
        if other.n != self.n:
            raise InputError(f"the product {self!r} * {other!r}", "different polygons", "use one n")
        turns = self.turns + self.determinant * other.turns
        return PlanarElement(self.n, turns, self.mirrored != other.mirrored)

    def inverse(self) -> PlanarElement:
        """Return the inverse element; a reflection is its own."""
        return self if self.mirrored else PlanarElement(self.n, -self.turns)


class _Polygon(FiniteGroup[PlanarElement]):
    """What C_n and D_n have in common: forms (turns, mirrored) modulo n."""

    n: int

    def form(self, g: PlanarElement) -> tuple[int, ...]:
        """Return the canonical form (turns, mirrored, n) of an element."""
        return (g.turns, int(g.mirrored), g.n)

    def element(self, form: tuple[int, ...]) -> PlanarElement:
        """Return the element of a canonical form."""
        return PlanarElement(form[2], form[0], bool(form[1]))

    def compose_forms(self, a: Indices, b: Indices) -> Indices:
        """Return the forms of the products, shape (..., 3), of broadcasting arrays of forms."""
        a, b = np.broadcast_arrays(a, b)
        turns = (a[..., 0] + (1 - 2 * a[..., 1]) * b[..., 0]) % self.n
        return np.stack([turns, a[..., 1] ^ b[..., 1], a[..., 2]], axis=-1)

    @property
    def identity(self) -> PlanarElement:
        """The neutral element."""
        return PlanarElement(self.n, 0)

    def compose(self, g: PlanarElement, h: PlanarElement) -> PlanarElement:
        """Return the product gh: first h acts, then g."""
        return g * h

    def inverse(self, g: PlanarElement) -> PlanarElement:
        """Return the inverse of g."""
        return g.inverse()


@final
@dataclass(frozen=True, repr=False)
class Cyclic(_Polygon):
    """The cyclic group C_n: the rotations of the regular n-gon, in the order of their angles.

    Parameters
    ----------
    n
        The order, at least 1.

    Raises
    ------
    InputError
        If n is no integer or below 1.

    Examples
    --------
    >>> Cyclic(6), Cyclic(6).order, Cyclic(6).is_abelian
    (C_6, 6, True)
    """

    n: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "n", _corners(self.n, f"the group C_{self.n}"))

    def __repr__(self) -> str:
        return f"C_{self.n}"

    @cached_property
    def forms(self) -> Indices:
        """The canonical forms (turns, mirrored, n), shape (n, 3)."""
        return frozen([(k, 0, self.n) for k in range(self.n)])


@final
@dataclass(frozen=True, repr=False)
class Dihedral(_Polygon):
    """The dihedral group D_n of order 2n: the rotations of the regular n-gon, then its reflections.

    Number k < n is the turn by 2 pi k / n, number n + k the same after the mirror y -> -y.

    Parameters
    ----------
    n
        The number of corners, at least 1.

    Raises
    ------
    InputError
        If n is no integer or below 1.

    Examples
    --------
    >>> Dihedral(4), Dihedral(4).order, len(Dihedral(4).classes), Dihedral(4).rotations.order
    (D_4, 8, 5, 4)
    """

    n: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "n", _corners(self.n, f"the group D_{self.n}"))

    def __repr__(self) -> str:
        return f"D_{self.n}"

    @cached_property
    def forms(self) -> Indices:
        """The canonical forms (turns, mirrored, n), shape (2n, 3)."""
        return frozen([(k, m, self.n) for m in (0, 1) for k in range(self.n)])

    @cached_property
    def rotations(self) -> Subgroup[PlanarElement]:
        """The subgroup of the n rotations, of index 2."""
        return Subgroup(self, tuple(range(self.n)), name=f"{self!r}+")


def planar(group: Cyclic | Dihedral, frequency: int = 1) -> MatrixRepresentation[PlanarElement]:
    """Return the matrices in the plane that turn by `frequency` times the angle of each element.

    Irreducible over the real numbers unless 2 * frequency is a multiple of n; for D_n also over the
    complex numbers.

    Examples
    --------
    >>> planar(Dihedral(5), 2).dimension
    2
    """
    matrices = np.stack([g.matrix(frequency) for g in group.elements])
    return MatrixRepresentation(group, matrices, f"planar_{frequency}")


def _corners(n: int, asked: str) -> int:
    """Return n as a plain integer, at least 1."""
    try:
        out = operator.index(n)
    except TypeError:
        raise InputError(asked, f"n = {n!r}, no integer", "use n = 1, 2, ...") from None
    if out < 1:
        raise InputError(asked, f"n = {n}", "use n = 1, 2, ...")
    return out


def cosine_sine(k: int, n: int) -> tuple[float, float]:
    """Return cos and sin of 2 pi k / n, of angles up to pi / 4 alone, so that symmetries are exact."""
    k %= n
    if 2 * k > n:
        cosine, sine = cosine_sine(n - k, n)
        return cosine, -sine
    if 4 * k > n:
        cosine, sine = cosine_sine(n - 2 * k, 2 * n)
        return -cosine, sine
    if 8 * k > n:
        cosine, sine = cosine_sine(n - 4 * k, 4 * n)
        return sine, cosine
    return float(np.cos(2 * np.pi * k / n)), float(np.sin(2 * np.pi * k / n))
