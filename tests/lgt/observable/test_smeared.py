"""Observables on smeared links and along a flow: the same as smearing first, once for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import lgt.observable.smeared
from lgt.errors import InputError
from lgt.gradient_flow import flow_history, gradient_flow
from lgt.group import SU, U1
from lgt.lattice import Lattice
from lgt.observable import Observable, Smeared, UserObservable, evaluate, parse_observable
from lgt.observable.smeared import Curve, Smooth
from lgt.smear import SMEARINGS, ape, cool, stout

LINKS = SU(2).haar(np.random.default_rng(5), (3, 4, 2, 3))
BY_HAND = {
    "flow:0.3": lambda u: gradient_flow(u, 0.3, d=3),
    "symanzik_flow:0.2": lambda u: gradient_flow(u, 0.2, action="symanzik", d=3),
    "stout:0.1x3": lambda u: stout(u, 0.1, 3, d=3),
    "ape:0.5x2": lambda u: ape(u, 0.5, 2, d=3),
    "spatial_ape:0.5x2": lambda u: ape(u, 0.5, 2, directions=range(2), d=3),
    "cool:2": lambda u: cool(u, 2, d=3),
}


@pytest.mark.parametrize("smearing", BY_HAND)
@pytest.mark.parametrize("name", ["plaquette", "polyakov_abs_0", "wilson_1x2"])
def test_the_value_is_that_of_smeared_links(name: str, smearing: str) -> None:
    inner, observable = parse_observable(name), parse_observable(f"{name}@{smearing}")
    box = LINKS if "symanzik" not in smearing else SU(2).haar(np.random.default_rng(5), (3, 4, 3, 3))
    smeared = BY_HAND[smearing](box)
    assert np.array_equal(observable.value(box, 3), inner.value(smeared, 3))
    assert not np.isclose(observable.value(box, 3), inner.value(box, 3), rtol=1e-3, atol=0)
    if not name.startswith("polyakov"):
        assert np.array_equal(observable.density(box, 3), inner.density(smeared, 3))
    assert observable.labels(Lattice((4, 2, 3))) == ()


def test_every_smearing_is_exercised() -> None:
    found = {type(parse_observable(f"plaquette@{text}").preparation.smearing) for text in BY_HAND}  # type: ignore[attr-defined]
    assert found == set(SMEARINGS)


@pytest.mark.parametrize(("name", "action"), [("flow", "wilson"), ("symanzik_flow", "symanzik")])
def test_a_curve_is_the_flow_at_its_times(name: str, action: str) -> None:
    links = SU(2).haar(np.random.default_rng(5), (2, 3, 4, 3, 3))
    curve = parse_observable(f"energy_clover@{name}:0.3:0.1")
    assert curve.labels(Lattice((4, 3, 3))) == ("t=0", "t=0.1", "t=0.2", "t=0.3")
    assert curve.shape(Lattice((4, 3, 3))) == (4,)
    inner = parse_observable("energy_clover")
    history = flow_history(links, [0.0, 0.1, 0.2, 0.3], action=action, d=3)
    expected = np.stack([inner.value(flowed, 3) for _, flowed in history], axis=-1)
    assert curve.value(links, 3).shape == (2, 4)
    assert np.allclose(curve.value(links, 3), expected, rtol=1e-13)
    assert np.allclose(
        curve.density(links, 3).mean(axis=(-1, -2, -3)), curve.value(links, 3), rtol=0, atol=1e-14
    )
    assert curve.density(links, 3).shape == (2, 4, 4, 3, 3)
    last = parse_observable(f"energy_clover@{name}:0.3").value(links, 3)
    assert np.allclose(curve.value(links, 3)[:, -1], last, rtol=1e-12)


class Pair(Observable):
    """Two numbers."""

    reach = (0, 1)

    def labels(self, lattice: Lattice) -> tuple[str, ...]:
        return ("P", "Q")

    def density(self, links: Any, d: int | None = None) -> Any:
        plaquette = parse_observable("plaquette").density(links, d)
        axis = plaquette.ndim - (d or 3)
        return np.stack([plaquette, 2 * plaquette], axis=axis)


def test_labels_of_stages_and_of_the_observable_multiply() -> None:
    pair = UserObservable("mine:Pair", Pair())
    assert pair.value(LINKS, 3).shape == (2,)
    assert pair.density(LINKS, 3).shape == (2, 4, 2, 3)
    smooth = Smeared(pair, Smooth(SMEARINGS[1].parse("stout:0.1x1")))  # type: ignore[arg-type]
    assert smooth.labels(Lattice((4, 2, 3))) == ("P", "Q")
    curve = Smeared(pair, Curve("flow", 0.2, 0.1))
    assert curve.labels(Lattice((4, 2, 3))) == ("t=0,P", "t=0,Q", "t=0.1,P", "t=0.1,Q", "t=0.2,P", "t=0.2,Q")
    value = curve.value(LINKS, 3)
    assert value.shape == (6,)
    assert np.allclose(value[1::2], 2 * value[::2])
    assert np.allclose(value[::2], parse_observable("plaquette@flow:0.2:0.1").value(LINKS, 3))
    batch = np.stack([LINKS, LINKS])
    assert np.array_equal(curve.value(batch, 3), [value, value])
    assert curve.density(batch, 3).shape == (2, 6, 4, 2, 3)


def test_what_is_measured_together_is_smeared_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def counted(*arguments: Any, **options: Any) -> Iterator[Any]:
        calls.append(arguments)
        return flow_history(*arguments, **options)

    monkeypatch.setattr(lgt.observable.smeared, "flow_history", counted)
    names = [
        "energy_clover@flow:0.2:0.1",
        "plaquette",
        "energy_plaquette@flow:0.2:0.1",
        "plaquette@flow:0.2:0.1",
    ]
    observables = [parse_observable(name) for name in names]
    found = evaluate(observables, LINKS, 3)
    assert len(calls) == 1
    assert [observable.name for observable in found] == names
    for observable in observables:
        assert np.array_equal(found[observable], observable.value(LINKS, 3))
    assert len(calls) == 4


def test_smearings_may_follow_each_other() -> None:
    observable = parse_observable("plaquette@stout:0.1x1@flow:0.1")
    expected = parse_observable("plaquette").value(stout(gradient_flow(LINKS, 0.1, d=3), 0.1, 1, d=3), 3)
    assert np.array_equal(observable.value(LINKS, 3), expected)


def test_u1_and_two_dimensions() -> None:
    links = U1().haar(np.random.default_rng(0), (2, 4, 5))
    assert parse_observable("plaquette@flow:1.0:0.5").value(links).shape == (3,)


def test_what_the_inner_observable_refuses() -> None:
    with pytest.raises(InputError, match="a side longer"):
        parse_observable("wilson_9x9@cool:1").validate(Lattice((4, 4)))
