"""What a picture of a chain shows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lgt.analysis import Estimate, autocorrelation, estimate
from lgt.errors import InputError
from lgt.plot import plot_curve, plot_series, save


def test_the_panels_show_the_data() -> None:
    x = np.random.default_rng(1).normal(size=(3, 80))
    figure = plot_series(x, "plaquette", separation=10, title="SU(2)")
    history, decay, histogram = figure.axes
    drawn = [line.get_ydata() for line in history.get_lines() if len(line.get_ydata()) == 80]
    assert np.array_equal(np.array(drawn), x)
    assert history.get_lines()[0].get_xdata()[-1] == 800
    rho = decay.get_lines()[-1].get_ydata()
    assert np.array_equal(rho, autocorrelation(x).rho[: len(rho)])
    assert sum(bar.get_height() for bar in histogram.patches if bar.get_height() > 1) > 200
    assert str(estimate(x, 10)) in figure.get_suptitle()
    assert "SU(2)" in figure.get_suptitle()


def test_many_chains_are_a_bundle_with_its_mean() -> None:
    x = np.random.default_rng(1).normal(size=(8, 80))
    history, *_ = plot_series(x, "plaquette").axes
    *chains, mean = [line for line in history.get_lines() if len(line.get_ydata()) == 80]
    assert np.array_equal([line.get_ydata() for line in chains], x)
    assert np.array_equal(mean.get_ydata(), x.mean(axis=0))
    assert history.get_legend() is None
    assert all(line.get_linewidth() < mean.get_linewidth() for line in chains)
    named, *_ = plot_series(x[:3], "plaquette").axes
    assert [text.get_text() for text in named.get_legend().get_texts()] == ["chain 0", "chain 1", "chain 2"]


@pytest.mark.parametrize("shape", [(1,), (1, 3), (7, 2), (1, 5), (2, 4000)])
def test_any_length_can_be_drawn(tmp_path: Path, shape: tuple[int, ...]) -> None:
    save(plot_series(np.random.default_rng(1).normal(size=shape)), tmp_path / "x.png")
    assert (tmp_path / "x.png").stat().st_size > 5000
    assert [path.name for path in tmp_path.iterdir()] == ["x.png"]


def test_a_constant_series_can_be_drawn(tmp_path: Path) -> None:
    save(plot_series(np.ones((2, 30))), tmp_path / "x.png")
    assert (tmp_path / "x.png").exists()


def test_nothing_to_draw_is_refused() -> None:
    with pytest.raises(InputError):
        plot_series(np.zeros((2, 0)))


def test_a_curve_shows_its_means_and_the_reference() -> None:
    x = np.arange(5) * 0.5
    series = np.random.default_rng(1).normal(1.0, 0.1, size=(2, 60, 5))
    scale = Estimate(1.2, 0.1, 0.5, 0.1, n=120)
    figure = plot_curve(
        series, x, "E", xlabel="flow time", reference=0.3, scale=scale, separation=5, title="SU(3)"
    )
    mean, energy, history = figure.axes
    assert np.allclose(mean.get_lines()[0].get_ydata(), series.mean(axis=(0, 1)))
    assert np.allclose(energy.get_lines()[0].get_ydata(), x**2 * series.mean(axis=(0, 1)))
    assert set(energy.get_lines()[1].get_ydata()) == {0.3}
    assert set(energy.get_lines()[2].get_xdata()) == {1.2}
    drawn = [line.get_ydata() for line in history.get_lines() if len(line.get_ydata()) == 60]
    assert np.array_equal(np.array(drawn), series[..., -1])
    assert history.get_lines()[0].get_xdata()[-1] == 300
    assert figure.get_suptitle() == "SU(3)"


@pytest.mark.parametrize("shape", [(1, 1, 3), (2, 500, 4), (1, 4, 1)])
def test_a_curve_without_reference_shows_the_configurations(tmp_path: Path, shape: tuple[int, ...]) -> None:
    series = np.random.default_rng(1).normal(size=shape)
    figure = plot_curve(series, np.arange(shape[2]), "Q")
    bundle = figure.axes[1].get_lines()
    assert 1 <= len(bundle) <= 200
    assert np.array_equal(bundle[0].get_ydata(), series[0, 0])
    save(figure, tmp_path / "x.png")
