"""Runs by HMC and Metropolis: the same promises as those of the heat bath."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import h5py
import numpy as np
import pytest

import lgt
from lgt.chain import Progress, updater_of
from lgt.errors import EnsembleError, InputError, PhysicsError, StoppedError
from lgt.replicas import Replicas
from lgt.replicas.motion import drift
from lgt.stop import Stop
from lgt.update import HMC, INTEGRATORS, UPDATES, Metropolis, Sweep

Digests = Callable[[Path], dict[str, str]]

RUN: dict[str, Any] = {
    "group": "SU2",
    "lattice": "3x4",
    "beta": 4.0,
    "configs": 4,
    "thermalise": 7,
    "separation": 5,
    "checkpoint": 3,
    "seed": 11,
    "chains": 2,
}
#: So coarse that trajectories are refused.
COARSE: dict[str, Any] = {"update": "hmc", "trajectory": 1.5, "steps": 4, "integrator": "leapfrog"}
MOVES: dict[str, Any] = {"update": "metropolis", "hits": 2, "proposal": 0.75, "overrelax": 2}


def config(out: Path, **keys: Any) -> lgt.RunConfig:
    return lgt.RunConfig(**{**RUN, **keys, "out": out})


def test_the_update_of_a_run() -> None:
    out = Path("e.h5")
    assert updater_of(config(out)) == Sweep(1)
    assert updater_of(config(out, overrelax=3)) == Sweep(3)
    assert updater_of(config(out, **COARSE)) == HMC(1.5, 4, "leapfrog", warmup=3)
    assert updater_of(config(out, **COARSE, start="old.h5")) == HMC(1.5, 4, "leapfrog")
    assert updater_of(config(out, **MOVES)) == Sweep(2, Metropolis(2, 0.75))


def test_the_words_of_a_run_are_those_of_the_library() -> None:
    fields = lgt.RunConfig.model_fields
    assert get_args(fields["update"].annotation) == UPDATES
    assert get_args(fields["integrator"].annotation) == tuple(INTEGRATORS)


@pytest.mark.parametrize(
    "keys", [COARSE, MOVES, MOVES | {"group": "U1"}, COARSE | {"action": "iwasaki", "beta": 1.2}]
)
def test_against_a_plain_loop(tmp_path: Path, keys: dict[str, Any]) -> None:
    run = config(tmp_path / "e.h5", **{"lattice": "3x4", **keys})
    updater = updater_of(run)
    with lgt.generate(run) as ensemble:
        ensemble.verify()
        for chain in range(2):
            stream, exhausted, stored = lgt.Stream(11, chain), 0, 0
            links = lgt.cold(run.box, run.gauge_group)
            for sweep in range(run.sweeps):
                exhausted += updater.update(links, run.lattice_action, stream, sweep).exhausted
                done, rest = divmod(sweep + 1 - 7, 5)
                if done >= 1 and rest == 0:
                    np.testing.assert_array_equal(ensemble.links(chain, done - 1), links)
                    stored += 1
            assert stored == 4
            state = ensemble.state(chain)
            assert state is not None
            assert state.exhausted == exhausted
            assert 0 < exhausted < run.sweeps * updater.proposals(run.gauge_group, run.box)


@pytest.mark.parametrize("keys", [COARSE, MOVES])
def test_a_stop_after_any_sweep(tmp_path: Path, digests: Digests, keys: dict[str, Any]) -> None:
    lgt.generate(config(tmp_path / "whole.h5", **keys)).close()
    out = tmp_path / "e.h5"
    for runs in range(1, 27):
        with pytest.raises(StoppedError, match=f"after sweep {runs} of 27"):
            lgt.generate(config(out, **keys, time_limit="0s"), resume=True)
    lgt.generate(config(out, **keys, threads=2), resume=True).close()
    assert digests(out) == digests(tmp_path / "whole.h5")  # the counts of refusals among them


@pytest.mark.parametrize("keys", [{}, COARSE, MOVES])
def test_progress_and_provenance(tmp_path: Path, keys: dict[str, Any]) -> None:
    events: list[Progress] = []
    run = config(tmp_path / "e.h5", **keys)
    with lgt.generate(run, progress=events.append) as ensemble:
        assert ensemble.spec.provenance["updates"] == updater_of(run).name
        assert lgt.RunConfig(**ensemble.spec.run) == run
    lines = [event.note for event in events if event.note.startswith("configuration")]
    assert len(lines) == 4
    fractions = [line.split(", acceptance ")[1] for line in lines if ", acceptance " in line]
    assert len(fractions) == (4 if keys else 0)
    assert all(0 < float(fraction) <= 1 for fraction in fractions)
    if keys == COARSE:  # of 5 trajectories of 2 chains
        assert all(fraction.endswith("0") for fraction in fractions[1:])
        assert len(set(fractions)) > 1


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"update": "langevin"}, "heatbath, metropolis or hmc"),
        ({"update": "hmc", "integrator": "euler"}, "leapfrog, omf2"),
        ({"update": "hmc", "steps": 0}, "steps = 0"),
        ({"update": "hmc", "trajectory": 0.0}, "trajectory = 0.0"),
        ({"update": "metropolis", "hits": 0}, "hits = 0"),
        ({"update": "metropolis", "proposal": 1.5}, "proposal = 1.5"),
        ({"steps": 20}, "steps = 20 with update = heatbath.*use update = hmc"),
        ({"update": "hmc", "overrelax": 3}, "overrelax = 3 with update = hmc.*heatbath or metropolis"),
        ({"update": "hmc", "hits": 3}, "hits = 3 with update = hmc"),
        ({"update": "metropolis", "integrator": "omf2"}, "integrator = 'omf2' with update = metropolis"),
    ],
)
def test_what_does_not_belong_together_is_refused(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        config(Path("e.h5"), **keys)


def test_physics_that_does_not_apply_is_refused_before_a_file_is_made(tmp_path: Path) -> None:
    out, keys = tmp_path / "e.h5", {"lattice": "2x4", "action": "iwasaki"}
    with pytest.raises(PhysicsError, match=r"metropolis.*an extent of 2"):
        lgt.generate(config(out, **MOVES, **keys))
    assert not out.exists()
    lgt.generate(config(out, **COARSE, **keys)).close()  # a force there is even so
    assert out.exists()


def test_resume_refuses_another_update(tmp_path: Path) -> None:
    out = tmp_path / "e.h5"
    lgt.generate(config(out, **COARSE)).close()
    with pytest.raises(EnsembleError, match="steps = 5: found steps = 4 in the file"):
        lgt.generate(config(out, **COARSE | {"steps": 5}), resume=True)
    with pytest.raises(EnsembleError, match="update = heatbath: found update = hmc in the file"):
        lgt.generate(config(out), resume=True)


def test_a_run_from_before_updates_had_names_goes_on(tmp_path: Path, digests: Digests) -> None:
    out = tmp_path / "e.h5"
    lgt.generate(config(out, configs=2)).close()
    with h5py.File(out, "r+") as file:
        old = {key: value for key, value in json.loads(file.attrs["run"]).items() if key not in COARSE}
        file.attrs["run"] = json.dumps(old)
    lgt.generate(config(out), resume=True).close()
    lgt.generate(config(tmp_path / "whole.h5")).close()
    assert digests(out) == digests(tmp_path / "whole.h5")


def test_a_signal_does_not_wait_for_the_end_of_a_trajectory(
    tmp_path: Path, digests: Digests, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trajectory is given up between its steps, and done again when the run goes on, to the same bits."""
    keys = {"update": "hmc", "steps": 30, "integrator": "leapfrog", "configs": 3}
    lgt.generate(config(tmp_path / "whole.h5", **keys)).close()
    drifts, heard, request = 0, [], Stop.request

    def listening(stop: Stop, reason: str) -> None:
        request(stop, reason)
        stop.signalled = True
        heard.append(reason)

    def counted(*arguments: Any) -> None:
        nonlocal drifts
        drifts += 1
        if drifts == 1000:
            os.kill(os.getpid(), signal.SIGTERM)
            deadline = time.monotonic() + 30
            while not heard and time.monotonic() < deadline:
                time.sleep(0.01)
        drift(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr("lgt.update.integrator.drift", counted)
        patch.setattr(Stop, "request", listening)
        with pytest.raises(StoppedError, match="SIGTERM"):
            lgt.generate(config(tmp_path / "cut.h5", **keys))
    assert drifts == 1000
    lgt.generate(config(tmp_path / "cut.h5", **keys), resume=True).close()
    assert digests(tmp_path / "cut.h5") == digests(tmp_path / "whole.h5")


def test_a_signal_before_the_first_sweep(tmp_path: Path) -> None:
    run = lgt.RunConfig(
        group="SU2",
        lattice="8x8",
        beta=2.0,
        configs=1,
        update="hmc",
        steps=100_000,
        out=tmp_path / "e.h5",
    )
    timer = threading.Timer(1.0, lambda: os.kill(os.getpid(), signal.SIGTERM))
    timer.start()
    begin = time.monotonic()
    with pytest.raises(StoppedError, match="SIGTERM before its first sweep"):
        lgt.generate(run)
    assert time.monotonic() - begin < 30
    assert not (tmp_path / "e.h5").exists()


def test_links_that_are_not_finite_are_not_stored(tmp_path: Path) -> None:
    run = lgt.RunConfig(
        group="SU2",
        lattice="4x4",
        beta=2.0,
        configs=1,
        thermalise=0,
        separation=1,
        measure=["energy_clover@stout:1e300x1"],
        out=tmp_path / "e.h5",
    )
    with pytest.raises(PhysicsError, match="not finite"):
        lgt.generate(run)


@pytest.mark.parametrize("group", ["SU3", "SU4", "SU9"])
def test_a_warmup_keeps_links_in_the_group(group: str) -> None:
    """However far a trajectory goes, what is accepted is an element of the group."""
    lattice, stream = lgt.Lattice((4, 4)), lgt.Stream(1, 0)
    state = Replicas([lgt.cold(lattice, lgt.parse_group(group))], [stream], at_once=True)
    for length in (30.0, 100.0, 1000.0):
        update = HMC(length=length, steps=1, integrator="leapfrog", warmup=100)
        for number in range(5):
            update.advance(state, lgt.Wilson(2.0), number)
            assert lgt.parse_group(group).defect(state.links(0)).max() < 1e-11
