"""Where words go: results to stdout, everything else to stderr, one JSON document where it is asked for."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from typing import Any

import typer


def emit_json(document: Any) -> None:
    """Print one JSON document on stdout; numbers that JSON cannot hold (NaN, infinities) become ``null``.

    Examples
    --------
    >>> emit_json({"mse": 0.5, "mse_beta": float("nan")})
    {"mse": 0.5, "mse_beta": null}
    """
    typer.echo(json.dumps(_plain(document), allow_nan=False))


def note(message: str) -> None:
    """Print a note, a warning or a line of progress on stderr."""
    typer.echo(message, err=True)


def say_measured(every: float = 5.0) -> Callable[[int, int], None]:
    """Return a function that notes how many targets are computed, at most every so many seconds."""
    last = time.monotonic()

    def say(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last >= every:
            last = time.monotonic()
            note(f"targets: {done} of {total} configurations")

    return say


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value
