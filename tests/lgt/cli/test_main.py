from __future__ import annotations

import math
import os
import subprocess
import sys

import numpy as np
import pytest
import typer

import lgt
from lgt import cli
from lgt.cli._output import emit_json
from lgt.errors import CheckError, LgtError, StoppedError, StorageError


def status(*words: str) -> int:
    with pytest.raises(SystemExit) as caught:
        cli.main(words)
    assert isinstance(caught.value.code, int)
    return caught.value.code


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert status("--version") == 0
    assert capsys.readouterr().out == f"lgt {lgt.__version__}\n"


@pytest.mark.parametrize("words", [[], ["nope"], ["--nope"], ["generate", "--beta"]])
def test_wrong_words(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    assert status(*words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("lgt: error: ")
    assert err.count("\n") == 1
    assert "--help" in err


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (CheckError("a", "b", "c"), 1, "a: found b; c"),
        (StorageError("a", "b", "c"), 4, "a: found b; c"),
        (PermissionError(13, "Permission denied", "x.h5"), 4, "lgt: error: x.h5: Permission denied"),
        (MemoryError("8 TiB"), 2, "memory"),
    ],
)
def test_errors_become_one_line_and_their_status(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    code: int,
    text: str,
) -> None:
    app = typer.Typer()

    @app.callback()
    def callback() -> None: ...

    @app.command()
    def fails() -> None:
        raise error

    @app.command()
    def leaves() -> None:
        raise typer.Exit(code)

    monkeypatch.setattr(cli, "app", app)
    assert status("fails") == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("lgt: error: ")
    assert text in err
    assert err.count("\n") == 1
    assert status("leaves") == code
    assert isinstance(error, LgtError) or code in (2, 4)


def test_a_stop_is_no_error(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    app = typer.Typer()

    @app.callback()
    def callback() -> None: ...

    @app.command()
    def stops() -> None:
        raise StoppedError("the run of e.h5", "it stopped by SIGTERM after\nsweep 3 of 9", "resume with: x")

    monkeypatch.setattr(cli, "app", app)
    assert status("stops") == 3
    assert capsys.readouterr() == ("", "lgt: stopped by SIGTERM after sweep 3 of 9; resume with: x\n")


@pytest.mark.parametrize(
    "words",
    [
        ["generate", "--lattice", "8", "8", "--beta", "2.0"],
        ["generate", "--beta", "2.0", "--lattice", "8", "8", "16"],
        ["generate", "--lattice=8", "8"],
        ["verify", "ens.h5", "--lattice", "8", "8"],
    ],
)
def test_extents_with_spaces(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    assert status(*words) == 2
    joined = "8x8x16" if "16" in words else "8x8"
    assert capsys.readouterr().err.endswith(f"write --lattice {joined}\n")


def test_other_errors_keep_their_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    app = typer.Typer()

    @app.callback()
    def callback() -> None: ...

    @app.command()
    def fails() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(cli, "app", app)
    with pytest.raises(ZeroDivisionError):
        cli.main(["fails"])


def test_json_of_numpy_and_of_what_json_cannot_hold(capsys: pytest.CaptureFixture[str]) -> None:
    emit_json({"a": np.float64(0.5), "b": np.arange(2), "c": (math.nan, math.inf, None, True), 4: lgt.SU(2)})
    assert capsys.readouterr().out == '{"a": 0.5, "b": [0, 1], "c": [null, null, null, true], "4": "SU(2)"}\n'


def test_a_fresh_interpreter_shows_help_without_heavy_imports() -> None:
    code = (
        "import sys, lgt.cli\n"
        "try:\n    lgt.cli.main(['--help'])\n"
        "except SystemExit as end:\n    assert end.code == 0\n"
        "heavy = {'numba', 'h5py', 'scipy', 'pyerrors', 'matplotlib', 'pydantic'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert "generate" in run.stdout


def test_a_closed_pipe_is_silent() -> None:
    run = subprocess.Popen(
        [sys.executable, "-c", "import lgt.cli, sys; sys.stdin.read(); lgt.cli.main(['--version'])"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert run.stdout is not None
    run.stdout.close()
    run.stdout = None
    _, err = run.communicate()
    assert err == ""
    assert run.returncode == 1


def test_module_and_completion() -> None:
    environment = {**os.environ, "_LGT_COMPLETE": "complete_bash", "COMP_WORDS": "lgt gen", "COMP_CWORD": "1"}
    run = subprocess.run(
        [sys.executable, "-m", "lgt"], env=environment, capture_output=True, text=True, check=False
    )
    assert "generate" in run.stdout
