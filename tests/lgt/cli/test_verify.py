"""``lgt verify`` accepts what `lgt generate` made and nothing that was tampered with."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from lgt.chain import generate
from lgt.config import RunConfig
from lgt.ensemble import Ensemble, sidecar_path
from lgt.field import hot
from lgt.group import SU
from lgt.interop import write_configuration
from lgt.lattice import Lattice
from lgt.loops import plaquettes
from lgt.rng import Stream

KEYS = ["file", "format", "group", "lattice", "plaquette", "ok", "reason"]


def test_a_good_ensemble(lgt, ensemble_file: Path) -> None:
    result = lgt("verify", ensemble_file, "--json")
    assert result.status == 0
    (report,) = result.json
    assert list(report) == KEYS
    with Ensemble.open(ensemble_file) as ensemble:
        plaquette = float(ensemble.observable("plaquette").mean())
    assert report == {
        "file": str(ensemble_file),
        "format": "hdf5",
        "group": "SU2",
        "lattice": "4x6",
        "plaquette": plaquette,
        "ok": True,
        "reason": "",
    }
    assert "ok (hdf5)" in lgt("verify", ensemble_file).out


def test_beta_is_measured(lgt, ensemble_file: Path) -> None:
    (report,) = lgt("verify", ensemble_file, "--beta", "2.0", "--json").json
    assert report["ok"]
    assert abs(report["beta"] - 2.0) < 4 * report["beta_error"]
    assert 0 < report["beta_error"] < 0.2
    wrong = lgt("verify", ensemble_file, "--beta", "3.0", "--json")
    assert wrong.status == 1
    assert not wrong.json[0]["ok"]
    assert "Schwinger-Dyson" in wrong.json[0]["reason"]
    assert wrong.json[0]["beta"] == report["beta"]
    assert wrong.json[0]["reason"].endswith("(Wilson(beta=2.0) in the file); check beta")


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("group", ["U1", "SU3"])
def test_one_configuration_has_a_beta_too(lgt, tmp_path: Path, group: str, precision: str) -> None:
    path = tmp_path / "one.h5"
    config = RunConfig(
        group=group, lattice="16x12", beta=1.5, configs=1, thermalise=30, precision=precision, out=path
    )
    generate(config).close()
    result = lgt("verify", path, "--beta", "1.5", "--json")
    assert result.status == 0
    assert 0 < result.json[0]["beta_error"] < 1.0


def test_the_lattice_can_be_asked_for(lgt, ensemble_file: Path) -> None:
    assert lgt("verify", ensemble_file, "--lattice", "4x6").status == 0
    result = lgt("verify", ensemble_file, "--lattice", "6x4", "--json")
    assert result.status == 1
    assert "4x6" in result.json[0]["reason"]
    assert lgt("verify", ensemble_file, "--lattice", "nonsense").status == 2


def with_right_crc(file: h5py.File) -> None:
    """Give configuration 3 of chain 1 the checksum of what is there, as a faulty program would."""
    crc = zlib.crc32(file["links"][1, 3].tobytes())
    file["crc"][1, 3] = zlib.crc32(file["observables/plaquette"][1, 3].tobytes(), crc)


def flip_a_bit(file: h5py.File) -> None:
    links = file["links"][1, 3]
    links.view(np.uint64).flat[0] ^= 1
    file["links"][1, 3] = links


def leave_the_group(file: h5py.File) -> None:
    file["links"][1, 3] = file["links"][1, 3] * (1 + 1e-8)
    with_right_crc(file)


def lose_the_determinant(file: h5py.File) -> None:
    links = file["links"][1, 3]
    links[0, 0, 0] = links[0, 0, 0] @ np.diag([1j, 1])  # unitary still
    file["links"][1, 3] = links
    with_right_crc(file)


def change_the_plaquette(file: h5py.File) -> None:
    file["observables/plaquette"][1, 3] += 1e-6
    with_right_crc(file)


def damage_the_state(file: h5py.File) -> None:
    file["state/links"][0, 1, 0, 0, 0, 0, 0] += 1e-12
    file["state/links"][1, 1, 0, 0, 0, 0, 0] += 1e-12


def flip_in(name: str, bit: int) -> Callable[[h5py.File], None]:
    """Flip one bit of the checksum of the last configuration, or of both states, of chain 1."""

    def flip(file: h5py.File) -> None:
        value = file[name][()]
        where = (1, -1) if name == "crc" else (slice(None), 1)
        value.view(np.uint64)[where] ^= np.uint64(1 << bit)
        file[name][...] = value

    return flip


@pytest.mark.parametrize(
    ("tamper", "reason"),
    [
        (flip_a_bit, "CRC"),
        (leave_the_group, "off SU\\(2\\)"),
        (lose_the_determinant, "off SU\\(2\\)"),
        (change_the_plaquette, "plaquette"),
        (damage_the_state, "state of chain 1"),
        *[(flip_in("crc", bit), "CRC") for bit in (0, 31, 32, 40, 62, 63)],
        *[(flip_in("state/crc", bit), "state of chain 1") for bit in (0, 31, 32, 40, 62, 63)],
    ],
)
def test_tampering_is_seen(
    lgt, ensemble_file: Path, tamper: Callable[[h5py.File], None], reason: str
) -> None:
    with h5py.File(ensemble_file, "r+", locking=False) as file:
        tamper(file)
    result = lgt("verify", ensemble_file, "--json")
    assert result.status == 1
    (report,) = result.json
    assert not report["ok"]
    assert re.search(reason, report["reason"])
    assert "NOT OK" in lgt("verify", ensemble_file).out


def test_every_truncation_is_refused_without_a_traceback(lgt, ensemble_file: Path, tmp_path: Path) -> None:
    content = ensemble_file.read_bytes()
    sizes = [0, 1, 8, 100, 512, 2000, len(content) // 2, len(content) - 1]
    paths = [tmp_path / f"cut{size}" for size in sizes]
    for path, size in zip(paths, sizes, strict=True):
        path.write_bytes(content[:size])
    result = lgt("verify", *paths, "--json")
    assert result.status == 1
    assert result.err == ""
    assert len(result.json) == len(sizes)
    for report, size in zip(result.json, sizes, strict=True):
        assert not report["ok"]
        assert report["reason"]
        assert report["format"] == ("hdf5" if size >= 8 else "unknown")


def test_damaged_metadata_is_refused_without_a_traceback(lgt, ensemble_file: Path, tmp_path: Path) -> None:
    content = ensemble_file.read_bytes()
    rng = np.random.default_rng(1)
    paths = []
    for number in range(40):
        broken = bytearray(content)
        broken[int(rng.integers(8, 6000))] ^= int(rng.integers(1, 256))
        paths.append(tmp_path / f"broken{number}.h5")
        paths[-1].write_bytes(broken)
    result = lgt("verify", *paths, "--json")
    assert result.status in (0, 1)
    assert len(result.json) == 40
    assert any(not report["ok"] for report in result.json)
    assert all(report["reason"] or report["ok"] for report in result.json)


def test_the_content_counts_and_not_the_name(lgt, ensemble_file: Path, tmp_path: Path) -> None:
    renamed = ensemble_file.rename(tmp_path / "links.txt")
    text = tmp_path / "text.h5"
    text.write_text("not HDF5")
    with h5py.File(tmp_path / "foreign.h5", "w") as file:
        file["numbers"] = [1, 2]
    result = lgt("verify", renamed, text, tmp_path / "foreign.h5", "--json")
    assert result.status == 1
    assert [(report["format"], report["ok"]) for report in result.json] == [
        ("hdf5", True),
        ("unknown", False),
        ("hdf5", False),
    ]


def test_measurements_are_told_from_ensembles(lgt, ensemble_file: Path) -> None:
    assert lgt("measure", ensemble_file, "-o", "wilson_1x2,polyakov_abs").status == 0
    beside = sidecar_path(ensemble_file)
    result = lgt("verify", ensemble_file, beside, "--beta", "2.0", "--json")
    assert result.status == 0
    assert list(result.json[1]) == KEYS
    assert [report["ok"] for report in result.json] == [True, True]
    assert "measurements of ens.h5 (polyakov_abs, wilson_1x2)" in result.json[1]["reason"]
    assert f"{beside}: skipped" in lgt("verify", ensemble_file, beside).out
    renamed = beside.rename(ensemble_file.with_name("x"))
    assert lgt("verify", renamed).status == 0
    with h5py.File(renamed, "r+") as file:
        del file["crc"]
    damaged = lgt("verify", renamed, "--json")
    assert damaged.status == 1
    assert "damaged" in damaged.json[0]["reason"]


def test_a_missing_file_is_bad_input(lgt, ensemble_file: Path, tmp_path: Path) -> None:
    result = lgt("verify", ensemble_file, tmp_path / "none.h5", "--json")
    assert result.status == 2
    assert result.out == ""
    assert "no such file" in result.err
    paths = [tmp_path / "none.h5", tmp_path / "nor.h5"]
    several = lgt("verify", paths[0], ensemble_file, paths[1])
    assert (several.status, several.out) == (2, "")
    assert several.err == (
        f"lgt: error: verifying {paths[0]}, {paths[1]}: found no such file; check the paths\n"
    )


@pytest.mark.parametrize("name", ["nersc", "ildg", "milc", "openqcd"])
def test_files_of_other_programs(lgt, name: str, tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    links = hot(Lattice((2, 4, 2, 4)), SU(3), Stream(seed=1, chain=0))
    write_configuration(path, links, format=name)
    (report,) = lgt("verify", path, "--json", "--beta", "0").json
    assert report["ok"]
    assert (report["format"], report["group"], report["lattice"]) == (name, "SU3", "2x4x2x4")
    assert report["plaquette"] == pytest.approx(float(plaquettes(links).mean()), abs=1e-6)
    assert lgt("verify", path, "--lattice", "4x4x2x2").status == 1
    content = bytearray(path.read_bytes())
    content[-1994] ^= 0x40
    path.write_bytes(bytes(content))
    result = lgt("verify", path, "--json")
    assert result.status == 1
    assert not result.json[0]["ok"]
    assert re.search(r"checksum|suma|sum29|plaquette", result.json[0]["reason"])


def test_real_file_at_its_beta(lgt) -> None:
    """A file that MILC wrote at beta 6.0."""
    path = Path(__file__).parents[2] / "data" / "save_serial_archive_4x4x4x8_b6.0"
    assert lgt("verify", path, "--beta", "6.0").status == 0
    assert lgt("verify", path, "--beta", "5.0").status == 1


@pytest.mark.parametrize(
    "keys",
    [
        {"action": "luscher-weisz", "beta": 3.0},
        {"anisotropy": 2.0},
        {"boundary": "open"},
        {"action": "rectangle", "c1": -0.1, "c0": 1.4},
    ],
)
def test_beta_of_any_action(lgt, tmp_path: Path, keys: dict[str, Any]) -> None:
    """The identity of the file's own action; that of plain Wilson is the control."""
    path = tmp_path / "e.h5"
    run = {"group": "SU2", "lattice": "4x4x8", "beta": 2.0, "configs": 40, "separation": 3, "seed": 4} | keys
    generate(RunConfig(**run, out=path)).close()
    beta = str(run["beta"])
    (report,) = lgt("verify", path, "--beta", beta, "--json").json
    assert report["ok"]
    assert report["beta_error"] < 0.03 * report["beta"]
    wrong = lgt("verify", path, "--beta", beta, "--action", "wilson", "--json")
    assert wrong.status == 1
    assert not wrong.json[0]["ok"]


@pytest.mark.parametrize("beta", ["nan", "inf", "-inf", "-1"])
def test_what_is_no_beta(lgt, ensemble_file: Path, beta: str) -> None:
    for further in ((), ("--action", "wilson")):
        result = lgt("verify", ensemble_file, f"--beta={beta}", *further)
        assert result.status == 2
        assert result.out == ""
        assert beta in result.err
        assert "finite number >= 0" in result.err
    # Zero is one: it is not that of this file.
    assert lgt("verify", ensemble_file, "--beta", "0").status == 1


def test_an_action_without_a_beta(lgt, ensemble_file: Path) -> None:
    result = lgt("verify", ensemble_file, "--action", "iwasaki")
    assert result.status == 2
    assert "give --beta" in result.err
    assert lgt("verify", ensemble_file, "--action", "nope", "--beta", "2.0").status == 2
