"""Columns of the user's own: the right number beside the right configuration, whatever the layout."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from lcnn.columns import Column, split_column
from lcnn.data import open_dataset
from lgt.ensemble import Ensemble
from lgt.errors import InputError

Maker = Callable[..., Path]


def label(links: np.ndarray) -> np.ndarray:
    """A number of each configuration by which a misplaced one is seen: (..., d, *extents, N, N)."""
    return np.asarray(links[..., 0, :, :, 0, 0].real)


@pytest.fixture
def ensemble(make_ensemble: Maker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.chdir(tmp_path)
    return make_ensemble("a.h5", chains=3, configs=4)


def fields(path: Path) -> np.ndarray:
    """(chains, configs, *extents)."""
    with Ensemble.open(path) as ensemble:
        return np.stack([[label(ensemble.links(c, k)) for k in range(4)] for c in range(3)])


def opened(path: Path, target: str, per: str = "configuration", **more: object) -> np.ndarray:
    """Targets, each held against the links of its own row."""
    data = open_dataset([path], target, per=per, **more)  # type: ignore[arg-type]
    return data.targets.numpy()


def assert_own(path: Path, target: str, per: str = "configuration") -> None:
    import torch

    data = open_dataset([path], target, per=per, dtype=torch.float64)
    links, targets = data.batch(torch.arange(len(data)), dtype=torch.float64)
    own = label(links.numpy())
    own = own if per == "site" else own.mean(axis=(1, 2))
    assert np.allclose(targets.numpy(), own, atol=1e-12, rtol=0)


def write_csv(path: Path, values: np.ndarray, order: np.ndarray | None = None, head: str = "chain,config,Q",
              more: str = "") -> None:  # fmt: skip
    """Rows in any order; `more` goes in front of each."""
    places = np.argwhere(np.ones(values.shape, dtype=bool))
    rows = [f"{more}{c},{k},{values[c, k]:.17g}" for c, k in (places if order is None else places[order])]
    path.write_text("\n".join([head, *rows, ""]))


def test_a_table_by_number_in_any_order(ensemble: Path) -> None:
    values = fields(ensemble).mean(axis=(2, 3))
    write_csv(Path("q.csv"), values, np.random.default_rng(1).permutation(12))
    assert_own(ensemble, "q.csv:Q")
    values[[0, 1]] = values[[1, 0]]  # two chains exchanged: the control
    write_csv(Path("q.csv"), values)
    with pytest.raises(AssertionError):
        assert_own(ensemble, "q.csv:Q")


def test_a_table_without_numbers_is_in_order(ensemble: Path) -> None:
    values = fields(ensemble).mean(axis=(2, 3)).ravel()
    Path("q.csv").write_text("P, Q\n" + "\n".join(f"0, {v:.17g}" for v in values))
    assert_own(ensemble, "q.csv:Q")
    Path("q.csv").write_text("P, Q\n" + "\n".join(f"0, {v:.17g}" for v in values[:-1]))
    with pytest.raises(InputError, match=r"for 12 configurations of .*found 11 rows; give \(3, 4\)"):
        opened(ensemble, "q.csv:Q")


@pytest.mark.parametrize("shape", [(3, 4), (12,), (3, 4, 4, 6), (12, 4, 6)])
@pytest.mark.parametrize("kind", ["npy", "npz", "h5"])
def test_arrays(ensemble: Path, shape: tuple[int, ...], kind: str) -> None:
    values = fields(ensemble)
    values = (values if len(shape) > 2 else values.mean(axis=(2, 3))).reshape(shape)
    target = {"npy": "q.npy", "npz": "q.npz:Q", "h5": "q.h5:labels/Q"}[kind]
    if kind == "npy":
        np.save("q.npy", values)
    elif kind == "npz":
        np.savez("q.npz", Q=values, other=1)
    else:
        with h5py.File("q.h5", "w") as file:
            file["labels/Q"] = values
    assert_own(ensemble, target)
    if len(shape) > 2:
        assert_own(ensemble, target, "site")
    else:
        with pytest.raises(InputError, match="one number a configuration; use per = 'configuration'"):
            opened(ensemble, target, "site")


@pytest.mark.parametrize("shape", [(4, 3), (11,), (13,), (2, 4), (3, 4, 6, 4), (3, 5)])
def test_arrays_that_do_not_fit(ensemble: Path, shape: tuple[int, ...]) -> None:
    np.save("q.npy", np.zeros(shape))
    with pytest.raises(InputError, match=r"for 12 configurations of .*give \(3, 4\) or \(12,\)"):
        opened(ensemble, "q.npy")


def test_unfinished_configurations_need_no_number(make_ensemble: Maker, tmp_path: Path) -> None:
    path = make_ensemble("b.h5", configs=4, finished=2)
    values = np.arange(12.0).reshape(3, 4)
    values[:, 2:] = np.nan
    np.save(tmp_path / "q.npy", values)
    assert opened(path, f"{tmp_path}/q.npy").tolist() == [0, 1, 4, 5, 8, 9]
    np.save(tmp_path / "q.npy", values[:, :2])
    assert opened(path, f"{tmp_path}/q.npy").tolist() == [0, 1, 4, 5, 8, 9]


def test_a_number_that_is_missing(ensemble: Path) -> None:
    values = fields(ensemble).mean(axis=(2, 3))
    write_csv(Path("q.csv"), values, np.arange(11))
    with pytest.raises(InputError, match=r"12 configurations .* 11 rows, none for chain 2, configuration 3"):
        opened(ensemble, "q.csv:Q")
    write_csv(Path("q.csv"), values, np.array([*range(12), 5]))
    with pytest.raises(InputError, match=r"chain 1, configuration 1 twice \(lines 7 and 14\)"):
        opened(ensemble, "q.csv:Q")
    values[1, 2] = np.nan
    np.save("q.npy", values)
    with pytest.raises(InputError, match="no finite number in chain 1, configuration 2"):
        opened(ensemble, "q.npy")
    Path("q.csv").write_text("chain,config,Q\n0,0,much\n")
    with pytest.raises(InputError, match="'much' in line 2"):
        opened(ensemble, "q.csv:Q")


@pytest.mark.parametrize("surplus", [(3, 0), (0, 4), (-1, 0), (0, -1)])
def test_rows_for_configurations_that_are_not_there(ensemble: Path, surplus: tuple[int, int]) -> None:
    """Labels of a longer run, or counted from 1; rows of other ensembles, by name, are passed over."""
    values = fields(ensemble).mean(axis=(2, 3))
    write_csv(Path("q.csv"), values)
    row = f"{surplus[0]},{surplus[1]},0.5\n"
    text = Path("q.csv").read_text()
    Path("q.csv").write_text(text + row)
    words = rf"3 chains of 4 configurations .* chain {surplus[0]}, configuration {surplus[1]} \(line 14\)"
    with pytest.raises(InputError, match=words):
        opened(ensemble, "q.csv:Q")
    lines = [f"a,{line}" for line in text.splitlines()[1:]]
    Path("q.csv").write_text("\n".join(["ensemble,chain,config,Q", *lines, f"b,{row}"]))
    assert_own(ensemble, "q.csv:Q")


def test_labels_of_other_configurations_are_refused_by_their_plaquettes(
    ensemble: Path, make_ensemble: Maker
) -> None:
    with Ensemble.open(ensemble) as opened_ensemble:
        plaquettes = opened_ensemble.observable("plaquette")
    np.savez("q.npz", Q=fields(ensemble), plaquette=plaquettes.astype(np.float32))
    assert_own(ensemble, "q.npz:Q")
    with pytest.raises(InputError, match=r"plaquette -?[\d.]+ beside it in chain 0, configuration 0"):
        opened(make_ensemble("b.h5", seed=2), "q.npz:Q")
    np.savez("q.npz", Q=fields(ensemble), plaquette=np.roll(plaquettes, 1, axis=1))
    with pytest.raises(InputError, match="give the labels of these configurations"):
        opened(ensemble, "q.npz:Q")


def test_several_ensembles(ensemble: Path, make_ensemble: Maker) -> None:
    other = make_ensemble("b.h5", seed=2, beta=2.0)
    for path in (ensemble, other):
        np.save(f"{path.stem}-q.npy", fields(path))
    data = open_dataset([ensemble, other], "{ensemble}-q.npy")
    wanted = np.concatenate([fields(path).reshape(12, 4, 6) for path in (ensemble, other)])
    assert np.array_equal(data.targets.numpy(), wanted)
    heads, rows = "ensemble,chain,config,Q", []
    for name, path in (("a", ensemble), ("b.h5", other)):
        values = fields(path).mean(axis=(2, 3))
        rows += [f"{name},{c},{k},{values[c, k]:.17g}" for c in range(3) for k in range(4)]
    Path("q.csv").write_text("\n".join([heads, *rows]))
    table = open_dataset([ensemble, other], "q.csv:Q", per="configuration").targets.numpy()
    assert np.allclose(table, wanted.mean(axis=(1, 2)), atol=1e-15)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("q.csv", "no column; write 'q.csv:NAME'"),
        ("q.npy:Q", "a name after a file of one array"),
        ("none.npy", "no such file"),
        ("q.npz:R", "only Q in it; name one of these"),
        ("q.csv:R", "only chain, Q in it"),
        ("q.csv:Q", "only chain, Q in it"),
        ("text.npy", r"found no \.npy file of numbers; give a CSV, npy, npz or HDF5 file"),
        ("empty.npy", r"found no \.npy file of numbers"),
        ("cut.npz:Q", r"found no \.npz file of numbers"),
        ("text.h5:Q", "found file signature not found"),
        ("latin.csv:Q", "found bytes that are no UTF-8 text"),
        ("words.npy", "the dtype"),
    ],
)
def test_what_is_refused(ensemble: Path, name: str, words: str) -> None:
    np.savez("q.npz", Q=np.zeros(12))
    Path("q.csv").write_text("chain,Q\n0,1\n")
    for text in ("text.npy", "text.h5"):
        Path(text).write_text("1, 2, 3")
    Path("empty.npy").write_text("")
    Path("cut.npz").write_bytes(Path("q.npz").read_bytes()[:-30])
    Path("latin.csv").write_bytes(b"Q\n\xff\n")
    np.save("words.npy", np.array(["a"] * 12))
    with pytest.raises(InputError, match=words):
        opened(ensemble, name)


def test_names() -> None:
    assert split_column("my.data/labels.csv:topological charge") == Column(
        "my.data/labels.csv", "topological charge"
    )
    assert split_column("labels.H5:a/b") == Column("labels.H5", "a/b")
    assert split_column("energy_clover@flow:1.5") is None
    assert split_column("package.h5tools:density") is None


def test_one_file_for_several_ensembles_must_tell_them_apart(tmp_path: Path) -> None:
    plain = tmp_path / "labels.csv"
    plain.write_text("chain,config,Q\n0,0,1.0\n0,1,2.0\n")
    Column(str(plain), "Q").require_apart(1)
    with pytest.raises(InputError, match="nothing in it that tells them apart"):
        Column(str(plain), "Q").require_apart(2)
    named = tmp_path / "named.csv"
    named.write_text("ensemble,chain,config,Q\na,0,0,1.0\nb,0,0,2.0\n")
    Column(str(named), "Q").require_apart(2)
    half = tmp_path / "half.csv"
    half.write_text("ensemble,chain,config,Q\na,0,0,1.0\n,0,0,2.0\n")
    with pytest.raises(InputError, match="for 2 ensembles"):
        Column(str(half), "Q").require_apart(2)
    checked = tmp_path / "checked.csv"
    checked.write_text("chain,config,Q,plaquette\n0,0,1.0,0.5\n")
    Column(str(checked), "Q").require_apart(2)
    Column(str(tmp_path / "{ensemble}.csv"), "Q").require_apart(2)
