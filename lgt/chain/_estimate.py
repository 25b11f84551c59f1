"""What a run will cost, before it begins: time from a trial on scratch copies, and disk space."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

from lgt.config import RunConfig
from lgt.ensemble import ChainState
from lgt.errors import InputError
from lgt.replicas import Replicas
from lgt.replicas.cores import cores
from lgt.rng import Stream
from lgt.update import Updater
from lgt.update.schedule import REUNITARISE_EVERY

_TRIAL_SECONDS = 0.1
_TRIAL_SWEEPS = 20


@final
@dataclass(frozen=True)
class Estimate:
    """The cost of what a run has yet to do.

    Parameters
    ----------
    sweeps
        Sweeps to do, of all chains together.
    sweep_seconds
        Time of one sweep of one chain.
    seconds
        Time for all of them.
    nbytes
        Size of the ensemble file.
    chains
        So many chains would cost no more time; 0 where that is not known.

    Examples
    --------
    >>> str(Estimate(sweeps=3000, sweep_seconds=0.02, seconds=61.0, nbytes=2_500_000))
    '3000 sweeps of 0.02 s, about 1m01s; 2.5 MB of disk'
    """

    sweeps: int
    sweep_seconds: float
    seconds: float
    nbytes: int
    chains: int = 0

    def __str__(self) -> str:
        each = f"{self.sweep_seconds:.2g} s"
        return f"{self.sweeps} sweeps of {each}, about {duration(self.seconds)}; {size(self.nbytes)} of disk"


def duration(seconds: float) -> str:
    """A duration for people.

    Examples
    --------
    >>> duration(0.3), duration(61.2), duration(7300), duration(200000)
    ('1s', '1m01s', '2h01m', '2d07h')
    """
    whole = max(1, round(seconds))
    for unit, below, name, under in ((86400, 3600, "d", "h"), (3600, 60, "h", "m"), (60, 1, "m", "s")):
        if whole >= unit:
            return f"{whole // unit}{name}{whole % unit // below:02d}{under}"
    return f"{whole}s"


def size(nbytes: float) -> str:
    """A number of bytes for people.

    Examples
    --------
    >>> size(900), size(2_500_000)
    ('900 B', '2.5 MB')
    """
    for unit in ("B", "kB", "MB", "GB"):
        if nbytes < 1000:
            return f"{nbytes:.3g} {unit}"
        nbytes /= 1000
    return f"{nbytes:.3g} TB"


def threads(config: RunConfig) -> int:
    """How many threads may work at the same time."""
    if config.threads != "auto":
        return config.threads
    return cores()


def estimate(
    config: RunConfig,
    updater: Updater,
    states: Sequence[ChainState],
    nbytes: int,
    abandon: Callable[[], bool] = lambda: False,
) -> Estimate:
    """Time some sweeps on a copy of the states; random numbers have no memory, so nothing changes.

    Raises
    ------
    AbandonedError
        If `abandon` says so within a long sweep.
    """
    streams = [Stream(config.seed, chain) for chain in range(len(states))]
    action = config.lattice_action
    scratch = Replicas([s.links for s in states], streams, threads(config), action, updater.at_once)
    scratch.abandon = abandon
    # Untimed, as it compiles: a sweep of this very state, with its return to the group.
    updater.advance(scratch, action, REUNITARISE_EVERY - 1)
    begin, done = time.perf_counter(), 0
    while done == 0 or (done < _TRIAL_SWEEPS and time.perf_counter() - begin < _TRIAL_SECONDS):
        updater.advance(scratch, action, done)
        done += 1
    together = (time.perf_counter() - begin) / done
    left = [config.sweeps - state.sweep for state in states]
    return Estimate(sum(left), together / len(states), together * max(left), nbytes, scratch.room)


def check_space(path: Path, nbytes: int) -> None:
    """Refuse a file that the disk has no room for.

    Raises
    ------
    InputError
        If less is free than the file will take.
    """
    free = shutil.disk_usage(Path(os.path.realpath(path)).parent).free  # of the file, not of a link to it
    if free < nbytes:
        raise InputError(
            f"{size(nbytes)} of disk for {path}",
            f"{size(free)} free",
            "use another disk, fewer configs, or precision float32",
        )
