"""The networks of scripts/topological_charge.py: the committed ones on fresh links, and one made by hand."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

from lcnn.checkpoint import load_model
from lcnn.models import build_model
from lcnn.models.global_symmetry import GLCNN
from lgt.field import space_transform, space_transform_sites
from lgt.group import SU, SignedPermutation, plane_vectors

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "data" / "checkpoints" / "topological_charge"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """The script as a module."""
    path = ROOT / "scripts" / "topological_charge.py"
    sys.path.insert(0, str(path.parent))
    try:
        spec = importlib.util.spec_from_file_location("topological_charge_script", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(path.parent))
    return module


@pytest.fixture(scope="module")
def links(script: ModuleType) -> torch.Tensor:
    """Two configurations, of couplings that no network was trained at."""
    found: torch.Tensor = script.make_links((0.8, 2.3), "3x4x5x4", 1, seed=77)
    return found


def test_q_plaq_variance_of_independent_links(script: ModuleType) -> None:
    """9 / (64 pi^4) at beta = 0: each of the three products has a third of it."""
    U = SU(2).haar(np.random.default_rng(1), (8, 4, 6, 6, 6, 6))
    q = np.stack([script.q_plaq(one) for one in U])
    exact = 9 / (64 * np.pi**4)
    assert abs(q.var() / exact - 1) < 0.05
    assert abs(q.mean()) < 5 * (exact / q.size) ** 0.5


@pytest.mark.parametrize(
    ("name", "lowest", "highest"),
    [
        ("plain_plaq", 0.0, 1e-4),
        ("det_clover", 0.0, 1e-8),
        ("mean_clover", 0.95, 2.0),
        ("det_plaq", 0.9, 1.0),
    ],
)
def test_committed_networks_on_fresh_links(
    script: ModuleType, links: torch.Tensor, name: str, lowest: float, highest: float
) -> None:
    """They reach what the figures say, or, the controls, do not."""
    model, about = load_model(KEPT / f"{name}.toml")
    assert about["label"] == script.TASKS[name].label
    assert about["scale"] == script.SCALE
    assert lowest <= script.error(model, links, about["label"]) <= highest


def by_hand(script: ModuleType, pool: str) -> GLCNN:
    """The clover q as a network: channels P(x; r0, r1) and P(x; r2, r3), their product, pooled."""
    model = build_model({**script.GROUP, "pool": pool}).to(torch.float64)
    assert isinstance(model, GLCNN)
    assert model.lift.plaquettes is not None
    lift, bilinear = model.lift.plaquettes, model.get_parameter("bilinears.0.layer.weight")
    identity = model.group.index(model.group.identity)
    axes, pairs = np.eye(4, dtype=int), plane_vectors(4)
    with torch.no_grad():
        for weight in model.parameters():
            weight.zero_()
        for channel, (v, w) in enumerate(((0, 1), (2, 3))):
            (plane,) = (k for k, pair in enumerate(pairs) if np.array_equal(pair, axes[[v, w]]))
            lift.weight[channel, 0, lift.labels[identity, 0, plane]] = 1.0
        bilinear[0, 0, 1] = 1.0
        model.head.linear.weight[0, 0] = 1.0
    return model.eval()


def _ratio(output: torch.Tensor, q: torch.Tensor) -> float:
    """What the best multiple of the output leaves of the variance of q."""
    factor = (output * q).sum() / output.square().sum()
    return float((factor * output - q).square().mean() / q.var())


def test_one_bilinear_layer_is_the_clover_charge(script: ModuleType, links: torch.Tensor) -> None:
    """With the factor -3 / (4 pi^2): -1 from i^2, 3 as pooling averages the three pairs of planes."""
    q, one_leaf = script.labels(links, "clover"), script.labels(links, "q_plaq")
    with torch.no_grad():
        out, mean = by_hand(script, "det")(links)[:, 0], by_hand(script, "mean")(links)[:, 0]
    torch.testing.assert_close(-3 / (4 * np.pi**2) * script.SCALE * out, q, rtol=1e-12, atol=1e-12)
    assert _ratio(out, one_leaf) > 0.9
    assert _ratio(mean - mean.mean(), q) > 0.95


def test_clover_is_a_pseudoscalar_and_one_leaf_is_not(script: ModuleType, links: torch.Tensor) -> None:
    """q[gU](g x) = -q[U](x) for a reflection g: why a det net learns one of them alone."""
    g = SignedPermutation((0, 1, 2, 3), (-1, 1, 1, 1))
    moved = torch.from_numpy(space_transform(links.numpy(), g))
    for label, holds in (("clover", True), ("q_plaq", False)):
        expected = -space_transform_sites(script.labels(links, label).numpy(), g, d=4, trailing=0)
        assert np.allclose(script.labels(moved, label).numpy(), expected, rtol=0, atol=1e-10) == holds
