import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch
from oracle import official_lcnn as oracle

import lcnn.cli
from lgt.group import SU

EXTENTS = (3, 4)


def status(*words: object) -> int:
    with pytest.raises(SystemExit) as caught:
        lcnn.cli.main([str(word) for word in words])
    assert isinstance(caught.value.code, int)
    return caught.value.code


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two betas of four samples."""
    u = SU(2).haar(np.random.default_rng(0), (8, 12, 2))
    path = tmp_path / "train.whatever"
    with h5py.File(path, "w") as file:
        file["u"], file["dims"] = u.astype(np.complex64), np.array(EXTENTS)
        file["beta"] = np.repeat(np.float32([1.0, 2.0]), 4)
        x = oracle.make_input(u, EXTENTS)
        file["w"] = (x[..., 0] + 1j * x[..., 1])[:, :, 2:].astype(np.complex64)
        file["QP"] = np.random.default_rng(1).standard_normal((8, 12)).astype(np.float32)
    return path


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    path = tmp_path / "best.h5"  # the name says nothing
    state = oracle.random_state([(2, 1, 2)], 2, seed=1)
    torch.save({"state_dict": {k: torch.tensor(v) for k, v in state.items()}}, path)
    return path


WORDS = ("--group", "SU2", "--target", "wilson_1x2")


def test_both_kinds_are_imported_and_evaluated(
    tmp_path: Path, data: Path, weights: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status("import", data, "--out", tmp_path / "data", "--chains", 2, "--json") == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert (found["kind"], found["configurations"], len(found["ensembles"])) == ("data", 8, 2)
    assert status("import", weights, "--out", tmp_path / "net", *WORDS) == 0
    text = capsys.readouterr().out
    assert "layers (2,1,2), with centre" in text
    assert str(tmp_path / "net" / "model.toml") in text
    assert status("evaluate", tmp_path / "net", *found["ensembles"], "--json") == 0
    errors = json.loads(capsys.readouterr().out)["3x4"]
    assert errors["configurations"] == 8
    assert status("evaluate", tmp_path / "net", *found["ensembles"], "--target", found["targets"][0]) == 0
    run = tmp_path / "run.toml"
    run.write_text(
        f'out = "{tmp_path}/trained"\n[data]\nensembles = ["{tmp_path}/data/*.h5"]\n'
        f'target = "{found["targets"][0]}"\n'
        '[model]\nname = "wilson_loop"\nloop = "1x2"\nsize = "small"\n[training]\nepochs = 1\nthreads = 1\n'
    )
    assert status("train", run) == 0


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("W",), "no group"),
        (("W", "--group", "SU2"), "no target"),
        (("W", *WORDS, "--chains", "2"), "--chains for a checkpoint"),
        (("W", *WORDS, "--directions", "up"), "use positive or both"),
        (("W", *WORDS, "--planes", "up"), "use official or increasing"),
        (("W", *WORDS, "--d", "3"), "only d = 2"),
        (("W", "W", *WORDS), "2 files that are not HDF5"),
        (("W", "D"), "HDF5 and other files"),
        (("D", "--target", "wilson_1x2"), "--target for HDF5 data"),
        (("D", "--chains", "5"), "ask for fewer chains"),
        (("N",), "no such file"),
        (("T", *WORDS), "weights"),
    ],
)
def test_mistakes_give_one_line_and_write_nothing(
    words: tuple[str, ...],
    expected: str,
    tmp_path: Path,
    data: Path,
    weights: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "text").write_text("hello")
    paths = {"W": weights, "D": data, "N": tmp_path / "none", "T": tmp_path / "text"}
    before = sorted(tmp_path.iterdir())
    assert status("import", *(paths.get(word, word) for word in words), "--out", tmp_path / "out") == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert expected in captured.err
    assert sorted(tmp_path.iterdir()) == before


def test_help_has_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    assert status("import", "--help") == 0
    assert "lcnn import best.ckpt --out net --group SU2" in capsys.readouterr().out
    assert status("--help") == 0
    assert "import" in capsys.readouterr().out
