"""Integrators of molecular dynamics: symmetric splittings of the equations of motion, tables of numbers.

``dU/ds = P U`` and ``dP/ds = -F``, with the force F of the action. Every step is a row of kicks (P changes)
with drifts (U changes) between them, reads the same in both directions, and keeps the volume of phase space.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, final

from lgt.action import Action
from lgt.errors import InputError
from lgt.replicas import AbandonedError, Replicas
from lgt.replicas.motion import Packed, drift, kick


@final
@dataclass(frozen=True)
class Kick:
    """``P <- P - weight step F``; with a shift the force is that at the links ``exp(-shift step^2 F) U``."""

    weight: float
    shift: float = 0.0


class Integrator(ABC):
    """A symmetric integrator of molecular dynamics: kicks, and drifts between them, in units of the step."""

    name: ClassVar[str]
    #: The error of the energy after a fixed length goes as this power of the step.
    order: ClassVar[int]

    @property
    @abstractmethod
    def kicks(self) -> tuple[Kick, ...]:
        """The kicks of one step, first and last included; their weights add up to 1."""

    @property
    @abstractmethod
    def drifts(self) -> tuple[float, ...]:
        """The drifts, one between each two kicks; they add up to 1."""

    @final
    def integrate(self, state: Replicas, action: Action, momenta: Packed, length: float, steps: int) -> None:
        """Follow the equations of motion of all chains for a time `length`, in place.

        Parameters
        ----------
        state
            The chains; their links change.
        momenta
            Algebra-valued, packed like the links (`Replicas.zeros`); they change. With the opposite sign they
            lead back.
        length
            Time of the trajectory; negative to go back.
        steps
            Number of steps, 1 or more. The last kick of each and the first of the next are one.

        Raises
        ------
        InputError
            If `steps` is below 1.
        PhysicsError
            If the action has no force for packed links.
        AbandonedError
            If `state.abandon` says so, between two steps.
        """
        if steps < 1:
            raise InputError(f"{steps} steps", "no step to integrate with", "give 1 or more")
        step, kicks = length / steps, self.kicks
        first, last = kicks[0], kicks[-1]
        both = Kick(first.weight + last.weight)
        _kick(state, action, momenta, first, step)
        for n in range(steps):
            if state.abandon():
                raise AbandonedError
            for k, weight in enumerate(self.drifts, start=1):
                drift(state, momenta, weight * step)
                at_end = k == len(self.drifts)
                _kick(state, action, momenta, both if at_end and n + 1 < steps else kicks[k], step)


def _kick(state: Replicas, action: Action, momenta: Packed, this: Kick, step: float) -> None:
    if not this.shift:
        kick(state, action, momenta, this.weight * step)
        return
    links, direction = state.spare("links before a shift"), state.spare("shift")
    state.save(links)
    direction[...] = 0.0
    kick(state, action, direction, this.shift * step**2)
    drift(state, direction, 1.0)
    kick(state, action, momenta, this.weight * step)
    state.restore(links)


@final
@dataclass(frozen=True)
class Leapfrog(Integrator):
    """The leapfrog (Stoermer-Verlet): half a kick, a drift, half a kick.

    Examples
    --------
    >>> Leapfrog().kicks
    (Kick(weight=0.5, shift=0.0), Kick(weight=0.5, shift=0.0))
    """

    name: ClassVar[str] = "leapfrog"
    order: ClassVar[int] = 2

    @property
    def kicks(self) -> tuple[Kick, ...]:
        """Two halves."""
        return Kick(0.5), Kick(0.5)

    @property
    def drifts(self) -> tuple[float, ...]:
        """One."""
        return (1.0,)


@final
@dataclass(frozen=True)
class OMF2(Integrator):
    """The optimised integrator of second order with two forces a step, 2MN.

    Omelyan, Mryglod and Folk, Comput. Phys. Commun. 151 (2003) 272, eq. 31; Takaishi and de Forcrand, Phys.
    Rev. E 73 (2006) 036706. Its error at equal cost is about a third of the leapfrog's.

    Examples
    --------
    >>> sum(kick.weight for kick in OMF2().kicks)
    1.0
    """

    name: ClassVar[str] = "omf2"
    order: ClassVar[int] = 2
    LAMBDA: ClassVar[float] = 0.1931833275037836

    @property
    def kicks(self) -> tuple[Kick, ...]:
        """At both ends and in the middle."""
        return Kick(self.LAMBDA), Kick(1 - 2 * self.LAMBDA), Kick(self.LAMBDA)

    @property
    def drifts(self) -> tuple[float, ...]:
        """Two halves."""
        return 0.5, 0.5


@final
@dataclass(frozen=True)
class OMF4(Integrator):
    """The optimised integrator of fourth order with five forces a step, 4MN5FV.

    Omelyan, Mryglod and Folk, Comput. Phys. Commun. 151 (2003) 272, eqs. 63 and 71; Takaishi and de
    Forcrand, Phys. Rev. E 73 (2006) 036706.

    Examples
    --------
    >>> len(OMF4().drifts)
    5
    """

    name: ClassVar[str] = "omf4"
    order: ClassVar[int] = 4
    RHO: ClassVar[float] = 0.08398315262876693
    THETA: ClassVar[float] = 0.2539785108410595
    LAMBDA: ClassVar[float] = 0.6822365335719091
    MU: ClassVar[float] = -0.03230286765269967

    @property
    def kicks(self) -> tuple[Kick, ...]:
        """Six, of which two at a time are equal."""
        half = Kick(self.RHO), Kick(self.LAMBDA), Kick(0.5 - self.LAMBDA - self.RHO)
        return half + half[::-1]

    @property
    def drifts(self) -> tuple[float, ...]:
        """Five."""
        middle = 1 - 2 * (self.MU + self.THETA)
        return self.THETA, self.MU, middle, self.MU, self.THETA


@final
@dataclass(frozen=True)
class ForceGradient(Integrator):
    """The fourth-order integrator with a force gradient, which is read off a force at shifted links.

    The gradient term was found by Suzuki, Phys. Lett. A 201 (1995) 425, and Chin, Phys. Lett. A 226 (1997)
    344; the shift in its place by Yin and Mawhinney, PoS LATTICE2011 051 (arXiv:1111.5059).

    Examples
    --------
    >>> ForceGradient().kicks[1].shift == 1 / 24
    True
    """

    name: ClassVar[str] = "force-gradient"
    order: ClassVar[int] = 4

    @property
    def kicks(self) -> tuple[Kick, ...]:
        """Sixths at the ends; the one in the middle goes along the gradient."""
        return Kick(1 / 6), Kick(2 / 3, shift=1 / 24), Kick(1 / 6)

    @property
    def drifts(self) -> tuple[float, ...]:
        """Two halves."""
        return 0.5, 0.5


#: Integrators by their names, as ``lgt generate --integrator`` takes them.
INTEGRATORS: dict[str, Integrator] = {
    each.name: each for each in (Leapfrog(), OMF2(), OMF4(), ForceGradient())
}


def make_integrator(name: str) -> Integrator:
    """The integrator of this name.

    Raises
    ------
    InputError
        If there is no such integrator.

    Examples
    --------
    >>> make_integrator("omf2")
    OMF2()
    """
    if name not in INTEGRATORS:
        raise InputError(
            f"integrator {name!r}", "no integrator of that name", f"choose one of {', '.join(INTEGRATORS)}"
        )
    return INTEGRATORS[name]
