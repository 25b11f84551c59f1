"""What an action is: value, staple and force of S[U], and a check of the force against the value."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from lgt.errors import CheckError
from lgt.field import Array
from lgt.group import SU, U1, UnitaryGroup


def group_of(links: Array) -> UnitaryGroup:
    """The gauge group that links of this shape belong to: U(1) for 1 x 1 matrices, else SU(N)."""
    return U1() if links.shape[-1] == 1 else SU(links.shape[-1])


class Action(ABC):
    """A gauge-invariant function S[U] of the links, with its derivative.

    N, d and the lattice are read from the links. Frozen values: an action prints as what it is.
    """

    name: ClassVar[str]
    #: Whether S is linear in each single link, which heat bath and over-relaxation need.
    linear_in_link: ClassVar[bool] = True
    beta: float

    @property
    def parameters(self) -> Mapping[str, Any]:
        """What there is beside the name and beta, where it differs from the default."""
        return {}

    def open_directions(self, d: int) -> tuple[int, ...]:
        """The directions with open boundaries of a lattice in d dimensions, each in 0..d-1; none here."""
        return ()

    @abstractmethod
    def value(self, links: Array, d: int | None = None) -> NDArray[np.float64]:
        """S[U], shape (...), for links of shape (..., d, *extents, N, N); constants are left out."""

    @abstractmethod
    def staple(self, links: Array, d: int | None = None) -> Array:
        """A with ``S = -(beta/N) Re tr(U A) + (terms without U)`` for each link, the shape of the links."""

    def force(self, links: Array, d: int | None = None) -> Array:
        """The algebra-valued derivative ``(d^a S) T^a`` of every link, the shape of the links.

        With X = U A it is (beta/2N) TA(X) for SU(N) and i beta Im X for U(1), since d^a is taken along
        exp(s T^a) U with tr T^a T^b = -delta/2 (U(1): T = i).
        """
        group = group_of(links)
        scale = self.beta if group.N == 1 else self.beta / (2 * group.N)
        return np.asarray(scale * group.antihermitian(links @ self.staple(links, d)))

    def check_force(self, links: Array, rng: np.random.Generator, tolerance: float = 1e-8) -> float:
        """Hold the force to a numerical derivative of the value along a random direction.

        Parameters
        ----------
        links
            One configuration, shape (d, *extents, N, N), complex128.

        Returns
        -------
        float
            The difference, relative to the size of the derivative expected for a random direction.

        Raises
        ------
        CheckError
            If it exceeds `tolerance`.

        Examples
        --------
        >>> import lgt
        >>> links = lgt.hot(lgt.Lattice((3, 4)), lgt.SU(3), lgt.Stream(seed=1, chain=0))
        >>> lgt.Wilson(5.5).check_force(links, np.random.default_rng(0)) < 1e-8
        True
        """
        group, d = group_of(links), links.ndim - 3
        coefficients = rng.standard_normal((*links.shape[:-2], group.dimension))
        direction = group.algebra(coefficients)
        force = group.coordinates(self.force(links, d))
        exact = float(np.sum(force * coefficients))
        step = 1e-3

        def value_at(s: float) -> float:
            return float(self.value(group.exp(s * direction) @ links, d))

        # Five-point difference: error step^4, rounding 1e-16 |S| / step.
        numerical = (8 * (value_at(step) - value_at(-step)) - value_at(2 * step) + value_at(-2 * step)) / (
            12 * step
        )
        size = math.sqrt(float(np.sum(force**2)))
        error = abs(numerical - exact) / max(size, abs(self.beta), 1e-300)
        if not error <= tolerance:
            raise CheckError(
                f"the force of {self}", f"a relative difference of {error:.1e}", "make value and staple agree"
            )
        return error
