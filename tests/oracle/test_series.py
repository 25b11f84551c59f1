"""The series against their published coefficients and against each other's limits."""

from __future__ import annotations

import numpy as np
import pytest
from oracle.exact_2d import Torus
from oracle.series import strong, weak


def test_strong_coupling_of_u1_in_four_dimensions() -> None:
    """P = b/2 - b^3/16 + 0.1354167 b^5."""
    for beta in (0.05, 0.1, 0.2):
        known = beta / 2 - beta**3 / 16 + 0.1354167 * beta**5
        assert abs(strong(1, beta, 4).value - known) < 0.5 * beta**7


def test_strong_coupling_of_su2_in_four_dimensions() -> None:
    """P = u + 4 u^5 - 8 u^7 + O(u^9)."""
    for beta in (0.1, 0.3, 0.6):
        u = Torus(2, beta).plaquette
        assert abs(strong(2, beta, 4).value - (u + 4 * u**5 - 8 * u**7)) < 100 * u**9


@pytest.mark.parametrize("N", [1, 2, 3, 4])
@pytest.mark.parametrize("D", [2, 3, 4])
def test_the_first_correction_is_that_of_cubes(N: int, D: int) -> None:
    beta = {1: 0.02, 2: 0.04, 3: 0.2, 4: 0.4}[N]
    u = Torus(N, beta).plaquette
    correction = strong(N, beta, D).value - u
    assert abs(correction - 2 * (D - 2) * u**5) <= 0.2 * u**5  # SU(3) has a term u^6


def test_weak_coupling_of_su3() -> None:
    """1 - P = 2/b + 1.22080/b^2 + 2.96051/b^3 + 9.4/b^4."""
    for beta in (12.0, 16.0, 30.0):
        known = 1 - 2 / beta - 1.2208 / beta**2 - 2.96051 / beta**3 - 9.4 / beta**4
        assert abs(weak(3, beta, 10**9).value - known) < 0.5 / beta**4


def test_the_errors_grow_away_from_the_limit() -> None:
    assert np.all(np.diff([strong(2, beta, 4).error for beta in (0.3, 0.6, 0.9)]) > 0)
    assert np.all(np.diff([weak(2, beta, 4096).error for beta in (12.0, 8.0, 6.0)]) > 0)
    assert strong(2, 0.9, 4).error < 1e-4
    assert weak(3, 12.0, 4096).error < 3e-4
