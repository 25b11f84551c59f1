"""Pictures of Markov chains: history, autocorrelation with its window, histogram; curves along a flow."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lgt.analysis import SHORTEST, Estimate, autocorrelation, estimate, in_brackets
from lgt.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_INK, _ACCENT, _GREY = "#1b3a5b", "#c4572e", "#8a8f98"
_CHAINS = ("#1b3a5b", "#4f8a8b", "#b08b2e", "#7a4a7d", "#5c7f3b", "#a34d5f")
#: From more chains than this the history shows a bundle and its mean instead of names.
_NAMED = 3
#: At most about so many configurations are drawn one by one.
_BUNDLE = 150
_STYLE: dict[Any, Any] = {
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": _GREY,
    "axes.labelcolor": "#222222",
    "axes.titlesize": 10.5,
    "axes.titlelocation": "left",
    "axes.formatter.useoffset": False,
    "font.size": 9.5,
    "legend.frameon": False,
    "xtick.color": "#444444",
    "ytick.color": "#444444",
    "figure.facecolor": "white",
}


def plot_series(
    samples: NDArray[np.float64], name: str = "plaquette", *, separation: int = 1, title: str = ""
) -> Figure:
    """History, autocorrelation function and histogram of an observable.

    Parameters
    ----------
    samples
        Shape (chains, n) or (n,), real.
    name
        What it is, for the labels.
    separation
        Sweeps between samples.
    title
        A line above all three.

    Returns
    -------
    Figure
        A matplotlib figure that belongs to no window; `save` writes it.

    Raises
    ------
    InputError
        If there is no sample.

    Examples
    --------
    >>> figure = plot_series(np.random.default_rng(1).normal(size=(2, 50)), "plaquette")
    >>> [axes.get_title(loc="left") for axes in figure.axes]
    ['history', 'autocorrelation', 'histogram']
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    series = np.atleast_2d(np.asarray(samples, dtype=np.float64))
    result = estimate(series, separation)
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(11.5, 3.6), layout="constrained")
        history, decay, histogram = figure.subplots(1, 3, width_ratios=(1.7, 1.15, 0.9))
        _history(history, series, name, separation)
        for axes in (history, histogram):
            band = (axes.axhspan, axes.axhline) if axes is history else (axes.axvspan, axes.axvline)
            if np.isfinite(result.error):
                band[0](
                    result.value - result.error, result.value + result.error, color=_ACCENT, alpha=0.25, lw=0
                )
            band[1](result.value, color=_ACCENT, lw=1.1)
        _decay(decay, series, separation)
        _histogram(histogram, series, name)
        tau = in_brackets(result.tau_int, result.tau_int_error, digits=1)
        facts = rf"{name} = {result},  $\tau_\mathrm{{int}}$ = {tau} sweeps,  n = {result.n}"
        figure.suptitle(f"{title}\n{facts}" if title else facts, x=0.008, ha="left", fontsize=10.5)
    return figure


def plot_curve(
    samples: NDArray[np.float64],
    x: NDArray[np.float64],
    name: str,
    *,
    xlabel: str = "",
    reference: float | None = None,
    scale: Estimate | None = None,
    separation: int = 1,
    title: str = "",
) -> Figure:
    """An observable with several numbers: their means, the configurations one by one, and a history.

    Parameters
    ----------
    samples
        Shape (chains, n, points), real.
    x
        Where the numbers belong, shape (points,); flow times, say.
    name
        What it is, for the labels.
    xlabel
        What `x` is.
    reference
        For the energy density along a flow: the value of ``t^2 E`` at t0, for SU(3) 0.3. The second panel
        then shows ``t^2 E`` with this line.
    scale
        An estimate of t0, marked there.
    separation
        Sweeps between samples.
    title
        A line above all three.

    Returns
    -------
    Figure
        A matplotlib figure that belongs to no window; `save` writes it.

    Examples
    --------
    >>> charges = np.random.default_rng(1).normal(size=(2, 50, 4))
    >>> figure = plot_curve(charges, np.arange(4), "Q", xlabel="flow time")
    >>> [axes.get_title(loc="left") for axes in figure.axes]
    ['mean', 'each configuration', 'history at flow time 3']
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    series = np.asarray(samples, dtype=np.float64)
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(11.5, 3.6), layout="constrained")
        mean, second, history = figure.subplots(1, 3, width_ratios=(1, 1, 1.4))
        _band(mean, x, series, separation)
        mean.set(title="mean", xlabel=xlabel, ylabel=name)
        if reference is None:
            configurations = series.reshape(-1, len(x))
            shown = configurations[:: max(1, len(configurations) // _BUNDLE)]
            second.plot(x, shown.T, color=_INK, lw=0.5, alpha=0.5)
            second.set(title="each configuration", xlabel=xlabel, ylabel=name)
        else:
            _band(second, x, series * x**2, separation)
            second.axhline(reference, color=_GREY, lw=1.0, ls="--", label=f"{reference:.4g}")
            if scale is not None and np.isfinite(scale.value):
                second.axvline(scale.value, color=_INK, lw=1.0, label=f"$t_0$ = {scale}")
            second.set(title=r"$t^2 E$", xlabel=xlabel)
            second.legend(loc="lower right", fontsize=8)
        _history(history, series[..., -1], name, separation)
        history.set_title(f"history at {xlabel} {x[-1]:g}")
        figure.suptitle(
            title or f"{name}, n = {series.shape[0] * series.shape[1]}", x=0.008, ha="left", fontsize=10.5
        )
    return figure


def _band(axes: Axes, x: NDArray[np.float64], series: NDArray[np.float64], separation: int) -> None:
    """Means with their errors as a band."""
    results = [estimate(series[..., place], separation) for place in range(len(x))]
    means = np.array([result.value for result in results])
    errors = np.nan_to_num([result.error for result in results])
    axes.fill_between(x, means - errors, means + errors, color=_ACCENT, alpha=0.3, lw=0)
    axes.plot(x, means, color=_ACCENT, lw=1.2)
    axes.margins(x=0.02)


def save(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Write a figure as PNG, PDF or SVG, whole or not at all.

    Raises
    ------
    InputError
        If the name ends in none of these, or there is no such folder.
    """
    path = Path(path)
    kind = path.suffix.lower().removeprefix(".")
    if kind not in ("png", "pdf", "svg"):
        raise InputError(f"a picture {path}", f"the ending {path.suffix!r}", "use .png, .pdf or .svg")
    if not path.parent.is_dir():
        raise InputError(f"a picture {path}", f"no folder {path.parent}", "make it first")
    temporary = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        figure.savefig(temporary, format=kind, dpi=160)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _history(axes: Axes, series: NDArray[np.float64], name: str, separation: int) -> None:
    sweeps = separation * np.arange(1, series.shape[1] + 1)
    many = len(series) > _NAMED
    style: dict[str, Any] = {"lw": 0.4, "alpha": 0.6} if many else {"lw": 0.7, "alpha": 0.9}
    if series.shape[1] <= 60 and not many:
        style |= {"marker": ".", "ms": 4}
    for number, chain in enumerate(series):
        axes.plot(sweeps, chain, color=_CHAINS[number % len(_CHAINS)], label=f"chain {number}", **style)
    axes.set(title="history", xlabel="sweeps after thermalisation", ylabel=name)
    if many:
        axes.set_title(f"history of {len(series)} chains, their mean in black")
        axes.plot(sweeps, series.mean(axis=0), color="black", lw=1.0)
    axes.margins(x=0.01)
    if 1 < len(series) <= _NAMED:
        # Above the curves, not on them.
        axes.legend(loc="lower right", bbox_to_anchor=(1, 1), borderaxespad=0.2, fontsize=8, ncols=_NAMED)


def _decay(axes: Axes, series: NDArray[np.float64], separation: int) -> None:
    axes.set(title="autocorrelation", xlabel="lag / sweeps", ylabel=r"$\rho$")
    axes.axhline(0, color=_GREY, lw=0.8)
    if series.shape[1] < SHORTEST:
        axes.text(
            0.5, 0.5, f"fewer than {SHORTEST} samples", ha="center", color=_GREY, transform=axes.transAxes
        )
        return
    function = autocorrelation(series, separation)
    shown = slice(min(len(function.rho), max(3 * function.window + 4, 12)))
    lags = separation * np.arange(len(function.rho))
    axes.axvspan(0, lags[function.window], color=_ACCENT, alpha=0.12, lw=0, label="window of the sum")
    noise = 1 / series.size**0.5
    axes.axhspan(-noise, noise, color=_GREY, alpha=0.2, lw=0, label=r"noise, $1/\sqrt{n}$")
    axes.errorbar(
        lags[shown], function.rho[shown], function.error[shown], color=_INK, fmt="o-", ms=3, lw=0.9, capsize=0
    )
    axes.set_ylim(min(-0.15, 1.1 * float(function.rho[shown].min())), 1.05)
    axes.margins(x=0.02)
    axes.legend(loc="upper right", fontsize=8)


def _histogram(axes: Axes, series: NDArray[np.float64], name: str) -> None:
    axes.hist(
        series.ravel(), bins=min(40, max(5, round(series.size**0.5))), color=_INK, alpha=0.75, rwidth=0.92
    )
    axes.set(title="histogram", xlabel=name, ylabel="configurations")
