"""What `measure`, `analyse` and `plot` share: names, files, titles, a table of estimates."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from lgt.analysis import Estimate, in_brackets
from lgt.cli._output import note
from lgt.ensemble import sidecar
from lgt.errors import EnsembleError

if TYPE_CHECKING:
    from lgt.ensemble import Ensemble

#: Of an observable with more numbers than this the table shows the ends, where it was not asked for by name.
_SHOWN = 6


def names_of(given: Sequence[str] | None) -> list[str]:
    """The names of an option that may be repeated and may join names by commas, each once."""
    names = (name.strip() for word in given or () for name in word.split(","))
    return list(dict.fromkeys(name for name in names if name))


def ensembles_of(paths: Sequence[Path]) -> list[Path]:
    """The files, of several those that are not measurements beside an ensemble, as ``*.h5`` finds them."""
    found = []
    for path in paths:
        about = sidecar.check(path) if len(paths) > 1 else None
        if about is None:
            found.append(path)
        else:
            note(f"note: {path} skipped, it holds {about}")
    if not found:
        raise EnsembleError(f"{len(paths)} files", "measurements alone", "give the ensembles themselves")
    return found


def describe(ensemble: Ensemble) -> str:
    """Group, lattice and coupling for the title of a picture, ``SU(2) 8x8, beta 2.0``."""
    action = ensemble.action
    if action is None:
        return f"{ensemble.group} {ensemble.lattice}"
    kind = "" if action.name == "wilson" else f"{action.name} "
    further = "".join(f", {name} {value}" for name, value in action.parameters.items())
    return f"{ensemble.group} {ensemble.lattice}, {kind}beta {action.beta}{further}"


def warner(path: object) -> Callable[[str], None]:
    """What prints the warnings about a file on stderr."""
    return lambda text: note(f"warning: {path}: {text}")


def as_json(results: Mapping[str, Estimate]) -> dict[str, dict[str, float | int | None]]:
    """The estimates of a file as ``lgt analyse --json`` prints them."""
    return {name: result.as_json() for name, result in results.items()}


_Row = tuple[str, str, Estimate | None]


def _ends(rows: Sequence[_Row]) -> list[_Row]:
    """The rows with most numbers of long observables left out, and a row without an estimate for them."""
    kept: list[_Row] = []
    for (file, name), group in groupby(rows, key=lambda row: (row[0], row[1].partition("[")[0])):
        members = list(group)
        if len(members) <= _SHOWN:
            kept += members
        else:
            half = _SHOWN // 2
            left_out = f"{name}: {len(members) - 2 * half} more"
            kept += [*members[:half], (file, left_out, None), *members[-half:]]
    return kept


def print_table(
    results: Mapping[str, Mapping[str, Estimate]], titles: Sequence[str], *, everything: bool = True
) -> None:
    """Print titles and a table of the estimates of each file on stdout.

    Without `everything`, of an observable with many numbers only the first and last ones.
    """
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    for title in titles:
        typer.echo(title)
    table = Table()
    if len(results) > 1:
        table.add_column("file", no_wrap=True)
    table.add_column("observable", no_wrap=True)
    table.add_column("value", justify="right", no_wrap=True)
    table.add_column("tau_int / sweeps", justify="right", no_wrap=True)
    table.add_column("n", justify="right", no_wrap=True)
    rows: list[_Row] = [
        (file, name, result) for file, found in results.items() for name, result in found.items()
    ]
    for file, name, result in rows if everything else _ends(rows):
        if result is None:
            table.add_row(*[escape(file)] * (len(results) > 1), escape(name), "...", "...", "...")
            continue
        value, tau = str(result), in_brackets(result.tau_int, result.tau_int_error, digits=1)
        if math.isnan(result.error):
            value, tau = "-" if math.isnan(result.value) else f"{result.value:.10g}", "-"
        table.add_row(*[escape(file)] * (len(results) > 1), escape(name), value, tau, str(result.n))
    longest = max(map(len, results), default=0)
    # Not cut where there is no terminal: whoever reads the output of a batch job wants all digits.
    Console(highlight=False, width=max(100 + longest, Console().width)).print(table)
