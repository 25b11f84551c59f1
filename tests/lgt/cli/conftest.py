"""What the tests of commands share: a small ensemble, and a way to run ``lgt``."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lgt.chain import generate
from lgt.cli import main
from lgt.config import RunConfig


@dataclass(frozen=True)
class Result:
    """What a command did."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Lgt = Callable[..., Result]


@pytest.fixture
def lgt(capsys: pytest.CaptureFixture[str]) -> Lgt:
    """Run ``lgt`` with these words."""

    def run(*words: object) -> Result:
        status = 0
        try:
            main([str(word) for word in words])
        except SystemExit as end:
            status = int(end.code or 0)
        return Result(status, *capsys.readouterr())

    return run


@pytest.fixture(scope="session")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ensemble") / "ens.h5"
    config = RunConfig(
        group="SU2", lattice="4x6", beta=2.0, configs=30, chains=2, thermalise=20, separation=2, out=path
    )
    generate(config).close()
    return path


@pytest.fixture
def ensemble_file(_made: Path, tmp_path: Path) -> Path:
    """An ensemble of 2 chains of 30 configurations, SU(2) on 4x6 at beta 2, a fresh copy for each test."""
    return Path(shutil.copy(_made, tmp_path / "ens.h5"))
