"""Actions that are sums of closed loops: value and staple follow from the list of loops."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lgt.action._base import Action
from lgt.errors import InputError
from lgt.field import Array, lattice_of, shift, unit
from lgt.lattice import Lattice
from lgt.loops import loop_trace, ordered_product
from lgt.path import Path


@dataclass(frozen=True, repr=False)
class LoopAction(Action):
    """``S = -(beta/N) sum_x sum_loops weight Re tr U(loop at x)``, with the loops that a subclass lists.

    Parameters
    ----------
    beta
        The coupling 2N/g0^2, finite and not negative.
    anisotropy
        The bare anisotropy xi0 > 0: loops that extend in time, the last direction, weigh xi0, all others
        1/xi0 (T. R. Klassen, Nucl. Phys. B 533 (1998) 557).
    open
        Directions with open boundaries, as axes (-1 is time): no loop leaves the box there, and loops that
        lie within its first or last slice weigh 1/2 (M. Luscher and S. Schaefer, JHEP 07 (2011) 036). Links
        that lead out of the box are in no loop.

    Raises
    ------
    InputError
        If a parameter is out of range.

    Examples
    --------
    Any list of closed loops makes an action, here plaquettes and the 2x2 loops; every update knows from it
    which links may move at the same time, or that it does not apply.

    >>> import lgt
    >>> class Squares(LoopAction):
    ...     name = "squares"
    ...     def coefficients(self, d):
    ...         planes = [(mu, nu) for nu in range(d) for mu in range(nu)]
    ...         small = [(lgt.plaquette(mu, nu), 1.2) for mu, nu in planes]
    ...         return small + [(lgt.rectangle(mu, nu, 2, 2), -0.0125) for mu, nu in planes]
    >>> links = lgt.hot(lgt.Lattice((4, 6)), lgt.SU(2), lgt.Stream(seed=1, chain=0))
    >>> lgt.HeatBath().update(links, Squares(beta=2.0), lgt.Stream(seed=1, chain=0), number=0)
    UpdateReport(links=48, exhausted=0)
    """

    beta: float
    anisotropy: float = field(default=1.0, kw_only=True)
    open: tuple[int, ...] = field(default=(), kw_only=True)

    def __post_init__(self) -> None:
        if not (math.isfinite(self.beta) and self.beta >= 0):
            raise InputError(f"beta {self.beta}", "not a finite number >= 0", "give a coupling like 6.0")
        if not (math.isfinite(self.anisotropy) and self.anisotropy > 0):
            raise InputError(f"anisotropy {self.anisotropy}", "not a finite number > 0", "give one like 2.0")
        if not (math.isfinite(self.beta * self.anisotropy) and math.isfinite(self.beta / self.anisotropy)):
            raise InputError(
                f"beta {self.beta} with anisotropy {self.anisotropy}",
                "a product or ratio that is not finite",
                "give numbers of ordinary size",
            )
        object.__setattr__(self, "open", tuple(int(mu) for mu in self.open))

    def __repr__(self) -> str:
        further = [f", {name}={value!r}" for name, value in self.parameters.items()]
        return f"{type(self).__name__}(beta={self.beta!r}{''.join(further)})"

    @property
    def parameters(self) -> Mapping[str, Any]:
        """What differs from the defaults, beside beta: what `make_action` takes as keywords."""
        values = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "beta"}
        defaults = {each.name: each.default for each in fields(self)}
        return {name: value for name, value in values.items() if value != defaults[name]}

    @abstractmethod
    def coefficients(self, d: int) -> list[tuple[Path, float]]:
        """The closed loops that start at a site in d dimensions, each unoriented loop once, if isotropic."""

    def loops(self, d: int) -> list[tuple[Path, float]]:
        """The loops with their weights: the coefficients, times or over the anisotropy.

        Raises
        ------
        InputError
            If a path is not closed, or a weight not finite.
        """
        scaled = []
        for loop, weight in self.coefficients(d):
            if not (loop.steps and loop.closed and loop.directions <= d):
                raise InputError(f"a loop {loop} of {self}", f"no closed path in {d} dimensions", "close it")
            if not math.isfinite(weight):
                raise InputError(f"a weight {weight} of {self}", "not a finite number", "give one like -0.1")
            in_time = d - 1 in loop.steps
            scaled.append((loop, weight * self.anisotropy if in_time else weight / self.anisotropy))
        return scaled

    def staple_paths(self, mu: int, d: int) -> list[tuple[Path, float]]:
        """The paths from x + mu back to x that close a loop with the link U_mu(x), with their weights.

        Examples
        --------
        >>> import lgt
        >>> lgt.Wilson(6.0).staple_paths(0, 2)
        [(Path(+1 -0 -1), 1.0), (Path(-1 -0 +1), 1.0)]
        """
        found = []
        for loop, weight in self.loops(d):
            for oriented in (loop, ~loop):
                for k, step in enumerate(oriented):
                    if step == mu:
                        found.append((Path(oriented.rotated(k).steps[1:]), weight))
        return found

    def open_directions(self, d: int) -> tuple[int, ...]:
        """The open directions of a lattice in d dimensions, each in 0..d-1.

        Raises
        ------
        InputError
            If a direction does not exist there.
        """
        if any(not -d <= mu < d for mu in self.open):
            raise InputError(
                f"open boundaries in the directions {self.open}",
                f"{d} directions",
                f"use 0 to {d - 1}, or -1",
            )
        return tuple(sorted({mu % d for mu in self.open}))

    def placement(self, loop: Path, lattice: Lattice) -> NDArray[np.float64]:
        """What the boundaries make of a loop's weight, by the site it starts at; broadcasts to the extents.

        1 inside the box, 0 for a loop that leaves it, 1/2 for one in its first or last slice.
        """
        weights = np.ones((1,) * lattice.d)
        for mu in self.open_directions(lattice.d):
            (low, high), extent = loop.bounds(lattice.d)[mu], lattice.extents[mu]
            x = np.arange(extent)
            inside = np.where((x + low >= 0) & (x + high < extent), 1.0, 0.0)
            if low == high:
                inside[[0, -1]] = 0.5
            weights = weights * inside.reshape([extent if nu == mu else 1 for nu in range(lattice.d)])
        return weights

    def value(self, links: Array, d: int | None = None) -> NDArray[np.float64]:
        """S[U], shape (...), without constants: for Wilson -beta d(d-1)/2 V at a cold start."""
        lattice = lattice_of(links, d)
        d = lattice.d
        total = np.zeros(links.shape[: links.ndim - d - 3])
        for loop, weight in self.loops(d):
            traces = loop_trace(links, loop, d).real * self.placement(loop, lattice)
            total = total + weight * traces.sum(axis=tuple(range(-d, 0)))
        return np.asarray(-self.beta * total)

    def staple(self, links: Array, d: int | None = None) -> Array:
        """The weighted sum of the staples of each link, the shape of the links."""
        lattice = lattice_of(links, d)
        d = lattice.d
        sums = []
        for mu in range(d):
            total: Array | int = 0
            for path, weight in self.staple_paths(mu, d):
                product = shift(ordered_product(links, path, d), unit(mu, d))
                placement = self.placement(Path((mu, *path.steps)), lattice)[..., None, None]
                total = total + weight * placement * product
            sums.append(np.asarray(total))
        return np.stack(sums, axis=-3 - d)
