"""Estimates against AR(1) series of known autocorrelation time and a direct sum of the autocorrelation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from oracle.autoregressive import ar1

from lgt.analysis import (
    Estimate,
    autocorrelation,
    chain_warning,
    derive,
    estimate,
    in_brackets,
    ratio,
)
from lgt.errors import InputError, PhysicsError, ShapeError


def tau_of(rho: float) -> float:
    return (1 + rho) / (2 * (1 - rho))


@pytest.mark.parametrize(("rho", "chains"), [(0.0, 1), (0.5, 1), (0.8, 4), (0.9, 2)])
def test_ar1_within_four_sigma(rho: float, chains: int) -> None:
    n = 40_000 // chains
    result = estimate(ar1(np.random.default_rng(5), rho, (chains, n)) + 3.0)
    exact_error = math.sqrt(2 * tau_of(rho) / (n * chains))
    assert abs(result.tau_int - tau_of(rho)) < 4 * max(result.tau_int_error, 1e-3)
    assert abs(result.value - 3.0) < 4 * result.error
    assert abs(result.error / exact_error - 1) < 0.15
    assert (result.n, result.chains, result.closed) == (n * chains, chains, True)


def test_the_errors_cover_the_truth() -> None:
    """Over many series the pulls of the mean have unit width: the errors are neither small nor large."""
    rng = np.random.default_rng(11)
    results = [estimate(ar1(rng, 0.7, (2, 600))) for _ in range(150)]
    width = np.std([r.value / r.error for r in results])
    assert 0.8 < width < 1.25


def test_direct_sum_of_the_autocorrelation() -> None:
    """The window's sum, done again by hand from the definition, with Wolff's bias correction."""
    x = ar1(np.random.default_rng(3), 0.6, (3000,))
    window = autocorrelation(x).window
    y, n = x - x.mean(), x.size
    gamma = [float((y[: n - lag] * y[lag:]).sum()) / (n - lag) for lag in range(window + 1)]
    assert window > 2
    tau = (0.5 + sum(gamma[1:]) / gamma[0]) * (1 + (2 * window + 1) / n) / (1 + 1 / n)
    error = math.sqrt(2 * tau * gamma[0] * (1 + 1 / n) / n)
    result = estimate(x)
    assert abs(result.tau_int - tau) < 1e-10
    assert abs(result.error - error) < 1e-12
    assert np.allclose(autocorrelation(x).rho[: window + 1], np.array(gamma) / gamma[0], atol=1e-12)


def test_forgetting_the_autocorrelation_is_seen() -> None:
    """Negative control: the naive error of the same series misses the right one by sqrt(2 tau) = 3."""
    x = ar1(np.random.default_rng(3), 0.8, (20_000,))
    naive = x.std() / math.sqrt(x.size)
    exact = math.sqrt(2 * tau_of(0.8) / x.size)
    assert abs(naive / exact - 1) > 0.6
    assert abs(estimate(x).error / exact - 1) < 0.15
    shuffled = estimate(np.random.default_rng(0).permutation(x))
    assert abs(shuffled.tau_int - tau_of(0.8)) > 4 * shuffled.tau_int_error


def test_the_separation_multiplies_times_alone() -> None:
    x = ar1(np.random.default_rng(3), 0.5, (2, 500))
    one, ten = estimate(x), estimate(x, separation=10)
    assert ten.tau_int == 10 * one.tau_int
    assert ten.tau_int_error == 10 * one.tau_int_error
    assert (ten.value, ten.error) == (one.value, one.error)
    assert autocorrelation(x, separation=10).separation == 10


def test_replicas_are_not_a_long_chain() -> None:
    """Chains at different levels: joined end to end they look like one jump; as replicas they disagree."""
    rng = np.random.default_rng(7)
    x = ar1(rng, 0.3, (4, 500))
    split = np.array_split(x.ravel(), [100, 700, 1500])
    assert estimate(list(split)).value == pytest.approx(estimate(x).value, abs=1e-14)
    assert estimate(x[::-1]).error == pytest.approx(estimate(x).error, rel=1e-12)
    stuck = x + np.array([0.0, 0.0, 3.0, 3.0])[:, None]
    agreeing, disagreeing = estimate(x), estimate(stuck)
    assert disagreeing.error > 5 * agreeing.error
    assert "run longer" in str(chain_warning(disagreeing, "p"))
    assert chain_warning(agreeing, "p") is None


def test_one_chain_equals_a_matrix_with_one_row() -> None:
    x = ar1(np.random.default_rng(1), 0.3, (200,))
    assert estimate(x) == estimate(x[None]) == estimate([x.tolist()]) == estimate(x.tolist())


def test_a_constant_series_has_no_error() -> None:
    for shape in [(2,), (3,), (50,), (3, 50)]:
        result = estimate(np.full(shape, 0.1), separation=4)
        assert (result.value, result.error, result.tau_int) == (0.1, 0.0, 2.0)
        assert result.as_json()["error"] == 0.0
    assert autocorrelation(np.full(50, 0.1)).window == 0


def test_short_chains() -> None:
    assert math.isnan(estimate([0.1]).error)
    single = estimate([0.1, 0.2])
    assert single.value == pytest.approx(0.15)
    assert math.isnan(single.error)
    assert single.as_json() == {
        "value": single.value,
        "error": None,
        "tau_int": None,
        "n": 2,
        "tau_int_error": None,
    }
    assert str(single) == "0.15(?)"
    assert "too few" in str(chain_warning(single))
    # Many chains of two configurations each: their spread is an error, correlations included.
    x = np.repeat(np.random.default_rng(2).normal(size=(400, 1)), 2, axis=1)
    many = estimate(x, separation=10)
    assert many.error == pytest.approx(1 / math.sqrt(400), rel=0.1)
    assert many.tau_int == pytest.approx(10, rel=0.1)
    assert chain_warning(many) is None


def test_the_warning_names_its_numbers() -> None:
    short = Estimate(0.5, 0.01, 40.0, 9.0, n=100, separation=10)
    text = chain_warning(short, "plaquette")
    assert text is not None
    assert "plaquette: 1000 sweeps" in text
    assert "2000" in text
    assert chain_warning(Estimate(0.5, 0.01, 19.0, 9.0, n=100, separation=10)) is None


def test_ratio_is_the_error_of_its_projection() -> None:
    rng = np.random.default_rng(9)
    common = ar1(rng, 0.5, (2, 5000))
    below = 2.0 + 0.1 * common
    above = 3.0 + 0.15 * common + 0.01 * rng.normal(size=common.shape)
    result = ratio(above, below)
    # The common fluctuation cancels in the ratio; what is left is the noise of the numerator.
    assert result.error == pytest.approx(0.01 / 2.0 / math.sqrt(common.size), rel=0.1)
    assert abs(result.value - 1.5) < 4 * result.error


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (0.593687, 0.000123, "0.59369(12)"),
        (0.593687, 0.0000996, "0.59369(10)"),
        (-1.5, 0.25, "-1.50(25)"),
        (0.0, 1.2e-9, "0.0(1.2)e-9"),
        (8.3e-9, 1.3e-9, "8.3(1.3)e-9"),
        (-9.94e-5, 3.1e-7, "-9.940(31)e-5"),
        (1.0e-4, 3.1e-7, "0.00010000(31)"),
        (2.0e-9, 1.5e-3, "0.0000(15)"),
        (3.0e-9, 0.0, "3e-09(0)"),
        (12.34, 0.996, "12.3(1.0)"),
        (12.34, 15.0, "12(15)"),
        (0.25, 0.0, "0.25(0)"),
    ],
)
def test_printing(value: float, error: float, text: str) -> None:
    assert in_brackets(value, error) == text


@pytest.mark.parametrize("bad", [[], [math.nan, 1.0], np.zeros((2, 0))])
def test_nothing_to_estimate_is_refused(bad: object) -> None:
    with pytest.raises(InputError):
        estimate(bad)  # type: ignore[arg-type]


def test_wrong_shapes_are_refused() -> None:
    with pytest.raises(ShapeError):
        estimate(np.zeros((2, 3, 4)))
    with pytest.raises(ShapeError):
        estimate(np.zeros(5, dtype=complex))
    with pytest.raises(ShapeError):
        ratio(np.ones(5), np.ones(6))
    with pytest.raises(InputError):
        estimate([1.0, 2.0], separation=0)
    with pytest.raises(InputError):
        ratio(np.ones(5), np.zeros(5))
    with pytest.raises(InputError):
        autocorrelation([1.0, 2.0, 3.0])


def test_derive_is_the_projection_of_pyerrors() -> None:
    """Value and error of a nonlinear function, against pyerrors' own automatic differentiation."""
    import pyerrors

    rng = np.random.default_rng(4)
    common = ar1(rng, 0.6, (2, 3000))
    a, b = 2.0 + 0.1 * common, 3.0 + 0.2 * ar1(rng, 0.3, (2, 3000)) - 0.1 * common
    result = derive([a, b], lambda mean: math.log(mean[0]) * mean[1] ** 2)
    names = ["ens|r1", "ens|r2"]
    # Replicas are centred on their common mean, as `estimate` explains.
    obs = [
        pyerrors.Obs([chain - x.mean() for chain in x], names, means=[0.0, 0.0]) + float(x.mean())
        for x in (a, b)
    ]
    expected = pyerrors.derived_observable(lambda x, **_: pyerrors.np.log(x[0]) * x[1] ** 2, obs)
    expected.gamma_method(S=2.0)
    assert result.value == math.log(a.mean()) * b.mean() ** 2
    assert result.value == pytest.approx(expected.value, rel=1e-12)
    assert result.error == pytest.approx(expected.dvalue, rel=1e-6)
    assert result.tau_int == pytest.approx(expected.e_tauint["ens"], rel=1e-6)
    assert result.n == 6000


def test_derive_of_one_mean_is_its_estimate_and_of_two_the_ratio() -> None:
    x = 2.0 + 0.1 * ar1(np.random.default_rng(3), 0.5, (3, 400))
    y = x**2
    one = derive([x], lambda mean: mean[0], 5)
    assert one.error == pytest.approx(estimate(x, 5).error, rel=1e-9)
    assert one.tau_int == pytest.approx(estimate(x, 5).tau_int, rel=1e-9)
    two = derive([list(x), list(y)], lambda mean: mean[0] / mean[1])
    assert two.error == pytest.approx(ratio(x, y).error, rel=1e-6)
    constant = derive([np.full(9, 2.0), np.full(9, 3.0)], lambda mean: mean[0] * mean[1])
    assert (constant.value, constant.error) == (6.0, 0.0)


def test_derive_refuses_what_has_no_value() -> None:
    x = np.random.default_rng(3).normal(size=50)
    with pytest.raises(PhysicsError, match="no finite number"):
        derive([x], lambda mean: math.nan)
    with pytest.raises(ShapeError, match="different numbers"):
        derive([x, x[1:]], lambda mean: mean[0])
    with pytest.raises(PhysicsError, match="below"):
        derive([x], _raising)


def _raising(mean: NDArray[np.float64]) -> float:
    raise PhysicsError("a logarithm", "a mean below 0", "measure more")
