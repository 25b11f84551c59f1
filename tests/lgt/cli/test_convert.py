"""``lgt convert``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lgt.action import Wilson
from lgt.ensemble import Ensemble, EnsembleSpec
from lgt.field import hot
from lgt.group import SU
from lgt.interop import read_configuration, write_configuration
from lgt.lattice import Lattice
from lgt.observable import parse_observable
from lgt.rng import Stream

BOX = Lattice((2, 4, 2, 6))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    write_configuration(path, hot(BOX, SU(3), Stream(seed=1, chain=0)), format="nersc")
    return path


def test_converts(lgt, source: Path, tmp_path: Path) -> None:
    result = lgt("convert", source, tmp_path / "a", "--to", "openqcd", "--lattice", "2x4x2x6")
    assert (result.status, result.out) == (0, f"wrote {tmp_path / 'a'}\n")
    assert (
        lgt("convert", source, tmp_path / "a", tmp_path / "e.h5", "--to", "hdf5", "--beta", "6").status == 0
    )
    assert lgt("info", tmp_path / "e.h5", "--json").json["action"] == "Wilson(beta=6.0)"
    assert lgt("verify", tmp_path / "e.h5").status == 0
    out = tmp_path / "out{config}"
    assert lgt("convert", tmp_path / "e.h5", out, "--to", "ildg", "--precision", "32").status == 0
    expected = read_configuration(source).links.astype(np.complex64)
    for config in range(2):
        assert np.array_equal(read_configuration(tmp_path / f"out{config}").links, expected)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("none", "out", "--to", "ildg"), "no such file"),
        (("source", "out", "--to", "lime"), "choose hdf5, nersc, ildg, milc, openqcd"),
        (("source", "out", "--to", "ildg", "--precision", "16"), "give 64 or 32"),
        (("source", "out", "--to", "ildg", "--lattice", "4"), "the extents 2x4x2x6"),
        (("source", "source", "--to", "ildg"), "--force"),
        (("source", "out", "--to", "ildg", "--beta", "6"), "--beta 6.0 with --to ildg: found a format that"),
        (("source", "out", "--to", "milc", "--action", "dbw2"), "leave --action dbw2 out"),
        (("source", "out", "--to", "hdf5", "--action", "dbw2"), "give --beta"),
        (("source", "out", "--to", "hdf5", "--action", "rectangle", "--beta", "6"), "no option for its c1"),
    ],
)
def test_bad_input_is_one_line_and_status_2(
    lgt, words: tuple[str, ...], reason: str, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = source.read_bytes()
    result = lgt("convert", *words)
    assert result.status == 2
    assert reason in result.err
    assert result.err.count("\n") == 1
    assert not (tmp_path / "out").exists()
    assert source.read_bytes() == before


def test_another_lattice_than_that_of_an_ensemble(lgt, source: Path, tmp_path: Path) -> None:
    ensemble, out = tmp_path / "e.h5", tmp_path / "out"
    assert lgt("convert", source, ensemble, "--to", "hdf5").status == 0
    for name in (ensemble, f"{ensemble}#0"):
        result = lgt("convert", name, out, "--to", "ildg", "--lattice", "4x4x4x4")
        assert result.status == 2
        assert "e.h5 as 4x4x4x4: found the lattice 2x4x2x6 in it" in result.err
        assert not out.exists()
    assert lgt("convert", f"{ensemble}#0", out, "--to", "ildg", "--lattice", str(BOX)).status == 0


def test_lost_bits_are_told_and_asked_for_ones_not(lgt, source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = lgt("convert", source, out, "--to", "milc")
    assert result.err == "note: milc files hold 32 bits for each number, half of the 64 that there are\n"
    assert lgt("convert", source, out, "--to", "milc", "--precision", "32", "--force").err == ""
    assert lgt("convert", source, out, "--to", "openqcd", "--force").err == ""
    assert lgt("convert", source, out, "--to", "nersc", "--precision", "32", "--force").err == ""
    assert lgt("convert", out, tmp_path / "single", "--to", "milc").err == ""


def test_what_other_formats_do_not_say_is_told_once(lgt, tmp_path: Path) -> None:
    ensemble = tmp_path / "e.h5"
    action = Wilson(5.5, anisotropy=2.0, open=(3,))
    spec = EnsembleSpec(SU(3), BOX, configs=2, action=action)
    with Ensemble.create(ensemble, spec) as made:
        for config in range(2):
            links = hot(BOX, SU(3), Stream(seed=1, chain=config))
            value = parse_observable("plaquette").value(links, open=(3,))
            made.write(0, config, links, {"plaquette": value})
    result = lgt("convert", ensemble, tmp_path / "out{config}", "--to", "ildg")
    assert result.err == (
        f"note: ildg files do not name the action, here {action}: "
        "its open boundaries look like periodic ones to their readers\n"
    )
    assert result.out.count("wrote") == 2


def test_damaged_file(lgt, source: Path, tmp_path: Path) -> None:
    source.write_bytes(source.read_bytes()[:-1])
    result = lgt("convert", source, tmp_path / "out", "--to", "ildg")
    assert result.status == 2
    assert "truncated" in result.err
