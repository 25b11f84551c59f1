"""Hybrid Monte Carlo: molecular dynamics of all links at once, accepted or refused as a whole."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import final

import numpy as np

from lgt.action import Action, LoopAction
from lgt.errors import InputError, PhysicsError
from lgt.group import UnitaryGroup
from lgt.lattice import Lattice, tree_sum
from lgt.replicas import AbandonedError, Replicas
from lgt.replicas.energy import energy
from lgt.rng import Purpose, uniform_of_each
from lgt.update._base import LARGEST_D, Updater
from lgt.update._momenta import draw_momenta
from lgt.update._reunitarise import reunitarise_in_time
from lgt.update.integrator import make_integrator


@final
@dataclass(frozen=True)
class Trajectory:
    """How one trajectory ended.

    Parameters
    ----------
    dh
        For each chain, the energy after the trajectory less the energy before it.
    accepted
        For each chain, whether it took the new links.
    """

    dh: tuple[float, ...]
    accepted: tuple[bool, ...]


@final
@dataclass(frozen=True)
class HMC(Updater):
    """Hybrid Monte Carlo (Duane, Kennedy, Pendleton and Roweth, Phys. Lett. B 195 (1987) 216).

    Each update draws new momenta, integrates the equations of motion and takes the new links with probability
    min(1, exp(-dH)), else the old ones, bit for bit. It needs the force of an action but not that the action
    is linear in the link. After every tenth trajectory the links are put back onto the group.

    With the default steps SU(3) at beta = 6 on 16^4 has an acceptance near 1. <dH> grows as the volume and
    as the fourth (leapfrog, omf2) or eighth power of the step.

    Parameters
    ----------
    length
        Time of a trajectory.
    steps
        Steps of the integrator in it.
    integrator
        A name in `lgt.update.INTEGRATORS`.
    warmup
        The first so many trajectories are taken whatever dH is, as long as it is finite: from a cold start
        all are refused where the lattice is large. They have to lie within thermalisation.

    Raises
    ------
    InputError
        If the length is not positive, `steps` is below 1, `warmup` below 0, or there is no such integrator.

    Examples
    --------
    >>> import lgt
    >>> from lgt.replicas import AbandonedError, Replicas
    >>> from lgt.update import HMC
    >>> state = Replicas([lgt.cold(lgt.Lattice((4, 6)), lgt.SU(2))], [lgt.Stream(seed=1, chain=0)])
    >>> trajectory = HMC(length=1.0, steps=5).trajectory(state, lgt.Wilson(2.0), number=0)
    >>> abs(trajectory.dh[0]) < 0.01, trajectory.accepted
    (True, (True,))
    """

    length: float = 1.0
    steps: int = 5
    integrator: str = "omf4"
    warmup: int = 0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.length) and self.length > 0):
            raise InputError(
                f"a trajectory of length {self.length}", "not a finite number above 0", "give 1.0"
            )
        if self.steps < 1:
            raise InputError(f"{self.steps} steps", "no step to integrate with", "give 1 or more")
        if self.warmup < 0:
            raise InputError(f"a warmup of {self.warmup}", "a negative number", "give 0 or more")
        make_integrator(self.integrator)

    @property
    def name(self) -> str:
        """For example ``hmc(length=1.0, steps=5, omf4)``."""
        warmup = f", warmup={self.warmup}" if self.warmup else ""
        return f"hmc(length={self.length}, steps={self.steps}, {self.integrator}{warmup})"

    @property
    def at_once(self) -> bool:
        """It does."""
        return True

    def proposals(self, group: UnitaryGroup, lattice: Lattice) -> int:
        """One."""
        return 1

    def validate(self, action: Action, group: UnitaryGroup, lattice: Lattice) -> None:
        """There must be a force for packed links, which sums of loops have.

        A link may well lie twice in a rectangle, on an extent of 2, where a heat bath cannot be.
        """
        if not isinstance(action, LoopAction):
            raise PhysicsError(f"hmc for {action}", "an action that is no sum of loops", "use a sum of loops")
        action.open_directions(lattice.d)
        if not 2 <= lattice.d <= LARGEST_D or lattice.volume >= 2**32:
            raise PhysicsError(
                f"hmc on the lattice {lattice}",
                f"{lattice.d} directions and {lattice.volume} sites",
                f"use 2 to {LARGEST_D} directions and fewer than 2^32 sites",
            )
        if min(lattice.extents) < 2:
            raise PhysicsError(
                f"hmc on the lattice {lattice}",
                "an extent of 1, where a plaquette holds a link twice",
                "use extents of 2 or more",
            )

    def advance(self, state: Replicas, action: Action, number: int) -> None:
        """One trajectory of all links."""
        self.trajectory(state, action, number)

    def trajectory(self, state: Replicas, action: Action, number: int) -> Trajectory:
        """The same, and how it ended.

        Parameters
        ----------
        state, action, number
            As for `advance`.

        Raises
        ------
        PhysicsError
            As `validate`.
        InputError
            If `number` is out of range.
        AbandonedError
            If `state.abandon` says so; the links are those from before the trajectory.
        """
        self.validate(action, state.group, state.lattice)
        if not 0 <= number < 2**32:
            raise InputError(f"update number {number}", "no room in the random counter", "use 0 to 2^32 - 1")
        momenta, old = state.spare("momenta"), state.spare("links before a trajectory")
        state.save(old)
        draw_momenta(state, momenta, number)
        before = energy(state, action, momenta)
        try:
            make_integrator(self.integrator).integrate(state, action, momenta, self.length, self.steps)
        except AbandonedError:
            state.restore(old)
            raise
        # The two energies agree in most of their digits, the shares of one site do not.
        dh = tree_sum(state.per_site(energy(state, action, momenta) - before))
        u = uniform_of_each(state.streams, purpose=Purpose.ACCEPT, update=number)
        # A trajectory that ran away to infinity gives nan or inf here and is refused.
        accepted = np.isfinite(dh) if number < self.warmup else u <= np.exp(-np.maximum(dh, 0.0))
        state.refuse(old, ~accepted)
        reunitarise_in_time(state, number)
        return Trajectory(tuple(dh.tolist()), tuple(accepted.tolist()))
