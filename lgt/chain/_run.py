"""The run: start -> thermalise -> update -> measure -> store, resumable bit for bit."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from lgt.chain._estimate import Estimate, threads
from lgt.chain._schedule import Schedule
from lgt.chain._updater import updater_of
from lgt.config import RunConfig
from lgt.ensemble import ChainState, Ensemble
from lgt.errors import StoppedError
from lgt.observable import Observable, evaluate, parse_observable
from lgt.replicas import AbandonedError, Replicas
from lgt.rng import Stream
from lgt.stop import Stop

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
class Chains:
    """The Markov chains of a run in memory; those that are equally far advance together.

    Parameters
    ----------
    config
        The run.
    states
        Where each chain stands.
    """

    def __init__(self, config: RunConfig, states: Sequence[ChainState]) -> None:
        self._config, self._updater = config, updater_of(config)
        self.sweeps = [state.sweep for state in states]
        self._exhausted = [state.exhausted for state in states]
        self._links = [np.array(state.links, dtype=np.complex128, order="C") for state in states]
        self._packed: Replicas | None = None
        self._members: tuple[int, ...] = ()

    def advance(self, members: Sequence[int], sweep: int, stop: Stop) -> None:
        """Take chains of equal sweep on to `sweep`, or to the end of a sweep in which a stop is requested.

        A signal does not wait for the end of a trajectory, which may be long: that one is given up.
        """
        state = self._pack(tuple(members))
        state.abandon = lambda: stop.signalled
        while (done := self.sweeps[members[0]]) < sweep:
            try:
                self._updater.advance(state, self._config.lattice_action, done)
            except AbandonedError:
                return
            for chain in members:
                self.sweeps[chain] += 1
            if stop.requested():
                return

    def state(self, chain: int) -> ChainState:
        """Where a chain stands now."""
        links = self._links[chain]
        if chain in self._members and self._packed is not None:
            links = self._packed.links(self._members.index(chain))
        return ChainState(links, self.sweeps[chain], self.exhausted(chain))

    def exhausted(self, chain: int) -> int:
        """How often the updates of a chain have kept the old value since the start."""
        since = 0
        if chain in self._members and self._packed is not None:
            since = self._packed.exhausted[self._members.index(chain)]
        return self._exhausted[chain] + since

    def acceptance(self, exhausted: int, sweeps: int) -> float | None:
        """The accepted fraction of the proposals of so many sweeps; None for a heat bath."""
        return self._updater.acceptance(self._config.gauge_group, self._config.box, exhausted, sweeps)

    def _pack(self, members: tuple[int, ...]) -> Replicas:
        if self._packed is None or members != self._members:
            states = {chain: self.state(chain) for chain in {*members, *self._members}}
            for chain, state in states.items():
                self._links[chain], self._exhausted[chain] = state.links, state.exhausted
            streams = [Stream(self._config.seed, chain) for chain in members]
            links = [self._links[chain] for chain in members]
            action, at_once = self._config.lattice_action, self._updater.at_once
            self._packed = Replicas(links, streams, threads(self._config), action, at_once)
            self._members = members
        return self._packed


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
        self._open = config.lattice_action.open_directions(config.box.d)
        self._swept = False
        self._logged: list[tuple[int, int]] = []

    def __call__(self, states: Sequence[ChainState]) -> None:
        """Run to the end.

        Raises
        ------
        StoppedError
            After a stop; where each chain stands is stored.
        StorageError
            If the disk is full or fails.
        """
        chains = Chains(self._config, states)
        self._logged = [(state.exhausted, state.sweep) for state in states]
        with concurrent.futures.ThreadPoolExecutor(1) as worker:
            try:
                self._complete(chains)
                while any(sweep < self._config.sweeps for sweep in chains.sweeps):
                    # A signal stops at once; a time limit leaves room for one sweep, so that each requeued
                    # run gets further.
                    if self._stop.requested() and (self._swept or self._stop.signalled):
                        raise self._stopped(chains)
                    self._leg(worker, chains)
            finally:
                self._stop.request("an error")  # else the worker would go on to the end of the leg

    def _complete(self, chains: Chains) -> None:
        """Store what is due now: a kill may have come between a state and its configuration."""
        for chain, sweep in enumerate(chains.sweeps):
            point = self._schedule.at(sweep)
            if point is None or point.config is None:
                continue
            if not self._ensemble.finished[chain, point.config]:
                links = chains.state(chain).links
                self._ensemble.write(chain, point.config, links, self._measure(links))

    def _leg(self, worker: concurrent.futures.Executor, chains: Chains) -> None:
        """Advance the chains that are furthest back to their next checkpoint, and store them."""
        before = min(chains.sweeps)
        members = [chain for chain, sweep in enumerate(chains.sweeps) if sweep == before]
        point = self._schedule.after(before)
        # In another thread, so that this one can report and receive signals.
        job = worker.submit(chains.advance, members, point.sweep, self._stop)
        while concurrent.futures.wait([job], timeout=_LOOK_SECONDS).not_done:
            self._report(chains)
        job.result()
        self._swept = True
        plaquettes = []
        for chain in members:
            state = chains.state(chain)
            if state.sweep > before:
                self._ensemble.write_state(point.slot, chain, state)
            if state.sweep == point.sweep and point.config is not None:
                values = self._measure(state.links)
                self._ensemble.write(chain, point.config, state.links, values)
                plaquettes.append(float(values["plaquette"]))
        if chains.sweeps[members[0]] < point.sweep:
            raise self._stopped(chains)
        if point.config is not None:
            note = f"configuration {point.config + 1} of {self._config.configs}: sweep {point.sweep}, "
            mean = f" (mean of {len(members)} chains)" if len(members) > 1 else ""
            note += f"plaquette {np.mean(plaquettes):.6f}{mean}{self._accepted(chains, members)}"
            self._report(chains, note)

    def _accepted(self, chains: Chains, members: Sequence[int]) -> str:
        """What the log says of proposals since the configuration before, or since this process began."""
        exhausted, sweeps = 0, 0
        for chain in members:
            now = chains.exhausted(chain), chains.sweeps[chain]
            exhausted += now[0] - self._logged[chain][0]
            sweeps += now[1] - self._logged[chain][1]
            self._logged[chain] = now
        fraction = chains.acceptance(exhausted, sweeps)
        return "" if fraction is None else f", acceptance {fraction:.2f}"

    def _measure(self, links: NDArray[np.complex128]) -> dict[str, NDArray[np.float64]]:
        values = evaluate(self._observables, links, self._config.box.d, open=self._open)
        return {observable.name: value for observable, value in values.items()}

    def _report(self, chains: Chains, note: str = "") -> None:
        done = sum(chains.sweeps)
        total = self._config.sweeps * self._config.chains
        stored = self._ensemble.length
        self._progress(Progress(done, total, stored, self._config.configs, note))

    def _stopped(self, chains: Chains) -> StoppedError:
        sweep, total = min(chains.sweeps), self._config.sweeps
        stored = f"{self._ensemble.length} of {self._config.configs} configurations stored"
        return StoppedError(
            f"the run of {self._ensemble.path}",
            f"it stopped by {self._stop.reason} after sweep {sweep} of {total}, {stored}",
            f"resume with: {self._resume}",
        )
