"""``lcnn train`` and ``lcnn evaluate`` from outside: exit statuses, one line of error, JSON alone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lcnn.checkpoint import read_checkpoint
from lcnn.cli import main

Maker = Callable[..., Path]

RUN = """
out = "{out}"
[data]
ensembles = ["{ensembles}"]
target = "wilson_1x2"
[model]
name = "wilson_loop"
loop = "1x2"
size = "small"
[training]
epochs = 2
learning_rate = 1e-2
threads = 1
batch = 10
"""


def status(*arguments: object) -> int:
    with pytest.raises(SystemExit) as caught:
        main([str(a) for a in arguments])
    return int(caught.value.code or 0)


@pytest.fixture
def run(make_ensemble: Maker, tmp_path: Path) -> Path:
    make_ensemble("a.h5")
    make_ensemble("b.h5", beta=2.0, seed=2)
    path = tmp_path / "run.toml"
    path.write_text(RUN.format(out=tmp_path / "out", ensembles=tmp_path / "*.h5"))
    return path


def test_train_then_evaluate(
    run: Path, make_ensemble: Maker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status("train", run) == 0
    out, err = capsys.readouterr()
    assert "seed 1: validation" in out
    assert err.count("epoch") == 2
    assert "16 configurations 4x6 for training, 8 for validation; 35 weights" in err
    assert (tmp_path / "out" / "loss.png").stat().st_size > 3000
    larger = make_ensemble("c.h5", lattice="6x8", seed=3)
    files = (tmp_path / "a.h5", tmp_path / "b.h5", larger)
    plot = tmp_path / "transfer.png"
    assert status("evaluate", tmp_path / "out", *files, "--json", "--plot", plot) == 0
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert out.count("\n") == 1
    assert list(found) == ["4x6", "6x8"]
    for lattice, count in (("4x6", 24), ("6x8", 12)):
        assert set(found[lattice]) == {"configurations", "mse", "mse_site", "mse_mean", "mse_beta"}
        assert found[lattice]["configurations"] == count
        assert 0 < found[lattice]["mse"] < found[lattice]["mse_site"]
    assert plot.stat().st_size > 3000
    assert status("evaluate", tmp_path / "out" / "model.toml", larger, "--plot", tmp_path / "parity.pdf") == 0
    out, _ = capsys.readouterr()
    assert "6x8" in out
    assert (tmp_path / "parity.pdf").read_bytes()[:4] == b"%PDF"


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("epochs = 2", "epochs = -2", "training.epochs"),
        ("epochs = 2", "epoch = 2", "training.epoch"),
        ('loop = "1x2"', 'loop = "9x9"', "9x9"),
        ('target = "wilson_1x2"', 'target = "wilson"', "wilson"),
        ("*.h5", "*.hdf5", "hdf5"),
        ("*.h5", "run.toml", "run.toml"),
        ("[data]", "[data", "TOML"),
        ("[data]", "[data]\nvalidation_chains = 7", "chains"),
    ],
)
def test_bad_runs_end_with_2_one_line_and_no_file(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, named: str
) -> None:
    text = run.read_text()
    assert old in text
    run.write_text(text.replace(old, new, 1))
    before = sorted(p.name for p in tmp_path.iterdir())
    assert status("train", run) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("lcnn: error: ")
    assert err.count("\n") == 1
    assert named in err
    assert sorted(p.name for p in tmp_path.iterdir()) == before


def test_bad_words_end_with_2(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (
        ("train", tmp_path / "none.toml"),
        ("train",),
        ("train", run, "--nonsense"),
        ("evaluate", tmp_path, tmp_path / "a.h5"),
        ("evaluate", run, tmp_path / "a.h5"),
        ("nonsense",),
        (),
    ):
        assert status(*words) == 2
        _, err = capsys.readouterr()
        assert err.startswith("lcnn: error: ")
        assert err.count("\n") == 1


def test_an_existing_folder_needs_resume(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status("train", run) == 0
    assert status("train", run) == 2
    assert "--resume" in capsys.readouterr().err
    assert status("train", run, "--resume") == 0


def test_a_time_limit_ends_with_3_and_resume_goes_on(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run.write_text(run.read_text() + 'time_limit = "0s"\n')
    assert status("train", run) == 3
    assert "time limit" in capsys.readouterr().err
    assert status("train", run, "--resume") == 0
    assert len(read_checkpoint(tmp_path / "out" / "seed-1" / "checkpoint.toml").metadata["history"]) == 2


@pytest.mark.slow
def test_sigterm_ends_with_3_and_resume_gives_the_same_bits(run: Path, tmp_path: Path) -> None:
    """A process of its own, stopped at some batch in the middle."""
    text = run.read_text().replace("epochs = 2", "epochs = 60")
    run.write_text(text)
    other = tmp_path / "other.toml"
    other.write_text(text.replace(str(tmp_path / "out"), str(tmp_path / "whole")))
    command = [sys.executable, "-m", "lcnn", "train"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen([*command, run], stderr=subprocess.PIPE, text=True, env=environment)
    assert process.stderr is not None
    for line in process.stderr:
        if "epoch 5/" in line:
            break
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 3, err
    assert "SIGTERM" in err
    assert "--resume" in err
    start = time.monotonic()
    assert status("train", run, "--resume") == 0
    assert time.monotonic() - start < 60
    assert status("train", other) == 0
    ours, whole = (read_checkpoint(tmp_path / name).tensors for name in ("out", "whole"))
    assert ours.keys() == whole.keys()
    assert all((ours[k] == whole[k]).all() for k in ours)


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert status("--version") == 0
    assert capsys.readouterr().out.startswith("lcnn ")
    for command in ("train", "evaluate"):
        assert status(command, "--help") == 0
        assert command in capsys.readouterr().out


def test_help_does_not_load_torch() -> None:
    code = "import sys, lcnn.cli; assert not {'torch', 'h5py', 'matplotlib'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
