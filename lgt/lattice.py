"""The lattice: a periodic box of sites, its neighbours, its colouring, and how symmetries move its sites."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np
from numpy.typing import NDArray

from lgt.errors import InputError
from lgt.group import SignedPermutation, SpaceElement

IntArray = NDArray[np.int64]


@final
@dataclass(frozen=True)
class Lattice:
    """A periodic hypercubic box. Direction index = array axis; time is the last axis.

    Sites are numbered in C order: the last coordinate runs fastest.

    Parameters
    ----------
    extents
        Number of sites in each direction, each at least 1.

    Raises
    ------
    InputError
        If there is no extent or one is below 1.

    Examples
    --------
    >>> box = Lattice((4, 6))
    >>> box, box.volume, box.d
    (4x6, 24, 2)
    >>> box.up[1, 5]  # the site after the last one of a row is its first
    np.int64(0)
    """

    extents: tuple[int, ...]

    def __post_init__(self) -> None:
        extents = tuple(int(extent) for extent in self.extents)
        if not extents or min(extents) < 1:
            raise InputError(
                f"lattice {self.extents}", "an extent below 1 or none", "give extents of 2 or more"
            )
        object.__setattr__(self, "extents", extents)

    @classmethod
    def parse(cls, text: str) -> Lattice:
        """Read ``"8x8x8x16"``; the inverse of `str`.

        Raises
        ------
        InputError
            If `text` is not whole numbers joined by ``x``.

        Examples
        --------
        >>> Lattice.parse("8x16").extents
        (8, 16)
        """
        if not re.fullmatch(r"\d+(x\d+)*", text.strip(), flags=re.ASCII):
            raise InputError(
                f"lattice {text!r}", "no extents", "write whole numbers joined by x, like 8x8x8x16"
            )
        return cls(tuple(int(word) for word in text.strip().split("x")))

    def __repr__(self) -> str:
        return "x".join(map(str, self.extents))

    @property
    def d(self) -> int:
        """Number of directions."""
        return len(self.extents)

    @property
    def volume(self) -> int:
        """Number of sites."""
        return math.prod(self.extents)

    @cached_property
    def coordinates(self) -> IntArray:
        """Coordinates of every site, shape (volume, d)."""
        return np.stack(np.unravel_index(np.arange(self.volume), self.extents), axis=-1).astype(np.int64)

    def index(self, coordinates: IntArray) -> IntArray:
        """Site number of coordinates of shape (..., d), taken modulo the extents."""
        wrapped = np.moveaxis(np.asarray(coordinates) % np.array(self.extents), -1, 0)
        return np.asarray(np.ravel_multi_index(tuple(wrapped), self.extents), dtype=np.int64)

    def neighbours(self, steps: int) -> IntArray:
        """Site number of x + steps * mu for every direction and site, shape (d, volume)."""
        moves = steps * np.eye(self.d, dtype=np.int64)
        return np.stack([self.index(self.coordinates + move) for move in moves])

    @cached_property
    def up(self) -> IntArray:
        """Site number of x + mu, shape (d, volume)."""
        return self.neighbours(1)

    @cached_property
    def down(self) -> IntArray:
        """Site number of x - mu, shape (d, volume)."""
        return self.neighbours(-1)

    @property
    def n_colours(self) -> int:
        """Number of colours of `colours`: 2 if every extent is even, else 3."""
        return 2 if all(extent % 2 == 0 for extent in self.extents) else 3

    @cached_property
    def colours(self) -> IntArray:
        """A colour for every site, shape (volume,), such that neighbours differ.

        Links of one direction that start on sites of one colour share no plaquette, so they can be
        updated in any order. Each cycle of length L is coloured 0, 1, 0, 1, ... and, if L is odd, its last
        site 2; a site's colour is the sum over the directions modulo `n_colours`, and a step changes one
        term by less than the modulus, hence the sum.
        """
        last = np.array(self.extents) - 1
        terms = np.where((self.coordinates == last) & (last % 2 == 0), 2, self.coordinates % 2)
        return np.asarray(terms.sum(axis=-1) % self.n_colours, dtype=np.int64)

    def transformed(self, g: SignedPermutation | SpaceElement) -> Lattice:
        """The box onto which `g` maps this one: extents move with their axes.

        Examples
        --------
        >>> Lattice((4, 6)).transformed(SignedPermutation((1, 0), (1, -1)))
        6x4
        """
        point = g.point if isinstance(g, SpaceElement) else g
        if point.d != self.d:
            raise InputError(
                f"{g} on the lattice {self}", f"{point.d} directions", f"use an element with {self.d}"
            )
        extents = [0] * self.d
        for mu, image in enumerate(point.permutation):
            extents[image] = self.extents[mu]
        return Lattice(tuple(extents))

    def centred(self, g: SignedPermutation) -> SpaceElement:
        """The element that turns or reflects about the centre of the box: reversed axes take x to L - 1 - x.

        Examples
        --------
        >>> Lattice((4, 6)).centred(SignedPermutation((1, 0), (1, -1)))
        SpaceElement(+1 -0 | 5 0)
        """
        new = self.transformed(g)
        back = g.inverse()
        ends = tuple(L - 1 if sign < 0 else 0 for L, sign in zip(new.extents, back.signs, strict=True))
        return SpaceElement(ends, g)

    def source(self, g: SignedPermutation | SpaceElement) -> IntArray:
        """For every site x of the transformed box, the number in this box of g^-1 x, shape (volume,).

        A scalar field f moves as ``(g f)(x) = f(g^-1 x)``, that is ``f.reshape(-1)[box.source(g)]``.
        """
        new = self.transformed(g)
        point, shift = (g.point, g.translation) if isinstance(g, SpaceElement) else (g, (0,) * self.d)
        return self.index(point.inverse().apply(new.coordinates - np.array(shift, dtype=np.int64)))


def tree_sum(values: NDArray[np.float64], axis: int = -1) -> NDArray[np.float64]:
    """Sum along an axis by a fixed binary tree, so that threads, lanes or ranks never change a bit.

    Examples
    --------
    >>> float(tree_sum(np.arange(5.0)))
    10.0
    """
    values = np.moveaxis(np.asarray(values), axis, 0)
    if values.shape[0] == 0:
        return np.zeros(values.shape[1:], dtype=values.dtype)
    while (n := values.shape[0]) > 1:
        half = n // 2
        pairs = values[: 2 * half : 2] + values[1 : 2 * half : 2]
        values = np.concatenate([pairs, values[2 * half :]])
    return np.asarray(values[0])
