from __future__ import annotations

import numpy as np
import pytest

from lgt.clover import energy_plaquette
from lgt.errors import InputError, PhysicsError
from lgt.field import instanton, space_transform
from lgt.gradient_flow import flow_history, gradient_flow
from lgt.group import SU, U1, SignedPermutation
from lgt.lattice import Lattice
from lgt.observable import TopologicalCharge
from lgt.smear import cool

BOX = Lattice((12, 12, 12, 12))


def charge(links: np.ndarray, improved: bool = True) -> float:
    return float(TopologicalCharge(improved).value(links, 4))


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("N", [2, 3])
def test_the_charge_of_an_instanton_is_one_and_stays_so(N: int, sign: int) -> None:
    links = instanton(BOX, 4.0, group=SU(N), charge=sign)
    assert SU(N).defect(links).max() <= 1e-12
    assert abs(charge(links) - sign) < 0.05
    flowed = [charge(each) for _, each in flow_history(links, [0.5, 1, 2], step=0.05)]
    cooled = [charge(cool(links, steps)) for steps in (5, 10)]
    assert np.abs(np.array([*flowed, *cooled]) - sign).max() < 0.005


def test_the_plain_clover_charge_needs_a_larger_instanton() -> None:
    """Its error is of second order in 1 / rho: 0.06 at rho = 4, below 0.02 at rho = 7."""
    small = charge(gradient_flow(instanton(BOX, 4.0), 1, step=0.1), improved=False)
    assert 0.93 < small < 0.96
    large = gradient_flow(instanton(Lattice((20, 20, 20, 20)), 7.0), 2, step=0.1)
    assert abs(charge(large, improved=False) - 1) < 0.02


def test_a_reflection_turns_the_charge_around_and_a_rotation_does_not() -> None:
    links = gradient_flow(instanton(BOX, 3.0), 0.5, step=0.05)
    reflected = space_transform(links, SignedPermutation.parse("+0 -1 +2 +3"))
    rotated = space_transform(links, SignedPermutation.parse("+1 -0 +2 +3"))
    assert charge(reflected) == pytest.approx(-charge(links), abs=1e-10)
    assert charge(rotated) == pytest.approx(charge(links), abs=1e-10)
    assert charge(links) > 0.99


def test_the_action_approaches_that_of_the_continuum_from_above_the_bound() -> None:
    """sum E = 8 pi^2 |Q| on a self-dual field (E is twice F^a F^a / 4 summed once over planes)."""
    links = instanton(Lattice((16, 16, 16, 16)), 4.0)
    energies = [energy_plaquette(each).sum() for _, each in flow_history(links, [0, 1, 3], step=0.1)]
    assert energies[0] > energies[1] > energies[2] > 0.97 * 8 * np.pi**2
    assert energies[2] < 1.1 * 8 * np.pi**2


def test_the_centre_is_where_it_was_put() -> None:
    links = gradient_flow(instanton(BOX, 3.0, centre=(2.5, 9.5, 4.5, 6.5)), 0.5, step=0.1)
    density = energy_plaquette(links)
    peak = np.unravel_index(np.argmax(density), density.shape)
    # Plaquettes start at a site and lie half a step behind it.
    assert np.abs(np.array(peak) - (2.5, 9.5, 4.5, 6.5)).max() <= 1


def test_a_shift_of_the_centre_shifts_the_field() -> None:
    first = instanton(BOX, 3.0, centre=(2.5, 9.5, 4.5, 6.5))
    second = instanton(BOX, 3.0, centre=(3.5, 9.5, 4.5, 0.5))
    assert np.abs(np.roll(first, (1, -6), axis=(1, 4)) - second).max() <= 1e-13


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"lattice": Lattice((4, 4, 4))}, PhysicsError, "without instantons"),
        ({"group": U1()}, PhysicsError, "without instantons"),
        ({"rho": 0.0}, InputError, "no positive radius"),
        ({"charge": 2}, InputError, "another charge"),
        ({"centre": (1, 2, 3)}, InputError, "not four"),
        ({"centre": (4, 4, 4, 4.5)}, InputError, "centre on a link"),
    ],
)
def test_what_makes_no_instanton_is_refused(
    options: dict[str, object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        instanton(**{"lattice": BOX, "rho": 3.0, **options})  # type: ignore[arg-type]


def test_a_centre_on_a_line_between_links_is_fine() -> None:
    """Odd extents: the middle is half a step off in all directions."""
    links = instanton(Lattice((9, 9, 9, 9)), 3.0)
    assert np.isfinite(links).all()
    assert abs(charge(cool(links, 5)) - 1) < 0.01


@pytest.mark.parametrize("box", [(8, 8), (4, 4, 4, 3)])
def test_the_improved_charge_needs_room(box: tuple[int, ...]) -> None:
    with pytest.raises(PhysicsError, match="no room for loops"):
        TopologicalCharge(improved=True).validate(Lattice(box))
