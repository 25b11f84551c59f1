"""Sweeps, heat bath or Metropolis and some over-relaxations, and the updates of runs by name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import final

from lgt.action import Action
from lgt.errors import InputError
from lgt.group import UnitaryGroup
from lgt.lattice import Lattice
from lgt.replicas import Replicas
from lgt.update._base import Updater
from lgt.update._reunitarise import REUNITARISE_EVERY, reunitarise_in_time
from lgt.update.heatbath import HeatBath
from lgt.update.hmc import HMC
from lgt.update.metropolis import Metropolis
from lgt.update.overrelaxation import OverRelaxation

__all__ = ["REUNITARISE_EVERY", "UPDATES", "Sweep", "make_updater"]


@final
@dataclass(frozen=True)
class Sweep(Updater):
    """One heat bath or Metropolis over all links, then `overrelax` over-relaxations: the unit of runs.

    Part k of sweep s is the elementary update number ``s (1 + overrelax) + k``. After every tenth sweep the
    links are put back onto the group.

    Parameters
    ----------
    overrelax
        Number of over-relaxations, 0 or more.
    first
        The ergodic part.

    Raises
    ------
    InputError
        If `overrelax` is negative.

    Examples
    --------
    >>> import lgt
    >>> from lgt.update import Sweep
    >>> links = lgt.cold(lgt.Lattice((4, 6)), lgt.SU(2))
    >>> for number in range(3):
    ...     report = Sweep(overrelax=1).update(links, lgt.Wilson(2.0), lgt.Stream(seed=1, chain=0), number)
    >>> report
    UpdateReport(links=96, exhausted=0)
    """

    overrelax: int = 1
    first: HeatBath | Metropolis = field(default_factory=HeatBath)

    def __post_init__(self) -> None:
        if self.overrelax < 0:
            raise InputError(f"{self.overrelax} over-relaxations", "a negative number", "give 0 or more")

    @property
    def name(self) -> str:
        """For example ``heatbath+1overrelaxation``."""
        return f"{self.first.name}+{self.overrelax}overrelaxation"

    def validate(self, action: Action, group: UnitaryGroup, lattice: Lattice) -> None:
        """The conditions of the first part, which are those of the over-relaxation too."""
        self.first.validate(action, group, lattice)

    @property
    def visits(self) -> int:
        """One by the first part, and those of the over-relaxations."""
        return 1 + self.overrelax

    def proposals(self, group: UnitaryGroup, lattice: Lattice) -> int:
        """Those of the first part."""
        return self.first.proposals(group, lattice)

    def advance(self, state: Replicas, action: Action, number: int) -> None:
        """Sweep number `number`: the first part, the over-relaxations, and in time back to the group."""
        parts: list[Updater] = [self.first, *[OverRelaxation()] * self.overrelax]
        for k, part in enumerate(parts):
            part.advance(state, action, number * len(parts) + k)
        reunitarise_in_time(state, number)


#: What `make_updater` and ``lgt generate --update`` take.
UPDATES = ("heatbath", "metropolis", "hmc")


def make_updater(
    name: str,
    *,
    overrelax: int = 1,
    hits: int = 8,
    step: float = 0.5,
    length: float = 1.0,
    steps: int = 5,
    integrator: str = "omf4",
    warmup: int = 0,
) -> Updater:
    """The update of a run by its name: what one sweep of it does.

    Parameters
    ----------
    name
        ``heatbath`` or ``metropolis``, with over-relaxations after it (`Sweep`), or ``hmc``: a trajectory.
    overrelax
        Over-relaxations after a heat bath or Metropolis.
    hits, step
        Of `Metropolis`.
    length, steps, integrator, warmup
        Of `HMC`.

    Raises
    ------
    InputError
        If there is no such update, or a parameter that it has is out of range.

    Examples
    --------
    >>> make_updater("heatbath", overrelax=4)
    Sweep(overrelax=4, first=HeatBath())
    >>> make_updater("hmc", steps=20)
    HMC(length=1.0, steps=20, integrator='omf4', warmup=0)
    """
    if name == "heatbath":
        return Sweep(overrelax)
    if name == "metropolis":
        return Sweep(overrelax, Metropolis(hits, step))
    if name == "hmc":
        return HMC(length, steps, integrator, warmup)
    raise InputError(f"update {name!r}", "no update of that name", f"choose one of {', '.join(UPDATES)}")
