"""The script that makes all checks: its figures, and that it fails where a check or a control does."""

from __future__ import annotations

import importlib.util
import json
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
from statistical import checks, dynamics, samplers

SCRIPTS = Path(__file__).resolve().parent.parent / "scripts"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    spec = importlib.util.spec_from_file_location("physics_checks", SCRIPTS / "physics_checks.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "physics_checks", module)
    spec.loader.exec_module(module)
    return module


def test_it_makes_every_check_once_and_a_part_of_each_kind_when_quick(script: ModuleType) -> None:
    made = [str(check) for these in script.KINDS.values() for check in these]
    known = [str(check) for check in (*checks.CHECKS, *samplers.CHECKS, *dynamics.CHECKS)]
    assert sorted(made) == sorted(known)
    assert len(made) > 150
    few = script.QUICK
    assert all(set(map(str, few[kind])) <= set(map(str, script.KINDS[kind])) for kind in few)
    assert 20 < sum(map(len, few.values())) < 60


@pytest.mark.parametrize(
    ("tolerance", "status", "missed"),
    [(1e-8, 0, 0), (1e-30, 1, 0), (1e9, 1, 2)],
    ids=["right", "off", "blind"],
)
def test_figures_and_exit_status(
    script: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tolerance: float,
    status: int,
    missed: int,
) -> None:
    forces = [replace(force, tolerance=tolerance) for force in dynamics.FORCES[:2]]
    monkeypatch.setattr(script, "KINDS", {"force": forces})
    monkeypatch.setattr(sys, "argv", ["physics_checks.py", "--json", str(tmp_path / "out.json")])
    assert script.main() == status
    found = json.loads((tmp_path / "out.json").read_text())
    assert found["checks"] == found["controls"] == found["checks_force"] == 2
    assert found["controls_missed"] == missed
    assert found["controls_rejected"] == 2 - missed
    assert (found["worst_pull"] > 4) == (tolerance == 1e-30)
    assert all(found[f"_{name}"] != "" for name in ("machine", "commit", "date", "minutes"))
    assert capsys.readouterr().out.count("FAIL") == 2 * status
