"""What samplers are held to: runs, measured through the public API, against exact and published values.

A check compares one quantity of one run with what it should be and says how many combined standard errors
apart they are. `Check.pull(factor)` does the same for chains run at `factor` times the nominal beta while
the expectation stays: with ``factor = 1.01`` it has to fail. For that to be possible the statistical error
may be at most `Check.allowed`: a seventh of what a beta 1 % off would move the quantity.

This file has what runs and checks are, and the heat bath of Wilson's action; the other actions and updates
are in `samplers`, what is exact for each configuration in `dynamics`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from oracle import series
from oracle.exact_2d import Torus

import lgt
from lgt.action import LoopAction
from lgt.analysis import Estimate, estimate
from lgt.loops import plaquettes
from lgt.observable import parse_observable, polyakov_loops, schwinger_dyson
from lgt.replicas import Replicas
from lgt.update import Sweep, Updater

#: A check accepts up to this many standard errors, and must not accept a beta 1 % off.
LIMIT = 4.0
WRONG = 1.01
#: A statistical error is at most this fraction of the effect of a beta 1 % off, and at most `LARGEST`.
FRACTION = 1 / 7
LARGEST = 5e-4
#: The Schwinger-Dyson identity holds to this relative error.
IDENTITY = 1.4e-3


@dataclass(frozen=True)
class Run:
    """Chains that advance together: all that fixes their bits, and how often their links are measured."""

    group: str
    lattice: str
    beta: float
    sweeps: int
    thermalise: int = 50
    overrelax: int = 1
    seed: int = 1
    start: str = "cold"
    chains: int = 1
    #: The action by name, with the keywords that it takes.
    action: str = "wilson"
    parameters: tuple[tuple[str, Any], ...] = ()
    #: Instead of a heat bath with over-relaxations.
    update: Updater | None = None
    #: Measure these every so many sweeps ...
    observables: tuple[str, ...] = ("plaquette",)
    every: int = 1
    #: ... and the two sides of the Schwinger-Dyson identity every so many, 0 for never.
    identity: int = 0
    #: Measure the correlator of neighbouring Polyakov loops (two dimensions).
    polyakov: bool = False

    def __str__(self) -> str:
        action = "" if self.action == "wilson" else f"{self.action} "
        keywords = "".join(f" {key}={value}" for key, value in self.parameters)
        update = f" {self.update.name}" if self.update else ""
        return f"{self.group} {self.lattice} {action}beta={self.beta:g}{keywords}{update}"

    @property
    def d(self) -> int:
        return lgt.Lattice.parse(self.lattice).d

    @property
    def model(self) -> LoopAction:
        """The action that the chains are made with."""
        action = lgt.make_action(self.action, self.beta, **dict(self.parameters))
        assert isinstance(action, LoopAction)
        return action

    @property
    def N(self) -> int:
        return lgt.parse_group(self.group).N

    @property
    def torus(self) -> Torus:
        """The exact solution, in two dimensions."""
        return Torus(self.N, self.beta, lgt.Lattice.parse(self.lattice).volume)

    def configurations(self) -> Iterator[NDArray[np.complex128]]:
        """The links of all chains after each sweep that follows thermalisation."""
        group, lattice, action = lgt.parse_group(self.group), lgt.Lattice.parse(self.lattice), self.model
        streams = [lgt.Stream(self.seed, chain) for chain in range(self.chains)]
        update = self.update or Sweep(self.overrelax)
        update.validate(action, group, lattice)
        if self.start == "cold":
            links = [lgt.cold(lattice, group)] * self.chains
        else:
            links = [lgt.hot(lattice, group, stream) for stream in streams]
        state = Replicas(links, streams, action=action)
        wanted = [every for every in (self.every, self.identity, int(self.polyakov)) if every]
        for number in range(self.thermalise + self.sweeps):
            update.advance(state, action, number)
            after = number - self.thermalise
            if after >= 0 and any(after % every == 0 for every in wanted):
                yield np.stack([state.links(chain) for chain in range(self.chains)])
            elif after >= 0:
                yield np.empty(0)


@cache
def measured(run: Run, factor: float) -> dict[str, NDArray[np.float64]]:
    """What a run measures, shape (chains, samples); its chains have `factor` times the beta it states."""
    out: dict[str, list[NDArray[np.float64]]] = {name: [] for name in run.observables}
    for number, links in enumerate(replace(run, beta=run.beta * factor).configurations()):
        for name in run.observables if number % run.every == 0 else ():
            out[name].append(value_of(name, links, run.d))
        if run.identity and number % run.identity == 0:
            # Wilson's plain action has a way of its own to X, through plaquettes.
            action = run.model if run.action != "wilson" or run.parameters else None
            rotation, force = schwinger_dyson(links, run.d, action)
            out.setdefault("rotation", []).append(rotation)
            out.setdefault("identity", []).append(rotation - run.beta * force)
        if run.polyakov:
            out.setdefault("polyakov", []).append(polyakov_sample(run, links))
    assert out
    return {name: np.stack(values, axis=-1) for name, values in out.items()}


def value_of(name: str, links: NDArray[np.complex128], d: int) -> NDArray[np.float64]:
    """An observable of each configuration; ``inner_plaquette`` leaves out what crosses the end of time."""
    if name == "inner_plaquette":
        return np.asarray(plaquettes(links, d)[..., :-1].mean(axis=tuple(range(-d - 1, 0))))
    return np.asarray(parse_observable(name).value(links, d))


def polyakov_sample(run: Run, links: NDArray[np.complex128]) -> NDArray[np.float64]:
    """``tr P(0) tr P(1)^*`` with its projection on ``|tr P(0)|^2`` taken off, whose mean is known exactly.

    The neighbour of a loop is the loop times `L_t` plaquettes, so this leaves the fluctuation of these.
    """
    loops = run.N * polyakov_loops(links, 1, 2)[..., 0]
    neighbours = (loops * np.roll(loops, -1, axis=-1).conj()).real.mean(axis=-1)
    return np.asarray(neighbours - polyakov_slope(run) * (np.abs(loops) ** 2).mean(axis=-1))


def polyakov_slope(run: Run) -> float:
    """What the neighbour of a loop is on average, for a given loop: the area law of a strip."""
    return float(Torus(run.N, run.beta).plaquette ** lgt.Lattice.parse(run.lattice).extents[1])


class Outcome(Protocol):
    """What a check found: how far off, whether that is accepted, and whether it could have been seen."""

    @property
    def sigmas(self) -> float: ...

    @property
    def accepted(self) -> bool: ...

    @property
    def sharp(self) -> bool: ...


class Checkable(Protocol):
    """A check by the name that `str` gives; with a factor of `WRONG` it is its own negative control."""

    def pull(self, factor: float = 1.0) -> Outcome: ...


@dataclass(frozen=True)
class Pull:
    """The outcome of a comparison of means."""

    measured: Estimate
    expected: float
    expected_error: float
    allowed: float

    @property
    def sigmas(self) -> float:
        """How many combined standard errors measured and expected are apart."""
        return (self.measured.value - self.expected) / float(
            np.hypot(self.measured.error, self.expected_error)
        )

    @property
    def accepted(self) -> bool:
        return abs(self.sigmas) < LIMIT

    @property
    def sharp(self) -> bool:
        """Whether the error is small enough for the check to mean something."""
        return 0 < self.measured.error <= self.allowed

    def __str__(self) -> str:
        expected = f"{self.expected:.6f}({self.expected_error:.1g})"
        return f"{self.measured} (allowed {self.allowed:.1e}), expected {expected}: {self.sigmas:+.1f} sigma"


@dataclass(frozen=True)
class Check:
    """One quantity of one run, what it should be, and the error at which that is worth saying."""

    run: Run
    quantity: str
    expected: float
    expected_error: float
    allowed: float
    source: str

    def __str__(self) -> str:
        return f"{self.run} {self.quantity} ({self.source})"

    def pull(self, factor: float = 1.0) -> Pull:
        values = measured(self.run, factor)
        samples, separation = values[self.quantity], 1 if self.quantity == "polyakov" else self.run.every
        if self.quantity == "identity":
            # relative to the size of either side
            samples, separation = samples / values["rotation"].mean(), self.run.identity
        return Pull(estimate(samples, separation), self.expected, self.expected_error, self.allowed)


def _check(run: Run, quantity: str, expected: float, error: float, moved: float, source: str) -> Check:
    """A check whose expectation a beta 1 % off would take to `moved`."""
    allowed = min(LARGEST, FRACTION * abs(moved - expected))
    return Check(run, quantity, expected, error, allowed, source)


def identity(run: Run) -> Check:
    """The Schwinger-Dyson identity, relative to the size of its sides: zero at the right beta."""
    return Check(run, "identity", 0.0, 0.0, IDENTITY, "Schwinger-Dyson")


def on_the_torus(run: Run) -> list[Check]:
    """Everything that the exact solution in two dimensions predicts for what the run measures."""
    exact, wrong = run.torus, replace(run, beta=WRONG * run.beta).torus
    checks = []
    for name in run.observables:
        area = {"plaquette": 1, "wilson_1x2": 2, "wilson_2x2": 4}[name]
        checks.append(_check(run, name, exact.wilson(area), 0.0, wrong.wilson(area), "exact"))
    if run.polyakov:
        area, slope = lgt.Lattice.parse(run.lattice).extents[1], polyakov_slope(run)
        values = [torus.polyakov(area) - slope * torus.polyakov(0) for torus in (exact, wrong)]
        checks.append(_check(run, "polyakov", values[0], 0.0, values[1], "exact"))
    return checks


def at_strong_coupling(run: Run) -> Check:
    """The mean plaquette against the character expansion, D = 3 or 4."""
    D = lgt.Lattice.parse(run.lattice).d
    value, error = series.strong(run.N, run.beta, D)
    return _check(
        run, "plaquette", value, error, series.strong(run.N, WRONG * run.beta, D).value, "strong coupling"
    )


def at_weak_coupling(run: Run) -> Check:
    """The mean plaquette against perturbation theory, D = 4."""
    volume = lgt.Lattice.parse(run.lattice).volume
    value, error = series.weak(run.N, run.beta, volume)
    return _check(
        run, "plaquette", value, error, series.weak(run.N, WRONG * run.beta, volume).value, "weak coupling"
    )


def from_the_table(run: Run, value: float, error: float, slope: float, source: str) -> Check:
    """The mean plaquette against a published value; `slope` is dP/dbeta, measured here, rounded down."""
    return _check(run, "plaquette", value, error, value + (WRONG - 1) * run.beta * slope, source)


_LOOPS = ("plaquette", "wilson_1x2", "wilson_2x2")

#: Two dimensions, at couplings where all parts of the heat bath are in use; odd extents have three colours.
PLANES = [
    Run("U1", "64x48", 2.0, 1600, observables=_LOOPS[:2], identity=2),
    Run("SU2", "64x48", 5.0, 900, observables=_LOOPS, identity=3),
    Run("SU3", "45x51", 10.0, 420, observables=_LOOPS, identity=2, start="hot"),
    Run("SU4", "2x1024", 18.0, 360, observables=_LOOPS, identity=2),
]
STRIPS = [
    Run("U1", "1024x2", 2.0, 3800, observables=(), polyakov=True),
    Run("SU2", "1024x2", 6.0, 4500, observables=(), polyakov=True, start="hot"),
]
SPACES = [
    Run("U1", "12x10x14", 1.5, 650, observables=(), identity=1),
    Run("SU2", "12x10x14", 4.0, 300, observables=(), identity=1),
    Run("SU3", "9x7x11", 10.0, 340, observables=(), identity=1),
    Run("SU4", "6x8x10", 18.0, 220, observables=(), identity=1),
]
STRONG = [
    Run("U1", "12x12x12", 0.45, 2300, thermalise=20),
    Run("SU2", "12x12x12", 0.9, 1100, thermalise=20),
    Run("SU3", "12x12x12", 3.0, 240, thermalise=20),
    Run("SU4", "12x12x12", 6.0, 190, thermalise=20),
    Run("U1", "8x6x8x6", 0.45, 850, thermalise=20),
    Run("SU2", "8x6x8x6", 0.9, 350, thermalise=20),
    Run("SU3", "8x6x8x6", 3.0, 150, thermalise=20),
    Run("SU4", "6x6x6x6", 6.0, 130, thermalise=20),
]
WEAK = [
    Run("SU2", "8x8x8x8", 8.0, 120, thermalise=30),
    Run("SU3", "8x6x8x6", 16.0, 60, thermalise=30),
    Run("SU4", "6x6x6x6", 40.0, 60, thermalise=30),
]
TABLE = {
    Run("SU2", "8x8x8x8", 2.3, 1000, overrelax=3, every=2, identity=4): (
        0.60231,
        0.00020,
        0.3,
        "independent simulation",
    ),
    Run("SU3", "8x8x8x8", 6.0, 160, every=2, identity=5): (0.59422, 0.00004, 0.1, "two simulations"),
    Run("SU3", "8x8x8x8", 5.7, 480, overrelax=3, every=2): (0.54921, 0.00043, 0.2, "independent simulation"),
    Run("SU3", "8x8x8x4", 3.36, 150, thermalise=20): (0.23439, 0.00018, 0.08, "quoted by SIMULATeQCD"),
}
HYPERSPACES = [
    Run("U1", "8x6x8x6", 0.9, 450, observables=(), identity=1),
    Run("SU4", "6x5x6x4", 11.0, 140, observables=(), identity=1),
]

CHECKS: list[Check] = [
    *[check for run in PLANES for check in on_the_torus(run)],
    *[check for run in STRIPS for check in on_the_torus(run)],
    *[at_strong_coupling(run) for run in STRONG],
    *[at_weak_coupling(run) for run in WEAK],
    *[from_the_table(run, *known) for run, known in TABLE.items()],
    *[identity(run) for run in (*PLANES, *SPACES, *TABLE, *HYPERSPACES) if run.identity],
]


def by_run(checks: Iterable[Check] = CHECKS) -> dict[Run, list[Check]]:
    """The checks of each run, so that a chain is made once."""
    out: dict[Run, list[Check]] = {}
    for check in checks:
        out.setdefault(check.run, []).append(check)
    return out
