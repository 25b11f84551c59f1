"""What `measure`, `analyse` and `plot` share: the series of an ensemble, their estimates, a table of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import typer
from numpy.typing import NDArray

from lgt.analysis import Estimate, chain_warning, estimate, in_brackets
from lgt.cli._output import note
from lgt.ensemble import sidecar
from lgt.errors import EnsembleError
from lgt.observable import parse_observable

if TYPE_CHECKING:
    from lgt.ensemble import Ensemble

Series = dict[str, NDArray[np.float64]]


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
    InputError
        If there is no observable of that name at all.
    """
    length = ensemble.length
    if length == 0:
        raise EnsembleError(
            f"the observables of {ensemble.path}",
            "no configuration finished in every chain",
            f"resume the run: lgt generate --out {ensemble.path} --resume",
        )
    measured = {name: values[:, :length] for name, values in sidecar.read(ensemble).items()}
    available = {name: values for name, values in measured.items() if np.isfinite(values).all()}
    stored = [name for name, shape in ensemble.spec.observables.items() if shape == ()]
    available = {name: ensemble.observable(name) for name in stored} | {
        name: values for name, values in available.items() if name not in stored
    }
    for name in names or ():
        if name not in available:
            parse_observable(name)  # an unknown name is told as one
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


def print_table(results: Mapping[str, Mapping[str, Estimate]], titles: Sequence[str]) -> None:
    """Print titles and a table of the estimates of each file on stdout."""
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
    rows = [(file, name, result) for file, found in results.items() for name, result in found.items()]
    for file, name, result in rows:
        tau = in_brackets(result.tau_int, result.tau_int_error, digits=1)
        table.add_row(*[escape(file)] * (len(results) > 1), name, str(result), tau, str(result.n))
    longest = max(map(len, results), default=0)
    # Not cut where there is no terminal: whoever reads the output of a batch job wants all digits.
    Console(highlight=False, width=max(100 + longest, Console().width)).print(table)
