"""Everything that the rest of a training depends on, and its way into a checkpoint and back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, final

import torch
from torch import Tensor, nn

from lcnn.checkpoint import Checkpoint
from lcnn.optimise import Quasi


@dataclass(frozen=True)
class Epoch:
    """One pass over the training data: mean squared errors, last learning rate, seconds it took.

    An iteration of L-BFGS counts as an epoch of `kind` "lbfgs"; its learning rate is the step along the
    direction, its training error that of the new weights. `equivariance` has the relative change of the
    predictions under a random element of each symmetry that was asked for.
    """

    number: int
    train: float
    validation: float
    learning_rate: float
    seconds: float
    kind: str = "adamw"
    equivariance: Mapping[str, float] = field(default_factory=dict)


@final
@dataclass(frozen=True)
class Partial:
    """An epoch that is not done: its steps so far, what they summed up, and the shuffle it began with."""

    step: int
    total: float
    seconds: float
    shuffle: Tensor


@final
@dataclass
class State:
    """A training at one moment."""

    model: nn.Module
    optimizer: torch.optim.Optimizer
    shuffle: torch.Generator
    best: dict[str, Tensor]
    best_epoch: int = 0
    best_loss: float = math.inf
    seconds: float = 0.0
    history: list[Epoch] = field(default_factory=list)
    partial: Partial | None = None
    quasi: Quasi | None = None
    exhausted: bool = False
    """Whether L-BFGS found no further way down."""

    def pack(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Return the state as tensors and plain values."""
        tensors = {f"model/{k}": v for k, v in self.model.state_dict().items()}
        tensors |= {f"best/{k}": v for k, v in self.best.items()}
        for index, values in self.optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer/{index}/{k}": v for k, v in values.items()}
        if self.quasi is not None:
            for name in ("weights", "gradient", "moves", "changes"):
                tensors[f"lbfgs/{name}"] = getattr(self.quasi, name)
        tensors["rng/shuffle"] = self.shuffle.get_state() if self.partial is None else self.partial.shuffle
        tensors["rng/torch"] = torch.get_rng_state()
        if torch.cuda.is_available():
            tensors["rng/cuda"] = torch.cuda.get_rng_state()
        numbers: dict[str, Any] = {
            "epoch": len(self.history),
            "best_epoch": self.best_epoch,
            "validation": self.best_loss,
            "seconds": self.seconds,
            "exhausted": self.exhausted,
            "history": [asdict(epoch) for epoch in self.history],
        }
        if self.partial is not None:
            numbers["partial"] = {k: v for k, v in vars(self.partial).items() if k != "shuffle"}
        if self.quasi is not None:
            numbers["lbfgs_loss"] = self.quasi.loss
        return tensors, numbers

    def unpack(self, checkpoint: Checkpoint, device: torch.device) -> None:
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
        numbers = checkpoint.metadata
        self.best_epoch, self.best_loss = numbers["best_epoch"], numbers["validation"]
        self.seconds, self.exhausted = numbers["seconds"], numbers.get("exhausted", False)
        self.history = [Epoch(**row) for row in numbers["history"]]
        if "partial" in numbers:
            self.partial = Partial(shuffle=checkpoint.tensors["rng/shuffle"], **numbers["partial"])
        if "lbfgs_loss" in numbers:
            tensors = {k: v.to(device) for k, v in checkpoint.part("lbfgs").items()}
            self.quasi = Quasi(loss=numbers["lbfgs_loss"], **tensors)

    def finish_epoch(self, epoch: Epoch) -> None:
        """Write an epoch down and keep its weights if no epoch before was better."""
        if epoch.validation < self.best_loss:
            self.best_loss, self.best_epoch, self.best = epoch.validation, epoch.number, weights(self.model)
        self.history.append(epoch)
        self.seconds += epoch.seconds
        self.partial = None


def weights(model: nn.Module) -> dict[str, Tensor]:
    """Return a copy of a model's weights and buffers."""
    return {k: v.detach().clone() for k, v in model.state_dict().items()}
