from __future__ import annotations

import dataclasses
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import lgt
from lgt.chain import Progress
from lgt.ensemble import Ensemble, EnsembleSpec
from lgt.errors import EnsembleError, InputError, PhysicsError, StoppedError
from lgt.replicas import Replicas
from lgt.stop import Stop
from lgt.update import Sweep

Digests = Callable[[Path], dict[str, str]]

RUN: dict[str, Any] = {
    "group": "SU2",
    "lattice": "3x4",
    "beta": 2.0,
    "configs": 4,
    "thermalise": 7,
    "separation": 5,
    "checkpoint": 3,
    "seed": 11,
}
TWO: dict[str, Any] = RUN | {"chains": 2, "precision": "float32", "measure": ["wilson_1x2", "polyakov_abs"]}


def config(out: Path, **keys: Any) -> lgt.RunConfig:
    return lgt.RunConfig(**{**RUN, **keys, "out": out})


def make(out: Path, *, resume: bool = False, **keys: Any) -> None:
    lgt.generate(config(out, **keys), resume=resume).close()


@pytest.mark.parametrize("group", ["U1", "SU2", "SU3", "SU4"])
@pytest.mark.parametrize("start", ["cold", "hot"])
def test_against_a_plain_loop(tmp_path: Path, group: str, start: str) -> None:
    run = config(tmp_path / "e.h5", group=group, start=start, chains=2, overrelax=2)
    with lgt.generate(run) as ensemble:
        assert ensemble.length == 4
        ensemble.verify()
        for chain in range(2):
            stream = lgt.Stream(11, chain)
            links = lgt.cold(run.box, run.gauge_group)
            if start == "hot":
                links = lgt.hot(run.box, run.gauge_group, stream)
            for sweep in range(run.sweeps):
                Sweep(2).update(links, run.lattice_action, stream, sweep)
                done, rest = divmod(sweep + 1 - 7, 5)
                if done >= 1 and rest == 0:
                    np.testing.assert_array_equal(ensemble.links(chain, done - 1), links)
            assert done == 4


def test_stored_observables_are_those_of_the_links(tmp_path: Path) -> None:
    with lgt.generate(config(tmp_path / "e.h5", measure=["wilson_1x2"], chains=2)) as ensemble:
        for name in ("plaquette", "wilson_1x2"):
            observable, stored = lgt.parse_observable(name), ensemble.observable(name)
            assert stored.shape == (2, 4)
            for chain, index in np.ndindex(2, 4):
                assert stored[chain, index] == observable.value(ensemble.links(chain, index), 2)


def test_threads_and_estimate_do_not_matter(
    tmp_path: Path, digests: Digests, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path / "one.h5", chains=3, threads=1)
    make(tmp_path / "three.h5", chains=3, threads=3)
    monkeypatch.setattr("lgt.chain._estimate._TRIAL_SWEEPS", 1)
    make(tmp_path / "trial.h5", chains=3)
    wanted = digests(tmp_path / "one.h5")
    assert digests(tmp_path / "three.h5") == wanted
    assert digests(tmp_path / "trial.h5") == wanted
    make(tmp_path / "other.h5", chains=3, seed=12)
    assert digests(tmp_path / "other.h5")["links"] != wanted["links"]


def test_attributes_say_where_it_comes_from(tmp_path: Path) -> None:
    run = config(tmp_path / "e.h5", start="hot")
    with lgt.generate(run, command="lgt generate run.toml") as ensemble:
        facts = ensemble.spec.provenance
        assert lgt.RunConfig(**ensemble.spec.run) == run
    assert facts["start"] == "hot"
    assert facts["command"] == "lgt generate run.toml"
    assert facts["updates"] == "heatbath+1overrelaxation"
    assert facts["versions"].startswith(f"lgt {lgt.__version__}, python 3")


def test_progress(tmp_path: Path) -> None:
    events: list[Progress] = []
    lgt.generate(config(tmp_path / "e.h5", chains=2), progress=events.append).close()
    assert events[0].estimate is not None
    assert "estimate: 54 sweeps" in events[0].note
    assert sum(event.estimate is not None for event in events) == 1
    sweeps = [event.sweep for event in events]
    assert sweeps == sorted(sweeps)
    assert sweeps[0] == 0
    assert sweeps[-1] == 54
    lines = [event.note for event in events if event.note.startswith("configuration")]
    assert [line.split(",")[0] for line in lines] == [
        f"configuration {k} of 4: sweep {7 + 5 * k}" for k in (1, 2, 3, 4)
    ]
    assert events[-1].stored == 4


def stop_in(monkeypatch: pytest.MonkeyPatch, sweep: int) -> None:
    """Ask for a stop during the sweep of this number, as a signal would."""
    advance, requested, trial = Sweep.advance, Stop.requested, [True]

    def spying(updater: Sweep, state: Replicas, action: Any, number: int) -> None:
        if number == sweep and not trial[0]:
            asked.append(number)
        advance(updater, state, action, number)

    def answer(stop: Stop) -> bool:
        trial[0] = False  # the trial of the estimate is over when this is asked first
        if asked:
            stop.request("SIGTERM")
            stop.signalled = True
        return requested(stop)

    asked: list[int] = []
    monkeypatch.setattr(Sweep, "advance", spying)
    monkeypatch.setattr(Stop, "requested", answer)


@pytest.mark.parametrize("keys", [RUN, TWO])
def test_a_stop_in_any_sweep(tmp_path: Path, digests: Digests, keys: dict[str, Any]) -> None:
    make(tmp_path / "whole.h5", **keys)
    wanted, stops = digests(tmp_path / "whole.h5"), 0
    for sweep in range(26):
        out = tmp_path / f"{sweep}.h5"
        with pytest.MonkeyPatch.context() as monkeypatch:
            stop_in(monkeypatch, sweep)
            with pytest.raises(StoppedError, match="SIGTERM") as caught:
                make(out, **keys)
        assert caught.value.exit_status == 3
        with Ensemble.open(out) as ensemble:
            state = ensemble.state(0)
            assert state is not None
            assert state.sweep == sweep + 1  # nothing is done twice
            stops += 1
        make(out, resume=True, **keys)
        assert digests(out) == wanted
    assert stops == 26


def test_a_stop_in_the_last_sweep_finds_the_run_complete(tmp_path: Path, digests: Digests) -> None:
    make(tmp_path / "whole.h5")
    with pytest.MonkeyPatch.context() as monkeypatch:
        stop_in(monkeypatch, 26)
        make(tmp_path / "e.h5")
    assert digests(tmp_path / "e.h5") == digests(tmp_path / "whole.h5")


def test_a_time_limit_leaves_one_sweep(tmp_path: Path, digests: Digests) -> None:
    make(tmp_path / "whole.h5")
    out = tmp_path / "e.h5"
    for runs in range(1, 27):
        with pytest.raises(StoppedError, match=f"by the time limit after sweep {runs} of 27") as caught:
            make(out, resume=True, time_limit="0s")
        assert "lgt.generate(config, resume=True)" in caught.value.remedy
    make(out, resume=True, time_limit="0s")
    assert digests(out) == digests(tmp_path / "whole.h5")


def test_a_stop_says_what_to_type(tmp_path: Path) -> None:
    run = config(tmp_path / "e.h5", time_limit="0s")
    with pytest.raises(StoppedError, match=r"resume with: lgt generate run\.toml --resume"):
        lgt.generate(run, command="lgt generate run.toml")
    with pytest.raises(StoppedError, match=r"resume with: lgt generate --resume run\.toml$"):
        lgt.generate(run, resume=True, command="lgt generate --resume run.toml")


def test_in_another_thread(tmp_path: Path, digests: Digests) -> None:
    thread = threading.Thread(target=make, args=(tmp_path / "thread.h5",))
    thread.start()
    thread.join()
    make(tmp_path / "main.h5")
    assert digests(tmp_path / "thread.h5") == digests(tmp_path / "main.h5")


@pytest.mark.parametrize("keys", [RUN, TWO])
def test_more_configurations(tmp_path: Path, digests: Digests, keys: dict[str, Any]) -> None:
    out = tmp_path / "e.h5"
    for configs in (1, 2, 4):
        make(out, resume=True, **{**keys, "configs": configs})
        make(tmp_path / f"{configs}.h5", **{**keys, "configs": configs})
        assert digests(out) == digests(tmp_path / f"{configs}.h5")
    with Ensemble.open(out) as ensemble:
        assert ensemble.spec.run["configs"] == 4


def test_a_finished_run_is_left_alone(tmp_path: Path) -> None:
    out, notes = tmp_path / "e.h5", []
    make(out)
    before = out.read_bytes()
    again = config(out, threads=2, time_limit="1h")
    lgt.generate(again, resume=True, progress=lambda event: notes.append(event.note)).close()
    assert out.read_bytes() == before
    assert notes == [f"{out} is complete, nothing to do"]


def test_a_moved_file_goes_on(tmp_path: Path, digests: Digests) -> None:
    with pytest.raises(StoppedError):
        make(tmp_path / "old.h5", time_limit="0s")
    (tmp_path / "old.h5").rename(tmp_path / "new.h5")
    make(tmp_path / "new.h5", resume=True)
    make(tmp_path / "whole.h5")
    assert digests(tmp_path / "new.h5") == digests(tmp_path / "whole.h5")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("group", "SU3"),
        ("lattice", "4x3"),
        ("beta", 2.5),
        ("seed", 12),
        ("chains", 2),
        ("separation", 6),
        ("thermalise", 8),
        ("overrelax", 2),
        ("checkpoint", 4),
        ("precision", "float32"),
        ("start", "hot"),
        ("measure", ["wilson_1x2"]),
        ("configs", 3),
    ],
)
def test_resume_refuses_another_run(tmp_path: Path, key: str, value: Any) -> None:
    out = tmp_path / "e.h5"
    make(out)
    before = out.read_bytes()
    with pytest.raises(EnsembleError) as caught:
        make(out, resume=True, **{key: value})
    old = config(out).model_dump(mode="json")[key]
    new = config(out, **{key: value}).model_dump(mode="json")[key]
    assert f"{key} = {new}" in str(caught.value)
    assert f"{key} = {old} in the file" in str(caught.value)
    assert caught.value.exit_status == 2
    assert out.read_bytes() == before


def test_resume_refuses_another_action(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "e.h5"
    make(out)
    monkeypatch.setitem(lgt.action.ACTIONS, "other", lgt.Wilson)
    with pytest.raises(EnsembleError, match="action = other: found action = wilson in the file"):
        make(out, resume=True, action="other")


def test_resume_refuses_what_it_did_not_make(tmp_path: Path) -> None:
    out = tmp_path / "e.h5"
    run = config(out)
    spec = EnsembleSpec(group=run.gauge_group, lattice=run.box, configs=4, action=run.lattice_action)
    Ensemble.create(out, spec).close()
    with pytest.raises(EnsembleError, match="did not make"):
        make(out, resume=True)
    out.write_bytes(b"text")
    with pytest.raises(EnsembleError, match="no readable HDF5"):
        make(out, resume=True)
    assert out.read_bytes() == b"text"


def damage(path: Path, name: str, row: int, row_bytes: int) -> None:
    """Overwrite the first bytes of a row of a dataset."""
    with h5py.File(path) as file:
        data = file[name]
        if data.chunks:
            place = data.id.get_chunk_info_by_coord((0, row, *[0] * (data.ndim - 2))).byte_offset
        else:
            place = data.id.get_offset() + row * row_bytes
    with path.open("r+b") as file:
        file.seek(place)
        file.write(b"\x01\x02\x03\x04")


STATE = 2 * 12 * 4 * 16


def stopped(out: Path) -> None:
    """A run that was stopped after its second configuration."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        stop_in(monkeypatch, 18)
        with pytest.raises(StoppedError):
            make(out)


def test_a_damaged_configuration_is_named(tmp_path: Path) -> None:
    out = tmp_path / "e.h5"
    stopped(out)
    damage(out, "links", 1, 0)
    with pytest.raises(EnsembleError, match=r"configuration 1 of chain 0 of .*damaged"):
        make(out, resume=True)


def test_a_damaged_state_is_named_and_the_other_used(tmp_path: Path, digests: Digests) -> None:
    make(tmp_path / "whole.h5")
    used = 0
    for slot in (0, 1):
        out, notes = tmp_path / f"{slot}.h5", []
        stopped(out)
        damage(out, "state/links", slot, STATE)
        lgt.generate(config(out), resume=True, progress=lambda event, n=notes: n.append(event.note)).close()
        assert f"warning: state {slot} of chain 0 is damaged (its CRC does not fit)" in notes
        assert digests(out) == digests(tmp_path / "whole.h5")
        used += 1
    assert used == 2


def test_two_damaged_states(tmp_path: Path) -> None:
    out = tmp_path / "e.h5"
    stopped(out)
    for slot in (0, 1):
        damage(out, "state/links", slot, STATE)
    with pytest.raises(EnsembleError, match="no intact state of chain 0"):
        make(out, resume=True)


def test_a_missing_configuration(tmp_path: Path) -> None:
    out = tmp_path / "e.h5"
    make(out)
    with h5py.File(out, "r+") as file:
        file["crc"][0, 1] = -1
    with pytest.raises(EnsembleError, match=r"configuration 1 of chain 0 .*configuration 3 is finished"):
        make(out, resume=True)
    out.unlink()
    stopped(out)
    with h5py.File(out, "r+") as file:
        file["crc"][0, 1] = -1
    with pytest.raises(EnsembleError, match="no configuration 1 of chain 0"):
        make(out, resume=True)


@pytest.mark.parametrize("name", ["state/links", "state/crc"])
def test_a_lost_state_of_a_complete_run(tmp_path: Path, digests: Digests, name: str) -> None:
    """The older state would never be written again: it is refused, and replaced when the run is extended."""
    make(tmp_path / "whole.h5")
    make(tmp_path / "longer.h5", configs=5)
    with lgt.Ensemble.open(tmp_path / "whole.h5") as ensemble:
        assert ensemble.lost_slots(0) == ()
    with h5py.File(tmp_path / "whole.h5") as file:
        older = int(np.argmin(file["state/sweep"][:, 0]))
    for slot in (older, 1 - older):
        out = tmp_path / f"{slot}.h5"
        make(out)
        if name == "state/crc":
            with h5py.File(out, "r+") as file:
                file[name][slot, 0] = -1
        else:
            damage(out, name, slot, STATE)
        assert digests(out) != digests(tmp_path / "whole.h5")
        before = out.read_bytes()
        if slot == older:
            with pytest.raises(EnsembleError, match=f"state {slot} of that chain damaged") as caught:
                make(out, resume=True)
            assert caught.value.exit_status == 2
            assert out.read_bytes() == before
            make(out, resume=True, configs=5)
            assert digests(out) == digests(tmp_path / "longer.h5")
        else:  # the run goes on from the older one, and writes the later one again
            make(out, resume=True)
            assert digests(out) == digests(tmp_path / "whole.h5")


def test_a_run_that_does_not_reproduce_itself(tmp_path: Path) -> None:
    """Another machine or version, say: the older state leads to another configuration than the stored one."""
    out = tmp_path / "e.h5"
    make(out)
    damage(out, "state/links", 0, STATE)  # ordinals 9 and 10 of 10: the newest is in slot 0
    with pytest.MonkeyPatch.context() as monkeypatch:
        real = Replicas.links

        def links(state: Replicas, chain: int) -> Any:
            return real(state, chain) * np.exp(1e-15j)

        monkeypatch.setattr(Replicas, "links", links)
        with pytest.raises(EnsembleError, match="other numbers"):
            make(out, resume=True)


@pytest.mark.parametrize(
    ("keys", "error", "words"),
    [
        ({"measure": ["nope"]}, InputError, "'nope'"),
        ({"measure": ["polyakov_re_7"]}, InputError, "2 axes"),
        ({"measure": ["wilson_99x1"]}, InputError, "side longer"),
        ({"group": "SU40"}, PhysicsError, "heatbath"),
        ({"lattice": "60000x60000x2"}, PhysicsError, "lattice"),
        ({"lattice": "60000x60000", "configs": 1000}, InputError, "TB of disk"),
        ({"start": "none.h5"}, InputError, "no such file"),
        ({"out": "none/e.h5"}, InputError, "no folder"),
        ({"out": "."}, InputError, "not a file"),
        ({"out": "x" * 256}, InputError, "name too long"),
        ({"out": "x/" * 3000 + "e.h5"}, InputError, "name too long"),
    ],
)
def test_refused_before_the_first_sweep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keys: dict[str, Any], error: type[InputError], words: str
) -> None:
    monkeypatch.setattr(Sweep, "advance", None)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=words) as caught:
        lgt.generate(lgt.RunConfig(**{**RUN, "out": "e.h5", **keys}))
    assert caught.value.exit_status == 2
    assert list(tmp_path.iterdir()) == []


def test_less_space_than_the_estimate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("lgt.chain._estimate.shutil.disk_usage", lambda path: Usage())
        with pytest.raises(InputError, match="1 kB free"):
            make(tmp_path / "e.h5")
    assert list(tmp_path.iterdir()) == []
    make(tmp_path / "e.h5", configs=1)
    with monkeypatch.context() as patch:
        patch.setattr("lgt.chain._estimate.shutil.disk_usage", lambda path: Usage())
        make(tmp_path / "e.h5", configs=1, resume=True)  # has its space already
        with pytest.raises(InputError, match="1 kB free"):
            make(tmp_path / "e.h5", configs=2, resume=True)
    make(tmp_path / "e.h5", configs=2, resume=True)


def test_a_link_stays_a_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked = []

    def disk_usage(path: Path) -> Usage:
        looked.append(Path(path))
        return Usage(10**9)

    disk, out = tmp_path / "disk", tmp_path / "e.h5"
    out.symlink_to(disk / "real.h5")
    with pytest.raises(InputError, match=f"no folder {disk}"):
        make(out)
    disk.mkdir()
    monkeypatch.setattr("lgt.chain._estimate.shutil.disk_usage", disk_usage)
    make(out, configs=1)
    make(out, configs=3, resume=True)
    assert looked == [disk, disk]
    assert out.is_symlink()
    assert [entry.name for entry in disk.iterdir()] == ["real.h5"]
    assert {entry.name for entry in tmp_path.iterdir()} == {"disk", "e.h5"}
    circle = tmp_path / "circle.h5"
    circle.symlink_to(circle)
    with pytest.raises(InputError, match="symbolic links"):
        make(circle)


def test_a_name_of_255_bytes(tmp_path: Path, digests: Digests) -> None:
    out = tmp_path / ("ä" * 126 + ".h5")
    assert len(os.fsencode(out.name)) == 255
    make(out, configs=1)
    make(out, resume=True)
    make(tmp_path / "short.h5")
    assert digests(out) == digests(tmp_path / "short.h5")
    with lgt.Ensemble.open(out) as ensemble, pytest.raises(EnsembleError, match="only plaquette"):
        ensemble.observable("wilson_1x1")
    with pytest.raises(InputError, match="too long"):
        lgt.measure(out, "wilson_1x1")
    assert {entry.name for entry in tmp_path.iterdir()} == {out.name, "short.h5"}


@dataclasses.dataclass
class Usage:
    free: int = 1000


def test_an_existing_file_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "e.h5"
    out.write_text("precious")
    with pytest.raises(EnsembleError, match="give resume=True to"):
        make(out)
    with pytest.raises(EnsembleError, match="give --resume to"):
        lgt.generate(config(out), command="lgt generate run.toml")
    assert out.read_text() == "precious"


def test_draws_that_used_up_their_attempts_are_counted_through_an_interruption(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lgt.update.heatbath.ATTEMPTS", 0)  # every draw, one a link for SU(2)
    out = tmp_path / "e.h5"
    make(out, configs=1)
    make(out, configs=3, resume=True)
    with lgt.Ensemble.open(out) as ensemble:
        state = ensemble.state(0)
    assert state is not None
    assert state.sweep > 10
    assert state.exhausted == state.sweep * ensemble.lattice.d * ensemble.lattice.volume
