"""The committed configuration flowed anew, held to an integration that shares no code with the package."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from lgt.clover import energy_clover, energy_plaquette
from lgt.gradient_flow import flow_history
from lgt.interop import read_configuration
from lgt.observable import parse_observable

DATA = Path(__file__).resolve().parents[2] / "data"
STEP = 0.02


def numbers(flow: str, times: list[float], step: float) -> dict[str, float]:
    links = read_configuration(DATA / "configurations" / "su3_4x4x4x6_b6.0.ildg").links
    charge, found = parse_observable("topological_charge"), {}
    for t, flowed in flow_history(links, times, action=flow, step=step):
        found[f"{flow}_energy_plaquette_{t}"] = float(energy_plaquette(flowed).mean())
        found[f"{flow}_energy_clover_{t}"] = float(energy_clover(flowed).mean())
        found[f"{flow}_charge_{t}"] = float(charge.value(flowed))
    return found


@pytest.mark.parametrize(("flow", "times"), [("wilson", [0.0, 0.2, 0.5, 1.0, 2.0]), ("symanzik", [0.0, 0.2])])
def test_energies_and_charge_along_the_flow(flow: str, times: list[float]) -> None:
    committed = json.loads((DATA / "results" / "reflow.json").read_text())
    expected = {key: value for key, value in committed.items() if key.startswith(f"{flow}_")}
    found = numbers(flow, times, STEP)
    assert found.keys() == expected.keys()
    assert len(found) == 3 * len(times)
    for key, value in expected.items():
        assert abs(found[key] - value) <= 1e-10, key
    # The control: another step is seen, where the flow has begun.
    other = numbers(flow, times, STEP / 2)
    assert all(abs(other[key] - value) > 1e-10 for key, value in expected.items() if not key.endswith("_0.0"))


def test_the_configuration_is_the_one_described() -> None:
    found = read_configuration(DATA / "configurations" / "su3_4x4x4x6_b6.0.ildg")
    assert found.links.shape == (4, 4, 4, 4, 6, 3, 3)
    plaquette = 1 - energy_plaquette(found.links).mean() / 36
    assert plaquette == pytest.approx(0.581558, abs=1e-6)
    assert np.abs(energy_plaquette(found.links)).min() > 1
