"""Checks of every action and every update: exact values, identities, and updates against each other.

Eight chains share the lanes of the vectors, so that small lattices give their statistics fast. The identity
of Schwinger and Dyson is blind to a wrong action that update and estimator share, so every action is also
held to an oracle that has its coefficients written out: U(1) on an open strip, solved exactly, and Metropolis
by the values of the action alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from math import hypot
from typing import Any

from oracle import cylinder, literal_metropolis
from oracle.exact_2d import Torus
from statistical.checks import (
    FRACTION,
    LARGEST,
    WRONG,
    Check,
    Pull,
    Run,
    _check,
    from_the_table,
    identity,
    measured,
    on_the_torus,
)

import lgt
from lgt.analysis import Estimate, estimate
from lgt.update import HMC, Metropolis, Updater

Parameters = tuple[tuple[str, Any], ...]

#: Coefficients of plaquettes and rectangles, written out anew: c1 of the literature and c0 = 1 - 8 c1.
COEFFICIENTS = {
    "wilson": (1.0, 0.0),
    "luscher-weisz": (1.6666666666666667, -0.08333333333333333),
    "iwasaki": (3.648, -0.331),
    "dbw2": (12.2552, -1.4069),
    "rectangle": (1.2, -0.06),
}
RECTANGLE: Parameters = (("c0", 1.2), ("c1", -0.06))


def with_coefficients(action: str, *further: tuple[str, Any]) -> Parameters:
    """The keywords of an action: those of the general rectangle action have to be given."""
    return (RECTANGLE if action == "rectangle" else ()) + further


@dataclass(frozen=True)
class Literal:
    """A chain of the oracle that knows values of the action alone."""

    group: str
    lattice: str
    beta: float
    sweeps: int
    coefficients: tuple[float, float]
    step: float = 0.9
    seed: int = 1

    name: str = "Metropolis by values"

    @property
    def update(self) -> Literal:
        """Its own, for the names of checks."""
        return self


@cache
def series_of(run: Run | Literal, quantity: str, factor: float) -> Estimate:
    """The mean of a quantity of a run at `factor` times its beta."""
    if isinstance(run, Run):
        return estimate(measured(run, factor)[quantity], run.every)
    assert quantity == "plaquette"
    N, extents = lgt.parse_group(run.group).N, lgt.Lattice.parse(run.lattice).extents
    beta, options = run.beta * factor, {"step": run.step, "seed": run.seed}
    series = literal_metropolis.plaquette_series(extents, N, beta, *run.coefficients, run.sweeps, **options)
    return estimate(series)


@dataclass(frozen=True)
class Agreement:
    """Two updates of the same theory have the same mean; with a factor, the first has another beta."""

    run: Run
    other: Run | Literal
    quantity: str = "plaquette"

    def __str__(self) -> str:
        other = self.other.update.name if self.other.update else "heatbath"
        return f"{self.run} {self.quantity} (as by {other})"

    def pull(self, factor: float = 1.0) -> Pull:
        first, second = series_of(self.run, self.quantity, factor), series_of(self.other, self.quantity, 1.0)
        moved = series_of(self.run, self.quantity, WRONG).value - second.value
        both = replace(first, value=first.value - second.value, error=hypot(first.error, second.error))
        return Pull(both, 0.0, 0.0, min(LARGEST, FRACTION * abs(moved)))


#: Two dimensions, exact, beyond N = 4.
TORI = [Run("SU5", "32x32", 28.0, 280, observables=("plaquette", "wilson_1x2", "wilson_2x2"), identity=2)]

#: A large lattice, whose blocks no longer fit the caches (G. Boyd et al., Nucl. Phys. B 469 (1996) 419).
LARGE = from_the_table(
    Run("SU3", "16x16x16x16", 6.0, 160, thermalise=100, every=2), 0.593678, 0.000024, 0.1, "Boyd et al."
)
#: Loops of the table.
LOOPS = [
    (Run("SU3", "8x8x8x8", 6.0, 1200, every=3, observables=("wilson_1x2", "wilson_2x2")), name, value, error)
    for name, value, error in (("wilson_1x2", 0.38456, 0.00006), ("wilson_2x2", 0.1919, 0.0004))
]


def loops_of_the_table() -> list[Check]:
    """Larger loops of SU(3): their slope in beta is at least 0.2."""
    return [
        _check(run, name, value, error, value + (WRONG - 1) * run.beta * 0.2, "independent simulation")
        for run, name, value, error in LOOPS
    ]


#: A coupling of SU(3) for each action and dimension; that of SU(N) is about N^2 / 9 as large.
BETAS = {
    "wilson": (10.0, 10.0, 6.2),
    "luscher-weisz": (7.0, 7.0, 4.8),
    "iwasaki": (4.5, 4.5, 2.9),
    "dbw2": (1.6, 1.6, 1.1),
    "rectangle": (8.0, 8.0, 5.6),
}
BOXES = {2: ("20x24", "21x18"), 3: ("6x8x6", "5x6x7"), 4: ("4x4x4x4", "4x3x4x5")}
#: Sweeps of eight chains that take the identity to its error, by N, in 2, 3 and 4 dimensions.
SWEEPS = {2: (900, 560, 340), 3: (280, 210, 160), 4: (140, 110, 80), 5: (110, 90, 60)}


def identities_of(N: int, d: int, action: str) -> Check:
    """The Schwinger-Dyson identity on a small lattice, half of them with extents not all even."""
    beta = round(BETAS[action][d - 2] * N**2 / 9, 3)
    # SU(N >= 5) has a bulk transition in four dimensions, below this coupling.
    beta *= 1.15 if N == 5 and d == 4 else 1.0
    box = BOXES[d][(N + list(BETAS).index(action)) % 2]
    run = Run(f"SU{N}", box, beta, SWEEPS[N][d - 2], observables=(), identity=2, thermalise=40, chains=8)
    # Seeds of their own: chains of one seed and different actions share their random numbers.
    seed = 100 * N + 10 * d + list(BETAS).index(action)
    return identity(replace(run, action=action, parameters=with_coefficients(action), seed=seed))


def boundary(group: str, lattice: str, beta: float, action: str, sweeps: int, **keywords: Any) -> Check:
    """The identity with an anisotropy, open boundaries, or both."""
    parameters = with_coefficients(action, *keywords.items())
    run = Run(group, lattice, beta, sweeps, observables=(), identity=2, thermalise=40, chains=8)
    return identity(replace(run, action=action, parameters=parameters, seed=sweeps))


IDENTITIES = [identities_of(N, d, action) for action in BETAS for N in (2, 3, 4, 5) for d in (2, 3, 4)]
BOUNDARIES = [
    boundary("SU3", "4x4x4x6", 6.0, "wilson", 160, open=(-1,)),
    boundary("SU2", "4x4x4x4", 2.3, "wilson", 400, anisotropy=2.0),
    boundary("SU3", "4x4x4x4", 4.6, "luscher-weisz", 150, open=(-1,)),
    boundary("SU2", "5x4x6", 3.1, "luscher-weisz", 1000, anisotropy=1.5),
    boundary("SU3", "4x4x4x5", 2.8, "iwasaki", 150, anisotropy=0.7, open=(-1,)),
    boundary("SU2", "6x6x6", 0.8, "dbw2", 800, open=(0, -1)),
    boundary("SU3", "12x16", 8.0, "rectangle", 700, anisotropy=1.3, open=(0,)),
    boundary("SU4", "6x6x5", 18.0, "wilson", 200, anisotropy=1.4, open=(1,)),
]


def on_the_strip(action: str, beta: float, sweeps: int) -> Check:
    """U(1) on three sites around, open in time, against transfer matrices."""
    width, slices, (c0, c1) = 3, 16, COEFFICIENTS[action]
    run = Run("U1", f"{width}x{slices}", beta, sweeps, observables=("inner_plaquette",), chains=8)
    run = replace(run, action=action, parameters=with_coefficients(action, ("open", (-1,))))
    value, moved = (cylinder.plaquette(b, c0, c1, width, slices) for b in (beta, WRONG * beta))
    return _check(run, "inner_plaquette", value, 0.0, moved, "exact, open")


def in_the_plane(group: str, lattice: str, beta: float, sweeps: int, **keywords: Any) -> Check:
    """SU(N) of Wilson's action in two dimensions: all plaquettes are in time, and free if that is open."""
    N, xi, d2 = lgt.parse_group(group).N, keywords.get("anisotropy", 1.0), lgt.Lattice.parse(lattice)
    name = "inner_plaquette" if "open" in keywords else "plaquette"
    run = Run(group, lattice, beta, sweeps, observables=(name,), chains=8, parameters=tuple(keywords.items()))
    volume = None if "open" in keywords else d2.volume
    value, moved = (Torus(N, xi * b, volume).plaquette for b in (beta, WRONG * beta))
    return _check(run, name, value, 0.0, moved, "exact, " + " and ".join(keywords))


PLANES_AND_STRIPS = [
    *[
        on_the_strip(action, beta, sweeps)
        for action, beta, sweeps in (
            ("wilson", 2.0, 6000),
            ("luscher-weisz", 1.5, 6000),
            ("iwasaki", 0.9, 6000),
            ("dbw2", 0.3, 6000),
            ("rectangle", 1.8, 6000),
        )
    ],
    in_the_plane("SU2", "16x16", 2.5, 600, anisotropy=1.6),
    in_the_plane("SU3", "16x16", 8.0, 500, open=(-1,)),
]

HMCS = {"wilson": HMC(1.0, 8, "omf2"), "luscher-weisz": HMC(1.0, 8, "omf2")}
#: Heat bath, HMC and Metropolis of the same theory on 4^4: beta, and sweeps of each.
SAME = {
    ("SU2", "wilson"): (2.3, 3200, 3200, 6000),
    ("SU3", "wilson"): (6.0, 600, 600, 900),
    ("SU2", "luscher-weisz"): (1.8, 1000, 800, 2000),
    ("SU3", "luscher-weisz"): (4.8, 500, 300, 700),
}


def same(group: str, action: str) -> list[Agreement]:
    """HMC and Metropolis have the plaquette of the heat bath."""
    beta, *sweeps = SAME[group, action]
    heat = Run(group, "4x4x4x4", beta, sweeps[0], chains=8, action=action, every=2)
    others: list[Updater] = [HMCS[action], Metropolis(6, 0.5)]
    return [
        Agreement(heat, replace(heat, sweeps=count, update=other, seed=seed, every=1))
        for seed, (other, count) in enumerate(zip(others, sweeps[1:], strict=True), start=2)
    ]


def by_values(group: str, lattice: str, beta: float, action: str, sweeps: int, literal: int) -> Agreement:
    """The heat bath has the plaquette of the oracle that knows nothing but the values of the action."""
    heat = Run(group, lattice, beta, sweeps, chains=64, action=action, parameters=with_coefficients(action))
    return Agreement(heat, Literal(group, lattice, beta, literal, COEFFICIENTS[action]))


UPDATES = [check for group, action in SAME for check in same(group, action)]
VALUES = [
    by_values("SU2", "3x4", 2.0, "rectangle", 5000, 350000),
    by_values("SU2", "4x3", 1.0, "iwasaki", 5000, 300000),
    by_values("SU2", "3x4", 0.4, "dbw2", 5000, 250000),
    by_values("SU3", "3x4", 4.0, "luscher-weisz", 1500, 110000),
    by_values("SU2", "3x3x3", 2.0, "luscher-weisz", 600, 100000),
    by_values("SU2", "3x3x3x3", 1.2, "iwasaki", 200, 14000),
]

CHECKS: list[Check | Agreement] = [
    *[check for run in TORI for check in (*on_the_torus(run), identity(run))],
    LARGE,
    *loops_of_the_table(),
    *IDENTITIES,
    *BOUNDARIES,
    *PLANES_AND_STRIPS,
    *UPDATES,
    *VALUES,
]
