from __future__ import annotations

import json
from pathlib import Path

import h5py
import numpy as np
import pytest

import lgt
from lgt.cli import main
from lgt.ensemble import Ensemble, sidecar_path
from lgt.errors import EnsembleError

BREAKS = {
    "no version": lambda file: file.attrs.__delitem__("version"),
    "a text as version": lambda file: file.attrs.__setitem__("version", "one"),
    "other extents": lambda file: file.attrs.__setitem__("extents", [4, 4]),
    "another group": lambda file: file.attrs.__setitem__("group", "SU3"),
    "another beta": lambda file: file.attrs.__setitem__("beta", 3.0),
    "run is a list": lambda file: file.attrs.__setitem__("run", "[]"),
    "no plaquette": lambda file: file.__delitem__("observables/plaquette"),
    "no crc": lambda file: file.__delitem__("crc"),
    "no state": lambda file: file.__delitem__("state"),
    "no sweep": lambda file: file.__delitem__("state/sweep"),
    "a number for crc": lambda file: (file.__delitem__("crc"), file.__setitem__("crc", 1)),
    "an empty crc": lambda file: (file.__delitem__("crc"), file.__setitem__("crc", h5py.Empty("i8"))),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "e.h5"
    run = {"group": "SU2", "lattice": "3x4", "beta": 2.0, "configs": 2, "thermalise": 1, "separation": 1}
    lgt.generate(lgt.RunConfig(out=path, **run)).close()
    return path


@pytest.mark.parametrize("name", BREAKS)
def test_every_command_names_a_broken_schema(
    path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    with h5py.File(path, "r+") as file:
        BREAKS[name](file)
    file = str(path)
    commands = [
        ["info", file],
        ["analyse", file],
        ["measure", file, "-o", "wilson_1x2"],
        ["plot", file, "-o", "plaquette", "--out", f"{file}.png"],
        ["generate", "--out", file, "--resume"],
    ]
    for words in commands:
        with pytest.raises(SystemExit) as caught:
            main(words)
        out, err = capsys.readouterr()
        assert (caught.value.code, out) == (2, ""), words
        assert "broken schema" in err
        assert err.count("\n") == 1
    with pytest.raises(SystemExit) as caught:
        main(["verify", "--json", file])
    (report,) = json.loads(capsys.readouterr().out)
    assert (caught.value.code, report["ok"]) == (1, False)
    assert "broken schema" in report["reason"]


def test_broken_measurements(path: Path) -> None:
    for values in (np.zeros(2), np.zeros((2, 2, 1)), np.zeros((3, 3, 3))):
        with h5py.File(sidecar_path(path), "w") as file:
            file.attrs.update({"format": "lgt-measurements", "version": 1, "ensemble": path.name})
            file["crc"] = values
            file["observables/wilson_1x2"] = values[0]
        with Ensemble.open(path) as ensemble, pytest.raises(EnsembleError, match="it damaged"):
            ensemble.observable("wilson_1x2")
