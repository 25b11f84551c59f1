"""``lcnn evaluate``: how well a trained model predicts, on every lattice that it is given."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lcnn.cli._output import emit_json, note, say_measured

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
            help="Draw a figure (PNG, PDF or SVG): predictions against targets on every lattice and, "
            "for several, the error over them."
        ),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            help="The target under another name, say the column for these ensembles, labels16.csv:Q.",
            show_default=False,
        ),
    ] = None,
    cache: Annotated[
        Path | None,
        typer.Option(help="A folder that keeps targets on smeared links.", show_default=False),
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
    and of the model at each site. A model that was trained per =
    "configuration" is held to the observable's value for the configuration
    in place of the lattice average; for the topological charge that is the
    sum over the lattice. R^2 is 1 - error / variance of the targets: 1 for a
    perfect model, 0 for one that knows the mean alone.

    Of an ensemble that the model was trained on only the test chains count,
    or the validation chains where none was set aside for testing.

    With --json: for each lattice ("8x8") configurations (their number),
    chains (all: the model was trained on none; test, validation or trained
    on: what they were in the training), mse, mse_beta, mse_mean (the errors
    above, of the model, knowing beta, and of the constant), mse_site (at
    each site), variance_site (of the targets there), r2, r2_site; null where
    there is no such number. No file is written but that of --plot, and of
    --cache.
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
        model.to(where),
        metadata,
        ensembles,
        all_chains=all_chains,
        target=target,
        cache=cache or "",
        progress=say_measured(),
        batch=batch,
        device=where,
    )
    if "chains" not in metadata:
        note("note: an old checkpoint does not know its chains: these may be among those it was trained on")
    for e in found:
        if e.chains != "all":
            note(f"note: {e.lattice}: {_CHAINS[e.chains]}")
    what = "lattice average" if metadata["per"] == "site" else "configuration"
    if plot is not None:
        _draw(found, metadata["target"], what, "x".join(map(str, metadata.get("extents", ()))), plot)
        note(f"figure in {plot}")
    if json:
        emit_json({e.lattice: e.summary() for e in found})
        return
    typer.echo(f"{metadata['target']}, model {metadata['model']['name']}, mean squared errors")
    heads = ("lattice", "configurations", what, "knows beta alone", "best constant", "per site",
             "R^2", "R^2 per site")  # fmt: skip
    typer.echo("  ".join(f"{head:>16}" for head in heads))
    for e in found:
        site = "-" if e.mse_site is None else f"{e.mse_site:.3e}"
        errors = (
            f"{e.mse:.3e}",
            f"{e.mse_beta:.3e}",
            f"{e.mse_mean:.3e}",
            site,
            _share(e.r2),
            _share(e.r2_site),
        )
        row = "  ".join(f"{word:>16}" for word in (e.lattice, str(len(e.target)), *errors))
        typer.echo(row if e.chains == "all" else f"{row}  ({e.chains})")


def _share(r2: float | None) -> str:
    """R^2 with as many nines as it has."""
    if r2 is None or r2 != r2:
        return "-"
    if r2 >= 0.999:
        return f"1 - {1 - r2:.1e}"
    return f"{r2:.4f}" if r2 > -100 else f"{r2:.1e}"


def _draw(found: list[Evaluation], target: str, what: str, trained: str, path: Path) -> None:
    from lcnn import plot

    pairs = {e.lattice: (e.predicted, e.target) for e in found}
    betas = {e.lattice: e.betas for e in found}
    if len(found) == 1:
        figure = plot.parity(pairs, quantity=target, betas=betas)
    else:
        bounds = {"knows β alone": [e.mse_beta for e in found], "best constant": [e.mse_mean for e in found]}
        errors = {"model": [e.mse for e in found]}
        figure = plot.transfer(
            pairs, errors, bounds, quantity=target, betas=betas, trained=trained, what=what
        )
    plot.save(figure, path)
