"""One training: a plain loop that stops early, can be killed anywhere, and resumes to the same bits."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from lcnn._passes import Job, adamw_epoch, lbfgs_iteration
from lcnn._resume import describe, require_same, warn_of_circumstances
from lcnn._state import Epoch, State, weights
from lcnn.checkpoint import read_checkpoint, write_checkpoint
from lcnn.config import TrainingConfig
from lcnn.data import Data
from lcnn.distributed import LostError, World
from lcnn.field import set_precision
from lcnn.optimise import trainable
from lgt.errors import InputError, StoppedError

__all__ = ["Epoch", "Fit", "Progress", "Stop", "fit", "pick_device"]


@dataclass(frozen=True)
class Fit:
    """A finished training: the model with its best weights, and how it got there."""

    model: nn.Module
    seed: int
    best_epoch: int
    validation: float
    seconds: float
    history: tuple[Epoch, ...]


Progress = Callable[[int, Epoch, int], None]
"""Called after every epoch with the seed, the epoch and the number of epochs planned."""

Stop = Callable[[], str | None]
"""Asked before every batch: a reason to stop now, or None."""


def pick_device(name: str) -> torch.device:
    """Return a device by name; ``"auto"`` is the CUDA device of this process, else the CPU.

    Under torchrun each process of a machine takes its own CUDA device.
    """
    if name in ("auto", "cuda") and torch.cuda.is_available():
        return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")) % torch.cuda.device_count())
    if name == "auto":
        return torch.device("cpu")
    try:
        device = torch.device(name)
        torch.zeros(1, dtype=torch.complex64, device=device).cpu()
    except (RuntimeError, AssertionError, NotImplementedError):
        found = "none of that name that this torch can use here"
        raise InputError(f"device {name!r}", found, "use 'auto' or 'cpu'") from None
    return device


def fit(
    model: nn.Module,
    train: Data,
    validation: Data,
    config: TrainingConfig,
    *,
    seed: int = 1,
    checkpoint: str | Path | None = None,
    resume: bool = False,
    metadata: Mapping[str, Any] | None = None,
    stop: Stop | None = None,
    progress: Progress | None = None,
    odd: bool = False,
    world: World = World(),  # noqa: B008
) -> Fit:
    """Train a model in place and leave it with the weights that were best on the validation data.

    The mean squared error over all targets is minimised by AdamW (amsgrad), as in the Letter
    (arXiv:2012.12901), and then, if the configuration asks for it, by L-BFGS from the best weights so far
    on all training data at once (`lcnn.optimise`). Shuffling and every other random number come from
    `seed`; the global state of torch's generator is restored at the end.

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
        Go on from that file if it is there, also with more iterations of L-BFGS and, before the first of
        them, more epochs where the rate does not depend on their number. The same thread count then gives
        bitwise the weights of an uninterrupted training (where `at_least` does not make the clock decide its
        length).
    metadata
        Plain values to store along; a checkpoint that has others is not resumed.
    stop
        Asked before every batch.
    progress
        Told after every epoch.
    odd
        Whether the target changes sign under reflections; only what is logged of symmetries depends on it.
    world
        The processes that train together (`lcnn.distributed.join_world`): each calls this with the same
        arguments, the first one writes the checkpoints. The losses are those of one process, but for
        rounding and for models with dropout or batch statistics.

    Raises
    ------
    StoppedError
        If `stop` gave a reason; the state at that step is in the checkpoint.
    CheckError
        If the loss was not finite in the first epoch.
    InputError
        If the checkpoint to resume is of another run, or is not whole.
    """
    device, dtype = pick_device(config.device), getattr(torch, config.dtype)
    cuda = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=cuda):
        torch.manual_seed(seed)
        set_precision(model, str(dtype.to_complex()).removeprefix("torch."))
        model.to(device)
        optimizer = torch.optim.AdamW(
            trainable(model), lr=config.learning_rate, weight_decay=config.weight_decay, amsgrad=True
        )
        state = State(model, optimizer, torch.Generator().manual_seed(seed), weights(model))
        about = {"training": describe(config), **(metadata or {}), "seed": seed}
        there = checkpoint is not None and resume and Path(checkpoint).exists()
        if world.total(float(there)) not in (0.0, float(world.size)):
            remedy = "keep it in a folder that all of them share"
            raise InputError(f"checkpoint {checkpoint}", "a file that not all processes see", remedy)
        if checkpoint is not None and there:
            saved = read_checkpoint(checkpoint)
            require_same(saved.metadata, about, checkpoint)
            warn_of_circumstances(saved.metadata, about)
            try:
                state.unpack(saved, device)
            except (KeyError, TypeError, ValueError, RuntimeError) as error:
                found = f"no {error.args[0]} in it" if isinstance(error, KeyError) else "damage"
                remedy = "restore the file, or train into another folder"
                raise InputError(f"resuming {checkpoint}", found, remedy) from None

        def save() -> None:
            if checkpoint is not None and world.leads:
                tensors, values = state.pack()
                write_checkpoint(checkpoint, tensors, {**about, **values})

        job = Job(model, train, validation, config, device, world, stop, odd)
        world.copy_first(model.state_dict().values())
        try:
            while (phase := _next_phase(state, config)) is not None:
                done = len(state.history)
                if phase == "adamw":
                    adamw_epoch(job, state, save)
                else:
                    lbfgs_iteration(job, state)
                if len(state.history) > done and progress is not None:
                    progress(seed, state.history[-1], config.epochs + config.lbfgs)
                if len(state.history) % config.checkpoint == 0 or _next_phase(state, config) is None:
                    save()
        except StoppedError as stopped:
            if not isinstance(stopped, LostError):  # which comes in the middle of a step
                save()
            raise
    model.load_state_dict(state.best)
    return Fit(model.eval(), seed, state.best_epoch, state.best_loss, state.seconds, tuple(state.history))


def _next_phase(state: State, config: TrainingConfig) -> str | None:
    """Return what a training does next, "adamw" or "lbfgs"; None where it has enough."""
    finishing = sum(epoch.kind == "lbfgs" for epoch in state.history)
    if finishing == 0 and state.quasi is None and not _is_enough(state, config):
        return "adamw"
    return "lbfgs" if finishing < config.lbfgs and not state.exhausted else None


def _is_enough(state: State, config: TrainingConfig) -> bool:
    """Whether AdamW has done its epochs, lost its patience or its way."""
    if not state.history:
        return False
    number, last = len(state.history), state.history[-1]
    diverged = not (math.isfinite(last.train) and math.isfinite(last.validation))
    patient = config.patience == 0 or number - state.best_epoch < config.patience
    seconds = sum(epoch.seconds for epoch in state.history)
    enough = number >= config.epochs and seconds >= config.at_least
    return diverged or enough or not patient
