"""The exact two-dimensional results against Weyl integrals by quadrature, limits and each other."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from oracle.exact_2d import Torus, dimension, times_conjugate, times_fundamental, weight
from scipy.special import iv

GROUPS = [1, 2, 3, 4, 5]


def eigenvalues(N: int, points: int) -> tuple[np.ndarray, np.ndarray]:
    """Angles (n, N) and normalised Haar weights (n,) of SU(N), or of U(1) for N = 1: periodic trapezium."""
    angle = 2 * np.pi * np.arange(points) / points
    if N == 1:
        return angle[:, None], np.full(points, 1 / points)
    free = np.stack(np.meshgrid(*[angle] * (N - 1), indexing="ij"), axis=-1).reshape(-1, N - 1)
    angles = np.concatenate([free, -free.sum(-1, keepdims=True)], axis=-1)
    measure = np.ones(len(angles))
    for i, j in combinations(range(N), 2):
        measure *= np.abs(np.exp(1j * angles[:, i]) - np.exp(1j * angles[:, j])) ** 2
    return angles, measure / measure.sum()


def single_plaquette(N: int, beta: float, function: object) -> complex:
    angles, measure = eigenvalues(N, {1: 96, 2: 96, 3: 64, 4: 48}.get(N, 28))
    boltzmann = measure * np.exp(beta / N * (np.cos(angles).sum(-1) - N))
    return complex((function(np.exp(1j * angles)) * boltzmann).sum())  # type: ignore[operator]


@pytest.mark.parametrize("N", GROUPS)
@pytest.mark.parametrize("per_colour", [0.1, 1.0, 2.5])
def test_infinite_volume_against_a_weyl_integral(N: int, per_colour: float) -> None:
    beta = per_colour * N
    z = single_plaquette(N, beta, lambda u: np.ones(len(u)))
    first = single_plaquette(N, beta, lambda u: u.real.mean(-1)) / z
    second = single_plaquette(N, beta, lambda u: u.real.mean(-1) ** 2) / z
    exact = Torus(N, beta)
    assert abs(weight((0,) * max(1, N - 1), N, beta) - z) < 1e-10
    assert abs(exact.plaquette - first) < 1e-10
    assert abs(exact.plaquette_slope - (second - first**2)) < 1e-10


@pytest.mark.parametrize("N", [2, 3, 4])
def test_the_coefficient_of_the_adjoint_against_a_weyl_integral(N: int) -> None:
    beta, rows = 1.3 * N, (2, *(1,) * (N - 2))
    assert dimension(rows) == N**2 - 1  # the adjoint
    # its character is |tr U|^2 - 1
    adjoint = single_plaquette(N, beta, lambda u: np.abs(u.sum(-1)) ** 2 - 1)
    assert abs(weight(rows, N, beta) - adjoint) < 1e-12


def test_known_limits() -> None:
    for beta in (0.3, 2.0, 7.0):
        assert abs(Torus(2, beta).plaquette - iv(2, beta) / iv(1, beta)) < 1e-13
        assert abs(Torus(1, beta).plaquette - iv(1, beta) / iv(0, beta)) < 1e-13
        assert abs(Torus(2, beta, 4096).plaquette - Torus(2, beta).plaquette) < 1e-12
        charges = np.arange(-60, 61)
        direct = (iv(charges, beta) ** 15 * (iv(charges - 1, beta) + iv(charges + 1, beta)) / 2).sum()
        assert abs(Torus(1, beta, 16).plaquette - direct / (iv(charges, beta) ** 16).sum()) < 1e-12
    # strong coupling: P = beta/(2 N^2) for N >= 3, beta/4 for SU(2), beta/2 for U(1)
    for N, slope in ((1, 1 / 2), (2, 1 / 4), (3, 1 / 18), (4, 1 / 32), (5, 1 / 50)):
        assert abs(Torus(N, 1e-4).plaquette / 1e-4 - slope) < 1e-4 * slope
    # weak coupling: 1 - P = (N^2-1)/(2 beta), and 1/(2 beta) for U(1)
    assert abs((1 - Torus(3, 200.0).plaquette) * 200 - 4) < 0.05
    assert abs((1 - Torus(1, 200.0).plaquette) * 200 - 0.5) < 0.01


def test_the_finite_size_effects_that_are_quoted_for_u1() -> None:
    assert 2e-7 < abs(Torus(1, 3.0, 64).plaquette - Torus(1, 3.0).plaquette) < 3e-7
    assert 6e-6 < abs(Torus(1, 4.0, 64).plaquette - Torus(1, 4.0).plaquette) < 8e-6


@pytest.mark.parametrize("N", GROUPS)
@pytest.mark.parametrize("volume", [4, 12, 64])
def test_the_formulas_agree_with_each_other(N: int, volume: int) -> None:
    beta = 1.6 * N
    exact = Torus(N, beta, volume)
    assert abs(exact.wilson(1) - exact.plaquette) < 1e-12
    assert abs(exact.polyakov(3) - exact.polyakov(volume - 3)) < 1e-12
    step = 1e-4
    slope = (Torus(N, beta + step, volume).plaquette - Torus(N, beta - step, volume).plaquette) / (2 * step)
    assert abs(exact.plaquette_slope - slope) < 1e-8
    wider = Torus(N, beta, volume, cutoff=max(irrep[0] for irrep in exact.irreps) + 1)
    assert abs(wider.plaquette - exact.plaquette) < 1e-12


@pytest.mark.parametrize("N", GROUPS)
def test_a_large_torus_obeys_the_area_law(N: int) -> None:
    exact, infinite = Torus(N, 1.1 * N, 400), Torus(N, 1.1 * N)
    for area in (1, 2, 6):
        assert abs(exact.wilson(area) - infinite.plaquette**area) < 1e-10
        assert abs(exact.polyakov(area) - infinite.polyakov(area)) < 1e-10


@pytest.mark.parametrize("N", [2, 3, 4, 5])
def test_products_with_the_fundamental_conserve_the_dimension(N: int) -> None:
    irreps = Torus(N, 1.0, 4, cutoff=3).irreps
    assert len(irreps) > 3
    for irrep in irreps:
        for product in (times_fundamental(irrep), times_conjugate(irrep)):
            assert sum(map(dimension, product)) == N * dimension(irrep)
        assert all(irrep in times_conjugate(grown) for grown in times_fundamental(irrep))


def test_one_plaquette_torus_of_su2_against_a_direct_integral() -> None:
    """Z = int dV dW exp(beta (1/2) tr V W V^+ W^+), where (1/2) tr = 1 - 2 rho sin^2 a, rho uniform."""
    beta, points = 2.7, 400
    angle = np.pi * (np.arange(points) + 0.5) / points
    haar = 2 / points * np.sin(angle) ** 2
    decay = 2 * beta * np.sin(angle) ** 2
    z = (haar * np.exp(beta) * -np.expm1(-decay) / decay).sum()
    torus = Torus(2, beta, 1)
    total = sum(torus.ratio(irrep) for irrep in torus.irreps)
    assert abs(total * weight((0,), 2, beta) * np.exp(beta) - z) < 1e-10 * z


def test_a_wrong_normalisation_of_beta_is_seen() -> None:
    """Negative control: the Weyl integral at another beta convention, beta instead of beta/N."""
    z = single_plaquette(3, 2.0 * 3, lambda u: np.ones(len(u)))
    wrong = single_plaquette(3, 2.0 * 3, lambda u: u.real.mean(-1)) / z
    assert abs(Torus(3, 2.0).plaquette - wrong) > 0.1
