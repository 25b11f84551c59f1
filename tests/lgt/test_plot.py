"""What a picture of a chain shows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lgt.analysis import autocorrelation, estimate
from lgt.errors import InputError
from lgt.plot import plot_series, save


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
