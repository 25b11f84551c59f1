"""Chains of the public API against exact and published values; and the same checks at a beta 1 % off."""

from __future__ import annotations

import pytest
from statistical.checks import CHECKS, IDENTITY, LARGEST, WRONG, Pull, Run, by_run

from lgt.analysis import Estimate

RUNS = by_run()
GROUPS = ("U1", "SU2", "SU3", "SU4")


@pytest.mark.statistical
@pytest.mark.parametrize("run", RUNS, ids=str)
def test_the_chain_is_right(run: Run) -> None:
    pulls = {str(check): check.pull() for check in RUNS[run]}
    assert pulls
    assert not {name: str(pull) for name, pull in pulls.items() if not pull.sharp}
    assert not {name: str(pull) for name, pull in pulls.items() if not pull.accepted}


@pytest.mark.statistical
@pytest.mark.parametrize("run", RUNS, ids=str)
def test_a_chain_at_a_beta_one_percent_off_is_rejected(run: Run) -> None:
    """Negative control: every check, unchanged, sees it, and with an error that it would also accept."""
    pulls = {str(check): check.pull(WRONG) for check in RUNS[run]}
    assert pulls
    assert not {name: str(pull) for name, pull in pulls.items() if not pull.sharp}
    assert not {name: str(pull) for name, pull in pulls.items() if pull.accepted}


def test_every_group_is_checked_in_every_dimension() -> None:
    dimension = {check: check.run.lattice.count("x") + 1 for check in CHECKS}

    def covered(quantity: str, *sources: str) -> set[tuple[str, int]]:
        return {
            (check.run.group, d)
            for check, d in dimension.items()
            if check.quantity == quantity and (not sources or check.source in sources)
        }

    everywhere = {(group, d) for group in GROUPS for d in (2, 3, 4)}
    assert covered("identity") == everywhere
    assert covered("plaquette") == everywhere
    assert covered("plaquette", "exact") == {(group, 2) for group in GROUPS}
    assert len({str(check) for check in CHECKS}) == len(CHECKS)
    assert all(
        0 < check.allowed <= (IDENTITY if check.quantity == "identity" else LARGEST) for check in CHECKS
    )


def test_a_pull_counts_combined_errors_and_asks_for_sharpness() -> None:
    measured = Estimate(0.6, 3e-4, 1.0, 0.1, n=100)
    assert Pull(measured, 0.599, 4e-4, 5e-4).sigmas == pytest.approx(2.0)
    assert Pull(measured, 0.599, 4e-4, 5e-4).accepted
    assert not Pull(measured, 0.5975, 4e-4, 5e-4).accepted
    assert not Pull(measured, 0.6, 0.0, 2e-4).sharp
    assert not Pull(Estimate(0.6, 0.0, 0.5, 0.0, n=100), 0.6, 0.0, 2e-4).sharp  # a chain that stands still
    assert not Pull(Estimate(0.6, float("nan"), 0.5, 0.0, n=1), 0.6, 0.0, 2e-4).sharp
