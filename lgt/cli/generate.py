"""``lgt generate``: make an ensemble."""

from __future__ import annotations

import contextlib
import shlex
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lgt.cli._output import emit_json, note

if TYPE_CHECKING:
    from lgt.chain import Progress
    from lgt.config import RunConfig
    from lgt.ensemble import Ensemble


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
            metavar="[RUN.toml]", help="File of the keys below without dashes; options win over it."
        ),
    ] = None,
    group: Annotated[str | None, _required("--group", "Gauge group: U1, SU2, SU3, ...", "SU3")] = None,
    lattice: Annotated[
        str | None, _required("--lattice", "Extents, time last, each at least 2.", "8x8x8x16")
    ] = None,
    beta: Annotated[float | None, _required("--beta", "Coupling of the action.", "6.0")] = None,
    configs: Annotated[int | None, _required("--configs", "Configurations of each chain.", "100")] = None,
    out: Annotated[str | None, _required("--out", "Ensemble file to make.", "ens.h5")] = None,
    action: Annotated[str | None, _physics("--action", "Action.", "wilson", "wilson")] = None,
    thermalise: Annotated[
        int | None, _physics("--thermalise", "Sweeps before the first separation.", "200", "500")
    ] = None,
    separation: Annotated[
        int | None, _physics("--separation", "Sweeps between configurations.", "10", "50")
    ] = None,
    overrelax: Annotated[
        int | None, _physics("--overrelax", "Over-relaxations after the heat bath of a sweep.", "1", "4")
    ] = None,
    seed: Annotated[int | None, _physics("--seed", "Seed of all random numbers.", "1", "42")] = None,
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
            "Observable to store beside the plaquette; may be repeated, or names joined by commas.",
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
        bool, typer.Option("--resume", help="Go on with OUT if it exists; more --configs extend it.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print a summary as JSON on stdout.")] = False,
) -> None:
    """Make an ensemble of gauge configurations by Monte Carlo.

    lgt generate --group SU2 --lattice 8x8 --beta 2.0 --configs 100 --out ens.h5

    The file is safe at any moment: a run that was killed or stopped goes
    on with --resume, to the same bytes as one that was not.

    Exit status: 0 done, 2 bad input, 3 stopped by a signal or the time
    limit (resumable), 4 disk full or failing.
    """
    from lgt.chain import generate as make

    given = {
        "group": group,
        "lattice": lattice,
        "beta": beta,
        "configs": configs,
        "out": out,
        "action": action,
        "thermalise": thermalise,
        "separation": separation,
        "overrelax": overrelax,
        "seed": seed,
        "chains": chains,
        "start": start,
        "measure": ",".join(measure) if measure else None,
        "precision": precision,
        "checkpoint": checkpoint,
        "time_limit": time_limit,
        "threads": int(threads) if threads and threads.isdecimal() else threads,
    }
    config = _config(run, {key: value for key, value in given.items() if value is not None})
    command, begin = shlex.join(["lgt", *context.obj]), time.monotonic()
    with _display() as progress, make(config, resume=resume, progress=progress, command=command) as ensemble:
        summary = _summary(config, ensemble, time.monotonic() - begin)
    if summary["exhausted"]:
        note(f"note: {summary['exhausted']} heat-bath draws used up their attempts and kept the old value")
    if json:
        emit_json(summary)
    else:
        each = f" in each of {config.chains} chains" if config.chains > 1 else ""
        typer.echo(
            f"{config.out}: {config.configs} configurations{each}, plaquette {summary['plaquette']:.6f} "
            f"(for its error: lgt analyse {config.out})"
        )


def _config(run: Path | None, given: dict[str, Any]) -> RunConfig:
    from lgt.config import RunConfig

    return RunConfig(**given) if run is None else RunConfig.from_toml(run, **given)


def _summary(config: RunConfig, ensemble: Ensemble, seconds: float) -> dict[str, Any]:
    states = [ensemble.state(chain) for chain in range(config.chains)]
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
        "exhausted": sum(state.exhausted for state in states if state),
        "plaquette": ensemble.observable("plaquette").mean(),
        "seconds": round(seconds, 3),
    }


@contextlib.contextmanager
def _display() -> Iterator[Callable[[Progress], None]]:
    """Progress on stderr: a bar on a terminal, else a line for each configuration."""
    if not sys.stderr.isatty():
        yield lambda event: note(event.note) if event.note else None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    columns = (TextColumn("sweeps"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, TextColumn("{task.description}"), console=console) as bar:
        task = bar.add_task("", total=None)

        def show(event: Progress) -> None:
            if event.sweeps:
                stored = f"{event.stored} of {event.configs} configurations"
                bar.update(task, completed=event.sweep, total=event.sweeps, description=stored)
            if event.note and not event.note.startswith("configuration "):
                console.print(event.note, markup=False, highlight=False, soft_wrap=True)

        yield show
