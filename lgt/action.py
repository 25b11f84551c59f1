"""Lattice actions: value, staple and force of S[U], and a check of the force against the value."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
from numpy.typing import NDArray

from lgt.errors import CheckError, InputError
from lgt.field import Array, lattice_of, shift, unit
from lgt.group import SU, U1, UnitaryGroup
from lgt.loops import ordered_product, plaquettes
from lgt.path import staples


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
        >>> Wilson(5.5).check_force(links, np.random.default_rng(0)) < 1e-8
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


@final
@dataclass(frozen=True)
class Wilson(Action):
    """Wilson's plaquette action, ``S = -(beta/N) sum_x sum_{mu<nu} Re tr P_{mu nu}(x)`` (Wilson 1974).

    ``beta = 2N/g0^2``; for U(1) ``S = -beta sum cos theta_P``.

    Raises
    ------
    InputError
        If beta is negative or not finite.

    Examples
    --------
    >>> Wilson(beta=6.0)
    Wilson(beta=6.0)
    """

    name: ClassVar[str] = "wilson"
    beta: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.beta) and self.beta >= 0):
            raise InputError(f"beta {self.beta}", "not a finite number >= 0", "give a coupling like 6.0")

    def value(self, links: Array, d: int | None = None) -> NDArray[np.float64]:
        """S[U], shape (...): zero order in 1 - P is dropped, so the cold start has -beta d(d-1)/2 V."""
        d = lattice_of(links, d).d
        return np.asarray(-self.beta * plaquettes(links, d).sum(axis=tuple(range(-d - 1, 0))))

    def staple(self, links: Array, d: int | None = None) -> Array:
        """The sum of the 2(d-1) staples of each link, the shape of the links."""
        d = lattice_of(links, d).d
        sums = []
        for mu in range(d):
            products = [ordered_product(links, path, d) for path in staples(mu, d)]
            sums.append(shift(sum(products[1:], start=products[0]), unit(mu, d)))
        return np.stack(sums, axis=-3 - d)


ACTIONS: dict[str, type[Wilson]] = {Wilson.name: Wilson}


def make_action(name: str, beta: float) -> Action:
    """The action of this name, as `lgt generate --action` takes it.

    Raises
    ------
    InputError
        If there is no such action.

    Examples
    --------
    >>> make_action("wilson", 6.0)
    Wilson(beta=6.0)
    """
    if name not in ACTIONS:
        raise InputError(f"action {name!r}", "no action of that name", f"choose one of {', '.join(ACTIONS)}")
    return ACTIONS[name](beta)
