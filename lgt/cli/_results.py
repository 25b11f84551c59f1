"""What `measure`, `analyse` and `plot` share: the series of an ensemble, their estimates, a table of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import typer
from numpy.typing import NDArray

from lgt.analysis import Estimate, chain_warning, estimate, in_brackets
from lgt.cli._output import note
from lgt.ensemble import sidecar
from lgt.errors import EnsembleError

if TYPE_CHECKING:
    from lgt.ensemble import Ensemble

Series = dict[str, NDArray[np.float64]]


def separation_of(ensemble: Ensemble) -> int:
    """Sweeps between configurations; 1 where the file does not know."""
    return int(ensemble.spec.run.get("separation", 1))


def series_of(ensemble: Ensemble, names: Sequence[str] | None = None) -> Series:
    """Every scalar observable stored or measured, (chains, configurations finished in every chain) each.

    Parameters
    ----------
    names
        Those to take; all by default.

    Raises
    ------
    EnsembleError
        If there is no finished configuration, or one that is asked for was not measured on all of them.
    """
    length = ensemble.length
    if length == 0:
        raise EnsembleError(
            f"the observables of {ensemble.path}",
            "no configuration finished in every chain",
            "resume the run with lgt generate --resume",
        )
    measured = {name: values[:, :length] for name, values in sidecar.read(ensemble).items()}
    available = {name: values for name, values in measured.items() if np.isfinite(values).all()}
    stored = [name for name, shape in ensemble.spec.observables.items() if shape == ()]
    available = {name: ensemble.observable(name) for name in stored} | {
        name: values for name, values in available.items() if name not in stored
    }
    for name in names or ():
        if name not in available:
            raise EnsembleError(
                f"observable {name!r} of {ensemble.path}",
                f"only {', '.join(available)}",
                f"measure it: lgt measure {ensemble.path} --observable {name}",
            )
    return {name: available[name] for name in names} if names else available


def estimates_of(ensemble: Ensemble, series: Series) -> dict[str, Estimate]:
    """The estimate of each series; warns on stderr about chains too short for it."""
    separation = separation_of(ensemble)
    results = {name: estimate(values, separation) for name, values in series.items()}
    for name, result in results.items():
        warning = chain_warning(result, name)
        if warning:
            note(f"warning: {ensemble.path}: {warning}")
    return results


def print_table(title: str, results: Mapping[str, Estimate]) -> None:
    """Print a title and a table of estimates on stdout."""
    from rich.console import Console
    from rich.table import Table

    typer.echo(title)
    table = Table()
    table.add_column("observable", no_wrap=True)
    table.add_column("value", justify="right", no_wrap=True)
    table.add_column("tau_int / sweeps", justify="right", no_wrap=True)
    table.add_column("n", justify="right", no_wrap=True)
    for name, result in results.items():
        tau = in_brackets(result.tau_int, result.tau_int_error, digits=1)
        table.add_row(name, str(result), tau, str(result.n))
    # Not cut where there is no terminal: whoever reads the output of a batch job wants all digits.
    Console(highlight=False, width=max(100, Console().width)).print(table)
