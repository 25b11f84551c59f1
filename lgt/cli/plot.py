"""``lgt plot``: the history of a chain as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lgt.cli._output import note
from lgt.errors import InputError


def plot(
    ensemble: Annotated[Path, typer.Argument(metavar="ENS", help="Ensemble file.")],
    out: Annotated[
        Path, typer.Option("--out", help="Picture to write: .png, .pdf or .svg. Example: --out x.png")
    ],
    observable: Annotated[
        list[str] | None,
        typer.Option(
            "--observable",
            "-o",
            help="Observable, stored or measured, one at a time. Example: --observable polyakov_abs",
            show_default="plaquette",
        ),
    ] = None,
) -> None:
    """Plot the history, autocorrelation and histogram of an observable.

    lgt plot ens.h5 --out history.png
    """
    from lgt.cli import _results
    from lgt.ensemble import Ensemble
    from lgt.plot import plot_series, save

    names = _results.names_of(observable) or ["plaquette"]
    if len(names) > 1:
        raise InputError(
            f"a picture of {', '.join(names)}", f"{len(names)} observables", "plot one at a time"
        )
    name = names[0]
    with Ensemble.open(ensemble) as opened:
        series = _results.series_of(opened, names)
        _results.estimates_of(opened, series)  # for its warnings
        title = f"{name}, {_results.describe(opened)}"
        figure = plot_series(series[name], name, separation=_results.separation_of(opened), title=title)
    save(figure, out)
    note(f"{out}: {name} of {ensemble}")
