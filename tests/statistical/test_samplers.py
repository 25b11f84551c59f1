"""A part of the checks of every action and update; scripts/physics_checks.py makes all of them."""

from __future__ import annotations

import pytest
from statistical.checks import WRONG
from statistical.samplers import (
    BETAS,
    BOUNDARIES,
    CHECKS,
    COEFFICIENTS,
    IDENTITIES,
    PLANES_AND_STRIPS,
    UPDATES,
    VALUES,
    Agreement,
)

import lgt
from lgt.action import RectangleAction

#: Each action once, in 2, 3 and 4 dimensions and for N = 2 to 5, and what does not take long of the rest.
PART = [
    IDENTITIES[0],
    IDENTITIES[17],
    IDENTITIES[30],
    IDENTITIES[40],
    IDENTITIES[58],
    BOUNDARIES[4],
    PLANES_AND_STRIPS[1],
    PLANES_AND_STRIPS[-1],
    UPDATES[3],
]


@pytest.mark.statistical
@pytest.mark.parametrize("check", PART, ids=str)
def test_it_holds_and_its_control_does_not(check: Agreement) -> None:
    right, wrong = check.pull(), check.pull(WRONG)
    assert right.sharp, str(right)
    assert right.accepted, str(right)
    assert wrong.sharp, str(wrong)
    assert not wrong.accepted, str(wrong)


def test_every_action_is_checked_in_every_dimension_and_for_every_group() -> None:
    found = {(check.run.action, check.run.N, check.run.d) for check in IDENTITIES}
    assert found == {(action, N, d) for action in BETAS for N in (2, 3, 4, 5) for d in (2, 3, 4)}
    assert set(BETAS) == set(COEFFICIENTS) == set(lgt.action.ACTIONS)
    assert {check.run.action for check in (*VALUES, *PLANES_AND_STRIPS)} == set(BETAS)
    assert {(c.run.group, c.run.action, type(c.other.update).__name__) for c in UPDATES} == {
        (group, action, update)
        for group in ("SU2", "SU3")
        for action in ("wilson", "luscher-weisz")
        for update in ("HMC", "Metropolis")
    }
    assert {key for check in BOUNDARIES for key, _ in check.run.parameters} >= {"open", "anisotropy"}
    assert len({str(check) for check in CHECKS}) == len(CHECKS)


def test_a_part_has_every_action_dimension_and_group() -> None:
    runs = [check.run for check in PART]
    assert {run.action for run in runs} == set(BETAS)
    assert {run.d for run in runs} == {2, 3, 4}
    assert {run.N for run in runs} >= {2, 3, 4, 5}


def test_coefficients_are_those_of_the_literature() -> None:
    for action, (c0, c1) in COEFFICIENTS.items():
        run = next(check.run for check in IDENTITIES if check.run.action == action)
        model = run.model
        if isinstance(model, RectangleAction):
            assert model.couplings == pytest.approx((c0, c1), rel=1e-15)
        assert action == "rectangle" or c0 == pytest.approx(1 - 8 * c1, rel=1e-15)
