"""``lgt plot``: the history of a chain as a picture."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lgt.cli._output import note
from lgt.errors import InputError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from lgt.analysis import Estimate
    from lgt.ensemble import Ensemble
    from lgt.observable import Quantity


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
            help="Observable, stored or measured, or t0 for its flow; one at a time. "
            "Example: --observable polyakov_abs",
            show_default="plaquette",
        ),
    ] = None,
) -> None:
    """Plot the history, autocorrelation and histogram of an observable.

    lgt plot ens.h5 --out history.png

    Of an observable with several numbers, as along a flow, the means with
    their errors, the single configurations and the history of the last one.
    """
    from lgt.chain import analyse, quantities_of, separation_of
    from lgt.cli import _results
    from lgt.ensemble import Ensemble
    from lgt.observable import Derived, FlowScale
    from lgt.plot import save

    names = _results.names_of(observable) or ["plaquette"]
    if len(names) > 1:
        raise InputError(
            f"a picture of {', '.join(names)}", f"{len(names)} observables", "plot one at a time"
        )
    ((name, quantity),) = quantities_of(names).items()
    if isinstance(quantity, Derived) and not isinstance(quantity, FlowScale):
        made_of = ", ".join(each.name for each in quantity.inputs)
        raise InputError(f"a picture of {name}", "one number of the whole ensemble", f"plot {made_of}")
    with Ensemble.open(ensemble) as opened:
        results = analyse(opened, [name], warn=_results.warner(ensemble))
        title = f"{name}, {_results.describe(opened)}"
        figure = _figure(opened, quantity, results, separation_of(opened), title)
    save(figure, out)
    note(f"{out}: {name} of {ensemble}")


def _figure(
    ensemble: Ensemble, quantity: Quantity, results: dict[str, Estimate], separation: int, title: str
) -> Figure:
    """The picture that suits the quantity."""
    import numpy as np

    from lgt.chain import series_of
    from lgt.observable import EnergyClover, EnergyPlaquette, FlowScale, Smeared
    from lgt.observable.derived import reference_energy
    from lgt.observable.smeared import Curve
    from lgt.plot import plot_curve, plot_series

    ((name, samples),) = series_of(ensemble, [quantity]).items()
    if samples.ndim == 2:
        return plot_series(samples, name, separation=separation, title=title)
    samples = samples.reshape(*samples.shape[:2], -1)
    observable = quantity.inputs[0] if isinstance(quantity, FlowScale) else quantity
    if not (isinstance(observable, Smeared) and isinstance(observable.preparation, Curve)):
        places = np.arange(float(samples.shape[2]))
        return plot_curve(samples, places, name, xlabel="number", separation=separation, title=title)
    energy = isinstance(observable.observable, EnergyClover | EnergyPlaquette)
    scale = results[quantity.name] if isinstance(quantity, FlowScale) else None
    return plot_curve(
        samples,
        observable.preparation.times,
        observable.observable.name,
        xlabel="flow time",
        reference=reference_energy(ensemble.group.N) if energy and ensemble.group.N > 1 else None,
        scale=scale if isinstance(quantity, FlowScale) and quantity.scale == "t0" else None,
        separation=separation,
        title=title if scale is None or math.isnan(scale.value) else f"{title}: {scale}",
    )
