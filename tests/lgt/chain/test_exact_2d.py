"""Derived quantities of generated ensembles against the exact solution in two dimensions."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from oracle.exact_2d import Torus
from scipy.integrate import quad

import lgt


def creutz(N: int, beta: float, volume: int) -> float:
    torus = Torus(N, beta, volume)
    return -math.log(torus.wilson(4) * torus.wilson(1) / torus.wilson(2) ** 2)


def susceptibility(beta: float) -> float:
    """``<theta_P^2> / (4 pi^2)``, of independent plaquettes: the torus adds (I_1 / I_0)^volume."""

    def moment(power: int) -> float:
        return float(quad(lambda x: x**power * math.exp(beta * math.cos(x)), -math.pi, math.pi)[0])

    return moment(2) / moment(0) / (2 * math.pi) ** 2


@pytest.mark.statistical
def test_creutz_ratio_of_su2(tmp_path: Path) -> None:
    """The area law of two dimensions; beta 10 % off is rejected."""
    beta, path = 3.0, tmp_path / "e.h5"
    run = {"lattice": "12x12", "configs": 600, "chains": 4, "separation": 2, "thermalise": 50}
    lgt.generate(lgt.RunConfig(group="SU2", beta=beta, out=path, measure=["creutz_2x2"], **run)).close()
    result = lgt.analyse(path, "creutz_2x2")["creutz_2x2"]
    assert result.error < 0.02
    assert abs(result.value - creutz(2, beta, 144)) < 4 * result.error
    assert abs(result.value - creutz(2, 0.9 * beta, 144)) > 4 * result.error


@pytest.mark.statistical
def test_topological_susceptibility_of_u1(tmp_path: Path) -> None:
    """chi_t of the geometric charge; beta 20 % off is rejected."""
    beta, path = 1.0, tmp_path / "e.h5"
    run = {"lattice": "12x12", "configs": 1500, "chains": 4, "separation": 1, "thermalise": 50}
    name = "topological_susceptibility"
    lgt.generate(lgt.RunConfig(group="U1", beta=beta, out=path, measure=[name], **run)).close()
    result = lgt.analyse(path, name)[name]
    exact = susceptibility(beta)
    assert result.error < 0.03 * exact
    assert abs(result.value - exact) < 4 * result.error
    assert abs(result.value - susceptibility(0.8 * beta)) > 4 * result.error
    with lgt.Ensemble.open(path) as ensemble:
        charges = ensemble.observable("topological_charge")
    assert np.abs(charges - charges.round()).max() < 1e-11
