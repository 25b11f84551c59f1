"""What a named measurement is, and how a name becomes one."""

from __future__ import annotations

import difflib
from abc import ABC, abstractmethod
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from lgt.errors import InputError, PhysicsError
from lgt.field import Array, inside, lattice_of
from lgt.lattice import Lattice, tree_sum

Real = NDArray[np.float64]


class Quantity(ABC):
    """Anything that is measured by its name: an `Observable`, or a `Derived` quantity made of their means.

    Frozen values: ``parse_quantity(q.name) == q``.
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
        return getattr(self, "pattern", type(self).__name__)

    @classmethod
    def parse(cls, name: str) -> Self | None:
        """The quantity of this name; None if the name is not of this family."""
        return cls() if name == cls.pattern else None


class Observable(Quantity):
    """A real, gauge-invariant function of a configuration, known by its name.

    A subclass gives `density`, whose lattice average is `value`. Both are float64 whatever the precision
    of the links, and sums over sites follow a fixed tree, so that a measurement is reproducible to the bit.

    One with several numbers, say a correlator, names them by `labels` and has an axis for them before the
    sites: ``density`` is (..., labels, *extents), ``value`` (..., labels).
    """

    @property
    def reach(self) -> tuple[int, int] | None:
        """How many sites behind and ahead of x, along any axis, the density at x looks.

        Where the lattice has open boundaries, the average runs over the sites whose loops stay inside. None:
        not known, so it has no value there. A subclass may set a pair as class attribute.
        """
        return None

    def labels(self, lattice: Lattice) -> tuple[str, ...]:
        """The names of its numbers on this lattice; none, if it is one number."""
        return ()

    def shape(self, lattice: Lattice) -> tuple[int, ...]:
        """The shape of its value on one configuration: (), or (labels,)."""
        labels = self.labels(lattice)
        return (len(labels),) if labels else ()

    def validate(self, lattice: Lattice, *, open: tuple[int, ...] = ()) -> None:
        """Refuse a lattice on which the observable makes no sense, before the first sweep of a run.

        Parameters
        ----------
        open
            The directions with open boundaries.

        Raises
        ------
        InputError
            If an axis or a size does not exist there, or no loop stays inside the open boundaries.
        """
        if not open:
            return
        asked = f"{self.name} on the lattice {lattice}, open along {', '.join(map(str, open))}"
        if self.reach is None:
            raise PhysicsError(asked, "loops of unknown size", "give the class reach = (behind, ahead)")
        shortest = min(lattice.extents[mu] for mu in open)
        if shortest <= sum(self.reach):
            raise PhysicsError(asked, "no loop inside the boundaries", "use a smaller loop")

    @abstractmethod
    def density(self, links: Array, d: int | None = None) -> Real:
        """The observable at every site, around the torus whatever the boundaries.

        Parameters
        ----------
        links
            Shape (..., d, *extents, N, N), complex.
        d
            Number of directions, where the shape leaves it open.

        Returns
        -------
        Real
            Shape (..., *extents), float64; (..., labels, *extents) for one with labels.

        Raises
        ------
        InputError
            If the observable is not an average over sites.
        """

    def value(self, links: Array, d: int | None = None, *, open: tuple[int, ...] = ()) -> Real:
        """The average over the lattice, shape (...) or (..., labels), float64, for links as for `density`.

        Parameters
        ----------
        open
            The directions with open boundaries, as `lgt.action.Action.open` says: the average runs over the
            sites whose loops stay inside.
        """
        lattice = lattice_of(links, d)
        return site_average(self.interior(self.density(links, lattice.d), lattice, open), lattice.d)

    def interior(self, density: Real, lattice: Lattice, open: tuple[int, ...]) -> Real:
        """The density at the sites whose loops stay inside the open boundaries, (..., *fewer sites)."""
        if not open:
            return density
        Observable.validate(self, lattice, open=open)
        behind, ahead = self.reach or (0, 0)
        return inside(density, open, (behind,) * lattice.d, (ahead,) * lattice.d)


def site_sum(density: Real, d: int) -> Real:
    """The sum over the last d axes by a fixed tree over sites in their global order."""
    return tree_sum(density.reshape(*density.shape[: density.ndim - d], -1), axis=-1)


def site_average(density: Real, d: int) -> Real:
    """The mean over the last d axes, summed by a fixed tree over sites in their global order."""
    flat = density.reshape(*density.shape[: density.ndim - d], -1)
    return np.asarray(tree_sum(flat, axis=-1) / flat.shape[-1])


#: Every family of quantities. `lgt.observable` fills it; the order is that of the help texts.
FAMILIES: list[type[Quantity]] = []


def parse_quantity(name: str) -> Quantity:
    """The observable or derived quantity of this name, as ``lgt measure --observable`` takes it.

    Raises
    ------
    InputError
        If there is no such quantity.

    Examples
    --------
    >>> parse_quantity("creutz_2x2").name
    'creutz_2x2'
    """
    for family in FAMILIES:
        quantity = family.parse(name)
        if quantity is not None:
            return quantity
    names = [example for family in FAMILIES for example in family.examples or (family.pattern,)]
    close = difflib.get_close_matches(name, names, n=1)
    guess = f"did you mean {close[0]!r}? the names are" if close else "choose one of"
    raise InputError(
        f"observable {name!r}",
        "no observable of that name",
        f"{guess} {', '.join(available_observables())}",
    )


def parse_observable(name: str) -> Observable:
    """The observable of this name.

    Parameters
    ----------
    name
        For example ``"plaquette"``, ``"wilson_1x2"`` or ``"topological_charge@flow:2.0"``;
        `available_observables` lists all families. An observable of your own is ``"package.module:Name"``,
        see `lgt.observable.UserObservable`.

    Raises
    ------
    InputError
        If there is no such observable, or the name is that of a derived quantity (`parse_quantity`), which
        has no value on one configuration.

    Examples
    --------
    >>> parse_observable("wilson_1x2")
    WilsonLoop(r=1, t=2, symmetric=False)
    >>> parse_observable("wilson_1x2").name
    'wilson_1x2'
    """
    quantity = parse_quantity(name)
    if not isinstance(quantity, Observable):
        raise InputError(
            f"{name} of one configuration",
            "a quantity that is made of the means of an ensemble",
            f"type: lgt measure ENS --observable {name}",
        )
    return quantity


def available_observables() -> dict[str, str]:
    """How the names of all families are written, with one line on each.

    Examples
    --------
    >>> available_observables()["plaquette"]
    'average over all planes of (1/N) Re tr P'
    """
    return {family.pattern: family.about for family in FAMILIES}
