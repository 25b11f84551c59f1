"""The two sides of the Schwinger-Dyson identity: against the action, at strong coupling, and broken."""

from __future__ import annotations

import numpy as np
import pytest
from oracle.exact_2d import Torus

from lgt.action import Wilson
from lgt.field import gauge_transform, space_transform
from lgt.group import SU, U1, Hyperoctahedral, UnitaryGroup
from lgt.observable import parse_observable, plaquettes_of_link, schwinger_dyson

GROUPS: list[UnitaryGroup] = [U1(), SU(2), SU(3), SU(4)]


@pytest.mark.parametrize("group", GROUPS, ids=str)
@pytest.mark.parametrize("box", [(3, 4), (4, 2, 3), (2, 3, 2, 5)], ids=str)
def test_against_the_force_of_the_action(group: UnitaryGroup, box: tuple[int, ...]) -> None:
    """The force is beta/(2N) TA(X) (U(1): beta TA X), and <Re tr X> = 2(d-1) N P on every configuration."""
    d, beta = len(box), 2.5
    links = group.haar(np.random.default_rng(1), (d, *box))
    rotation, force = schwinger_dyson(links, d)
    scale = beta if group.N == 1 else beta / (2 * group.N)
    action = Wilson(beta).force(links, d)
    assert abs((np.abs(action) ** 2).sum() / (links.size / group.N**2) / scale**2 - force) < 1e-12 * force
    plaquette = parse_observable("plaquette").value(links, d)
    assert abs(rotation - group.dimension * 2 * (d - 1) * group.N * plaquette) < 1e-12
    staple = Wilson(beta).staple(links, d)
    X = np.stack([plaquettes_of_link(links, mu, d) for mu in range(d)])
    assert np.abs(X - links @ staple).max() < 1e-12


@pytest.mark.parametrize("group", GROUPS, ids=str)
def test_invariance(group: UnitaryGroup) -> None:
    rng = np.random.default_rng(2)
    links = group.haar(rng, (3, 4, 2, 3))
    sides = np.array(schwinger_dyson(links, 3))
    assert (
        np.abs(np.array(schwinger_dyson(gauge_transform(links, group.haar(rng, (4, 2, 3))), 3)) - sides).max()
        < 1e-11
    )
    elements = Hyperoctahedral(3).elements[::5]
    assert len(elements) > 5
    for g in elements:
        assert np.abs(np.array(schwinger_dyson(space_transform(links, g), 3)) - sides).max() < 1e-11


@pytest.mark.parametrize("group", GROUPS, ids=str)
def test_strong_coupling_without_any_chain(group: UnitaryGroup) -> None:
    """Haar links: <|TA X|^2> = 2(d-1) dim/2 (U(1): half of 2(d-1)), as beta -> 0 demands with P = u."""
    links = group.haar(np.random.default_rng(3), (40, 2, 16, 24))
    sides = schwinger_dyson(links, 2)
    beta = 1e-3
    expected = group.dimension * 2 * group.N * Torus(group.N, beta).plaquette / beta
    error = sides.force.std() / np.sqrt(sides.force.size)
    assert error < 0.01 * expected
    assert abs(sides.force.mean() - expected) < 4 * error


def test_leading_axes() -> None:
    links = SU(3).haar(np.random.default_rng(4), (2, 5, 2, 3, 4))
    sides = schwinger_dyson(links)
    assert sides.rotation.shape == sides.force.shape == (2, 5)
    assert np.array_equal(schwinger_dyson(links[1, 3]).force, sides.force[1, 3])


def test_a_missing_plaquette_is_seen() -> None:
    """Negative control: without the backward plaquettes the forces differ."""
    group = SU(3)
    links = group.haar(np.random.default_rng(5), (2, 3, 4))
    X = plaquettes_of_link(links, 0)
    half = X - links[0] @ Wilson(1.0).staple(links)[0] / 2
    assert np.abs(X - half).max() > 0.1
