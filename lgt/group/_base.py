"""What a group and a representation are, and how each proves that it is one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from lgt.errors import CheckError

E = TypeVar("E")
"""The type of a group's elements."""


class Group(ABC, Generic[E]):
    """A group: an associative product with an identity and inverses.

    Subclasses supply the five abstract members. The laws they must obey are tested by `check_axioms`:
    (gh)k = g(hk), eg = ge = g, g g^-1 = g^-1 g = e.

    Examples
    --------
    >>> from lgt.group import SU
    >>> SU(3).check_axioms(np.random.default_rng(0))
    """

    @property
    @abstractmethod
    def identity(self) -> E:
        """The neutral element."""

    @abstractmethod
    def compose(self, g: E, h: E) -> E:
        """Return the product gh: first h acts, then g."""

    @abstractmethod
    def inverse(self, g: E) -> E:
        """Return the inverse of g."""

    @abstractmethod
    def sample(self, rng: np.random.Generator) -> E:
        """Draw a random element: uniform (Haar) where the group is compact."""

    @abstractmethod
    def distance(self, g: E, h: E) -> Any:
        """Return a metric on the group as a float (arrays of elements: over their leading axes)."""

    def check_axioms(self, rng: np.random.Generator, samples: int = 20, tolerance: float = 1e-12) -> None:
        """Test the group axioms on random elements.

        Parameters
        ----------
        rng
            Where the elements are drawn from.
        samples
            How many triples of elements to try.
        tolerance
            The largest `distance` at which two sides of a law count as equal.

        Raises
        ------
        CheckError
            If a law fails; the message names the law and the elements.
        """
        e = self.identity
        for _ in range(samples):
            g, h, k = self.sample(rng), self.sample(rng), self.sample(rng)
            product, back = self.compose, self.inverse(g)
            left, right = product(product(g, h), k), product(g, product(h, k))
            self._require("(gh)k = g(hk)", left, right, tolerance, g, h, k)
            self._require("eg = g", product(e, g), g, tolerance, g)
            self._require("ge = g", product(g, e), g, tolerance, g)
            self._require("g^-1 g = e", product(back, g), e, tolerance, g)
            self._require("g g^-1 = e", product(g, back), e, tolerance, g)

    def _require(self, law: str, left: E, right: E, tolerance: float, *witnesses: E) -> None:
        """Raise CheckError unless both sides of a law agree (a NaN distance is a failure)."""
        error = float(np.max(self.distance(left, right)))
        if not error <= tolerance:
            raise CheckError(
                f"the law {law} of {self!r} within {tolerance:g}",
                f"a distance of {error:.3g} for {_one_line(witnesses)}",
                "correct compose, inverse or identity",
            )


class Representation(ABC, Generic[E]):
    """A homomorphism from a group to invertible matrices: D(gh) = D(g) D(h).

    Examples
    --------
    >>> from lgt.group import SU, Adjoint
    >>> adjoint = Adjoint(SU(3))
    >>> adjoint.dimension
    8
    >>> adjoint.check_homomorphism(np.random.default_rng(0))
    """

    group: Group[E]
    """The group that is represented."""

    @property
    @abstractmethod
    def dimension(self) -> int:
        """The number of rows of each matrix."""

    @abstractmethod
    def matrix(self, g: E) -> NDArray[Any]:
        """Return D(g), shape (dimension, dimension)."""

    def check_homomorphism(
        self, rng: np.random.Generator, samples: int = 20, tolerance: float = 1e-12
    ) -> None:
        """Test D(e) = 1 and D(gh) = D(g) D(h) on random elements.

        Parameters
        ----------
        rng
            Where the elements are drawn from.
        samples
            How many pairs of elements to try.
        tolerance
            The largest absolute difference of two matrix entries that count as equal.

        Raises
        ------
        CheckError
            If a matrix has the wrong shape or a law fails; the message names the elements.
        """
        self._require("D(e) = 1", self.matrix(self.group.identity), np.eye(self.dimension), tolerance)
        for _ in range(samples):
            g, h = self.group.sample(rng), self.group.sample(rng)
            left = self.matrix(self.group.compose(g, h))
            self._require("D(gh) = D(g) D(h)", left, self.matrix(g) @ self.matrix(h), tolerance, g, h)

    def _require(
        self, law: str, left: NDArray[Any], right: NDArray[Any], tolerance: float, *witnesses: E
    ) -> None:
        """Raise CheckError unless both matrices have the right shape and agree."""
        shape = (self.dimension, self.dimension)
        asked = f"the law {law} of {self!r} within {tolerance:g}"
        if left.shape != shape or right.shape != shape:
            raise CheckError(
                asked, f"matrices of shape {left.shape} and {right.shape}", f"return shape {shape}"
            )
        error = float(np.max(np.abs(left - right)))
        if not error <= tolerance:
            found = f"a difference of {error:.3g}"
            if witnesses:
                found += f" for {_one_line(witnesses)}"
            raise CheckError(asked, found, "correct matrix(g)")


def _one_line(elements: tuple[object, ...]) -> str:
    """Print elements on one line, as messages are; arrays print on several."""
    return ", ".join(" ".join(repr(g).split()) for g in elements)
