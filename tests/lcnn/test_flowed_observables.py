"""scripts/flowed_observables.py: its measure, its data and its networks."""

from __future__ import annotations

import importlib.util
import sys
from itertools import chain
from pathlib import Path
from types import ModuleType

import pytest
import torch
from torch import Tensor, nn

import lgt
from lcnn.models import build_model

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """The script as a module."""
    sys.path.insert(0, str(SCRIPTS))
    try:
        spec = importlib.util.spec_from_file_location("flowed_script", SCRIPTS / "flowed_observables.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(SCRIPTS))
    return module


class Looked(nn.Module):
    """Gives what the real part of one entry of the links says."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, links: Tensor) -> Tensor:
        return self.factor * links[:, :1, ..., 0, 0].real


def test_r2_is_one_for_the_truth_and_zero_for_the_mean(script):
    draw = torch.Generator().manual_seed(1)
    density = torch.randn(6, 2, 2, 2, 2, generator=draw, dtype=torch.float64)
    density -= density.mean()
    links = density[:, None, ..., None, None].expand(6, 4, 2, 2, 2, 2, 3, 3).to(torch.complex128)
    part = script.Part(links, {"q": density})
    for factor, expected in ((1.0, 1.0), (0.0, 0.0), (2.0, 0.0), (0.5, 0.75)):
        assert script.r2(Looked(factor), "q", part, (0.0, 1.0)) == pytest.approx(expected, abs=1e-5)


def test_the_parts_are_flowed_and_share_no_configuration(script, monkeypatch):
    monkeypatch.setattr(script, "EXTENTS", (2, 2, 2, 2))
    first, second = script.make_part(2, 2, 1), script.make_part(2, 2, 2)
    links = torch.cat([first.links, second.links]).flatten(1)
    assert len(torch.unique(torch.view_as_real(links).flatten(1), dim=0)) == 8
    for target, name in script.TARGETS.items():
        expected = lgt.parse_observable(name).density(first.links.numpy(), 4)
        torch.testing.assert_close(first.densities[target], torch.tensor(expected))
        plain = lgt.parse_observable(name.partition("@")[0]).density(first.links.numpy(), 4)
        assert not torch.allclose(first.densities[target], torch.tensor(plain))


def test_only_the_augmented_training_is_augmented_and_q_changes_sign(script):
    links = torch.ones(2, 4, 2, 2, 2, 2, 1, 1, dtype=torch.complex64)
    part = script.Part(links, dict.fromkeys(("action", "q"), torch.ones(2, 2, 2, 2, 2)))
    assert script.dataset(part, "q", 2, (0.0, 1.0), augment=False).augmentation is None
    for target in ("action", "q"):
        augmentation = script.dataset(part, target, 2, (0.0, 1.0), augment=True).augmentation
        assert augmentation.pseudoscalar == (target == "q")


def test_every_network_predicts_one_number_a_site(script):
    links = torch.ones(1, 4, 3, 3, 3, 3, 3, 3, dtype=torch.complex64)
    assert {kind for kind, _ in script.MODELS} == set(script.LABELS)
    for spec in chain(*script.MODELS.values()):
        assert build_model(spec).eval()(links).shape == (1, 1, 3, 3, 3, 3)
