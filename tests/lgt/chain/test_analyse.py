"""Estimates from files: labels, derived quantities, warnings, and what does not exist."""

from __future__ import annotations

import logging
import math
from pathlib import Path

import numpy as np
import pytest

import lgt
from lgt.analysis import estimate
from lgt.chain import Configurations, estimates_of, measure_into, quantities_of, setting_of
from lgt.chain._measure import observables_of
from lgt.ensemble import sidecar
from lgt.errors import EnsembleError, InputError
from lgt.field import Array
from lgt.observable import evaluate

CURVE = "energy_clover@flow:0.2:0.1"


def run(path: Path, **keys: object) -> lgt.RunConfig:
    usual = {"group": "SU2", "lattice": "4x4", "beta": 2.0, "configs": 60, "thermalise": 20, "separation": 2}
    return lgt.RunConfig(**{**usual, "chains": 2, "out": path, **keys})


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("analyse") / "e.h5"
    lgt.generate(run(path)).close()
    lgt.measure(path, [CURVE, "creutz_2x2", "polyakov_susceptibility"])
    return path


def test_numbers_of_one_observable_have_their_labels(made: Path) -> None:
    found = lgt.analyse(made, CURVE)
    assert list(found) == [f"{CURVE}[t=0]", f"{CURVE}[t=0.1]", f"{CURVE}[t=0.2]"]
    with lgt.Ensemble.open(made) as ensemble:
        values = ensemble.observable(CURVE)
        links = ensemble.links(1, 7)
    assert values.shape == (2, 60, 3)
    assert np.array_equal(values[1, 7], lgt.parse_observable(CURVE).value(links))
    for place, result in enumerate(found.values()):
        assert result == estimate(values[..., place], separation=2)


def test_derived_quantities_aremade_of_what_was_measured(made: Path) -> None:
    found = lgt.analyse(made, "creutz_2x2,polyakov_susceptibility")
    with lgt.Ensemble.open(made) as ensemble:
        loops = {
            name: ensemble.observable(name).mean()
            for name in ("wilson_2x2", "wilson_1x1", "wilson_2x1_symmetric")
        }
        polyakov = ensemble.observable("polyakov_abs")
    expected = -math.log(loops["wilson_2x2"] * loops["wilson_1x1"] / loops["wilson_2x1_symmetric"] ** 2)
    assert found["creutz_2x2"].value == pytest.approx(expected, rel=1e-12)
    assert found["creutz_2x2"].n == 120
    assert found["polyakov_susceptibility"].value == pytest.approx(4 * polyakov.var(), rel=1e-12)
    assert all(result.error > 0 for result in found.values())


def test_all_that_is_stored_is_the_default(made: Path) -> None:
    names = list(lgt.analyse(made))
    assert names[0] == "plaquette"
    assert {"wilson_2x2", "polyakov_abs", f"{CURVE}[t=0.2]"} <= set(names)


def test_what_is_missing_is_told_with_the_command(made: Path) -> None:
    with pytest.raises(EnsembleError, match=r"lgt measure .*e\.h5 --observable creutz_3x3"):
        lgt.analyse(made, "creutz_3x3")
    with pytest.raises(InputError, match="no observable of that name"):
        lgt.analyse(made, "creutz")


def test_what_does_not_exist_is_nan_and_a_warning(made: Path, caplog: pytest.LogCaptureFixture) -> None:
    series = {name: np.full((2, 60), -0.1) for name in observables_of(quantities_of("creutz_1x2").values())}
    texts: list[str] = []
    with lgt.Ensemble.open(made) as ensemble:
        setting = setting_of(ensemble)
    found = estimates_of(series, quantities_of("creutz_1x2"), setting, 1, texts.append)
    assert math.isnan(found["creutz_1x2"].value)
    assert set(found["creutz_1x2"].as_json().values()) == {None, 120}
    assert any("creutz_1x2: found a mean -0.1 of wilson_2x1_symmetric" in text for text in texts)
    with caplog.at_level(logging.WARNING, "lgt"):
        lgt.analyse(made, "plaquette")
    assert any("fewer than 50 tau_int" in record.message for record in caplog.records) or not caplog.records


def test_a_chain_that_was_not_thermalised_is_told(tmp_path: Path) -> None:
    """From a hot start at weak coupling the plaquette rises in the first sweeps."""
    texts: dict[int, list[str]] = {}
    for thermalise in (0, 200):
        path = tmp_path / f"{thermalise}.h5"
        keys = {"thermalise": thermalise, "separation": 1, "configs": 200, "beta": 16.0, "start": "hot"}
        lgt.generate(run(path, lattice="16x16", overrelax=0, update="metropolis", **keys)).close()
        texts[thermalise] = []
        lgt.analyse(path, warn=texts[thermalise].append)
    assert any("plaquette: the first 20 sweeps" in text and "sigma apart" in text for text in texts[0])
    assert not any("sigma apart" in text for text in texts[200])


def test_vectors_are_stored_by_generate(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    keys = {"measure": [CURVE, "creutz_1x1"], "configs": 3, "lattice": "4x6"}
    config = run(tmp_path / "v.h5", **keys)
    with lgt.generate(config) as ensemble:
        assert ensemble.spec.observables == {"plaquette": (), CURVE: (3,), "wilson_1x1": ()}
        values = ensemble.observable(CURVE)
        assert values.shape == (2, 3, 3)
        expected = [lgt.parse_observable(CURVE).value(links) for links in ensemble]
        assert np.array_equal(values.reshape(6, 3), expected)
        ensemble.verify()
    assert list(lgt.analyse(tmp_path / "v.h5", warn=lambda text: None)) == [
        "plaquette",
        f"{CURVE}[t=0]",
        f"{CURVE}[t=0.1]",
        f"{CURVE}[t=0.2]",
        "wilson_1x1",
    ]
    more = lgt.RunConfig(**{**config.model_dump(), "configs": 4})
    with lgt.generate(more, resume=True) as ensemble:
        assert np.array_equal(ensemble.observable(CURVE)[:, :3], values)
    other = run(tmp_path / "w.h5", **{**keys, "configs": 4})
    with lgt.generate(other) as ensemble, lgt.Ensemble.open(tmp_path / "v.h5") as resumed:
        assert np.array_equal(ensemble.observable(CURVE), resumed.observable(CURVE))


class Files:
    """Configurations that are no ensemble: arrays in memory."""

    def __init__(self, configurations: list[Array]) -> None:
        self.lattice, self.group, self.action = lgt.Lattice((4, 5)), lgt.SU(2), lgt.Wilson(2.0, open=(-1,))
        self.finished = np.ones((1, len(configurations)), dtype=bool)
        self._configurations = configurations

    def links(self, chain: int, config: int) -> Array:
        return self._configurations[config]


def test_other_configurations_are_measured_as_well() -> None:
    configurations = [lgt.SU(2).haar(np.random.default_rng(k), (2, 4, 5)) for k in range(4)]
    source: Configurations = Files(configurations)
    observables = observables_of(quantities_of("plaquette,wilson_1x2").values())
    measured: dict[str, Array] = {}
    calls: list[tuple[int, int]] = []
    stored: list[int] = []
    measure_into(
        measured,
        source,
        observables,
        progress=lambda done, of: calls.append((done, of)),
        store=lambda: stored.append(len(calls)),
    )
    assert calls == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert stored == [4]
    for k, links in enumerate(configurations):
        for observable, value in evaluate(observables.values(), links, 2, open=(1,)).items():
            assert measured[observable.name][0, k] == value
    measured["plaquette"][0, 2] = np.nan
    measure_into(measured, source, observables, progress=lambda done, of: calls.append((done, of)))
    assert calls[4:] == [(1, 1)]
    assert np.isfinite(measured["plaquette"]).all()


def test_a_number_that_is_missing_among_several_is_measured() -> None:
    source = Files([lgt.SU(2).haar(np.random.default_rng(k), (2, 4, 5)) for k in range(3)])
    observables = observables_of(quantities_of(CURVE).values())
    measured: dict[str, Array] = {}
    measure_into(measured, source, observables)
    whole = measured[CURVE].copy()
    assert whole.shape == (1, 3, 3)
    measured[CURVE][0, 1, 2] = np.nan
    calls: list[tuple[int, int]] = []
    measure_into(measured, source, observables, progress=lambda done, of: calls.append((done, of)))
    assert calls == [(1, 1)]
    assert np.array_equal(measured[CURVE], whole)


def test_the_slowest_of_several_numbers_speaks_for_all(made: Path) -> None:
    """The middle label has a random walk, the others are independent numbers."""
    values = np.random.default_rng(3).normal(size=(2, 300, 3))
    values[..., 1] = values[..., 1].cumsum(axis=1)
    with lgt.Ensemble.open(made) as ensemble:
        setting = setting_of(ensemble)
    texts: list[str] = []
    found = estimates_of({CURVE: values}, None, setting, 1, texts.append)
    slowest = f"{CURVE}[t=0.1]"
    assert max(found, key=lambda name: found[name].tau_int) == slowest
    (text,) = (text for text in texts if "unsure" in text)
    assert text.startswith(f"{slowest}: 600 sweeps measured, fewer than 50 tau_int = ")


def test_what_was_measured_in_part_is_not_there(tmp_path: Path) -> None:
    """One configuration without its number: it is no observable of the ensemble, the mean would be NaN."""
    path = tmp_path / "e.h5"
    lgt.generate(run(path, configs=5)).close()
    lgt.measure(path, "wilson_1x2,wilson_2x2")
    with lgt.Ensemble.open(path) as ensemble:
        measured = sidecar.read(ensemble)
        measured["wilson_1x2"][1, 3] = np.nan
        sidecar.write(ensemble, measured)
    assert list(lgt.analyse(path, warn=lambda text: None)) == ["plaquette", "wilson_2x2"]
    with pytest.raises(EnsembleError, match=r"only plaquette, wilson_2x2; .* --observable wilson_1x2"):
        lgt.analyse(path, "wilson_1x2")
    lgt.measure(path, "wilson_1x2")
    assert math.isfinite(lgt.analyse(path, "wilson_1x2", warn=lambda text: None)["wilson_1x2"].value)


def test_what_was_measured_before_an_error_is_stored() -> None:
    class Broken(Files):
        def links(self, chain: int, config: int) -> Array:
            if config == 2:
                raise EnsembleError("configuration 2", "damage", "restore it")
            return super().links(chain, config)

    source = Broken([lgt.SU(2).haar(np.random.default_rng(k), (2, 4, 5)) for k in range(4)])
    measured: dict[str, Array] = {}
    stored: list[int] = []
    with pytest.raises(EnsembleError):
        measure_into(
            measured,
            source,
            observables_of(quantities_of("plaquette").values()),
            store=lambda: stored.append(int(np.isfinite(measured["plaquette"]).sum())),
        )
    assert stored == [2]
