"""Where words go: results to stdout, everything else to stderr, one JSON document where it is asked for."""

from __future__ import annotations

import json
from typing import Any

import typer


def emit_json(document: Any) -> None:
    """Print one JSON document on stdout; numpy scalars and arrays become numbers and lists.

    Numbers that JSON cannot hold (NaN, infinities) become ``null``, so that every reader accepts the text.

    Examples
    --------
    >>> emit_json({"value": 0.5, "error": float("nan")})
    {"value": 0.5, "error": null}
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
    if hasattr(value, "tolist"):  # numpy arrays and scalars, without importing numpy here
        return _plain(value.tolist())
    if isinstance(value, float):
        return value if value - value == 0.0 else None
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)
