"""``lgt measure``: right numbers beside the ensemble, kept while they are true and no longer."""

from __future__ import annotations

import shlex
import shutil
import signal
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from lgt.chain import generate
from lgt.config import RunConfig
from lgt.ensemble import Ensemble, sidecar
from lgt.field import hot
from lgt.group import SU
from lgt.interop import write_configuration
from lgt.lattice import Lattice
from lgt.observable import parse_observable
from lgt.rng import Stream


def test_the_numbers_are_those_of_the_links(lgt, ensemble_file: Path) -> None:
    result = lgt("measure", ensemble_file, "--observable", "wilson_1x2", "-o", "polyakov_re_0", "--json")
    assert result.status == 0
    with Ensemble.open(ensemble_file) as ensemble:
        measured = sidecar.read(ensemble)
        for name in ("wilson_1x2", "polyakov_re_0"):
            observable = parse_observable(name)
            expected = [
                [observable.value(ensemble.links(c, n), 2) for n in range(ensemble.length)] for c in (0, 1)
            ]
            assert np.array_equal(measured[name], np.array(expected))
            stated = result.json[str(ensemble_file)][name]
            assert abs(stated["value"] - np.mean(expected)) < 1e-14
            assert stated["n"] == 60
    assert {path.name for path in ensemble_file.parent.iterdir()} == {"ens.h5", "ens.measured.h5"}


def test_a_stored_observable_is_not_measured_again(lgt, ensemble_file: Path) -> None:
    result = lgt("measure", ensemble_file, "--observable", "plaquette")
    assert result.status == 0
    assert "plaquette" in result.out
    assert not sidecar.sidecar_path(ensemble_file).exists()


def test_only_what_is_missing_is_measured(lgt, ensemble_file: Path) -> None:
    assert "60 configurations" in lgt("measure", ensemble_file, "-o", "wilson_1x2").err
    before = sidecar.sidecar_path(ensemble_file).read_bytes()
    assert lgt("measure", ensemble_file, "-o", "wilson_1x2").err == ""
    assert sidecar.sidecar_path(ensemble_file).read_bytes() == before
    with Ensemble.open(ensemble_file, "r+") as ensemble:
        spec = ensemble.spec
        extended = ensemble.extend(32)
        extended.write(0, 30, extended.links(0, 0), {"plaquette": extended.observable("plaquette")[0, 0]})
        extended.write(1, 30, extended.links(1, 0), {"plaquette": extended.observable("plaquette")[1, 0]})
        extended.close()
    assert spec.configs == 30
    result = lgt("measure", ensemble_file, "-o", "wilson_1x2", "--json")
    assert " 2 configurations" in result.err
    assert result.json[str(ensemble_file)]["wilson_1x2"]["n"] == 62


def test_numbers_of_another_ensemble_of_that_name_do_not_count(lgt, ensemble_file: Path) -> None:
    """Negative control: the file beside the ensemble is the right one in all but the checksums."""
    assert lgt("measure", ensemble_file, "-o", "wilson_1x2").status == 0
    ensemble_file.unlink()
    config = RunConfig(
        group="SU2", lattice="4x6", beta=2.0, configs=30, chains=2, seed=7, separation=2, out=ensemble_file
    )
    generate(config).close()
    assert list(lgt("analyse", ensemble_file, "--json").json) == ["plaquette"]
    assert lgt("analyse", ensemble_file, "-o", "wilson_1x2").status == 2
    assert "60 configurations" in lgt("measure", ensemble_file, "-o", "wilson_1x2").err


def test_several_ensembles_at_once(lgt, ensemble_file: Path, tmp_path: Path) -> None:
    other = Path(shutil.copy(ensemble_file, tmp_path / "other.h5"))
    result = lgt("measure", ensemble_file, other, "-o", "action_density", "--json")
    assert list(result.json) == [str(ensemble_file), str(other)]
    table = lgt("measure", ensemble_file, other, "-o", "action_density")
    assert table.out.count("action_density") == 2


def test_bad_requests_are_refused_and_leave_nothing(lgt, ensemble_file: Path) -> None:
    for words in (["-o", "wilson"], ["-o", "polyakov_re_2"], []):
        result = lgt("measure", ensemble_file, *words)
        assert result.status == 2
        assert result.out == ""
    assert lgt("measure", ensemble_file.with_name("none.h5"), "-o", "wilson_1x2").status == 2
    assert [path.name for path in ensemble_file.parent.iterdir()] == ["ens.h5"]


def test_a_foreign_or_damaged_sidecar_is_not_overwritten(lgt, ensemble_file: Path) -> None:
    beside = sidecar.sidecar_path(ensemble_file)
    with h5py.File(beside, "w") as file:
        file["mine"] = 1
    result = lgt("measure", ensemble_file, "-o", "wilson_1x2")
    assert result.status == 2
    assert "another kind" in result.err
    beside.write_bytes(b"broken")
    result = lgt("measure", ensemble_file, "-o", "wilson_1x2")
    assert result.status == 2
    assert "damaged" in result.err
    assert beside.read_bytes() == b"broken"


def test_derived_quantities_and_curves(lgt, ensemble_file: Path) -> None:
    names = "creutz_2x2,energy_clover@flow:0.2:0.1,plaquette@stout:0.1x2,polyakov_susceptibility"
    result = lgt("measure", ensemble_file, "-o", names, "--json")
    assert result.status == 0
    found = result.json[str(ensemble_file)]
    curve = "energy_clover@flow:0.2:0.1"
    labels = [f"{curve}[t=0]", f"{curve}[t=0.1]", f"{curve}[t=0.2]"]
    assert list(found) == ["creutz_2x2", *labels, "plaquette@stout:0.1x2", "polyakov_susceptibility"]
    assert [found[label]["value"] for label in labels] == sorted(
        (found[label]["value"] for label in labels), reverse=True
    )
    assert all(set(each) == {"value", "error", "tau_int", "n", "tau_int_error"} for each in found.values())
    again = lgt("measure", ensemble_file, "-o", names, "--json")
    assert again.json == result.json
    assert "measured" not in again.err
    table = lgt("measure", ensemble_file, "-o", names).out
    assert all(name in table for name in found)


def test_what_does_not_exist_is_null_with_a_message(lgt, tmp_path: Path) -> None:
    """At strong coupling large loops are noise around zero, and the flow is too short for t0."""
    path = tmp_path / "strong.h5"
    config = RunConfig(group="SU2", lattice="4x4x4x4", beta=0.5, configs=6, thermalise=5, out=path)
    generate(config).close()
    result = lgt("measure", path, "-o", "t0@flow:0.2:0.1,creutz_3x3,plaquette", "--json")
    assert result.status == 0
    found = result.json[str(path)]
    assert found["t0@flow:0.2:0.1"] == {
        "value": None,
        "error": None,
        "tau_int": None,
        "n": 6,
        "tau_int_error": None,
    }
    assert "t0@flow:0.2:0.1: found t^2 E at most" in result.err
    assert "flow further" in result.err
    assert "NaN" not in result.out
    table = lgt("analyse", path, "-o", "t0@flow:0.2:0.1")
    assert (table.status, "nan" in table.out) == (0, False)


def test_names_are_told_in_one_form(lgt, ensemble_file: Path) -> None:
    """flow:1 and flow:1.0 are one smearing, measured once."""
    assert lgt("measure", ensemble_file, "-o", "plaquette@flow:0.10").status == 0
    again = lgt("measure", ensemble_file, "-o", "plaquette@flow:0.1", "--json")
    assert "measured" not in again.err
    assert list(again.json[str(ensemble_file)]) == ["plaquette@flow:0.1"]


def test_no_charge_of_su2_in_two_dimensions(lgt, ensemble_file: Path) -> None:
    for name in ("topological_charge", "t0", "topological_susceptibility@flow:1"):
        result = lgt("measure", ensemble_file, "-o", name)
        assert (result.status, result.out) == (2, "")
        assert len(result.err.splitlines()) == 1


def test_a_long_measurement_is_heard_of(lgt, ensemble_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["lgt.cli.measure"], "SECONDS_BETWEEN_LINES", 0.0)
    lines = lgt("measure", ensemble_file, "-o", "wilson_1x2").err.splitlines()
    assert f"{ensemble_file}: 59 of 60 configurations measured" in lines
    assert len(lines) >= 60


def interrupt(monkeypatch: pytest.MonkeyPatch, numbers: dict[int, signal.Signals]) -> None:
    """Raise signals in the middle of the measurement of these configurations, counted from 1."""
    module, count = sys.modules["lgt.chain._measure"], 0
    evaluate = module.evaluate

    def interrupted(*arguments: object, **keywords: object) -> object:
        nonlocal count
        count += 1
        if count in numbers:
            signal.raise_signal(numbers[count])
        return evaluate(*arguments, **keywords)

    monkeypatch.setattr(module, "evaluate", interrupted)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_after_the_configuration_and_keeps_what_was_measured(
    lgt, ensemble_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    never = Path(shutil.copy(ensemble_file, tmp_path / "never.h5"))
    words = ("measure", ensemble_file, "-o", "wilson_1x2")
    with monkeypatch.context() as patch:
        interrupt(patch, {7: number})
        result = lgt(*words)
    store = sidecar.sidecar_path(ensemble_file)
    assert (result.status, result.out) == (3, "")
    assert result.err == (
        f"lgt: stopped by {number.name} after 7 of 60 configurations of {ensemble_file}, stored in {store}; "
        f"resume with: lgt {shlex.join(map(str, words))}\n"
    )
    with Ensemble.open(ensemble_file) as ensemble:
        assert np.isfinite(sidecar.read(ensemble)["wilson_1x2"]).sum() == 7
    assert "on 53 configurations" in lgt(*words).err
    assert lgt("measure", never, "-o", "wilson_1x2").status == 0
    with Ensemble.open(ensemble_file) as one, Ensemble.open(never) as other:
        assert np.array_equal(sidecar.read(one)["wilson_1x2"], sidecar.read(other)["wilson_1x2"])


def test_a_signal_at_the_last_configuration_leaves_nothing_to_stop(
    lgt, ensemble_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupt(monkeypatch, {60: signal.SIGINT})
    result = lgt("measure", ensemble_file, "-o", "wilson_1x2")
    assert result.status == 0
    assert "wilson_1x2" in result.out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_does_not_wait_for_the_configuration(
    lgt, ensemble_file: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    class Twice:
        calls = 0

        def __call__(self, *arguments: object, **keywords: object) -> object:
            self.calls += 1
            if self.calls == 3:
                signal.raise_signal(number)
                signal.raise_signal(number)
            return evaluate(*arguments, **keywords)

    evaluate = sys.modules["lgt.chain._measure"].evaluate
    with monkeypatch.context() as patch:
        patch.setattr(sys.modules["lgt.chain._measure"], "evaluate", Twice())
        result = lgt("measure", ensemble_file, "-o", "wilson_1x2")
    assert result.status == 3
    assert result.err.startswith(
        f"lgt: stopped by {number.name}, what was measured of ensembles is stored; re"
    )
    assert "on 58 configurations" in lgt("measure", ensemble_file, "-o", "wilson_1x2").err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_estimates_are_made(
    lgt, ensemble_file: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    before = signal.getsignal(number)
    monkeypatch.setattr(sys.modules["lgt.chain"], "analyse", lambda *a, **k: signal.raise_signal(number))
    result = lgt("measure", ensemble_file, "-o", "wilson_1x2")
    assert result.status == 3
    assert f"stopped by {number.name}, what was measured of ensembles is stored; resume" in result.err
    assert signal.getsignal(number) is before


def test_of_foreign_files_nothing_is_stored_and_it_says_so(
    lgt, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [tmp_path / f"c{index}.ildg" for index in range(3)]
    for index, path in enumerate(files):
        write_configuration(path, hot(Lattice((2, 2, 2, 4)), SU(3), Stream(1, index)), format="ildg")
    interrupt(monkeypatch, {2: signal.SIGTERM})
    result = lgt("measure", *files, "-o", "plaquette", "--json")
    assert (result.status, result.out) == (3, "")
    chain = f"{files[0]} to {files[-1]}"
    assert f"stopped by SIGTERM after 2 of 3 configurations of {chain}, nothing of these" in result.err
    assert "start again with: lgt measure" in result.err
