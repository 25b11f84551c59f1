"""``lgt analyse`` prints the numbers of the Gamma method, and nothing else on stdout."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lgt.analysis import estimate
from lgt.chain import generate
from lgt.config import RunConfig
from lgt.ensemble import Ensemble


def test_json_is_what_the_analysis_says(lgt, ensemble_file: Path) -> None:
    result = lgt("analyse", ensemble_file, "--json")
    with Ensemble.open(ensemble_file) as ensemble:
        expected = estimate(ensemble.observable("plaquette"), separation=2)
    assert result.status == 0
    assert result.json == {
        "plaquette": {
            "value": expected.value,
            "error": expected.error,
            "tau_int": expected.tau_int,
            "n": 60,
            "tau_int_error": expected.tau_int_error,
        }
    }
    assert 0 < expected.error < 0.05
    assert 1.0 <= expected.tau_int < 5


def test_the_table_has_the_same_number(lgt, ensemble_file: Path) -> None:
    value = lgt("analyse", ensemble_file, "--json").json["plaquette"]["value"]
    table = lgt("analyse", ensemble_file)
    assert "plaquette" in table.out
    assert f"{value:.3f}" in table.out
    assert "4x6" in table.out


def test_observables_beside_the_plaquette(lgt, ensemble_file: Path) -> None:
    assert lgt("measure", ensemble_file, "--observable", "wilson_1x2,polyakov_abs").status == 0
    everything = lgt("analyse", ensemble_file, "--json").json
    assert list(everything) == ["plaquette", "polyakov_abs", "wilson_1x2"]
    chosen = lgt("analyse", ensemble_file, "--json", "--observable", "wilson_1x2").json
    assert chosen == {"wilson_1x2": everything["wilson_1x2"]}
    assert list(lgt("analyse", ensemble_file, "--json", "-o", "wilson_1x2,plaquette").json) == [
        "wilson_1x2",
        "plaquette",
    ]


def test_several_files_in_one_table(lgt, ensemble_file: Path, tmp_path: Path) -> None:
    other = Path(shutil.copy(ensemble_file, tmp_path / "other.h5"))
    assert lgt("measure", ensemble_file, other, "-o", "wilson_1x2").status == 0
    files = sorted(tmp_path.glob("*.h5"))
    assert len(files) == 4
    one = lgt("analyse", ensemble_file, "--json").json
    several = lgt("analyse", *files, "--json")
    assert several.json == {str(ensemble_file): one, str(other): one}
    assert several.err.count("skipped, it holds measurements") == 2
    table = lgt("analyse", *files).out
    assert table.count("wilson_1x2") == 2
    assert table.count("tau_int") == 1
    assert lgt("analyse", files[1], files[3]).status == 2
    alone = lgt("analyse", files[1])
    assert (alone.status, alone.out) == (2, "")
    assert "the measurements of ens.h5" in alone.err


def test_unknown_names_are_told_as_such(lgt, ensemble_file: Path) -> None:
    for command in (["measure"], ["analyse"], ["plot", "--out", ensemble_file.with_name("x.png")]):
        result = lgt(*command, ensemble_file, "--observable", "wilson_1by2")
        assert (result.status, result.out) == (2, "")
        assert "no observable of that name; did you mean 'wilson_1x2'?" in result.err


def test_what_was_not_measured_is_refused_with_the_command(lgt, ensemble_file: Path) -> None:
    result = lgt("analyse", ensemble_file, "--observable", "wilson_2x2")
    assert result.status == 2
    assert result.out == ""
    assert "lgt measure" in result.err
    assert len(result.err.splitlines()) == 1


@pytest.mark.parametrize("configs", [1, 6])
def test_short_chains_are_warned_about_on_stderr(lgt, tmp_path: Path, configs: int) -> None:
    path = tmp_path / "short.h5"
    config = RunConfig(group="U1", lattice="4x6", beta=1.0, configs=configs, separation=1, out=path)
    generate(config).close()
    result = lgt("analyse", path, "--json")
    assert result.status == 0
    assert result.json["plaquette"]["n"] == configs
    assert (result.json["plaquette"]["error"] is None) == (configs == 1)
    assert "warning" in result.err
    assert "plaquette" in result.err


@pytest.mark.parametrize("content", [None, b"", b"not an ensemble at all", b"\x89HDF\r\n\x1a\n" + bytes(100)])
def test_bad_files_are_refused(lgt, tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "bad.h5"
    if content is not None:
        path.write_bytes(content)
    result = lgt("analyse", path)
    assert result.status == 2
    assert result.err.startswith("lgt: error:")
    assert len(result.err.splitlines()) == 1


def test_a_long_observable_is_shown_by_its_ends(lgt, ensemble_file: Path) -> None:
    name = "energy_plaquette@flow:1:0.1"
    assert lgt("measure", ensemble_file, "-o", name).status == 0
    table = lgt("analyse", ensemble_file).out
    assert f"{name}: 5 more" in table
    assert all(f"[t={t}]" in table for t in ("0", "0.1", "0.2", "0.8", "0.9", "1"))
    assert "[t=0.5]" not in table
    assert "[t=0.5]" in lgt("analyse", ensemble_file, "-o", name).out
    assert len(lgt("analyse", ensemble_file, "--json").json) == 12


def test_an_unthermalised_chain_is_warned_about(lgt, tmp_path: Path) -> None:
    path = tmp_path / "hot.h5"
    keys = {"thermalise": 0, "separation": 1, "start": "hot", "update": "metropolis", "overrelax": 0}
    generate(RunConfig(group="SU2", lattice="16x16", beta=16.0, configs=200, out=path, **keys)).close()
    result = lgt("analyse", path, "--json")
    assert result.status == 0
    assert "plaquette: the first 20 sweeps" in result.err
    assert "sigma apart" in result.err
