"""`lgt.measure`: the same numbers by path, by ensemble and by command, read back by the ensemble."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import lgt
from lgt.ensemble import sidecar_path
from lgt.errors import EnsembleError, InputError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    run = lgt.RunConfig(
        group="SU2", lattice="3x4", beta=2.0, configs=3, chains=2, thermalise=3, out=tmp_path / "e.h5"
    )
    lgt.generate(run).close()
    return tmp_path / "e.h5"


def test_the_numbers_are_those_of_the_links_and_the_ensemble_reads_them(path: Path) -> None:
    found = lgt.measure(path, ["wilson_1x2", "plaquette"])
    assert list(found) == ["wilson_1x2", "plaquette"]
    with lgt.Ensemble.open(path) as ensemble:
        observable = lgt.parse_observable("wilson_1x2")
        expected = np.array([[observable.value(ensemble.links(c, k), 2) for k in range(3)] for c in (0, 1)])
        assert np.array_equal(found["wilson_1x2"], expected)
        assert np.array_equal(ensemble.observable("wilson_1x2"), expected)
        assert np.array_equal(found["plaquette"], ensemble.observable("plaquette"))
        again = lgt.measure(ensemble, "wilson_1x2, polyakov_abs")
        assert list(again) == ["wilson_1x2", "polyakov_abs"]
        assert again["polyakov_abs"].shape == (2, 3)


def test_only_what_is_missing_is_measured(path: Path) -> None:
    calls: list[tuple[int, int]] = []
    lgt.measure(path, "wilson_1x2", progress=lambda done, total: calls.append((done, total)))
    assert calls == [(k, 6) for k in range(1, 7)]
    lgt.measure(path, "wilson_1x2", progress=lambda done, total: calls.append((done, total)))
    assert len(calls) == 6


def test_what_is_stored_leaves_no_file(path: Path) -> None:
    lgt.measure(path, "plaquette")
    assert not sidecar_path(path).exists()


def test_what_does_not_exist_is_refused(path: Path) -> None:
    with pytest.raises(InputError, match="'plaquete'"):
        lgt.measure(path, "plaquete")
    with pytest.raises(InputError, match="polyakov_re_2 on the lattice 3x4"):
        lgt.measure(path, "polyakov_re_2")
    with pytest.raises(InputError, match="a side longer"):
        lgt.measure(path, "wilson_9x9")
    assert not sidecar_path(path).exists()
    with pytest.raises(EnsembleError, match="no such file"):
        lgt.measure(path.with_name("none.h5"), "plaquette")


def test_old_numbers_are_not_those_of_a_new_ensemble(path: Path) -> None:
    """Negative control: same name, same shape, other links."""
    lgt.measure(path, "wilson_1x2")
    with lgt.Ensemble.open(path) as ensemble:
        run = {**ensemble.spec.run, "seed": 2}
    path.unlink()
    with (
        lgt.generate(lgt.RunConfig(**run)) as ensemble,
        pytest.raises(EnsembleError, match=r"only plaquette; measure it: lgt\.measure"),
    ):
        ensemble.observable("wilson_1x2")
