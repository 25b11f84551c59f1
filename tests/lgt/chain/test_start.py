from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lgt
from lgt.chain._start import start_of
from lgt.errors import EnsembleError, InputError

RUN: dict[str, Any] = {"lattice": "3x4", "beta": 2.0, "configs": 2, "out": "new.h5"}


@pytest.fixture(scope="module", params=["float64", "float32"])
def old(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> lgt.Ensemble:
    path = tmp_path_factory.mktemp("old") / "old.h5"
    run = {"lattice": "3x4", "thermalise": 5, "precision": request.param}
    return lgt.generate(lgt.RunConfig(group="SU3", beta=5.0, configs=3, seed=8, out=path, **run))


def test_cold_and_hot() -> None:
    cold = start_of(lgt.RunConfig(group="SU2", chains=2, start="cold", **RUN))
    assert cold.origin == "cold"
    assert len(cold.states) == 2
    assert all(np.array_equal(state.links[..., 0, 0], np.ones((2, 3, 4))) for state in cold.states)
    hot = start_of(lgt.RunConfig(group="SU2", chains=2, start="hot", seed=4, **RUN))
    for chain, state in enumerate(hot.states):
        expected = lgt.hot(lgt.Lattice((3, 4)), lgt.SU(2), lgt.Stream(4, chain))
        np.testing.assert_array_equal(state.links, expected)
    assert not np.array_equal(hot.states[0].links, hot.states[1].links)


@pytest.mark.parametrize(("tail", "index"), [("", 2), ("#0", 0), ("#2", 2)])
def test_from_a_file(old: lgt.Ensemble, tail: str, index: int) -> None:
    start = start_of(lgt.RunConfig(group="SU3", chains=2, start=f"{old.path}{tail}", **RUN))
    assert start.origin == f"{old.path}#{index}: Wilson(beta=5.0), seed 8"
    for state in start.states:
        assert lgt.SU(3).defect(state.links).max() < 1e-12  # also from single precision
        np.testing.assert_allclose(state.links, old.links(0, index), atol=1e-6)
        if old.spec.precision == "float64":
            np.testing.assert_array_equal(state.links, old.links(0, index))


@pytest.mark.parametrize(
    ("group", "lattice", "tail", "words"),
    [
        ("SU2", "3x4", "", r"found SU\(3\) on 3x4"),
        ("SU3", "4x3", "", "on 3x4; give a file of"),
        ("SU3", "3x4", "#3", "3 finished configurations"),
        ("SU3", "3x4", "#x", "no such file"),
        ("SU3", "3x4", ".h5", "no such file"),
        ("SU3", "3x4", "#" + "9" * 200, "3 finished configurations"),
        ("SU3", "3x4", "#" + "9" * 5000, "3 finished configurations"),
        ("SU3", "3x4", "#١", "no such file"),
        ("SU3", "3x4", "x#" + "1" * 5000, "no such file"),
    ],
)
def test_files_that_do_not_fit(old: lgt.Ensemble, group: str, lattice: str, tail: str, words: str) -> None:
    run = RUN | {"lattice": lattice}
    with pytest.raises(InputError, match=words):
        start_of(lgt.RunConfig(group=group, start=f"{old.path}{tail}", **run))


def test_a_file_that_is_no_ensemble(tmp_path: Path) -> None:
    (tmp_path / "text.h5").write_text("text")
    with pytest.raises(EnsembleError):
        start_of(lgt.RunConfig(group="SU3", start=tmp_path / "text.h5", **RUN))


def test_a_name_with_a_hash(old: lgt.Ensemble, tmp_path: Path) -> None:
    path = tmp_path / "odd#1"
    path.write_bytes(old.path.read_bytes())
    for text, index in ((path, 2), (f"{path}#0", 0)):
        assert f"#{index}:" in start_of(lgt.RunConfig(group="SU3", start=text, **RUN)).origin


def test_a_damaged_configuration(old: lgt.Ensemble, tmp_path: Path) -> None:
    path = tmp_path / "damaged.h5"
    path.write_bytes(old.path.read_bytes())
    place = old._file["links"].id.get_chunk_info_by_coord((0, 1, 0, 0, 0, 0, 0)).byte_offset
    with path.open("r+b") as file:
        file.seek(place)
        file.write(b"\x01\x02")
    start_of(lgt.RunConfig(group="SU3", start=f"{path}#0", **RUN))
    with pytest.raises(EnsembleError, match="damaged"):
        start_of(lgt.RunConfig(group="SU3", start=f"{path}#1", **RUN))
