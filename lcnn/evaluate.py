"""How well a model predicts, beside what is known without looking at the configuration.

Four errors of the lattice average are compared on every lattice: the model's, the best constant's, and
that of the best predictor that knows the coupling beta alone, whose error is the variance within an
ensemble. The latter two need no model: they say how hard the task is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lcnn.data import Dataset, Per, group_by_lattice, open_dataset
from lgt.errors import ShapeError


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


def _per(model: nn.Module, data: Dataset, dtype: torch.dtype, device: torch.device | str) -> Per:
    """Return "configuration" for a model that pools, else "site"."""
    links, _ = data.batch(torch.tensor([0]), dtype=dtype, device=device)
    with torch.no_grad():
        out = model(links)
    return "site" if out.ndim >= 1 + data.d and out.shape[-data.d :] == data.extents else "configuration"


def predict_all(
    model: nn.Module,
    data: Dataset,
    per: Per,
    *,
    batch: int = 50,
    dtype: torch.dtype = torch.float32,
    device: torch.device | str = "cpu",
) -> Tensor:
    """Return the predictions for a whole dataset as float64 on the CPU, without gradients."""
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
    return torch.cat(parts)


def mean_squared_error(
    model: nn.Module,
    data: Dataset,
    *,
    batch: int = 50,
    dtype: torch.dtype = torch.float32,
    device: torch.device | str = "cpu",
) -> float:
    """Return the mean squared error over all targets of the dataset, sites or configurations."""
    predicted = predict_all(model, data, data.per, batch=batch, dtype=dtype, device=device)
    return float((predicted - data.targets.double().cpu()).square().mean())


@dataclass(frozen=True)
class Evaluation:
    """Errors of a model and of its bounds on one lattice.

    `mse`, `mse_mean` and `mse_beta` are mean squared errors of the lattice average; `mse_site` is the
    model's per site (None for a model that pools, or an observable without sites). `predicted`, `target`
    and `betas`, each (n,), are the lattice averages behind them.
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

    def summary(self) -> dict[str, Any]:
        """Return the numbers alone, as they are printed as JSON."""
        return {
            "configurations": len(self.target),
            "mse": self.mse,
            "mse_site": self.mse_site,
            "mse_mean": self.mse_mean,
            "mse_beta": self.mse_beta,
        }


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
    )


def evaluate_files(
    model: nn.Module,
    metadata: Mapping[str, Any],
    paths: Sequence[str | Path],
    *,
    batch: int = 50,
    device: torch.device | str = "cpu",
) -> list[Evaluation]:
    """Evaluate a checkpoint's model on ensembles, together for each lattice, the smallest first.

    Raises
    ------
    ShapeError
        If an ensemble is of another group or dimension than the model was trained on.
    """
    dtype = getattr(torch, metadata["training"]["dtype"])
    results = []
    for lattice, files in group_by_lattice(paths).items():
        data = open_dataset(files, metadata["target"], per=metadata["per"], dtype=dtype)
        for what, ours, found in (("N", metadata["N"], data.N), ("d", metadata["d"], data.d)):
            if ours != found:
                raise ShapeError(
                    f"a model trained at {what} = {ours} on {files[0]}",
                    f"{what} = {found} (lattice {lattice})",
                    "evaluate it on ensembles of the group and dimension that it was trained on",
                )
        results.append(evaluate(model, data, batch=batch, dtype=dtype, device=device))
    return results
