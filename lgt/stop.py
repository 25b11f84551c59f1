"""Requests to stop a run or a training: signals and a time limit, honoured where it can stop, not at once."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Iterator
from types import FrameType
from typing import Any, final

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@final
class Stop:
    """Whether the run is to stop, and why.

    Parameters
    ----------
    seconds
        Time limit from now; None for none.

    Attributes
    ----------
    reason
        The name of a signal (``"SIGTERM"``), ``"the time limit"``, or what `request` was told; empty if the
        run is to go on.
    signalled
        Whether a signal came, be it after another reason.

    Examples
    --------
    >>> import signal
    >>> with stop_requests(None) as stop:
    ...     signal.raise_signal(signal.SIGTERM)
    ...     print(stop.requested(), stop.reason)
    True SIGTERM
    """

    def __init__(self, seconds: float | None = None) -> None:
        self._deadline = None if seconds is None else time.monotonic() + seconds
        self.reason = ""
        self.signalled = False

    def request(self, reason: str) -> None:
        """Ask for a stop; the first reason stays."""
        self.reason = self.reason or reason

    def requested(self) -> bool:
        """Whether a stop was asked for or the time is up."""
        if self._deadline is not None and time.monotonic() >= self._deadline:
            self.request("the time limit")
        return bool(self.reason)


@contextlib.contextmanager
def stop_requests(seconds: float | None) -> Iterator[Stop]:
    """A `Stop` that SIGINT and SIGTERM ask for inside the block; the old handlers come back after it.

    `seconds` is a time limit from now, None for none. A second signal finds the old handler, and ends the
    process as it would without us. Only a main thread can set handlers; in another one the time limit alone
    counts. A signal that is ignored stays ignored.
    """
    stop = Stop(seconds)
    old: dict[int, Any] = {}

    def handle(number: int, frame: FrameType | None) -> None:
        stop.request(signal.Signals(number).name)
        stop.signalled = True
        signal.signal(number, old[number])

    if threading.current_thread() is threading.main_thread():
        for kind in _SIGNALS:
            if signal.getsignal(kind) not in (None, signal.SIG_IGN):
                old[kind] = signal.getsignal(kind)
                signal.signal(kind, handle)
    try:
        yield stop
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)
        stop.request("the end of the run")
