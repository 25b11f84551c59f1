"""Finite groups: canonical forms, one hash look-up, and all that follows from the product table."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lgt.errors import CheckError, InputError
from lgt.group._base import Group

E = TypeVar("E")
Indices = NDArray[np.int64]


class FiniteGroup(Group[E]):
    """A group of finitely many elements, each known by its canonical form, a row of integers.

    Equal elements have equal forms, so the index of an element is one look-up in a dictionary of forms,
    and the product table is the vectorised product of all pairs of forms followed by that look-up.
    Elements are numbered in the order of `forms`; everything else is computed on these numbers.

    Examples
    --------
    >>> from lgt.group import Hyperoctahedral
    >>> group = Hyperoctahedral(2)
    >>> group.order, group.is_abelian, [len(c) for c in group.classes]
    (8, False, [1, 2, 1, 2, 2])
    >>> group.elements[group.product_table[3, 4]] == group.elements[3] * group.elements[4]
    True
    """

    @property
    @abstractmethod
    def forms(self) -> Indices:
        """The canonical forms of all elements, shape (order, k), all different."""

    @abstractmethod
    def form(self, g: E) -> tuple[int, ...]:
        """Return the canonical form of an element, k integers."""

    @abstractmethod
    def element(self, form: tuple[int, ...]) -> E:
        """Return the element of a canonical form."""

    @abstractmethod
    def compose_forms(self, a: Indices, b: Indices) -> Indices:
        """Return the forms of the products, shape (..., k), of broadcasting arrays of forms."""

    def __getstate__(self) -> dict[str, Any]:
        # Tables are made again when asked for: a pickle of B_4 has 74 bytes, and numpy would forget that
        # they are read-only.
        names = getattr(type(self), "__dataclass_fields__", self.__dict__)
        return {name: getattr(self, name) for name in names}

    @property
    def order(self) -> int:
        """The number of elements."""
        return len(self.forms)

    @cached_property
    def elements(self) -> tuple[E, ...]:
        """All elements, in the order of their numbers."""
        return tuple(self.element(tuple(form)) for form in self.forms.tolist())

    @cached_property
    def _numbers(self) -> dict[bytes, int]:
        """The hash table from the bytes of a form to the number of its element."""
        numbers = {row.tobytes(): i for i, row in enumerate(np.ascontiguousarray(self.forms, np.int64))}
        if len(numbers) != len(self.forms):
            raise CheckError(
                f"canonical forms of {self!r}", "a form twice", "give equal elements equal forms"
            )
        return numbers

    def index(self, g: E) -> int:
        """Return the number of an element.

        Raises
        ------
        InputError
            If g is not in the group.
        """
        number = self._numbers.get(np.array(self.form(g), dtype=np.int64).tobytes())
        if number is None:
            raise InputError(f"the index of {g!r}", f"no such element in {self!r}", "give an element of it")
        return number

    @cached_property
    def product_table(self) -> Indices:
        """The number of g_i g_j, shape (order, order), read-only.

        Raises
        ------
        CheckError
            If a product is not in the group.
        """
        n, look_up = self.order, self._numbers.get
        forms = np.ascontiguousarray(self.forms, np.int64)
        row_bytes = np.dtype((np.void, 8 * forms.shape[-1]))
        table = np.empty((n, n), dtype=np.int64)
        for i, form in enumerate(forms):  # row by row, so that memory stays at one table
            products = np.ascontiguousarray(self.compose_forms(form, forms), np.int64)
            rows: list[Any] = products.view(row_bytes)[:, 0].tolist()
            table[i] = [look_up(row, -1) for row in rows]
        if (table < 0).any():
            raise CheckError(
                f"the product table of {self!r}", "a product outside", "close the set under products"
            )
        return frozen(table)

    @cached_property
    def identity_index(self) -> int:
        """The number of the neutral element: its row and column of the table change nothing."""
        every = np.arange(self.order)
        table = self.product_table
        neutral = np.flatnonzero((table == every).all(axis=1) & (table == every[:, None]).all(axis=0))
        if len(neutral) != 1:
            raise CheckError(f"the identity of {self!r}", "no neutral element", "correct the products")
        return int(neutral[0])

    @cached_property
    def inverses(self) -> Indices:
        """The number of g_i^-1, shape (order,), read-only.

        Raises
        ------
        CheckError
            If an element has no inverse on both sides, or several.
        """
        hits = self.product_table == self.identity_index
        if not ((hits.sum(axis=0) == 1).all() and (hits.sum(axis=1) == 1).all() and (hits == hits.T).all()):
            raise CheckError(f"the inverses of {self!r}", "not one for each element", "correct the products")
        return frozen(hits.argmax(axis=1))

    @property
    def identity(self) -> E:
        """The neutral element."""
        return self.elements[self.identity_index]

    def compose(self, g: E, h: E) -> E:
        """Return the product gh: first h acts, then g."""
        return self.elements[int(self.product_table[self.index(g), self.index(h)])]

    def inverse(self, g: E) -> E:
        """Return the inverse of g."""
        return self.elements[int(self.inverses[self.index(g)])]

    def sample(self, rng: np.random.Generator) -> E:
        """Draw an element, all with equal probability."""
        return self.elements[int(rng.integers(self.order))]

    def distance(self, g: E, h: E) -> float:
        """Return 0 for equal elements and 1 for different ones."""
        return float(self.form(g) != self.form(h))

    def check_axioms(self, rng: np.random.Generator, samples: int = 20, tolerance: float = 1e-12) -> None:
        """Prove the axioms for all elements, from the product table.

        Closure, identity and inverses are looked up; associativity is Light's test, (xg)y = x(gy) for all
        x and y and for g in a generating set, which implies it for all g (Clifford and Preston, The
        Algebraic Theory of Semigroups I, section 1.2). Forms and elements must also be each other's
        inverse maps. `compose` and `inverse` are held to the table and the axioms on random elements; the
        arguments are those of `Group.check_axioms`.

        Raises
        ------
        CheckError
            If a law fails.
        """
        table, _ = self.product_table, self.inverses
        for g in self.generating_indices:
            if not np.array_equal(table[table[:, g]], table[:, table[g]]):
                raise CheckError(
                    f"the law (xg)y = x(gy) of {self!r}",
                    f"it fails for g = {self.elements[g]!r}",
                    "correct it",
                )
        if any(self.index(g) != i for i, g in enumerate(self.elements)):
            raise CheckError(f"the elements of {self!r}", "form(element(f)) != f", "correct form or element")
        for _ in range(samples):
            i, j = rng.integers(self.order, size=2).tolist()
            g, h = self.elements[i], self.elements[j]
            if self.index(self.compose(g, h)) != table[i, j]:
                raise CheckError(
                    f"the product of {g!r} and {h!r} in {self!r}",
                    "another one in the table",
                    "correct compose",
                )
        super().check_axioms(rng, samples, tolerance)

    @cached_property
    def generating_indices(self) -> tuple[int, ...]:
        """The numbers of some generators, chosen greedily: each lies outside of what the earlier reach."""
        chosen: list[int] = []
        reached = np.zeros(self.order, dtype=bool)
        for i in range(self.order):
            if not reached[i]:
                chosen.append(i)
                reached = self._closure(chosen)
        return tuple(chosen)

    def _closure(self, generators: Iterable[int]) -> NDArray[np.bool_]:
        """Mark all products of the generators, shape (order,). In a finite group that is a subgroup."""
        seeds = np.array(list(generators), dtype=np.int64)
        reached = np.zeros(self.order, dtype=bool)
        fresh = seeds
        while len(fresh):
            reached[fresh] = True
            fresh = np.unique(self.product_table[fresh][:, seeds])
            fresh = fresh[~reached[fresh]]
        return reached

    def generate(self, *generators: E) -> Subgroup[E]:
        """Return the smallest subgroup that contains the given elements (none: the trivial one).

        Examples
        --------
        >>> from lgt.group import Hyperoctahedral, SignedPermutation
        >>> Hyperoctahedral(3).generate(SignedPermutation.rotation(3, 0, 1))
        <subgroup of B_3, order 4>
        """
        reached = self._closure([self.identity_index, *map(self.index, generators)])
        return Subgroup(self, tuple(np.flatnonzero(reached).tolist()))

    def subgroup(self, elements: Iterable[E]) -> Subgroup[E]:
        """Return the subgroup made of exactly the given elements.

        Raises
        ------
        InputError
            If they are not closed under products.
        """
        members = sorted({self.index(g) for g in elements})
        closed = np.flatnonzero(self._closure([self.identity_index, *members]))
        if closed.tolist() != members:
            raise InputError(
                f"a subgroup of {self!r}",
                f"{len(members)} elements that are not closed",
                "use generate(*elements)",
            )
        return Subgroup(self, tuple(members))

    @cached_property
    def class_of(self) -> Indices:
        """The number of each element's conjugacy class, shape (order,), read-only."""
        table = self.product_table
        conjugates = table[table, self.inverses[:, None]]  # [g, x] -> g x g^-1
        return frozen(np.unique(conjugates.min(axis=0), return_inverse=True)[1].reshape(-1))

    @cached_property
    def classes(self) -> tuple[Indices, ...]:
        """The conjugacy classes as sorted arrays of numbers, in the order of their smallest number."""
        return _parts(self.class_of)

    @cached_property
    def class_sizes(self) -> Indices:
        """The number of elements of each class, shape (number of classes,), read-only."""
        return frozen(np.bincount(self.class_of))

    def cosets(self, subgroup: Subgroup[E], side: str = "left") -> tuple[Indices, ...]:
        """Return the cosets gH (left) or Hg (right) of a subgroup H of this group.

        Parameters
        ----------
        subgroup
            A subgroup made by `generate` or `subgroup` of this same group.
        side
            "left" or "right".

        Returns
        -------
        tuple of ndarray
            Sorted arrays of element numbers, in the order of their smallest number.

        Examples
        --------
        >>> from lgt.group import Hyperoctahedral
        >>> group = Hyperoctahedral(2)
        >>> [c.tolist() for c in group.cosets(group.rotations)]
        [[0, 3, 5, 6], [1, 2, 4, 7]]
        """
        if subgroup.parent != self:
            raise InputError(f"cosets of {subgroup!r} in {self!r}", "another parent", "use its own parent")
        if side not in ("left", "right"):
            raise InputError(f"cosets on side {side!r}", "no such side", "use 'left' or 'right'")
        table = self.product_table if side == "left" else self.product_table.T
        labels = table[:, list(subgroup.members)].min(axis=1)
        return _parts(np.unique(labels, return_inverse=True)[1].reshape(-1))

    def double_cosets(self, left: Subgroup[E], right: Subgroup[E]) -> tuple[Indices, ...]:
        """Return the double cosets K g H of two subgroups K (left) and H (right) of this group.

        Returns
        -------
        tuple of ndarray
            Sorted arrays of element numbers, in the order of their smallest number.

        Raises
        ------
        InputError
            If one of them is a subgroup of another group.

        Examples
        --------
        >>> from lgt.group import Hyperoctahedral, SignedPermutation
        >>> group = Hyperoctahedral(2)
        >>> K = group.generate(SignedPermutation.reflection(2, 0))
        >>> [c.tolist() for c in group.double_cosets(K, K)]
        [[0, 2], [1, 3], [4, 5, 6, 7]]
        """
        for subgroup in (left, right):
            if subgroup.parent != self:
                asked = f"double cosets of {subgroup!r} in {self!r}"
                raise InputError(asked, "another parent", "use its own parent")
        smallest = self.product_table[:, list(right.members)].min(axis=1)  # of g H
        labels = smallest[self.product_table[list(left.members)]].min(axis=0)
        return _parts(np.unique(labels, return_inverse=True)[1].reshape(-1))

    @cached_property
    def element_orders(self) -> Indices:
        """The smallest n >= 1 with g_i^n = e, shape (order,), read-only."""
        orders = np.zeros(self.order, dtype=np.int64)
        every = np.arange(self.order)
        power = every
        for n in range(1, self.order + 1):
            orders[(power == self.identity_index) & (orders == 0)] = n
            if orders.all():
                break
            power = self.product_table[power, every]
        return frozen(orders)

    @cached_property
    def centre(self) -> Subgroup[E]:
        """The subgroup of the elements that commute with all others."""
        commuting = (self.product_table == self.product_table.T).all(axis=1)
        return Subgroup(self, tuple(np.flatnonzero(commuting).tolist()))

    @cached_property
    def is_abelian(self) -> bool:
        """Whether all elements commute."""
        return bool((self.product_table == self.product_table.T).all())


@final
@dataclass(frozen=True, repr=False)
class Subgroup(FiniteGroup[E]):
    """A subgroup, by the numbers of its members in the parent; made by the methods of `FiniteGroup`.

    Parameters
    ----------
    parent
        The group it lies in.
    members
        The numbers of its elements in the parent, sorted.
    name
        What it prints as.

    Examples
    --------
    >>> from lgt.group import Hyperoctahedral
    >>> rotations = Hyperoctahedral(3).rotations
    >>> rotations, rotations.order, len(rotations.classes)
    (B_3+, 24, 5)
    """

    parent: FiniteGroup[E]
    members: tuple[int, ...]
    name: str = field(default="", compare=False)

    def __repr__(self) -> str:
        return self.name or f"<subgroup of {self.parent!r}, order {self.order}>"

    @property
    def is_normal(self) -> bool:
        """Whether left and right cosets agree: whether g h g^-1 is a member for all h and all g."""
        conjugates = np.concatenate(
            [self.parent.classes[c] for c in set(self.parent.class_of[list(self.members)])]
        )
        return len(conjugates) == self.order

    @cached_property
    def forms(self) -> Indices:
        """The canonical forms of the members, shape (order, k)."""
        return frozen(self.parent.forms[list(self.members)])

    def form(self, g: E) -> tuple[int, ...]:
        """Return the canonical form of an element, the parent's."""
        return self.parent.form(g)

    def element(self, form: tuple[int, ...]) -> E:
        """Return the element of a canonical form."""
        return self.parent.element(form)

    def compose_forms(self, a: Indices, b: Indices) -> Indices:
        """Return the forms of the products, shape (..., k), of broadcasting arrays of forms."""
        return self.parent.compose_forms(a, b)


def frozen(array: ArrayLike) -> Indices:
    """Return a read-only copy, so that cached tables cannot be changed by their users."""
    out = np.array(array, dtype=np.int64)
    out.setflags(write=False)
    return out


def _parts(labels: Indices) -> tuple[Indices, ...]:
    """Split 0..n-1 by label 0, 1, ...; labels must be numbered by their first appearance or smallest."""
    return tuple(frozen(np.flatnonzero(labels == label)) for label in range(int(labels.max()) + 1))
