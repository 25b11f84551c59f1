"""``lgt measure`` and ``lgt info`` on files of other programs."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from lgt import Ensemble, analyse, measure, parse_observable, read_configuration, write_configuration
from lgt.chain import generate
from lgt.config import RunConfig

DATA = Path(__file__).parents[2] / "data"
MILC = DATA / "save_serial_4x4x4x8_b6.0"
NERSC = DATA / "save_serial_archive_4x4x4x8_b6.0"
PLAQUETTE = 0.6008589588


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("foreign") / "ens.h5"
    config = RunConfig(
        group="SU2", lattice="2x2x2x4", beta=2.3, configs=8, thermalise=20, separation=1, out=out
    )
    generate(config).close()
    return out


@pytest.fixture
def files(made: Path, tmp_path: Path) -> list[Path]:
    """Eight configurations of a chain, as NERSC and ILDG files in turn."""
    paths = [tmp_path / f"lat.{config}" for config in range(8)]
    with Ensemble.open(made) as ensemble:
        for config, path in enumerate(paths):
            write_configuration(path, ensemble.links(0, config), format=("nersc", "ildg")[config % 2])
    return paths


def test_one_file_has_values_without_errors(lgt) -> None:
    names = "plaquette,wilson_1x2,topological_charge@flow:0.04,creutz_2x2"
    result = lgt("measure", MILC, "-o", names, "--json")
    assert result.status == 0
    found = result.json[str(MILC)]
    assert list(found) == names.split(",")
    assert abs(found["plaquette"]["value"] - PLAQUETTE) < 1e-9
    assert (found["plaquette"]["error"], found["plaquette"]["n"]) == (None, 1)
    links = read_configuration(MILC).links
    for name in names.split(",")[1:3]:
        assert found[name]["value"] == parse_observable(name).value(links, 4)
    assert "too few for an error" in result.err
    table = lgt("measure", MILC, "-o", "plaquette")
    assert "SU(3) 4x4x4x8, 1 configuration\n" in table.out
    assert f"{found['plaquette']['value']:.10g}" in table.out
    assert "?" not in table.out
    assert {path.name for path in DATA.glob("*measured*")} == set()


def test_files_are_a_chain_in_the_order_given(lgt, files: list[Path], made: Path) -> None:
    """The same numbers as of the ensemble that they came from, errors and autocorrelation included."""
    names = "wilson_1x2,creutz_1x1,energy_clover@flow:0.1:0.05"
    result = lgt("measure", *files, "-o", names, "--json")
    assert result.status == 0
    (label,) = result.json
    assert label == f"{files[0]} to {files[-1]}"
    measure(made, names)
    wanted = {name: estimate.as_json() for name, estimate in analyse(made, names).items()}
    assert result.json[label].keys() == wanted.keys()
    for name, numbers in wanted.items():
        assert result.json[label][name] == pytest.approx(numbers, rel=1e-9)
    other_order = lgt("measure", *files[::2], *files[1::2], "-o", "wilson_1x2", "--json").json
    (found,) = other_order.values()
    assert found["wilson_1x2"]["value"] == pytest.approx(wanted["wilson_1x2"]["value"], rel=1e-12)
    assert found["wilson_1x2"]["tau_int"] != wanted["wilson_1x2"]["tau_int"]


def test_lattices_and_ensembles_do_not_mix(lgt, files: list[Path], ensemble_file: Path) -> None:
    result = lgt("measure", files[0], NERSC, ensemble_file, MILC, *files[1:3], "-o", "plaquette", "--json")
    assert result.status == 0
    assert list(result.json) == [str(ensemble_file), f"{files[0]} to {files[2]}", f"{NERSC} to {MILC}"]
    assert [each["plaquette"]["n"] for each in result.json.values()] == [60, 3, 2]
    assert abs(result.json[f"{NERSC} to {MILC}"]["plaquette"]["value"] - PLAQUETTE) < 1e-7


def test_extents_where_a_file_has_none(lgt, tmp_path: Path, hot_su2: np.ndarray) -> None:
    from oracle.foreign_files import lime_record

    data = np.moveaxis(hot_su2, 0, 4).transpose(3, 2, 1, 0, 4, 5, 6).astype(">c16").tobytes()
    path = tmp_path / "bare.ildg"
    path.write_bytes(lime_record("ildg-binary-data", data, begin=True, end=True))
    for command in (["measure", path, "-o", "plaquette"], ["info", path]):
        refused = lgt(*command)
        assert refused.status == 2
        assert "--lattice" in refused.err
        assert lgt(*command, "--lattice", "2x2x2x3").status == 2
    plaquette = parse_observable("plaquette").value(hot_su2, 4)
    result = lgt("measure", path, "-o", "plaquette", "--lattice", "2x2x2x4", "--json")
    assert result.json[str(path)]["plaquette"]["value"] == pytest.approx(plaquette, rel=1e-12)
    facts = lgt("info", path, "--lattice", "2x2x2x4", "--json").json
    assert (facts["lattice"], facts["group"]) == ("2x2x2x4", "SU2")
    assert facts["plaquette"] == pytest.approx(plaquette, rel=1e-12)


@pytest.fixture
def hot_su2() -> np.ndarray:
    import lgt

    return lgt.hot(lgt.Lattice((2, 2, 2, 4)), lgt.SU(2), lgt.Stream(seed=3, chain=0))


def test_damaged_files_are_refused_before_anything_is_measured(lgt, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    content = bytearray(MILC.read_bytes())
    content[5000] ^= 1
    broken.write_bytes(content)
    result = lgt("measure", MILC, broken, "-o", "plaquette")
    assert (result.status, result.out) == (2, "")
    assert "sum29" in result.err
    facts = lgt("info", broken, "--json")
    assert facts.status == 0
    assert any("sum29" in problem for problem in facts.json["problems"])
    assert "its data give" in facts.json["checksums"]["sum29"]
    broken.write_bytes(b"nothing of the kind")
    for command in (["measure", broken, "-o", "plaquette"], ["info", broken]):
        assert "none of the formats" in lgt(*command).err
    assert lgt("measure", tmp_path / "none", "-o", "plaquette").status == 2


def test_observables_that_make_no_sense_are_refused(lgt) -> None:
    for name in ("polyakov_re_7", "wilson", "wilson_1x9"):
        result = lgt("measure", MILC, "-o", name)
        assert (result.status, result.out) == (2, ""), name


def test_a_lattice_that_contradicts_an_ensemble(lgt, ensemble_file: Path) -> None:
    for command in (["measure", ensemble_file, "-o", "plaquette"], ["info", ensemble_file]):
        assert lgt(*command, "--lattice", "4x6").status == 0
        result = lgt(*command, "--lattice", "6x4")
        assert result.status == 2
        assert "the lattice 4x6 in it" in result.err


def test_facts_of_a_file(lgt, tmp_path: Path) -> None:
    facts = lgt("info", NERSC, "--json").json
    assert (facts["format"], facts["group"], facts["lattice"]) == ("nersc", "SU3", "4x4x4x8")
    assert (facts["precision"], facts["byte_order"]) == ("float32", "big")
    assert abs(facts["plaquette"] - PLAQUETTE) < 1e-9
    assert abs(facts["stated"]["plaquette"] - PLAQUETTE) < 1e-6
    assert facts["checksums"] == {"checksum": "17d58968"}
    assert facts["header"]["DATATYPE"] == "4D_SU3_GAUGE"
    assert facts["problems"] == []
    shutil.copy(MILC, tmp_path / "without.info")
    text = lgt("info", tmp_path / "without.info").out
    assert "checksums.sum29" in text
    assert "432b9911" in text


def test_a_file_of_several_configurations(lgt, files: list[Path], tmp_path: Path) -> None:
    several = tmp_path / "several.ildg"
    several.write_bytes(files[1].read_bytes() + files[3].read_bytes())
    result = lgt("measure", several, "-o", "plaquette", "--json")
    assert list(result.json) == [f"{several}#0 to {several}#1"]
    plaquette = parse_observable("plaquette")
    values = [float(plaquette.value(read_configuration(files[k]).links, 4)) for k in (1, 3)]
    (found,) = result.json.values()
    assert found["plaquette"]["value"] == pytest.approx(np.mean(values), rel=1e-12)
    facts = lgt("info", several, "--json").json
    assert [facts[k]["plaquette"] for k in "01"] == pytest.approx(values, rel=1e-12)
