"""``lgt plot``: the history of a chain as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lgt.cli._output import note


def plot(
    ensemble: Annotated[Path, typer.Argument(metavar="ENS", help="Ensemble file.")],
    out: Annotated[
        Path, typer.Option("--out", help="Picture to write: .png, .pdf or .svg. Example: --out x.png")
    ],
    observable: Annotated[
        str,
        typer.Option(
            "--observable", "-o", help="Observable, stored or measured. Example: --observable polyakov_abs"
        ),
    ] = "plaquette",
) -> None:
    """Plot the history, autocorrelation and histogram of an observable.

    lgt plot ens.h5 --out history.png
    """
    from lgt.cli import _results
    from lgt.ensemble import Ensemble
    from lgt.plot import plot_series, save

    with Ensemble.open(ensemble) as opened:
        series = _results.series_of(opened, [observable])[observable]
        separation = _results.separation_of(opened)
        figure = plot_series(series, observable, separation=separation, title=str(opened))
    save(figure, out)
    note(f"{out}: {observable} of {ensemble}")
