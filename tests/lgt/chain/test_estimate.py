from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lgt
from lgt.action import Action
from lgt.chain._estimate import check_space, duration, estimate, size, threads
from lgt.ensemble import ChainState
from lgt.errors import InputError
from lgt.group import UnitaryGroup
from lgt.lattice import Lattice
from lgt.replicas import Replicas
from lgt.replicas.motion import drift
from lgt.update import Updater

RUN: dict[str, Any] = {"group": "SU2", "lattice": "4x6", "beta": 2.0, "configs": 10, "out": "e.h5"}


class Sleepy(Updater):
    """Takes a known time, longer where a kernel is new, and changes the links it is given."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
        self.now, self.seconds, self.compiled = 0.0, seconds, set[str]()
        monkeypatch.setattr("time.perf_counter", lambda: self.now)

    @property
    def name(self) -> str:
        return "sleepy"

    def validate(self, action: Action, group: UnitaryGroup, lattice: Lattice) -> None: ...

    def advance(self, state: Replicas, action: Action, number: int) -> None:
        self.now += self.seconds
        for kernel in {"sweep", "reunitarise" if (number + 1) % 10 == 0 else "sweep"} - self.compiled:
            self.compiled.add(kernel)
            self.now += 1000.0
        momenta = state.zeros()
        momenta += 1.0
        drift(state, momenta, 1.0)  # spoils the links


@pytest.mark.parametrize("seconds", [0.003, 5.0])
def test_time_of_what_is_left(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    run = lgt.RunConfig(**RUN, chains=3, threads=2)  # 300 sweeps of each chain
    links = lgt.cold(run.box, run.gauge_group)
    states = [ChainState(links, sweep) for sweep in (100, 150, 200)]
    cost = estimate(run, Sleepy(monkeypatch, seconds), states, nbytes=77)
    assert (cost.sweeps, cost.nbytes, cost.chains) == (450, 77, 4)
    # All chains advance at once, and the one that is furthest back sets the time.
    assert cost.sweep_seconds == pytest.approx(seconds / 3)
    assert cost.seconds == pytest.approx(200 * seconds)
    assert np.array_equal(links, lgt.cold(run.box, run.gauge_group))


def test_threads() -> None:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    assert threads(lgt.RunConfig(**RUN)) == cores
    assert threads(lgt.RunConfig(**RUN, threads=5)) == 5


def test_space(tmp_path: Path) -> None:
    free = shutil.disk_usage(tmp_path).free
    check_space(tmp_path / "e.h5", free // 2)
    with pytest.raises(InputError, match="free"):
        check_space(tmp_path / "e.h5", 2 * free)


def test_words_for_people() -> None:
    assert [duration(seconds) for seconds in (0.0, 59.4, 59.6, 3599.7, 86399.9)] == [
        "1s",
        "59s",
        "1m00s",
        "1h00m",
        "1d00h",
    ]
    assert [size(nbytes) for nbytes in (0, 999, 1000, 1e12, 1.5e15)] == [
        "0 B",
        "999 B",
        "1 kB",
        "1 TB",
        "1.5e+03 TB",
    ]


@pytest.mark.parametrize(
    ("box", "chains", "room"), [("8x8", 1, 1), ("5x5", 1, 8), ("5x5", 9, 16), ("4x6", 1, 4)]
)
def test_idle_lanes_are_told(tmp_path: Path, box: str, chains: int, room: int) -> None:
    """On 5x5 no direction can be cut, so that one chain alone uses one lane of eight."""
    keys: dict[str, Any] = {"group": "SU2", "lattice": box, "beta": 2.0, "configs": 1, "thermalise": 0}
    notes: list[str] = []
    run = lgt.RunConfig(**keys, chains=chains, out=tmp_path / "e.h5")
    lgt.generate(run, progress=lambda event: notes.append(event.note)).close()
    told = [note.split("; ")[-1] for note in notes if "would take no longer" in note]
    assert told == ([f"{room} chains would take no longer"] if room > chains else [])
