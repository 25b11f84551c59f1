"""The thermalisation warning: its power, and how often it is wrong on stationary series."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from oracle.autoregressive import ar1
from scipy import stats

from lgt.thermalisation import _tail, thermalisation_warning


@pytest.mark.parametrize(("rho", "chains"), [(0.0, 1), (0.7, 1), (0.9, 3)])
def test_a_beginning_that_is_off_is_told_with_its_numbers(rho: float, chains: int) -> None:
    x = 0.5 + 0.01 * ar1(np.random.default_rng(1), rho, (chains, 1000))
    assert thermalisation_warning(x) is None
    begun = x.copy()
    begun[:, :120] += 0.1 * np.exp(-np.arange(120) / 60)
    text = thermalisation_warning(begun, separation=10, name="plaquette")
    assert text is not None
    assert text.startswith("plaquette: the first 1000 sweeps have the mean 0.5")
    assert "the last 5000 " in text
    assert float(text.split(" sigma apart")[0].rsplit(" ", 1)[1]) > 4
    labels = np.stack([x, begun], axis=-1)
    assert thermalisation_warning(labels, separation=10, name="plaquette") == text
    assert thermalisation_warning(labels[..., :1]) is None


def test_chains_that_disagree_are_named() -> None:
    x = ar1(np.random.default_rng(2), 0.5, (4, 500))
    x[2] += 2.0
    text = thermalisation_warning(x, name="Q")
    assert text is not None
    assert text.startswith("Q: chain 2 has the mean 1.76")
    assert "the others" in text
    assert thermalisation_warning(np.delete(x, 2, axis=0)) is None


#: Stationary chains (samples, tau, chains), some skewed: squares, and rare excursions.
STATIONARY = [
    (np.asarray, 400, 5.0, 1),
    (np.asarray, 300, 0.5, 4),
    (np.square, 100, 3.0, 1),
    (np.square, 400, 5.0, 1),
    (np.square, 60, 1.0, 1),
    (lambda x: (x > 2).astype(float), 400, 5.0, 1),
    (lambda x: (x > 2).astype(float), 1000, 10.0, 2),
]


def false_alarms(of: Any, n: int, tau: float, chains: int, trials: int) -> int:
    rho = (2 * tau - 1) / (2 * tau + 1)
    series = of(ar1(np.random.default_rng(6), rho, (trials, chains, n)))
    return sum(thermalisation_warning(x) is not None for x in series)


@pytest.mark.parametrize(("of", "n", "tau", "chains"), STATIONARY)
def test_false_alarms_are_rare(of: Any, n: int, tau: float, chains: int) -> None:
    assert false_alarms(of, n, tau, chains, 600) <= 0.005 * 600


def test_false_alarms_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: those of a rule that takes a chance of 5 %."""
    monkeypatch.setattr("lgt.thermalisation.CHANCE", 0.05)
    assert 0.02 * 600 < false_alarms(np.asarray, 400, 5.0, 1, 600) < 0.08 * 600


@pytest.mark.parametrize("start", [1.0, -1.0])
def test_twenty_unthermalised_samples_are_found(start: float) -> None:
    """tau = 5, 400 samples, and a start 20 standard deviations off that is forgotten within 20."""
    series = ar1(np.random.default_rng(7), 9 / 11, (50, 400))
    assert all(thermalisation_warning(x) is None for x in series)
    series[:, :20] += start * np.linspace(20, 0, 20, endpoint=False)
    texts = [thermalisation_warning(x) for x in series]
    assert sum(text is not None and "the first 40 sweeps" in text for text in texts) >= 45


def test_many_comparisons_allow_each_less() -> None:
    """What is told of a chain alone is within chance for one of fifty labels, and for one of many chains."""
    x = np.random.default_rng(4).normal(size=(1, 500, 50))
    assert thermalisation_warning(x) is None
    x[0, :50, 7] += 0.57 - x[0, :50, 7].mean() + x[0, 250:, 7].mean()
    assert thermalisation_warning(x[..., 7]) is not None
    assert thermalisation_warning(x) is None
    x[0, :50, 7] += 0.3
    assert thermalisation_warning(x) is not None


@pytest.mark.parametrize("shape", [0.5, 3.0])
def test_the_chance_of_a_skewed_mean_is_exact(shape: float) -> None:
    """A gamma-distributed number, with its own tail to the long side and no more than Gauss' to the other."""
    skewness = 2 / math.sqrt(shape)
    for sigma in (2.0, 4.0):
        exact = float(stats.gamma.sf(shape + sigma * math.sqrt(shape), shape))
        assert _tail(sigma, skewness, 1e9) == pytest.approx(exact, rel=1e-5)
        assert _tail(-sigma, -skewness, 1e9) == pytest.approx(exact, rel=1e-5)
        assert _tail(-sigma, skewness, 1e9) == pytest.approx(float(stats.norm.sf(sigma)), rel=1e-5)
        assert _tail(sigma, 0.0, 4.0) == pytest.approx(float(stats.t.sf(sigma, 4.0)), rel=1e-3)


def test_samples_that_alternate_are_no_alarm() -> None:
    """tau is near zero there, but a beginning of odd length is off by one sample's share all the same."""
    assert thermalisation_warning(np.tile([1.0, -1.0], 25)) is None


def test_too_little_is_not_judged() -> None:
    assert thermalisation_warning(np.arange(30.0)) is None
    assert thermalisation_warning(np.ones((2, 100))) is None
    assert thermalisation_warning(ar1(np.random.default_rng(0), 0.99, (2, 100))) is None
