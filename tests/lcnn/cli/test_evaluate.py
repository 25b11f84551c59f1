"""``lcnn evaluate`` on columns and flowed targets: the table, the figure, one JSON document."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lcnn.cli import main
from lgt.ensemble import Ensemble

Maker = Callable[..., Path]

RUN = """
out = "out"
[data]
ensembles = ["a.h5"]
target = "{target}"
cache = "cache"
test_chains = 1
[model]
name = "wilson_loop"
loop = "1x2"
size = "small"
[training]
epochs = {epochs}
learning_rate = 1e-2
threads = 1
batch = 10
dtype = "float64"
"""


def status(*arguments: object) -> int:
    with pytest.raises(SystemExit) as caught:
        main([str(a) for a in arguments])
    return int(caught.value.code or 0)


def write_labels(path: Path, ensemble: Path, shift: float = 0.0) -> None:
    """The mean of the real parts of all links of each configuration, scaled, beside its plaquette."""
    with Ensemble.open(ensemble) as source:
        places = np.argwhere(source.finished)
        means = [source.links(c, k).real.mean() + shift for c, k in places]
        plaquettes = [source.observable("plaquette")[c, k] for c, k in places]
    rows = [f"{c},{k},{m:.17g},{p:.6g}" for (c, k), m, p in zip(places, means, plaquettes, strict=True)]
    path.write_text("\n".join(["chain,config,Q,plaquette", *rows]))


def test_a_column_from_training_to_evaluation(
    make_ensemble: Maker,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    ours, larger = make_ensemble("a.h5"), make_ensemble("b.h5", lattice="6x8", seed=2)
    write_labels(Path("labels.csv"), ours)
    write_labels(Path("larger.csv"), larger, shift=0.5)
    run = RUN.format(target="labels.csv:Q", epochs=1)
    Path("run.toml").write_text(run)
    assert status("train", "run.toml") == 2
    assert "use per = 'configuration'" in capsys.readouterr().err
    Path("run.toml").write_text(run.replace("[model]", "per = 'configuration'\n[model]"))
    assert status("train", "run.toml") == 0
    assert not Path("cache").exists()  # nothing was computed
    capsys.readouterr()
    assert status("evaluate", "out", "a.h5") == 0
    heads = capsys.readouterr().out.splitlines()[1]
    assert re.split(" {2,}", heads.strip())[2] == "configuration"
    assert status("evaluate", "out", "b.h5") == 2
    assert "--target FILE:NAME" in capsys.readouterr().err
    assert status("evaluate", "out", "b.h5", "--target", "labels.csv:Q") == 2
    assert "plaquette" in capsys.readouterr().err
    assert status("evaluate", "out", "b.h5", "--target", "larger.csv:Q", "--json") == 0
    found = json.loads(capsys.readouterr().out)["6x8"]
    labels = np.genfromtxt("larger.csv", delimiter=",", names=True)["Q"]
    assert found["mse_mean"] == pytest.approx(labels.var(ddof=1))
    assert found["r2"] == pytest.approx(1 - found["mse"] / labels.var())
    assert found["r2_site"] is None


def test_a_flowed_target_from_training_to_evaluation(
    make_ensemble: Maker,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    make_ensemble("a.h5")
    make_ensemble("b.h5", lattice="6x8", seed=2)
    Path("run.toml").write_text(RUN.format(target="energy_plaquette@flow:0.5", epochs=1))
    assert status("train", "run.toml") == 0
    kept = sorted(Path("cache").iterdir())
    assert len(kept) == 3
    stamps = [path.stat().st_mtime_ns for path in kept]
    capsys.readouterr()
    words = ("evaluate", "out", "a.h5", "b.h5", "--cache", "cache", "--plot", "p.png")
    assert status(*words) == 0
    table = capsys.readouterr().out
    assert "R^2 per site" in table
    assert re.split(" {2,}", table.splitlines()[1].strip())[2] == "lattice average"
    assert table.count("\n") == 4
    assert Path("p.png").stat().st_size > 3000
    assert [path.stat().st_mtime_ns for path in kept] == stamps
    assert len(list(Path("cache").iterdir())) == 6
    assert status(*words[:-2], "--json") == 0
    found = json.loads(capsys.readouterr().out)
    for lattice in ("4x6", "6x8"):
        about = found[lattice]
        assert about["r2_site"] == pytest.approx(1 - about["mse_site"] / about["variance_site"])
