"""Datasets over ensembles: the right links beside the right targets, split by chain alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from lcnn.config import DataConfig
from lcnn.data import Dataset, group_by_lattice, open_dataset, open_splits
from lgt.ensemble import Ensemble
from lgt.errors import EnsembleError, InputError, ShapeError
from lgt.observable import parse_observable

Maker = Callable[..., Path]


def chain_of(path: Path, chain: int) -> np.ndarray:
    with Ensemble.open(path) as ensemble:
        return np.stack([ensemble.links(chain, k) for k in np.flatnonzero(ensemble.finished[chain])])


@pytest.mark.parametrize("cache_bytes", [2**31, 0])
@pytest.mark.parametrize("per", ["site", "configuration"])
def test_links_and_targets_belong_together(make_ensemble: Maker, cache_bytes: int, per: str) -> None:
    paths = [make_ensemble("a.h5", beta=1.0), make_ensemble("b.h5", beta=2.0, seed=2)]
    data = open_dataset(paths, "wilson_1x2", per=per, dtype=torch.float64, cache_bytes=cache_bytes)
    assert (len(data), data.extents, data.d, data.N, data.per) == (24, (4, 6), 2, 2, per)
    expected = np.concatenate([chain_of(path, chain) for path in paths for chain in range(3)])
    observable = parse_observable("wilson_1x2")
    order = torch.randperm(24, generator=torch.Generator().manual_seed(1))
    links, targets = data.batch(order, dtype=torch.float64)
    assert np.array_equal(links.numpy(), expected[order.numpy()])
    wanted = observable.density(expected, 2) if per == "site" else observable.value(expected, 2)
    assert np.allclose(targets.numpy(), wanted[order.numpy()], atol=1e-15, rtol=0)
    assert list(data.betas) == [1.0] * 12 + [2.0] * 12
    single, target = data.batch(torch.tensor([3]), dtype=torch.float32)
    assert (single.dtype, target.dtype) == (torch.complex64, torch.float32)


def test_one_epoch_visits_every_configuration_once(make_ensemble: Maker) -> None:
    data = open_dataset([make_ensemble("a.h5")], "plaquette", per="configuration")
    plain = torch.cat([target for _, target in data.batches(5)])
    shuffled = torch.cat([t for _, t in data.batches(5, shuffle=torch.Generator().manual_seed(3))])
    assert torch.equal(plain, data.targets.float())
    assert not torch.equal(plain, shuffled)
    assert torch.equal(plain.sort().values, shuffled.sort().values)


def test_unfinished_configurations_are_left_out(make_ensemble: Maker) -> None:
    assert len(open_dataset([make_ensemble("a.h5", finished=2)], "plaquette")) == 6
    with pytest.raises(EnsembleError, match="none finished"):
        open_dataset([make_ensemble("b.h5", finished=0)], "plaquette")


def test_splits_are_disjoint_chains(make_ensemble: Maker) -> None:
    paths = [make_ensemble("a.h5", chains=5), make_ensemble("b.h5", chains=4, beta=2.0, seed=2)]
    config = DataConfig(
        ensembles=tuple(map(str, paths)), target="plaquette", validation_chains=1, test_chains=2
    )
    splits = open_splits(config, dtype=torch.float64)
    expected = {"train": [(0, 0), (0, 1), (1, 0)], "validation": [(0, 2), (1, 1)],
                "test": [(0, 3), (0, 4), (1, 2), (1, 3)]}  # fmt: skip
    for part, chains in expected.items():
        data: Dataset = getattr(splits, part)
        wanted = np.concatenate([chain_of(paths[e], chain) for e, chain in chains])
        assert np.array_equal(data.batch(torch.arange(len(data)), dtype=torch.float64)[0].numpy(), wanted)
    parts = [getattr(splits, part).targets for part in expected]
    merged = torch.cat(parts)
    assert len(torch.unique(merged.flatten(1), dim=0)) == len(merged) == 36


def test_no_test_chains_by_default(make_ensemble: Maker) -> None:
    config = DataConfig(ensembles=(str(make_ensemble("a.h5", chains=2)),), target="plaquette")
    splits = open_splits(config)
    assert splits.test is None
    assert (len(splits.train), len(splits.validation)) == (4, 4)


@pytest.mark.parametrize(("chains", "test_chains"), [(1, 0), (2, 1), (3, 5)])
def test_too_few_chains_are_refused(make_ensemble: Maker, chains: int, test_chains: int) -> None:
    path = make_ensemble("a.h5", chains=chains)
    config = DataConfig(ensembles=(str(path),), target="plaquette", test_chains=test_chains)
    with pytest.raises(EnsembleError, match=f"{chains} chains?; generate it with more chains"):
        open_splits(config)


def test_ensembles_of_different_kind_are_refused(make_ensemble: Maker) -> None:
    first = make_ensemble("a.h5")
    with pytest.raises(EnsembleError, match="lattice 6x4 beside 4x6"):
        open_dataset([first, make_ensemble("b.h5", lattice="6x4")], "plaquette")
    with pytest.raises(EnsembleError, match="group"):
        open_dataset([first, make_ensemble("c.h5", group="SU3")], "plaquette")


def test_the_same_run_twice_is_refused(make_ensemble: Maker) -> None:
    paths = [make_ensemble(name, run={"seed": 1}) for name in ("a.h5", "b.h5")]
    with pytest.raises(EnsembleError, match="same Markov chains"):
        open_dataset(paths, "plaquette")
    open_dataset([paths[0], make_ensemble("c.h5", beta=2.0, run={"seed": 1})], "plaquette")


def test_targets_that_do_not_exist(make_ensemble: Maker) -> None:
    path = make_ensemble("a.h5")
    with pytest.raises(InputError, match="wilson_0x2"):
        open_dataset([path], "wilson_0x2")
    with pytest.raises(InputError, match="polyakov_abs"):
        open_dataset([path], "polyakov_abs", per="site")
    assert len(open_dataset([path], "polyakov_abs", per="configuration")) == 12
    with pytest.raises(EnsembleError, match="no such file"):
        open_dataset([path.with_name("b.h5")], "plaquette")


def test_ensembles_by_lattice_smallest_first(make_ensemble: Maker) -> None:
    paths = [make_ensemble("a.h5", lattice="8x4"), make_ensemble("b.h5", lattice="4x4"),
             make_ensemble("c.h5", lattice="8x4", seed=2)]  # fmt: skip
    assert group_by_lattice(paths) == {"4x4": [paths[1]], "8x4": [paths[0], paths[2]]}


def test_shapes_that_do_not_fit() -> None:
    links = torch.ones(3, 2, 4, 6, 1, 1, dtype=torch.complex64)
    for bad in (links[:, :1], links[..., 0, :], links[0]):
        with pytest.raises(ShapeError):
            Dataset(bad, torch.zeros(len(bad)))
    with pytest.raises(ShapeError):
        Dataset(links, torch.zeros(3, 4, 5))
    with pytest.raises(ShapeError):
        Dataset(links, torch.zeros(4))
