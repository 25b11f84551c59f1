"""Errors beside their bounds: each number against a direct computation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from lcnn.data import Dataset, MixedDataset, mark, open_dataset
from lcnn.evaluate import beta_error, constant_error, evaluate, evaluate_files, mean_squared_error, predict
from lgt.ensemble import Ensemble
from lgt.errors import InputError, ShapeError
from lgt.observable import parse_observable


class Constant(nn.Module):
    """A fixed number in a given layout."""

    def __init__(self, value: float, layout: str = "field") -> None:
        super().__init__()
        self.value, self.layout = value, layout

    def forward(self, links: Tensor) -> Tensor:
        b, extents = links.shape[0], links.shape[2:-2]
        shape = {"field": (b, *extents), "channel": (b, 1, *extents), "pooled": (b,), "column": (b, 1),
                 "two": (b, 2, *extents), "wrong": (b, 7)}[self.layout]  # fmt: skip
        return torch.full(shape, self.value, dtype=links.dtype.to_real())


def test_predictions_take_the_shape_of_the_targets() -> None:
    links = torch.ones(5, 2, 3, 4, 2, 2, dtype=torch.complex64)
    for layout in ("field", "channel"):
        assert predict(Constant(1, layout), links).shape == (5, 3, 4)
        assert predict(Constant(1, layout), links, "configuration").shape == (5,)
    for layout in ("pooled", "column"):
        assert predict(Constant(1, layout), links, "configuration").shape == (5,)
        with pytest.raises(ShapeError, match="at every site"):
            predict(Constant(1, layout), links)
    for layout in ("two", "wrong"):
        with pytest.raises(ShapeError, match="one scalar"):
            predict(Constant(1, layout), links, "configuration")


def test_predictions_are_real_tensors() -> None:
    links = torch.ones(5, 2, 3, 4, 2, 2, dtype=torch.complex64)
    with pytest.raises(ShapeError, match="complex numbers"):
        predict(lambda u: u[:, 0, ..., 0, 0], links)  # type: ignore[arg-type]
    with pytest.raises(ShapeError, match="a tuple"):
        predict(lambda u: (u, u), links)  # type: ignore[arg-type]


def test_metadata_that_say_too_little_are_refused(make_ensemble: Callable[..., Path]) -> None:
    with pytest.raises(InputError, match="no target, per"):
        evaluate_files(Constant(0.0), {"training": {}, "N": 2, "d": 2}, [make_ensemble("a.h5")])


def test_bounds_are_those_of_their_predictors() -> None:
    rng = np.random.default_rng(1)
    betas = np.repeat([0.1, 3.0, 6.0], 4000)
    target = betas / 6 + rng.normal(size=12000) * np.repeat([0.1, 0.2, 0.3], 4000)
    assert beta_error(target, betas) == pytest.approx((0.01 + 0.04 + 0.09) / 3, rel=0.03)
    assert constant_error(target) == pytest.approx(np.sum((target - target.mean()) ** 2) / 11999)
    assert np.isnan(constant_error(target[:1]))
    # Two configurations of each beta: a mean fitted to them would find half the error.
    pairs = np.concatenate([beta_error_pairs(rng) for _ in range(3000)])
    assert pairs.mean() == pytest.approx(1.0, rel=0.1)
    assert np.isnan(beta_error(target[:2], np.array([1.0, 2.0])))
    assert np.isnan(beta_error(target[:2], np.array([1.0, np.nan])))


def beta_error_pairs(rng: np.random.Generator) -> np.ndarray:
    return np.array([beta_error(rng.normal(size=2), np.array([1.0, 1.0]))])


@pytest.mark.parametrize("layout", ["field", "pooled"])
def test_every_error_against_a_direct_sum(make_ensemble: Callable[..., Path], layout: str) -> None:
    paths = [make_ensemble(f"{k}.h5", beta=1.0 + k, seed=k) for k in range(3)]
    data = open_dataset(paths, "wilson_1x2", dtype=torch.float64)
    found = evaluate(Constant(0.1, layout), data, batch=7, dtype=torch.float64)
    links = data.batch(torch.arange(len(data)), dtype=torch.float64)[0].numpy()
    density = parse_observable("wilson_1x2").density(links, 2)
    average = density.mean(axis=(1, 2))
    assert (found.lattice, found.volume) == ("4x6", 24)
    assert found.mse == pytest.approx(np.mean((average - 0.1) ** 2), rel=1e-12)
    if layout == "field":
        assert found.mse_site == pytest.approx(np.mean((density - 0.1) ** 2), rel=1e-12)
    else:
        assert found.mse_site is None
    assert found.mse_mean == pytest.approx(average.var(ddof=1), rel=1e-12)
    within = [average[12 * k : 12 * k + 12].var(ddof=1) for k in range(3)]
    assert found.mse_beta == pytest.approx(np.mean(within), rel=1e-12)
    assert found.summary()["configurations"] == 36
    assert found.r2 == pytest.approx(1 - np.mean((average - 0.1) ** 2) / average.var(), rel=1e-12)
    if layout == "field":
        assert found.r2_site == pytest.approx(1 - np.mean((density - 0.1) ** 2) / density.var(), rel=1e-12)
    else:
        assert found.r2_site is None


def test_a_dataset_per_configuration(make_ensemble: Callable[..., Path]) -> None:
    data = open_dataset([make_ensemble("a.h5")], "plaquette", per="configuration", dtype=torch.float64)
    found = evaluate(Constant(0.0), data, dtype=torch.float64)
    assert found.mse_site is None
    assert found.mse == pytest.approx(float(data.targets.square().mean()))
    assert mean_squared_error(Constant(0.0), data, dtype=torch.float64) == pytest.approx(found.mse)


def test_lattices_are_evaluated_apart_and_other_groups_refused(make_ensemble: Callable[..., Path]) -> None:
    paths = [make_ensemble("a.h5", lattice="4x6"), make_ensemble("b.h5", lattice="2x3")]
    about = {"training": {"dtype": "float64"}, "target": "plaquette", "per": "site", "N": 2, "d": 2}
    found = evaluate_files(Constant(0.0), about, paths)
    assert [e.lattice for e in found] == ["2x3", "4x6"]
    with pytest.raises(ShapeError, match="N = 3"):
        evaluate_files(Constant(0.0), {**about, "N": 3}, paths)
    with pytest.raises(ShapeError, match="d = 3"):
        evaluate_files(Constant(0.0), {**about, "d": 3}, paths)


def test_the_mode_of_a_model_is_left_as_it_was() -> None:
    links = torch.ones(3, 2, 3, 4, 1, 1, dtype=torch.complex64)
    data = Dataset(links, torch.zeros(3, 3, 4))
    for mode in (True, False):
        model = Constant(0.0).train(mode)
        mean_squared_error(model, data)
        assert model.training is mode


def test_several_lattices_count_by_their_targets() -> None:
    """The loss of mixed data is the mean over all sites, not over lattices or configurations."""
    parts = [Dataset(torch.ones(n, 2, L, L, 1, 1, dtype=torch.cfloat), torch.full((n, L, L), value))
             for n, L, value in ((3, 2, 1.0), (2, 4, 2.0))]  # fmt: skip
    found = mean_squared_error(Constant(0.0), MixedDataset(parts), batch=2)
    assert found == pytest.approx((3 * 4 * 1 + 2 * 16 * 4) / (3 * 4 + 2 * 16))
    assert mean_squared_error(Constant(0.0), MixedDataset(parts[:1])) == pytest.approx(1.0)


def test_a_column_belongs_to_its_ensembles(make_ensemble: Callable[..., Path], tmp_path: Path) -> None:
    """A file that was trained on is not held against another ensemble unless it is named."""
    ours, other = make_ensemble("a.h5"), make_ensemble("b.h5", seed=2)
    labels = np.random.default_rng(1).normal(size=(3, 4))
    np.save(tmp_path / "q.npy", labels)
    np.save(tmp_path / "a-q.npy", labels)
    np.save(tmp_path / "b-q.npy", labels + 1)
    with Ensemble.open(ours) as ensemble:
        marks = [mark(ensemble, chain) for chain in range(3)]
    about = {"training": {"dtype": "float64"}, "target": f"{tmp_path}/q.npy", "per": "configuration", "N": 2,
             "d": 2, "chains": {"train": marks[:1], "validation": marks[1:2], "test": marks[2:]}}  # fmt: skip
    (found,) = evaluate_files(Constant(0.0), about, [ours])
    assert found.mse == pytest.approx(np.mean(labels[2] ** 2))
    with pytest.raises(InputError, match="--target FILE:NAME"):
        evaluate_files(Constant(0.0), about, [other])
    (found,) = evaluate_files(Constant(0.0), about, [other], target=f"{tmp_path}/b-q.npy")
    assert found.mse == pytest.approx(np.mean((labels + 1) ** 2))
    (found,) = evaluate_files(Constant(0.0), {**about, "target": f"{tmp_path}/{{ensemble}}-q.npy"}, [other])
    assert found.mse == pytest.approx(np.mean((labels + 1) ** 2))
