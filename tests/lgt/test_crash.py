"""Kills, full disks and limits at every point of a run: nothing finished is lost, resuming gives the same."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from oracle.killed_runs import Killer, Run

import lgt

resource = pytest.importorskip("resource")  # not on Windows

DRIVER = Path(__file__).with_name("crash_driver.py")
CLEAN = {
    "lost_configurations": 0,
    "unreadable_files": 0,
    "differing_datasets": 0,
    "not_resumed": 0,
    "leftovers": 0,
}
#: So coarse that trajectories are refused: what is counted has to survive too.
HMC = {"update": "hmc", "trajectory": 1.5, "steps": 4, "integrator": "leapfrog", "beta": 4.0}
FULL = {"chains": 2, "precision": "float32", "measure": ["wilson_1x2"]}


def drive(folder: Path, **scenario: object) -> dict[str, int]:
    """Run the driver in a fresh interpreter, which may fork."""
    run = subprocess.run(
        [sys.executable, DRIVER, folder, json.dumps({"configs": 2, "run": {}, **scenario})],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    result: dict[str, int] = json.loads(run.stdout)
    return result


@pytest.mark.slow
@pytest.mark.parametrize(
    ("scenario", "kills"),
    [
        pytest.param({"fault": "kill"}, 40, id="kill"),
        pytest.param({"fault": "kill", "run": FULL}, 75, id="kill-two-chains-float32-measured"),
        pytest.param({"fault": "torn", "run": FULL}, 60, id="kill-in-the-middle-of-a-write"),
        pytest.param({"fault": "kill", "configs": 1, "run": HMC}, 20, id="kill-hmc"),
        pytest.param({"fault": "kill", "extend_from": 1}, 30, id="kill-while-extending"),
        pytest.param({"fault": "error"}, 40, id="disk-full"),
        pytest.param({"fault": "error", "extend_from": 1}, 30, id="disk-full-while-extending"),
    ],
)
def test_every_point(tmp_path: Path, scenario: dict[str, object], kills: int) -> None:
    result = drive(tmp_path, **scenario)
    assert {name: result[name] for name in CLEAN} == CLEAN
    assert result["kills"] >= kills
    assert result["datasets"] >= 7


@pytest.mark.slow
@pytest.mark.parametrize("mutant", ["crc_before_links", "one_slot"])
def test_broken_protocols_are_caught(tmp_path: Path, mutant: str) -> None:
    result = drive(tmp_path, fault="kill", mutant=mutant)
    assert {name: result[name] for name in CLEAN} != CLEAN
    if mutant == "crc_before_links":
        assert result["lost_configurations"] > 0
    assert result["not_resumed"] > 0


RUN = Run(
    {
        "group": "SU2",
        "lattice": "8x8x8",
        "beta": "2.0",
        "thermalise": "200",
        "separation": "15",
        "configs": "80",
        "checkpoint": "10",
    }
)
Digests = Callable[[Path], dict[str, str]]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of the run that nothing interrupts."""
    out = tmp_path_factory.mktemp("reference") / "ensemble.h5"
    RUN.whole(out)
    return out


@pytest.fixture(scope="module")
def reference(whole: Path, digests: Digests) -> dict[str, str]:
    """Its datasets."""
    return digests(whole)


@pytest.mark.slow
def test_kills_at_random_moments(tmp_path: Path, whole: Path) -> None:
    draw = random.Random(7)
    moments = iter(lambda: draw.uniform(0.0, 0.08), None)
    tally = Killer(RUN, whole, tmp_path / "ensemble.h5").kill(20, moments)
    assert tally.problems == []
    assert (tally.kills, tally.damage) == (20, 0)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_stop_at_a_sweep(
    tmp_path: Path, digests: Digests, reference: dict[str, str], number: int
) -> None:
    out = tmp_path / "ensemble.h5"
    process = RUN.started(out)
    assert process.stderr is not None
    assert "configuration 1 of 80" in process.stderr.readline()
    process.send_signal(number)
    _, errors = process.communicate()
    last = errors.splitlines()[-1]
    assert process.returncode == 3
    assert signal.Signals(number).name in last
    typed = last.split("resume with: lgt ")[1]
    subprocess.run([sys.executable, "-m", "lgt", *typed.split()], check=True, capture_output=True)
    assert digests(out) == reference


@pytest.mark.slow
def test_a_limit_on_the_file_size_during_the_run(
    tmp_path: Path, digests: Digests, reference: dict[str, str]
) -> None:
    out = tmp_path / "ensemble.h5"
    process = RUN.started(out)
    assert process.stderr is not None
    assert "configuration 1 of 80" in process.stderr.readline()
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (1 << 20, resource.RLIM_INFINITY))
    _, errors = process.communicate()
    assert process.returncode == 4, errors
    assert errors.splitlines()[-1].startswith("lgt: error: writing")
    with lgt.Ensemble.open(out) as ensemble:
        assert 0 < ensemble.length < 80
        ensemble.verify()
    subprocess.run(RUN.command(out, "--resume"), check=True, capture_output=True)
    assert digests(out) == reference


def test_a_limit_on_the_file_size_at_the_start(tmp_path: Path) -> None:
    out = tmp_path / "ensemble.h5"
    run = subprocess.run(
        RUN.command(out),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, 1 << 16)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 4, run.stderr
    assert "File too large" in run.stderr.splitlines()[-1]
    assert list(tmp_path.iterdir()) == []


def test_two_runs_of_one_file(tmp_path: Path) -> None:
    out = tmp_path / "ensemble.h5"
    process = RUN.started(out)
    try:
        assert process.stderr is not None
        process.stderr.readline()  # the first configuration: the file is there
        process.send_signal(signal.SIGSTOP)  # as slow as it takes
        second = subprocess.run(RUN.command(out, "--resume"), capture_output=True, text=True, check=False)
        assert second.returncode == 2
        assert "another process" in second.stderr
    finally:
        process.kill()
        process.communicate()
    with lgt.Ensemble.open(out, "r+") as ensemble:  # the lock went with the process
        ensemble.verify()
