"""Datasets over ensembles: the right links beside the right targets, split by chain alone."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from lcnn.augment import Augmentation
from lcnn.config import DataConfig
from lcnn.data import Dataset, group_by_lattice, open_dataset, open_first, open_splits
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


def config_of(paths: list[Path], **keys: Any) -> DataConfig:
    return DataConfig(ensembles=tuple(map(str, paths)), **{"target": "plaquette", **keys})


def test_several_lattices_are_split_by_chain(make_ensemble: Maker) -> None:
    paths = [make_ensemble("a.h5", lattice="6x6"), make_ensemble("b.h5", lattice="4x4", seed=2, chains=4)]
    splits = open_splits(config_of(paths, test_chains=1), dtype=torch.float64)
    assert splits.test is not None
    assert splits.train.lattices == splits.validation.lattices == splits.test.lattices == ("4x4", "6x6")
    assert [len(part) for part in (splits.train, splits.validation, splits.test)] == [12, 8, 8]
    observable, checked = parse_observable("plaquette"), 0
    for part, first in ((splits.train, 0), (splits.validation, 1), (splits.test, 2)):
        for links, targets in part.batches(3, dtype=torch.float64):
            assert np.allclose(observable.density(links.numpy(), 2), targets.numpy(), atol=1e-14)
            checked += len(links)
        (links, _), *_ = [b for b in part.batches(4, dtype=torch.float64) if b[0].shape[2] == 6]
        assert np.array_equal(links.numpy(), chain_of(paths[0], first))
    assert checked == 28


def test_lattices_of_different_groups_or_dimensions_are_refused(make_ensemble: Maker) -> None:
    first = make_ensemble("a.h5")
    for other in (make_ensemble("b.h5", lattice="4x4", group="SU3"), make_ensemble("c.h5", lattice="3x3x3")):
        with pytest.raises(ShapeError, match="use parts of one"):
            open_splits(config_of([first, other]))


def test_training_data_alone_are_augmented(make_ensemble: Maker) -> None:
    path = make_ensemble("a.h5", lattice="2x2x2x3", chains=2, configs=8)
    config = config_of([path], target="topological_charge", augment=("translation", "hypercubic", "gauge"))
    splits = open_splits(config, dtype=torch.float64)
    assert splits.train.augmentation == Augmentation(("translation", "hypercubic", "gauge"), True)
    assert splits.validation.augmentation is None
    charge, moved = parse_observable("topological_charge"), 0
    for links, targets in splits.train.batches(
        3, shuffle=torch.Generator().manual_seed(1), dtype=torch.float64
    ):
        assert np.abs(charge.density(links.numpy(), 4) - targets.numpy()).max() < 1e-13
        moved += not any(torch.equal(u, v) for u in links for v in torch.from_numpy(chain_of(path, 0)))
    assert moved == 3


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"augment": "hypercubic"}, "'plaquette' per site: found values that the element"),
        ({"augment": "hypercubic", "target": "wilson_1x2", "per": "configuration"}, "leave out hypercubic"),
        ({"augment": "hypercubic", "target": "energy_clover", "parity": "pseudoscalar"}, "found a scalar"),
        (
            {"target": "energy_clover", "parity": "pseudoscalar"},
            "'pseudoscalar' .*: found a scalar; leave out",
        ),
        ({"augment": "gauge", "target": "energy_clover", "parity": "pseudoscalar"}, "found a scalar"),
        ({"target": "wilson_1x2", "parity": "scalar"}, "'wilson_1x2' per site: .* leave out .*data.parity"),
        ({"augment": "hypercubic", "target": "q.npy", "per": "configuration"}, "give data.parity"),
        ({"augment": ["translation", "gauge"], "target": "my_targets:corner"}, "gauge transformations"),
        ({"augment": "translation", "target": "my_targets:first"}, "that translations move along neither"),
    ],
)
def test_targets_that_cannot_be_augmented(
    make_ensemble: Maker,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    keys: dict[str, Any],
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.delitem(sys.modules, "my_targets", raising=False)
    code = "def corner(links):\n    return links[:, 0, ..., 0, 0].real\n\n"
    code += "def first(links):\n    return abs(links[..., 0, 0]).sum(1) * [1 + (k == 0) for k in range(4)]\n"
    (tmp_path / "my_targets.py").write_text(code)
    np.save("q.npy", np.random.default_rng(1).normal(size=(3, 4)))
    path = make_ensemble("a.h5", lattice="4x4")
    with pytest.raises(InputError, match=words):
        open_splits(config_of([path], **keys))


def test_what_can_be_augmented(make_ensemble: Maker, tmp_path: Path) -> None:
    np.save(tmp_path / "q.npy", np.random.default_rng(1).normal(size=(3, 4)))
    path = make_ensemble("a.h5", lattice="4x4")
    for keys, pseudoscalar in (
        ({"augment": ["translation", "gauge"]}, False),
        ({"augment": "hypercubic", "per": "configuration"}, False),
        ({"augment": "hypercubic", "target": "energy_clover@flow:0.2"}, False),
        ({"augment": "hypercubic", "target": f"{tmp_path}/q.npy", "per": "configuration",
          "parity": "pseudoscalar"}, True),
    ):  # fmt: skip
        found = open_splits(config_of([path], **keys)).train.augmentation
        assert found is not None
        assert found.pseudoscalar is pseudoscalar
    assert open_splits(config_of([path], augment="none")).train.augmentation is None


def test_a_target_that_never_varies_is_refused(make_ensemble: Maker, tmp_path: Path) -> None:
    path = make_ensemble("a.h5")
    np.save(tmp_path / "q.npy", np.full((3, 4), 0.25))
    with pytest.raises(InputError, match=r"the same value 0.25 everywhere in the training data"):
        open_splits(config_of([path], target=f"{tmp_path}/q.npy", per="configuration"))


def test_a_target_that_rounding_hides_is_warned_of(
    make_ensemble: Maker, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = make_ensemble("a.h5")
    np.save(tmp_path / "q.npy", 1 + 1e-6 * np.random.default_rng(1).normal(size=(3, 4)))
    config = config_of([path], target=f"{tmp_path}/q.npy", per="configuration")
    open_splits(config, dtype=torch.float64)
    assert not caplog.records
    open_splits(config, dtype=torch.float32)
    assert "use float64" in caplog.text


def test_one_configuration_is_enough_to_see_whether_a_model_fits(make_ensemble: Maker) -> None:
    path = make_ensemble("a.h5")
    for per, shape in (("site", (1, 4, 6)), ("configuration", (1,))):
        first = open_first(config_of([path], per=per, target="plaquette@flow:1"), dtype=torch.float64)
        links, targets = first.batch(torch.tensor([0]), dtype=torch.float64)
        assert np.array_equal(links.numpy(), chain_of(path, 0)[:1])
        assert (targets.shape, first.per) == (shape, per)
    with pytest.raises(EnsembleError, match="none finished"):
        open_first(config_of([make_ensemble("b.h5", finished=0)]))
