"""Direct and semidirect products of finite groups."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar, final

import numpy as np

from lgt.errors import InputError
from lgt.group._finite import FiniteGroup, Indices, Subgroup, frozen

A = TypeVar("A")
B = TypeVar("B")


class _Pairs(FiniteGroup[tuple[A, B]], Generic[A, B]):
    """What the products have in common: elements are pairs, forms are the pairs of their numbers.

    The pair of numbers (i, j) has the number i * order of the second factor + j.
    """

    first: FiniteGroup[A]
    second: FiniteGroup[B]

    @cached_property
    def forms(self) -> Indices:
        """The numbers of both parts, shape (order, 2)."""
        return frozen(np.indices((self.first.order, self.second.order)).reshape(2, -1).T)

    def form(self, g: tuple[A, B]) -> tuple[int, ...]:
        """Return the numbers of both parts of an element."""
        return self.first.index(g[0]), self.second.index(g[1])

    def element(self, form: tuple[int, ...]) -> tuple[A, B]:
        """Return the element whose parts have these numbers."""
        return self.first.elements[form[0]], self.second.elements[form[1]]

    def _subgroup_of_pairs(self, first: bool) -> Subgroup[tuple[A, B]]:
        """Return the pairs whose other part is the identity."""
        other = self.second.identity_index if first else self.first.identity_index
        return Subgroup(self, tuple(np.flatnonzero(self.forms[:, int(first)] == other).tolist()))


@final
@dataclass(frozen=True, repr=False)
class DirectProduct(_Pairs[A, B]):
    """The direct product A x B: pairs, (a, b)(a', b') = (aa', bb').

    Parameters
    ----------
    first, second
        The factors.

    Examples
    --------
    >>> from lgt.group import Cyclic
    >>> group = DirectProduct(Cyclic(2), Cyclic(3))
    >>> group, group.order, group.element_orders.max()
    (C_2 x C_3, 6, np.int64(6))
    """

    first: FiniteGroup[A]
    second: FiniteGroup[B]

    def __repr__(self) -> str:
        return f"{_bracketed(self.first)} x {_bracketed(self.second)}"

    def compose_forms(self, a: Indices, b: Indices) -> Indices:
        """Return the forms of the products, shape (..., 2), of broadcasting arrays of forms."""
        return np.stack(
            [
                self.first.product_table[a[..., 0], b[..., 0]],
                self.second.product_table[a[..., 1], b[..., 1]],
            ],
            axis=-1,
        )

    @property
    def embedded(self) -> tuple[Subgroup[tuple[A, B]], Subgroup[tuple[A, B]]]:
        """The subgroups A x {e} and {e} x B."""
        return self._subgroup_of_pairs(True), self._subgroup_of_pairs(False)


@final
@dataclass(frozen=True, repr=False)
class SemidirectProduct(_Pairs[A, B]):
    """The semidirect product N x| H: pairs, (n, h)(n', h') = (n h(n'), hh'), h acting by automorphisms.

    Parameters
    ----------
    first
        N, the normal factor.
    second
        H, the factor that acts.
    images
        The number of h(n), a row for each h; `semidirect` makes it from a function.

    Raises
    ------
    InputError
        If a row is no automorphism of N, or the rows do not compose as the elements of H do.

    Examples
    --------
    >>> from lgt.group import Cyclic
    >>> group = semidirect(Cyclic(5), Cyclic(2), lambda h, n: n.inverse() if h.turns else n)
    >>> group, group.order, len(group.classes)  # as D_5
    (C_5 x| C_2, 10, 4)
    """

    first: FiniteGroup[A]
    second: FiniteGroup[B]
    images: tuple[tuple[int, ...], ...]

    def __post_init__(self) -> None:
        rows = tuple(tuple(int(i) for i in row) for row in self.images)
        object.__setattr__(self, "images", rows)
        N, H, asked = self.first, self.second, f"an action of {self.second!r} on {self.first!r}"
        if len(rows) != H.order or any(sorted(row) != list(range(N.order)) for row in rows):
            raise InputError(asked, "rows that do not permute", f"give {H.order} rows of {N.order} numbers")
        images = np.array(rows)
        if any((row[N.product_table] != N.product_table[row[:, None], row]).any() for row in images):
            raise InputError(asked, "h(nn') unlike h(n) h(n')", "give automorphisms")
        if any((images[H.product_table[:, s]] != images[:, images[s]]).any() for s in range(H.order)):
            raise InputError(asked, "(hh')(n) unlike h(h'(n))", "let them compose as the elements do")

    def __repr__(self) -> str:
        return f"{_bracketed(self.first)} x| {_bracketed(self.second)}"

    @cached_property
    def _images(self) -> Indices:
        return frozen(self.images)

    def compose_forms(self, a: Indices, b: Indices) -> Indices:
        """Return the forms of the products, shape (..., 2), of broadcasting arrays of forms."""
        moved = self._images[a[..., 1], b[..., 0]]
        return np.stack(
            [self.first.product_table[a[..., 0], moved], self.second.product_table[a[..., 1], b[..., 1]]],
            axis=-1,
        )

    @property
    def embedded(self) -> tuple[Subgroup[tuple[A, B]], Subgroup[tuple[A, B]]]:
        """The subgroups N, which is normal, and H."""
        return self._subgroup_of_pairs(True), self._subgroup_of_pairs(False)


def semidirect(
    normal: FiniteGroup[A], acting: FiniteGroup[B], action: Callable[[B, A], A]
) -> SemidirectProduct[A, B]:
    """Return the semidirect product of two groups by a function (h, n) -> h(n) of their elements.

    Raises
    ------
    InputError
        If the function is no action by automorphisms.
    """
    images = tuple(tuple(normal.index(action(h, n)) for n in normal.elements) for h in acting.elements)
    return SemidirectProduct(normal, acting, images)


def _bracketed(group: FiniteGroup[A]) -> str:
    """Return how a factor prints: products in brackets."""
    text = repr(group)
    return f"({text})" if " x" in text and not text.startswith("<") else text
