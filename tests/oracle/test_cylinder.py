"""The exact strip held to its limits and to a direct sum."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from oracle import cylinder
from oracle.exact_2d import Torus


def test_without_rectangles_plaquettes_are_free() -> None:
    assert cylinder.plaquette(2.0, 1.3, 0.0, 3, 6) == pytest.approx(Torus(1, 2.6).plaquette, abs=1e-7)


@pytest.mark.parametrize("c1", [-0.3, 0.2])
def test_against_a_direct_sum(c1: float) -> None:
    """Two columns, two rows of plaquettes; around two columns every pair is counted twice."""
    beta, c0, theta = 1.5, 1.2, 2 * np.pi * np.arange(20) / 20
    a, b, c, d = np.meshgrid(theta, theta, theta, theta, indexing="ij")
    rectangles = 2 * np.cos(a + b) + 2 * np.cos(c + d) + np.cos(a + c) + np.cos(b + d)
    plaquettes = sum(np.cos(angle) for angle in (a, b, c, d))
    weight = np.exp(beta * (c0 * plaquettes + c1 * rectangles))
    expected = (weight * plaquettes).sum() / weight.sum() / 4
    assert cylinder.plaquette(beta, c0, c1, 2, 3) == pytest.approx(expected, abs=1e-7)


def test_the_grid_is_fine_enough() -> None:
    for (c0, c1, beta), source in product([(5 / 3, -1 / 12, 2.0), (12.2552, -1.4069, 0.3)], (0.0, 1e-4)):
        coarse, fine = (
            cylinder.log_partition(beta, c0, c1, 3, 8, source=source, grid=grid) for grid in (32, 48)
        )
        # The sum over a grid counts its points: (48 / 32)^3 a row.
        assert fine - coarse == pytest.approx(7 * 3 * np.log(48 / 32), abs=1e-9)
