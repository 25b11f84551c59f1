"""Statistics of autocorrelated samples: means, errors and autocorrelation times by the Gamma method.

U. Wolff, Comput. Phys. Commun. 156 (2004) 143, done by pyerrors (F. Joswig et al., Comput. Phys. Commun.
288 (2023) 108750). Times are in sweeps: samples that are `separation` sweeps apart and independent have
``tau_int = separation / 2``.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypedDict, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lgt.errors import InputError, PhysicsError, ShapeError

Series = NDArray[np.float64]
#: One chain (n,), several of one length (chains, n), or a list of chains of any lengths.
Samples = ArrayLike | Sequence[ArrayLike]

#: pyerrors needs this many samples of a chain.
SHORTEST = 5
#: A chain shorter than this many autocorrelation times says little about them (Wolff, section 3).
LONG = 50
#: Numbers below this are written with a power of ten.
SMALL = 1e-4


@final
@dataclass(frozen=True)
class Estimate:
    """A mean with the error that autocorrelation leaves it.

    Attributes
    ----------
    value, error
        The mean of all samples and its standard error.
    tau_int, tau_int_error
        Integrated autocorrelation time in sweeps.
    n
        Number of samples of all chains together.
    chains, separation
        Number of chains, and of sweeps between samples.
    closed
        Whether the autocorrelation was seen to decay within the chains.

    Examples
    --------
    >>> Estimate(0.593687, 0.000123, 2.1, 0.3, n=400)
    Estimate(0.59369(12), tau_int=2.1(3) sweeps, n=400)
    """

    value: float
    error: float
    tau_int: float
    tau_int_error: float
    n: int
    chains: int = 1
    separation: int = 1
    closed: bool = True

    def __str__(self) -> str:
        return in_brackets(self.value, self.error)

    def __repr__(self) -> str:
        tau = in_brackets(self.tau_int, self.tau_int_error, digits=1)
        return f"Estimate({self}, tau_int={tau} sweeps, n={self.n})"

    def as_json(self) -> dict[str, float | int | None]:
        """``{"value", "error", "tau_int", "n", "tau_int_error"}``; None where there is no number."""
        keys = ("value", "error", "tau_int", "n", "tau_int_error")
        numbers = {key: getattr(self, key) for key in keys}
        return {key: number if math.isfinite(number) else None for key, number in numbers.items()}


@final
@dataclass(frozen=True)
class Autocorrelation:
    """The normalised autocorrelation of a series, with the window that an estimate sums over.

    Attributes
    ----------
    rho
        Shape (lags,), ``rho[0] = 1``; lag k is ``k * separation`` sweeps.
    error
        Shape (lags,), the statistical error of `rho` (zero beyond the window, where it is not computed).
    window
        The last lag summed.
    separation
        Sweeps between samples.
    """

    rho: Series
    error: Series
    window: int
    separation: int


def in_brackets(value: float, error: float, digits: int = 2) -> str:
    """A number with its error in units of the last digits, e.g. ``0.59369(12)``.

    Where number and error are both below 1e-4, a power of ten follows: ``8.3(1.3)e-9``.

    Parameters
    ----------
    value, error
        The number and its standard error, in the same units.
    digits
        Digits of the error that are printed.

    Examples
    --------
    >>> in_brackets(0.593687, 0.000123)
    '0.59369(12)'
    >>> in_brackets(12.34, 1.5), in_brackets(1234.0, 56.0), in_brackets(1.0, 0.0)
    ('12.3(1.5)', '1234(56)', '1.0(0)')
    >>> in_brackets(8.3e-9, 1.3e-9), in_brackets(-2.21e-6, 3.4e-8)
    ('8.3(1.3)e-9', '-2.210(34)e-6')
    """
    if not (math.isfinite(value) and math.isfinite(error)):
        return f"{value:.6g}({'?' if math.isnan(error) else error})"
    if error <= 0:
        return f"{value!r}(0)" if error == 0 else f"{value:.6g}({error:.2g})"
    largest = max(abs(value), error)
    if 1e-300 < largest < SMALL:  # below, the powers themselves round
        power = math.floor(math.log10(largest))
        return f"{in_brackets(value / 10.0**power, error / 10.0**power, digits)}e{power}"
    # The rounding may carry (0.0996 -> 0.10), so the exponent is that of the rounded error.
    exponent = math.floor(math.log10(float(f"{error:.{digits - 1}e}")))
    decimals = digits - 1 - exponent
    if decimals <= 0:
        return f"{value:.0f}({error:.0f})"
    if exponent >= 0:
        return f"{value:.{decimals}f}({error:.{decimals}f})"
    return f"{value:.{decimals}f}({round(error * 10**decimals)})"


def estimate(samples: Samples, separation: int = 1) -> Estimate:
    """The mean of autocorrelated samples with its error and integrated autocorrelation time.

    Parameters
    ----------
    samples
        Real, shape (n,) for one chain or (chains, n), or a list of chains of any lengths. Chains are
        taken as independent replicas of one ensemble: deviations are from the mean of all of them, so that
        chains that disagree enlarge the error.
    separation
        Sweeps between two samples.

    Returns
    -------
    Estimate
        A constant series has error 0, a single sample NaN. Chains of fewer than 5 samples are compared
        with each other if there are 5 or more, else error and tau_int are NaN (`chain_warning` says so).

    Raises
    ------
    InputError
        If there is no sample, one is not finite, or the separation is below 1.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> estimate(rng.normal(0.5, 0.1, size=(2, 1000)), separation=10)
    Estimate(0.4987(23), tau_int=5.0(3) sweeps, n=2000)
    """
    series = chains_of(samples)
    if separation < 1:
        raise InputError(f"a separation of {separation} sweeps", "less than one sweep", "give 1 or more")
    everything = np.concatenate(series)
    n, value = everything.size, float(everything.mean())
    counts: _Counts = {"n": n, "chains": len(series), "separation": separation}
    if n > 1 and np.ptp(everything) == 0:
        # The mean of equal numbers may differ from them by rounding.
        return Estimate(float(everything[0]), 0.0, separation / 2, 0.0, **counts)
    if min(map(len, series)) >= SHORTEST:
        error, tau, tau_error, function = gamma_method(series, value)
        closed = function.window < len(function.rho) - 1
        return Estimate(value, error, tau * separation, tau_error * separation, closed=closed, **counts)
    if len(series) >= SHORTEST:
        # Independent chains, each too short for an autocorrelation function: their weighted sums
        # n_c (mean_c - value) are independent and of mean zero.
        sums = np.array([chain.sum() - chain.size * value for chain in series])
        variance = float((sums**2).sum()) / n**2 * len(series) / (len(series) - 1)
        tau = max(0.5, variance * n / (2 * float(everything.var(ddof=1))))
        return Estimate(value, math.sqrt(variance), tau * separation, math.nan, **counts)
    return Estimate(value, math.nan, math.nan, math.nan, closed=False, **counts)


def ratio(numerator: Samples, denominator: Samples, separation: int = 1) -> Estimate:
    """The ratio of two means, with the error of its first-order projection (Wolff, section 2).

    Parameters
    ----------
    numerator, denominator
        Samples of the same configurations, as for `estimate`.
    separation
        Sweeps between two samples.

    Examples
    --------
    >>> a = np.random.default_rng(1).normal(3.0, 0.1, size=1000)
    >>> ratio(a, 2 * a)
    Estimate(0.5(0), tau_int=0.5(0) sweeps, n=1000)
    """
    above, below = chains_of(numerator), chains_of(denominator)
    if [len(a) for a in above] != [len(b) for b in below]:
        raise ShapeError(
            "a ratio of two series", "different numbers of samples", "pass the same configurations"
        )
    bottom = float(np.concatenate(below).mean())
    if bottom == 0:
        raise InputError("a ratio of two means", "a denominator of mean zero", "check the samples")
    value = float(np.concatenate(above).mean()) / bottom
    projected = [value + (a - value * b) / bottom for a, b in zip(above, below, strict=True)]
    return estimate(projected, separation)


def derive(
    primaries: Sequence[Samples], function: Callable[[Series], float], separation: int = 1
) -> Estimate:
    """A function of several means, with the error of its first-order projection (Wolff, section 2).

    Parameters
    ----------
    primaries
        The series whose means enter, each as for `estimate`, all of the same configurations.
    function
        From their means, shape (len(primaries),), to the derived number.
    separation
        Sweeps between two samples.

    Returns
    -------
    Estimate
        The autocorrelation time is that of the projected series. Whatever `function` raises at the means
        goes through.

    Raises
    ------
    ShapeError
        If the series are not of the same lengths.
    PhysicsError
        If the function has no finite value at the means, or close to them.

    Examples
    --------
    >>> x = np.random.default_rng(1).normal(2.0, 0.1, size=1000)
    >>> derive([x, x**2], lambda mean: mean[1] - mean[0] ** 2)  # the variance
    Estimate(0.00973(47), tau_int=0.53(6) sweeps, n=1000)
    """
    series = [chains_of(samples) for samples in primaries]
    if len({tuple(map(len, chains)) for chains in series}) != 1:
        raise ShapeError(
            "a function of several means", "different numbers of samples", "pass the same configurations"
        )
    joined = np.stack([np.concatenate(chains) for chains in series])
    means = joined.mean(axis=1)
    # A hundredth of the error of each mean: small where the function curves, large against rounding.
    steps = np.maximum(0.01 * joined.std(axis=1) / math.sqrt(joined.shape[1]), 1e-9 * np.abs(means))
    steps[np.ptp(joined, axis=1) == 0] = 0.0
    value, gradient = float(function(means)), np.zeros_like(means)
    for place in np.flatnonzero(steps):
        step = np.zeros_like(means)
        step[place] = steps[place]
        gradient[place] = (function(means + step) - function(means - step)) / (2 * steps[place])
    if not (math.isfinite(value) and np.isfinite(gradient).all()):
        raise PhysicsError("a function of means", "no finite number at the means", "measure more")
    projected = np.split(
        value + gradient @ (joined - means[:, None]), np.cumsum([len(chain) for chain in series[0]])[:-1]
    )
    return replace(estimate(projected, separation), value=value)


def autocorrelation(samples: Samples, separation: int = 1) -> Autocorrelation:
    """The normalised autocorrelation function that `estimate` sums up to its window.

    Parameters
    ----------
    samples, separation
        As for `estimate`, with 5 samples or more of each chain.

    Raises
    ------
    InputError
        If a chain has fewer than 5 samples.

    Examples
    --------
    >>> autocorrelation(np.random.default_rng(1).normal(size=1000)).rho[0]
    np.float64(1.0)
    """
    series = chains_of(samples)
    shortest = min(map(len, series))
    if shortest < SHORTEST:
        raise InputError(
            "an autocorrelation function", f"{shortest} samples", f"give {SHORTEST} or more a chain"
        )
    everything = np.concatenate(series)
    if np.ptp(everything) == 0:
        rho = np.zeros(shortest // 2)
        rho[0] = 1.0
        return Autocorrelation(rho, np.zeros_like(rho), 0, separation)
    *_, function = gamma_method(series, float(everything.mean()))
    return replace(function, separation=separation)


def chain_warning(result: Estimate, name: str = "the series") -> str | None:
    """What a reader of this estimate must know: a chain too short for its own error, or None.

    Parameters
    ----------
    result
        The estimate to judge.
    name
        What was estimated, for the text.

    Returns
    -------
    str or None
        One line that names the numbers, if the chains are shorter than 50 autocorrelation times together
        or the autocorrelation does not decay within them.

    Examples
    --------
    >>> chain_warning(Estimate(0.5, 0.1, 40.0, 20.0, n=100), "plaquette")
    'plaquette: 100 sweeps measured, fewer than 50 tau_int = 2000; its error is unsure, run longer'
    """
    if math.isnan(result.error):
        return (
            f"{name}: {result.n} samples in {result.chains} chain(s) are too few for an error; "
            f"measure {SHORTEST} or more in each chain"
        )
    sweeps, needed = result.n * result.separation, LONG * result.tau_int
    if sweeps < needed or not result.closed:
        reason = (
            f"{sweeps} sweeps measured, fewer than {LONG} tau_int = {needed:.0f}"
            if sweeps < needed
            else f"the autocorrelation does not decay in chains of {sweeps // result.chains} sweeps"
        )
        return f"{name}: {reason}; its error is unsure, run longer"
    return None


class _Counts(TypedDict):
    n: int
    chains: int
    separation: int


def chains_of(samples: Samples) -> list[Series]:
    """Samples as a list of chains, each (n,) and float64."""
    if isinstance(samples, np.ndarray):
        nested = samples.ndim > 1
    else:
        nested = isinstance(samples, Sequence) and bool(samples) and np.ndim(samples[0]) > 0
    series = [np.asarray(chain) for chain in samples] if nested else [np.asarray(samples)]  # type: ignore[union-attr]
    for chain in series:
        if chain.ndim != 1:
            raise ShapeError(
                "samples of shape (n,) or (chains, n)", f"a chain of shape {chain.shape}", "reshape"
            )
        if chain.dtype.kind not in "fiub":
            raise ShapeError("real samples", f"the dtype {chain.dtype}", "pass real and imaginary part apart")
    series = [chain.astype(np.float64) for chain in series if chain.size]
    if not series:
        raise InputError("an estimate", "no samples", "measure at least one configuration")
    if not all(np.isfinite(chain).all() for chain in series):
        raise InputError(
            "an estimate", "a sample that is not finite", "look for the configuration it comes from"
        )
    return series


def gamma_method(series: list[Series], mean: float) -> tuple[float, float, float, Autocorrelation]:
    """Error, tau_int and its error (both in samples), and the autocorrelation function, by pyerrors."""
    with warnings.catch_warnings():
        # pyerrors imports scipy.odr, which scipy 1.17 deprecates; pyproject keeps scipy below 1.19.
        warnings.filterwarnings("ignore", message=r"`scipy\.odr` is deprecated", category=DeprecationWarning)
        import pyerrors
    name = "lgt"
    # Deviations are from the mean of all replicas, which Wolff's bias correction assumes: pyerrors alone
    # would centre each replica on its own mean and not see that they disagree.
    obs = pyerrors.Obs(
        [chain - mean for chain in series],
        [f"{name}|r{number:06d}" for number in range(len(series))],
        idl=[range(1, chain.size + 1) for chain in series],
        means=[0.0] * len(series),
    )
    obs.gamma_method(S=2.0)
    function = Autocorrelation(obs.e_rho[name], obs.e_drho[name], int(obs.e_windowsize[name]), 1)
    return float(obs.dvalue), float(obs.e_tauint[name]), float(obs.e_dtauint[name]), function
