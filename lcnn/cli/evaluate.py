"""``lcnn evaluate``: how well a trained model predicts, on every lattice that it is given."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lcnn.cli._output import emit_json, note

if TYPE_CHECKING:
    from lcnn.evaluate import Evaluation

_CHAINS = {
    "test": "only the test chains of the ensembles that it was trained on",
    "validation": "only the validation chains of the ensembles that it was trained on (they chose the epoch)",
    "trained on": "the model was trained on some of these configurations",
}


def evaluate(
    checkpoint: Annotated[
        Path,
        typer.Argument(
            metavar="CHECKPOINT", help="A folder of lcnn train, or the TOML file of a checkpoint."
        ),
    ],
    ensembles: Annotated[
        list[Path], typer.Argument(metavar="ENSEMBLE...", help="HDF5 ensembles, of one lattice or several.")
    ],
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    plot: Annotated[
        Path | None,
        typer.Option(
            help="Draw a figure (PNG, PDF or SVG): the error over the lattices, or for a single lattice "
            "predictions against targets."
        ),
    ] = None,
    all_chains: Annotated[
        bool, typer.Option("--all-chains", help="Take the chains that the model was trained on too.")
    ] = False,
    batch: Annotated[int, typer.Option(min=1, help="Configurations at a time.")] = 50,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, ...")] = "auto",
) -> None:
    """Compare a model's predictions with the exact values, lattice by lattice.

    Printed are mean squared errors: of the lattice average, by the model,
    by the best predictor that knows beta alone and by the best constant;
    and of the model at each site.

    Of an ensemble that the model was trained on only the test chains count,
    or the validation chains where none was set aside for testing.
    """
    from lcnn._before import check_ensembles, read_header

    read_header(checkpoint)  # mistakes show before torch loads
    check_ensembles(ensembles)
    from lcnn.checkpoint import load_model
    from lcnn.evaluate import evaluate_files
    from lcnn.fit import pick_device

    model, metadata = load_model(checkpoint)
    where = pick_device(device)
    found = evaluate_files(
        model.to(where), metadata, ensembles, all_chains=all_chains, batch=batch, device=where
    )
    if "chains" not in metadata:
        note("note: an old checkpoint does not know its chains: these may be among those it was trained on")
    for e in found:
        if e.chains != "all":
            note(f"note: {e.lattice}: {_CHAINS[e.chains]}")
    if plot is not None:
        _draw(found, metadata["target"], "x".join(map(str, metadata["extents"])), plot)
        note(f"figure in {plot}")
    if json:
        emit_json({e.lattice: e.summary() for e in found})
        return
    typer.echo(f"{metadata['target']}, model {metadata['model']['name']}, mean squared errors")
    heads = ("lattice", "configurations", "lattice average", "knows beta alone", "best constant", "per site")
    typer.echo("  ".join(f"{head:>16}" for head in heads))
    for e in found:
        site = "-" if e.mse_site is None else f"{e.mse_site:.3e}"
        errors = (f"{e.mse:.3e}", f"{e.mse_beta:.3e}", f"{e.mse_mean:.3e}", site)
        row = "  ".join(f"{word:>16}" for word in (e.lattice, str(len(e.target)), *errors))
        typer.echo(row if e.chains == "all" else f"{row}  ({e.chains})")


def _draw(found: list[Evaluation], target: str, trained: str, path: Path) -> None:
    from lcnn import plot

    if len(found) == 1:
        pairs = {found[0].lattice: (found[0].predicted, found[0].target)}
        figure = plot.parity(pairs, quantity=target, betas=found[0].betas)
    else:
        bounds = {"knows β alone": [e.mse_beta for e in found], "best constant": [e.mse_mean for e in found]}
        sizes = [e.lattice for e in found]
        figure = plot.volume_transfer(sizes, {"model": [e.mse for e in found]}, bounds, trained=trained)
    plot.save(figure, path)
