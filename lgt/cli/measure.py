"""``lgt measure``: observables of the configurations of an ensemble."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lgt.cli._output import emit_json, note

if TYPE_CHECKING:
    from lgt.ensemble import Ensemble


def measure(
    ensembles: Annotated[list[Path], typer.Argument(metavar="ENS", help="Ensemble files.")],
    observable: Annotated[
        list[str],
        typer.Option(
            "--observable",
            "-o",
            help="Observable, may be repeated, or names joined by commas: plaquette, action_density, "
            "wilson_RxT, wilson_RxT_symmetric, polyakov_abs, polyakov_re, polyakov_im. "
            "Example: --observable wilson_1x2",
        ),
    ],
    json: Annotated[bool, typer.Option("--json", help="Print the estimates as JSON on stdout.")] = False,
) -> None:
    """Measure observables on every finished configuration.

    lgt measure ens.h5 --observable wilson_1x2 --observable polyakov_abs

    The numbers go into a file beside the ensemble, ens.measured.h5, from
    which lgt analyse and lgt plot read them. What is there already is
    kept, so after more configurations only these are measured.
    """
    from lgt.cli import _results
    from lgt.ensemble import Ensemble
    from lgt.observable import parse_observable

    names = [name for given in observable for name in given.split(",")]
    for name in names:
        parse_observable(name)
    document = {}
    for path in ensembles:
        with Ensemble.open(path) as ensemble:
            _measure(ensemble, names)
            results = _results.estimates_of(ensemble, _results.series_of(ensemble, names))
            document[str(path)] = {name: result.as_json() for name, result in results.items()}
            if not json:
                _results.print_table(f"{path}: {ensemble}", results)
    if json:
        emit_json(document)


def _measure(ensemble: Ensemble, names: Sequence[str]) -> None:
    """Fill in what is missing in the file beside the ensemble."""
    import numpy as np
    from rich.console import Console
    from rich.progress import track

    from lgt.cli import _sidecar
    from lgt.observable import parse_observable

    observables = [parse_observable(name) for name in names if name not in ensemble.spec.observables]
    if not observables:
        return
    measured = _sidecar.read(ensemble)
    for observable in observables:
        measured.setdefault(observable.name, np.full(ensemble.finished.shape, np.nan))
    missing = np.any([np.isnan(measured[observable.name]) for observable in observables], axis=0)
    places = np.argwhere(ensemble.finished & missing)
    console = Console(stderr=True)
    for chain, config in track(places, str(ensemble.path), console=console, disable=not console.is_terminal):
        links = ensemble.links(chain, config)
        for observable in observables:
            measured[observable.name][chain, config] = observable.value(links, ensemble.lattice.d)
    if len(places):
        path = _sidecar.write(ensemble, measured)
        note(f"{path}: measured {', '.join(names)} on {len(places)} configurations")
