"""``lgt analyse``: means, errors and autocorrelation times of an ensemble."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lgt.cli._output import emit_json


def analyse(
    ensemble: Annotated[Path, typer.Argument(metavar="ENS", help="Ensemble file.")],
    observable: Annotated[
        list[str] | None,
        typer.Option(
            "--observable",
            "-o",
            help="Observable to show, may be repeated, or names joined by commas; all that are stored or "
            "measured by default. Example: --observable plaquette",
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")] = False,
) -> None:
    """Print means, errors and integrated autocorrelation times (in sweeps).

    lgt analyse ens.h5 --json

    Errors take autocorrelation into account (Gamma method); several chains
    are independent replicas. A chain shorter than 50 autocorrelation times
    is named in a warning, since its error is unsure.
    """
    from lgt.cli import _results
    from lgt.ensemble import Ensemble

    names = [name for given in observable or () for name in given.split(",")]
    with Ensemble.open(ensemble) as opened:
        results = _results.estimates_of(opened, _results.series_of(opened, names))
        if json:
            emit_json({name: result.as_json() for name, result in results.items()})
        else:
            _results.print_table(f"{ensemble}: {opened}", results)
