"""The symmetry groups of the regular polyhedra: T, O, I and their relatives with inversion, exactly."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import final

import numpy as np
from numpy.typing import NDArray

from lgt.errors import InputError
from lgt.group._finite import FiniteGroup, Indices, Subgroup, frozen

_I = (0, 1, 0, 0, 0, 0, 0, 0)  # half a turn about x
_THIRD = (1, 1, 1, 1, 0, 0, 0, 0)  # a third of a turn about (1, 1, 1)
_QUARTER = (1, 1, 0, 0, 0, 0, 0, 0)  # a quarter turn about x
_FIFTH = (1, 0, -1, 2, 1, 0, 1, 0)  # a fifth of a turn: 4q = (1 + sqrt 5, 0, sqrt 5 - 1, 2)
_GENERATORS = {"T": (_I, _THIRD), "O": (_THIRD, _QUARTER), "I": (_I, _THIRD, _FIFTH)}
_NUMBER = r"([+-]?\d+(?!\d*√))?(?:([+-]?\d*)(√5))?"
_NAMES = ("T", "T_h", "T_d", "O", "O_h", "I", "I_h")


@final
@dataclass(frozen=True, repr=False)
class PolyhedralElement:
    """A rotation of space by an exact quaternion, followed by x -> -x if inverted.

    The quaternion w + x i + y j + z k has components a + b sqrt 5 with integers a and b, up to a rational
    factor, which a rotation does not feel: icosians, and what the octahedron needs beside them.

    Parameters
    ----------
    quaternion_form
        The integers a of w, x, y, z, then the four b; kept without common divisors, the first that is
        not 0 positive.
    inverted
        Whether all signs change afterwards.

    Raises
    ------
    InputError
        If they are not eight integers, or all 0.

    Examples
    --------
    >>> quarter = PolyhedralElement((1, 1, 0, 0, 0, 0, 0, 0))
    >>> quarter.matrix().round(15) + 0.0
    array([[ 1.,  0.,  0.],
           [ 0.,  0., -1.],
           [ 0.,  1.,  0.]])
    >>> (quarter * quarter).quaternion
    array([0., 1., 0., 0.])
    """

    quaternion_form: tuple[int, ...]
    inverted: bool = False

    def __post_init__(self) -> None:
        form = np.asarray(self.quaternion_form)
        if form.shape != (8,) or form.dtype.kind not in "iu" or not form.any():
            found = f"the quaternion {self.quaternion_form!r}"
            raise InputError("a polyhedral element", found, "give eight integers, not all 0")
        object.__setattr__(self, "quaternion_form", tuple(_primitive(form.astype(np.int64)).tolist()))
        object.__setattr__(self, "inverted", bool(self.inverted))

    @classmethod
    def parse(cls, text: str) -> PolyhedralElement:
        """Read the printed form, with or without the name around it.

        Examples
        --------
        >>> PolyhedralElement.parse("1+√5 2 -1+√5 0")
        PolyhedralElement(1+√5 2 -1+√5 0)
        """
        words = text.strip().removeprefix("PolyhedralElement(").removesuffix(")").split()
        inverted = words[-1:] == ["inverted"]
        found = [re.fullmatch(_NUMBER, word) for word in words[: len(words) - inverted]]
        if len(found) != 4 or None in found:
            remedy = "write it as '1+√5 2 -1+√5 0'"
            raise InputError(f"polyhedral element {text!r}", "no quaternion", remedy)
        a = [int(match[1] or 0) for match in found if match]
        b = [
            int({"+": "1", "": "1", "-": "-1"}.get(match[2], match[2])) if match[3] else 0
            for match in found
            if match
        ]
        return cls((*a, *b), inverted)

    def __repr__(self) -> str:
        parts = [
            _number(a, b) for a, b in zip(self.quaternion_form[:4], self.quaternion_form[4:], strict=True)
        ]
        return f"PolyhedralElement({' '.join(parts)}{' inverted' * self.inverted})"

    @property
    def d(self) -> int:
        """Three axes."""
        return 3

    @property
    def determinant(self) -> int:
        """+1 for a rotation, -1 with inversion."""
        return -1 if self.inverted else 1

    @property
    def quaternion(self) -> NDArray[np.float64]:
        """The unit quaternion (w, x, y, z) of the rotation, its first component that is not 0 positive."""
        form = np.array(self.quaternion_form, dtype=np.float64)
        q = form[:4] + np.sqrt(5) * form[4:]
        return np.asarray(q / np.linalg.norm(q) * np.sign(q[np.flatnonzero(q)[0]])) + 0.0

    def matrix(self) -> NDArray[np.float64]:
        """Return the orthogonal matrix, shape (3, 3)."""
        w, v = self.quaternion[0], self.quaternion[1:]
        cross = np.array([[0, -v[2], v[1]], [v[2], 0, -v[0]], [-v[1], v[0], 0]])
        # normalised once more: the quaternion has a length of 1 only to rounding
        R = ((w * w - v @ v) * np.eye(3) + 2 * (np.outer(v, v) + w * cross)) / (w * w + v @ v)
        return np.asarray(self.determinant * R)

    def __mul__(self, other: PolyhedralElement) -> PolyhedralElement:
        """Return the product gh: first h acts, then g."""
        if not isinstance(other, PolyhedralElement):
            return NotImplemented
        product = _multiply(np.array(self.quaternion_form), np.array(other.quaternion_form))
        return PolyhedralElement(tuple(product.tolist()), self.inverted != other.inverted)

    def inverse(self) -> PolyhedralElement:
        """Return the inverse element: the conjugate quaternion."""
        form = np.array(self.quaternion_form) * ([1, -1, -1, -1] * 2)
        return PolyhedralElement(tuple(form.tolist()), self.inverted)


@final
@dataclass(frozen=True, repr=False)
class Polyhedral(FiniteGroup[PolyhedralElement]):
    """The point groups of the tetrahedron, the octahedron and the icosahedron, named by Schoenflies.

    O keeps the cube with corners (+-1, +-1, +-1), T half of them, I the icosahedron whose corners are the
    cyclic permutations of (0, +-1, +-(1 + sqrt 5)/2). T lies in both O and I. Rotations come by their
    angle, the identity first, then those with inversion.

    Parameters
    ----------
    name
        "T", "O", "I": the rotations of the polyhedron; "T_h", "O_h", "I_h": with x -> -x; "T_d": all
        symmetries of the tetrahedron.

    Raises
    ------
    InputError
        If the name is another one.

    Examples
    --------
    >>> [Polyhedral(name).order for name in ("T", "T_d", "O", "O_h", "I", "I_h")]
    [12, 24, 24, 48, 60, 120]
    """

    name: str

    def __post_init__(self) -> None:
        if self.name not in _NAMES:
            raise InputError(
                f"the polyhedral group {self.name!r}", "no such group", f"use {', '.join(_NAMES)}"
            )

    def __repr__(self) -> str:
        return self.name

    @cached_property
    def forms(self) -> Indices:
        """The canonical forms (quaternion, inverted), shape (order, 9); rotations first."""
        rotations = _closure(self.name[0])
        inverted = {"h": rotations, "d": _outside(_closure("O"), rotations)}.get(self.name[1:].strip("_"), [])
        return frozen([(*form, 0) for form in rotations] + [(*form, 1) for form in inverted])

    def form(self, g: PolyhedralElement) -> tuple[int, ...]:
        """Return the canonical form of an element, nine integers."""
        return (*g.quaternion_form, int(g.inverted))

    def element(self, form: tuple[int, ...]) -> PolyhedralElement:
        """Return the element of a canonical form."""
        return PolyhedralElement(form[:8], bool(form[8]))

    def compose_forms(self, a: Indices, b: Indices) -> Indices:
        """Return the forms of the products, shape (..., 9), of broadcasting arrays of forms."""
        a, b = np.broadcast_arrays(a, b)
        product = _primitive(_multiply(a[..., :8], b[..., :8]))
        return np.concatenate([product, a[..., 8:] ^ b[..., 8:]], axis=-1)

    @property
    def identity(self) -> PolyhedralElement:
        """The neutral element."""
        return PolyhedralElement((1, 0, 0, 0, 0, 0, 0, 0))

    def compose(self, g: PolyhedralElement, h: PolyhedralElement) -> PolyhedralElement:
        """Return the product gh: first h acts, then g."""
        return g * h

    def inverse(self, g: PolyhedralElement) -> PolyhedralElement:
        """Return the inverse of g."""
        return g.inverse()

    @cached_property
    def rotations(self) -> Subgroup[PolyhedralElement]:
        """The subgroup of the elements of determinant +1; all of T, O and I."""
        proper = np.flatnonzero(self.forms[:, 8] == 0)
        return Subgroup(self, tuple(proper.tolist()), name=f"{self!r}+")


def tetrahedral() -> Polyhedral:
    """Return the 12 rotations of the tetrahedron, T."""
    return Polyhedral("T")


def octahedral() -> Polyhedral:
    """Return the 24 rotations of the cube and the octahedron, O."""
    return Polyhedral("O")


def icosahedral() -> Polyhedral:
    """Return the 60 rotations of the icosahedron and the dodecahedron, I."""
    return Polyhedral("I")


@lru_cache(maxsize=3)
def _closure(name: str) -> list[tuple[int, ...]]:
    """Return the quaternions of a rotation group: all products of its generators, by the angle."""
    generators = np.array(_GENERATORS[name])
    identity: tuple[int, ...] = (1, 0, 0, 0, 0, 0, 0, 0)
    found, fresh = {identity}, [identity]
    while fresh:
        products = _primitive(_multiply(np.array(fresh)[:, None], generators)).reshape(-1, 8)
        fresh = sorted(set(map(tuple, products.tolist())) - found)
        found.update(fresh)

    def cosine(form: tuple[int, ...]) -> float:
        """Return that of half the angle."""
        q = np.array(form[:4]) + np.sqrt(5) * np.array(form[4:])
        return round(float(abs(q[0]) / np.linalg.norm(q)), 9)

    return sorted(found, key=lambda form: (-cosine(form), form))


def _outside(all_of: list[tuple[int, ...]], part: list[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """Return what is in the first list and not in the second."""
    return [form for form in all_of if form not in set(part)]


def _multiply(p: Indices, q: Indices) -> Indices:
    """Return the products of quaternions with components a + b sqrt 5, shape (..., 8), not normalised."""
    a, b, c, d = (_hamilton(x, y) for x in (p[..., :4], p[..., 4:]) for y in (q[..., :4], q[..., 4:]))
    return np.concatenate([a + 5 * d, b + c], axis=-1)


def _hamilton(p: Indices, q: Indices) -> Indices:
    """Return the products of quaternions, shape (..., 4)."""
    a, b, c, d = np.moveaxis(p, -1, 0)
    w, x, y, z = np.moveaxis(q, -1, 0)
    return np.stack(
        [
            a * w - b * x - c * y - d * z,
            a * x + b * w + c * z - d * y,
            a * y - b * z + c * w + d * x,
            a * z + b * y - c * x + d * w,
        ],
        axis=-1,
    )


def _primitive(form: Indices) -> Indices:
    """Return forms without common divisors, the first number that is not 0 positive."""
    divisor = np.gcd.reduce(form, axis=-1, keepdims=True)
    first = np.take_along_axis(form, (form != 0).argmax(axis=-1, keepdims=True), axis=-1)
    return np.asarray(form // divisor * np.sign(first))


def _number(a: int, b: int) -> str:
    """Print a + b sqrt 5."""
    if b == 0:
        return str(a)
    root = {1: "√5", -1: "-√5"}.get(b, f"{b}√5")
    return root if a == 0 else f"{a}{'+' if b > 0 else ''}{root}"
