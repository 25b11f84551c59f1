from __future__ import annotations

import numpy as np
import pytest
from oracle import literal_flow

from lgt.clover import energy_clover, energy_plaquette, field_strength
from lgt.errors import PhysicsError
from lgt.field import cold, gauge_transform, space_transform, space_transform_sites
from lgt.group import SU, U1, SignedPermutation, UnitaryGroup
from lgt.lattice import Lattice


def hot(group: UnitaryGroup, box: tuple[int, ...], seed: int = 0) -> np.ndarray:
    return group.haar(np.random.default_rng(seed), (len(box), *box))


@pytest.mark.parametrize("group", [U1(), SU(2), SU(3)], ids=repr)
@pytest.mark.parametrize("box", [(3, 4), (4, 3, 2), (2, 3, 4, 3)])
def test_field_strength_and_energies_against_loops_written_out(
    group: UnitaryGroup, box: tuple[int, ...]
) -> None:
    links, d = hot(group, box), len(box)
    fields, plane = field_strength(links), 0
    for mu in range(d):
        for nu in range(mu + 1, d):
            for x in literal_flow.sites(links):
                expected = literal_flow.field_strength(links, x, mu, nu)
                assert np.abs(fields[(plane, *x)] - expected).max() <= 1e-14
            plane += 1
    assert plane == len(fields)
    assert energy_clover(links).mean() == pytest.approx(literal_flow.energy_clover(links), rel=1e-12)
    assert energy_plaquette(links).mean() == pytest.approx(literal_flow.energy_plaquette(links), rel=1e-12)


@pytest.mark.parametrize("group", [U1(), SU(2), SU(4)], ids=repr)
def test_the_field_strength_turns_with_the_gauge(group: UnitaryGroup) -> None:
    box = (4, 3, 4)
    links, omega = hot(group, box), group.haar(np.random.default_rng(1), box)
    moved = field_strength(gauge_transform(links, omega))
    expected = omega @ field_strength(links) @ group.inverse(omega)
    assert np.abs(moved - expected).max() <= 1e-13
    if group.N > 1:
        assert np.abs(moved - field_strength(links)).max() > 0.1


def test_the_clover_energy_moves_with_the_lattice_and_the_plaquette_energy_in_sum_alone() -> None:
    links, g = hot(SU(3), (4, 3, 2)), SignedPermutation.parse("-2 +0 -1")
    moved = space_transform(links, g)
    expected = space_transform_sites(energy_clover(links), g, d=3, trailing=0)
    assert np.abs(energy_clover(moved) - expected).max() <= 1e-12
    plaquette = energy_plaquette(links)
    assert energy_plaquette(moved).sum() == pytest.approx(plaquette.sum(), rel=1e-13)
    seen = space_transform_sites(plaquette, g, d=3, trailing=0)
    assert np.abs(energy_plaquette(moved) - seen).max() > 0.1


def test_both_energies_agree_on_a_smooth_field() -> None:
    """A constant abelian field: P = exp(i f) everywhere, so E is f^2 up to f^4."""
    lattice, f = Lattice((12, 12)), 2 * np.pi / 144
    links = cold(lattice, U1())
    x, y = np.meshgrid(np.arange(12), np.arange(12), indexing="ij")
    links[1, ..., 0, 0] = np.exp(1j * f * x)
    links[0, -1, :, 0, 0] = np.exp(-12j * f * y[-1])
    assert np.abs(field_strength(links) - 1j * np.sin(f)).max() <= 1e-15
    assert np.abs(energy_clover(links) - np.sin(f) ** 2).max() <= 1e-15
    assert np.abs(energy_plaquette(links) - 2 * (1 - np.cos(f))).max() <= 1e-15


def test_batches_are_configurations_one_by_one() -> None:
    batch = np.stack([hot(SU(2), (3, 4, 4), seed) for seed in range(4)]).reshape(2, 2, 3, 3, 4, 4, 2, 2)
    assert energy_clover(batch).shape == (2, 2, 3, 4, 4)
    assert np.array_equal(field_strength(batch)[1, 0], field_strength(batch[1, 0]))
    assert np.array_equal(energy_clover(batch)[0, 1], energy_clover(batch[0, 1]))
    assert np.array_equal(energy_plaquette(batch)[0, 1], energy_plaquette(batch[0, 1]))


def test_the_improved_field_strength_is_of_fourth_order() -> None:
    """A transverse abelian wave A_1 = e cos(2 pi x / L), F_01 = -e (2 pi / L) sin(2 pi x / L)."""
    errors = {}
    for L in (16, 32):
        x, e, k = np.arange(L), 1e-3, 2 * np.pi / L
        links = np.ones((2, L, 4, 1, 1), dtype=complex)
        links[1, ..., 0, 0] = np.exp(1j * e * np.cos(k * x))[:, None]
        exact = -e * k * np.sin(k * x)[:, None]
        for improved in (False, True):
            found = field_strength(links, improved=improved)[0, ..., 0, 0].imag
            errors[L, improved] = np.abs(found - exact).max() / (e * k)
    # Without a loop of 3 x 3 the error would be k^4 at best; with it, k^6.
    assert 3.8 < errors[16, False] / errors[32, False] < 4.2
    assert 55 < errors[16, True] / errors[32, True] < 70


def test_improved_loops_around_the_lattice_are_refused() -> None:
    with pytest.raises(PhysicsError, match="around which"):
        field_strength(hot(SU(2), (4, 3)), improved=True)


def test_the_improved_field_strength_moves_with_gauge_and_lattice() -> None:
    links, g = hot(SU(3), (4, 5)), SignedPermutation.parse("-1 +0")
    omega = SU(3).haar(np.random.default_rng(1), (4, 5))
    fields = field_strength(links, improved=True)[0]
    turned = field_strength(gauge_transform(links, omega), improved=True)[0]
    assert np.abs(turned - omega @ fields @ SU(3).inverse(omega)).max() <= 1e-13
    moved = field_strength(space_transform(links, g), improved=True)[0]
    # A turn by 90 degrees keeps the orientation of the plane.
    assert np.abs(moved - space_transform_sites(fields, g, d=2)).max() <= 1e-13
