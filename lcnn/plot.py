"""Figures of training runs: parity, loss curves, errors over the lattice size, gauge attacks.

Each function takes plain numbers by label and returns a matplotlib figure; `save` writes it as PNG, PDF or
SVG. Nothing here touches matplotlib's global state, so it works without a display and in threads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lgt.disk import reason
from lgt.errors import InputError, StorageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Colours that stay apart for colour-blind readers (Okabe and Ito), in the order of the labels.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
_GREYS = ("#444444", "#999999")
_MARKERS = ("o", "s", "D", "^", "v", "P")
_STYLE: dict[Any, Any] = {
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 12,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": "#e6e6e6",
    "grid.linewidth": 0.8,
}


def parity(
    pairs: Mapping[str, tuple[np.ndarray, np.ndarray]],
    *,
    quantity: str = "target",
    betas: np.ndarray | Mapping[str, np.ndarray] | None = None,
) -> Figure:
    """Draw predictions against targets, one panel for each label, coloured by beta where it is given.

    Parameters
    ----------
    pairs
        (predicted, target) by label, arrays of shape (n,).
    quantity
        What is predicted, for the axes.
    betas
        (n,) couplings, for all panels or by label.

    Examples
    --------
    >>> x = np.linspace(0, 1, 5)
    >>> len(parity({"a": (x, x), "b": (x, 0 * x)}).axes)
    2
    """
    figure, rows = _figure((0.6 + 3.5 * len(pairs), 3.9), 1, len(pairs))
    _parity(figure, rows, pairs, quantity, betas)
    return figure


def _parity(
    figure: Figure,
    rows: Sequence[Axes],
    pairs: Mapping[str, tuple[np.ndarray, np.ndarray]],
    quantity: str,
    betas: np.ndarray | Mapping[str, np.ndarray] | None,
) -> None:
    """Draw the panels, with one range and one scale of colours."""
    values = np.concatenate([np.concatenate(pair) for pair in pairs.values()])
    margin = 0.05 * float(np.ptp(values)) or 1.0
    limits = (float(values.min()) - margin, float(values.max()) + margin)
    shades = dict(betas) if isinstance(betas, Mapping) else dict.fromkeys(pairs, betas)
    known = [shade for shade in shades.values() if shade is not None]
    coloured = bool(known) and len(known) == len(pairs) and bool(np.isfinite(np.concatenate(known)).all())
    lowest, highest = (float(f(np.concatenate(known))) for f in (np.min, np.max)) if coloured else (0.0, 0.0)
    coloured = lowest < highest  # one beta needs no colours
    short = len(quantity) <= 16
    dots = None
    for axes, (label, (predicted, target)) in zip(rows, pairs.items(), strict=True):
        axes.plot(limits, limits, color="#999999", linewidth=1, zorder=1)
        shade: dict[str, Any] = {"color": COLOURS[0]}
        if coloured:
            shade = {"c": shades[label], "cmap": "viridis", "vmin": lowest, "vmax": highest}
        dots = axes.scatter(target, predicted, s=9, linewidths=0, alpha=0.8, zorder=2, **shade)
        mse = float(np.mean((predicted - target) ** 2))
        axes.set(
            title=label,
            xlabel=f"{quantity}, exact" if short else "exact",
            xlim=limits,
            ylim=limits,
            aspect="equal",
        )
        axes.text(0.04, 0.96, f"MSE {_short(mse)}", transform=axes.transAxes, va="top")
    rows[0].set_ylabel(f"{quantity}, predicted" if short else "predicted")
    if not short:
        figure.suptitle(quantity, fontsize=12)
    if coloured and dots is not None:
        bar = figure.colorbar(dots, ax=list(rows), pad=0.01, fraction=0.03)
        bar.set_label(r"$\beta$")
        bar.outline.set_visible(False)


def loss_curve(
    histories: Mapping[str, tuple[Sequence[float], Sequence[float]]], *, log_epochs: bool = False
) -> Figure:
    """Draw training (thin, dashed) and validation (solid) losses over epochs, on a logarithmic scale.

    Parameters
    ----------
    histories
        (training, validation) losses of each epoch by label.
    log_epochs
        Whether the epochs are on a logarithmic scale too, for trainings of very different length.
    """
    from matplotlib.ticker import MaxNLocator

    figure, (axes,) = _figure((6.4, 4.2), 1, 1)
    for k, (label, (train, validation)) in enumerate(histories.items()):
        epochs = np.arange(1, len(train) + 1)
        colour = COLOURS[k % len(COLOURS)]
        marker = "o" if len(train) < 3 else ""  # a line of one point is nothing
        axes.plot(epochs, train, color=colour, linewidth=1, linestyle=(0, (3, 2)), alpha=0.7, marker=marker)
        axes.plot(epochs, validation, color=colour, linewidth=1.8, label=label, marker=marker)
    scale = "log" if log_epochs else "linear"
    axes.set(xlabel="epoch", ylabel="mean squared error", yscale="log", xscale=scale)
    if log_epochs:
        axes.xaxis.set_major_formatter("{x:g}")
    else:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.set_title("validation (solid) and training loss (dashed)", loc="left", color="#444444", fontsize=11)
    axes.legend(loc="best", frameon=False)
    return figure


def volume_transfer(
    sizes: Sequence[str],
    errors: Mapping[str, Sequence[float]],
    bounds: Mapping[str, Sequence[float]] | None = None,
    *,
    trained: str | None = None,
    what: str = "lattice average",
) -> Figure:
    """Draw the error over the lattice size, on a logarithmic scale.

    Parameters
    ----------
    sizes
        The lattices, smallest first, e.g. ``["8x8", "16x16"]``.
    errors
        Mean squared errors on each lattice by model.
    bounds
        The same for predictors that need no model, drawn dashed in grey.
    trained
        The lattice that the models were trained on, marked on the axis.
    what
        Of what the errors are.
    """
    figure, (axes,) = _figure((6.8, 4.6), 1, 1)
    _volume_transfer(axes, sizes, errors, bounds, trained, what)
    return figure


def transfer(
    pairs: Mapping[str, tuple[np.ndarray, np.ndarray]],
    errors: Mapping[str, Sequence[float]],
    bounds: Mapping[str, Sequence[float]] | None = None,
    *,
    quantity: str = "target",
    betas: np.ndarray | Mapping[str, np.ndarray] | None = None,
    trained: str | None = None,
    what: str = "lattice average",
) -> Figure:
    """Draw `parity` on every lattice, smallest first, and `volume_transfer` below it.

    Parameters
    ----------
    pairs, quantity, betas
        As for `parity`, by lattice.
    errors, bounds, trained, what
        As for `volume_transfer`.

    Examples
    --------
    >>> x = np.linspace(0, 1, 5)
    >>> len(transfer({"8x8": (x, x), "16x16": (x, 0 * x)}, {"model": [1e-9, 0.4]}).axes)
    3
    """
    from matplotlib import rc_context

    width = max(0.6 + 3.2 * len(pairs), 7.0)
    figure, _ = _figure((width, 7.6), 0, 0)
    with rc_context(_STYLE):
        grid = figure.add_gridspec(2, len(pairs))
        first = figure.add_subplot(grid[0, 0])
        rows = [first, *(figure.add_subplot(grid[0, k], sharey=first) for k in range(1, len(pairs)))]
        below = figure.add_subplot(grid[1, :])
    _parity(figure, rows, pairs, quantity, betas)
    _volume_transfer(below, list(pairs), errors, bounds, trained, what)
    return figure


def _volume_transfer(
    axes: Axes,
    sizes: Sequence[str],
    errors: Mapping[str, Sequence[float]],
    bounds: Mapping[str, Sequence[float]] | None,
    trained: str | None,
    what: str,
) -> None:
    at = np.arange(len(sizes))
    ends: list[tuple[float, str, str]] = []
    for k, (label, values) in enumerate(errors.items()):
        colour, marker = COLOURS[k % len(COLOURS)], _MARKERS[k % len(_MARKERS)]
        axes.plot(at, values, color=colour, marker=marker, markersize=6, linewidth=1.8)
        ends += _end(values, label, colour)
    for k, (label, values) in enumerate((bounds or {}).items()):
        grey = _GREYS[k % len(_GREYS)]
        axes.plot(at, values, color=grey, linewidth=1.4, linestyle=(0, (4, 3)))
        ends += _end(values, label, grey)
    names = [s if s != trained else f"{s}\n(trained)" for s in sizes]
    axes.set(xlabel="lattice", ylabel=f"MSE of the {what}", yscale="log")
    axes.set_xticks(at, names)
    axes.set_xlim(-0.15, len(sizes) - 1 + 0.1)
    axes.grid(visible=False, axis="x")
    _label_ends(axes, len(sizes) - 1, ends)


def attack(changes: Mapping[str, Mapping[str, np.ndarray]], *, seed: int = 1) -> Figure:
    """Draw how far each configuration's prediction moved under gauge attacks, on a logarithmic scale.

    Parameters
    ----------
    changes
        Relative changes (n,) by attack, by model. Points are spread sideways at random.
    seed
        Seed of the sideways spread.
    """
    models = list(changes)
    kinds = list(dict.fromkeys(kind for by_kind in changes.values() for kind in by_kind))
    figure, (axes,) = _figure((max(5.6, 1.8 + 2.4 * len(models)), 4.4), 1, 1)
    rng = np.random.default_rng(seed)
    tiny = 1e-9
    for k, kind in enumerate(kinds):
        having = [m for m, model in enumerate(models) if kind in changes[model]]
        for m in having:
            values = np.maximum(changes[models[m]][kind], tiny)
            at = m + (k - (len(kinds) - 1) / 2) * 0.4
            spread = at + rng.uniform(-0.13, 0.13, len(values))
            axes.scatter(
                spread,
                values,
                s=12,
                linewidths=0,
                alpha=0.5,
                color=COLOURS[k],
                label=kind if m == having[0] else None,
            )
            largest = float(values.max())
            axes.plot([at - 0.16, at + 0.16], [largest, largest], color=COLOURS[k], linewidth=2)
            axes.annotate(_percent(largest), (at, largest), xytext=(0, 5), textcoords="offset points",
                          ha="center", color=COLOURS[k], fontsize=10)  # fmt: skip
    axes.set(ylabel="relative change of the prediction", yscale="log", xlim=(-0.55, len(models) - 0.45))
    low, high = axes.get_ylim()
    axes.set_ylim(low, high * 4)
    axes.set_xticks(range(len(models)), models)
    axes.grid(visible=False, axis="x")
    axes.set_title(
        "one point a configuration, the bar is the largest", loc="left", color="#444444", fontsize=11
    )
    legend = axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), handletextpad=0.1, markerscale=1.6,
                         frameon=False)  # fmt: skip
    for handle in legend.legend_handles:
        if handle is not None:
            handle.set_alpha(1)
    return figure


def save(figure: Figure, path: str | Path) -> None:
    """Write a figure; the suffix of `path` chooses the format.

    Raises
    ------
    InputError
        If matplotlib does not know the format.
    StorageError
        If the file cannot be written.
    """
    from matplotlib import rc_context

    path = Path(path)
    known = figure.canvas.get_supported_filetypes()
    if path.suffix.removeprefix(".").lower() not in known:
        raise InputError(f"plot {str(path)!r}", f"the format {path.suffix!r}", "use .png, .pdf or .svg")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with rc_context(_STYLE):
            figure.savefig(path, dpi=160)
    except OSError as error:
        raise StorageError(f"plot {str(path)!r}", reason(error), "choose another place") from None


def _figure(size: tuple[float, float], rows: int, columns: int) -> tuple[Figure, tuple[Axes, ...]]:
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    with rc_context(_STYLE):
        figure = Figure(figsize=size, layout=ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.08))
        FigureCanvasAgg(figure)
        grid = figure.subplots(rows, columns, squeeze=False, sharey=True).ravel() if rows else ()
    return figure, tuple(grid)


def _end(values: Sequence[float], label: str, colour: str) -> list[tuple[float, str, str]]:
    """The last value that a logarithmic scale can show, with its label; nothing if there is none."""
    shown = [value for value in values if np.isfinite(value) and value > 0]
    return [(shown[-1], label, colour)] if shown else []


def _label_ends(axes: Axes, at: float, ends: Sequence[tuple[float, str, str]]) -> None:
    """Write each label at the end of its line, moved apart where they would overlap, and inside the axes."""
    low, high = (float(np.log(v)) for v in axes.get_ylim())
    gap = 0.055 * (high - low)
    ordered = sorted(ends)
    places: list[float] = []
    for value, *_ in ordered:
        places.append(max(float(np.log(value)), *(place + gap for place in places[-1:]), low))
    ceiling = high
    for k in reversed(range(len(places))):
        places[k] = min(places[k], ceiling)
        ceiling = places[k] - gap
    for place, (_, label, colour) in zip(places, ordered, strict=True):
        axes.annotate(label, (at, float(np.exp(place))), xytext=(10, 0), textcoords="offset points",
                      va="center", color=colour, annotation_clip=False)  # fmt: skip


def _short(value: float) -> str:
    if not value > 0:
        return f"{value:g}"
    digits, power = f"{value:.1e}".split("e")
    return rf"${digits}\cdot 10^{{{int(power)}}}$"


def _percent(value: float) -> str:
    if value < 1e-3:
        return _short(value)
    return f"{100 * value:.0f} %" if value >= 0.1 else f"{100 * value:.2g} %"
