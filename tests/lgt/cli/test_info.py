"""``lgt info``: facts of a file and of the installation."""

from __future__ import annotations

from pathlib import Path

import pytest

from lgt import __version__
from lgt.kernels import _cpu


def test_a_file(lgt, ensemble_file: Path) -> None:
    facts = lgt("info", ensemble_file, "--json").json
    expected = {"group": "SU2", "lattice": "4x6", "seed": 1, "chains": 2, "configs": 30, "finished": 60}
    assert expected.items() <= facts.items()
    assert facts["observables"] == ["plaquette"]
    assert facts["run"]["separation"] == 2
    text = lgt("info", ensemble_file).out
    assert "Wilson(beta=2.0)" in text
    assert "run.thermalise" in text


def test_measurements_are_named(lgt, ensemble_file: Path) -> None:
    assert lgt("measure", ensemble_file, "-o", "wilson_1x2").status == 0
    assert lgt("info", ensemble_file, "--json").json["measured"] == ["wilson_1x2"]


def test_the_installation(lgt) -> None:
    facts = lgt("info", "--json").json
    assert facts["lgt"] == __version__
    assert "plaquette" in facts["observables"]
    assert "wilson" in facts["actions"]
    assert facts["updates"] == ["heatbath", "metropolis", "hmc"]
    assert "omf4" in facts["integrators"]
    text = lgt("info").out
    assert "numpy" in text
    assert "wilson_RxT" in text


def test_a_slow_processor_is_told(lgt, monkeypatch: pytest.MonkeyPatch) -> None:
    for features, expected in (("+avx2,+fma", True), ("+avx,-fma", False)):
        monkeypatch.setattr(_cpu, "this_processor", lambda features=features: (features, "x86_64"))
        result = lgt("info", "--json")
        assert result.json["fused_multiply_add"] is expected
        assert ("50 times" in result.err) is not expected


def test_a_missing_file(lgt, tmp_path: Path) -> None:
    assert lgt("info", tmp_path / "none.h5").status == 2
