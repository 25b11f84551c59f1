"""The demo's whole path, in its smallest version."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parent.parent / "scripts" / "demo.py"


@pytest.mark.slow
def test_the_quick_demo_leaves_everything_and_its_figures_are_in_order(tmp_path: Path) -> None:
    out = tmp_path / "results"
    done = subprocess.run(
        [sys.executable, SCRIPT, "--quick", "--out", out],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("\n") > 10, "progress is shown"
    found = json.loads((out / "results.json").read_text())
    names = [f"mse_{key}_{size}" for key in ("lcnn", "cnn", "trace", "beta", "mean") for size in (8, 16)]
    names += [f"attack_{kind}_{key}" for kind in ("random", "adversarial") for key in ("cnn", "lcnn")]
    assert all(math.isfinite(found[name]) and found[name] > 0 for name in names)
    assert all(found[f"_{name}"] for name in ("machine", "commit", "date", "minutes"))
    for size in (8, 16):
        assert found[f"mse_lcnn_{size}"] < found[f"mse_beta_{size}"] / 1000
        assert found[f"mse_beta_{size}"] < found[f"mse_mean_{size}"] / 5
    assert found["attack_adversarial_lcnn"] < 1e-5 < 1e-2 < found["attack_random_cnn"]
    assert found["attack_random_cnn"] < found["attack_adversarial_cnn"]
    assert len(list((out / "ensembles").glob("*.h5"))) == 9
    assert {p.name for p in out.glob("*.png")} == {
        "parity.png",
        "loss.png",
        "volume_transfer.png",
        "attack.png",
    }
    assert "L-CNN" in (out / "results.txt").read_text()
