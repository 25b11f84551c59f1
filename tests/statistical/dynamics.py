"""Checks of molecular dynamics, forces, flow and charge: what holds for each configuration, or on average.

A check without statistics has a deviation and a tolerance; its pull is four times their ratio, so that all
checks accept up to 4. `pull(factor)` takes a force, a coupling or a time that is off by the factor, and has
to fail at 1.01; a class without such a quantity says what its control is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf, isfinite, log2
from typing import Any, ClassVar
from unittest import mock

import numpy as np
from numpy.typing import NDArray
from statistical.checks import LIMIT, Pull

import lgt
from lgt.action import Action, LoopAction, Rectangle
from lgt.analysis import estimate
from lgt.gradient_flow import make_flow
from lgt.group import UnitaryGroup
from lgt.kernels.packed import unpack
from lgt.lattice import Lattice, tree_sum
from lgt.replicas import Replicas
from lgt.replicas.energy import energy
from lgt.replicas.motion import kick
from lgt.update import HMC, Integrator, OverRelaxation, Sweep, make_integrator
from lgt.update._momenta import draw_momenta

Links = NDArray[np.complex128]

SU2, SU3 = lgt.SU(2), lgt.SU(3)


@dataclass(frozen=True)
class Deviation:
    """How far something is off that has no statistical error, and how far it may be."""

    value: float
    tolerance: float

    @property
    def sigmas(self) -> float:
        """Four times the deviation over the tolerance; infinite for what is not a number."""
        return LIMIT * self.value / self.tolerance if isfinite(self.value) else inf

    @property
    def accepted(self) -> bool:
        return abs(self.sigmas) < LIMIT

    @property
    def sharp(self) -> bool:
        """Nothing is uncertain here."""
        return True

    def __str__(self) -> str:
        return f"off by {self.value:.1e} of {self.tolerance:.1e} allowed"


@dataclass(frozen=True)
class Theory:
    """An action on a lattice, with links to start from."""

    group: UnitaryGroup
    lattice: str
    action: LoopAction

    def __str__(self) -> str:
        return f"{self.group} {self.lattice} {self.action}"

    @property
    def d(self) -> int:
        return Lattice.parse(self.lattice).d

    def haar(self, chains: int = 1) -> Links:
        """Links drawn uniformly, shape (chains, d, *extents, N, N)."""
        box = Lattice.parse(self.lattice)
        return self.group.haar(np.random.default_rng(1), (chains, box.d, *box.extents))

    def packed(self, links: Links) -> Replicas:
        """The configurations as chains."""
        streams = [lgt.Stream(3, chain) for chain in range(len(links))]
        return Replicas(list(links), streams, action=self.action)

    def off(self, factor: float) -> LoopAction:
        """The action with a beta, and so a force, that is off by a factor."""
        return replace(self.action, beta=factor * self.action.beta)


@dataclass(frozen=True)
class _Scaled(Action):
    """An action whose staple is off by a factor; its force by numpy, or by the kernel of the updates."""

    name: ClassVar[str] = "scaled"
    theory: Theory
    factor: float
    kernel: bool

    @property
    def beta(self) -> float:  # type: ignore[override]
        return self.theory.action.beta

    def value(self, links: Links, d: int | None = None) -> NDArray[np.float64]:
        return self.theory.action.value(links, d)

    def staple(self, links: Links, d: int | None = None) -> Links:
        return np.asarray(self.factor * self.theory.action.staple(links, d))

    def force(self, links: Links, d: int | None = None) -> Links:
        if not self.kernel:
            return super().force(links, d)
        state = self.theory.packed(links[None])
        momenta = state.zeros()
        kick(state, self.theory.off(self.factor), momenta, -1.0)
        return unpack(momenta, state.blocking, 0)


@dataclass(frozen=True)
class Force:
    """The force, by numpy and by the kernels, against a numerical derivative; the control: a staple off."""

    theory: Theory
    tolerance: float = 1e-8

    def __str__(self) -> str:
        return f"{self.theory} force"

    def pull(self, factor: float = 1.0) -> Deviation:
        links, rng = self.theory.haar()[0], np.random.default_rng(2)
        errors = [
            _Scaled(self.theory, factor, kernel).check_force(links, rng, tolerance=inf)
            for kernel in (False, True)
        ]
        # A control fails if both forces do.
        return Deviation((max if factor == 1.0 else min)(errors), self.tolerance)


@dataclass(frozen=True)
class Slope:
    """``dH ~ step^order`` at fixed links and momenta; the control: a force that is off, ``dH ~ 1``."""

    theory: Theory
    integrator: str
    steps: int
    length: float = 0.5
    tolerance: float = 0.1

    def __str__(self) -> str:
        return f"{self.theory} slope of dH, {self.integrator}"

    def pull(self, factor: float = 1.0) -> Deviation:
        order = make_integrator(self.integrator).order
        coarse, fine = (self._violation(steps, factor) for steps in (self.steps, 2 * self.steps))
        assert fine > 1e-9  # far above rounding
        return Deviation(log2(coarse / fine) - order, self.tolerance)

    def _violation(self, steps: int, factor: float) -> float:
        """The size of dH: of eight chains, since one may be small by accident."""
        state, integrator = self.theory.packed(self.theory.haar(8)), make_integrator(self.integrator)
        momenta = state.zeros()
        draw_momenta(state, momenta, 0)
        before = energy(state, self.theory.action, momenta)
        integrator.integrate(state, self.theory.off(factor), momenta, self.length, steps)
        after = energy(state, self.theory.action, momenta)
        return float(np.linalg.norm(tree_sum(state.per_site(after - before))))


@dataclass(frozen=True)
class Reversibility:
    """There and back: the links again; the control: another force on the way back."""

    theory: Theory
    integrator: str
    tolerance: float = 1e-12

    def __str__(self) -> str:
        return f"{self.theory} reversibility, {self.integrator}"

    def pull(self, factor: float = 1.0) -> Deviation:
        links = self.theory.haar(2)
        state, integrator = self.theory.packed(links), make_integrator(self.integrator)
        momenta = state.zeros()
        draw_momenta(state, momenta, 0)
        integrator.integrate(state, self.theory.action, momenta, 1.0, 10)
        assert np.abs(state.links(0) - links[0]).max() > 0.1
        np.negative(momenta, out=momenta)
        integrator.integrate(state, self.theory.off(factor), momenta, 1.0, 10)
        return Deviation(
            float(max(np.abs(state.links(chain) - links[chain]).max() for chain in range(2))), self.tolerance
        )


@dataclass(frozen=True)
class Balance:
    """``<exp(-dH)> = 1``; the control: an integrator that loses a tenth of the volume of phase space.

    (It would not see a force that is off, nor should it: any reversible map that keeps the volume will do.)
    """

    theory: Theory
    update: HMC
    trajectories: int
    allowed: float = 0.1 / 7

    def __str__(self) -> str:
        return f"{self.theory} <exp(-dH)>, {self.update.integrator}"

    def pull(self, factor: float = 1.0) -> Pull:
        box = Lattice.parse(self.theory.lattice)
        state = self.theory.packed(np.stack([lgt.cold(box, self.theory.group)] * 8))
        for number in range(60):
            Sweep(1).advance(state, self.theory.action, number)
        loss = 10 * (factor - 1) / (self.theory.group.dimension * box.d * box.volume)
        integrate = Integrator.integrate

        def with_friction(
            self: Integrator, state: Replicas, action: Action, momenta: NDArray[np.float64], *rest: Any
        ) -> None:
            integrate(self, state, action, momenta, *rest)
            momenta *= np.exp(-loss)

        with mock.patch.object(Integrator, "integrate", with_friction):
            dh = [
                self.update.trajectory(state, self.theory.action, 60 + number).dh
                for number in range(self.trajectories)
            ]
        measured = estimate(np.exp(-np.array(dh)).T)
        # Steps so fine that dH is next to nothing would show nothing.
        return Pull(measured, 1.0, 0.0, self.allowed if np.std(dh) > 0.1 else 0.0)


@dataclass(frozen=True)
class Microcanonical:
    """Over-relaxation keeps the action, relative to its size; the control: c0 off."""

    group: UnitaryGroup
    lattice: str
    action: Rectangle
    tolerance: float = 1e-12

    def __str__(self) -> str:
        return f"{self.group} {self.lattice} {self.action} kept by over-relaxation"

    def pull(self, factor: float = 1.0) -> Deviation:
        theory = Theory(self.group, self.lattice, self.action)
        state, d = theory.packed(theory.haar(8)), theory.d
        c0, c1 = self.action.couplings
        values = []
        for number in range(6):
            values.append(np.array([self.action.value(state.links(chain), d) for chain in range(8)]))
            OverRelaxation().advance(state, replace(self.action, c0=factor * c0, c1=c1), number)
        assert np.abs(state.links(0) - theory.haar(8)[0]).max() > 0.1
        return Deviation(float(np.abs(values[-1] / values[0] - 1).max()), self.tolerance)


@dataclass(frozen=True)
class FlowIdentity:
    """``dS/dt = -2 sum |TA X|^2``, S the sum of loops with their weights; the control: time off."""

    group: UnitaryGroup
    lattice: str
    flow: str
    time: float = 0.2
    tolerance: float = 1e-6

    def __str__(self) -> str:
        return f"{self.group} {self.lattice} {self.flow} flow identity"

    def pull(self, factor: float = 1.0) -> Deviation:
        action, h = make_flow(self.flow).action(self.group), 2e-3
        theory = Theory(self.group, self.lattice, action)
        times = [factor * (self.time + k * h) for k in (-2, -1, 0, 1, 2)]
        history = lgt.flow_history(theory.haar()[0], times, action=self.flow, step=5e-4)
        links = [each for _, each in history]
        # -2 sum of weight Re tr(loop)
        S = [2 * self.group.N / action.beta * float(action.value(each, theory.d)) for each in links]
        slope = (S[0] - 8 * S[1] + 8 * S[3] - S[4]) / (12 * h)
        X = self.group.antihermitian(links[2] @ action.staple(links[2], theory.d))
        return Deviation(slope / (-2 * float((np.abs(X) ** 2).sum())) - 1, self.tolerance)


@dataclass(frozen=True)
class FlowOrder:
    """The error of the integration at fixed time goes as the third power of the step.

    The control: steps of Euler's, which stout smearing is.
    """

    group: UnitaryGroup
    lattice: str
    flow: str
    tolerance: float = 0.2

    def __str__(self) -> str:
        return f"{self.group} {self.lattice} {self.flow} flow, order of the integration"

    def pull(self, factor: float = 1.0) -> Deviation:
        links = Theory(self.group, self.lattice, make_flow(self.flow).action(self.group)).haar()[0]
        ends = [self._flowed(links, steps, factor) for steps in (20, 40, 320)]
        coarse, fine = (float(np.linalg.norm(end - ends[2])) for end in ends[:2])
        return Deviation(log2(coarse / fine) - 3, self.tolerance)

    def _flowed(self, links: Links, steps: int, factor: float) -> Links:
        time = 0.4
        if factor != 1.0:
            return lgt.stout(links, time / steps, steps)
        ((_, flowed),) = lgt.flow_history(links, [time], action=self.flow, step=time / steps)
        return flowed


@dataclass(frozen=True)
class Stouting:
    """A step of stout smearing is ``exp(-rho TA(X)) U``, written out in numpy; the control: rho off."""

    group: UnitaryGroup
    lattice: str
    tolerance: float = 1e-12

    def __str__(self) -> str:
        return f"{self.group} {self.lattice} stout smearing"

    def pull(self, factor: float = 1.0) -> Deviation:
        theory = Theory(self.group, self.lattice, lgt.Wilson(1.0))
        links, rho = theory.haar()[0], 0.07
        X = self.group.antihermitian(links @ theory.action.staple(links, theory.d))
        expected = self.group.exp(-rho * X) @ links
        return Deviation(float(np.abs(lgt.stout(links, factor * rho) - expected).max()), self.tolerance)


@dataclass(frozen=True)
class Charge:
    """Q of a cooled instanton is an integer; the control: the plain clover, off by 0.05 at this radius."""

    group: UnitaryGroup
    lattice: str
    charge: int
    radius: float = 4.0
    tolerance: float = 0.02

    def __str__(self) -> str:
        return f"{self.group} {self.lattice} charge of an instanton, {self.charge:+d}"

    def pull(self, factor: float = 1.0) -> Deviation:
        box = Lattice.parse(self.lattice)
        links = lgt.cool(lgt.instanton(box, self.radius, group=self.group, charge=self.charge), 5)
        name = "topological_charge_improved" if factor == 1.0 else "topological_charge"
        return Deviation(float(lgt.parse_observable(name).value(links, 4)) - self.charge, self.tolerance)


_INTEGRATORS = ("leapfrog", "omf2", "omf4", "force-gradient")
_WILSON = Theory(SU3, "4x4x4x4", lgt.Wilson(6.0))
_IMPROVED = Theory(SU3, "4x4x4x4", lgt.LuscherWeisz(4.8))

FORCES = [
    Force(Theory(group, lattice, action))
    for group, lattice, action in (
        (lgt.U1(), "4x5", lgt.Wilson(1.5)),
        (SU2, "3x4x5", lgt.Wilson(2.3)),
        (SU3, "4x3x4x4", lgt.Wilson(6.0)),
        (SU3, "4x3x4x4", lgt.LuscherWeisz(4.8)),
        (SU3, "4x3x4x4", lgt.Iwasaki(2.9)),
        (lgt.SU(4), "4x3x5", lgt.DBW2(2.0)),
        (SU2, "4x3x4x4", lgt.Rectangle(2.5, c1=-0.06, c0=1.2)),
        (lgt.SU(5), "4x3x4", lgt.LuscherWeisz(12.0)),
        (SU3, "4x3x4x5", lgt.Wilson(6.0, anisotropy=1.7, open=(-1,))),
        (SU2, "4x3x5", lgt.Iwasaki(1.3, anisotropy=0.7, open=(0, -1))),
    )
]
SLOPES = [
    *[Slope(_WILSON, name, steps) for name, steps in zip(_INTEGRATORS, (20, 20, 10, 10), strict=True)],
    Slope(_IMPROVED, "omf2", 20),
    Slope(Theory(SU2, "4x5x6", lgt.Iwasaki(1.5)), "force-gradient", 10),
    Slope(Theory(SU2, "4x4x4x6", lgt.Wilson(2.3, anisotropy=1.5, open=(-1,))), "omf4", 10),
]
REVERSALS = [
    *[Reversibility(_WILSON, name) for name in _INTEGRATORS],
    Reversibility(_IMPROVED, "omf4"),
    Reversibility(Theory(SU2, "4x4x4x6", lgt.DBW2(0.5, open=(-1,))), "omf2"),
]
BALANCES = [
    *[
        Balance(_WILSON, HMC(length, steps, name), 300)
        for name, length, steps in (
            ("leapfrog", 1.0, 14),
            ("omf2", 1.0, 5),
            ("omf4", 1.5, 3),
            ("force-gradient", 1.0, 3),
        )
    ],
    Balance(_IMPROVED, HMC(1.0, 5, "omf2"), 120),
    Balance(Theory(SU2, "6x5x6", lgt.Iwasaki(1.5)), HMC(1.3, 2, "omf4"), 300),
]
MICROCANONICAL = [
    Microcanonical(SU3, "4x4x4x4", Rectangle(4.8, c1=-1 / 12)),
    Microcanonical(SU2, "5x4x6", Rectangle(2.5, c1=0.2, c0=0.7)),
    Microcanonical(lgt.SU(4), "6x7", Rectangle(10.0, c1=-0.331)),
]
FLOWS = [
    FlowIdentity(SU3, "4x4x4x6", "wilson"),
    FlowIdentity(SU2, "6x5x7", "wilson"),
    FlowIdentity(SU3, "4x4x4x4", "symanzik"),
    FlowOrder(SU3, "4x4x4x4", "wilson"),
    FlowOrder(SU2, "4x4x4x4", "symanzik"),
    Stouting(SU3, "4x3x4x4"),
]
CHARGES = [Charge(SU2, "12x12x12x12", 1), Charge(SU3, "12x12x12x12", -1)]

CHECKS = [*FORCES, *SLOPES, *REVERSALS, *BALANCES, *MICROCANONICAL, *FLOWS, *CHARGES]
