"""``lgt analyse``: means, errors and autocorrelation times of an ensemble."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lgt.cli._output import emit_json


def analyse(
    ensembles: Annotated[list[Path], typer.Argument(metavar="ENS", help="Ensemble files.")],
    observable: Annotated[
        list[str] | None,
        typer.Option(
            "--observable",
            "-o",
            help="Observable or derived quantity to show, may be repeated, or names joined by commas; all "
            "observables that are stored or measured by default. Example: --observable plaquette,creutz_2x2",
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")] = False,
) -> None:
    """Print means, errors and integrated autocorrelation times (in sweeps).

    lgt analyse ens.h5 --json

    Errors take autocorrelation into account (Gamma method); several chains
    are independent replicas. tau_int of independent configurations is half
    their separation: 5 sweeps for a separation of 10. A chain shorter than
    50 autocorrelation times is named in a warning, since its error is unsure,
    and so is one whose beginning disagrees with its end by more than chance.

    Derived quantities, functions of means (creutz_2x2, t0), need what they
    are made of to be measured; lgt measure -o t0 does that.

    JSON of one file: {"plaquette": {"value": v, "error": e, "tau_int": t,
    "n": n, "tau_int_error": u}, ...}, null where there is no number. The
    numbers of an observable with several have names of their own,
    "energy_clover@flow:4:0.1[t=0.1]". Of several files: {"a.h5": {"plaquette": {...}, ...}, "b.h5": {...}}.
    Files of measurements among several (ens.measured.h5) are skipped.
    """
    from lgt.chain import analyse as make
    from lgt.cli import _results
    from lgt.ensemble import Ensemble

    names = _results.names_of(observable)
    results, titles = {}, []
    for path in _results.ensembles_of(ensembles):
        with Ensemble.open(path) as opened:
            results[str(path)] = make(opened, names or None, warn=_results.warner(path))
            titles.append(f"{path}: {opened}")
    if not json:
        _results.print_table(results, titles, everything=bool(names))
        return
    document = {path: _results.as_json(found) for path, found in results.items()}
    emit_json(document if len(ensembles) > 1 else document[str(ensembles[0])])
