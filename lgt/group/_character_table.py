"""Character tables of finite groups: exact, sorted, and proved by what characterises them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Generic, TypeVar, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lgt.errors import CheckError, InputError, ShapeError
from lgt.group._base import Representation
from lgt.group._cyclic import cosine_sine
from lgt.group._dixon import exact_characters
from lgt.group._finite import FiniteGroup, Indices
from lgt.group._matrix_representation import as_matrices

E = TypeVar("E")


@final
@dataclass(frozen=True, eq=False, repr=False)
class CharacterTable(Generic[E]):
    """All irreducible characters of a finite group; from `character_table`.

    Parameters
    ----------
    group
        The group.
    values
        A row for each irreducible representation, a column for each of `group.classes`, in that order;
        kept as a read-only copy, complex128.

    Raises
    ------
    ShapeError
        If it is not square, with one column for each class.
    CheckError
        If it is not the table of the group, see `check`.

    Examples
    --------
    >>> from lgt.group import Hyperoctahedral
    >>> print(character_table(Hyperoctahedral(2)))
    size   1   2   1   2   2
    order  1   2   2   2   4
           1   1   1   1   1
           1  -1   1  -1   1
           1   1   1  -1  -1
           1  -1   1   1  -1
           2   0  -2   0   0
    """

    group: FiniteGroup[E]
    values: NDArray[np.complex128]

    def __post_init__(self) -> None:
        values, k = np.array(self.values, dtype=np.complex128) + 0.0, len(self.group.classes)
        if values.shape != (k, k):
            raise ShapeError(f"the characters of {self.group!r}", f"shape {values.shape}", f"give {(k, k)}")
        values.setflags(write=False)
        object.__setattr__(self, "values", values)
        self.check()

    def __repr__(self) -> str:
        return f"<character table of {self.group!r}>"

    def __str__(self) -> str:
        first = [members[0] for members in self.group.classes]
        head = [["size", *map(str, self.group.class_sizes)]]
        head.append(["order", *map(str, self.group.element_orders[first])])
        rows = head + [["", *map(_short, row)] for row in self.values]
        widths = [max(map(len, column)) + 2 for column in zip(*rows, strict=True)]
        return "\n".join(
            row[0].ljust(5) + "".join(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))
            for row in rows
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CharacterTable):
            return NotImplemented
        return self.group == other.group and np.array_equal(self.values, other.values)

    def __hash__(self) -> int:
        return hash((self.group, self.values.tobytes()))

    def __setstate__(self, state: dict[str, Any]) -> None:
        # numpy forgets on pickling that an array is read-only
        self.__dict__.update(state)
        self.values.setflags(write=False)

    @cached_property
    def dimensions(self) -> tuple[int, ...]:
        """The dimensions of the irreducible representations."""
        identity = self.group.class_of[self.group.identity_index]
        return tuple(round(float(x)) for x in self.values[:, identity].real)

    @cached_property
    def duals(self) -> tuple[int, ...]:
        """For each row the number of the row of complex conjugates."""
        overlap = np.abs(self.values @ (self.group.class_sizes * self.values).T)
        return tuple(overlap.argmax(axis=1).tolist())

    @cached_property
    def indicators(self) -> tuple[int, ...]:
        """The Frobenius-Schur indicators, see `frobenius_schur`."""
        first = np.array([members[0] for members in self.group.classes])
        squares = self.group.class_of[self.group.product_table[first, first]]
        means = self.values[:, squares] @ self.group.class_sizes / self.group.order
        return tuple(round(float(x)) for x in means.real)

    def multiplicities(self, of: Representation[E] | ArrayLike) -> tuple[int, ...]:
        """Return how often each irreducible representation is in a representation.

        Parameters
        ----------
        of
            A representation of the group, or its character, one number for each class.

        Raises
        ------
        InputError
            If the numbers are no sum of irreducible characters, or the representation is of another group.

        Examples
        --------
        >>> from lgt.group import Hyperoctahedral, natural
        >>> group = Hyperoctahedral(2)
        >>> character_table(group).multiplicities(natural(group) * natural(group))
        (1, 1, 1, 1, 0)
        """
        asked = f"multiplicities by {self!r}"
        if isinstance(of, Representation):
            if of.group != self.group:
                raise InputError(asked, f"{of!r}", "give a representation of the same group")
            of = as_matrices(of).character
        chi = np.asarray(of)
        if chi.shape != (len(self.values),):
            raise ShapeError(asked, f"a character of shape {chi.shape}", "give a number for each class")
        found = (self.values.conj() * self.group.class_sizes) @ chi / self.group.order
        counts = np.round(found.real)
        if not (np.abs(found - counts).max() < 1e-6 and counts.min() >= 0):
            raise InputError(asked, "no sum of characters", "give the traces of a representation")
        return tuple(counts.astype(int).tolist())

    def check(self, tolerance: float = 1e-9) -> None:
        """Prove that this is the table of the group.

        Each row must be d times a homomorphism from the class sums to numbers, that is, the mean of
        chi(xz) over the x of a class must be chi(x) chi(z) / d; rows that do are irreducible characters.
        Rows and columns must be orthogonal, so that none is there twice, dimensions positive integers
        that divide the order, and their squares add up to it; the first row is 1.

        Raises
        ------
        CheckError
            If something is wrong.
        """
        group, chi = self.group, self.values
        sizes, order = group.class_sizes, group.order
        d = chi[:, group.class_of[group.identity_index]]
        found = ""
        if not np.isfinite(chi).all():
            found = "values that are not finite"
        elif np.abs(d - self.dimensions).max() > tolerance or min(self.dimensions) < 1:
            found = f"dimensions {np.round(d, 3).tolist()}"
        elif any(order % n for n in self.dimensions) or sum(n * n for n in self.dimensions) != order:
            found = f"dimensions {self.dimensions} for the order {order}"
        elif np.abs((chi * sizes) @ chi.conj().T / order - np.eye(len(chi))).max() > tolerance:
            found = "rows that are not orthonormal"
        elif np.abs(chi.conj().T @ chi * sizes / order - np.eye(len(chi))).max() > tolerance:
            found = "columns that are not orthogonal"
        elif np.abs(chi[0] - 1).max() > tolerance:
            found = "a first row that is not 1"
        elif self._defect() > tolerance:
            found = "a row that is no character, by the products of classes"
        if found:
            raise CheckError(
                f"the character table of {group!r}", found, "take it from character_table(group)"
            )

    def _defect(self) -> float:
        """Return by how much a mean of chi(xz) over the x of a class is not chi(x) chi(z) / d."""
        group, chi = self.group, self.values
        sizes, first = group.class_sizes, np.array([members[0] for members in group.classes])
        by_class = np.argsort(group.class_of, kind="stable")
        labels = group.class_of[group.product_table[by_class][:, first]]  # of x z, class by class of x
        starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        worst = 0.0
        for row, n in zip(chi, self.dimensions, strict=True):
            means = np.add.reduceat(row[labels], starts, axis=0) / sizes[:, None]
            worst = max(worst, float(np.abs(means - row[:, None] * row / n).max()))
        return worst


def character_table(group: FiniteGroup[E]) -> CharacterTable[E]:
    """Return the character table of a finite group.

    It is computed exactly, modulo a prime (Dixon, Numer. Math. 10 (1967) 446); numbers that are rational
    are integers, and real ones have no imaginary part. Rows are sorted by dimension, the trivial
    representation first; then by the values, the larger real part, then the larger imaginary part first, on
    elements of high order before those of low order. So the characters exp(2 pi i k m / n) of C_n come by
    frequency, k = 0, 1, -1, 2, -2, ..., and those of D_n by the names A_1, A_2, B_1, B_2, E_1, E_2, ....

    Examples
    --------
    >>> from lgt.group import Hyperoctahedral
    >>> character_table(Hyperoctahedral(3)).dimensions
    (1, 1, 1, 1, 2, 2, 3, 3, 3, 3)
    """
    return _character_table(group, repr(group))


@lru_cache(maxsize=64)
def _character_table(group: FiniteGroup[E], _: str) -> CharacterTable[E]:
    """Make the table once; not for an equal group with another name."""
    degrees, multiplicities = exact_characters(group)
    values = np.stack([_sum_of_roots(m) for m in multiplicities], axis=1)
    first = np.array([members[0] for members in group.classes])
    columns = np.argsort(-group.element_orders[first], kind="stable")

    def key(row: int) -> tuple[float, ...]:
        numbers = np.round(values[row, columns], 9) + 0.0
        pairs = np.stack([-numbers.real, -numbers.imag], axis=1)
        return (float(degrees[row]), *pairs.ravel().tolist())

    return CharacterTable(group, values[sorted(range(len(values)), key=key)])


def frobenius_schur(group: FiniteGroup[E]) -> tuple[int, ...]:
    """Return the Frobenius-Schur indicators, the means of chi(g^2), in the order of `character_table`.

    1: the representation can be written with real matrices; -1: it cannot, although its character is
    real; 0: its character is complex.

    Examples
    --------
    >>> from lgt.group import Cyclic
    >>> frobenius_schur(Cyclic(4))
    (1, 0, 0, 1)
    """
    return character_table(group).indicators


def _sum_of_roots(multiplicities: Indices) -> NDArray[np.complex128]:
    """Return the sums of exp(2 pi i s / n), each as often as told, shape (rows,) for (rows, n)."""
    n = multiplicities.shape[1]
    s = np.arange(n)
    roots = np.array([complex(*cosine_sine(k, n)) for k in range(n)])
    sums = np.asarray(multiplicities @ roots, dtype=np.complex128)
    real = (multiplicities == multiplicities[:, -s % n]).all(axis=1)
    # Equal multiplicities of all roots of one order: the sum is rational, and an algebraic integer.
    rational = (multiplicities == multiplicities[:, np.gcd(s, n) % n]).all(axis=1)
    sums[real] = sums[real].real
    sums[rational] = np.round(sums[rational].real)
    return sums


def _short(value: complex) -> str:
    """Print a value in at most three digits behind the point."""
    real, imag = (f"{x + 0.0:.3f}".rstrip("0").rstrip(".") for x in (value.real, value.imag))
    if imag == "0":
        return real
    sign = "" if real == "0" or imag[0] == "-" else "+"
    return f"{'' if real == '0' else real}{sign}{'' if imag == '1' else '-' if imag == '-1' else imag}i"
