"""Names of observables: read, printed, listed, refused."""

from __future__ import annotations

import numpy as np
import pytest

from lgt.errors import InputError
from lgt.field import cold
from lgt.group import SU, U1
from lgt.lattice import Lattice
from lgt.observable import (
    ActionDensity,
    Observable,
    Plaquette,
    Polyakov,
    UserObservable,
    WilsonLoop,
    available_observables,
    parse_observable,
)
from lgt.observable._base import FAMILIES, site_average

NAMES: dict[str, Observable] = {
    "plaquette": Plaquette(),
    "action_density": ActionDensity(),
    "wilson_1x2": WilsonLoop(1, 2),
    "wilson_12x1": WilsonLoop(12, 1),
    "wilson_2x1_symmetric": WilsonLoop(2, 1, symmetric=True),
    "polyakov_abs": Polyakov("abs"),
    "polyakov_re": Polyakov("re"),
    "polyakov_im_0": Polyakov("im", 0),
    "lgt.observable.loops:Plaquette": UserObservable("lgt.observable.loops:Plaquette", Plaquette()),
}


@pytest.mark.parametrize("name", NAMES)
def test_parse_and_name_are_inverse(name: str) -> None:
    assert parse_observable(name) == NAMES[name]
    assert parse_observable(name).name == name


@pytest.mark.parametrize(
    "name",
    ["", "plaquettes", "wilson", "wilson_0x1", "wilson_1x", "wilson_1x2_both", "polyakov", "wilson_१x२", "x"],
)
def test_unknown_names_are_refused_with_the_list(name: str) -> None:
    with pytest.raises(InputError, match="wilson_RxT"):
        parse_observable(name)


@pytest.mark.parametrize(
    ("name", "close"),
    [
        ("plaquete", "plaquette"),
        ("wilson_1by2", "wilson_1x2"),
        ("poliakov_abs", "polyakov_abs"),
        ("action-density", "action_density"),
    ],
)
def test_a_misspelt_name_is_guessed(name: str, close: str) -> None:
    with pytest.raises(InputError, match=f"did you mean '{close}'"):
        parse_observable(name)


def test_the_examples_are_names() -> None:
    examples = [example for family in FAMILIES for example in family.examples]
    assert len(examples) == 5
    assert [parse_observable(name).name for name in examples] == examples


def test_every_family_is_listed_and_exercised() -> None:
    assert list(available_observables()) == [family.pattern for family in FAMILIES]
    assert all(available_observables().values())
    assert {type(observable) for observable in NAMES.values()} == set(FAMILIES)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("group", [U1(), SU(3)])
def test_the_cold_configuration(name: str, group: U1 | SU) -> None:
    links = cold(Lattice((3, 2, 4)), group).astype(np.complex64)
    value = NAMES[name].value(links)
    expected = 0.0 if name in ("action_density", "polyakov_im_0") else 1.0
    assert value.dtype == np.float64
    assert abs(value - expected) < 1e-14


def test_the_site_average_is_a_mean_with_leading_axes() -> None:
    density = np.random.default_rng(0).normal(size=(5, 2, 3, 4))
    assert np.allclose(site_average(density, 3), density.mean(axis=(1, 2, 3)), atol=1e-15)
    assert site_average(density[0], 3).shape == ()
