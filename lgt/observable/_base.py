"""What a named measurement is, and how a name becomes one."""

from __future__ import annotations

import difflib
from abc import ABC, abstractmethod
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from lgt.errors import InputError
from lgt.field import Array, lattice_of
from lgt.lattice import Lattice, tree_sum

Real = NDArray[np.float64]


class Observable(ABC):
    """A real, gauge-invariant function of a configuration, known by its name.

    A subclass gives `density`, whose lattice average is `value`. Both are float64 whatever the precision
    of the links, and sums over sites follow a fixed tree, so that a measurement is reproducible to the bit.
    Frozen values: ``parse_observable(o.name) == o``.
    """

    #: How the family's names are written, for help texts.
    pattern: ClassVar[str]
    #: One line on what is measured, for help texts.
    about: ClassVar[str]
    #: Names of the family, from which a misspelt one is guessed; the pattern, for a family of one.
    examples: ClassVar[tuple[str, ...]] = ()

    @property
    def name(self) -> str:
        """The name by which files, options and tables call it; the pattern, for a family of one."""
        return self.pattern

    @classmethod
    def parse(cls, name: str) -> Self | None:
        """The observable of this name; None if the name is not of this family."""
        return cls() if name == cls.pattern else None

    def validate(self, lattice: Lattice) -> None:  # noqa: B027, most have nothing to refuse
        """Refuse a lattice on which the observable makes no sense, before the first sweep of a run.

        Raises
        ------
        InputError
            If an axis or a size does not exist there.
        """

    @abstractmethod
    def density(self, links: Array, d: int | None = None) -> Real:
        """The observable at every site.

        Parameters
        ----------
        links
            Shape (..., d, *extents, N, N), complex.
        d
            Number of directions, where the shape leaves it open.

        Returns
        -------
        Real
            Shape (..., *extents), float64.

        Raises
        ------
        InputError
            If the observable is not an average over sites.
        """

    def value(self, links: Array, d: int | None = None) -> Real:
        """The average over the lattice, shape (...), float64, for links as for `density`."""
        return site_average(self.density(links, d), lattice_of(links, d).d)


def site_average(density: Real, d: int) -> Real:
    """The mean over the last d axes, summed by a fixed tree over sites in their global order."""
    flat = density.reshape(*density.shape[: density.ndim - d], -1)
    return np.asarray(tree_sum(flat, axis=-1) / flat.shape[-1])


#: Every family of observables. `lgt.observable` fills it; the order is that of the help texts.
FAMILIES: list[type[Observable]] = []


def parse_observable(name: str) -> Observable:
    """The observable of this name, as ``lgt measure --observable`` takes it.

    Parameters
    ----------
    name
        For example ``"plaquette"``, ``"wilson_1x2"`` or ``"polyakov_abs"``; `available_observables` lists
        all families. An observable of your own is ``"package.module:Name"``, see
        `lgt.observable.UserObservable`.

    Raises
    ------
    InputError
        If there is no such observable.

    Examples
    --------
    >>> parse_observable("wilson_1x2")
    WilsonLoop(r=1, t=2, symmetric=False)
    >>> parse_observable("wilson_1x2").name
    'wilson_1x2'
    """
    for family in FAMILIES:
        observable = family.parse(name)
        if observable is not None:
            return observable
    names = [example for family in FAMILIES for example in family.examples or (family.pattern,)]
    close = difflib.get_close_matches(name, names, n=1)
    guess = f"did you mean {close[0]!r}? the names are" if close else "choose one of"
    raise InputError(
        f"observable {name!r}",
        "no observable of that name",
        f"{guess} {', '.join(available_observables())}",
    )


def available_observables() -> dict[str, str]:
    """How the names of all families are written, with one line on each.

    Examples
    --------
    >>> available_observables()["plaquette"]
    'average over all planes of (1/N) Re tr P'
    """
    return {family.pattern: family.about for family in FAMILIES}
