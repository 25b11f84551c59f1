"""The log of a batch job: the first line, about one a second, and the last."""

from __future__ import annotations

import pytest

from lgt.chain import Progress
from lgt.cli._display import display


def event(text: str) -> Progress:
    return Progress(0, 0, 0, 0, text)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.001, [1, 300]), (0.25, [1, *range(5, 300, 4), 300]), (1.5, list(range(1, 301)))],
)
def test_lines(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, seconds: float, shown: list[int]
) -> None:
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    with display() as show:
        show(event("begin"))
        for number in range(1, 301):
            show(event(f"configuration {number}"))
            show(event(""))
            now[0] += seconds
        show(event("warning: w"))
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "begin"
    assert "warning: w" in lines
    assert [int(line.split()[1]) for line in lines if line.startswith("configuration")] == shown


def test_the_last_line_comes_after_an_error_too(capsys: pytest.CaptureFixture[str]) -> None:
    def fails() -> None:
        with display() as show:
            for number in range(3):
                show(event(f"configuration {number}"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    assert capsys.readouterr().err == "configuration 0\nconfiguration 2\n"


def test_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    with display(quiet=True) as show:
        for text in ("begin", "configuration 1", "warning: w", "note: n", ""):
            show(event(text))
    assert capsys.readouterr().err == "warning: w\nnote: n\n"
