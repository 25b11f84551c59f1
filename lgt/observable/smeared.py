"""Observables on smeared links, ``NAME@SMEARING``, and along a flow, ``NAME@flow:TMAX:DT``."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Self, final

import numpy as np
from numpy.typing import NDArray

from lgt.errors import InputError, PhysicsError
from lgt.field import Array, lattice_of
from lgt.gradient_flow import OpenFlow, flow_history, gradient_flow, make_flow
from lgt.lattice import Lattice
from lgt.observable._base import Observable, Real, parse_observable
from lgt.replicas.cores import cores
from lgt.smear import SMEARINGS, GradientFlow, Smearing, parse_smearing

#: More points than this on a curve are a slip of the pen.
_POINTS = 100_000
_FLOWS = {"flow": "wilson", "symanzik_flow": "symanzik"}


class Preparation(ABC):
    """What happens to links before they are measured: `stages` gives them, once or at several points."""

    @property
    @abstractmethod
    def text(self) -> str:
        """How it is written after the ``@``."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of the stages; none, if there is just one."""
        return ()

    @property
    def stops_at_boundaries(self) -> bool:
        """Whether it can be told of open boundaries; a flow can, as its action has weights there."""
        return False

    @abstractmethod
    def stages(self, links: Array, d: int, open: tuple[int, ...] = ()) -> Iterator[Array]:
        """The prepared links of every stage, each of the shape of `links`."""


@final
@dataclass(frozen=True)
class Smooth(Preparation):
    """Links smeared once.

    Parameters
    ----------
    smearing
        How, for example ``Stout(0.1, 10)``.
    """

    smearing: Smearing

    @property
    def text(self) -> str:
        """The smearing's own, ``stout:0.1x10``."""
        return self.smearing.name

    @property
    def stops_at_boundaries(self) -> bool:
        """The gradient flow alone."""
        return isinstance(self.smearing, GradientFlow)

    def stages(self, links: Array, d: int, open: tuple[int, ...] = ()) -> Iterator[Array]:
        """The smeared links."""
        if isinstance(self.smearing, GradientFlow):
            flow = OpenFlow(self.smearing.flow, open) if open else self.smearing.flow
            yield gradient_flow(links, self.smearing.time, action=flow, threads=cores(), d=d)
        else:
            yield self.smearing.apply(links, d)


@final
@dataclass(frozen=True)
class Curve(Preparation):
    """Links at the flow times 0, DT, 2 DT, ..., TMAX, in one pass.

    Parameters
    ----------
    flow
        ``"flow"`` (Wilson) or ``"symanzik_flow"``.
    end, spacing
        TMAX and DT, in units of the lattice spacing squared; TMAX is a multiple of DT.

    Examples
    --------
    >>> Curve.parse("flow:1:0.25").labels
    ('t=0', 't=0.25', 't=0.5', 't=0.75', 't=1')
    """

    flow: str
    end: float
    spacing: float

    def __post_init__(self) -> None:
        points = self.end / self.spacing if self.spacing > 0 else np.nan
        asked = f"a flow curve {self.text}"
        if not (np.isfinite(points) and points >= 0.5):
            raise InputError(asked, "no times that increase", "write it like flow:4:0.1")
        if abs(points - round(points)) > 1e-6:
            raise InputError(asked, "an end that is no multiple of the spacing", "write it like flow:4:0.1")
        if points > _POINTS:
            raise InputError(asked, f"more than {_POINTS} times", "use a larger spacing")

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The curve of ``flow:TMAX:DT`` or ``symanzik_flow:TMAX:DT``; None for any other text."""
        number = r"(\d+(?:\.\d*)?|\.\d+)"
        match = re.fullmatch(rf"(flow|symanzik_flow):{number}:{number}", text, flags=re.ASCII)
        return cls(match[1], float(match[2]), float(match[3])) if match else None

    @property
    def text(self) -> str:
        """``flow:4:0.1``."""
        return f"{self.flow}:{self.end:.12g}:{self.spacing:.12g}"

    @property
    def times(self) -> NDArray[np.float64]:
        """The flow times, shape (points,)."""
        points = round(self.end / self.spacing)
        return np.arange(points + 1) * self.end / points

    @property
    def labels(self) -> tuple[str, ...]:
        """``t=0``, ``t=0.1``, ..."""
        return tuple(f"t={time:.10g}" for time in self.times)

    @property
    def stops_at_boundaries(self) -> bool:
        """It does."""
        return True

    def stages(self, links: Array, d: int, open: tuple[int, ...] = ()) -> Iterator[Array]:
        """The flowed links of each time."""
        flow = make_flow(_FLOWS[self.flow])
        flow = OpenFlow(flow, open) if open else flow
        for _, flowed in flow_history(links, self.times.tolist(), action=flow, threads=cores(), d=d):
            yield flowed


def parse_preparation(text: str) -> Preparation:
    """What the text after ``@`` means.

    Raises
    ------
    InputError
        If there is no such smearing.

    Examples
    --------
    >>> parse_preparation("symanzik_flow:2:0.5").text
    'symanzik_flow:2:0.5'
    """
    return Curve.parse(text) or Smooth(parse_smearing(text))


@final
@dataclass(frozen=True)
class Smeared(Observable):
    """An observable on smeared links, ``wilson_2x2@ape:0.5x10``, or at many flow times, one value for each.

    Measured together, observables on the same smeared links share the smearing (`evaluate`). With several,
    ``NAME@SECOND@FIRST``, the last one comes first.

    Parameters
    ----------
    observable
        What is measured.
    preparation
        On which links.

    Examples
    --------
    >>> import lgt
    >>> links = lgt.hot(lgt.Lattice((4, 4)), lgt.SU(2), lgt.Stream(seed=1, chain=0))
    >>> curve = lgt.parse_observable("energy_plaquette@flow:1:0.5")
    >>> curve.labels(lgt.Lattice((4, 4))), curve.value(links).round(3).tolist()
    (('t=0', 't=0.5', 't=1'), [3.792, 0.853, 0.163])
    """

    observable: Observable
    preparation: Preparation

    pattern: ClassVar[str] = "NAME@SMEARING"
    about: ClassVar[str] = (
        f"NAME on smeared links: {', '.join(family.pattern for family in SMEARINGS)}; "
        "flow:TMAX:DT and symanzik_flow:TMAX:DT, at the flow times 0, DT, ..., TMAX"
    )
    examples: ClassVar[tuple[str, ...]] = ("topological_charge@flow:2.0", "wilson_2x2@ape:0.5x10")

    @property
    def name(self) -> str:
        """``NAME@SMEARING``."""
        return f"{self.observable.name}@{self.preparation.text}"

    @classmethod
    def parse(cls, name: str) -> Self | None:
        """The observable of a name with an ``@``, else None.

        Raises
        ------
        InputError
            If there is no such observable or no such smearing.
        """
        inner, at, text = name.rpartition("@")
        return cls(parse_observable(inner), parse_preparation(text)) if at else None

    def labels(self, lattice: Lattice) -> tuple[str, ...]:
        """Those of the stages and of the observable, joined by commas where both have some."""
        inner, outer = self.observable.labels(lattice), self.preparation.labels
        if inner and outer:
            return tuple(f"{stage},{label}" for stage in outer for label in inner)
        return outer or inner

    def validate(self, lattice: Lattice, *, open: tuple[int, ...] = ()) -> None:
        """What the observable refuses, and open boundaries that the smearing would cross."""
        self.observable.validate(lattice, open=open)
        if open and not self.preparation.stops_at_boundaries:
            raise PhysicsError(
                f"{self.name} on the lattice {lattice} with open boundaries",
                "a smearing that knows periodic ones alone",
                "use flow:T, or no smearing",
            )

    def density(self, links: Array, d: int | None = None) -> Real:
        """The observable at every site, shape (..., *extents); (..., labels, *extents) along a flow."""
        lattice = lattice_of(links, d)
        stages = self.preparation.stages(links, lattice.d)
        found = [self.observable.density(stage, lattice.d) for stage in stages]
        return self._joined(found, lattice, lattice.d)

    def value(self, links: Array, d: int | None = None, *, open: tuple[int, ...] = ()) -> Real:
        """The value, shape (...) or (..., labels)."""
        return evaluate([self], links, d, open=open)[self]

    def _joined(self, found: list[Real], lattice: Lattice, sites: int) -> Real:
        """The numbers of all stages on one axis of labels, before `sites` axes."""
        if not self.preparation.labels:
            return found[0]
        axis = found[0].ndim - sites - len(self.observable.shape(lattice))
        joined = np.stack(found, axis=axis)
        return joined.reshape(*joined.shape[:axis], -1, *joined.shape[joined.ndim - sites :])


def evaluate(
    observables: Iterable[Observable], links: Array, d: int | None = None, *, open: tuple[int, ...] = ()
) -> dict[Observable, Real]:
    """The values of several observables, of which those on the same smeared links share the smearing.

    Parameters
    ----------
    observables
        Which, in any order.
    links
        Shape (..., d, *extents, N, N).
    d
        Number of directions, where the shape leaves it open.
    open
        The directions with open boundaries.

    Returns
    -------
    dict[Observable, Real]
        In the order given, shape (...) or (..., labels) each.

    Examples
    --------
    >>> import lgt
    >>> links = lgt.cold(lgt.Lattice((4, 4)), lgt.SU(2))
    >>> [value.shape for value in evaluate([lgt.parse_observable("plaquette")], links).values()]
    [()]
    """
    observables = list(observables)
    lattice = lattice_of(links, d)
    found: dict[Observable, Real] = {}
    together: dict[Preparation, list[Smeared]] = {}
    for observable in observables:
        if isinstance(observable, Smeared):
            observable.validate(lattice, open=open)
            together.setdefault(observable.preparation, []).append(observable)
        else:
            found[observable] = observable.value(links, lattice.d, **({"open": open} if open else {}))
    for preparation, smeared in together.items():
        inner = list(dict.fromkeys(each.observable for each in smeared))
        prepared = preparation.stages(links, lattice.d, open)
        stages = [evaluate(inner, stage, lattice.d, open=open) for stage in prepared]
        for each in smeared:
            values = [stage[each.observable] for stage in stages]
            found[each] = each._joined(values, lattice, 0)
    for observable, value in found.items():
        if not np.isfinite(value).all():
            raise PhysicsError(
                f"{observable.name} of a configuration",
                "a value that is not finite",
                "look at the links, or smear them less",
            )
    return {observable: found[observable] for observable in observables}
