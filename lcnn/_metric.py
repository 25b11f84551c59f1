"""How far a model is from its symmetries while it is trained: a number an epoch."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from lcnn.data import Data
from lcnn.evaluate import Prediction
from lgt.symmetry import INVARIANT, LINKS, PSEUDOINVARIANT, PSEUDOSCALAR, SCALAR, parse_symmetry

_COUNT, _ELEMENTS = 8, 3


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
    """Return the relative change of a model's predictions under random elements of each symmetry.

    It is the error of `lgt.testing.EquivarianceError`, the largest change over the spread of the predictions
    between configurations, for the worst of 3 elements, on up to 8 configurations of one lattice. Each
    symmetry costs 6 evaluations of the model on them, and the transformations in numpy.

    Parameters
    ----------
    names
        "gauge", "translation" or "hypercubic".
    odd
        Whether the target changes sign under reflections.
    seed
        Draws the elements; the same seed each time makes epochs comparable.

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
        name: max(
            equivariance_error(
                predicting,
                parse_symmetry(name),
                [links],
                input_types=[LINKS],
                output_type=kinds[0] if data.per == "site" else kinds[1],
                seed=_ELEMENTS * seed + element,
            ).error
            for element in range(_ELEMENTS)
        )
        for name in names
    }
