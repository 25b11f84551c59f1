"""A sweep: one heat bath and some over-relaxations, with rounding kept in check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from lgt.action import Action
from lgt.errors import InputError
from lgt.group import UnitaryGroup
from lgt.kernels.matrix import ENTRY
from lgt.kernels.reunitarise import reunitarise
from lgt.lattice import Lattice
from lgt.replicas import Replicas, Task
from lgt.update._base import Updater
from lgt.update.heatbath import HeatBath
from lgt.update.overrelaxation import OverRelaxation

#: Sweeps between two returns to the group. The schedule depends on the number of the sweep alone, so that
#: an interrupted run that goes on does the same as one that was not interrupted.
REUNITARISE_EVERY = 10


@final
@dataclass(frozen=True)
class Sweep(Updater):
    """One heat bath over all links, then `overrelax` over-relaxations: the unit in which runs count.

    Part k of sweep s is the elementary update number ``s (1 + overrelax) + k``. After every tenth sweep the
    links are put back onto the group.

    Parameters
    ----------
    overrelax
        Number of over-relaxations, 0 or more.

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

    def __post_init__(self) -> None:
        if self.overrelax < 0:
            raise InputError(f"{self.overrelax} over-relaxations", "a negative number", "give 0 or more")

    @property
    def name(self) -> str:
        """For example ``heatbath+1overrelaxation``."""
        return f"heatbath+{self.overrelax}overrelaxation"

    def validate(self, action: Action, group: UnitaryGroup, lattice: Lattice) -> None:
        """The conditions of the heat bath, which are those of the over-relaxation too."""
        HeatBath().validate(action, group, lattice)

    @property
    def visits(self) -> int:
        """One by the heat bath, and those of the over-relaxations."""
        return 1 + self.overrelax

    def advance(self, state: Replicas, action: Action, number: int) -> None:
        """Sweep number `number`: the heat bath, the over-relaxations, and in time back to the group."""
        parts: list[Updater] = [HeatBath(), *[OverRelaxation()] * self.overrelax]
        for k, part in enumerate(parts):
            part.advance(state, action, number * len(parts) + k)
        if (number + 1) % REUNITARISE_EVERY == 0:
            state.each(_back_to_the_group)


def _back_to_the_group(task: Task, piece: int) -> None:
    d, volume = task.box.neighbours.shape[0] // 2, task.box.neighbours.shape[1]
    first, last = task.part(d * volume, piece)
    nbytes = ENTRY * len(task.size) ** 2
    reunitarise(task.size, task.links + first * nbytes, last - first, task.scratch(piece))
