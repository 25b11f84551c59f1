"""``lgt measure``: observables of the configurations of an ensemble."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from lgt.cli._output import emit_json, note


def measure(
    ensembles: Annotated[list[Path], typer.Argument(metavar="ENS", help="Ensemble files.")],
    observable: Annotated[
        list[str],
        typer.Option(
            "--observable",
            "-o",
            help="Observable, may be repeated, or names joined by commas: plaquette, action_density, "
            "wilson_RxT, wilson_RxT_symmetric, polyakov_abs, polyakov_re, polyakov_im, "
            "or your own as package.module:Name. "
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

    Your own observable is a subclass of lgt.Observable in a module of the
    current folder or PYTHONPATH, here mine.py:

    import lgt
    class Square(lgt.Observable):
        def density(self, links, d=None):  # at every site
            return lgt.parse_observable("plaquette").density(links, d) ** 2

    lgt measure ens.h5 --observable mine:Square
    """
    from lgt.chain import measure as make
    from lgt.cli import _results
    from lgt.ensemble import Ensemble
    from lgt.observable import parse_observable

    names = _results.names_of(observable)
    for name in names:
        parse_observable(name)
    document = {}
    for path in _results.ensembles_of(ensembles):
        with Ensemble.open(path) as ensemble:
            with _progress(path, names) as progress:
                make(ensemble, names, progress=progress)
            results = _results.estimates_of(ensemble, _results.series_of(ensemble, names))
            document[str(path)] = {name: result.as_json() for name, result in results.items()}
            if not json:
                _results.print_table({str(path): results}, [f"{path}: {ensemble}"])
    if json:
        emit_json(document)


@contextlib.contextmanager
def _progress(path: Path, names: Sequence[str]) -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal; a line of what was measured at the end, if anything was."""
    from rich.console import Console
    from rich.progress import Progress

    console, total = Console(stderr=True), 0
    with Progress(console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(str(path))

        def show(done: int, of: int) -> None:
            nonlocal total
            total = of
            bar.update(task, completed=done, total=of)

        yield show
    if total:
        from lgt.ensemble import sidecar_path

        note(f"{sidecar_path(path)}: measured {', '.join(names)} on {total} configurations")
