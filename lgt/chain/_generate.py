"""The entry: check everything, say what it costs, make or resume the file, run."""

from __future__ import annotations

import dataclasses
import os
import platform
from collections.abc import Sequence
from pathlib import Path

import h5py
import numba
import numpy as np

from lgt._version import __version__
from lgt.chain._estimate import check_space, estimate
from lgt.chain._measure import observables_of, quantities_of, validate
from lgt.chain._run import Callback, Progress, Run
from lgt.chain._schedule import Schedule
from lgt.chain._start import start_of
from lgt.chain._updater import updater_of
from lgt.config import RunConfig
from lgt.ensemble import ChainState, Ensemble, EnsembleSpec
from lgt.errors import CheckError, EnsembleError, InputError, StoppedError
from lgt.observable import Setting, Smeared, evaluate
from lgt.replicas import AbandonedError
from lgt.stop import Stop, stop_requests

#: Keys that may differ when a run is resumed: they do not change what it computes.
_FREE_KEYS = ("configs", "out", "time_limit", "threads")


def generate(
    config: RunConfig, *, resume: bool = False, progress: Callback | None = None, command: str = ""
) -> Ensemble:
    """Make the ensemble that `config` describes.

    Everything is checked before the first sweep. The file is complete in size from the start; each stored
    configuration survives whatever ends the process, and a resumed run gives the same bytes in every
    dataset as one that was never interrupted. SIGINT and SIGTERM stop it at the next sweep boundary, if this
    is the main thread.

    Parameters
    ----------
    config
        The run.
    resume
        Go on with the file if it exists; a larger ``configs`` extends it. Without it an existing file is
        refused.
    progress
        Called from this thread with a `Progress`, often.
    command
        The command that was typed, for the file's attributes and for what a stop says.

    Returns
    -------
    Ensemble
        The finished ensemble, open for reading.

    Raises
    ------
    InputError
        For anything in `config` that cannot be done, before the first sweep; no file is left.
    EnsembleError
        If the file exists and `resume` is not set, or it is of another run, damaged or in use.
    StoppedError
        After SIGINT, SIGTERM or the time limit; the run can be resumed.
    StorageError
        If the disk is full or fails; finished configurations are intact.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> out = pathlib.Path(folder.name) / "ensemble.h5"
    >>> run = RunConfig(group="SU2", lattice="4x4", beta=2.0, configs=5, thermalise=10, out=out)
    >>> with generate(run) as ensemble:
    ...     ensemble
    Ensemble(SU(2), 4x4, Wilson(beta=2.0), 5 of 5 configurations)
    >>> folder.cleanup()
    """
    report: Callback = progress or (lambda event: None)
    path = Path(config.out)
    _check(config, path)
    if path.exists() and not resume:
        raise EnsembleError(
            f"out {path}",
            "a file of that name",
            f"give {'--resume' if command else 'resume=True'} to go on with it, or choose another name",
        )
    with stop_requests(config.time_limit_seconds) as stop:
        if path.exists():
            _resume(config, path, stop, report, command)
        else:
            _begin(config, path, stop, report, command)
    return Ensemble.open(path)


def _check(config: RunConfig, path: Path) -> None:
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        pass  # a new file; its folder is looked at below
    except OSError as error:  # a name that is too long, a circle of links, a folder that may not be entered
        raise InputError(f"out {path}", str(error.strerror).lower(), "choose another name") from None
    validate(quantities_of(config.measure).values(), _setting(config))
    updater_of(config).validate(config.lattice_action, config.gauge_group, config.box)
    folder = Path(os.path.realpath(path)).parent  # of the file that is made, where `path` is a link to it
    if not folder.is_dir():
        raise InputError(
            f"out {path}", f"no folder {folder if path.is_symlink() else path.parent}", "make it first"
        )
    if path.exists() and not path.is_file():
        raise InputError(f"out {path}", "something that is not a file", "choose another name")
    if not os.access(folder, os.W_OK):
        raise InputError(f"out {path}", f"no permission to write in {path.parent}", "choose another folder")


def _setting(config: RunConfig) -> Setting:
    return Setting(config.box, config.gauge_group, config.lattice_action.open_directions(config.box.d))


def _begin(config: RunConfig, path: Path, stop: Stop, report: Callback, command: str) -> None:
    observables = observables_of(quantities_of(config.measure).values())
    spec = EnsembleSpec(
        group=config.gauge_group,
        lattice=config.box,
        configs=config.configs,
        chains=config.chains,
        action=config.lattice_action,
        seed=config.seed,
        precision=config.precision,
        observables={name: each.shape(config.box) for name, each in observables.items()},
        resumable=True,
        run=config.model_dump(mode="json"),
        provenance={
            "updates": updater_of(config).name,
            "versions": _versions(),
            "start": config.start,
            "command": command,
        },
    )
    check_space(path, spec.nbytes)
    start = start_of(config)
    # One that this lattice does not have, or a user's that fails, says so now; smearing would take long.
    trial = [each.observable if isinstance(each, Smeared) else each for each in observables.values()]
    evaluate(trial, start.states[0].links, config.box.d, open=_setting(config).open)
    spec = dataclasses.replace(spec, provenance={**spec.provenance, "start": start.origin})
    _announce(config, start.states, spec.nbytes, report, stop, f"start {start.origin}")

    def fill(ensemble: Ensemble) -> None:
        for chain, state in enumerate(start.states):
            ensemble.write_state(0, chain, state)

    with Ensemble.create(path, spec, fill) as ensemble:
        Run(config, ensemble, stop, report, _how_to_resume(command))(start.states)
        ensemble.sync()


def _resume(config: RunConfig, path: Path, stop: Stop, report: Callback, command: str) -> None:
    ensemble = Ensemble.open(path, "r+")
    try:
        _check_same(config, ensemble)
        _check_checksums(ensemble)
        states = [_latest(config, ensemble, chain, report) for chain in range(config.chains)]
        _check_final(config, ensemble, states)
        if config.configs > ensemble.spec.configs:
            check_space(path, dataclasses.replace(ensemble.spec, configs=config.configs).nbytes)
            report(_note(f"extending {path} from {ensemble.spec.configs} to {config.configs} configurations"))
            ensemble = ensemble.extend(config.configs)
        done = min(state.sweep for state in states)
        if done == config.sweeps and ensemble.finished.all():
            report(_note(f"{path} is complete, nothing to do"))
            return
        if ensemble.spec.provenance.get("versions") != _versions():
            report(_note(f"note: {path} was begun with {ensemble.spec.provenance.get('versions')}"))
        _announce(config, states, ensemble.spec.nbytes, report, stop, f"resuming after sweep {done}")
        Run(config, ensemble, stop, report, _how_to_resume(command))(states)
        ensemble.sync()
    finally:
        ensemble.close()


def _check_same(config: RunConfig, ensemble: Ensemble) -> None:
    recorded, asked = dict(ensemble.spec.run), config.model_dump(mode="json")
    if not recorded or not ensemble.spec.resumable:
        raise EnsembleError(
            f"resuming {ensemble.path}", "a file that lgt generate did not make", "choose another name"
        )
    for key in asked:
        # A key that is younger than the file had its default then.
        recorded.setdefault(key, RunConfig.model_fields[key].default)
        if key not in _FREE_KEYS and recorded[key] != asked[key]:
            more = [name for name in asked[key] if name not in recorded[key]] if key == "measure" else []
            other = f"or type: lgt measure {ensemble.path} --observable {','.join(more)}"
            raise EnsembleError(
                f"resuming {ensemble.path} with {key} = {asked[key]}",
                f"{key} = {recorded[key]} in the file",
                f"use the value of the file, {other if more else 'or choose another name'}",
            )
    if config.configs < ensemble.spec.configs:
        raise EnsembleError(
            f"resuming {ensemble.path} with configs = {config.configs}",
            f"configs = {ensemble.spec.configs} in the file",
            "ask for as many or more",
        )


def _check_checksums(ensemble: Ensemble) -> None:
    try:
        ensemble.verify_checksums()
    except CheckError as error:
        raise EnsembleError(error.asked, error.found, error.remedy) from None


def _latest(config: RunConfig, ensemble: Ensemble, chain: int, report: Callback) -> ChainState:
    for slot in ensemble.damaged_slots(chain):
        report(_note(f"warning: state {slot} of chain {chain} is damaged (its CRC does not fit)"))
    state = ensemble.state(chain)
    if state is None:
        raise EnsembleError(
            f"resuming {ensemble.path}", f"no intact state of chain {chain}", "start again under another name"
        )
    schedule = Schedule(config.thermalise, config.separation, config.checkpoint)
    due = schedule.stored(state.sweep - 1) if state.sweep else 0
    missing = np.flatnonzero(~ensemble.finished[chain, :due])
    if missing.size:
        raise EnsembleError(
            f"resuming {ensemble.path}",
            f"no configuration {missing[0]} of chain {chain}, though its state is later",
            "start again under another name",
        )
    return state


def _check_final(config: RunConfig, ensemble: Ensemble, states: Sequence[ChainState]) -> None:
    """Refuse a lost state of a chain that is complete: the run would end without writing it anew."""
    for chain, state in enumerate(states):
        lost = ensemble.lost_slots(chain) if state.sweep == config.sweeps else ()
        if lost:
            raise EnsembleError(
                f"resuming {ensemble.path}, of which chain {chain} is complete",
                f"state {lost[0]} of that chain damaged, its configurations intact",
                "use these as they are, or resume with more configs, which replaces the state",
            )


def _announce(
    config: RunConfig, states: Sequence[ChainState], nbytes: int, report: Callback, stop: Stop, origin: str
) -> None:
    try:
        cost = estimate(config, updater_of(config), states, nbytes, lambda: stop.signalled)
    except AbandonedError:
        raise StoppedError(
            f"the run of {config.out}",
            f"it stopped by {stop.reason} before its first sweep",
            "start it again",
        ) from None
    done = sum(state.sweep for state in states)
    total = config.sweeps * config.chains
    note = f"{config.gauge_group} on {config.box}, {config.lattice_action}, {origin}; estimate: {cost}"
    if cost.chains > config.chains:
        note += f"; {cost.chains} chains would take no longer"
    report(Progress(done, total, 0, config.configs, note, cost))
    limit = config.time_limit_seconds
    if limit is not None and cost.seconds > limit:
        report(_note(f"note: the time limit of {config.time_limit} ends this run before it is complete"))


def _note(text: str) -> Progress:
    return Progress(0, 0, 0, 0, text)


def _how_to_resume(command: str) -> str:
    if not command:
        return "lgt.generate(config, resume=True)"
    return command if "--resume" in command.split() else f"{command} --resume"


def _versions() -> str:
    versions = {"python": platform.python_version(), "numpy": np.__version__, "numba": numba.__version__}
    versions |= {"h5py": h5py.__version__, "hdf5": h5py.version.hdf5_version}
    return ", ".join([f"lgt {__version__}", *(f"{name} {version}" for name, version in versions.items())])
