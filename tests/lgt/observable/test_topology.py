"""Charge and energy of fields on which they are known: constant flux, an instanton, random links in 2D."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from lgt.errors import PhysicsError
from lgt.field import instanton, space_transform
from lgt.group import SU, U1, Hyperoctahedral
from lgt.lattice import Lattice
from lgt.observable import EnergyClover, EnergyPlaquette, TopologicalCharge, parse_observable

Array = NDArray[Any]
PLANES = list(combinations(range(4), 2))
#: epsilon_{01 23} = 1, epsilon_{02 13} = -1, epsilon_{03 12} = 1.
PAIRS = [((0, 1), (2, 3), 1), ((0, 2), (1, 3), -1), ((0, 3), (1, 2), 1)]


def flux(box: tuple[int, ...], fluxes: dict[tuple[int, int], int], charges: tuple[int, ...]) -> Array:
    """Abelian links whose plaquettes in the given planes are everywhere diag(exp(i theta charges)).

    theta = 2 pi n / (L_mu L_nu): A_nu = theta x_mu, and at the seam A_mu = -theta L_mu x_nu.
    """
    d = len(box)
    angle = np.zeros((d, *box))
    x = np.indices(box)
    for (mu, nu), n in fluxes.items():
        theta = 2 * np.pi * n / (box[mu] * box[nu])
        angle[nu] += theta * x[mu]
        angle[mu] -= np.where(x[mu] == box[mu] - 1, theta * box[mu] * x[nu], 0.0)
    links = np.zeros((d, *box, len(charges), len(charges)), dtype=np.complex128)
    for k, charge in enumerate(charges):
        links[..., k, k] = np.exp(1j * charge * angle)
    return links


@pytest.mark.parametrize("charges", [(1,), (1, -1), (1, -1, 0), (1, 1, -2)], ids=str)
@pytest.mark.parametrize(("first", "second", "sign"), PAIRS)
def test_constant_flux_in_two_planes(
    charges: tuple[int, ...], first: tuple[int, int], second: tuple[int, int], sign: int
) -> None:
    """The continuum charge is n m sum(charges^2); the clover has sin(theta) where the continuum has theta.

    For U(1) that is int c_1^2 / 2 = n m, for diag(1, -1) in SU(2) twice as much.
    """
    box, n, m = (4, 6, 8, 5), 1, -2
    links = flux(box, {first: n, second: m}, charges)
    theta = 2 * np.pi * n / (box[first[0]] * box[first[1]])
    phi = 2 * np.pi * m / (box[second[0]] * box[second[1]])
    sines = sum(np.sin(q * theta) * np.sin(q * phi) for q in charges)
    if charges == (1, 1, -2):  # sin(q theta) is traceless for opposite charges alone: TA removes the trace
        s, t = (np.array([np.sin(q * angle) for q in charges]) for angle in (theta, phi))
        sines = float(((s - s.mean()) * (t - t.mean())).sum())
    volume = np.prod(box)
    expected = sign * volume * sines / (4 * np.pi**2)
    charge = TopologicalCharge()
    assert abs(charge.value(links, 4) - expected) < 1e-12
    assert np.abs(charge.density(links, 4) - expected / volume).max() < 1e-14
    continuum = sign * n * m * sum(q * q for q in charges)
    assert abs(expected / continuum - 1) < 0.35
    assert np.sign(expected) == np.sign(continuum)


def test_a_finer_lattice_comes_closer_to_the_integer() -> None:
    found = [
        float(TopologicalCharge().value(flux((L,) * 4, {(0, 1): 1, (2, 3): 1}, (1,)), 4)) for L in (4, 6, 8)
    ]
    off = np.abs(np.array(found) - 1)
    assert np.all(off[1:] < 0.5 * off[:-1])
    assert off[-1] < 0.01


def test_planes_that_share_a_direction_have_no_charge() -> None:
    links = flux((4, 4, 4, 4), {(0, 1): 1, (1, 2): 1}, (1, -1))
    assert abs(TopologicalCharge().value(links, 4)) < 1e-12


@pytest.mark.parametrize("charges", [(1,), (1, -1), (1, -1, 0)], ids=str)
@pytest.mark.parametrize("plane", PLANES)
def test_the_energies_of_constant_flux(charges: tuple[int, ...], plane: tuple[int, int]) -> None:
    box = (4, 6, 8, 5)
    links = flux(box, {plane: 1}, charges)
    theta = 2 * np.pi / (box[plane[0]] * box[plane[1]])
    plaquette = sum(2 * (1 - np.cos(q * theta)) for q in charges)
    clover = sum(np.sin(q * theta) ** 2 for q in charges)
    assert np.abs(EnergyPlaquette().density(links, 4) - plaquette).max() < 1e-13
    assert np.abs(EnergyClover().density(links, 4) - clover).max() < 1e-13
    assert abs(EnergyPlaquette().value(links, 4) - plaquette) < 1e-13
    assert abs(EnergyClover().value(links, 4) - clover) < 1e-13


@pytest.mark.parametrize("charge", [1, -1])
def test_an_instanton(charge: int) -> None:
    links = instanton(Lattice((8, 8, 8, 8)), 2.5, group=SU(2), charge=charge)
    assert abs(parse_observable("topological_charge_improved@flow:1.0").value(links, 4) - charge) < 0.02
    for name in ("topological_charge@flow:1.0", "topological_charge@cool:10"):
        assert 0.8 < parse_observable(name).value(links, 4) / charge < 1.0  # its core has lattice artefacts


@pytest.mark.parametrize("n", [-3, 0, 1, 5])
def test_flux_in_two_dimensions(n: int) -> None:
    links = flux((6, 4), {(0, 1): n}, (1,))
    assert abs(TopologicalCharge().value(links) - n) < 1e-12
    assert np.abs(TopologicalCharge().density(links) - n / 24).max() < 1e-13


def test_an_integer_on_random_links_in_two_dimensions() -> None:
    links = U1().haar(np.random.default_rng(3), (200, 2, 5, 6))
    charge = TopologicalCharge().value(links)
    assert charge.shape == (200,)
    assert np.abs(charge - charge.round()).max() < 1e-12
    assert len(set(charge.round())) >= 5
    assert abs(charge.mean()) < 4 * charge.std() / np.sqrt(200)
    elements = Hyperoctahedral(2).elements
    assert len(elements) == 8
    for g in elements:
        moved = TopologicalCharge().value(space_transform(links, g), 2)
        assert np.abs(moved - g.determinant * charge).max() < 1e-12


def test_leading_axes_and_single_precision() -> None:
    links = SU(3).haar(np.random.default_rng(0), (2, 4, 3, 2, 4, 3))
    charge = TopologicalCharge()
    values = charge.value(links, 4)
    assert np.array_equal(values, [charge.value(each, 4) for each in links])
    assert charge.density(links, 4).shape == (2, 3, 2, 4, 3)
    single = charge.value(links.astype(np.complex64), 4)
    assert single.dtype == np.float64
    assert np.abs(single - values).max() < 1e-5


def test_where_there_is_no_charge() -> None:
    with pytest.raises(PhysicsError, match="3 directions"):
        TopologicalCharge().value(SU(2).haar(np.random.default_rng(0), (3, 4, 5, 6)))
    with pytest.raises(PhysicsError, match=r"SU\(2\) in two dimensions"):
        TopologicalCharge().value(SU(2).haar(np.random.default_rng(0), (2, 4, 5)))
