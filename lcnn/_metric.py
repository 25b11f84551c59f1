"""How far a model is from its symmetries while it is trained: a number an epoch."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from lcnn.data import Data
from lcnn.evaluate import Prediction
from lgt.symmetry import INVARIANT, LINKS, PSEUDOINVARIANT, PSEUDOSCALAR, SCALAR, parse_symmetry

_COUNT = 8


def symmetry_errors(
    model: nn.Module,
    data: Data,
    names: Sequence[str],
    *,
    odd: bool = False,
    seed: int = 0,
    dtype: torch.dtype = torch.float32,
    device: torch.device | str = "cpu",
) -> dict[str, float]:
    """Return the relative change of a model's predictions under a random element of each symmetry.

    It is the error of `lgt.testing.EquivarianceError`, the largest change over the spread of the predictions
    between configurations, on up to 8 configurations of one lattice. Each symmetry costs two evaluations of
    the model on them, and the transformation itself in numpy.

    Parameters
    ----------
    names
        "gauge", "translation" or "hypercubic".
    odd
        Whether the target changes sign under reflections.
    seed
        Draws the elements.

    Examples
    --------
    >>> from lcnn.data import Dataset
    >>> phases = torch.rand(3, 2, 4, 4, 1, 1, generator=torch.Generator().manual_seed(1))
    >>> data = Dataset(torch.polar(torch.ones_like(phases), phases), torch.zeros(3, 4, 4))
    >>> errors = symmetry_errors(lambda u: u.real[:, 0, ..., 0, 0], data, ["translation", "gauge"])
    >>> errors["translation"] == 0.0, errors["gauge"] > 1.0
    (True, True)
    """
    from lcnn.testing import equivariance_error

    rows = next(data.chunks(len(data)))
    rows = rows[torch.linspace(0, len(rows) - 1, min(_COUNT, len(rows))).long()]
    links, _ = data.batch(rows, dtype=dtype, device=device)
    kinds = (PSEUDOSCALAR, PSEUDOINVARIANT) if odd else (SCALAR, INVARIANT)
    predicting = Prediction(model, data.per)
    return {
        name: equivariance_error(
            predicting,
            parse_symmetry(name),
            [links],
            input_types=[LINKS],
            output_type=kinds[0] if data.per == "site" else kinds[1],
            seed=seed,
        ).error
        for name in names
    }
