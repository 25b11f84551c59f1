"""The gradient flow of links, integrated by Luscher's third-order Runge-Kutta scheme."""

from __future__ import annotations

import itertools
import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, final

import numpy as np
from numpy.typing import NDArray

from lgt.action import Action, LoopAction, LuscherWeisz, Wilson, group_of
from lgt.errors import InputError, PhysicsError
from lgt.field import Array, lattice_of
from lgt.group import UnitaryGroup
from lgt.replicas import Replicas
from lgt.replicas.batch import packed_batch, unpacked_batch
from lgt.replicas.motion import Packed, drift, kick

Complex = NDArray[np.complex128]

#: Runge-Kutta steps are stable while (step) x (largest eigenvalue of the linearised flow) is below this.
_STABLE = 2.51


class Flow(ABC):
    """A flow equation ``dV/dt = -TA(X) V``, X = U A of some action: the steepest descent of that action.

    Frozen values; t is in units of the lattice spacing squared, and the coupling is scaled out of the
    action: for SU(N) beta = 2N, for U(1) beta = 1.
    """

    name: ClassVar[str]
    #: The largest eigenvalue of the linearised flow, in units of 4d.
    stiffness: ClassVar[float]

    @abstractmethod
    def action(self, group: UnitaryGroup) -> LoopAction:
        """The action whose force is TA(X)."""

    @final
    def largest_step(self, d: int) -> float:
        """The step beyond which the integration is unstable at any tolerance, in d dimensions."""
        return _STABLE / (4 * d * self.stiffness)


@final
@dataclass(frozen=True)
class WilsonFlow(Flow):
    """The flow of Wilson's plaquette action (Luscher, JHEP 08 (2010) 071, eq. 1.4).

    Examples
    --------
    >>> WilsonFlow()
    WilsonFlow()
    """

    name: ClassVar[str] = "wilson"
    stiffness: ClassVar[float] = 1.0

    def action(self, group: UnitaryGroup) -> LoopAction:
        """Wilson's action at beta = 2N, or 1 for U(1)."""
        return Wilson(_unit_beta(group))


@final
@dataclass(frozen=True)
class SymanzikFlow(Flow):
    """The flow of the tree-level improved action of Luscher and Weisz, c1 = -1/12.

    Examples
    --------
    >>> SymanzikFlow()
    SymanzikFlow()
    """

    name: ClassVar[str] = "symanzik"
    #: Of a wave with every p = pi: ``1 + (p_mu^2 + p_nu^2) / 12`` with lattice momenta of 4 each.
    stiffness: ClassVar[float] = 5 / 3

    def action(self, group: UnitaryGroup) -> LoopAction:
        """The Luscher-Weisz action at beta = 2N, or 1 for U(1)."""
        return LuscherWeisz(_unit_beta(group))


@final
@dataclass(frozen=True)
class OpenFlow(Flow):
    """A flow on a lattice with open boundaries: that of its action with the weights it has there.

    Links that leave the box stay where they are, and no other depends on them.

    Examples
    --------
    >>> import lgt
    >>> OpenFlow(WilsonFlow(), open=(-1,)).action(lgt.SU(3))
    Wilson(beta=6.0, open=(-1,))
    """

    flow: Flow
    open: tuple[int, ...]
    name: ClassVar[str] = "open"

    @property
    def stiffness(self) -> float:  # type: ignore[override]
        """That of the flow: no weight is larger than inside."""
        return self.flow.stiffness

    def action(self, group: UnitaryGroup) -> LoopAction:
        """The action of the flow with open boundaries."""
        return replace(self.flow.action(group), open=self.open)


FLOWS: dict[str, type[Flow]] = {flow.name: flow for flow in (WilsonFlow, SymanzikFlow)}


def _unit_beta(group: UnitaryGroup) -> float:
    """The beta at which the force is TA(X)."""
    return 1.0 if group.N == 1 else 2.0 * group.N


def make_flow(name: str) -> Flow:
    """The flow of this name.

    Raises
    ------
    InputError
        If there is no such flow.

    Examples
    --------
    >>> make_flow("wilson")
    WilsonFlow()
    """
    if name not in FLOWS:
        raise InputError(f"flow {name!r}", "no flow of that name", f"choose one of {', '.join(FLOWS)}")
    return FLOWS[name]()


def gradient_flow(
    links: Array,
    time: float,
    *,
    action: str | Flow = "wilson",
    step: float = 0.01,
    tolerance: float | None = None,
    threads: int = 1,
    d: int | None = None,
) -> Complex:
    """Links at a flow time.

    Parameters
    ----------
    links
        Shape (..., d, *extents, N, N); every configuration flows by itself, at the same bits whether alone
        or not, for any number of threads.
    time
        Flow time t >= 0 in units of the lattice spacing squared; fields are smoothed over sqrt(2 d t).
    action
        ``"wilson"`` or ``"symanzik"``, or a `Flow`.
    step
        Step of the integration, cut to a whole number of equal steps; its error at fixed t falls with the
        third power. With a tolerance it is the first step tried.
    tolerance
        Choose the steps such that each moves no link by more than this off a second-order scheme
        (Frobenius norm over N^2; Fritzsch and Ramos, JHEP 10 (2013) 008, appendix D).
    threads
        How many threads may work.
    d
        Number of directions, where the shape leaves it open.

    Returns
    -------
    ndarray
        complex128, the shape of the links.

    Raises
    ------
    InputError
        If a time, step or tolerance is out of range, or there is no such flow.
    PhysicsError
        If the step is so long that the integration is unstable.

    Notes
    -----
    Luscher, JHEP 08 (2010) 071, appendix C: with ``Z_i = -TA(X(W_i))`` and step e,
    ``W_1 = exp(e/4 Z_0) W_0``, ``W_2 = exp(e (8/9 Z_1 - 17/36 Z_0)) W_1`` and
    ``W_3 = exp(e (3/4 Z_2 - 8/9 Z_1 + 17/36 Z_0)) W_2``.

    Examples
    --------
    >>> import lgt
    >>> from lgt.clover import energy_plaquette
    >>> links = lgt.hot(lgt.Lattice((4, 4)), lgt.SU(2), lgt.Stream(seed=1, chain=0))
    >>> [round(float(energy_plaquette(each).mean()), 3) for _, each in flow_history(links, [0, 0.5, 1])]
    [3.792, 0.853, 0.163]
    """
    ((_, flowed),) = flow_history(
        links, [time], action=action, step=step, tolerance=tolerance, threads=threads, d=d
    )
    return flowed


def flow_history(
    links: Array,
    times: Iterable[float],
    *,
    action: str | Flow = "wilson",
    step: float = 0.01,
    tolerance: float | None = None,
    threads: int = 1,
    d: int | None = None,
) -> Iterator[tuple[float, Complex]]:
    """Links at many flow times in one pass, ``(t, links)`` for each: as `gradient_flow`, which see.

    Parameters
    ----------
    times
        Flow times >= 0 in increasing order; the integration lands on each of them.

    Raises
    ------
    InputError, PhysicsError
        As `gradient_flow`, before anything flows; InputError if the times do not increase.
    """
    stops = [float(t) for t in times]
    lattice = lattice_of(links, d)
    flow = action if isinstance(action, Flow) else make_flow(action)
    if not all(math.isfinite(t) and t >= 0 for t in stops):
        raise InputError(f"flow to t = {stops}", "a time below 0 or not finite", "give times of 0 or more")
    if any(later < earlier for earlier, later in itertools.pairwise(stops)):
        raise InputError(f"flow to t = {stops}", "a time before the last one", "give times that increase")
    if not (math.isfinite(step) and step > 0):
        raise InputError(f"flow with step {step}", "no positive step", "give one like 0.01")
    if tolerance is not None and not 1e-14 <= tolerance < 1:
        raise InputError(
            f"flow with tolerance {tolerance}", "a number outside of [1e-14, 1)", "give one like 1e-5"
        )
    if not np.isfinite(links).all():
        raise InputError("flow of links", "links that are not finite", "look for what made them")
    longest = flow.largest_step(lattice.d)
    if step > longest:
        raise PhysicsError(
            f"{flow.name} flow with step {step}",
            f"an unstable step, above {longest:.3g} in {lattice.d} dimensions",
            "use a shorter one",
        )
    if tolerance is None:
        return _fixed(links, stops, flow, step, threads, lattice.d)
    return _adaptive(links, stops, flow, step, tolerance, threads, lattice.d)


def _fixed(
    links: Array, stops: list[float], flow: Flow, step: float, threads: int, d: int
) -> Iterator[tuple[float, Complex]]:
    """All configurations together."""
    action = flow.action(group_of(links))
    state = packed_batch(links, d, threads, action)
    momenta, now = state.zeros(), 0.0
    for stop in stops:
        # Rounding of the quotient must not add a step.
        steps = math.ceil((stop - now) / step - 1e-9)
        for _ in range(steps):
            runge_kutta(state, action, momenta, (stop - now) / steps)
        now = stop
        yield stop, unpacked_batch(state, links.shape)


# The exponents of the scheme, scaled such that each stage only adds to one field P: P is Z_0, then
# Z_0 + (_SECOND / _TURN) Z_1 ..., and the factors in front of it go into the step of the drift.
_TURN = -17 / 36
_SECOND = (8 / 9) / _TURN
_THIRD = -(3 / 4) / _TURN


def runge_kutta(state: Replicas, action: Action, momenta: Packed, step: float) -> None:
    """One step of the flow for all links of all chains; `momenta` (`Replicas.zeros`) is room to work in."""
    momenta[...] = 0
    kick(state, action, momenta, 1.0)
    drift(state, momenta, step / 4)
    kick(state, action, momenta, _SECOND)
    drift(state, momenta, step * _TURN)
    kick(state, action, momenta, _THIRD)
    drift(state, momenta, -step * _TURN)


def _adaptive(
    links: Array, stops: list[float], flow: Flow, step: float, tolerance: float, threads: int, d: int
) -> Iterator[tuple[float, Complex]]:
    """Each configuration by itself: its steps are its own, and so are its bits."""
    flat = links.reshape(-1, *links.shape[-3 - d :])
    walks = [_Adaptive(each, flow, step, tolerance, threads) for each in flat]
    for stop in stops:
        yield stop, np.stack([walk.to(stop) for walk in walks]).reshape(links.shape)


@final
class _Adaptive:
    """One configuration on its way, with the step to try next."""

    def __init__(self, links: Array, flow: Flow, step: float, tolerance: float, threads: int) -> None:
        self._action = flow.action(group_of(links))
        self._state = packed_batch(links, links.ndim - 3, threads, self._action)
        self._momenta, self._first, self._partner, self._old, self._new = (
            self._state.zeros() for _ in range(5)
        )
        self._longest, self._tolerance = flow.largest_step(self._state.lattice.d), tolerance
        self._step, self._now = step, 0.0

    def to(self, stop: float) -> Complex:
        """The links at a later time."""
        while self._now < stop:
            rest = stop - self._now
            # Two steps of half the rest rather than a full one and a crumb.
            step = self._step if rest > 2 * self._step else rest / 2 if rest > self._step else rest
            distance = self._try(step)
            if distance <= self._tolerance:
                self._state.restore(self._new)
                self._now = stop if step == rest else self._now + step
            else:
                self._state.restore(self._old)
            ratio = self._tolerance / max(distance, 1e-300)
            self._step = min(0.95 * step * ratio ** (1 / 3), self._longest)
        return self._state.links(0)

    def _try(self, step: float) -> float:
        """Take a step, by both schemes from the same start; how far apart they end."""
        state, momenta, partner = self._state, self._momenta, self._partner
        state.save(self._old)
        momenta[...] = 0
        kick(state, self._action, momenta, 1.0)
        self._first[...] = momenta
        drift(state, momenta, step / 4)
        kick(state, self._action, momenta, _SECOND)
        # exp(e (2 Z_1 - 5/4 Z_0)) W_1, of second order: Z_1 at e/4 weighs what takes the mean of Z to e/2.
        # From W_1, since Z_1 only turns with a link that is read backwards where it was taken: the partner
        # exp(e (2 Z_1 - Z_0)) W_0 of Fritzsch and Ramos would give a reflected lattice other steps.
        np.multiply(momenta, 2 / _SECOND, out=partner)
        partner -= (2 / _SECOND + 5 / 4) * self._first
        drift(state, momenta, step * _TURN)
        kick(state, self._action, momenta, _THIRD)
        drift(state, momenta, -step * _TURN)
        state.save(self._new)
        state.restore(self._old)
        drift(state, self._first, step / 4)
        drift(state, partner, step)
        state.save(partner)
        partner -= self._new
        return math.sqrt(float((partner**2).sum(axis=(3, 4, 5)).max())) / state.group.N**2
