"""What a run shows on stderr while it goes on."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from lgt.cli._output import note

if TYPE_CHECKING:
    from lgt.chain import Progress

#: The log of a batch job gets a line for each configuration, but not more often than this.
SECONDS_BETWEEN_LINES = 1.0
_EACH = "configuration "


@contextlib.contextmanager
def display(quiet: bool = False) -> Iterator[Callable[[Progress], None]]:
    """Progress on stderr: a bar on a terminal, else lines; only warnings and notes if `quiet`."""
    if quiet:
        yield lambda event: note(event.note) if event.note.startswith(("warning", "note")) else None
    elif sys.stderr.isatty():
        with _bar() as show:
            yield show
    else:
        with _lines() as show:
            yield show


@contextlib.contextmanager
def _lines() -> Iterator[Callable[[Progress], None]]:
    """All notes, but of the configurations the first, about one a second, and the last."""
    printed, pending = -SECONDS_BETWEEN_LINES, ""

    def show(event: Progress) -> None:
        nonlocal printed, pending
        if not event.note.startswith(_EACH):
            if event.note:
                note(event.note)
        elif time.monotonic() - printed < SECONDS_BETWEEN_LINES:
            pending = event.note
        else:
            note(event.note)
            printed, pending = time.monotonic(), ""

    try:
        yield show
    finally:
        if pending:
            note(pending)


@contextlib.contextmanager
def _bar() -> Iterator[Callable[[Progress], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    columns = (TextColumn("sweeps"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, TextColumn("{task.description}"), console=console) as bar:
        task = bar.add_task("", total=None)

        def show(event: Progress) -> None:
            if event.sweeps:
                stored = f"{event.stored} of {event.configs} configurations"
                bar.update(task, completed=event.sweep, total=event.sweeps, description=stored)
            if event.note and not event.note.startswith(_EACH):
                console.print(event.note, markup=False, highlight=False, soft_wrap=True)

        yield show
