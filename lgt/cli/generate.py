"""``lgt generate``: make an ensemble."""

from __future__ import annotations

import os
import re
import shlex
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lgt.cli._display import display
from lgt.cli._output import emit_json, note
from lgt.cli._signals import end_at_sigterm
from lgt.errors import EnsembleError, InputError

if TYPE_CHECKING:
    from lgt.config import RunConfig
    from lgt.ensemble import Ensemble

_EXAMPLE = "lgt generate --group SU2 --lattice 8x8 --beta 2.0 --configs 100 --out ens.h5"
#: An acceptance that wastes most of the work.
_LOW = 0.3
#: Keys that belong to one start of the program: a resumed run does not take them from the file.
_OF_THIS_START = ("out", "time_limit", "threads")


def _option(flag: str, panel: str, text: str, default: str | bool, example: str) -> Any:
    """An option that shows its default but is None unless given, so that the value of RUN.toml stands."""
    example = f"Example: {flag} {example}"
    return typer.Option(flag, help=f"{text} {example}", show_default=default, rich_help_panel=panel)


def _required(flag: str, text: str, example: str) -> Any:
    return _option(flag, "Required, here or in RUN.toml", text, False, example)


def _physics(flag: str, text: str, default: str, example: str) -> Any:
    return _option(flag, "Physics", text, default, example)


def _running(flag: str, text: str, default: str, example: str) -> Any:
    return _option(flag, "Running and storing", text, default, example)


def generate(
    context: typer.Context,
    run: Annotated[
        Path | None,
        typer.Argument(
            metavar="[RUN.toml]",
            help="File of the options below as keys (--time-limit is time_limit there); options win over it.",
        ),
    ] = None,
    group: Annotated[str | None, _required("--group", "Gauge group: U1, SU2, SU3, ...", "SU3")] = None,
    lattice: Annotated[
        str | None, _required("--lattice", "Extents, time last, each at least 2.", "8x8x8x16")
    ] = None,
    beta: Annotated[float | None, _required("--beta", "Coupling of the action.", "6.0")] = None,
    configs: Annotated[int | None, _required("--configs", "Configurations of each chain.", "100")] = None,
    out: Annotated[str | None, _required("--out", "Ensemble file to make.", "ens.h5")] = None,
    action: Annotated[
        str | None,
        _physics(
            "--action",
            "Action: wilson, luscher-weisz, iwasaki, dbw2, or rectangle with --c1.",
            "wilson",
            "iwasaki",
        ),
    ] = None,
    c0: Annotated[
        float | None,
        _physics("--c0", "Plaquette coefficient of rectangle, else 1 - 8 c1.", "none", "1.8"),
    ] = None,
    c1: Annotated[
        float | None,
        _physics("--c1", "Coefficient of the 1x2 rectangles (action rectangle).", "none", "-0.1"),
    ] = None,
    anisotropy: Annotated[
        float | None,
        _physics("--anisotropy", "Bare anisotropy: loops in time weigh xi0, others 1/xi0.", "1.0", "2.5"),
    ] = None,
    boundary: Annotated[
        str | None,
        _physics(
            "--boundary",
            "periodic, open (in time), or a word for each direction joined by commas. With open ones the "
            "stored plaquette, as any loop, is averaged over the loops that stay inside the box.",
            "periodic",
            "open",
        ),
    ] = None,
    thermalise: Annotated[
        int | None,
        _physics(
            "--thermalise",
            "Sweeps before the first separation. From a cold or hot start hmc takes every trajectory of "
            "their first half, accepted or not.",
            "200",
            "500",
        ),
    ] = None,
    separation: Annotated[
        int | None, _physics("--separation", "Sweeps between configurations.", "10", "50")
    ] = None,
    update: Annotated[
        str | None,
        _physics("--update", "A sweep is heatbath, metropolis or hmc (a trajectory).", "heatbath", "hmc"),
    ] = None,
    overrelax: Annotated[
        int | None,
        _physics("--overrelax", "Over-relaxations after the heat bath or Metropolis of a sweep.", "1", "4"),
    ] = None,
    hits: Annotated[
        int | None, _physics("--hits", "Proposals of metropolis for each subgroup of a link.", "8", "4")
    ] = None,
    proposal: Annotated[
        float | None, _physics("--proposal", "Size of a proposal of metropolis, up to 1.", "0.5", "0.3")
    ] = None,
    trajectory: Annotated[
        float | None, _physics("--trajectory", "Length of a trajectory of hmc.", "1.0", "2.0")
    ] = None,
    steps: Annotated[int | None, _physics("--steps", "Steps of a trajectory of hmc.", "5", "20")] = None,
    integrator: Annotated[
        str | None,
        _physics("--integrator", "Of hmc: leapfrog, omf2, omf4 or force-gradient.", "omf4", "leapfrog"),
    ] = None,
    seed: Annotated[
        int | None,
        _physics(
            "--seed",
            "Seed of all random numbers. Runs with one seed share them at any beta: give each run its own "
            "seed to make them independent.",
            "1",
            "42",
        ),
    ] = None,
    chains: Annotated[
        int | None, _physics("--chains", "Independent chains, each with its own stream.", "1", "4")
    ] = None,
    start: Annotated[
        str | None,
        _physics("--start", "cold, hot, or an ensemble file as PATH or PATH#INDEX.", "cold", "old.h5#99"),
    ] = None,
    measure: Annotated[
        list[str] | None,
        _running(
            "--measure",
            "Observable to store beside the plaquette; may be repeated, or names joined by commas; also your "
            "own as package.module:Name, see lgt measure --help.",
            "none",
            "wilson_1x2",
        ),
    ] = None,
    precision: Annotated[
        str | None, _running("--precision", "Storage of the links.", "float64", "float32")
    ] = None,
    checkpoint: Annotated[
        int | None, _running("--checkpoint", "Sweeps between checkpoints of long stretches.", "100", "20")
    ] = None,
    time_limit: Annotated[
        str | None, _running("--time-limit", "Stop after this time, resumable.", "none", "1h30m")
    ] = None,
    threads: Annotated[
        str | None, _running("--threads", "Chains that advance at the same time.", "auto", "2")
    ] = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Go on with OUT if it exists: what is not given comes from the file, what is given must "
            "agree with it, more --configs extend it.",
        ),
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print nothing but warnings, errors and what --json prints.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print a summary as JSON on stdout.")] = False,
) -> None:
    """Make an ensemble of gauge configurations by Monte Carlo.

    lgt generate --group SU2 --lattice 8x8 --beta 2.0 --configs 100 --out ens.h5

    The same run from a file, lgt generate RUN.toml:

    group = "SU2"
    lattice = "8x8"
    beta = 2.0
    configs = 100
    out = "ens.h5"
    measure = ["wilson_1x2", "polyakov_abs"]

    Relative paths are relative to the current folder, in RUN.toml too.

    The file is safe at any moment: a run that was killed or stopped goes
    on with --resume, to the same bytes as one that was not; the name of the
    file is enough: lgt generate --out ens.h5 --resume

    Exit status: 0 done, 2 bad input, 3 stopped by a signal or the time
    limit (resumable), 4 disk full or failing.
    """
    command = shlex.join(["lgt", *context.obj])
    again = command if resume else f"{command} --resume"
    end_at_sigterm(context, "the run", "finished configurations are kept", again)
    from lgt.chain import generate as make

    given = {
        "group": group,
        "lattice": lattice,
        "beta": beta,
        "configs": configs,
        "out": out,
        "action": action,
        "c0": c0,
        "c1": c1,
        "anisotropy": anisotropy,
        "boundary": boundary,
        "thermalise": thermalise,
        "separation": separation,
        "update": update,
        "overrelax": overrelax,
        "hits": hits,
        "proposal": proposal,
        "trajectory": trajectory,
        "steps": steps,
        "integrator": integrator,
        "seed": seed,
        "chains": chains,
        "start": start,
        "measure": ",".join(measure) if measure else None,
        "precision": precision,
        "checkpoint": checkpoint,
        "time_limit": time_limit,
        "threads": int(threads) if threads and re.fullmatch("[0-9]{1,9}", threads) else threads,
    }
    config = _config(run, {key: value for key, value in given.items() if value is not None}, resume)
    begin = time.monotonic()
    with (
        display(quiet) as progress,
        make(config, resume=resume, progress=progress, command=command) as ensemble,
    ):
        summary = _summary(config, ensemble, time.monotonic() - begin)
    if summary["exhausted"] and config.update == "heatbath":
        note(f"note: {summary['exhausted']} heat-bath draws used up their attempts and kept the old value")
    if summary.get("acceptance", 1.0) < _LOW:
        remedy = "a smaller --proposal" if config.update == "metropolis" else "more --steps"
        note(f"note: an acceptance of {summary['acceptance']:.2f} is low: try {remedy}")
    if json:
        emit_json(summary)
    elif not quiet:
        each = f" in each of {config.chains} chains" if config.chains > 1 else ""
        accepted = f"acceptance {summary['acceptance']:.2f}, " if "acceptance" in summary else ""
        typer.echo(
            f"{config.out}: {config.configs} configurations{each}, {accepted}"
            f"mean plaquette {summary['plaquette']:.6f} (for its error: lgt analyse {config.out})"
        )


def _config(run: Path | None, given: dict[str, Any], resume: bool) -> RunConfig:
    """The run that options, RUN.toml and, if it is resumed, the file of before say together."""
    from lgt.config import RunConfig, read_run_file

    if run is None and not given:
        raise InputError("a run", "no options", f"see lgt generate --help, or try: {_EXAMPLE}")
    written = {} if run is None else read_run_file(run)
    keys, fields = written | given, RunConfig.model_fields
    out = keys.get("out")
    exists = isinstance(out, str) and os.path.isfile(out)  # noqa: PTH113 - no error for impossible names
    recorded = _recorded(Path(str(out))) if resume and exists else {}
    missing = [f"--{name}" for name in fields if fields[name].is_required() and name not in keys | recorded]
    if missing and keys.keys() <= fields.keys():  # a misspelt key explains a missing one
        if resume and out is not None:
            raise InputError(
                f"resuming {out}", "no such file", f"check the path, or begin it with {', '.join(missing)}"
            )
        where = "as options or in RUN.toml" if run is None else f"as options or in {run}"
        raise InputError("a run", f"no {', '.join(missing)}", f"give them {where}; see lgt generate --help")
    given = {name: value for name, value in recorded.items() if name not in written} | given
    return RunConfig(**given) if run is None else RunConfig.from_toml(run, **given)


def _recorded(path: Path) -> dict[str, Any]:
    """The keys of the run that made this file."""
    from lgt.ensemble import Ensemble

    with Ensemble.open(path) as ensemble:
        run = dict(ensemble.spec.run)
    if not run:
        raise EnsembleError(
            f"resuming {path}", "a file that lgt generate did not make", "choose another name"
        )
    return {name: value for name, value in run.items() if name not in _OF_THIS_START}


def _summary(config: RunConfig, ensemble: Ensemble, seconds: float) -> dict[str, Any]:
    from lgt.chain import updater_of

    states = [ensemble.state(chain) for chain in range(config.chains)]
    exhausted = sum(state.exhausted for state in states if state)
    updater, sweeps = updater_of(config), config.chains * config.sweeps
    acceptance = updater.acceptance(config.gauge_group, config.box, exhausted, sweeps)
    return {
        "file": config.out,
        "group": config.group,
        "lattice": config.lattice,
        "action": config.action,
        "beta": config.beta,
        "seed": config.seed,
        "chains": config.chains,
        "configs": config.configs,
        "sweeps": config.sweeps,
        "exhausted": exhausted,
        **({} if acceptance is None else {"acceptance": acceptance}),
        "plaquette": ensemble.observable("plaquette").mean(),
        "seconds": round(seconds, 3),
    }
