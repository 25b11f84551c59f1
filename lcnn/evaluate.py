"""How well a model predicts, beside what is known without looking at the configuration.

Three errors are compared on every lattice: the model's, the best constant's, and that of the best predictor
that knows the coupling beta alone, whose error is the variance within an ensemble. The latter two need no
model: they say how hard the task is. They are errors of one number for each configuration: of the lattice
average of targets per site, and of targets per configuration themselves, which are the observable's value
(for most the lattice average, for the topological charge the sum over the lattice).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, final

import numpy as np
import torch
from torch import Tensor, nn

from lcnn._before import require
from lcnn.columns import split_column
from lcnn.data import Data, Dataset, Measuring, MixedDataset, Per, group_by_lattice, mark, open_dataset
from lgt.errors import InputError, ShapeError


def predict(model: nn.Module, links: Tensor, per: Per = "site") -> Tensor:
    """Return a model's prediction with the shape of the targets, (batch, *extents) or (batch,).

    A model gives one scalar, as a field (batch, *extents), with one channel (batch, 1, *extents), or
    pooled, (batch,) or (batch, 1). For ``per="configuration"`` a field is averaged over the lattice.

    Raises
    ------
    ShapeError
        If the model gives something else, or a pooled number where one a site is asked for.

    Examples
    --------
    >>> links = torch.ones(3, 2, 4, 6, 1, 1, dtype=torch.complex64)
    >>> predict(lambda u: u.real[:, :1, ..., 0, 0], links).shape
    torch.Size([3, 4, 6])
    >>> predict(lambda u: u.real[:, :1, ..., 0, 0], links, "configuration").shape
    torch.Size([3])
    """
    out: Tensor = model(links)
    if not isinstance(out, Tensor) or out.is_complex():
        found = f"complex numbers ({out.dtype})" if isinstance(out, Tensor) else f"a {type(out).__name__}"
        raise ShapeError("a prediction", found, "use a model that returns one real tensor")
    batch, extents = links.shape[0], tuple(links.shape[2:-2])
    if tuple(out.shape) in ((batch, 1, *extents), (batch, 1)):
        out = out[:, 0]
    if tuple(out.shape) == (batch, *extents):
        return out if per == "site" else out.flatten(1).mean(1)
    if tuple(out.shape) == (batch,) and per == "configuration":
        return out
    raise ShapeError(
        f"a prediction per {per} on a lattice {extents}",
        f"a model that gives {tuple(out.shape)} for a batch of {batch}",
        "use a model that gives one scalar" + (" at every site" if per == "site" else ""),
    )


@final
class Prediction(nn.Module):
    """What `predict` reads from a model: (batch, 1, *extents) for ``per="site"``, else (batch,).

    Examples
    --------
    >>> links = torch.ones(3, 2, 4, 6, 1, 1, dtype=torch.complex64)
    >>> Prediction(lambda u: u.real[:, 0, ..., 0, 0])(links).shape
    torch.Size([3, 1, 4, 6])
    """

    def __init__(self, model: nn.Module, per: Per = "site") -> None:
        super().__init__()
        self.model, self.per = model, per

    def forward(self, links: Tensor) -> Tensor:
        """Return the prediction for each site or configuration."""
        out = predict(self.model, links, self.per)
        return out.unsqueeze(1) if self.per == "site" else out


def _per(model: nn.Module, data: Dataset, dtype: torch.dtype, device: torch.device | str) -> Per:
    """Return "configuration" for a model that pools, else "site"."""
    links, _ = data.batch(torch.tensor([0]), dtype=dtype, device=device)
    with torch.no_grad():
        out = model(links)
    return "site" if out.ndim >= 1 + data.d and out.shape[-data.d :] == data.extents else "configuration"


def predict_all(
    model: nn.Module,
    data: Data,
    per: Per,
    *,
    batch: int = 50,
    dtype: torch.dtype = torch.float32,
    device: torch.device | str = "cpu",
) -> Tensor:
    """Return the predictions for all data as float64 on the CPU, without gradients.

    Their shape is that of ``data.targets``: (n, *extents) or (n,), flat for several lattices.
    """
    training = model.training
    model.eval()
    try:
        with torch.no_grad():
            parts = [
                predict(model, links, per).double().cpu()
                for links, _ in data.batches(batch, dtype=dtype, device=device)
            ]
    finally:
        model.train(training)
    return torch.cat([part.flatten() for part in parts] if isinstance(data, MixedDataset) else parts)


def mean_squared_error(
    model: nn.Module,
    data: Data,
    *,
    batch: int = 50,
    dtype: torch.dtype = torch.float32,
    device: torch.device | str = "cpu",
) -> float:
    """Return the mean squared error over all targets of the data, sites or configurations.

    On several lattices it is the mean over the targets of all of them, so larger ones count more.
    """
    predicted = predict_all(model, data, data.per, batch=batch, dtype=dtype, device=device)
    return float((predicted.flatten() - data.targets.double().cpu().flatten()).square().mean())


@dataclass(frozen=True)
class Evaluation:
    """Errors of a model and of its bounds on one lattice.

    `mse`, `mse_mean` and `mse_beta` are mean squared errors of the lattice average, or of targets per
    configuration, the model's, the best constant's and that of knowing beta; `mse_site` is the model's per
    site (None for a model that pools, or targets without sites). `predicted`, `target` and `betas`, each
    (n,), are the numbers behind them. `chains` says which chains they are of:
    "all" (none of which was trained on), "test", "validation", or "trained on" if some were trained on.
    `r2` and `r2_site` are the coefficients of determination of both: 1 for a perfect model, 0 for the mean.
    """

    lattice: str
    volume: int
    mse: float
    mse_site: float | None
    mse_mean: float
    mse_beta: float
    predicted: np.ndarray
    target: np.ndarray
    betas: np.ndarray
    chains: str = "all"
    variance_site: float | None = None
    """The variance of the targets over all sites; None where `mse_site` is."""

    @property
    def r2(self) -> float:
        """``1 - mse / variance`` of the numbers for each configuration; NaN where they do not vary."""
        return _determination(self.mse, float(np.var(self.target)))

    @property
    def r2_site(self) -> float | None:
        """``1 - mse_site / variance_site``."""
        if self.mse_site is None or self.variance_site is None:
            return None
        return _determination(self.mse_site, self.variance_site)

    def summary(self) -> dict[str, Any]:
        """Return the numbers alone, as they are printed as JSON."""
        return {
            "configurations": len(self.target),
            "chains": self.chains,
            "mse": self.mse,
            "mse_site": self.mse_site,
            "mse_mean": self.mse_mean,
            "mse_beta": self.mse_beta,
            "r2": self.r2,
            "r2_site": self.r2_site,
            "variance_site": self.variance_site,
        }


def _determination(error: float, variance: float) -> float:
    return 1 - error / variance if variance > 0 else float("nan")


def constant_error(target: np.ndarray) -> float:
    """Return the error of the best constant: the variance of the targets, unbiased; NaN for a single one.

    Examples
    --------
    >>> constant_error(np.array([0.0, 1.0]))
    0.5
    """
    return float(np.var(target, ddof=1)) if len(target) > 1 else float("nan")


def beta_error(target: np.ndarray, betas: np.ndarray) -> float:
    """Return the error of the best predictor that knows beta alone: the variance at fixed beta.

    It is the unbiased estimate over the configurations of each beta, averaged over configurations; NaN
    where no beta has two configurations or a beta is unknown.

    Examples
    --------
    >>> beta_error(np.array([0.0, 1.0, 5.0, 7.0]), np.array([1.0, 1.0, 2.0, 2.0]))
    1.25
    """
    if np.isnan(betas).any():
        return float("nan")
    groups = [target[betas == beta] for beta in np.unique(betas)]
    total = sum(len(g) for g in groups if len(g) > 1)
    if total == 0:
        return float("nan")
    return float(sum(len(g) * np.var(g, ddof=1) for g in groups if len(g) > 1) / total)


def evaluate(
    model: nn.Module,
    data: Dataset,
    *,
    batch: int = 50,
    dtype: torch.dtype = torch.float32,
    device: torch.device | str = "cpu",
) -> Evaluation:
    """Compare a model with the targets of a dataset, on the lattice that the dataset has."""
    per = _per(model, data, dtype, device) if data.per == "site" else "configuration"
    predicted = predict_all(model, data, per, batch=batch, dtype=dtype, device=device)
    targets = data.targets.double().cpu()
    persite = float((predicted - targets).square().mean()) if per == "site" else None
    average, label = (t.flatten(1).mean(1) if t.ndim > 1 else t for t in (predicted, targets))
    label_array, average_array = label.numpy(), average.numpy()
    return Evaluation(
        lattice="x".join(map(str, data.extents)),
        volume=int(np.prod(data.extents)),
        mse=float(np.mean((average_array - label_array) ** 2)),
        mse_site=persite,
        mse_mean=constant_error(label_array),
        mse_beta=beta_error(label_array, data.betas),
        predicted=average_array,
        target=label_array,
        betas=data.betas,
        variance_site=float(targets.var(correction=0)) if per == "site" else None,
    )


def evaluate_files(
    model: nn.Module,
    metadata: Mapping[str, Any],
    paths: Sequence[str | Path],
    *,
    all_chains: bool = False,
    target: str | None = None,
    cache: str | Path = "",
    progress: Measuring | None = None,
    batch: int = 50,
    device: torch.device | str = "cpu",
) -> list[Evaluation]:
    """Evaluate a checkpoint's model on ensembles, together for each lattice, the smallest first.

    Of an ensemble that the model was trained on only the test chains count, or the validation chains if no
    chain was set aside for testing. The checkpoint recognises its chains in copies too (`lcnn.data.mark`).

    Parameters
    ----------
    all_chains
        Take the chains that were trained on too.
    target
        The same quantity under another name, say the column for these ensembles.
    cache, progress
        As for `lcnn.data.open_dataset`.

    Raises
    ------
    InputError
        If the metadata do not say what the model predicts, or name a column that belongs to the ensembles
        that it was trained on alone.
    ShapeError
        If an ensemble is of another group or dimension than the model was trained on.
    """
    require(metadata, ("training", "target", "per", "N", "d"), "a checkpoint to evaluate")
    dtype = getattr(torch, metadata["training"]["dtype"])
    name = metadata["target"] if target is None else target
    column = split_column(name)
    results = []
    for lattice, files in group_by_lattice(paths).items():
        picked = [_pick_chains(file, metadata.get("chains", {}), all_chains) for file in files]
        chains = [chosen for chosen, _ in picked]
        new = [file for file, (_, kind) in zip(files, picked, strict=True) if kind == "all"]
        if new and target is None and column is not None and not column.is_general:
            raise InputError(f"target {name} for {new[0]}", "a file of the ensembles that were trained on",
                             "name the file for this one: --target FILE:NAME")  # fmt: skip
        data = open_dataset(files, name, per=metadata["per"], dtype=dtype, chains=chains, cache=cache,
                            progress=progress)  # fmt: skip
        for what, ours, found in (("N", metadata["N"], data.N), ("d", metadata["d"], data.d)):
            if ours != found:
                raise ShapeError(
                    f"a model trained at {what} = {ours} on {files[0]}",
                    f"{what} = {found} (lattice {lattice})",
                    "evaluate it on ensembles of the group and dimension that it was trained on",
                )
        found_here = evaluate(model, data, batch=batch, dtype=dtype, device=device)
        kinds = {kind for _, kind in picked}
        worst = next(kind for kind in ("trained on", "validation", "test", "all") if kind in kinds)
        results.append(replace(found_here, chains=worst))
    return results


def _pick_chains(
    path: str | Path, known: Mapping[str, Sequence[str]], all_chains: bool
) -> tuple[Sequence[int], str]:
    """Return the chains of an ensemble to evaluate, and what they were in the training."""
    from lgt.ensemble import Ensemble

    with Ensemble.open(path) as ensemble:
        marks = [mark(ensemble, chain) for chain in range(ensemble.spec.chains)]
    parts = {part: {m for m in known.get(part, ()) if m} for part in ("train", "validation", "test")}
    roles = [next((part for part, those in parts.items() if m in those), "new") for m in marks]
    everything = range(len(marks))
    if not {"train", "validation"} & set(roles):
        return everything, "test" if "test" in roles else "all"
    for wanted, kind in (({"test", "new"}, "test"), ({"validation"}, "validation")):
        chosen = [chain for chain in everything if roles[chain] in wanted]
        if chosen and not all_chains:
            return chosen, kind
    return everything, "trained on" if "train" in roles else "validation"
