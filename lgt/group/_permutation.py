"""Groups that permute a finite set: regular, trivial, and signed permutations moving lattice vectors."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lgt.errors import InputError, ShapeError
from lgt.group._base import Representation
from lgt.group._finite import FiniteGroup, Indices, frozen
from lgt.group._hyperoctahedral import SignedPermutation

E = TypeVar("E")


@final
@dataclass(frozen=True, eq=False, repr=False)
class PermutationRepresentation(Representation[E], Generic[E]):
    """A finite group on the functions on a finite set: D(g) e_i = e_{g i}.

    Two are equal if their groups and all images are; the name does not count.

    Parameters
    ----------
    group
        The group.
    images
        The points g i, shape (order, number of points): row g is the permutation that the group's element
        number g makes.
    name
        What it prints as.

    Raises
    ------
    ShapeError
        If there is not one permutation for each element.

    Examples
    --------
    >>> from lgt.group import Hyperoctahedral
    >>> regular(Hyperoctahedral(2)), directions(Hyperoctahedral(2)).dimension
    (regular(B_2), 4)
    >>> directions(Hyperoctahedral(2)).check_homomorphism(np.random.default_rng(0))
    """

    group: FiniteGroup[E]
    images: Indices
    name: str = "permutations"

    def __post_init__(self) -> None:
        images = frozen(self.images)
        points = np.arange(images.shape[-1])
        if images.ndim != 2 or len(images) != self.group.order or (np.sort(images) != points).any():
            raise ShapeError(
                f"permutations for the {self.group.order} elements of {self.group!r}",
                f"an array of shape {images.shape}" + " that does not permute" * (images.ndim == 2),
                "give (order, points)",
            )
        object.__setattr__(self, "images", images)

    def __repr__(self) -> str:
        return f"{self.name}({self.group!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PermutationRepresentation):
            return NotImplemented
        return self.group == other.group and np.array_equal(self.images, other.images)

    def __hash__(self) -> int:
        return hash((self.group, self.images.shape, self.images[-1].tobytes()))

    def __setstate__(self, state: dict[str, Any]) -> None:
        # numpy forgets on pickling that an array is read-only
        self.__dict__.update(state)
        self.images.setflags(write=False)

    @property
    def dimension(self) -> int:
        """The number of points."""
        return int(self.images.shape[1])

    def matrix(self, g: E) -> NDArray[np.int64]:
        """Return the permutation matrix of g, shape (dimension, dimension)."""
        D = np.zeros((self.dimension, self.dimension), dtype=np.int64)
        D[self.images[self.group.index(g)], np.arange(self.dimension)] = 1
        return D

    def times(self, other: PermutationRepresentation[E]) -> PermutationRepresentation[E]:
        """Return the group on pairs of points; the pair (i, j) has the number i * other.dimension + j.

        Examples
        --------
        >>> from lgt.group import Hyperoctahedral
        >>> vectors = directions(Hyperoctahedral(2))
        >>> vectors.times(vectors).dimension
        16
        """
        if other.group != self.group:
            raise InputError(f"pairs of points of {self!r}", f"{other!r}", "use one group")
        pairs = self.images[:, :, None] * other.dimension + other.images[:, None, :]
        return PermutationRepresentation(
            self.group, pairs.reshape(len(pairs), -1), f"{self.name} x {other.name}"
        )


def regular(group: FiniteGroup[E]) -> PermutationRepresentation[E]:
    """Return the group on its own elements, g h: the points are the numbers of the elements.

    Examples
    --------
    >>> from lgt.group import Hyperoctahedral
    >>> regular(Hyperoctahedral(1)).matrix(SignedPermutation((0,), (-1,)))
    array([[0, 1],
           [1, 0]])
    """
    return PermutationRepresentation(group, group.product_table, "regular")


def trivial(group: FiniteGroup[E]) -> PermutationRepresentation[E]:
    """Return the group on one point that it leaves alone."""
    return PermutationRepresentation(group, np.zeros((group.order, 1), dtype=np.int64), "trivial")


def moving(
    group: FiniteGroup[SignedPermutation], points: ArrayLike, name: str = "vectors"
) -> PermutationRepresentation[SignedPermutation]:
    """Return signed permutations as they move tuples of lattice vectors onto each other.

    Parameters
    ----------
    group
        B_d or a subgroup of it.
    points
        Different points, shape (n, d) for vectors or (n, m, d) for m-tuples of vectors, integers.
    name
        What it prints as.

    Raises
    ------
    InputError
        If the group moves a point out of the set.

    Examples
    --------
    >>> from lgt.group import Hyperoctahedral
    >>> moving(Hyperoctahedral(1), [[0], [2], [-2]]).images
    array([[0, 1, 2],
           [0, 2, 1]])
    """
    d = group.identity.d
    array = np.asarray(points, dtype=np.int64)
    if array.ndim not in (2, 3) or array.shape[-1] != d or len(array) == 0:
        raise ShapeError(
            f"points that {group!r} moves", f"shape {array.shape}", f"give (n, {d}) or (n, m, {d})"
        )
    number = {point.tobytes(): i for i, point in enumerate(array)}
    try:
        images = [[number[moved.tobytes()] for moved in g.apply(array)] for g in group.elements]
    except KeyError:
        remedy = "add the images of all points"
        raise InputError(f"points that {group!r} moves", "a set that is not closed", remedy) from None
    return PermutationRepresentation(group, np.array(images), name)


def direction_vectors(d: int) -> NDArray[np.int64]:
    """Return the 2d unit vectors +e_0, -e_0, +e_1, ..., shape (2d, d)."""
    return np.stack([np.eye(d, dtype=np.int64), -np.eye(d, dtype=np.int64)], axis=1).reshape(-1, d)


def directions(group: FiniteGroup[SignedPermutation]) -> PermutationRepresentation[SignedPermutation]:
    """Return signed permutations on the directions of `direction_vectors`."""
    return moving(group, direction_vectors(group.identity.d), "directions")


def plane_vectors(d: int) -> NDArray[np.int64]:
    """Return all ordered pairs of directions that are not parallel, shape (4d(d-1), 2, d).

    The order is that of the directions of `direction_vectors`, the second direction running fastest.
    """
    unit = direction_vectors(d)
    pairs = [(v, w) for v, w in itertools.product(unit, unit) if not (v * w).any()]
    return np.array(pairs, dtype=np.int64).reshape(-1, 2, d)


def planes(group: FiniteGroup[SignedPermutation]) -> PermutationRepresentation[SignedPermutation]:
    """Return signed permutations on the ordered pairs of `plane_vectors`, d > 1."""
    return moving(group, plane_vectors(group.identity.d), "planes")


def orbits_of_pairs(
    rows: PermutationRepresentation[E], columns: PermutationRepresentation[E]
) -> tuple[Indices, int]:
    """Number the orbits of a group on pairs of points (i, j) -> (g i, g j).

    A matrix commutes with the group if its entries are equal along these orbits, so that they count the
    free parameters of an equivariant linear map.

    Returns
    -------
    labels
        Shape (rows.dimension, columns.dimension), the number of the orbit of each pair.
    count
        How many orbits there are.

    Examples
    --------
    >>> from lgt.group import Hyperoctahedral
    >>> group = Hyperoctahedral(2)
    >>> labels, count = orbits_of_pairs(directions(group), directions(group))
    >>> count  # equal, opposite, orthogonal
    3
    >>> orbits_of_pairs(regular(group), regular(group))[1]
    8
    """
    group = rows.group
    if columns.group != group:
        raise InputError(f"pairs of points of {rows!r}", f"{columns!r}", "use one group")
    labels = np.full((rows.dimension, columns.dimension), -1, dtype=np.int64)
    count = 0
    for first in range(rows.dimension):
        if labels[first, 0] >= 0:
            continue
        # The pair (g first, j) is in the orbit of (first, g^-1 j), and these are told apart up to the
        # elements that keep `first`.
        keep = np.flatnonzero(rows.images[:, first] == first)
        smallest = columns.images[keep].min(axis=0)
        kinds, of_column = np.unique(smallest, return_inverse=True)
        for row in np.unique(rows.images[:, first]):
            g = int(np.flatnonzero(rows.images[:, first] == row)[0])
            labels[row] = count + of_column.reshape(-1)[columns.images[group.inverses[g]]]
        count += len(kinds)
    return frozen(labels), count
