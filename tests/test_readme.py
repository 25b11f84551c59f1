"""The README's Python code runs, in order, in one session, as a reader would paste it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def blocks(language: str) -> list[str]:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)


def test_the_quick_start_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    codes = blocks("python")
    assert len(codes) >= 3
    session: dict[str, object] = {"__name__": "readme"}
    for code in codes:
        exec(compile(code, "README.md", "exec"), session)


def test_the_table_of_names_is_complete_and_true() -> None:
    from lgt.action import ACTIONS
    from lgt.observable import FAMILIES, parse_quantity
    from lgt.smear import SMEARINGS
    from lgt.update import INTEGRATORS, UPDATES

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = {
        option: re.findall(r"`([^`]+)`", names)
        for option, names in re.findall(r"^\| (`?[-a-z ]+`?) \| (`.*|of `.*) \|$", text, flags=re.MULTILINE)
    }
    assert set(ACTIONS) <= set(rows["`--action`"])
    assert set(UPDATES) <= set(rows["`--update`"])
    assert rows["`--integrator`"][1:] == list(INTEGRATORS)
    numbers = {"RHO": "0.1", "ALPHA": "0.5", "TMAX": "2", "DT": "0.1", "RxT": "2x2", "NAME": "plaquette"}
    values = numbers | {"xN": "x3", ":N": ":3", ":T": ":1.5"}
    found = []
    for name in rows["`--observable`"] + rows["on smeared links"] + rows["derived"]:
        written = name
        for letter, value in values.items():
            written = written.replace(letter, value)
        found.append(type(parse_quantity(written)))
    assert len(found) == 23
    assert {family.__name__ for family in FAMILIES} - {each.__name__ for each in found} <= {"UserObservable"}
    smeared = " ".join(rows["on smeared links"])
    assert all(family.pattern.split(":")[0] in smeared for family in SMEARINGS)


def test_every_command_of_the_readme_exists() -> None:
    from typer.main import get_command

    from lcnn.cli import app as lcnn_app
    from lgt.cli import app as lgt_app

    commands = {"lgt": get_command(lgt_app), "lcnn": get_command(lcnn_app)}
    named = re.findall(r"^(lgt|lcnn) (\w+)", "\n".join(blocks("bash")), flags=re.MULTILINE)
    assert len(named) >= 3
    for program, command in named:
        assert command in commands[program].commands  # type: ignore[attr-defined]
