"""One-dimensional characters: the homomorphisms from a finite group to the complex numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar, final

import numpy as np
from numpy.typing import NDArray

from lgt.errors import InputError
from lgt.group._base import Representation
from lgt.group._finite import FiniteGroup

E = TypeVar("E")


@final
@dataclass(frozen=True, repr=False)
class Character(Representation[E], Generic[E]):
    """A representation by numbers: chi(gh) = chi(g) chi(h), one for each element; from `characters`.

    Parameters
    ----------
    group
        The group.
    values
        chi of each element by its number; integers if all are +1 or -1.

    Raises
    ------
    InputError
        If there is not one number for each element, or chi(gh) is not chi(g) chi(h).

    Examples
    --------
    >>> from lgt.group import point_group
    >>> [chi.values for chi in characters(point_group("Z_2^d", 1))]
    [(1, 1), (1, -1)]
    """

    group: FiniteGroup[E]
    values: tuple[complex, ...]

    def __post_init__(self) -> None:
        asked, remedy = f"a character of {self.group!r}", "take it from characters(group)"
        chi = np.array(self.values)
        if chi.shape != (self.group.order,) or chi.dtype.kind not in "ifc":
            found = f"values of shape {chi.shape}, {chi.dtype}"
            raise InputError(asked, found, f"give {self.group.order} numbers, or {remedy}")
        # Row by row, so that memory stays small; with chi = 0 everywhere the products agree, too.
        wrong = max(
            np.abs(chi[row] - a * chi).max() for row, a in zip(self.group.product_table, chi, strict=True)
        )
        if not max(wrong, abs(abs(chi[0]) - 1)) <= 1e-9:
            raise InputError(asked, "values with chi(gh) unlike chi(g) chi(h)", remedy)

    def __repr__(self) -> str:
        return f"Character({self.group!r}: {', '.join(f'{v:.3g}' for v in self.values)})"

    @property
    def dimension(self) -> int:
        """One."""
        return 1

    @property
    def is_real(self) -> bool:
        """Whether all values are +1 or -1."""
        return all(value in (1, -1) for value in self.values)

    def matrix(self, g: E) -> NDArray[np.number]:
        """Return chi(g), shape (1, 1)."""
        return np.array([[self.values[self.group.index(g)]]])


def characters(group: FiniteGroup[E]) -> tuple[Character[E], ...]:
    """Return all one-dimensional characters, the trivial one first, then the real, then the complex ones.

    They are the characters of the quotient by the commutators. Starting from that subgroup, where they are
    1, each is extended element by element: if g^m is the first power of g that lies in the subgroup H so
    far, chi(g) is any m-th root of chi(g^m).

    Examples
    --------
    >>> from lgt.group import Hyperoctahedral, point_group
    >>> len(characters(Hyperoctahedral(3))), len(characters(point_group("C_4", 2)))
    (4, 4)
    """
    table, order = group.product_table, group.order
    a = np.arange(order)
    commutators = table[table[table, group.inverses[:, None]], group.inverses[None, :]]
    start = group.generate(*(group.elements[i] for i in np.unique(commutators)))
    # Values are kept as fractions of a turn, 0 <= phase < 1, exact as multiples of 1 / order.
    known = [dict.fromkeys(start.members, 0)]
    while len(known[0]) < order:
        g = next(int(i) for i in a if int(i) not in known[0])
        powers = [group.index(group.identity)]
        while (following := int(table[powers[-1], g])) not in known[0]:
            powers.append(following)
        m = len(powers)
        known = [
            {
                int(table[h, power]): (phase + k * step) % order
                for h, phase in chi.items()
                for k, power in enumerate(powers)
            }
            for chi in known
            for step in _roots(chi[following], m, order)
        ]
    phases = sorted(tuple(chi[i] for i in range(order)) for chi in known)
    phases.sort(key=lambda row: (any(row), any(2 * p % order for p in row)))
    return tuple(Character(group, tuple(_value(p, order) for p in row)) for row in phases)


def _roots(phase: int, m: int, order: int) -> list[int]:
    """Return the multiples s of 1 / order of a turn with m s = phase."""
    return [s for s in range(order) if (m * s - phase) % order == 0]


def _value(phase: int, order: int) -> complex:
    """Return exp(2 pi i phase / order); quarter turns exactly, half turns as integers."""
    if 2 * phase % order == 0:
        return 1 if phase == 0 else -1
    if 4 * phase % order == 0:
        return 1j if 4 * phase == order else -1j
    return complex(np.exp(2j * np.pi * phase / order))
