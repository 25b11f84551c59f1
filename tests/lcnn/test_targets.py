"""Targets by name: observables, smeared ones, functions of the user's own."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from lcnn.data import open_dataset
from lcnn.targets import Listed, Measured, parse_target
from lgt.ensemble import Ensemble
from lgt.errors import InputError, PhysicsError
from lgt.gradient_flow import gradient_flow
from lgt.observable import parse_observable

Maker = Callable[..., Path]

CODE = """
import numpy as np
from lgt.observable import Observable, rectangles

def corner(links):
    return links[:, 0, ..., 0, 0].real

def whole(links):
    return corner(links).reshape(len(links), -1).max(axis=1)

def bad(links):
    return links

def failing(links):
    raise ValueError("no such physics")

def infinite(links):
    return corner(links) / 0.0

class Square(Observable):
    def density(self, links, d=None):
        return rectangles(links, 1, 1, d) ** 2

def made():
    return Square()
"""


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "my_targets.py").write_text(CODE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.delitem(sys.modules, "my_targets", raising=False)
    return "my_targets"


def links_of(path: Path) -> np.ndarray:
    with Ensemble.open(path) as ensemble:
        return ensemble[:]


@pytest.mark.parametrize("name", ["energy_clover", "action_density", "topological_charge"])
@pytest.mark.parametrize("per", ["site", "configuration"])
def test_flowed_densities(make_ensemble: Maker, name: str, per: str) -> None:
    """The flow, then the density: at every site, and not the density of the links as they are."""
    path = make_ensemble("a.h5", group="SU3", lattice="2x2x2x3", chains=2, configs=1)
    data = open_dataset([path], f"{name}@flow:0.5", per=per)
    flowed = gradient_flow(links_of(path), 0.5, d=4)
    observable = parse_observable(name)
    measure = observable.density if per == "site" else observable.value
    assert np.abs(data.targets.numpy() - measure(flowed, 4)).max() < 1e-12
    assert np.abs(data.targets.numpy() - measure(links_of(path), 4)).max() > 1e-2


def test_functions_of_the_users_own(make_ensemble: Maker, mine: str) -> None:
    path = make_ensemble("a.h5")
    links = links_of(path)
    corner = links[:, 0, ..., 0, 0].real
    assert np.array_equal(open_dataset([path], f"{mine}:corner").targets.numpy(), corner)
    pooled = open_dataset([path], f"{mine}:corner", per="configuration").targets.numpy()
    assert np.abs(pooled - corner.mean(axis=(1, 2))).max() < 1e-15
    whole = open_dataset([path], f"{mine}:whole", per="configuration").targets.numpy()
    assert np.array_equal(whole, corner.max(axis=(1, 2)))
    square = parse_observable("plaquette").density(links, 2) ** 2
    for name in ("Square", "made"):
        assert np.array_equal(open_dataset([path], f"{mine}:{name}").targets.numpy(), square)
    smeared = open_dataset([path], f"{mine}:corner@flow:0.2").targets.numpy()
    flowed = gradient_flow(links, 0.2, d=2)[:, 0, ..., 0, 0].real
    assert np.abs(smeared - flowed).max() < 1e-12


@pytest.mark.parametrize(
    ("name", "per", "words"),
    [
        ("whole", "site", "one number a configuration; use per = 'configuration'"),
        ("bad", "site", "return real numbers of shape"),
        ("failing", "site", r"ValueError: no such physics \(.*my_targets.py:\d+ in failing\)"),
        ("missing", "site", "no such name"),
    ],
)
def test_functions_that_are_wrong(make_ensemble: Maker, mine: str, name: str, per: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        open_dataset([make_ensemble("a.h5")], f"{mine}:{name}", per=per)


def test_values_that_are_not_finite_are_refused_with_their_place(make_ensemble: Maker, mine: str) -> None:
    path = make_ensemble("a.h5")
    with pytest.raises(InputError, match="chain 0, configuration 0"), np.errstate(all="ignore"):
        open_dataset([path], f"{mine}:infinite")


def test_targets_with_several_numbers_are_refused(make_ensemble: Maker) -> None:
    path = make_ensemble("a.h5")
    with pytest.raises(InputError, match=r"5 numbers, t=0 to t=1; choose one: plaquette@flow:1$"):
        open_dataset([path], "plaquette@flow:1:0.25")
    assert len(open_dataset([path], "plaquette@flow:1")) == 12


def test_what_a_name_means() -> None:
    assert isinstance(parse_target("labels.csv:Q"), Listed)
    measured = parse_target("energy_clover@flow:1")
    assert isinstance(measured, Measured)
    assert (measured.is_costly, measured.is_named, measured.needs_links) == (True, True, True)
    plain = parse_target("plaquette")
    assert isinstance(plain, Measured)
    assert not plain.is_costly
    with pytest.raises(InputError, match="smearing"):
        parse_target("plaquette@flw:1")
    with pytest.raises(PhysicsError):  # two dimensions, SU(2)
        parse_observable("topological_charge").density(np.tile(np.eye(2), (1, 2, 3, 3, 1, 1)), 2)


def test_computed_targets_are_kept(make_ensemble: Maker, tmp_path: Path) -> None:
    """The second time nothing is measured; other links, another name or a damaged file are no match."""
    path, cache = make_ensemble("a.h5"), tmp_path / "cache"
    told: list[tuple[int, int]] = []

    def opened(path: Path, name: str = "plaquette@stout:0.1x2", per: str = "site") -> torch.Tensor:
        told.clear()
        return open_dataset([path], name, per=per, cache=cache,
                            progress=lambda done, total: told.append((done, total))).targets  # fmt: skip

    first = opened(path)
    assert told[-1] == (12, 12)
    assert len(list(cache.iterdir())) == 3  # one file a chain, nothing temporary
    assert torch.equal(opened(path), first)
    assert told == []
    assert not torch.equal(opened(make_ensemble("b.h5", seed=2)), first)
    assert told[-1] == (12, 12)
    assert opened(path, per="configuration").shape == (12,)
    assert told[-1] == (12, 12)
    assert not torch.equal(opened(path, "plaquette@stout:0.1x3"), first)
    assert told[-1] == (12, 12)
    opened(path, "plaquette")
    assert told[-1] == (12, 12)  # cheap ones are not kept
    (victim, *_) = sorted(cache.iterdir())
    for damaged in (victim.read_bytes()[:200], b""):
        for file in cache.iterdir():
            file.write_bytes(damaged)
        assert torch.equal(opened(path), first)
        assert told[-1] == (12, 12)
