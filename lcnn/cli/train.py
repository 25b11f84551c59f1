"""``lcnn train``: carry out a RUN.toml."""

from __future__ import annotations

import logging
import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lcnn.cli._output import emit_json, note, say_measured
from lgt.errors import InputError, LgtError, StoppedError

if TYPE_CHECKING:
    from lcnn.config import RunConfig
    from lcnn.data import Splits
    from lcnn.fit import Epoch, Progress
    from lcnn.train import Training


def train(
    run: Annotated[
        Path,
        typer.Argument(
            metavar="RUN.toml",
            help="The run: data, model, training, folder for the results; with --resume also that folder.",
        ),
    ],
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Go on with the run in its folder. It may get more iterations of L-BFGS and, before the "
            "first of them, more epochs, if its schedule is not cosine.",
        ),
    ] = False,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="Epochs, in place of those in RUN.toml.", show_default=False)
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print a summary as JSON on stdout.")] = False,
) -> None:
    """Train a model to predict an observable.

    RUN.toml names the folder for the results, out = "w12", and has three
    tables.

    Table data: ensembles (paths or patterns; of one lattice or several),
    target (an observable such as "wilson_1x2", "energy_clover@flow:1" after
    gradient flow, a column "labels.csv:NAME" by chain and config, of CSV,
    npy, npz or HDF5, with {ensemble} in a file's name for that of the
    ensemble: "labels/{ensemble}.npy", or a function "package.module:name" of
    your own), per ("site", or "configuration": the observable's value, the
    lattice average of most, the sum over the lattice of the topological
    charge), validation_chains (1), test_chains (0), augment (any of
    "translation", "hypercubic", "gauge": training batches are moved by
    random elements), parity ("auto": found by trial for an observable;
    "scalar" or "pseudoscalar" has to be said of a column and is checked for
    an observable), cache ("": a folder that keeps targets on smeared links).

    Table model: name, and the parameters of that model; lcnn models lists
    them. name = "package.module:factory" is a model of your own: a function
    or class that takes the other keys and returns a torch module.

    Table training: epochs (20), batch (50), learning_rate (3e-3), schedule
    ("cosine", "constant", or "step", "exponential", "plateau": times decay
    (0.1) for every decay_epochs (10)), warmup (0 epochs), lbfgs (0;
    iterations of L-BFGS after the epochs; best in float64), lbfgs_memory
    (100 moves), lbfgs_tolerance (1e-9; it ends once an iteration lowers the
    loss by less than this part), weight_decay (0), patience (0: early
    stopping is off; 10: stop after 10 epochs without a better validation
    loss; the weights of the best epoch are kept either way), at_least (0;
    seconds that each seed trains for: if the epochs take less, more are
    added at the last rate), seeds ([1]), start (a checkpoint of this model,
    whose weights are begun with), dtype ("float32"), device ("auto"),
    threads ("auto"), checkpoint (1 epoch), checkpoint_seconds (300, inside
    epochs), equivariance ([]; any of "gauge", "translation", "hypercubic":
    every equivariance_every (1) epochs the largest change of predictions
    under random elements is logged, as a part of their spread between
    configurations: 0 for an exact symmetry, 1 for a change as large as the
    spread), time_limit ("1h30m").

    The folder then holds run.toml (the run, defaults included),
    seed-N/checkpoint.toml (from which --resume goes on), model.toml (the
    best seed's weights, for lcnn evaluate and lcnn check) and loss.png;
    beside each checkpoint are its weights as .safetensors. One process
    trains into a folder at a time.

    With --json: out, checkpoint, target, weights (their number), seed,
    validation and test (mean squared errors of the best; test is null
    without test_chains), seeds: for each of them seed, validation,
    best_epoch, epochs, seconds, chosen, history: for each epoch number,
    train, validation, learning_rate, seconds, kind (adamw or lbfgs, whose
    rate is the step along the direction), equivariance (by symmetry).

    Several processes: torchrun --nproc_per_node=2 -m lcnn train RUN.toml,
    on CPUs or one GPU each; torchrun has an exit status of its own.

    Exit status: 0 done, 1 no finite loss, 2 bad input, 3 stopped by a signal
    or the time limit (resumable), 4 disk full or failing.
    """
    try:
        _train(run, resume, epochs, json)
    except LgtError as error:
        if int(os.environ.get("LOCAL_RANK", "0")) == 0:  # one process a machine says what is wrong
            raise
        raise SystemExit(error.exit_status) from None


def _train(run: Path, resume: bool, epochs: int | None, json: bool) -> None:
    from lcnn._before import check_run

    config, leads = _read(run, resume, epochs), os.environ.get("RANK", "0") == "0"
    check_run(config, resume or not leads)  # mistakes show before torch loads
    if not leads:
        logging.getLogger("lcnn").setLevel(logging.ERROR)
    from lcnn.train import train as carry_out

    try:
        with _progress() as progress:
            result = carry_out(config, resume=resume, started=_say_start, progress=progress,
                               measuring=say_measured())  # fmt: skip
    except StoppedError as stop:
        more = ["--epochs", str(epochs)] if epochs is not None else []
        command = shlex.join(["lcnn", "train", str(run), *more, "--resume"])
        raise StoppedError(stop.asked, stop.found, f"go on with: {command}") from None
    if not leads:
        return
    _draw(result, Path(config.out) / "loss.png")
    if json:
        emit_json(_summary(config, result))
        return
    for line in _table(result):
        typer.echo(line)
    if result.test_error is not None:
        typer.echo(f"test {result.test_error:.3e}")
    typer.echo(f"best: seed {result.best.seed}, {result.checkpoint}")


def _table(result: Training) -> Iterator[str]:
    """Give one line for each seed; a star marks the one that was chosen."""
    digits = max(len(str(fit.seed)) for fit in result.fits)
    for fit in result.fits:
        finish = sum(epoch.kind == "lbfgs" for epoch in fit.history)
        parts = f" ({finish} of L-BFGS)" if finish else ""
        yield (
            f"{'*' if fit is result.best else ' '} seed {fit.seed:>{digits}}: "
            f"validation {fit.validation:.3e} in epoch {fit.best_epoch} of {len(fit.history)}{parts}, "
            f"{fit.seconds:.1f} s"
        )


def _read(run: Path, resume: bool, epochs: int | None) -> RunConfig:
    """Return the run of a RUN.toml, or of the folder of an earlier training."""
    from lcnn.config import RunConfig

    if run.is_dir():
        if not (run / "run.toml").is_file():
            raise InputError(f"run {run}", "a folder without run.toml", "give a RUN.toml")
        if not resume:
            command = shlex.join(["lcnn", "train", str(run), "--resume"])
            raise InputError(f"run {run}", "the folder of a training", f"go on with it: {command}")
        config = RunConfig.from_toml(run / "run.toml").model_copy(update={"out": str(run)})
    else:
        config = RunConfig.from_toml(run)
    if epochs is None:
        return config
    return config.model_copy(update={"training": config.training.model_copy(update={"epochs": epochs})})


def _summary(config: RunConfig, result: Training) -> dict[str, Any]:
    return {
        "out": config.out,
        "checkpoint": str(result.checkpoint),
        "target": config.data.target,
        "weights": sum(p.numel() for p in result.best.model.parameters() if p.requires_grad),
        "seed": result.best.seed,
        "validation": result.best.validation,
        "test": result.test_error,
        "seeds": [
            {
                "seed": fit.seed,
                "validation": fit.validation,
                "best_epoch": fit.best_epoch,
                "epochs": len(fit.history),
                "seconds": fit.seconds,
                "chosen": fit is result.best,
                "history": [asdict(epoch) for epoch in fit.history],
            }
            for fit in result.fits
        ],
    }


def _say_start(splits: Splits, weights: int) -> None:
    lattice = " and ".join(splits.train.lattices)
    test = "" if splits.test is None else f", {len(splits.test)} for testing"
    note(
        f"{len(splits.train)} configurations {lattice} for training, {len(splits.validation)} for "
        f"validation{test}; {weights} weights"
    )


@contextmanager
def _progress() -> Iterator[Progress]:
    """Give a bar on a terminal and a line an epoch elsewhere."""
    if not sys.stderr.isatty():
        yield _say_epoch
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("seed {task.description}"), BarColumn(), TextColumn("{task.fields[text]}"))
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as bars:
        tasks = {}

        def show(seed: int, epoch: Epoch, planned: int) -> None:
            if seed not in tasks:
                tasks[seed] = bars.add_task(str(seed), total=planned, text="")
            text = (
                f"epoch {epoch.number}/{planned}  train {epoch.train:.2e}  validation {epoch.validation:.2e}"
            )
            bars.update(tasks[seed], completed=epoch.number, text=text)

        yield show


def _say_epoch(seed: int, epoch: Epoch, planned: int) -> None:
    rate = "step" if epoch.kind == "lbfgs" else "rate"
    note(
        f"seed {seed} epoch {epoch.number}/{planned} {'lbfgs ' * (epoch.kind == 'lbfgs')}"
        f"train {epoch.train:.4e} validation {epoch.validation:.4e} {rate} {epoch.learning_rate:.2e} "
        + "".join(f"{name} {error:.1e} " for name, error in epoch.equivariance.items())
        + f"{epoch.seconds:.2f} s"
    )


def _draw(result: Training, path: Path) -> None:
    from lcnn import plot

    histories = {
        f"seed {fit.seed}": ([e.train for e in fit.history], [e.validation for e in fit.history])
        for fit in result.fits
    }
    plot.save(plot.loss_curve(histories), path)
