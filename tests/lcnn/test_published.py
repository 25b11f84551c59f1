"""The committed L-CNNs of scripts/wilson_loops.py, on configurations that nobody has seen."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from lcnn.checkpoint import load_model
from lcnn.evaluate import Evaluation, evaluate_files
from lgt.chain import generate
from lgt.config import RunConfig

FOLDER = Path(__file__).resolve().parents[2] / "data" / "checkpoints" / "wilson_loops"
# The Letter's column (arXiv:2012.12901, Fig. 3), and what float64 is to reach.
BOUNDS = {
    "float32-1x1": 2.2e-11, "float32-1x2": 2.1e-9, "float32-2x2": 1.1e-8, "float32-4x4": 1.4e-7,
    "float64-1x1": 1e-22, "float64-1x2": 1e-22, "float64-2x2": 1e-16, "float64-4x4": 1e-8,
}  # fmt: skip


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("fresh")
    paths = []
    for k in range(10):  # the couplings of the script: errors grow with beta
        beta = 0.1 + 5.9 * k / 9
        for extents, configs in (("8x8", 20), ("16x16", 4)):
            paths.append(folder / f"{k}-{extents}.h5")
            keys = {"lattice": extents, "beta": beta, "configs": configs, "seed": 7000 + k, "threads": 1}
            generate(RunConfig(group="SU2", out=str(paths[-1]), **keys)).close()
    return paths


def errors(model: nn.Module, metadata: dict[str, object], fresh: list[Path]) -> list[Evaluation]:
    found = evaluate_files(model, metadata, fresh)
    assert [e.lattice for e in found] == ["8x8", "16x16"]
    assert {e.chains for e in found} == {"all"}, "none of them was trained on"
    return found


def test_every_committed_network_is_held_to_a_bound() -> None:
    assert {path.stem for path in FOLDER.glob("*.toml")} == set(BOUNDS)
    assert all(path.stat().st_size < 100_000 for path in FOLDER.iterdir())


@pytest.mark.parametrize("name", BOUNDS)
def test_a_published_network_predicts_fresh_configurations_and_one_that_is_off_does_not(
    name: str, fresh: list[Path]
) -> None:
    model, metadata = load_model(FOLDER / f"{name}.toml")
    precision, loop = name.split("-")
    assert metadata["training"]["dtype"] == precision
    assert metadata["target"] == f"wilson_{loop}"
    small, large = errors(model, metadata, fresh)
    for found in (small, large):
        squares = (found.predicted - found.target) ** 2
        assert squares.mean() == pytest.approx(found.mse)
        # The bound is one of the expectation: fresh configurations scatter around it.
        assert found.mse <= BOUNDS[name] + 4 * squares.std() / len(squares) ** 0.5
    committed = float(metadata["validation"])  # of the same kind, at every site
    for found in (small, large):
        assert found.mse_site is not None
        assert committed / 5 < found.mse_site < committed * 5
    with torch.no_grad():
        for weight in model.parameters():
            weight *= 1.001
    assert errors(model, metadata, fresh)[0].mse > 10 * BOUNDS[name]
