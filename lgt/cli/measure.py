"""``lgt measure``: observables of the configurations of an ensemble, or of files of other programs."""

from __future__ import annotations

import contextlib
import shlex
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lgt.cli import _foreign
from lgt.cli._output import emit_json, note
from lgt.cli._signals import end_at_sigterm
from lgt.errors import StoppedError
from lgt.stop import stop_requests

if TYPE_CHECKING:
    from lgt.analysis import Estimate
    from lgt.interop import ConfigurationFiles

#: The log of a batch job hears of a long measurement so often.
SECONDS_BETWEEN_LINES = 30.0


def measure(
    context: typer.Context,
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE", help="Ensembles, or configurations of other programs."),
    ],
    observable: Annotated[
        list[str],
        typer.Option(
            "--observable",
            "-o",
            help="Observable or derived quantity, may be repeated, or names joined by commas: plaquette, "
            "action_density, wilson_RxT, wilson_RxT_symmetric, polyakov_abs, polyakov_re, polyakov_im, "
            "topological_charge, energy_plaquette, energy_clover, or your own as package.module:Name; each "
            "also on smeared links as NAME@SMEARING; creutz_RxT, polyakov_susceptibility, "
            "topological_susceptibility@SMEARING, t0, w0. "
            "Example: --observable topological_charge@flow:2.0",
        ),
    ],
    lattice: Annotated[str | None, typer.Option("--lattice", help=_foreign.LATTICE_HELP)] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the estimates as JSON on stdout.")] = False,
) -> None:
    """Measure observables on every finished configuration.

    lgt measure ens.h5 --observable wilson_1x2 --observable polyakov_abs

    The numbers go into a file beside the ensemble, ens.measured.h5, from
    which lgt analyse and lgt plot read them. What is there already is
    kept, so after more configurations only these are measured.

    Files of other programs (NERSC, ILDG, SciDAC, MILC, openQCD, told by their
    content) are checked first. Those of one lattice and gauge group are one
    chain in the order given, tau_int counts configurations there, and the
    numbers are printed only: to keep them, use --json, or make an ensemble of
    the files (lgt convert --to hdf5).

    lgt measure ckpoint_lat.* -o plaquette,topological_charge@flow:2.0

    SMEARING is flow:T or symanzik_flow:T (gradient flow to the time T),
    stout:RHOxN, ape:ALPHAxN, spatial_ape:ALPHAxN or cool:N. flow:TMAX:DT
    measures at the flow times 0, DT, ..., TMAX in one go.

    With open boundaries a loop is averaged over the places at which it stays
    inside the box, for each plane, and then over the planes; this holds for
    the plaquette that lgt generate stores, too.

    Of a derived quantity the ingredients are measured, energy_clover along
    the flow for t0 and w0. Names: t0, t0_plaquette, w0@symanzik_flow:8:0.1.

    Your own observable is a subclass of lgt.Observable in a module of the
    current folder or PYTHONPATH, here mine.py:

    import lgt
    class Square(lgt.Observable):
        def density(self, links, d=None):  # at every site
            return lgt.parse_observable("plaquette").density(links, d) ** 2

    lgt measure ens.h5 --observable mine:Square

    SIGINT (Ctrl-C) and SIGTERM stop it after the configuration at hand,
    with exit status 3. What was measured of an ensemble is stored then: the
    same command goes on from there.
    """
    command, kept = shlex.join(["lgt", *context.obj]), "what was measured of ensembles is stored"
    end_at_sigterm(context, "a measurement", kept, command)
    try:
        _measure(files, observable, lattice, json, command)
    except KeyboardInterrupt:  # before or after a measurement, or the second one within
        raise StoppedError(
            "a measurement", f"it stopped by SIGINT, {kept}", f"resume with: {command}"
        ) from None


def _measure(
    files: Sequence[Path], observable: Sequence[str], lattice: str | None, json: bool, command: str
) -> None:
    from lgt.chain import analyse, quantities_of
    from lgt.chain import measure as make
    from lgt.cli import _results
    from lgt.ensemble import Ensemble
    from lgt.interop import group_configurations

    names, extents = list(quantities_of(_results.names_of(observable))), _foreign.parsed(lattice)
    ours, others = _foreign.separated(files)
    document = {}

    def show(label: str, title: str, results: dict[str, Estimate]) -> None:
        document[label] = _results.as_json(results)
        if not json:
            _results.print_table({label: results}, [title])

    for path in _results.ensembles_of(ours) if ours else ():
        with Ensemble.open(path) as ensemble:
            _foreign.agree(ensemble, extents)
            with _progress(path, names, command, store=_sidecar(path)) as progress:
                make(ensemble, names, progress=progress)
            results = analyse(ensemble, names, warn=_results.warner(path))
            show(str(path), f"{path}: {ensemble}", results)
    for chain in group_configurations(others, lattice=extents):
        label = _foreign.label(chain)
        title = f"{label}: {chain.group} {chain.lattice}, {len(chain)} configurations"
        show(label, title if len(chain) > 1 else title[:-1], _measured(chain, names, command))
    if json:
        emit_json(document)


def _measured(chain: ConfigurationFiles, names: Sequence[str], command: str) -> dict[str, Estimate]:
    """The estimates of configurations from files."""
    from lgt.chain import estimates_of, measure, quantities_of, setting_of
    from lgt.cli import _results

    label = _foreign.label(chain)
    with _progress(label, names, command) as progress:
        series = measure(chain, names, progress=progress)
    return estimates_of(series, quantities_of(names), setting_of(chain), 1, _results.warner(label))


def _sidecar(path: Path) -> Path:
    from lgt.ensemble import sidecar_path

    return sidecar_path(path)


@contextlib.contextmanager
def _progress(
    subject: object, names: Sequence[str], command: str, store: Path | None = None
) -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal, else a line now and then; what was measured at the end, if anything was.

    The callback raises `StoppedError` after a configuration if a signal came and work is left; it tells where
    the measurements are stored, if they are, and the command that goes on.
    """
    from rich.console import Console
    from rich.progress import Progress

    console, total = Console(stderr=True), 0
    with stop_requests(None) as stop, Progress(console=console, disable=not console.is_terminal) as bar:
        task, told = bar.add_task(str(subject)), time.monotonic()

        def show(done: int, of: int) -> None:
            nonlocal total, told
            total = of
            bar.update(task, completed=done, total=of)
            if bar.disable and time.monotonic() - told >= SECONDS_BETWEEN_LINES and done < of:
                note(f"{subject}: {done} of {of} configurations measured")
                told = time.monotonic()
            if stop.requested() and done < of:
                after = f"it stopped by {stop.reason} after {done} of {of} configurations of {subject}"
                raise _stopped(f"measuring {subject}", after, command, store)

        yield show
    if total:
        names_of = ", ".join(names)
        note(f"{store or subject}: measured {names_of} on {total} configuration{'s' * (total > 1)}")


def _stopped(asked: str, after: str, command: str, store: Path | None) -> StoppedError:
    if store is None:
        remedy = "measurements of an ensemble are (lgt convert --to hdf5); start again with"
        return StoppedError(asked, f"{after}, nothing of these files is stored", f"{remedy}: {command}")
    return StoppedError(asked, f"{after}, stored in {store}", f"resume with: {command}")
