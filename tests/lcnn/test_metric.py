"""What is logged of symmetries: rounding for a covariant model, a number of order one for a broken one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from lcnn._metric import symmetry_errors
from lcnn.config import RunConfig
from lcnn.data import Dataset
from lcnn.fit import fit
from lcnn.train import train
from lgt.errors import InputError

NAMES = ("gauge", "translation", "hypercubic")


class Plaquette(nn.Module):
    """U(1): the averaged real part of the plaquette, or one link of it, times a weight."""

    def __init__(self, *, broken: bool = False, odd: bool = False) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones((), dtype=torch.float64))
        self.broken, self.odd = broken, odd

    def forward(self, links: Tensor) -> Tensor:
        u, v = links[:, 0, ..., 0, 0], links[:, 1, ..., 0, 0]
        loop = u * v.roll(-1, 1) * (v * u.roll(-1, 2)).conj()
        loop = u if self.broken else loop
        part = loop.imag if self.odd else loop.real
        return self.weight * part.flatten(1).mean(1)


def angles(n: int, seed: int) -> Dataset:
    phase = 6 * torch.rand(
        n, 2, 4, 4, 1, 1, generator=torch.Generator().manual_seed(seed), dtype=torch.float64
    )
    return Dataset(torch.polar(torch.ones_like(phase), phase), torch.zeros(n, dtype=torch.float64))


DATA = angles(12, 1)


@pytest.mark.parametrize("odd", [False, True])
def test_rounding_where_the_symmetry_is_kept(odd: bool) -> None:
    """The imaginary part of the plaquette in two dimensions changes sign under reflections."""
    errors = symmetry_errors(Plaquette(odd=odd), DATA, NAMES, odd=odd, dtype=torch.float64)
    assert list(errors) == list(NAMES)
    assert max(errors.values()) < 1e-12
    wrong = symmetry_errors(Plaquette(odd=odd), DATA, ["hypercubic"], odd=not odd, dtype=torch.float64)
    assert wrong["hypercubic"] > 1


def test_one_link_alone_is_not_invariant() -> None:
    errors = symmetry_errors(Plaquette(broken=True), DATA, NAMES, dtype=torch.float64)
    assert errors["gauge"] > 0.5
    assert errors["hypercubic"] > 0.5
    assert errors["translation"] < 1e-12


def test_single_precision_is_seen() -> None:
    model = Plaquette().float()
    errors = symmetry_errors(model, DATA, ["gauge"], dtype=torch.float32)
    assert 1e-9 < errors["gauge"] < 1e-4


def test_it_is_in_the_history_and_changes_no_bits() -> None:
    from lcnn.config import TrainingConfig

    config = TrainingConfig(epochs=4, batch=4, dtype="float64", lbfgs=2, lbfgs_tolerance=0.0)
    asked = config.model_copy(update={"equivariance": NAMES, "equivariance_every": 2})
    plain, logged = (fit(Plaquette(), angles(12, 3), DATA, how) for how in (config, asked))
    assert [set(epoch.equivariance) for epoch in logged.history[:4]] == [set(), set(NAMES), set(), set(NAMES)]
    assert all(not epoch.equivariance for epoch in plain.history)
    assert [e.train for e in plain.history] == [e.train for e in logged.history]
    assert max(logged.history[1].equivariance.values()) < 1e-12


def test_the_parity_of_the_target_is_found(make_ensemble: Callable[..., Path], tmp_path: Path) -> None:
    """A net of traces is a scalar: of a charge in four dimensions, a pseudoscalar, it has the wrong sign."""
    path = make_ensemble("a.h5", lattice="2x2x2x2", configs=2)
    errors = {}
    for target in ("plaquette", "topological_charge"):
        run = RunConfig(
            out=str(tmp_path / target),
            data={"ensembles": [str(path)], "target": target, "per": "configuration"},
            model={"name": "cnn_traces", "widths": [2], "kernel_size": 1},
            training={"epochs": 1, "dtype": "float64", "equivariance": ["translation", "hypercubic"]},
        )
        errors[target] = train(run).best.history[0].equivariance
    assert errors["topological_charge"]["translation"] < 1e-10
    assert errors["topological_charge"]["hypercubic"] > 1
    assert errors["plaquette"] != errors["topological_charge"]


def test_other_words_are_refused() -> None:
    from lcnn.config import TrainingConfig

    with pytest.raises(InputError, match="equivariance"):
        TrainingConfig(equivariance=("rotation",))
