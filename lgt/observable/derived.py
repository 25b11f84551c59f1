"""Quantities that are functions of ensemble means: Creutz ratios, susceptibilities, the scales t0 and w0."""

from __future__ import annotations

import math
import re
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal, Self, final

import numpy as np

from lgt.analysis import Estimate, derive
from lgt.errors import InputError, PhysicsError
from lgt.group import UnitaryGroup
from lgt.lattice import Lattice
from lgt.observable._base import Observable, Quantity, Real
from lgt.observable.loops import Polyakov, WilsonLoop
from lgt.observable.smeared import Curve, Preparation, Smeared, parse_preparation
from lgt.observable.topology import EnergyClover, EnergyPlaquette, TopologicalCharge

#: The flow that t0 and w0 are taken from unless the name says otherwise.
USUAL_FLOW = Curve("flow", 4.0, 0.1)


@final
@dataclass(frozen=True)
class Setting:
    """Where means were taken: what a derived quantity may depend on beside them.

    Parameters
    ----------
    lattice, group
        Lattice and gauge group.
    open
        The directions with open boundaries.
    """

    lattice: Lattice
    group: UnitaryGroup
    open: tuple[int, ...] = ()


class Derived(Quantity):
    """A function of the ensemble means of some observables, its `inputs`."""

    @property
    @abstractmethod
    def inputs(self) -> tuple[Observable, ...]:
        """The observables that must be measured, each once."""

    def validate(self, setting: Setting) -> None:
        """Refuse a lattice or group on which it makes no sense, before anything is measured.

        Raises
        ------
        InputError
            If an input has no value there, or the quantity has none.
        """
        for observable in self.inputs:
            observable.validate(setting.lattice, open=setting.open)

    def primaries(self, samples: Sequence[Real]) -> list[Real]:
        """The series whose means enter, from those of the inputs: these themselves.

        Parameters
        ----------
        samples
            For each input (chains, n) or (chains, n, labels).

        Returns
        -------
        list[Real]
            (chains, n) each.
        """
        return [series for values in samples for series in _components(values)]

    @abstractmethod
    def function(self, means: Real, setting: Setting) -> float:
        """The quantity from the means of `primaries`, shape (len(primaries),).

        Raises
        ------
        PhysicsError
            If it does not exist for these means.
        """

    @final
    def estimate(self, samples: Sequence[Real], setting: Setting, separation: int = 1) -> Estimate:
        """The quantity with its Gamma-method error.

        Parameters
        ----------
        samples
            The series of each of `inputs`, (chains, n) or (chains, n, labels).
        setting
            Where they were measured.
        separation
            Sweeps between two samples.

        Raises
        ------
        PhysicsError
            If it does not exist for these means.
        """
        return derive(self.primaries(samples), lambda means: self.function(means, setting), separation)


def _components(values: Real) -> list[Real]:
    """The series of each label, (chains, n) each."""
    return [values] if values.ndim == 2 else list(np.moveaxis(values, -1, 0))


def _smeared(observable: Observable, preparation: Preparation | None) -> Observable:
    return observable if preparation is None else Smeared(observable, preparation)


def _split(name: str) -> tuple[str, Preparation | None]:
    """A name without its smearing, and the smearing, which is one for a single value of each observable."""
    inner, at, text = name.partition("@")
    preparation = parse_preparation(text) if at else None
    if preparation is not None and preparation.labels:
        raise InputError(f"{inner} on a flow curve", f"{text}", "name one flow time, like flow:2.0")
    return inner, preparation


def _suffix(preparation: Preparation | None) -> str:
    return "" if preparation is None else f"@{preparation.text}"


@final
@dataclass(frozen=True)
class CreutzRatio(Derived):
    """The Creutz ratio ``chi(R,T) = -ln(W(R,T) W(R-1,T-1) / (W(R,T-1) W(R-1,T)))``, W(R,0) = 1.

    The string tension where the loops follow an area law (M. Creutz, Phys. Rev. Lett. 45 (1980) 313). The
    loops are averaged over both orientations.

    Examples
    --------
    >>> [loop.name for loop in CreutzRatio(2, 1).inputs]
    ['wilson_2x1_symmetric', 'wilson_1x1']
    """

    r: int
    t: int
    preparation: Preparation | None = None

    pattern: ClassVar[str] = "creutz_RxT[@SMEARING]"
    about: ClassVar[str] = "Creutz ratio -ln(W(R,T) W(R-1,T-1) / (W(R,T-1) W(R-1,T)))"
    examples: ClassVar[tuple[str, ...]] = ("creutz_2x2",)

    def __post_init__(self) -> None:
        if self.r < 1 or self.t < 1:
            raise InputError(f"a Creutz ratio {self.r}x{self.t}", "a side below 1", "use 1 or more")

    @property
    def name(self) -> str:
        """``creutz_RxT``."""
        return f"creutz_{self.r}x{self.t}{_suffix(self.preparation)}"

    @classmethod
    def parse(cls, name: str) -> Self | None:
        """The ratio of such a name, else None."""
        match = re.fullmatch(r"creutz_([1-9]\d{0,5})x([1-9]\d{0,5})(?:@.*)?", name, flags=re.ASCII)
        return cls(int(match[1]), int(match[2]), _split(name)[1]) if match else None

    def _powers(self) -> dict[Observable, int]:
        """The loops with their powers in the argument of the logarithm."""
        powers: dict[Observable, int] = {}
        for r, t, power in (
            (self.r, self.t, 1),
            (self.r - 1, self.t - 1, 1),
            (self.r, self.t - 1, -1),
            (self.r - 1, self.t, -1),
        ):
            if r and t:
                loop = _smeared(WilsonLoop(max(r, t), min(r, t), symmetric=r != t), self.preparation)
                powers[loop] = powers.get(loop, 0) + power
        return powers

    @property
    def inputs(self) -> tuple[Observable, ...]:
        """The four loops, fewer for small ones."""
        return tuple(self._powers())

    def function(self, means: Real, setting: Setting) -> float:
        """The logarithm of the loops' means."""
        if not (means > 0).all():
            loops = zip(self.inputs, means, strict=True)
            found = ", ".join(f"a mean {mean:.2g} of {loop.name}" for loop, mean in loops if mean <= 0)
            raise PhysicsError(self.name, found, "use smaller loops, or measure more")
        return -float(np.dot(list(self._powers().values()), np.log(means)))


@final
@dataclass(frozen=True)
class PolyakovSusceptibility(Derived):
    """``V (<|P|^2> - <|P|>^2)`` of the Polyakov loop's lattice average, V the number of loops.

    Examples
    --------
    >>> PolyakovSusceptibility(0).inputs
    (Polyakov(part='abs', direction=0),)
    """

    direction: int | None = None
    preparation: Preparation | None = None

    pattern: ClassVar[str] = "polyakov_susceptibility[_MU][@SMEARING]"
    about: ClassVar[str] = "V (<|P|^2> - <|P|>^2) of the Polyakov loop, V the volume across it"
    examples: ClassVar[tuple[str, ...]] = ("polyakov_susceptibility",)

    @property
    def name(self) -> str:
        """``polyakov_susceptibility``, with ``_MU`` for an axis other than time."""
        axis = "" if self.direction is None else f"_{self.direction}"
        return f"polyakov_susceptibility{axis}{_suffix(self.preparation)}"

    @classmethod
    def parse(cls, name: str) -> Self | None:
        """The susceptibility of such a name, else None."""
        match = re.fullmatch(r"polyakov_susceptibility(?:_(\d))?(?:@.*)?", name, flags=re.ASCII)
        return cls(None if match[1] is None else int(match[1]), _split(name)[1]) if match else None

    @property
    def _loop(self) -> Polyakov:
        return Polyakov("abs", self.direction)

    @property
    def inputs(self) -> tuple[Observable, ...]:
        """The modulus of the loop's average."""
        return (_smeared(self._loop, self.preparation),)

    def primaries(self, samples: Sequence[Real]) -> list[Real]:
        """``|P|`` and its square."""
        return [samples[0], samples[0] ** 2]

    def function(self, means: Real, setting: Setting) -> float:
        """The variance, times the number of loops."""
        loops = setting.lattice.volume // setting.lattice.extents[self._loop.axis(setting.lattice)]
        return float(loops * (means[1] - means[0] ** 2))


@final
@dataclass(frozen=True)
class TopologicalSusceptibility(Derived):
    """``<Q^2> / V`` with the topological charge Q and the number of sites V.

    With open boundaries V counts the sites whose clovers stay inside.

    Parameters
    ----------
    preparation
        Smearing of the links.
    improved
        Whether Q is the improved charge (`TopologicalCharge`).

    Examples
    --------
    >>> TopologicalSusceptibility(parse_preparation("flow:2.0")).name
    'topological_susceptibility@flow:2.0'
    """

    preparation: Preparation | None = None
    improved: bool = False

    pattern: ClassVar[str] = "topological_susceptibility[_improved][@SMEARING]"
    about: ClassVar[str] = "<Q^2> / V of the topological charge"
    examples: ClassVar[tuple[str, ...]] = ("topological_susceptibility@flow:2.0",)

    @property
    def name(self) -> str:
        """``topological_susceptibility@SMEARING``."""
        return f"topological_susceptibility{'_improved' * self.improved}{_suffix(self.preparation)}"

    @classmethod
    def parse(cls, name: str) -> Self | None:
        """The susceptibility of such a name, else None."""
        inner, *_ = name.partition("@")
        match = re.fullmatch("topological_susceptibility(_improved)?", inner)
        return cls(_split(name)[1], bool(match[1])) if match else None

    @property
    def _charge(self) -> TopologicalCharge:
        return TopologicalCharge(self.improved)

    @property
    def inputs(self) -> tuple[Observable, ...]:
        """The charge."""
        return (_smeared(self._charge, self.preparation),)

    def primaries(self, samples: Sequence[Real]) -> list[Real]:
        """``Q^2``."""
        return [samples[0] ** 2]

    def function(self, means: Real, setting: Setting) -> float:
        """Its mean over the volume."""
        behind, ahead = self._charge.reach
        cut = [behind + ahead if mu in setting.open else 0 for mu in range(setting.lattice.d)]
        sites = math.prod(extent - less for extent, less in zip(setting.lattice.extents, cut, strict=True))
        return float(means[0] / sites)


@final
@dataclass(frozen=True)
class FlowScale(Derived):
    """The scales t0 and w0 from the energy density E along the gradient flow, in lattice units.

    With ``c = 0.1125 (N^2 - 1) / N``, which is 0.3 for SU(3): ``t^2 E = c`` at t0 (M. Luscher, JHEP 08
    (2010) 071), and ``t d/dt (t^2 E) = c`` at ``t = w0^2`` (S. Borsanyi et al., JHEP 09 (2012) 010). E is
    interpolated by cubics.

    Parameters
    ----------
    scale
        ``"t0"`` or ``"w0"``.
    energy
        By which E, ``"clover"`` or ``"plaquette"``.
    curve
        The flow, and its times.

    Examples
    --------
    >>> from lgt.observable import parse_quantity
    >>> parse_quantity("t0").inputs[0].name, parse_quantity("w0_plaquette@symanzik_flow:8:0.2").name
    ('energy_clover@flow:4:0.1', 'w0_plaquette@symanzik_flow:8:0.2')
    """

    scale: Literal["t0", "w0"]
    energy: Literal["clover", "plaquette"] = "clover"
    curve: Curve = field(default=USUAL_FLOW)

    pattern: ClassVar[str] = "t0|w0[_plaquette][@flow:TMAX:DT]"
    about: ClassVar[str] = (
        "scale of the Wilson flow (or @symanzik_flow:TMAX:DT), by the clover or plaquette E, "
        f"{USUAL_FLOW.text} by default"
    )
    examples: ClassVar[tuple[str, ...]] = ("t0", "w0", "t0_plaquette")

    @property
    def name(self) -> str:
        """``t0``, with ``_plaquette`` and a flow where they are not the usual ones."""
        flow = "" if self.curve == USUAL_FLOW else f"@{self.curve.text}"
        return f"{self.scale}{'' if self.energy == 'clover' else '_plaquette'}{flow}"

    @classmethod
    def parse(cls, name: str) -> Self | None:
        """The scale of such a name, else None.

        Raises
        ------
        InputError
            If the flow has no end and spacing.
        """
        match = re.fullmatch(r"(t0|w0)(?:_(plaquette|clover))?(?:@(.*))?", name, flags=re.ASCII)
        if match is None:
            return None
        curve = USUAL_FLOW if match[3] is None else Curve.parse(match[3])
        if curve is None:
            raise InputError(f"{match[1]} on {match[3]}", "no flow with its times", "write @flow:TMAX:DT")
        scale: Literal["t0", "w0"] = match[1]  # type: ignore[assignment]
        energy: Literal["clover", "plaquette"] = match[2] or "clover"  # type: ignore[assignment]
        return cls(scale, energy, curve)

    @property
    def inputs(self) -> tuple[Observable, ...]:
        """E along the flow."""
        return (Smeared(EnergyClover() if self.energy == "clover" else EnergyPlaquette(), self.curve),)

    def validate(self, setting: Setting) -> None:
        """t^2 E is a pure number in four dimensions, and its reference one of SU(N)."""
        super().validate(setting)
        if setting.lattice.d != 4 or setting.group.N == 1:
            raise PhysicsError(
                f"{self.name} of {setting.group} on the lattice {setting.lattice}",
                "no scale defined there",
                "use SU(N) in four dimensions",
            )

    def function(self, means: Real, setting: Setting) -> float:
        """Where the curve of E's means crosses the reference value."""
        times = self.curve.times
        curve, what = times**2 * means, "t^2 E"
        if self.scale == "w0":
            curve, what = times * _derivative(times, curve), "t d/dt(t^2 E)"
        reference = reference_energy(setting.group.N)
        time = _crossing(times, curve, reference)
        if time is None:
            longer = f"{self.curve.flow}:{2 * self.curve.end:g}:{self.curve.spacing:g}"
            further = f"flow further, like {self.name.partition('@')[0]}@{longer}"
            falls = curve[-1] < 0.98 * curve.max()
            raise PhysicsError(
                self.name,
                f"{what} at most {curve.max():.3g} up to t = {self.curve.end:g}, not {reference:.3g}",
                "use a larger lattice, it falls again" if falls else further,
            )
        return time if self.scale == "t0" else math.sqrt(time)


def reference_energy(N: int) -> float:
    """The value of t^2 E that defines t0 for SU(N): 0.3 for SU(3), scaled as (N^2 - 1) / N.

    Examples
    --------
    >>> round(reference_energy(3), 12)
    0.3
    """
    return 0.1125 * (N**2 - 1) / N


def _derivative(times: Real, values: Real) -> Real:
    """The derivative at every point, by the polynomial of degree four through the points next to it."""
    width = min(5, len(times))
    first = np.clip(np.arange(len(times)) - width // 2, 0, len(times) - width)
    windows = first[:, None] + np.arange(width)
    step = times[1] - times[0]
    offsets = (times[windows] - times[:, None]) / step
    # The weights w of the derivative are exact for all powers: sum_j w_j o_j^p = delta_{p1}.
    powers = offsets[:, None, :] ** np.arange(width)[None, :, None]
    weights = np.linalg.solve(powers, np.eye(width)[1][None, :, None])[..., 0]
    return np.asarray((weights * values[windows]).sum(axis=1) / step)


def _crossing(times: Real, values: Real, level: float) -> float | None:
    """The first time at which the values rise through the level, by a cubic; None if they do not."""
    rising = np.flatnonzero((values[:-1] < level) & (values[1:] >= level))
    if not rising.size:
        return None
    place = int(rising[0])
    width = min(4, len(times))
    first = min(max(place - 1, 0), len(times) - width)
    window = slice(first, first + width)
    step = times[1] - times[0]
    # In units of the spacing, from the start of the interval in which it crosses.
    offsets = (times[window] - times[place]) / step
    coefficients = np.linalg.solve(np.vander(offsets), values[window] - level)
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if np.polyval(coefficients, middle) < 0:
            low = middle
        else:
            high = middle
    return float(times[place] + step * high)
