"""``lgt plot`` writes a picture, or says why not."""

from __future__ import annotations

from pathlib import Path

import pytest

from lgt.chain import generate
from lgt.config import RunConfig


@pytest.mark.parametrize(
    ("name", "signature"), [("x.png", b"\x89PNG"), ("x.pdf", b"%PDF"), ("x.svg", b"<?xml")]
)
def test_pictures(lgt, ensemble_file: Path, name: str, signature: bytes) -> None:
    out = ensemble_file.with_name(name)
    assert lgt("plot", ensemble_file, "--out", out).status == 0
    assert out.read_bytes().startswith(signature)
    assert out.stat().st_size > 5000


def test_another_observable(lgt, ensemble_file: Path) -> None:
    out = ensemble_file.with_name("x.png")
    refused = lgt("plot", ensemble_file, "--out", out, "--observable", "polyakov_abs")
    assert refused.status == 2
    assert "lgt measure" in refused.err
    assert lgt("measure", ensemble_file, "-o", "polyakov_abs").status == 0
    assert lgt("plot", ensemble_file, "--out", out, "--observable", "polyakov_abs").status == 0
    assert out.exists()


def test_one_at_a_time(lgt, ensemble_file: Path) -> None:
    out = ensemble_file.with_name("x.png")
    for words in (["-o", "plaquette,wilson_1x2"], ["-o", "plaquette", "-o", "wilson_1x2"]):
        result = lgt("plot", ensemble_file, "--out", out, *words)
        assert result.status == 2
        assert "one at a time" in result.err
    assert not out.exists()


def test_a_missing_folder_is_bad_input(lgt, ensemble_file: Path) -> None:
    result = lgt("plot", ensemble_file, "--out", ensemble_file.parent / "none" / "x.png")
    assert result.status == 2
    assert "no folder" in result.err
    assert "Errno" not in result.err


def test_it_warns_as_analyse_does(lgt, tmp_path: Path) -> None:
    path = tmp_path / "short.h5"
    generate(RunConfig(group="U1", lattice="4x6", beta=1.0, configs=6, separation=1, out=path)).close()
    warning = lgt("analyse", path).err
    assert "warning" in warning
    assert warning in lgt("plot", path, "--out", tmp_path / "x.png").err


def test_an_unknown_ending_is_refused_and_leaves_nothing(lgt, ensemble_file: Path) -> None:
    before = set(ensemble_file.parent.iterdir())
    result = lgt("plot", ensemble_file, "--out", ensemble_file.with_name("x.doc"))
    assert result.status == 2
    assert ".png" in result.err
    assert set(ensemble_file.parent.iterdir()) == before


def test_curves_and_scales(lgt, tmp_path: Path) -> None:
    path, out = tmp_path / "four.h5", tmp_path / "x.png"
    config = RunConfig(
        group="SU2", lattice="4x4x4x4", beta=2.3, configs=6, thermalise=20, separation=1, out=path
    )
    generate(config).close()
    names = ["t0_plaquette@flow:1:0.1", "topological_charge@flow:0.2:0.1", "energy_plaquette@flow:1:0.1"]
    assert lgt("measure", path, "-o", ",".join(names)).status == 0
    for name in names:
        result = lgt("plot", path, "--out", out, "-o", name)
        assert result.status == 0
        assert out.stat().st_size > 5000
        out.unlink()
    refused = lgt("plot", path, "--out", out, "-o", "creutz_2x2")
    assert refused.status == 2
    assert "plot wilson_2x2" in refused.err
    assert not out.exists()
