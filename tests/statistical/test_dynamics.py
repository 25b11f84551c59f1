"""Most of the checks of molecular dynamics, forces, flow and charge; scripts/physics_checks.py makes all."""

from __future__ import annotations

import pytest
from statistical.checks import WRONG, Checkable
from statistical.dynamics import (
    BALANCES,
    CHARGES,
    CHECKS,
    FLOWS,
    FORCES,
    MICROCANONICAL,
    REVERSALS,
    SLOPES,
    Deviation,
)

PART = [
    *[force for force in FORCES if force.theory.group.N < 5],
    *SLOPES,
    *REVERSALS,
    *MICROCANONICAL,
    *FLOWS[:2],
    *FLOWS[3:],
]


@pytest.mark.parametrize("check", PART, ids=str)
def test_it_holds_and_its_control_does_not(check: Checkable) -> None:
    right, wrong = check.pull(), check.pull(WRONG)
    assert right.accepted, str(right)
    assert not wrong.accepted, str(wrong)


@pytest.mark.statistical
@pytest.mark.parametrize("check", [*BALANCES[1:2], *CHARGES[:1]], ids=str)
def test_averages_and_charges(check: Checkable) -> None:
    right, wrong = check.pull(), check.pull(WRONG)
    assert right.sharp, str(right)
    assert right.accepted, str(right)
    assert wrong.sharp, str(wrong)
    assert not wrong.accepted, str(wrong)


def test_names_differ_and_every_integrator_is_there() -> None:
    assert len({str(check) for check in CHECKS}) == len(CHECKS)
    everything = {"leapfrog", "omf2", "omf4", "force-gradient"}
    assert {check.integrator for check in SLOPES} == {check.integrator for check in REVERSALS} == everything
    assert {check.update.integrator for check in BALANCES} == everything
    assert {type(force.theory.action).__name__ for force in FORCES} == {
        "Wilson",
        "LuscherWeisz",
        "Iwasaki",
        "DBW2",
        "Rectangle",
    }


def test_a_deviation_that_is_no_number_is_not_accepted() -> None:
    assert Deviation(0.5, 1.0).sigmas == 2.0
    assert Deviation(-0.9, 1.0).accepted
    assert not any(Deviation(value, 1.0).accepted for value in (1.0, -1.1, float("nan"), float("inf")))
