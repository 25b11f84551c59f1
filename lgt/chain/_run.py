"""The run: start -> thermalise -> update -> measure -> store, resumable bit for bit."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from lgt.chain._estimate import Estimate, workers
from lgt.chain._schedule import Checkpoint, Schedule
from lgt.chain._stop import Stop
from lgt.config import RunConfig
from lgt.ensemble import ChainState, Ensemble
from lgt.errors import StoppedError
from lgt.observable import Observable, parse_observable
from lgt.rng import Stream
from lgt.update import Sweep

_LOOK_SECONDS = 0.1


@final
@dataclass(frozen=True)
class Progress:
    """How far a run is; given to the ``progress`` callback of `lgt.chain.generate`.

    Parameters
    ----------
    sweep, sweeps
        Sweeps done and to do, of all chains together, from the start of the run.
    stored, configs
        Configurations that are stored in every chain, and those to store.
    note
        A line for the log, at the start and for each stored configuration; else empty.
    estimate
        The cost of the rest; given once, before the first sweep.
    """

    sweep: int
    sweeps: int
    stored: int
    configs: int
    note: str = ""
    estimate: Estimate | None = None


Callback = Callable[[Progress], None]


@final
class Chain:
    """One Markov chain in memory."""

    def __init__(self, config: RunConfig, number: int, state: ChainState) -> None:
        self.number = number
        self.sweep, self.exhausted = state.sweep, state.exhausted
        self.links = np.array(state.links, dtype=np.complex128, order="C")
        self._action, self._stream = config.lattice_action, Stream(config.seed, number)
        self._updater = Sweep(config.overrelax)

    @property
    def state(self) -> ChainState:
        """Where it stands now; shares the links."""
        return ChainState(self.links, self.sweep, self.exhausted)

    def advance(self, sweep: int, stop: Stop) -> None:
        """Go on until `sweep` sweeps are done, or until the end of the sweep in which a stop is requested."""
        while self.sweep < sweep:
            report = self._updater.update(self.links, self._action, self._stream, self.sweep)
            self.sweep += 1
            self.exhausted += report.exhausted
            if stop.requested():
                return


@final
class Run:
    """Drives all chains of a run and writes their ensemble, in a fixed order.

    Parameters
    ----------
    config
        The run.
    ensemble
        Its file, open for writing; each chain goes on from its latest state there.
    stop
        Asked after every sweep.
    progress
        Called from this thread only.
    resume
        What to type to go on after a stop.
    """

    def __init__(
        self, config: RunConfig, ensemble: Ensemble, stop: Stop, progress: Callback, resume: str
    ) -> None:
        self._config, self._ensemble, self._stop = config, ensemble, stop
        self._progress, self._resume = progress, resume
        self._schedule = Schedule(config.thermalise, config.separation, config.checkpoint)
        names = ensemble.spec.observables
        self._observables: tuple[Observable, ...] = tuple(parse_observable(name) for name in names)
        self._swept = False

    def __call__(self, states: Sequence[ChainState]) -> None:
        """Run to the end.

        Raises
        ------
        StoppedError
            After a stop; where each chain stands is stored.
        StorageError
            If the disk is full or fails.
        """
        chains = [Chain(self._config, number, state) for number, state in enumerate(states)]
        with concurrent.futures.ThreadPoolExecutor(workers(self._config)) as pool:
            try:
                self._complete(chains)
                while any(chain.sweep < self._config.sweeps for chain in chains):
                    # A signal stops at once; a time limit leaves room for one sweep, so that each requeued
                    # run gets further.
                    if self._stop.requested() and (self._swept or self._stop.signalled):
                        raise self._stopped(chains)
                    self._leg(pool, chains)
            finally:
                self._stop.request("an error")  # else the pool would wait for the end of the leg

    def _complete(self, chains: Sequence[Chain]) -> None:
        """Store what is due now: a kill may have come between a state and its configuration."""
        for chain in chains:
            point = self._schedule.at(chain.sweep)
            if point is None or point.config is None:
                continue
            if not self._ensemble.finished[chain.number, point.config]:
                self._write_config(chain, point.config, self._measure(chain))

    def _leg(self, pool: concurrent.futures.Executor, chains: Sequence[Chain]) -> None:
        """Advance the chains that are furthest back to their next checkpoint."""
        points = [self._schedule.after(chain.sweep) for chain in chains]
        ordinal = min(point.ordinal for point in points)
        point = next(point for point in points if point.ordinal == ordinal)
        behind = [chain for chain, due in zip(chains, points, strict=True) if due == point]
        before = [chain.sweep for chain in behind]
        jobs = {chain.number: pool.submit(self._work, chain, point) for chain in behind}
        waiting = set(jobs.values())
        while waiting:
            _, waiting = concurrent.futures.wait(waiting, timeout=_LOOK_SECONDS)
            if waiting:
                self._report(chains)
        self._swept = True
        plaquettes = []
        for chain, sweep in zip(behind, before, strict=True):
            values = jobs[chain.number].result()
            if chain.sweep > sweep:
                self._ensemble.write_state(point.slot, chain.number, chain.state)
            if values is not None and point.config is not None:
                self._write_config(chain, point.config, values)
                plaquettes.append(float(values["plaquette"]))
        if any(chain.sweep < point.sweep for chain in behind):
            raise self._stopped(chains)
        note = ""
        if point.config is not None:
            note = f"configuration {point.config + 1} of {self._config.configs}: sweep {point.sweep}, "
            note += f"plaquette {np.mean(plaquettes):.6f}"
        self._report(chains, note)

    def _work(self, chain: Chain, point: Checkpoint) -> dict[str, NDArray[np.float64]] | None:
        chain.advance(point.sweep, self._stop)
        if chain.sweep < point.sweep or point.config is None:
            return None
        return self._measure(chain)

    def _measure(self, chain: Chain) -> dict[str, NDArray[np.float64]]:
        d = self._config.box.d
        return {observable.name: observable.value(chain.links, d) for observable in self._observables}

    def _write_config(self, chain: Chain, config: int, values: dict[str, NDArray[np.float64]]) -> None:
        self._ensemble.write(chain.number, config, chain.links, values)

    def _report(self, chains: Sequence[Chain], note: str = "") -> None:
        done = sum(chain.sweep for chain in chains)
        total = self._config.sweeps * self._config.chains
        stored = self._ensemble.length
        self._progress(Progress(done, total, stored, self._config.configs, note))

    def _stopped(self, chains: Sequence[Chain]) -> StoppedError:
        sweep, total = min(chain.sweep for chain in chains), self._config.sweeps
        stored = f"{self._ensemble.length} of {self._config.configs} configurations stored"
        return StoppedError(
            f"the run of {self._ensemble.path}",
            f"a stop by {self._stop.reason} after sweep {sweep} of {total}, {stored}",
            f"resume with: {self._resume}",
        )
