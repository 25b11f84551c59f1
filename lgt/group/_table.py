"""Groups known by their product table alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np

from lgt.errors import InputError
from lgt.group._finite import FiniteGroup, Indices, frozen


@final
@dataclass(frozen=True, repr=False)
class TableGroup(FiniteGroup[int]):
    """A group given by its product table alone; its elements are the integers 0 to order - 1.

    The table is believed until `FiniteGroup.check_axioms` is called.

    Parameters
    ----------
    table
        The number of each product, as rows of rows.

    Examples
    --------
    >>> klein = TableGroup(((0, 1, 2, 3), (1, 0, 3, 2), (2, 3, 0, 1), (3, 2, 1, 0)))
    >>> klein.check_axioms(np.random.default_rng(0))
    >>> klein.is_abelian, klein.element_orders.tolist()
    (True, [1, 2, 2, 2])
    """

    table: tuple[tuple[int, ...], ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "table", tuple(tuple(int(i) for i in row) for row in self.table))
        if not self.table or any(len(row) != len(self.table) for row in self.table):
            raise InputError(
                "a product table", "rows of unequal lengths or none", "give order x order numbers"
            )

    def __repr__(self) -> str:
        return f"<group by table, order {len(self.table)}>"

    @cached_property
    def forms(self) -> Indices:
        """The numbers themselves, shape (order, 1)."""
        return frozen(np.arange(len(self.table))[:, None])

    def form(self, g: int) -> tuple[int, ...]:
        """Return the canonical form of an element, (g,)."""
        return (g,)

    def element(self, form: tuple[int, ...]) -> int:
        """Return the element of a canonical form."""
        return form[0]

    def compose_forms(self, a: Indices, b: Indices) -> Indices:
        """Return the forms of the products, shape (..., 1), of broadcasting arrays of forms."""
        return np.array(self.table)[a, b]
