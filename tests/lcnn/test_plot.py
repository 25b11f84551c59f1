"""Every figure is drawn and written; matplotlib's global state is left alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lcnn import plot
from lgt.errors import InputError

X = np.linspace(-0.1, 1.0, 12)
FIGURES = {
    "parity": lambda: plot.parity({"a": (X, X), "b": (X**2, X)}, betas=np.arange(12.0)),
    "loss": lambda: plot.loss_curve({"a": ([1.0, 0.1], [1.0, 0.2])}),
    "volume": lambda: plot.volume_transfer(
        ["8x8", "16x16"], {"a": [1e-9, 1e-10]}, {"beta": [1e-3, 1e-4]}, trained="8x8"
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


def test_an_unknown_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\.docx"):
        plot.save(FIGURES["loss"](), tmp_path / "a.docx")
    assert not list(tmp_path.iterdir())
