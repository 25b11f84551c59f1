"""The links back onto the group, from time to time, so that rounding does not take them away from it."""

from __future__ import annotations

from lgt.kernels.matrix import ENTRY
from lgt.kernels.reunitarise import reunitarise
from lgt.replicas import Replicas, Task

#: Sweeps between two returns to the group. The schedule depends on the number of the sweep alone, so that
#: an interrupted run that goes on does the same as one that was not interrupted.
REUNITARISE_EVERY = 10


def reunitarise_in_time(state: Replicas, number: int) -> None:
    """Put all links of all chains back onto the group, if that is due after sweep `number`."""
    if (number + 1) % REUNITARISE_EVERY == 0:
        state.each(_back_to_the_group)


def _back_to_the_group(task: Task, piece: int) -> None:
    d, volume = task.box.neighbours.shape[0] // 2, task.box.neighbours.shape[1]
    first, last = task.part(d * volume, piece)
    nbytes = ENTRY * len(task.size) ** 2
    reunitarise(task.size, task.links + first * nbytes, last - first, task.scratch(piece))
