"""The path algebra: lattice paths as values that are concatenated, reversed, rotated and printed.

A step forward in direction mu is the integer ``mu``, a step back is ``~mu`` (that is ``-1 - mu``), so that
reversing a step is one bit operation and direction 0 has two signs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

from lgt.errors import InputError
from lgt.group import SignedPermutation


@final
@dataclass(frozen=True)
class Path:
    """An ordered walk of unit steps, starting anywhere.

    Parameters
    ----------
    steps
        ``mu`` for a step to x + mu, ``~mu`` for a step to x - mu.

    Examples
    --------
    >>> p = Path.parse("+0 +1 -0 -1")
    >>> p
    Path(+0 +1 -0 -1)
    >>> p == plaquette(0, 1), p.closed
    (True, True)
    >>> ~p
    Path(+1 +0 -1 -0)
    >>> (line(0, 2) + line(1, -1)).displacement(2)
    (2, -1)
    """

    steps: tuple[int, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Path:
        """Read ``"+0 +1 -0 -1"``; the inverse of printing.

        Raises
        ------
        InputError
            If a word is not a sign and a direction.
        """
        steps = []
        for word in text.split():
            if word[0] not in "+-" or not (word[1:].isascii() and word[1:].isdigit()):
                raise InputError(f"path {text!r}", f"the step {word!r}", "write steps like +0 or -1")
            steps.append(int(word[1:]) if word[0] == "+" else ~int(word[1:]))
        return cls(tuple(steps))

    def __repr__(self) -> str:
        return f"Path({' '.join(f'+{s}' if s >= 0 else f'-{~s}' for s in self.steps)})"

    def __len__(self) -> int:
        return len(self.steps)

    def __iter__(self) -> Iterator[int]:
        return iter(self.steps)

    def __add__(self, other: Path) -> Path:
        """This path, then the other."""
        return Path(self.steps + other.steps)

    def __invert__(self) -> Path:
        """The same walk backwards; its ordered product is the Hermitian conjugate."""
        return Path(tuple(~step for step in reversed(self.steps)))

    @property
    def directions(self) -> int:
        """The smallest number of dimensions that holds the path."""
        return 1 + max((max(step, ~step) for step in self.steps), default=-1)

    def displacement(self, d: int | None = None) -> tuple[int, ...]:
        """Where the path ends relative to its start, on the infinite lattice of dimension `d`."""
        total = [0] * (self.directions if d is None else d)
        for step in self.steps:
            total[max(step, ~step)] += 1 if step >= 0 else -1
        return tuple(total)

    def bounds(self, d: int) -> tuple[tuple[int, int], ...]:
        """For each direction the smallest and the largest coordinate on the way, relative to the start.

        Examples
        --------
        >>> rectangle(0, 1, 2, -1).bounds(2)
        ((0, 2), (-1, 0))
        """
        place, low, high = [0] * d, [0] * d, [0] * d
        for step in self.steps:
            mu = max(step, ~step)
            place[mu] += 1 if step >= 0 else -1
            low[mu], high[mu] = min(low[mu], place[mu]), max(high[mu], place[mu])
        return tuple(zip(low, high, strict=True))

    @property
    def closed(self) -> bool:
        """Whether the path ends where it starts on the infinite lattice; a Polyakov line does not."""
        return not any(self.displacement())

    def rotated(self, k: int) -> Path:
        """The closed path started `k` steps later (cyclic rotation)."""
        k %= max(len(self), 1)
        return Path(self.steps[k:] + self.steps[:k])

    def transformed(self, g: SignedPermutation) -> Path:
        """The image of the path under a rotation or reflection: each step e_mu becomes g e_mu.

        Examples
        --------
        >>> plaquette(0, 1).transformed(SignedPermutation((1, 0), (1, -1)))
        Path(+1 -0 -1 +0)
        """

        def image(step: int) -> int:
            mu = max(step, ~step)
            forward = (g.signs[mu] > 0) == (step >= 0)
            return g.permutation[mu] if forward else ~g.permutation[mu]

        return Path(tuple(image(step) for step in self.steps))

    def reduced(self) -> Path:
        """The path without back-tracking: a step followed by its own reverse multiplies links to 1.

        Examples
        --------
        >>> Path.parse("+0 +1 -1 -0 +1").reduced()
        Path(+1)
        """
        kept: list[int] = []
        for step in self.steps:
            if kept and kept[-1] == ~step:
                kept.pop()
            else:
                kept.append(step)
        return Path(tuple(kept))


def line(mu: int, n: int) -> Path:
    """A straight line of |n| steps, backwards if n < 0; with n = L_mu it is a Polyakov line."""
    return Path((mu if n >= 0 else ~mu,) * abs(n))


def rectangle(mu: int, nu: int, r: int, t: int) -> Path:
    """The loop r steps along mu, t along nu, and back.

    Examples
    --------
    >>> rectangle(0, 1, 1, 2)
    Path(+0 +1 +1 -0 -1 -1)
    """
    return line(mu, r) + line(nu, t) + line(mu, -r) + line(nu, -t)


def plaquette(mu: int, nu: int) -> Path:
    """The smallest loop of a plane; ordered product P = U_mu(x) U_nu(x+mu) U_mu(x+nu)^+ U_nu(x)^+."""
    return rectangle(mu, nu, 1, 1)


def staples(mu: int, d: int) -> tuple[Path, ...]:
    """The 2(d-1) paths from x+mu back to x that close a plaquette with the link U_mu(x).

    Examples
    --------
    >>> staples(0, 2)
    (Path(+1 -0 -1), Path(-1 -0 +1))
    """
    return tuple(Path((step, ~mu, ~step)) for nu in range(d) if nu != mu for step in (nu, ~nu))
