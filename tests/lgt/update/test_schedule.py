from __future__ import annotations

import numpy as np
import pytest

from lgt.action import Wilson
from lgt.errors import InputError
from lgt.field import cold
from lgt.group import SU, U1, UnitaryGroup
from lgt.lattice import Lattice
from lgt.rng import Stream
from lgt.update import HMC, UPDATES, HeatBath, Metropolis, OverRelaxation, Sweep, UpdateReport, make_updater
from lgt.update.schedule import REUNITARISE_EVERY

ACTION, STREAM = Wilson(5.5), Stream(seed=4, chain=1)


@pytest.mark.parametrize("overrelax", [0, 1, 3])
def test_a_sweep_is_its_parts_with_their_own_numbers(overrelax: int) -> None:
    links, expected = cold(Lattice((4, 3)), SU(3)), cold(Lattice((4, 3)), SU(3))
    parts = 1 + overrelax
    for number in range(2):
        report = Sweep(overrelax).update(links, ACTION, STREAM, number)
        assert report == UpdateReport(links=24 * parts, exhausted=0)
        HeatBath().update(expected, ACTION, STREAM, number * parts)
        for k in range(1, parts):
            OverRelaxation().update(expected, ACTION, STREAM, number * parts + k)
    assert np.array_equal(links, expected)


def test_every_tenth_sweep_returns_to_the_group() -> None:
    group = SU(3)
    start = group.haar(np.random.default_rng(0), (2, 4, 3)) * (1 + 1e-9)
    for number in range(2 * REUNITARISE_EVERY):
        links, plain = start.copy(), start.copy()
        Sweep(0).update(links, ACTION, STREAM, number)
        HeatBath().update(plain, ACTION, STREAM, number)
        assert group.defect(plain).max() > 1e-10
        if number in (9, 19):
            assert group.defect(links).max() < 1e-14
            plain = group.reunitarise(plain)
        np.testing.assert_allclose(links, plain, rtol=0, atol=1e-14 if number in (9, 19) else 0)


@pytest.mark.parametrize("group", [U1(), SU(2), SU(3), SU(5)], ids=repr)
def test_links_do_not_drift_off_the_group(group: UnitaryGroup) -> None:
    links = cold(Lattice((4, 3)), group)
    worst = 0.0
    for number in range(1000):
        Sweep(overrelax=2).update(links, Wilson(2.0 * group.N), STREAM, number)
        worst = max(worst, float(group.defect(links).max()))
    assert 0.0 < worst < 1e-12


def test_a_sweep_may_begin_with_metropolis() -> None:
    links, expected = cold(Lattice((4, 3)), SU(3)), cold(Lattice((4, 3)), SU(3))
    sweep, move = Sweep(1, Metropolis(3)), Metropolis(3)
    for number in range(2):
        report = sweep.update(links, ACTION, STREAM, number)
        refused = move.update(expected, ACTION, STREAM, 2 * number).exhausted
        OverRelaxation().update(expected, ACTION, STREAM, 2 * number + 1)
        assert report == UpdateReport(links=48, exhausted=refused)
    assert np.array_equal(links, expected)
    assert sweep.proposals(SU(3), Lattice((4, 3))) == move.proposals(SU(3), Lattice((4, 3))) > 0
    assert Sweep(1).proposals(SU(3), Lattice((4, 3))) == 0


def test_updates_by_name() -> None:
    parameters = {
        "overrelax": 3,
        "hits": 2,
        "step": 0.1,
        "length": 0.5,
        "steps": 4,
        "integrator": "omf2",
        "warmup": 7,
    }
    expected = [Sweep(3), Sweep(3, Metropolis(2, 0.1)), HMC(0.5, 4, "omf2", 7)]
    assert [make_updater(name, **parameters) for name in UPDATES] == expected  # type: ignore[arg-type]
    assert [make_updater(name) for name in UPDATES] == [Sweep(1), Sweep(1, Metropolis()), HMC()]
    with pytest.raises(InputError, match="'langevin'"):
        make_updater("langevin")


def test_negative_overrelaxation_is_refused() -> None:
    with pytest.raises(InputError, match="-1 over-relaxations"):
        Sweep(overrelax=-1)
