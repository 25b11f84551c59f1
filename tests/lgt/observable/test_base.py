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
    CreutzRatio,
    Derived,
    EnergyClover,
    EnergyPlaquette,
    FlowScale,
    Observable,
    Plaquette,
    Polyakov,
    PolyakovSusceptibility,
    Smeared,
    TopologicalCharge,
    TopologicalSusceptibility,
    UserObservable,
    WilsonLoop,
    available_observables,
    parse_observable,
    parse_quantity,
)
from lgt.observable._base import FAMILIES, site_average
from lgt.observable.smeared import Curve, Smooth
from lgt.smear import APE, Cooling, Stout

NAMES: dict[str, Observable] = {
    "plaquette": Plaquette(),
    "action_density": ActionDensity(),
    "wilson_1x2": WilsonLoop(1, 2),
    "wilson_12x1": WilsonLoop(12, 1),
    "wilson_2x1_symmetric": WilsonLoop(2, 1, symmetric=True),
    "polyakov_abs": Polyakov("abs"),
    "polyakov_re": Polyakov("re"),
    "polyakov_im_0": Polyakov("im", 0),
    "topological_charge": TopologicalCharge(),
    "topological_charge_improved": TopologicalCharge(improved=True),
    "energy_plaquette": EnergyPlaquette(),
    "energy_clover": EnergyClover(),
    "wilson_2x2@ape:0.5x10": Smeared(WilsonLoop(2, 2), Smooth(APE(0.5, 10))),
    "energy_clover@flow:1:0.5": Smeared(EnergyClover(), Curve("flow", 1.0, 0.5)),
    "lgt.observable:Plaquette@cool:3": Smeared(
        UserObservable("lgt.observable:Plaquette", Plaquette()), Smooth(Cooling(3))
    ),
    "lgt.observable.loops:Plaquette": UserObservable("lgt.observable.loops:Plaquette", Plaquette()),
}


DERIVED: dict[str, Derived] = {
    "creutz_2x2": CreutzRatio(2, 2),
    "creutz_1x3@ape:0.5x10": CreutzRatio(1, 3, Smooth(APE(0.5, 10))),
    "polyakov_susceptibility": PolyakovSusceptibility(),
    "polyakov_susceptibility_0@stout:0.1x2": PolyakovSusceptibility(0, Smooth(Stout(0.1, 2))),
    "topological_susceptibility": TopologicalSusceptibility(),
    "topological_susceptibility_improved@cool:30": TopologicalSusceptibility(
        Smooth(Cooling(30)), improved=True
    ),
    "topological_susceptibility@cool:30": TopologicalSusceptibility(Smooth(Cooling(30))),
    "t0": FlowScale("t0"),
    "w0_plaquette": FlowScale("w0", "plaquette"),
    "t0@symanzik_flow:8:0.2": FlowScale("t0", curve=Curve("symanzik_flow", 8.0, 0.2)),
}


@pytest.mark.parametrize("name", DERIVED)
def test_derived_quantities_are_known_by_name(name: str) -> None:
    assert parse_quantity(name) == DERIVED[name]
    assert parse_quantity(name).name == name
    assert all(parse_observable(each.name) == each for each in DERIVED[name].inputs)
    with pytest.raises(InputError, match=f"lgt measure ENS --observable {name}"):
        parse_observable(name)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("t0@flow:4", "TMAX:DT"),
        ("t0@cool:4", "TMAX:DT"),
        ("t0@flow:4:0.3", "multiple"),
        ("energy_clover@flow:4:0", "increase"),
        ("energy_clover@flow:0.1:4", "increase"),
        ("energy_clover@flow:4000:0.01", "more than"),
        ("topological_susceptibility@flow:4:0.1", "one flow time"),
        ("creutz_2x2@flow:-1", "no smearing of that form"),
        ("plaquette@", "no smearing of that form"),
        ("@flow:1.0", "no observable of that name"),
        ("plaquette@flow:1.0@x", "no smearing"),
        ("plaquettes@flow:1.0", "did you mean 'plaquette'"),
        ("topological_charges", "did you mean 'topological_charge'"),
        ("creutz_0x2", "no observable of that name"),
    ],
)
def test_bad_names_say_what_is_wrong(name: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        parse_quantity(name)


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
    assert len(examples) == 15
    assert [parse_quantity(name).name for name in examples] == examples


def test_every_family_is_listed_and_exercised() -> None:
    assert list(available_observables()) == [family.pattern for family in FAMILIES]
    assert all(available_observables().values())
    assert {type(quantity) for quantity in (NAMES | DERIVED).values()} == set(FAMILIES)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("group", [U1(), SU(3)])
def test_the_cold_configuration(name: str, group: U1 | SU) -> None:
    charges = {"topological_charge": (3, 2, 4, 2), "topological_charge_improved": (4, 5, 4, 4)}
    box = charges.get(name, (3, 2, 4))
    links = cold(Lattice(box), group).astype(np.complex64)
    value = NAMES[name].value(links, len(box))
    zero = name.startswith(("action_density", "polyakov_im_0", "energy", "topological"))
    assert value.dtype == np.float64
    assert value.shape == NAMES[name].shape(Lattice(box))
    assert np.abs(value - (0.0 if zero else 1.0)).max() < 1e-13


def test_the_site_average_is_a_mean_with_leading_axes() -> None:
    density = np.random.default_rng(0).normal(size=(5, 2, 3, 4))
    assert np.allclose(site_average(density, 3), density.mean(axis=(1, 2, 3)), atol=1e-15)
    assert site_average(density[0], 3).shape == ()
