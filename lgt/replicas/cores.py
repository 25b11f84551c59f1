"""How many threads are worth starting on this machine."""

from __future__ import annotations

import os


def cores() -> int:
    """The processors that this process may use, as a batch system or ``taskset`` left them.

    Examples
    --------
    >>> cores() >= 1
    True
    """
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
