"""One training: a plain loop that stops early, can be killed anywhere, and resumes to the same bits."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, final

import torch
from torch import Tensor, nn

from lcnn.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from lcnn.config import TrainingConfig
from lcnn.data import Dataset
from lcnn.evaluate import mean_squared_error, predict
from lcnn.field import set_precision
from lgt.errors import CheckError, InputError, StoppedError

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Epoch:
    """One pass over the training data: mean squared errors, last learning rate, seconds it took."""

    number: int
    train: float
    validation: float
    learning_rate: float
    seconds: float


@dataclass(frozen=True)
class Fit:
    """A finished training: the model with its best weights, and how it got there."""

    model: nn.Module
    seed: int
    best_epoch: int
    validation: float
    seconds: float
    history: tuple[Epoch, ...]


_CIRCUMSTANCES = ("lcnn", "torch", "threads", "device")
_FREE = {"device", "threads", "checkpoint", "time_limit", "seeds"}

Progress = Callable[[int, Epoch, int], None]
"""Called after every epoch with the seed, the epoch and the number of epochs planned."""

Stop = Callable[[], str | None]
"""Asked before every batch: a reason to stop now, or None."""


def learning_rate(config: TrainingConfig, step: int, total: int) -> float:
    """Return the learning rate of a step, counted from 0, of `total` planned ones.

    Examples
    --------
    >>> config = TrainingConfig(learning_rate=1.0, schedule="cosine")
    >>> [round(learning_rate(config, step, 10), 4) for step in (0, 5, 10, 20)]
    [1.0, 0.5005, 0.001, 0.001]
    """
    if config.schedule == "constant":
        return config.learning_rate
    phase = min(step / total, 1.0)
    return config.learning_rate * (0.001 + 0.999 * 0.5 * (1 + math.cos(math.pi * phase)))


def pick_device(name: str) -> torch.device:
    """Return a device by name; ``"auto"`` is the first CUDA device, else the CPU."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(1, dtype=torch.complex64, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise InputError(f"device {name!r}", str(error).splitlines()[0], "use 'auto' or 'cpu'") from None
    return device


@final
@dataclass
class _State:
    """Everything that the rest of a training depends on."""

    model: nn.Module
    optimizer: torch.optim.Optimizer
    shuffle: torch.Generator
    best: dict[str, Tensor]
    best_epoch: int = 0
    best_loss: float = math.inf
    seconds: float = 0.0
    history: list[Epoch] = field(default_factory=list)
    finished: bool = False

    def pack(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Return the state as tensors and plain values."""
        tensors = {f"model/{k}": v for k, v in self.model.state_dict().items()}
        tensors |= {f"best/{k}": v for k, v in self.best.items()}
        for index, values in self.optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer/{index}/{k}": v for k, v in values.items()}
        tensors["rng/shuffle"] = self.shuffle.get_state()
        tensors["rng/torch"] = torch.get_rng_state()
        if torch.cuda.is_available():
            tensors["rng/cuda"] = torch.cuda.get_rng_state()
        values = {
            "epoch": len(self.history),
            "best_epoch": self.best_epoch,
            "validation": self.best_loss,
            "seconds": self.seconds,
            "finished": self.finished,
            "history": [asdict(epoch) for epoch in self.history],
        }
        return tensors, values

    def unpack(self, checkpoint: Checkpoint) -> None:
        """Take over the state of a checkpoint."""
        self.model.load_state_dict(checkpoint.part("model"))
        self.best = checkpoint.part("best")
        layout = self.optimizer.state_dict()
        layout["state"] = {}
        for key, value in checkpoint.part("optimizer").items():
            index, name = key.split("/", 1)
            layout["state"].setdefault(int(index), {})[name] = value.clone()
        self.optimizer.load_state_dict(layout)
        self.shuffle.set_state(checkpoint.tensors["rng/shuffle"])
        torch.set_rng_state(checkpoint.tensors["rng/torch"])
        if torch.cuda.is_available() and "rng/cuda" in checkpoint.tensors:
            torch.cuda.set_rng_state(checkpoint.tensors["rng/cuda"])
        values = checkpoint.metadata
        self.best_epoch, self.best_loss = values["best_epoch"], values["validation"]
        self.seconds, self.finished = values["seconds"], values["finished"]
        self.history = [Epoch(**row) for row in values["history"]]


def _copy_weights(model: nn.Module) -> dict[str, Tensor]:
    return {k: v.detach().clone() for k, v in model.state_dict().items()}


def fit(
    model: nn.Module,
    train: Dataset,
    validation: Dataset,
    config: TrainingConfig,
    *,
    seed: int = 1,
    checkpoint: str | Path | None = None,
    resume: bool = False,
    metadata: Mapping[str, Any] | None = None,
    stop: Stop | None = None,
    progress: Progress | None = None,
) -> Fit:
    """Train a model in place and leave it with the weights that were best on the validation data.

    The mean squared error over all targets is minimised by AdamW (amsgrad), as in the Letter
    (arXiv:2012.12901). Shuffling and every other random number come from `seed`; the global state of
    torch's generator is restored at the end.

    Parameters
    ----------
    model
        A module from links (batch, d, *extents, N, N) to one scalar a site or a configuration.
    train, validation
        Data without common chains; their `per` says what the model has to give.
    config
        How to train; `seeds`, `threads` and `time_limit` are left to `lcnn.train.train`.
    seed
        The seed of this training. The model's weights are drawn before, by whoever builds it.
    checkpoint
        A TOML file to keep the state in; see `lcnn.checkpoint`.
    resume
        Go on from that file if it is there, also with more epochs where the rate is constant. The same
        thread count then gives bitwise the weights of an
        uninterrupted training (where `at_least` does not make the clock decide its length).
    metadata
        Plain values to store along; a checkpoint that has others is not resumed.
    stop
        Asked before every batch.
    progress
        Told after every epoch.

    Raises
    ------
    StoppedError
        If `stop` gave a reason; the last checkpoint is resumable.
    CheckError
        If the loss was not finite in the first epoch.
    InputError
        If the checkpoint to resume is of another run.
    """
    device, dtype = pick_device(config.device), getattr(torch, config.dtype)
    cuda = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=cuda):
        torch.manual_seed(seed)
        set_precision(model, str(dtype.to_complex()).removeprefix("torch."))
        model.to(device)
        optimizer = torch.optim.AdamW(
            model.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay, amsgrad=True
        )
        shuffle = torch.Generator().manual_seed(seed)
        state = _State(model, optimizer, shuffle, _copy_weights(model))
        about = {"training": describe(config), **(metadata or {}), "seed": seed}
        if checkpoint is not None and resume and Path(checkpoint).exists():
            saved = read_checkpoint(checkpoint)
            require_same(saved.metadata, about, checkpoint)
            _warn_of_circumstances(saved.metadata, about)
            state.unpack(saved)
            state.finished = _is_finished(state, config)  # more epochs may be wanted than were
        while not state.finished:
            _one_epoch(state, train, validation, config, device, stop)
            if progress is not None:
                progress(seed, state.history[-1], config.epochs)
            due = state.finished or len(state.history) % config.checkpoint == 0
            if checkpoint is not None and due:
                tensors, values = state.pack()
                write_checkpoint(checkpoint, tensors, {**about, **values})
    model.load_state_dict(state.best)
    return Fit(model.eval(), seed, state.best_epoch, state.best_loss, state.seconds, tuple(state.history))


def _one_epoch(
    state: _State,
    train: Dataset,
    validation: Dataset,
    config: TrainingConfig,
    device: torch.device,
    stop: Stop | None,
) -> None:
    """Run over the training data once, validate, keep the best weights, see whether it is enough."""
    start = time.perf_counter()
    model, number = state.model, len(state.history) + 1
    dtype = getattr(torch, config.dtype)
    steps = math.ceil(len(train) / config.batch)
    model.train()
    total, rate = 0.0, 0.0
    batches = train.batches(config.batch, shuffle=state.shuffle, dtype=dtype, device=device)
    for step, (links, target) in enumerate(batches, (number - 1) * steps):
        reason = stop() if stop is not None else None
        if reason is not None:
            raise StoppedError(f"training for {config.epochs} epochs",
                               f"{reason} in epoch {number}", "resume it with --resume")  # fmt: skip
        rate = learning_rate(config, step, config.epochs * steps)
        for parameters in state.optimizer.param_groups:
            parameters["lr"] = rate
        state.optimizer.zero_grad(set_to_none=True)
        loss = (predict(model, links, train.per) - target).square().mean()
        loss.backward()  # type: ignore[no-untyped-call]
        state.optimizer.step()
        total += loss.item() * len(target)
    train_loss = total / len(train)
    loss_now = mean_squared_error(model, validation, batch=config.batch, dtype=dtype, device=device)
    if loss_now < state.best_loss:
        state.best_loss, state.best_epoch, state.best = loss_now, number, _copy_weights(model)
    diverged = not (math.isfinite(train_loss) and math.isfinite(loss_now))
    if diverged and number == 1:
        raise CheckError("a finite loss", f"{train_loss} in the first epoch", "lower training.learning_rate")
    seconds = time.perf_counter() - start
    state.seconds += seconds
    state.history.append(Epoch(number, train_loss, loss_now, rate, seconds))
    if diverged:
        log.warning(
            "seed's loss was not finite in epoch %d: its best epoch %d is kept", number, state.best_epoch
        )
    state.finished = _is_finished(state, config)


def _is_finished(state: _State, config: TrainingConfig) -> bool:
    """Whether a training of one epoch or more has enough."""
    number, last = len(state.history), state.history[-1]
    diverged = not (math.isfinite(last.train) and math.isfinite(last.validation))
    patient = config.patience == 0 or number - state.best_epoch < config.patience
    enough = number >= config.epochs and state.seconds >= config.at_least
    return diverged or enough or not patient


def describe(config: TrainingConfig) -> dict[str, Any]:
    """Return the values of a configuration that decide the weights."""
    return config.model_dump(mode="json", exclude=_FREE)


def require_same(saved: Mapping[str, Any], ours: Mapping[str, Any], path: str | Path) -> None:
    """Raise InputError, with both values of what differs, unless a checkpoint can go on as our run.

    More epochs than before are no difference at a constant learning rate.
    """
    keys = [key for key in ours if key not in (*_CIRCUMSTANCES, "chains")]
    wanted = _flat({key: ours[key] for key in keys})
    there = _flat({key: saved[key] for key in keys if key in saved})
    different = [key for key in {**wanted, **there} if wanted.get(key) != there.get(key)]
    epochs = "training.epochs"
    if epochs in different and epochs in wanted and wanted[epochs] > there.get(epochs, math.inf):
        if wanted["training.schedule"] == "constant":
            different.remove(epochs)
        elif different == [epochs]:
            raise InputError(
                f"resuming {path} with {epochs} = {wanted[epochs]}",
                f"{epochs} = {there[epochs]} there and the cosine schedule, whose rates depend on it from "
                "the first step",
                "train into another folder, or with schedule = 'constant', which can be extended",
            )
    if different:
        here = ", ".join(f"{key} = {wanted.get(key, 'nothing')}" for key in different)
        found = ", ".join(f"{key} = {there.get(key, 'nothing')}" for key in different)
        remedy = "resume with the run that it was started with, or train into another folder"
        raise InputError(f"resuming {path} with {here}", f"{found} there", remedy)


def _flat(values: Mapping[str, Any], start: str = "") -> dict[str, Any]:
    """Return nested values under names with dots."""
    found: dict[str, Any] = {}
    for key, value in values.items():
        found |= _flat(value, f"{start}{key}.") if isinstance(value, Mapping) else {start + key: value}
    return found


def _warn_of_circumstances(saved: Mapping[str, Any], ours: Mapping[str, Any]) -> None:
    for key in _CIRCUMSTANCES:
        if key in ours and saved.get(key) != ours[key]:
            log.warning(
                "resumed with %s %s, begun with %s: the bits may differ", key, ours[key], saved.get(key)
            )
