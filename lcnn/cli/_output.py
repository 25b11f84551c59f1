"""Where words go: results to stdout, everything else to stderr, one JSON document where it is asked for."""

from __future__ import annotations

import json
import math
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


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value
