"""Every figure is drawn and written; matplotlib's global state is left alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from lcnn import plot
from lgt.errors import InputError

X = np.linspace(-0.1, 1.0, 12)
FIGURES = {
    "parity": lambda: plot.parity({"a": (X, X), "b": (X**2, X)}, betas=np.arange(12.0)),
    "loss": lambda: plot.loss_curve({"a": ([1.0, 0.1], [1.0, 0.2])}),
    "volume": lambda: plot.volume_transfer(
        ["8x8", "16x16"], {"a": [1e-9, 1e-10]}, {"beta": [1e-3, 1e-4]}, trained="8x8"
    ),
    "transfer": lambda: plot.transfer(
        {"4x4": (X, X), "8x8": (X**2, X)}, {"model": [1e-9, 1e-2]}, {"beta": [1e-3, 1e-4]}, trained="4x4"
    ),
    "attack": lambda: plot.attack({"a": {"random": X + 0.2, "adversarial": X + 1}, "b": {"random": 0 * X}}),
}


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("suffix", [".png", ".pdf"])
def test_figures_are_written(tmp_path: Path, name: str, suffix: str) -> None:
    import matplotlib

    before = dict(matplotlib.rcParams)
    path = tmp_path / "new" / f"{name}{suffix}"
    plot.save(FIGURES[name](), path)
    assert path.stat().st_size > 3000
    assert path.read_bytes()[:4] == (b"\x89PNG" if suffix == ".png" else b"%PDF")
    assert dict(matplotlib.rcParams) == before


def test_the_data_are_in_the_figure() -> None:
    figure = plot.volume_transfer(["8x8", "16x16"], {"a": [1e-9, 1e-10]}, {"b": [1e-3, 1e-4]})
    lines = {tuple(np.asarray(line.get_ydata())) for line in figure.axes[0].lines}
    assert lines == {(1e-9, 1e-10), (1e-3, 1e-4)}
    assert figure.axes[0].get_yscale() == "log"
    points = plot.parity({"a": (X**2, X)}).axes[0].collections[0].get_offsets()
    assert np.allclose(points, np.stack([X, X**2], axis=1))


def test_every_lattice_has_its_points_and_one_scale_of_colours() -> None:
    pairs = {"4x4": (X, X), "8x8": (X**2, X)}
    betas = {"4x4": np.full(12, 1.0), "8x8": np.linspace(2, 3, 12)}
    figure = plot.transfer(pairs, {"model": [1e-9, 1e-2]}, betas=betas)
    first, second, below, _ = figure.axes  # the last is the bar of colours
    for axes, (predicted, target) in zip((first, second), pairs.values(), strict=True):
        (dots,) = axes.collections
        assert np.allclose(dots.get_offsets(), np.stack([target, predicted], axis=1))
        assert dots.get_clim() == (1.0, 3.0)
    assert below.get_yscale() == "log"
    unknown = plot.parity({"a": (X, X)}, betas=np.full(12, np.nan))
    assert len(unknown.axes) == 1  # no colours, and the points are there
    assert np.isfinite(unknown.axes[0].collections[0].get_facecolor()).all()


def test_an_unknown_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\.docx"):
        plot.save(FIGURES["loss"](), tmp_path / "a.docx")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("epochs", [1, 2, 4, 37])
def test_epochs_are_whole_numbers_on_the_axis(epochs: int) -> None:
    losses = [0.5**k for k in range(epochs)]
    figure = plot.loss_curve({"a": (losses, losses)})
    figure.canvas.draw()
    (axes,) = figure.axes
    low, high = axes.get_xlim()
    ticks = [tick for tick in axes.get_xticks() if low <= tick <= high]
    assert ticks
    assert all(tick == round(tick) for tick in ticks)
    assert all(line.get_marker() == ("o" if epochs < 3 else "") for line in axes.lines)


NAN = float("nan")


@pytest.mark.parametrize(
    "figure",
    [
        lambda: plot.loss_curve({"a": ([1.0], [1.0])}),
        lambda: plot.volume_transfer(
            ["8x8", "16x16"],
            {"CNN on traces of plaquettes": [2e-3, 4e-2], "b": [1e-9, 1e-9], "c": [1e-9, 1e-9]},
            {"knows beta alone": [4e-2, 4e-2], "best constant": [4e-2, 4.1e-2]},
            trained="8x8",
        ),
        lambda: plot.volume_transfer(["8x8", "9x9"], {"a": [1e-9, 0.0]}, {"b": [NAN, NAN]}, trained="8x8"),
        lambda: plot.attack({"CNN on links": {"random": X + 0.2, "adversarial": 30 * X + 1}}),
        lambda: plot.parity({"a": (X, X)}, quantity="wilson_1x2", betas=np.full(12, 2.0)),
    ],
)
def test_every_word_is_inside_the_figure(figure: Callable[[], Figure], tmp_path: Path) -> None:
    drawn = figure()
    plot.save(drawn, tmp_path / "a.png")
    drawn.canvas.draw()
    ticks = {
        id(label)
        for axes in drawn.axes
        for axis in (axes.xaxis, axes.yaxis)
        for label in (*axis.get_ticklabels(), *axis.get_ticklabels(minor=True))
    }  # matplotlib keeps some that it does not draw, outside the axes
    words = [w for w in drawn.findobj(Text) if w.get_text() and w.get_visible() and id(w) not in ticks]
    assert len(words) >= 3
    for word in words:
        box = word.get_window_extent()
        assert box.x0 >= 0
        assert box.y0 >= 0
        assert box.x1 <= drawn.bbox.x1
        assert box.y1 <= drawn.bbox.y1
