"""Several processes that train one model: each takes its share of every batch, gradients are summed.

Start them with torchrun, e.g. ``torchrun --nproc_per_node=2 -m lcnn train RUN.toml``; they find each other
by the variables that it sets. On CPUs they speak gloo, on GPUs nccl.

The gradient of a batch is summed in one collective call instead of by `DistributedDataParallel`: networks
here have few weights, and a share may be empty, which that wrapper cannot weight right.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar, final

import torch
import torch.distributed as dist
from torch import Tensor

from lgt.errors import InputError, LgtError, StoppedError

T = TypeVar("T")


@final
class LostError(StoppedError):
    """Another process of the training is gone or does not answer; the last checkpoint is resumable."""


TIMEOUT = 1800.0
"""Seconds that a process waits for the others before it gives up."""


@final
@dataclass(frozen=True)
class World:
    """The processes of a training, seen from one of them; the default is one process alone.

    Examples
    --------
    >>> World().share(5), World(1, 2).share(5), World(1, 2).share(1), World(0, 2).share(1)
    (slice(0, 5, None), slice(2, 5, None), slice(0, 1, None), slice(0, 0, None))
    """

    rank: int = 0
    size: int = 1
    device: torch.device | None = None
    """Where tensors have to be that are sent."""

    @property
    def leads(self) -> bool:
        """Whether this process is the one that writes and speaks."""
        return self.rank == 0

    def share(self, count: int) -> slice:
        """Return which of `count` configurations of a batch are this process's; it may be none."""
        return slice(count * self.rank // self.size, count * (self.rank + 1) // self.size)

    def total(self, value: float) -> float:
        """Return the sum over processes."""
        if self.size == 1:
            return value
        tensor = torch.tensor(value, dtype=torch.float64, device=self.device)
        with self._talk():
            dist.all_reduce(tensor)
            return float(tensor)

    def of_first(self, value: float) -> float:
        """Return the first process's value."""
        return self.total(value if self.leads else 0.0)

    def any(self, flag: bool) -> bool:
        """Return whether it is so in any process."""
        return self.total(float(flag)) > 0

    def sum_gradients(self, parameters: Iterable[Tensor]) -> None:
        """Add up the gradients; one that no process has stays None."""
        if self.size == 1:
            return
        parameters = list(parameters)
        parts = [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]
        there = torch.tensor([float(p.grad is not None) for p in parameters], dtype=_real(parts[0]).dtype)
        buffer = torch.cat([*(_real(part).reshape(-1) for part in parts), there.to(parts[0].device)])
        with self._talk():
            dist.all_reduce(buffer)
        start = 0
        for parameter, part, known in zip(parameters, parts, buffer[-len(parts) :], strict=True):
            target = _real(part)
            target.copy_(buffer[start : start + target.numel()].reshape(target.shape))
            start += target.numel()
            parameter.grad = part if known > 0 else None

    def copy_first(self, tensors: Iterable[Tensor]) -> None:
        """Overwrite tensors by those of the first process."""
        if self.size > 1:
            with self._talk():
                for tensor in tensors:
                    dist.broadcast(_real(tensor.detach()), 0)

    def lead(self, action: Callable[[], T]) -> T:
        """Do something in the first process alone; all return its result or raise its error."""
        if self.size == 1:
            return action()
        answer: list[Any] = [None, None]
        if self.leads:
            try:
                answer[0] = action()
            except (LgtError, OSError) as error:
                answer[1] = error
        with self._talk():
            dist.broadcast_object_list(answer, 0, device=self.device)
        if answer[1] is not None:
            raise answer[1]
        result: T = answer[0]
        return result

    @contextmanager
    def _talk(self) -> Iterator[None]:
        """Say in one line that another process is lost."""
        try:
            yield
        except RuntimeError as error:
            found = f"another one is gone ({' '.join(str(error).split())[:200]})"
            raise LostError(
                f"training with {self.size} processes", found, "resume it with --resume"
            ) from None


def _real(tensor: Tensor) -> Tensor:
    return torch.view_as_real(tensor) if tensor.is_complex() else tensor


def launched() -> tuple[int, int]:
    """Return the rank and the number of processes that torchrun started: (0, 1) without it.

    Raises
    ------
    InputError
        If its variables are only half there, or are not numbers that fit.
    """
    texts = {name: os.environ.get(name) for name in ("RANK", "WORLD_SIZE")}
    if texts["WORLD_SIZE"] in (None, "1"):
        return 0, 1
    try:
        rank, size = int(texts["RANK"] or ""), int(texts["WORLD_SIZE"] or "")
        if not 0 <= rank < size:
            raise ValueError
    except ValueError:
        found = ", ".join(f"{name}={value}" for name, value in texts.items())
        raise InputError(
            "several processes", found, "start them with torchrun, or unset WORLD_SIZE"
        ) from None
    return rank, size


@contextmanager
def join_world(device: torch.device, *, timeout: float = TIMEOUT) -> Iterator[World]:
    """Join the processes that torchrun started; alone without it.

    Parameters
    ----------
    device
        Where this process trains; it decides between gloo and nccl.
    timeout
        Seconds to wait for a process that is late, there and at every later step.

    Raises
    ------
    InputError
        If the environment is not one that torchrun makes, or the processes do not find each other.

    Examples
    --------
    >>> with join_world(torch.device("cpu")) as world:
    ...     world
    World(rank=0, size=1, device=None)
    """
    rank, size = launched()
    if size == 1:
        yield World()
        return
    backend = "nccl" if device.type == "cuda" else "gloo"
    if device.type == "cuda":
        torch.cuda.set_device(device)
    try:
        dist.init_process_group(backend, timeout=timedelta(seconds=timeout))
    except (ValueError, RuntimeError) as error:
        found = " ".join(str(error).split())[:200]
        raise InputError(f"{size} processes", found, "start them with torchrun") from None
    try:
        yield World(rank, size, device)
        _leave_together()
    except LostError:
        raise
    except (LgtError, OSError):  # all processes raise the same
        _leave_together()
        raise
    finally:
        dist.destroy_process_group()


def _leave_together() -> None:
    """Wait for the others to have saved: torchrun ends all once one ends."""
    with suppress(RuntimeError):
        if dist.get_backend() == "gloo":
            dist.monitored_barrier(timeout=timedelta(seconds=60))
        else:
            dist.barrier()
