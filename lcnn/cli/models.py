"""``lcnn models``: which models there are, with their parameters and an example each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from lcnn.cli._output import emit_json
from lgt.errors import InputError

if TYPE_CHECKING:
    from lcnn._catalogue import Entry

_YOURS = """a model of your own
  A function or class in a file that Python can import; it takes the other keys of the table as keywords
  and returns a torch module from links (batch, d, *extents, N, N), complex, to (batch, *extents) or, with
  per = "configuration", (batch,), real.

  [model]
  name = "package.module:factory"
  width = 8
"""


def models(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="Only this model.", show_default=False)
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """List the models that the table 'model' of a RUN.toml can name.

    Each comes with its parameters, their defaults and an example.
    """
    from lcnn._catalogue import CATALOGUE

    if name is not None and name not in CATALOGUE:
        raise InputError(f"model {name!r}", "no such name", "use " + ", ".join(CATALOGUE))
    chosen = [entry for entry in CATALOGUE.values() if name in (None, entry.name)]
    if json:
        emit_json({entry.name: _document(entry) for entry in chosen})
        return
    for entry in chosen:
        typer.echo(_page(entry))
    if name is None:
        typer.echo(_YOURS)


def _page(entry: Entry) -> str:
    lines = [f"{entry.name}: {entry.summary}"]
    for key, words in entry.required.items():
        lines.append(f"  {key:12} ({'from the data' if key in ('d', 'N') else 'required'}) {words}")
    lines += [f"  {key:12} ({_toml(value)}) {words}" for key, (value, words) in entry.optional.items()]
    lines += ["", "  [model]", *(f"  {line}" for line in entry.example.splitlines())]
    return "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    """A default as TOML writes it; TOML has no word for None, which is what is left out."""
    if isinstance(value, bool):
        return str(value).lower()
    if value is None:
        return "left out"
    return f'"{value}"' if isinstance(value, str) else str(value).replace("()", "[]")


def _document(entry: Entry) -> dict[str, object]:
    return {
        "summary": entry.summary,
        "required": dict(entry.required),
        "optional": {k: {"default": v, "meaning": words} for k, (v, words) in entry.optional.items()},
        "example": entry.example,
    }
