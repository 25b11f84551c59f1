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


def test_every_command_of_the_readme_exists() -> None:
    from typer.main import get_command

    from lcnn.cli import app as lcnn_app
    from lgt.cli import app as lgt_app

    commands = {"lgt": get_command(lgt_app), "lcnn": get_command(lcnn_app)}
    named = re.findall(r"^(lgt|lcnn) (\w+)", "\n".join(blocks("bash")), flags=re.MULTILINE)
    assert len(named) >= 3
    for program, command in named:
        assert command in commands[program].commands  # type: ignore[attr-defined]
