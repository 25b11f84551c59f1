"""Signed permutations of d axes: the symmetry group B_d of the hypercube."""

from __future__ import annotations

import itertools
import operator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from lgt.errors import InputError, ShapeError
from lgt.group._base import Representation
from lgt.group._finite import FiniteGroup, Subgroup


@final
@dataclass(frozen=True, repr=False)
class SignedPermutation:
    """A map of the axes onto each other, with signs: g e_mu = signs[mu] e_{permutation[mu]}.

    Printed as the images of e_0, e_1, ...: ``+1 -0`` sends e_0 to +e_1 and e_1 to -e_0.

    Parameters
    ----------
    permutation
        The axis that each axis goes to.
    signs
        +1 or -1 for each axis.

    Raises
    ------
    InputError
        If permutation is none of 0..d-1 or a sign is not +1 or -1.

    Examples
    --------
    >>> quarter_turn = SignedPermutation((1, 0), (1, -1))
    >>> quarter_turn
    SignedPermutation(+1 -0)
    >>> quarter_turn * quarter_turn
    SignedPermutation(-0 -1)
    >>> quarter_turn.apply(np.array([3, 5]))
    array([-5,  3])
    """

    permutation: tuple[int, ...]
    signs: tuple[int, ...]

    def __post_init__(self) -> None:
        # plain Python ints, so that hashes, reprs and JSON do not depend on where they came from
        object.__setattr__(self, "permutation", tuple(int(p) for p in self.permutation))
        object.__setattr__(self, "signs", tuple(int(s) for s in self.signs))
        d = len(self.permutation)
        if d == 0 or sorted(self.permutation) != list(range(d)):
            raise InputError(
                "a signed permutation", f"permutation {self.permutation}", "permute the axes 0 to d-1"
            )
        if len(self.signs) != d or any(s not in (1, -1) for s in self.signs):
            raise InputError(
                "a signed permutation", f"signs {self.signs}", f"give +1 or -1 for each of {d} axes"
            )

    @classmethod
    def identity(cls, d: int) -> SignedPermutation:
        """Return the identity on d axes."""
        return cls(tuple(range(d)), (1,) * d)

    @classmethod
    def reflection(cls, d: int, mu: int) -> SignedPermutation:
        """Return the reflection e_mu -> -e_mu of d axes."""
        return cls(tuple(range(d)), tuple(-1 if nu == mu else 1 for nu in range(d)))

    @classmethod
    def rotation(cls, d: int, mu: int, nu: int) -> SignedPermutation:
        """Return the quarter turn e_mu -> e_nu, e_nu -> -e_mu of d axes.

        Examples
        --------
        >>> SignedPermutation.rotation(3, 0, 2)
        SignedPermutation(+2 +1 -0)
        """
        if mu == nu:
            raise InputError("a rotation", f"the one axis {mu}", "give two different axes")
        image = {mu: nu, nu: mu}
        signs = tuple(-1 if rho == nu else 1 for rho in range(d))
        return cls(tuple(image.get(rho, rho) for rho in range(d)), signs)

    @classmethod
    def parse(cls, text: str) -> SignedPermutation:
        """Read the printed form, with or without the name around it.

        Examples
        --------
        >>> SignedPermutation.parse("+1 -0") == SignedPermutation.parse("SignedPermutation(+1 -0)")
        True
        """
        words = text.strip().removeprefix("SignedPermutation(").removesuffix(")").split()
        if not words or any(w[0] not in "+-" or not w[1:].isdecimal() for w in words):
            raise InputError(f"signed permutation {text!r}", "no list of signed axes", "write it as '+1 -0'")
        return cls(tuple(int(w[1:]) for w in words), tuple(int(w[0] + "1") for w in words))

    def __str__(self) -> str:
        return " ".join(
            f"{'+' if s > 0 else '-'}{p}" for p, s in zip(self.permutation, self.signs, strict=True)
        )

    def __repr__(self) -> str:
        return f"SignedPermutation({self})"

    @property
    def d(self) -> int:
        """The number of axes."""
        return len(self.permutation)

    @property
    def determinant(self) -> int:
        """+1 for a proper rotation, -1 for a reflection."""
        inversions = sum(p > q for p, q in itertools.combinations(self.permutation, 2))
        return int((-1) ** inversions * np.prod(self.signs))

    def matrix(self) -> NDArray[np.int64]:
        """Return the matrix M with g x = M x, shape (d, d): column mu is the image of e_mu."""
        M = np.zeros((self.d, self.d), dtype=np.int64)
        M[self.permutation, range(self.d)] = self.signs
        return M

    def __mul__(self, other: SignedPermutation) -> SignedPermutation:
        """Return the product gh: first h acts, then g."""
        if not isinstance(other, SignedPermutation):
            return NotImplemented
        if other.d != self.d:
            raise ShapeError(f"the product {self!r} * {other!r}", "different numbers of axes", "use one d")
        return SignedPermutation(
            tuple(self.permutation[p] for p in other.permutation),
            tuple(s * self.signs[p] for p, s in zip(other.permutation, other.signs, strict=True)),
        )

    def inverse(self) -> SignedPermutation:
        """Return the inverse element."""
        back = sorted(range(self.d), key=self.permutation.__getitem__)
        return SignedPermutation(tuple(back), tuple(self.signs[mu] for mu in back))

    def apply(self, coords: Any) -> NDArray[Any]:
        """Return g x for vectors x.

        Parameters
        ----------
        coords
            Vectors, shape (..., d), a signed dtype.

        Returns
        -------
        ndarray
            The images, shape (..., d).
        """
        x = np.asarray(coords)
        if x.ndim == 0 or x.shape[-1] != self.d:
            raise ShapeError(f"{self!r} applied to an array", f"shape {x.shape}", f"give (..., {self.d})")
        out = np.empty(x.shape, dtype=np.result_type(x.dtype, np.int8))
        out[..., self.permutation] = x * np.array(self.signs, dtype=np.int8)
        return out


@final
@dataclass(frozen=True, repr=False)
class Hyperoctahedral(FiniteGroup[SignedPermutation]):
    """The hyperoctahedral group B_d: all 2^d d! signed permutations of d axes.

    The symmetry group of the hypercubic lattice that keeps the origin.

    Parameters
    ----------
    d
        The number of axes, at least 1.

    Examples
    --------
    >>> B_4 = Hyperoctahedral(4)
    >>> B_4, B_4.order, len(B_4.classes)
    (B_4, 384, 20)
    >>> B_4.rotations.order
    192
    """

    d: int

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "d", operator.index(self.d))
        except TypeError:
            raise InputError(f"the group B_{self.d}", "no integer", "use d = 1, 2, ...") from None
        if self.d < 1:
            raise InputError(f"the group B_{self.d}", f"d = {self.d}", "use d = 1, 2, ...")

    def __repr__(self) -> str:
        return f"B_{self.d}"

    @cached_property
    def forms(self) -> NDArray[np.int64]:
        """The canonical forms (permutation, signs), shape (order, 2d); the identity is the first."""
        permutations = np.array(list(itertools.permutations(range(self.d))))
        signs = np.array(list(itertools.product((1, -1), repeat=self.d)))
        out = np.empty((len(permutations), len(signs), 2 * self.d), dtype=np.int64)
        out[..., : self.d], out[..., self.d :] = permutations[:, None], signs
        out.setflags(write=False)
        return out.reshape(-1, 2 * self.d)

    def form(self, g: SignedPermutation) -> tuple[int, ...]:
        """Return the canonical form of an element, 2d integers."""
        return g.permutation + g.signs

    def element(self, form: tuple[int, ...]) -> SignedPermutation:
        """Return the element of a canonical form."""
        return SignedPermutation(form[: self.d], form[self.d :])

    def compose_forms(self, a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the forms of the products, shape (..., 2d), of broadcasting arrays of forms."""
        a, b = np.broadcast_arrays(a, b)
        p = b[..., : self.d]
        moved = np.take_along_axis(a[..., : self.d], p, axis=-1)
        signs = np.take_along_axis(a[..., self.d :], p, axis=-1) * b[..., self.d :]
        return np.concatenate([moved, signs], axis=-1)

    @property
    def identity(self) -> SignedPermutation:
        """The neutral element."""
        return SignedPermutation.identity(self.d)

    def compose(self, g: SignedPermutation, h: SignedPermutation) -> SignedPermutation:
        """Return the product gh: first h acts, then g."""
        return g * h

    def inverse(self, g: SignedPermutation) -> SignedPermutation:
        """Return the inverse of g."""
        return g.inverse()

    @cached_property
    def rotations(self) -> Subgroup[SignedPermutation]:
        """The proper rotations: the subgroup of determinant +1, of index 2."""
        proper = [i for i, g in enumerate(self.elements) if g.determinant == 1]
        return Subgroup(self, tuple(proper), name=f"{self!r}+")


@final
@dataclass(frozen=True)
class VectorRepresentation(Representation[SignedPermutation]):
    """B_d (or a subgroup) on vectors of d components, by its signed permutation matrices.

    Examples
    --------
    >>> VectorRepresentation(Hyperoctahedral(2)).matrix(SignedPermutation.parse("+1 -0"))
    array([[ 0, -1],
           [ 1,  0]])
    """

    group: FiniteGroup[SignedPermutation]

    @property
    def dimension(self) -> int:
        """The number of axes."""
        return self.group.identity.d

    def matrix(self, g: SignedPermutation) -> NDArray[np.int64]:
        """Return the matrix of g, shape (d, d)."""
        return g.matrix()


@final
@dataclass(frozen=True)
class DeterminantRepresentation(Representation[SignedPermutation]):
    """B_d (or a subgroup) on pseudoscalars: the character det, +1 on rotations, -1 on reflections.

    Examples
    --------
    >>> DeterminantRepresentation(Hyperoctahedral(2)).matrix(SignedPermutation.parse("+1 +0"))
    array([[-1]])
    """

    group: FiniteGroup[SignedPermutation]

    @property
    def dimension(self) -> int:
        """One."""
        return 1

    def matrix(self, g: SignedPermutation) -> NDArray[np.int64]:
        """Return the determinant of g, shape (1, 1)."""
        return np.array([[g.determinant]])
