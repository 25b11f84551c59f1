"""Two processes give the loss curve of one; a wrong weight of the uneven batch would be seen."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from lcnn._passes import Job
from lcnn.checkpoint import read_checkpoint
from lcnn.config import RunConfig, TrainingConfig
from lcnn.data import open_dataset
from lcnn.distributed import World, join_world, launched
from lcnn.field import set_precision
from lcnn.models import build_model
from lcnn.optimise import gradients, trainable
from lcnn.train import train
from lgt.errors import InputError

Maker = Callable[..., Path]
RUN = """
out = "{out}"
[data]
ensembles = ["{ensemble}"]
target = "wilson_1x2"
[model]
name = "wilson_loop"
loop = "1x2"
size = "small"
[training]
epochs = 10
batch = {batch}
learning_rate = 1e-2
dtype = "float64"
threads = 1
lbfgs = 8
schedule = "plateau"
decay_epochs = 2
"""


def launch(run: Path, *words: str, size: int = 2) -> list[subprocess.Popen[str]]:
    """Start processes as torchrun would, which find each other at a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    processes = []
    for rank in range(size):
        environment = {
            **os.environ, "RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(size),
            "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "OMP_NUM_THREADS": "1",
        }  # fmt: skip
        command = [sys.executable, "-W", "error::UserWarning:torch", "-m", "lcnn", "train", str(run), *words]
        processes.append(
            subprocess.Popen(
                command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
        )
    return processes


def finish(processes: list[subprocess.Popen[str]]) -> list[tuple[int, str, str]]:
    try:
        ends = [process.communicate(timeout=120) for process in processes]
    finally:
        for process in processes:
            process.kill()
    return [(process.returncode, *end) for process, end in zip(processes, ends, strict=True)]


@pytest.fixture
def write(make_ensemble: Maker, tmp_path: Path) -> Callable[..., Path]:
    ensemble = make_ensemble("a.h5", configs=9)  # 9 for training: batches of 4, 4 and 1, or 2, 2, 2, 2 and 1

    def write(name: str, batch: int = 2) -> Path:
        path = tmp_path / f"{name}.toml"
        path.write_text(RUN.format(out=tmp_path / name, ensemble=ensemble, batch=batch))
        return path

    return write


def curve(history: Any) -> list[tuple[float, float]]:
    return [(epoch["train"], epoch["validation"]) for epoch in history]


def test_two_processes_give_the_curve_of_one(write: Callable[..., Path], tmp_path: Path) -> None:
    """50 steps of AdamW and 8 iterations of L-BFGS; the last batch of an epoch leaves one process empty."""
    run = write("one")
    result = train(RunConfig.from_toml(run))
    alone = [(epoch.train, epoch.validation) for epoch in result.best.history]
    assert [epoch.kind for epoch in result.best.history] == ["adamw"] * 10 + ["lbfgs"] * 8
    (status, out, err), (other_status, other_out, other_err) = finish(launch(write("two"), "--json"))
    assert (status, other_status) == (0, 0), err + other_err
    assert (other_out, other_err) == ("", ""), "only the first process speaks"
    assert err.count("epoch") == 18
    found = curve(json.loads(out)["seeds"][0]["history"])
    assert len(found) == 18
    for ours, theirs in zip(found[:10], alone[:10], strict=True):
        assert ours == pytest.approx(theirs, rel=1e-10, abs=0)
    for ours, theirs in zip(found[10:], alone[10:], strict=True):
        assert ours == pytest.approx(theirs, rel=1e-6, abs=0)
    about = tomllib.loads((tmp_path / "two" / "model.toml").read_text())
    assert about["processes"] == 2


def test_the_shares_of_an_uneven_batch_add_up_and_a_wrong_weight_does_not(
    make_ensemble: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What two processes compute, one after the other: 3 are shared as 1 and 2, 1 as 0 and 1."""
    data = open_dataset([make_ensemble("a.h5")], "wilson_1x2", dtype=torch.float64)
    model = build_model({"name": "wilson_loop", "loop": "1x2", "size": "small", "d": 2})
    set_precision(model, "complex128")
    monkeypatch.setattr(World, "total", lambda self, value: value)
    config = TrainingConfig(dtype="float64", batch=3)
    for rows in ([4, 0, 7], [5]):
        found = []
        for world, weights in ((World(0, 1), (1.0,)), (World(0, 2), (1.0, 1.0)), (World(0, 2), (1.5, 0.75))):
            model.zero_grad()
            loss = 0.0
            for rank, weight in enumerate(weights):
                job = Job(model, data, data, config, torch.device("cpu"), World(rank, world.size), None)
                share = torch.tensor(rows)[job.world.share(len(rows))]
                if len(share):
                    # (1.5, 0.75) is each share's own mean, then averaged over the processes
                    batch = (*data.batch(share, dtype=torch.float64), len(rows))
                    loss += job.backward(batch, weight)
            found.append(torch.cat([gradients(trainable(model)), torch.tensor([loss])]))
        whole, shared, wrong = found
        assert torch.allclose(shared, whole, rtol=1e-12, atol=1e-15)
        assert not torch.allclose(wrong, whole, rtol=1e-3)


OWN = """
import os

def first(links):
    assert os.environ.get("RANK", "0") == "0", "measured in every process"
    return links[:, 0, ..., 0, 0].real ** 2
"""


@pytest.mark.parametrize("target", ["my_targets:first", "energy_plaquette@flow:0.1"])
def test_the_first_process_alone_measures_the_targets(
    write: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    """It can take hours; what the others get is the same, also where the first one finds it in the cache."""
    (tmp_path / "my_targets.py").write_text(OWN)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.delitem(sys.modules, "my_targets", raising=False)
    found = {}
    for name in ("one", "two"):
        run = write(name)
        words = f'target = "{target}"\ncache = "cache"\ntest_chains = 1\n'
        text = run.read_text().replace("epochs = 10", "epochs = 2").replace("lbfgs = 8", "")
        run.write_text(text.replace('target = "wilson_1x2"\n', words))
        if name == "one":
            train(RunConfig.from_toml(run))
            for kept in list(tmp_path.glob("cache/*"))[:1]:
                kept.unlink()
        else:
            ends = finish(launch(run))
            assert [status for status, _, _ in ends] == [0, 0], ends
        about = read_checkpoint(tmp_path / name).metadata
        history = read_checkpoint(tmp_path / name / "seed-1" / "checkpoint.toml").metadata["history"]
        found[name] = (about["data"], about["processes"], curve(history), about["test"])
    assert len(list(tmp_path.glob("cache/*"))) == (3 if "flow" in target else 0)
    assert (found["one"][1], found["two"][1]) == (1, 2)
    assert found["one"][0] == found["two"][0]
    for ours, theirs in zip(found["two"][2], found["one"][2], strict=True):
        assert ours == pytest.approx(theirs, rel=1e-10, abs=0)
    assert found["two"][3] == pytest.approx(found["one"][3], rel=1e-10, abs=0)


@pytest.mark.slow
def test_a_signal_to_any_process_stops_all_and_another_number_of_them_goes_on(
    write: Callable[..., Path], tmp_path: Path
) -> None:
    run = write("two")
    run.write_text(run.read_text().replace("epochs = 10", "epochs = 4000"))
    processes = launch(run)
    assert processes[0].stderr is not None
    for line in processes[0].stderr:
        if "epoch 3/" in line:
            break
    processes[1].send_signal(signal.SIGTERM)
    (status, _, err), (other_status, _, other_err) = finish(processes)
    assert (status, other_status) == (3, 3), err + other_err
    assert "a request to another process" in err
    assert other_err == ""
    state = read_checkpoint(tmp_path / "two" / "seed-1" / "checkpoint.toml").metadata
    done = len(state["history"])
    assert 3 <= done < 4000
    stopping = run.read_text() + 'time_limit = "0s"\n'
    run.write_text(stopping)
    ends = finish(launch(run, "--resume", size=1))
    assert ends[0][0] == 3
    assert "resumed with processes 1, begun with 2" in ends[0][2]
    after = read_checkpoint(tmp_path / "two" / "seed-1" / "checkpoint.toml").metadata
    assert len(after["history"]) == done + 1


@pytest.mark.slow
def test_a_process_that_is_gone_is_said_in_one_line(write: Callable[..., Path]) -> None:
    run = write("two")
    run.write_text(run.read_text().replace("epochs = 10", "epochs = 4000"))
    processes = launch(run)
    assert processes[0].stderr is not None
    for line in processes[0].stderr:
        if "epoch 2/" in line:
            break
    processes[1].kill()
    (status, _, err), _ = finish(processes)
    assert status == 3, err
    assert "another one is gone" in err
    assert "Traceback" not in err


def test_mistakes_are_said_once(write: Callable[..., Path]) -> None:
    run = write("two")
    run.write_text(run.read_text().replace('"small"', '"tiny"'))
    (status, _, err), (other_status, _, other_err) = finish(launch(run))
    assert (status, other_status) == (2, 2)
    assert "tiny" in err
    assert err.count("\n") == 1
    assert other_err == ""


def test_shares_are_whole_and_disjoint() -> None:
    count = 0
    for size in (1, 2, 3, 7):
        for n in range(12):
            shares = [World(rank, size).share(n) for rank in range(size)]
            rows = [row for share in shares for row in range(n)[share]]
            assert rows == list(range(n))
            assert max(len(range(n)[s]) for s in shares) - min(len(range(n)[s]) for s in shares) <= 1
            count += 1
    assert count == 48


def test_alone_nothing_is_sent() -> None:
    world = World()
    parameter = torch.nn.Parameter(torch.ones(2))
    world.sum_gradients([parameter])
    assert parameter.grad is None
    assert (world.total(2.5), world.any(True), world.any(False), world.leads) == (2.5, True, False, True)
    assert world.lead(lambda: 3) == 3


@pytest.mark.parametrize(("rank", "size"), [("", "2"), ("2", "2"), ("one", "2"), ("0", "two")])
def test_half_an_environment_is_refused(monkeypatch: pytest.MonkeyPatch, rank: str, size: str) -> None:
    monkeypatch.setenv("RANK", rank)
    monkeypatch.setenv("WORLD_SIZE", size)
    with pytest.raises(InputError, match="torchrun"):
        launched()
    with pytest.raises(InputError, match="torchrun"), join_world(torch.device("cpu")):
        pass


def test_processes_that_do_not_come_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for name, value in {
        "RANK": "0",
        "WORLD_SIZE": "2",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
    }.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(InputError, match="2 processes"), join_world(torch.device("cpu"), timeout=0.5):
        pass
