"""Whether chains were thermalised: their beginning held to their end, and chains to each other."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import final

import numpy as np

from lgt.analysis import (
    Samples,
    Series,
    chains_of,
    gamma_method,
    in_brackets,
)

#: From so many samples of a chain on, its beginning is held to its end.
CHECKED = 40
#: A chain must be this many autocorrelation times long for that.
RESOLVED = 20
#: A disagreement is told if the farthest of all that are looked for is so improbable by chance.
CHANCE = 1e-3


def thermalisation_warning(
    samples: Samples | Series, separation: int = 1, name: str = "the series"
) -> str | None:
    """Whether the beginning of the chains disagrees with their end, or the chains with each other.

    The mean of the first tenth of the samples is held to that of the last half (J. Geweke 1992), and the
    mean of each chain to that of the others. Variance, skewness and autocorrelation come from the last three
    quarters, or from within the chains; how well they are known from there, and how many comparisons there
    are, is taken into account. False alarms on stationary chains: 1 in 1000 is aimed at; for Gaussian series,
    their squares, exponentials and indicators of rare excursions fewer than 5 in 1000 were found over 30
    autocorrelation times or more of the series, and at worst 7 in 1000 over 20.

    Parameters
    ----------
    samples
        As for `estimate`, or shape (chains, n, labels), of which the worst label counts.
    separation
        Sweeps between two samples.
    name
        What was measured, for the text.

    Returns
    -------
    str or None
        One line that names the numbers if they differ by more than chance allows; None also for chains of
        fewer than 40 samples or 20 autocorrelation times, which say too little.

    Examples
    --------
    >>> x = np.random.default_rng(1).normal(0.5, 0.1, size=400)
    >>> x[:40] += 0.2
    >>> thermalisation_warning(x, name="plaquette").partition(",")[0]
    'plaquette: the first 40 sweeps have the mean 0.700(15)'
    """
    labels = (
        [samples[..., k] for k in range(samples.shape[2])]
        if isinstance(samples, np.ndarray) and samples.ndim == 3
        else [samples]
    )
    found = [comparison for label in labels for comparison in _comparisons(chains_of(label))]
    # Each of them may deviate to two sides.
    least = min(found, key=lambda each: (each.p, -each.sigma), default=None)
    if least is None or 2 * len(found) * least.p > CHANCE:
        return None
    first, second = in_brackets(*least.above), in_brackets(*least.below)
    apart = f"{least.sigma:.1f} sigma apart"
    if least.kind == "begin":
        sweeps = [count * separation for count in least.place]
        return (
            f"{name}: the first {sweeps[0]} sweeps have the mean {first}, the last {sweeps[1]} "
            f"{second}, {apart}; leave out the beginning, or thermalise longer"
        )
    return (
        f"{name}: chain {least.place[0]} has the mean {first}, the others {second}, "
        f"{apart}; thermalise longer, or run longer chains"
    )


@final
@dataclass(frozen=True)
class _Apart:
    """Two means that are compared: by chance they are so far apart, to one side, with probability `p`."""

    p: float
    sigma: float
    kind: str
    above: tuple[float, float]
    below: tuple[float, float]
    place: tuple[int, int]


@final
@dataclass(frozen=True)
class _Spread:
    """How samples spread about the mean of their chain, from which the distribution of other means follows.

    Attributes
    ----------
    variance, third
        Second and third central moment.
    tau
        Autocorrelation time in samples.
    freedom
        From so many independent Gaussian numbers the variance of a mean would be known as well as it is.
    """

    variance: float
    third: float
    tau: float
    freedom: float

    @classmethod
    def within(cls, parts: list[Series], length: int) -> _Spread | None:
        """That of some parts of chains; None if nothing varies, or too slowly for chains of this length."""
        centred = [part - part.mean() for part in parts]
        if max(float(np.ptp(part)) for part in parts) == 0:
            return None
        _, tau, tau_error, _ = gamma_method(centred, 0.0)
        if length < RESOLVED * tau:
            return None
        joined = np.concatenate(centred)
        count = joined.size - len(parts)
        variance, third, fourth = (float((joined**power).sum()) / count for power in (2, 3, 4))
        # Relative errors (squared) of tau and of the variance; that of n Gaussian numbers is 2 / n.
        unsure = (tau_error / tau) ** 2 + max(fourth / variance**2 - 1, 0.0) * 2 * tau / joined.size
        return cls(variance, third, tau, max(1.0, 2 / unsure))

    def cumulants(self, parts: list[Series]) -> tuple[float, float]:
        """Variance and third cumulant of the average of the parts' means."""
        shares = np.array([2 * self.tau / len(part) for part in parts])
        second = self.variance * float(shares.sum()) / len(parts) ** 2
        # For sums over clusters of size s that have a mean size of 2 tau it is <s^3> <1> / <s^2>^2 times what
        # independent samples would give: 1 for equal clusters, 3/2 for exponentially distributed ones.
        return second, 1.5 * self.third * float((shares**2).sum()) / len(parts) ** 3

    def compare(self, above: list[Series], below: list[Series], kind: str, place: tuple[int, int]) -> _Apart:
        """The averages of the means of some parts, and of others."""
        first, second = (float(np.mean([part.mean() for part in parts])) for parts in (above, below))
        (one, skew), (other, less) = self.cumulants(above), self.cumulants(below)
        error = math.sqrt(one + other)
        sigma = (first - second) / error
        p = _tail(sigma, (skew - less) / error**3, self.freedom)
        return _Apart(p, abs(sigma), kind, (first, math.sqrt(one)), (second, math.sqrt(other)), place)


def _tail(sigma: float, skewness: float, freedom: float) -> float:
    """The chance of so many estimated standard deviations or more, to the side of this one.

    The distribution is a gamma distribution where it leans to this side, else a Gaussian; Student's t then
    makes up for a standard deviation known from so few `freedom`.
    """
    from scipy.special import gammaincc, ndtri, stdtr

    gaussian = abs(sigma)
    if sigma * skewness > 0:
        shape = 4 / max(skewness**2, 1e-6)
        gaussian = -float(ndtri(max(gammaincc(shape, shape + math.sqrt(shape) * gaussian), 1e-300)))
    return float(stdtr(freedom, -gaussian))


def _comparisons(series: list[Series]) -> list[_Apart]:
    """The beginning with the end, and each chain with the others."""
    shortest = min(map(len, series))
    if shortest < CHECKED:
        return []
    found: list[_Apart] = []
    begins = [chain[: len(chain) // 10] for chain in series]
    halves = [chain[len(chain) // 2 :] for chain in series]
    spread = _Spread.within([chain[len(chain) // 4 :] for chain in series], shortest)
    if spread is not None:
        found.append(spread.compare(begins, halves, "begin", (len(begins[0]), len(halves[0]))))
    spread = _Spread.within(series, shortest) if len(series) > 1 else None
    if spread is not None:
        for number, chain in enumerate(series):
            others = series[:number] + series[number + 1 :]
            found.append(spread.compare([chain], others, "chain", (number, 0)))
    return found
