from __future__ import annotations

import numpy as np
import pytest
from oracle import reference_update
from oracle.one_link import reflect

from lgt.action import Wilson
from lgt.group import SU, U1, UnitaryGroup
from lgt.rng import Stream
from lgt.update import OverRelaxation, UpdateReport

GROUPS = [U1(), SU(2), SU(3), SU(5)]
STREAM = Stream(seed=1, chain=0)


def hot(group: UnitaryGroup, extents: tuple[int, ...]) -> np.ndarray:
    return group.haar(np.random.default_rng(2), (len(extents), *extents))


@pytest.mark.parametrize("group", GROUPS, ids=repr)
@pytest.mark.parametrize("extents", [(2, 2), (3, 5), (4, 3, 2), (2, 3, 2, 4)])
def test_action_is_kept_and_links_move(group: UnitaryGroup, extents: tuple[int, ...]) -> None:
    links, action = hot(group, extents), Wilson(1.0)
    before, start = float(action.value(links)), links.copy()
    report = OverRelaxation().update(links, action, STREAM, 0)
    assert report == UpdateReport(links=len(extents) * int(np.prod(extents)), exhausted=0)
    plaquettes = np.prod(extents) * len(extents) * (len(extents) - 1) / 2
    assert abs(float(action.value(links)) - before) < 1e-14 * plaquettes
    assert group.defect(links).max() < 1e-13
    assert np.all(np.abs(links - start).max(axis=(-2, -1)) > 1e-6)


@pytest.mark.parametrize("group", GROUPS, ids=repr)
@pytest.mark.parametrize("extents", [(2, 3), (2, 2, 3)])
def test_sweep_agrees_with_the_slow_reference(group: UnitaryGroup, extents: tuple[int, ...]) -> None:
    links = hot(group, extents)
    expected = reference_update.reflect_sweep(links)
    OverRelaxation().update(links, Wilson(1.0), STREAM, 0)
    np.testing.assert_allclose(links, expected, atol=1e-12)


def eight(group: UnitaryGroup) -> np.ndarray:
    return group.haar(np.random.default_rng(2), (8,))


@pytest.mark.parametrize("N", [1, 2])
def test_a_reflection_undoes_itself(N: int) -> None:
    rng = np.random.default_rng(N)
    staples = rng.standard_normal((8, N, N)) + 1j * rng.standard_normal((8, N, N))
    start = eight(U1() if N == 1 else SU(2))
    once = reflect(start, staples)
    assert np.abs(once - start).max(axis=(-2, -1)).min() > 1e-3
    np.testing.assert_allclose(reflect(once, staples), start, atol=1e-13)


@pytest.mark.parametrize("N", [1, 2, 3])
@pytest.mark.parametrize("size", [0.0, 1e-170])
def test_a_vanishing_staple_leaves_the_link(N: int, size: float) -> None:
    start = eight(U1() if N == 1 else SU(N))
    staples = np.broadcast_to(size * np.eye(N, dtype=complex), start.shape)
    assert np.array_equal(reflect(start, staples), start)
