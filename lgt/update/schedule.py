"""A sweep: one heat bath and some over-relaxations, with rounding kept in check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from lgt.action import Action
from lgt.errors import InputError
from lgt.group import UnitaryGroup
from lgt.kernels.layout import flat, size_of
from lgt.kernels.sun import reunitarise
from lgt.lattice import Lattice
from lgt.rng import Stream
from lgt.update._base import Updater, UpdateReport
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

    def update(
        self, links: NDArray[np.complex128], action: Action, stream: Stream, number: int
    ) -> UpdateReport:
        """Sweep number `number`: the heat bath, the over-relaxations, and in time back to the group."""
        parts: list[Updater] = [HeatBath(), *[OverRelaxation()] * self.overrelax]
        report = UpdateReport()
        for k, part in enumerate(parts):
            report += part.update(links, action, stream, number * len(parts) + k)
        if (number + 1) % REUNITARISE_EVERY == 0:
            reunitarise(flat(links), size_of(links.shape[-1]))
        return report
