"""Homogeneous spaces G/H of finite groups: points, sections, the cocycle, induced representations.

Conventions: a field F on G/H with values in a representation rho of H is the Mackey function
f: G -> V, f(gh) = rho(h)^-1 f(g), by F(x) = f(s(x)) with a section s; the group acts by
(g f)(g') = f(g^-1 g'), which is (g F)(gx) = rho(h(g, x)) F(x) with h(g, x) = s(gx)^-1 g s(x).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, TypeVar, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lgt.errors import CheckError, InputError, ShapeError
from lgt.group._base import Representation
from lgt.group._finite import FiniteGroup, Indices, Subgroup, frozen
from lgt.group._matrix_representation import MatrixRepresentation, as_matrices, intertwiners
from lgt.group._permutation import PermutationRepresentation

E = TypeVar("E")


@final
@dataclass(frozen=True, repr=False)
class HomogeneousSpace(Generic[E]):
    """The left cosets gH of a subgroup of a finite group, as points that the group moves.

    Points are numbered in the order of `FiniteGroup.cosets`.

    Parameters
    ----------
    group
        G.
    subgroup
        H, made by the methods of G.
    section
        For each point x the number of an element s(x) of its coset; if left out, the identity for the coset
        of H, the smallest number for the others.

    Raises
    ------
    InputError
        If H is a subgroup of another group, or s(x) is not in the coset x for all x.

    Examples
    --------
    >>> from lgt.group import Hyperoctahedral, SignedPermutation
    >>> cube = Hyperoctahedral(3).rotations
    >>> faces = HomogeneousSpace(cube, cube.generate(SignedPermutation.rotation(3, 0, 1)))
    >>> faces, len(faces)
    (B_3+/<subgroup of B_3+, order 4>, 6)
    >>> faces.check()
    """

    group: FiniteGroup[E]
    subgroup: Subgroup[E]
    section: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        cosets = self.group.cosets(self.subgroup)  # which refuses subgroups of other groups
        chosen = tuple(int(g) for g in self.section)
        if not chosen:
            e = self.group.identity_index
            chosen = tuple(e if e in coset else int(coset[0]) for coset in cosets)
        if len(chosen) != len(cosets) or any(g not in c for g, c in zip(chosen, cosets, strict=True)):
            found = f"the section {chosen}"
            remedy = f"give one element number of each of the {len(cosets)} cosets, in their order"
            raise InputError(f"the homogeneous space {self!r}", found, remedy)
        object.__setattr__(self, "section", chosen)

    def __getstate__(self) -> dict[str, Any]:
        return {"group": self.group, "subgroup": self.subgroup, "section": self.section}

    def __repr__(self) -> str:
        return f"{self.group!r}/{self.subgroup!r}"

    def __len__(self) -> int:
        """Return the number of points, the index of H in G."""
        return len(self.section)

    @cached_property
    def point_of(self) -> Indices:
        """The number of the point gH of each element g, shape (order of G,), read-only."""
        points = np.empty(self.group.order, dtype=np.int64)
        for x, coset in enumerate(self.group.cosets(self.subgroup)):
            points[coset] = x
        return frozen(points)

    @property
    def origin(self) -> int:
        """The number of the point H."""
        return int(self.point_of[self.group.identity_index])

    @cached_property
    def images(self) -> Indices:
        """The number of the point gx, shape (order of G, points), read-only."""
        return frozen(self.point_of[self.group.product_table[:, list(self.section)]])

    @cached_property
    def cocycle(self) -> Indices:
        """The number in H of h(g, x) = s(gx)^-1 g s(x), shape (order of G, points), read-only.

        h(gg', x) = h(g, g'x) h(g', x), as `check` proves.
        """
        table, section = self.group.product_table, np.array(self.section)
        in_group = table[self.group.inverses[section[self.images]], table[:, section]]
        number = np.full(self.group.order, -1)
        number[list(self.subgroup.members)] = np.arange(self.subgroup.order)
        return frozen(number[in_group])

    @property
    def quotient(self) -> PermutationRepresentation[E]:
        """The representation of G on the functions on the points: that induced by the trivial one of H.

        Examples
        --------
        >>> from lgt.group import Cyclic
        >>> C_6 = Cyclic(6)
        >>> HomogeneousSpace(C_6, C_6.generate(C_6.elements[2])).quotient.images.tolist()
        [[0, 1], [1, 0], [0, 1], [1, 0], [0, 1], [1, 0]]
        """
        return PermutationRepresentation(self.group, self.images, "quotient")

    def stabiliser(self, x: int) -> Subgroup[E]:
        """Return the subgroup of the elements that keep the point x: s(x) H s(x)^-1."""
        return Subgroup(self.group, tuple(np.flatnonzero(self.images[:, x] == x).tolist()))

    def induced(self, representation: Representation[E]) -> InducedRepresentation[E]:
        """Return the representation of G on the fields with values in a representation of H.

        Examples
        --------
        >>> from lgt.group import Dihedral, planar
        >>> D_3 = Dihedral(3)
        >>> space = HomogeneousSpace(D_3, D_3.generate())
        >>> space.induced(planar(D_3).restricted(D_3.generate())).dimension
        12
        """
        return InducedRepresentation(self, as_matrices(representation))

    def check(self) -> None:
        """Prove that g s(x) = s(gx) h(g, x), that G acts on the points, and h(gg', x) = h(g, g'x) h(g', x).

        Raises
        ------
        CheckError
            If a law fails.
        """
        group, images, h = self.group, self.images, self.cocycle
        multiply, neutral = self.subgroup.product_table, self.subgroup.identity_index
        if (h < 0).any():
            raise CheckError(f"the cocycle of {self!r}", "h(g, x) outside of H", "correct the section")
        section, members = np.array(self.section), np.array(self.subgroup.members)
        if (group.product_table[section[images], members[h]] != group.product_table[:, section]).any():
            raise CheckError(f"the cocycle of {self!r}", "s(gx) h(g, x) unlike g s(x)", "correct cocycle")
        if (images[group.identity_index] != np.arange(len(self))).any():
            raise CheckError(f"the action on {self!r}", "the identity moves a point", "correct images")
        if (h[group.identity_index] != neutral).any():
            raise CheckError(f"the cocycle of {self!r}", "h(e, x) unlike e", "correct cocycle")
        for g in group.generating_indices:  # as the right factor; that implies it for all
            products = group.product_table[:, g]
            if (images[products] != images[:, images[g]]).any():
                raise CheckError(f"the action on {self!r}", "(gg')x unlike g(g'x)", "correct images")
            if (h[products] != multiply[h[:, images[g]], h[g]]).any():
                found = "h(gg', x) unlike h(g, g'x) h(g', x)"
                raise CheckError(f"the cocycle of {self!r}", found, "correct cocycle")


@final
@dataclass(frozen=True, repr=False)
class InducedRepresentation(Representation[E], Generic[E]):
    """A finite group on the fields on G/H: (g F)(gx) = rho(h(g, x)) F(x).

    As a vector, component a at the point x has the number x * rho.dimension + a.

    Parameters
    ----------
    space
        G/H.
    inducing
        rho, a representation of H.

    Raises
    ------
    InputError
        If rho is a representation of another group.

    Examples
    --------
    >>> from lgt.group import Dihedral, planar
    >>> D_4 = Dihedral(4)
    >>> vectors = planar(D_4).restricted(D_4.rotations)
    >>> induced = HomogeneousSpace(D_4, D_4.rotations).induced(vectors)
    >>> induced, induced.dimension
    (Ind planar_1(D_4+) to D_4, 4)
    >>> induced.check_homomorphism(np.random.default_rng(0))
    """

    space: HomogeneousSpace[E]
    inducing: MatrixRepresentation[E]
    group: FiniteGroup[E] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "group", self.space.group)
        if self.inducing.group != self.space.subgroup:
            asked = f"the representation of {self.space.group!r} induced by {self.inducing!r}"
            raise InputError(asked, "another subgroup", f"give a representation of {self.space.subgroup!r}")

    def __repr__(self) -> str:
        return f"{self.name} to {self.group!r}"

    @property
    def name(self) -> str:
        """What it prints as."""
        return f"Ind {self.inducing!r}"

    @property
    def dimension(self) -> int:
        """The number of points times the dimension of rho."""
        return len(self.space) * self.inducing.dimension

    @property
    def character(self) -> NDArray[Any]:
        """The trace on each conjugacy class: the sum of chi_rho(h(g, x)) over the points that g keeps."""
        first = [members[0] for members in self.group.classes]
        traces = np.trace(self.inducing.matrices, axis1=1, axis2=2)
        kept = self.space.images[first] == np.arange(len(self.space))
        return np.asarray((traces[self.space.cocycle[first]] * kept).sum(axis=1))

    def matrix(self, g: E) -> NDArray[Any]:
        """Return the matrix of g, shape (dimension, dimension)."""
        i, points, n = self.group.index(g), len(self.space), self.inducing.dimension
        D = np.zeros((points, n, points, n), dtype=self.inducing.matrices.dtype)
        D[self.space.images[i], :, np.arange(points)] = self.inducing.matrices[self.space.cocycle[i]]
        return D.reshape(self.dimension, self.dimension)

    def act(self, g: E, fields: ArrayLike) -> NDArray[Any]:
        """Return g F for fields F, shape (..., points, rho.dimension)."""
        F, i = self._fields(fields), self.group.index(g)
        moved = np.einsum("xab,...xb->...xa", self.inducing.matrices[self.space.cocycle[i]], F)
        out: NDArray[Any] = np.empty_like(moved)
        out[..., self.space.images[i], :] = moved
        return out

    def to_group(self, fields: ArrayLike) -> NDArray[Any]:
        """Return the Mackey functions f(s(x) h) = rho(h)^-1 F(x) of fields F.

        Parameters
        ----------
        fields
            F, shape (..., points, rho.dimension).

        Returns
        -------
        ndarray
            f of each element by its number, shape (..., order of G, rho.dimension).
        """
        space = self.space
        section = np.array(space.section)[space.point_of]
        h = space.group.product_table[space.group.inverses[section], np.arange(space.group.order)]
        back = space.subgroup.inverses[np.searchsorted(space.subgroup.members, h)]
        F = self._fields(fields)[..., space.point_of, :]
        return np.asarray(np.einsum("gab,...gb->...ga", self.inducing.matrices[back], F))

    def from_group(self, functions: ArrayLike, tolerance: float = 1e-9) -> NDArray[Any]:
        """Return the fields F(x) = f(s(x)) of Mackey functions f.

        Parameters
        ----------
        functions
            f, shape (..., order of G, rho.dimension).
        tolerance
            By how much f(gh) may differ from rho(h)^-1 f(g), relative to the largest value.

        Raises
        ------
        InputError
            If f is no Mackey function.
        """
        f = np.asarray(functions)
        if f.ndim < 2 or f.shape[-2:] != (self.group.order, self.inducing.dimension):
            wanted = f"(..., {self.group.order}, {self.inducing.dimension})"
            raise ShapeError(f"functions on {self.group!r}", f"shape {f.shape}", f"give {wanted}")
        F = f[..., list(self.space.section), :]
        wrong = np.abs(self.to_group(F) - f).max(initial=0.0)
        if not wrong <= tolerance * max(1.0, np.abs(f).max(initial=0.0)):
            found = f"f(gh) unlike rho(h)^-1 f(g) by {wrong:.3g}"
            raise InputError(f"a field of {self!r}", found, "give a Mackey function")
        return np.asarray(F)

    def _fields(self, fields: ArrayLike) -> NDArray[Any]:
        """Return fields after a look at their shape."""
        F: NDArray[Any] = np.asarray(fields)
        if F.ndim < 2 or F.shape[-2:] != (len(self.space), self.inducing.dimension):
            wanted = f"(..., {len(self.space)}, {self.inducing.dimension})"
            raise ShapeError(f"fields of {self!r}", f"shape {F.shape}", f"give {wanted}")
        return F


def frobenius_map(
    induced: InducedRepresentation[E], target: Representation[E], maps: ArrayLike
) -> NDArray[Any]:
    """Turn H-maps T: rho -> sigma into the G-maps F -> sum over x of sigma(s(x)) T F(x) from Ind rho.

    Parameters
    ----------
    induced
        Ind rho.
    target
        sigma, a representation of G.
    maps
        T, shape (..., target.dimension, rho.dimension), with T rho(h) = sigma(h) T for h in H.

    Returns
    -------
    ndarray
        Shape (..., target.dimension, induced.dimension).
    """
    T = np.asarray(maps)
    blocks = np.einsum("xab,...bc->...axc", as_matrices(target).matrices[list(induced.space.section)], T)
    return np.asarray(blocks.reshape(*T.shape[:-1], induced.dimension))


def frobenius_reciprocity(
    induced: InducedRepresentation[E], target: Representation[E], tolerance: float = 1e-9
) -> int:
    """Return dim Hom_G(Ind rho, sigma) after proving that it is dim Hom_H(rho, Res sigma).

    Hom_H is solved for and carried to Hom_G by `frobenius_map`; its images must be G-maps, independent, and
    as many as the characters of G ask for.

    Parameters
    ----------
    induced
        Ind rho.
    target
        sigma, a representation of G.
    tolerance
        The largest difference of two matrix entries that count as equal.

    Raises
    ------
    CheckError
        If the law fails.

    Examples
    --------
    >>> from lgt.group import Hyperoctahedral, natural, trivial
    >>> cube = Hyperoctahedral(3)
    >>> faces = HomogeneousSpace(cube, cube.subgroup(g for g in cube.elements if g.matrix()[0, 0] == 1))
    >>> frobenius_reciprocity(faces.induced(trivial(faces.subgroup)), natural(cube))  # the normal vector
    1
    """
    asked = f"Frobenius reciprocity of {induced!r} and {target!r}"
    if target.group != induced.group:
        raise InputError(asked, "another group", f"give a representation of {induced.group!r}")
    group, sigma = induced.group, as_matrices(target)
    below = intertwiners(induced.inducing, sigma.restricted(induced.space.subgroup))
    above = frobenius_map(induced, sigma, below)
    for i in group.generating_indices:
        g = group.elements[i]
        wrong = np.abs(above @ induced.matrix(g) - sigma.matrices[i] @ above).max(initial=0.0)
        if not wrong <= tolerance:
            raise CheckError(asked, f"an image that is no G-map, by {wrong:.3g}", "correct the cocycle")
    count = len(below)
    rank = (
        int(np.linalg.matrix_rank(above.reshape(count, target.dimension * induced.dimension))) if count else 0
    )
    product = (induced.character.conj() * sigma.character * group.class_sizes).sum() / group.order
    if rank != count or not abs(product - count) <= 1e-6:
        found = (
            f"{count} maps below, {rank} independent ones above, where the characters ask for {product:.6g}"
        )
        raise CheckError(asked, found, "give representations")
    return count
