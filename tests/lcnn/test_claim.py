"""One folder, one training: a second process is sent away, and a killed one leaves no lock."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import lcnn.train
from lcnn._claim import Claim
from lcnn.checkpoint import read_checkpoint
from lcnn.config import RunConfig
from lcnn.train import train
from lgt.errors import InputError, StoppedError

Maker = Callable[..., Path]


@pytest.fixture
def run(make_ensemble: Maker, tmp_path: Path) -> RunConfig:
    return RunConfig(
        out=str(tmp_path / "out"),
        data={"ensembles": [str(make_ensemble("a.h5"))], "target": "wilson_1x2"},
        model={"name": "wilson_loop", "loop": "1x2", "size": "small"},
        training={"threads": 1, "epochs": 5000, "batch": 10},
    )


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_second_process_is_sent_away_until_the_first_is_killed(run: RunConfig, tmp_path: Path) -> None:
    out, toml = tmp_path / "out", tmp_path / "run.toml"
    toml.write_text(run.to_toml())
    command = [sys.executable, "-m", "lcnn", "train", str(toml)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as first:
        assert first.stderr is not None
        assert any("epoch 2/" in line for line in first.stderr)
        first.send_signal(signal.SIGSTOP)  # holds still, so that its files can be compared
        before = files(out)
        second = subprocess.run([*command, "--resume"], capture_output=True, text=True, env=environment)
        after = files(out)
        first.kill()
    assert (second.returncode, second.stdout) == (2, "")
    assert second.stderr == (
        f"lcnn: error: training into {out}: found another process that trains into it; "
        "wait for it to end, stop it, or choose another folder for out\n"
    )
    assert before == after
    short = run.model_copy(update={"training": run.training.model_copy(update={"time_limit": "0s"})})
    done = len(read_checkpoint(out / "seed-1" / "checkpoint.toml").metadata["history"])
    with pytest.raises(StoppedError):
        train(short, resume=True)
    state = read_checkpoint(out / "seed-1" / "checkpoint.toml").metadata
    assert len(state["history"]) == done + 1


@pytest.mark.parametrize("resume", [False, True])
def test_a_folder_that_another_one_made_in_between(
    run: RunConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, resume: bool
) -> None:
    """While targets are computed, which may take hours; then it trains there, or did."""
    out, opened = tmp_path / "out", lcnn.train.open_splits
    with Claim(out) as other:

        def late(*args, **keys):  # type: ignore[no-untyped-def]
            out.mkdir()
            other.take()
            return opened(*args, **keys)

        monkeypatch.setattr(lcnn.train, "open_splits", late)
        with pytest.raises(InputError, match="another process that trains into it"):
            train(run, resume=resume)
        assert not files(out)
    out.rmdir()

    def finished(*args, **keys):  # type: ignore[no-untyped-def]
        out.mkdir()
        (out / "model.toml").write_text("")
        return opened(*args, **keys)

    monkeypatch.setattr(lcnn.train, "open_splits", finished)
    if not resume:
        with pytest.raises(InputError, match="not empty"):
            train(run)
        assert list(files(out)) == ["model.toml"]


def test_a_claim_ends_with_its_block_and_waits_for_the_folder(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with Claim(out) as first, Claim(out) as second:
        first.take()
        second.take()
        assert not out.exists()
        out.mkdir()
        first.take()
        first.take()
        with pytest.raises(InputError, match="another process"):
            second.take()
        with pytest.raises(InputError, match="another process"):
            second.take()
    with Claim(out) as third:
        third.take()
