"""The random elements of a single link against the exact moments of their distributions."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import pytest
from scipy.special import ive

from lgt.kernels.lanes import as_bits, f64x8, i64x8, lane, load, store
from lgt.kernels.packed import aligned
from lgt.update._draw import Address, creutz, draw, draw_su2, draw_u1, small_creutz

DRAWS = 200_000
WORD, NUMBER, SEED, CHAIN = 1 << 16, 5, 11, 0


@numba.njit
def _many_su2(a: float, sites: int, out: int, done: Any, attempts: int) -> None:
    for k in range(done.size // 8):
        at = Address(as_bits(load(f64x8(0.0), sites + 64 * k)), i64x8(CHAIN), WORD, NUMBER, SEED)
        accepted, al, be = draw_su2(f64x8(a), at, attempts)
        for part, value in enumerate((al[0], al[1], be[0], be[1])):
            store(value, out + 64 * (4 * k + part))
        for j in range(8):
            done[8 * k + j] = lane(accepted, j)


@numba.njit
def _many_u1(kappa: float, sites: int, out: int, done: Any, attempts: int) -> None:
    for k in range(done.size // 8):
        at = Address(as_bits(load(f64x8(0.0), sites + 64 * k)), i64x8(CHAIN), WORD, NUMBER, SEED)
        accepted, phase = draw_u1(f64x8(kappa), at, attempts)
        store(phase[0], out + 64 * (2 * k))
        store(phase[1], out + 64 * (2 * k + 1))
        for j in range(8):
            done[8 * k + j] = lane(accepted, j)


def draws(many: Any, weight: float, count: int, attempts: int, parts: int) -> tuple[np.ndarray, np.ndarray]:
    """`count` draws at sites 0, 1, ..., shape (count, parts), and which of them were accepted."""
    sites, out = aligned((count,)).view(np.int64), aligned((count // 8, parts, 8))
    sites[:], done = np.arange(count), np.zeros(count, dtype=bool)
    many(weight, sites.ctypes.data, out.ctypes.data, done, attempts)
    return out.swapaxes(1, 2).reshape(count, parts), done


def su2_draws(a: float, count: int = DRAWS, attempts: int = 64) -> np.ndarray:
    """Accepted draws as unit four-vectors (x0, x1, x2, x3)."""
    values, done = draws(_many_su2, a, count, attempts, 4)
    return values[done][:, [0, 3, 2, 1]]


def u1_draws(kappa: float, count: int = DRAWS) -> np.ndarray:
    values, done = draws(_many_u1, kappa, count, 64, 2)
    assert done.all()
    return values[:, 0] + 1j * values[:, 1]


def pull(samples: np.ndarray, expected: float) -> float:
    """Deviation of a mean of independent samples, in its own standard errors."""
    return float((samples.mean() - expected) / (samples.std() / np.sqrt(samples.size)))


@pytest.mark.statistical
@pytest.mark.parametrize("a", [0.0, 1e-200, 1e-9, 0.1, 0.5, 1.5, 1.7, 4.0, 20.0, 3000.0])
def test_su2_has_its_exact_moments(a: float) -> None:
    x = su2_draws(a)
    assert len(x) == DRAWS
    np.testing.assert_allclose(np.sum(x**2, axis=1), 1.0, atol=1e-14)
    mean = ive(2, a) / ive(1, a) if a > 1e-100 else 0.0
    # <1 - x0^2> = 3 I2/(a I1), which tends to 3/4
    width = 3 * mean / a if a > 1e-8 else 0.75
    assert abs(pull(1 - x[:, 0], 1 - mean)) < 4
    assert abs(pull(1 - x[:, 0] ** 2, width)) < 4
    for i in (1, 2, 3):
        assert abs(pull(x[:, i], 0.0)) < 4
        assert abs(pull(x[:, i] ** 2, width / 3)) < 4
        assert abs(pull(x[:, i] * x[:, 1 + i % 3], 0.0)) < 4


@pytest.mark.statistical
def test_moments_reject_another_weight() -> None:
    # The negative control: the same test at a weight two per cent off fails.
    x0 = su2_draws(4.0)[:, 0]
    assert abs(pull(x0, ive(2, 4.08) / ive(1, 4.08))) > 4


@pytest.mark.statistical
@pytest.mark.parametrize(
    ("a", "acceptance"), [(0.1, 0.785), (0.5, 0.777), (1.0, 0.755), (2.0, 0.763), (20.0, 0.981)]
)
def test_acceptance_of_one_attempt(a: float, acceptance: float) -> None:
    # Creutz below 1.6, Kennedy-Pendleton above; what is accepted has the right distribution at any cap.
    count = 100_000
    x = su2_draws(a, count, attempts=1)
    spread = np.sqrt(acceptance * (1 - acceptance) / count)
    assert abs(len(x) / count - acceptance) < 4 * spread + 0.0005  # three digits in the table
    assert abs(pull(x[:, 0], ive(2, a) / ive(1, a))) < 4


@pytest.mark.statistical
@pytest.mark.parametrize("kappa", [0.0, 1e-200, 1e-12, 1e-3, 0.5, 2.0, 50.0, 1e6])
def test_u1_is_von_mises(kappa: float) -> None:
    phase = u1_draws(kappa)
    np.testing.assert_allclose(np.abs(phase), 1.0, atol=1e-14)
    ratio = ive(1, kappa) / ive(0, kappa)
    assert abs(pull(1 - phase.real, 1 - ratio)) < 4
    assert abs(pull(phase.imag, 0.0)) < 4
    # <sin^2> = I1/(kappa I0), which tends to 1/2
    assert abs(pull(phase.imag**2, ratio / kappa if kappa > 1e-8 else 0.5)) < 4


@numba.njit
def _many_creutz(a: float, sites: int, out: int, done: Any, attempts: int) -> None:
    for k in range(done.size // 8):
        at = Address(as_bits(load(f64x8(0.0), sites + 64 * k)), i64x8(CHAIN), WORD, NUMBER, SEED)
        weight = f64x8(a)
        delta, left = creutz(weight, weight >= 0.0, at, attempts)
        r1, r2 = draw(at, 0, 0)
        store(delta, out + 64 * (3 * k))
        store(r1, out + 64 * (3 * k + 1))
        store(r2, out + 64 * (3 * k + 2))
        for j in range(8):
            done[8 * k + j] = not lane(left, j)


def exact_creutz(a: float, r1: np.ndarray) -> np.ndarray:
    """``-ln(1 - (1 - r1) (1 - exp(-2a))) / a`` without cancellation for any a."""
    weight, spread = np.longdouble(a), 1 - r1.astype(np.longdouble)
    return -np.log1p(spread * np.expm1(-2 * weight)) / weight


@pytest.mark.parametrize("a", [1e-12, 1e-6, 1e-4, 0.999e-3, 1.001e-3, 0.01, 0.05, 0.3, 1.5])
def test_a_weak_draw_is_that_of_its_formula(a: float) -> None:
    """On both sides of the switch between logarithm and series, each with the digits it has there."""
    values, accepted = draws(_many_creutz, a, 512, 1, 3)
    delta, r1, _ = values[accepted].T
    assert len(delta) > 300
    # The logarithm of a number near 1 loses what a division by a makes large again.
    bound = 2e-14 if a < 1e-3 else 1e-15 / a + 1e-15
    assert np.abs(delta - exact_creutz(a, r1)).max() < bound


def test_the_series_of_a_weak_draw_has_five_right_terms() -> None:
    r1 = np.linspace(0, 0.99, 23)
    errors = [np.abs(small_creutz.py_func(a, 1 - r1) - exact_creutz(a, r1)).max() for a in (0.02, 0.04)]
    assert errors[0] < 1e-10
    assert 28 < errors[1] / errors[0] < 36  # what is left out is of the fifth power


def test_no_attempts_are_no_draw() -> None:
    for weight in (0.5, 5.0):
        assert not draws(_many_su2, weight, 8, 0, 4)[1].any()
        assert not draws(_many_u1, weight, 8, 0, 2)[1].any()
