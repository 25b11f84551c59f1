"""When a run stores what: a function of sweep counts alone, so that an interruption cannot change it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final


@final
@dataclass(frozen=True)
class Checkpoint:
    """A point of the schedule.

    Parameters
    ----------
    sweep
        Number of sweeps done when it is due.
    ordinal
        Its number among all checkpoints; the start is number 0.
    config
        The configuration that is stored here; None between configurations.
    """

    sweep: int
    ordinal: int
    config: int | None

    @property
    def slot(self) -> int:
        """The slot for the state: slots alternate, so that the one before stays intact."""
        return self.ordinal % 2


@final
@dataclass(frozen=True)
class Schedule:
    """Configuration c is due after sweep ``thermalise + (c + 1) * separation``.

    Checkpoints are at each configuration and, counted from the configuration before, every `every` sweeps.

    Examples
    --------
    >>> schedule = Schedule(thermalise=100, separation=50, every=100)
    >>> schedule.after(0)
    Checkpoint(sweep=100, ordinal=1, config=None)
    >>> schedule.after(100)
    Checkpoint(sweep=150, ordinal=2, config=0)
    >>> schedule.after(150)
    Checkpoint(sweep=200, ordinal=3, config=1)
    """

    thermalise: int
    separation: int
    every: int

    def sweep_of(self, config: int) -> int:
        """The number of sweeps after which a configuration is due."""
        return self.thermalise + (config + 1) * self.separation

    def stored(self, sweep: int) -> int:
        """The number of configurations due within the first `sweep` sweeps."""
        return max(0, (sweep - self.thermalise) // self.separation)

    def after(self, sweep: int) -> Checkpoint:
        """The first checkpoint that is due later than `sweep`."""
        config = self.stored(sweep)
        begin = self.sweep_of(config - 1) if config else 0
        step = (sweep - begin) // self.every + 1
        due = min(begin + step * self.every, self.sweep_of(config))
        before = self._count(self.sweep_of(0)) + (config - 1) * self._count(self.separation) if config else 0
        return Checkpoint(due, before + step, config if due == self.sweep_of(config) else None)

    def at(self, sweep: int) -> Checkpoint | None:
        """The checkpoint that is due exactly at `sweep`, if there is one."""
        point = self.after(sweep - 1) if sweep else Checkpoint(0, 0, None)
        return point if point.sweep == sweep else None

    def _count(self, sweeps: int) -> int:
        return -(-sweeps // self.every)
