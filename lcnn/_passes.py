"""One epoch of AdamW, one iteration of L-BFGS: what `lcnn.fit` repeats."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, final

import torch
from torch import Tensor, nn

from lcnn._metric import symmetry_errors
from lcnn._state import Epoch, Partial, State
from lcnn.config import TrainingConfig
from lcnn.data import Data
from lcnn.distributed import World
from lcnn.evaluate import mean_squared_error, predict
from lcnn.optimise import Quasi, assign, begin, flatten, gradients, iterate, learning_rate, trainable
from lgt.errors import CheckError, StoppedError

if TYPE_CHECKING:
    from lcnn.fit import Stop

log = logging.getLogger("lcnn.fit")


Batch = tuple[Tensor, Tensor, int]
"""This process's share of the links and targets of a batch, and how many configurations the batch has."""


@final
@dataclass(frozen=True)
class Job:
    """What stays the same all through a training."""

    model: nn.Module
    train: Data
    validation: Data
    config: TrainingConfig
    device: torch.device
    world: World
    stop: Stop | None
    odd: bool = False

    @property
    def dtype(self) -> torch.dtype:
        """The real dtype of the training."""
        found: torch.dtype = getattr(torch, self.config.dtype)
        return found

    @property
    def steps(self) -> int:
        """The number of batches in an epoch."""
        return self.train.steps(self.config.batch)

    def ask(self, number: int) -> None:
        """Raise StoppedError if any process was asked to stop."""
        reason = self.stop() if self.stop is not None else None
        if self.world.any(reason is not None):
            reason = reason or "a request to another process"
            raise StoppedError(f"training for {self.config.epochs} epochs",
                               f"{reason} in epoch {number}", "resume it with --resume")  # fmt: skip

    def batches(self, shuffle: torch.Generator | None = None, skip: int = 0) -> Iterator[Batch]:
        """Run over the training data; `skip` batches are drawn but, where it can be helped, not read."""
        data, where = self.train, {"dtype": self.dtype, "device": self.device}
        augmentation = data.augmentation if shuffle is not None else None
        for step, rows in enumerate(data.chunks(self.config.batch, shuffle)):
            share, count = self.world.share(len(rows)), len(rows)
            if (
                augmentation is not None and shuffle is not None
            ):  # drawn for the whole batch, whoever takes it
                links, target = augmentation(*data.batch(rows, **where), shuffle)  # type: ignore[arg-type]
                if step >= skip:
                    yield links[share], target[share], count
            elif step >= skip and share.start < share.stop:
                yield *data.batch(rows[share], **where), count  # type: ignore[arg-type]
            elif step >= skip:
                yield torch.empty(0), torch.empty(0), count

    def backward(self, batch: Batch, weight: float = 1.0) -> float:
        """Add the gradient of this process's share of a batch; return the whole batch's mean squared error.

        `weight` multiplies both. Gradients of other processes are not in it yet.
        """
        links, target, count = batch
        found = 0.0
        if len(links):
            difference = predict(self.model, links, self.train.per) - target
            loss = difference.square().sum() * (weight / (count * target[0].numel()))
            loss.backward()  # type: ignore[no-untyped-call]
            found = loss.item()
        return self.world.total(found)

    def validate(self) -> float:
        """Return the mean squared error on the validation data."""
        data, batch, where = self.validation, self.config.batch, {"dtype": self.dtype, "device": self.device}
        if self.world.size == 1:
            return mean_squared_error(self.model, data, batch=batch, **where)  # type: ignore[arg-type]
        squares = 0.0
        self.model.eval()
        for rows in data.chunks(batch):
            share = rows[self.world.share(len(rows))]
            if len(share):
                links, target = data.batch(share, **where)  # type: ignore[arg-type]
                with torch.no_grad():
                    squares += float((predict(self.model, links, data.per) - target).double().square().sum())
        return self.world.total(squares) / data.targets.numel()

    def measure_symmetries(self, number: int) -> dict[str, float]:
        """Return the equivariance errors that are due after an epoch."""
        names, every = self.config.equivariance, self.config.equivariance_every
        if not names or number % every or not self.world.leads:
            return {}
        where = {"dtype": self.dtype, "device": self.device}
        return symmetry_errors(self.model, self.validation, names, odd=self.odd, **where)  # type: ignore[arg-type]


def adamw_epoch(job: Job, state: State, save: Callable[[], None]) -> None:
    """Run over the training data once, or over the rest of it, validate, and keep the best weights.

    `save` is called when a checkpoint is due in between.
    """
    config, model, number = job.config, job.model, len(state.history) + 1
    begun = state.partial or Partial(0, 0.0, 0.0, state.shuffle.get_state())
    start = saved = time.perf_counter()
    losses = [epoch.validation for epoch in state.history]
    batches = job.batches(state.shuffle, begun.step)
    model.train()
    rate, total = 0.0, begun.total
    for step in range(begun.step, job.steps):
        now = time.perf_counter()
        state.partial = replace(begun, step=step, total=total, seconds=begun.seconds + now - start)
        if config.checkpoint_seconds and step > begun.step and now - saved >= config.checkpoint_seconds:
            save()
            saved = now
        job.ask(number)
        batch = next(batches)
        rate = learning_rate(config, (number - 1) * job.steps + step, job.steps, losses)
        for parameters in state.optimizer.param_groups:
            parameters["lr"] = rate
        state.optimizer.zero_grad(set_to_none=True)
        loss = job.backward(batch)
        job.world.sum_gradients(trainable(model))
        state.optimizer.step()
        total += loss * batch[2]
    job.world.copy_first(model.state_dict().values())
    train, validation = total / len(job.train), job.validate()
    if not (math.isfinite(train) and math.isfinite(validation)):
        if number == 1:
            raise CheckError(
                "a finite loss",
                f"{train} on the training, {validation} on the validation data in the first epoch",
                "lower training.learning_rate, or look for numbers in the data that are not finite",
            )
        log.warning(
            "seed's loss was not finite in epoch %d: its best epoch %d is kept", number, state.best_epoch
        )
    errors = job.measure_symmetries(number)
    # One clock for all processes: whether `at_least` seconds are over has to be the same for each.
    seconds = job.world.of_first(begun.seconds + time.perf_counter() - start)
    state.finish_epoch(Epoch(number, train, validation, rate, seconds, "adamw", errors))


def lbfgs_iteration(job: Job, state: State) -> None:
    """Do one iteration over the whole training data, the first from the best weights of AdamW.

    The model is in eval mode, so that the loss is a function of the weights alone. If it is stopped, the
    model has the weights of the last iteration again.
    """
    number, start = len(state.history) + 1, time.perf_counter()
    parameters = trainable(job.model)

    def objective(weights: Tensor) -> tuple[float, Tensor]:
        assign(parameters, weights)
        job.model.zero_grad(set_to_none=True)
        total = 0.0
        for batch in job.batches():
            job.ask(number)
            total += job.backward(batch, batch[2] / len(job.train))
        job.world.sum_gradients(parameters)
        return total, gradients(parameters)

    job.model.eval()
    before = state.quasi
    # Stopped before its first iteration is done, L-BFGS has not begun: AdamW's weights are left as they were.
    held = None if before is not None else {k: v.clone() for k, v in job.model.state_dict().items()}
    if before is None:
        job.model.load_state_dict(state.best)
        if job.config.dtype == "float32":
            log.warning("L-BFGS in float32: rounding ends it early; use dtype = 'float64'")
    found: tuple[Quasi, float] | None = None
    weights = flatten(parameters) if before is None else before.weights
    try:
        before = before or begin(objective, weights)
        found = iterate(objective, before, memory=job.config.lbfgs_memory)
    except StoppedError:
        if held is not None:
            job.model.load_state_dict(held)
        else:
            assign(parameters, weights)
        raise
    assign(parameters, weights)
    if found is None:
        state.quasi, state.exhausted = before, True
        return
    state.quasi, step = found
    assign(parameters, state.quasi.weights)
    job.world.copy_first(job.model.state_dict().values())
    fall = before.loss - state.quasi.loss
    state.exhausted = fall <= job.config.lbfgs_tolerance * before.loss
    validation, errors = job.validate(), job.measure_symmetries(number)
    seconds = job.world.of_first(time.perf_counter() - start)
    state.finish_epoch(Epoch(number, state.quasi.loss, validation, step, seconds, "lbfgs", errors))
