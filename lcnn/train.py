"""A whole training run: data, model, every seed, and the folder with the results.

The folder holds ``run.toml``, one ``seed-N/checkpoint.toml`` for each seed and, once all seeds are done,
``model.toml``: the weights of the seed that was best on the validation data. Checkpoints are pairs of
files as `lcnn.checkpoint` describes them.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import torch
from torch import nn

from lcnn._stop import signalled
from lcnn.checkpoint import write_checkpoint
from lcnn.config import RunConfig
from lcnn.data import Dataset, Splits, open_splits
from lcnn.evaluate import mean_squared_error, predict
from lcnn.fit import Epoch, Fit, Progress, fit, pick_device
from lcnn.models import Model, build_model
from lgt._version import __version__
from lgt.config import parse_duration
from lgt.errors import InputError, StorageError

Started = Callable[[Splits, int], None]
"""Called once before the first epoch with the data and the number of weights."""


@dataclass(frozen=True)
class Training:
    """What a run gave: one fit for each seed, and the checkpoint of the best."""

    fits: tuple[Fit, ...]
    checkpoint: Path
    test_error: float | None
    """The best model's mean squared error on the test chains, if some were set aside."""

    @property
    def best(self) -> Fit:
        """The fit with the smallest validation loss."""
        return min(self.fits, key=lambda fit: fit.validation)


def train(
    run: RunConfig,
    *,
    resume: bool = False,
    started: Started | None = None,
    progress: Progress | None = None,
) -> Training:
    """Carry out a training run; everything is checked before the first epoch and before any file is made.

    SIGTERM, SIGINT (if this is the main thread) and the time limit stop it before the next batch; what was
    done up to the last checkpoint is kept. A time limit leaves room for one epoch, so that each requeued
    run gets further.

    Parameters
    ----------
    run
        What to do.
    resume
        Go on with the run that is in its folder, if one is.
    started
        Told the data and the number of weights once everything is checked.
    progress
        Told after every epoch.

    Raises
    ------
    InputError
        For anything in `run` that cannot be done, a folder that exists (without `resume`), or one with
        another run (with it).
    StoppedError
        If the run was stopped; it can be resumed.
    StorageError
        If the disk is full or fails.
    """
    folder, config = Path(run.out), run.training
    _check_folder(folder, resume)
    device = pick_device(config.device)
    with _threads(config.threads), signalled() as signal:
        splits = open_splits(run.data, dtype=getattr(torch, config.dtype))
        weights = _check_model(run, splits.train)
        about = _about(run, splits, device)
        _open_folder(folder, run)
        if started is not None:
            started(splits, weights)
        clock = _Clock(parse_duration(config.time_limit), progress)
        fits = [
            fit(
                _build(run, seed),
                splits.train,
                splits.validation,
                config,
                seed=seed,
                checkpoint=folder / f"seed-{seed}" / "checkpoint.toml",
                resume=resume,
                metadata=about,
                stop=lambda: signal() or clock.reason(),
                progress=clock.after_epoch,
            )
            for seed in config.seeds
        ]
        best = min(fits, key=lambda fit: fit.validation)
        test_error = _test_error(best.model, splits.test, run, device)
        return Training(tuple(fits), _write_best(folder, about, fits, best, test_error), test_error)


@final
class _Clock:
    """The time limit; it leaves room for one epoch."""

    def __init__(self, limit: float | None, progress: Progress | None) -> None:
        self._limit, self._progress = limit, progress
        self._start, self._epochs = time.monotonic(), 0

    def after_epoch(self, seed: int, epoch: Epoch, planned: int) -> None:
        """Count an epoch and pass it on."""
        self._epochs += 1
        if self._progress is not None:
            self._progress(seed, epoch, planned)

    def reason(self) -> str | None:
        """Return the reason to stop, if there is one."""
        over = self._limit is not None and time.monotonic() - self._start >= self._limit
        return f"the time limit of {self._limit:g} s" if over and self._epochs else None


def _open_folder(folder: Path, run: RunConfig) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "run.toml").exists():
            (folder / "run.toml").write_text(run.to_toml(), encoding="utf-8")
    except OSError as error:
        raise StorageError(f"folder {folder}", str(error), "choose another folder for out") from None


def _check_folder(folder: Path, resume: bool) -> None:
    if folder.exists() and not folder.is_dir():
        raise InputError(f"out = {str(folder)!r}", "a file of that name", "name a folder")
    if not resume and folder.exists() and any(folder.iterdir()):
        raise InputError(
            f"out = {str(folder)!r}", "a folder that is not empty", "use --resume or another folder"
        )


def _build(run: RunConfig, seed: int) -> Model:
    """Return the model with the first weights of a seed, whatever was drawn before."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build_model(run.model)


def _check_model(run: RunConfig, data: Dataset) -> int:
    """Build the model, run it on one configuration and return its number of weights."""
    dtype = getattr(torch, run.training.dtype)
    model = _build(run, run.training.seeds[0]).to(dtype=dtype)
    weights = sum(p.numel() for p in model.parameters() if p.requires_grad)
    if weights == 0:
        raise InputError(
            f"model {run.model['name']!r}", "no weights to train", "choose a model that has some"
        )
    links, _ = data.batch(torch.tensor([0]), dtype=dtype)
    with torch.no_grad():
        predict(model.eval(), links, data.per)
    return model.weights


def _about(run: RunConfig, splits: Splits, device: torch.device) -> dict[str, Any]:
    """Return what a checkpoint says about its run, and what a resumed run has to have in common with it."""
    data = splits.train
    free = {"device", "threads", "checkpoint", "time_limit", "seeds"}
    digest = hashlib.sha256()
    for part in (splits.train, splits.validation):
        digest.update(part.targets.numpy().tobytes())
    return {
        "model": run.model,
        "target": run.data.target,
        "per": run.data.per,
        "group": "U1" if data.N == 1 else f"SU{data.N}",
        "N": data.N,
        "d": data.d,
        "extents": list(data.extents),
        "data": digest.hexdigest(),
        "training": run.training.model_dump(mode="json", exclude=free),
        "lcnn": __version__,
        "torch": str(torch.__version__),
        "threads": torch.get_num_threads(),
        "device": str(device),
    }


def _test_error(model: nn.Module, data: Dataset | None, run: RunConfig, device: torch.device) -> float | None:
    if data is None:
        return None
    dtype = getattr(torch, run.training.dtype)
    return mean_squared_error(model, data, batch=run.training.batch, dtype=dtype, device=device)


def _write_best(
    folder: Path, about: dict[str, Any], fits: list[Fit], best: Fit, test_error: float | None
) -> Path:
    rows = [
        {
            "seed": fit.seed,
            "validation": fit.validation,
            "best_epoch": fit.best_epoch,
            "epochs": len(fit.history),
            "seconds": fit.seconds,
        }
        for fit in fits
    ]
    path = folder / "model.toml"
    known = {} if test_error is None else {"test": test_error}
    values = {**about, "seed": best.seed, "validation": best.validation, **known, "seeds": rows}
    tensors = {f"model/{k}": v for k, v in best.model.state_dict().items()}
    write_checkpoint(path, tensors, values)
    return path


@contextmanager
def _threads(count: int) -> Iterator[None]:
    """Set torch's thread count for a while; 0 leaves it."""
    before = torch.get_num_threads()
    if count:
        torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
