"""A whole training run: data, model, every seed, and the folder with the results.

The folder holds ``run.toml``, one ``seed-N/checkpoint.toml`` for each seed and, once all seeds are done,
``model.toml``: the weights of the seed that was best on the validation data. Checkpoints are pairs of
files as `lcnn.checkpoint` describes them. While a process trains into it, the folder is locked.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, final

import torch
from torch import nn

from lcnn._before import check_folder, read_header
from lcnn._catalogue import complete, is_users
from lcnn._claim import Claim
from lcnn._resume import describe, require_same
from lcnn.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from lcnn.config import RunConfig
from lcnn.covariance import find_parity
from lcnn.data import Data, Measuring, Splits, open_first, open_splits
from lcnn.distributed import World, join_world
from lcnn.evaluate import mean_squared_error, predict
from lcnn.field import set_precision
from lcnn.fit import Epoch, Fit, Progress, fit, pick_device
from lcnn.models import Model, build_model, parity_doubts
from lcnn.targets import Measured, parse_target
from lgt._version import __version__
from lgt.config import parse_duration
from lgt.disk import reason
from lgt.ensemble import Ensemble
from lgt.errors import InputError, LgtError, StorageError
from lgt.stop import stop_requests
from lgt.users import blame

log = logging.getLogger(__name__)

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
    measuring: Measuring | None = None,
) -> Training:
    """Carry out a training run; everything is checked before the first epoch and before any file is made.

    SIGTERM, SIGINT (if this is the main thread) and the time limit stop it before the next batch; what was
    done up to the last checkpoint is kept. A time limit leaves room for one epoch, so that each requeued
    run gets further. Under torchrun all processes train together, and the first one alone writes and calls
    back; see `lcnn.distributed`.

    Parameters
    ----------
    run
        What to do.
    resume
        Go on with the run that is in its folder, if one is; also with more iterations of L-BFGS than it was
        begun with and, before the first of them and with another schedule than cosine, more epochs.
    started
        Told the data and the number of weights once everything is checked.
    progress
        Told after every epoch.
    measuring
        Told how many targets are computed, before all that.

    Raises
    ------
    InputError
        For anything in `run` that cannot be done, a folder that exists (without `resume`), one with
        another run (with it), or one that another process trains into.
    StoppedError
        If the run was stopped; it can be resumed.
    StorageError
        If the disk is full or fails.
    """
    folder, config = Path(run.out), run.training
    device = pick_device(config.device)
    with (
        _threads(config.threads),
        stop_requests(None) as requests,
        join_world(device) as world,
        Claim(folder) as claim,
    ):
        world.lead(lambda: _look_at_folder(folder, resume, claim))
        dtype = getattr(torch, config.dtype)
        first = open_first(run.data, dtype=dtype)
        spec = complete(run.model, d=first.d, N=first.N)
        begin = read_checkpoint(config.start) if config.start else None
        # Targets can take hours: a wrong model shows before them.
        weights = _check_model(spec, begin, run, first)
        told = measuring if world.leads else None
        splits = open_splits(run.data, dtype=dtype, progress=told, world=world)
        about = _about(spec, run, splits, device, world)
        about["start"] = "fresh weights" if begin is None else begin.metadata["sha256"]
        world.lead(lambda: _open_folder(folder, run, about, resume, claim))
        if started is not None and world.leads:
            started(splits, weights)
        clock = _Clock(parse_duration(config.time_limit), progress if world.leads else None)
        fits = [
            fit(
                _build(spec, seed, begin, dtype),
                splits.train,
                splits.validation,
                config,
                seed=seed,
                checkpoint=_checkpoint(folder, seed),
                resume=resume,
                metadata=about,
                stop=lambda: requests.reason or clock.reason(),
                progress=clock.after_epoch,
                odd=_is_odd(run),
                world=world,
            )
            for seed in config.seeds
        ]
        best = min(fits, key=lambda fit: fit.validation)
        test_error = _test_error(best.model, splits.test, run, device)
        checkpoint = world.lead(lambda: _write_best(folder, about, fits, best, test_error))
        return Training(tuple(fits), checkpoint, test_error)


def _is_odd(run: RunConfig) -> bool:
    """Whether the target changes sign under reflections; asked only where it is logged how it moves."""
    if "hypercubic" not in run.training.equivariance:
        return run.data.parity == "pseudoscalar"
    return bool(_parity(run))  # None: the error that is logged is one of the target, too


def _parity(run: RunConfig) -> bool | None:
    """Whether the target is a pseudoscalar; None if it is neither, or a column of which nothing is said."""
    if run.data.parity != "auto":
        return run.data.parity == "pseudoscalar"
    target = parse_target(run.data.target)
    if not isinstance(target, Measured):
        return None
    with Ensemble.open(run.data.paths()[0]) as ensemble:
        group, lattice = ensemble.group, ensemble.lattice
    try:
        return find_parity(target, group, lattice, run.data.per, ["hypercubic"])
    except InputError:
        return None


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


def _checkpoint(folder: Path, seed: int) -> Path:
    return folder / f"seed-{seed}" / "checkpoint.toml"


def _look_at_folder(folder: Path, resume: bool, claim: Claim) -> None:
    """Refuse a folder with results and, if it is there already, keep other processes out of it."""
    check_folder(folder, resume)
    claim.take()


def _open_folder(folder: Path, run: RunConfig, about: dict[str, Any], resume: bool, claim: Claim) -> None:
    """Make the folder with its run.toml; a run that is resumed may have changed in what is free.

    What may have happened in it since `_look_at_folder` is looked at again, now that nobody else can.
    """
    text, path = run.to_toml(), folder / "run.toml"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _look_at_folder(folder, resume, claim)
        for seed in run.training.seeds:
            if resume and (saved := _checkpoint(folder, seed)).exists():
                require_same(read_header(saved)[1], {**about, "seed": seed}, saved)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            temporary = path.with_name("run.toml.part")
            temporary.write_text(text, encoding="utf-8")
            temporary.replace(path)
    except LgtError:
        raise
    except OSError as error:
        raise StorageError(f"folder {folder}", reason(error), "choose another folder for out") from None


def _build(spec: dict[str, Any], seed: int, begin: Checkpoint | None, dtype: torch.dtype) -> nn.Module:
    """Return the model with the first weights of a seed, whatever was drawn before, or with given ones."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = build_model(spec)
    set_precision(model, str(dtype.to_complex()).removeprefix("torch."))  # before weights that it would round
    if begin is not None:
        with torch.random.fork_rng(devices=[]):
            before = build_model(begin.metadata["model"])
        ours, there = (m.spec if isinstance(m, Model) else {} for m in (model, before))
        other = [key for key in ours if there.get(key, ours[key]) != ours[key]]
        if other:
            asked, found = (", ".join(f"{key} = {of[key]}" for key in other) for of in (ours, there))
            remedy = "name a checkpoint of this model"
            raise InputError(f"training.start for a model with {asked}", f"{found} there", remedy)
        try:
            model.load_state_dict(begin.part("model"))
        except RuntimeError as error:
            found = f"weights of another model ({' '.join(str(error).split())[:200]})"
            asked, remedy = (
                f"training.start for the model {spec['name']!r}",
                "name a checkpoint of this model",
            )
            raise InputError(asked, found, remedy) from None
    return model


def _check_model(spec: dict[str, Any], begin: Checkpoint | None, run: RunConfig, data: Data) -> int:
    """Build the model, run it on one configuration and return its number of weights."""
    dtype = getattr(torch, run.training.dtype)
    model = _build(spec, run.training.seeds[0], begin, dtype).eval()
    weights = sum(p.numel() for p in model.parameters() if p.requires_grad)
    what = f"model {spec['name']!r}"
    if weights == 0:
        raise InputError(what, "no weights to train", "choose a model that has some")
    links, _ = data.batch(torch.tensor([0]), dtype=dtype)
    try:
        prediction = predict(model, links, data.per)
    except LgtError:
        raise
    except Exception as error:
        if not is_users(spec["name"]):
            raise
        box = "x".join(map(str, data.extents))
        given = f"links of shape {tuple(links.shape)}, {str(links.dtype).removeprefix('torch.')}"
        raise InputError(
            f"{what} on the lattice {box}", f"{blame(error)} for {given}", "correct it"
        ) from None
    if not prediction.requires_grad:
        raise InputError(what, "a prediction that does not depend on its weights", "use them without detach")
    for doubt in parity_doubts(model, lambda: _parity(run), data.d):
        log.warning("%s: %s", what, doubt)
    return weights


def _about(
    spec: dict[str, Any], run: RunConfig, splits: Splits, device: torch.device, world: World
) -> dict[str, Any]:
    """Return what a checkpoint says about its run, and what a resumed run has to have in common with it."""
    data = splits.train
    digest = hashlib.sha256()
    for part in (splits.train, splits.validation):
        digest.update(part.targets.numpy().tobytes())
    return {
        "model": spec,
        "target": run.data.target,
        "per": run.data.per,
        "group": "U1" if data.N == 1 else f"SU{data.N}",
        "N": data.N,
        "d": data.d,
        "extents": list(data.extents),
        "data": digest.hexdigest(),
        "chains": {part: list(marks) for part, marks in splits.marks.items()},
        "augment": list(run.data.augment),
        "training": describe(run.training),
        "lcnn": __version__,
        "torch": str(torch.__version__),
        "threads": torch.get_num_threads(),
        "device": device.type,
        "processes": world.size,
    }


def _test_error(model: nn.Module, data: Data | None, run: RunConfig, device: torch.device) -> float | None:
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
def _threads(count: int | Literal["auto"]) -> Iterator[None]:
    """Set torch's thread count for a while; "auto" leaves it."""
    before = torch.get_num_threads()
    if count != "auto":
        torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
