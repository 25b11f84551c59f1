"""Signals that ask a training to stop, honoured before the next batch."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any


@contextlib.contextmanager
def signalled() -> Iterator[Callable[[], str | None]]:
    """Give a function that names the signal, SIGTERM or SIGINT, that came inside the block, or None.

    A second signal finds the old handler and ends the process as it would without us. Only a main thread
    can set handlers: in another one the answer stays None. A signal that is ignored stays ignored.
    """
    came: list[str] = []
    old: dict[int, Any] = {}

    def handle(number: int, frame: FrameType | None) -> None:
        came.append(signal.Signals(number).name)
        signal.signal(number, old[number])

    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            before = signal.getsignal(number)
            if before not in (None, signal.SIG_IGN):
                old[number] = before
                signal.signal(number, handle)
    try:
        yield lambda: came[0] if came else None
    finally:
        for caught, before in old.items():
            signal.signal(caught, before)
