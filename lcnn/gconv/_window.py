"""The window of a convolution or a pooling, and the looks at whether a point group carries it to itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, final

import numpy as np
from numpy.typing import NDArray

from lcnn._arguments import one_of, whole_number, whole_numbers
from lgt.errors import InputError, ShapeError
from lgt.group import FiniteGroup, SignedPermutation, in_words

Mode = Literal["circular", "zeros"]
"""Whether a grid is periodic or has edges."""

Sizes = int | Sequence[int]
"""A number for all axes, or one for each."""


@final
@dataclass(frozen=True)
class Window:
    """A box of sites that moves over a grid in steps, the same to every element of a point group.

    Made by `make_window`, which has looked at all that does not depend on the grid.

    Parameters
    ----------
    group
        Which the window must look the same to.
    size, stride, padding
        Of each axis.
    mode
        ``"circular"``: the grid is periodic and elements turn it about site 0. ``"zeros"``: it has edges,
        and they turn it about its centre.
    """

    group: FiniteGroup[SignedPermutation]
    size: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    mode: Mode

    @property
    def d(self) -> int:
        """The number of axes."""
        return len(self.size)

    @property
    def circular(self) -> bool:
        """Whether the grid is periodic."""
        return self.mode == "circular"

    @property
    def after(self) -> tuple[int, ...]:
        """How many sites are added behind each axis; `padding` is what is added before."""
        if not self.circular:
            return self.padding
        return tuple(K - 1 - p for K, p in zip(self.size, self.padding, strict=True))

    @property
    def positions(self) -> NDArray[np.int64]:
        """Twice the place of each of its sites relative to its centre, shape (sites, d), in C order."""
        axes = [np.arange(1 - K, K, 2) for K in self.size]
        return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, self.d)

    def output_extents(self, extents: Sequence[int]) -> tuple[int, ...]:
        """Return the extents of the output on a grid.

        Raises
        ------
        ShapeError
            If the grid is too small, or the steps do not fit into it, so that the symmetry would break.
        """
        sizes = self.size, self.stride, self.padding
        if len(extents) != self.d:
            raise ShapeError(self._on(extents), f"{len(extents)} axes", f"give {self.d}")
        found = []
        for mu, (L, K, s, p) in enumerate(zip(extents, *sizes, strict=True)):
            if self.circular:
                if max(p, K - 1 - p) > L:
                    raise ShapeError(
                        self._on(extents), f"{L} sites along axis {mu}", f"give at least {K // 2}"
                    )
                if L % s:
                    why = f"steps of {s} that do not divide the {L} sites around axis {mu}"
                    why += ", so that a translation or reflection would carry outputs between sites"
                    raise ShapeError(
                        self._on(extents), why, f"use a multiple of {s} such as {L + s - L % s}, or stride 1"
                    )
                found.append(L // s)
                continue
            free = L + 2 * p - K
            if free < 0:
                raise ShapeError(
                    self._on(extents), f"{L} sites along axis {mu}", f"give at least {K - 2 * p}"
                )
            if free % s and (g := self._reversing(mu)) is not None:
                why = f"L + 2 padding - size = {free} along axis {mu}, which steps of {s} do not divide, so "
                why += f"that an element that {in_words(g)} would carry outputs between sites"
                good = [L - free % s] * (free >= s) + [L + s - free % s]
                raise ShapeError(
                    self._on(extents), why, f"use {' or '.join(map(str, good))} sites there, or stride 1"
                )
            found.append(free // s + 1)
        return tuple(found)

    def _on(self, extents: Sequence[int]) -> str:
        """What was asked, made only where it is refused: compilers need not understand it."""
        return f"{self} on a grid of {'x'.join(map(str, extents))}"

    def _reversing(self, mu: int) -> SignedPermutation | None:
        """The first element that takes axis mu to the reverse of an axis."""
        return next((g for g in self.group.elements if g.signs[mu] < 0), None)

    def __str__(self) -> str:
        words = "x".join(map(str, self.size))
        words += f" stride={_short(self.stride)}" * (set(self.stride) != {1})
        words += f" padding={_short(self.padding)}" * (not self.circular)
        return words


def make_window(
    group: FiniteGroup[SignedPermutation],
    size: Sizes,
    stride: Sizes = 1,
    padding: Sizes | None = None,
    mode: Mode = "circular",
) -> Window:
    """Return a window that looks the same to the whole group.

    Parameters
    ----------
    group
        A point group of one to four axes.
    size, stride
        One number, or one for each axis.
    padding
        Of grids with edges; None is (size - 1) // 2, which keeps the extents for odd sizes.
    mode
        See `Window`.

    Raises
    ------
    InputError
        If the group carries an axis onto one of another size, stride or padding; if it reverses an axis of a
        periodic grid along which the size is even, so that no site is in the middle; or if a number or the
        mode is none of its choices.

    Examples
    --------
    >>> from lgt.group import point_group
    >>> make_window(point_group("C_4", 2), 3).output_extents((4, 6))
    (4, 6)
    >>> make_window(point_group("C_4", 2), 2)
    Traceback (most recent call last):
    lgt.errors.InputError: a window of 2x2 for C_4 on a periodic grid: found 2 sites along axis 0, none of
    them in the middle, which an element that reflects axes 0 and 1 needs; use an odd size, or
    padding_mode='zeros'
    >>> make_window(point_group("C_4", 2), (3, 5))
    Traceback (most recent call last):
    lgt.errors.InputError: a window of size (3, 5) for C_4: found an element that turns axis 0 into axis 1;
    use one number for both axes
    """
    given: object = group
    if not isinstance(given, FiniteGroup) or not isinstance(given.elements[0], SignedPermutation):
        found, remedy = "no group of signed permutations", "give one of lgt.group.point_group(name, d)"
        raise InputError(f"a window for {given!r}", found, remedy)
    d = group.identity.d
    if d > 4:
        raise InputError(f"a window for {group}", f"{d} axes", "use up to four")
    one_of("padding_mode", mode, ("circular", "zeros"))
    sizes, steps = _each("size", size, d, 1), _each("stride", stride, d, 1)
    circular = mode == "circular"
    if circular and padding is not None:
        remedy = "leave it out: a periodic grid keeps its extents"
        raise InputError(f"padding = {padding!r} of a periodic grid", "no edges to pad", remedy)
    around = tuple((K - 1) // 2 for K in sizes)
    added = around if padding is None else _each("padding", padding, d, 0)
    for word, numbers in (("size", sizes), ("stride", steps), ("padding", added)):
        for g in group.elements:
            if any(numbers[mu] != numbers[nu] for mu, nu in enumerate(g.permutation)):
                found = f"an element that {in_words(g)}"
                remedy = "use one number for both axes" if d == 2 else "use one number for these axes"
                raise InputError(f"a window of {word} {numbers} for {group}", found, remedy)
    window = Window(group, sizes, steps, added, mode)
    for mu, K in enumerate(sizes if circular else ()):
        if K % 2 == 0 and (h := window._reversing(mu)) is not None:
            found = f"{K} sites along axis {mu}, none of them in the middle, which an element that "
            found += f"{in_words(h)} needs"
            remedy = "use an odd size, or padding_mode='zeros'"
            shape = "x".join(map(str, sizes))
            raise InputError(f"a window of {shape} for {group} on a periodic grid", found, remedy)
    return window


def _each(what: str, numbers: Any, d: int, least: int) -> tuple[int, ...]:
    """One number for each axis."""
    if not isinstance(numbers, Sequence):
        return (whole_number(what, numbers, least),) * d
    found = whole_numbers(what, numbers, least)
    if len(found) != d:
        raise InputError(f"{what} = {numbers!r}", f"{len(found)} numbers", f"give one, or {d}")
    return found


def _short(numbers: tuple[int, ...]) -> str:
    return str(numbers[0]) if len(set(numbers)) == 1 else str(numbers).replace(" ", "")
