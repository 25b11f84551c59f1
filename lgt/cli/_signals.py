"""SIGTERM where no run or measurement takes it yet, or no longer."""

from __future__ import annotations

import signal
import threading

import typer

from lgt.errors import StoppedError


def end_at_sigterm(context: typer.Context, asked: str, kept: str, command: str) -> None:
    """End the command with the status of a stop at SIGTERM, also while modules load.

    What is done inside `lgt.stop.stop_requests` stops where it can; a second signal there ends it at once.

    Parameters
    ----------
    context
        Of the command: at its end the old handler comes back.
    asked
        What was asked for.
    kept
        What of it outlives the stop.
    command
        What to type to go on.
    """

    def stop(number: int, frame: object) -> None:
        name = signal.Signals(number).name
        raise StoppedError(asked, f"it stopped by {name}, {kept}", f"resume with: {command}")

    if threading.current_thread() is threading.main_thread():
        before = signal.signal(signal.SIGTERM, stop)
        context.call_on_close(lambda: signal.signal(signal.SIGTERM, before))
