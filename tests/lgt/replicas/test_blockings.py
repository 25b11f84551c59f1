"""The same bits whatever shares a vector: sub-lattices cut this way or that, or independent chains."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

import lgt
from lgt.action import Action, LuscherWeisz, Wilson
from lgt.kernels.packed import PATTERNS, WIDTH, Blocking
from lgt.replicas import Replicas
from lgt.rng import Stream
from lgt.update import HMC, Sweep, Updater


def blockings(lattice: lgt.Lattice, unit: int) -> list[Blocking]:
    """All ways to cut a lattice."""
    found = []
    for pattern in PATTERNS:
        for directions in itertools.permutations(range(lattice.d), len(pattern)):
            if all(lattice.extents[mu] % (unit * n) == 0 for mu, n in zip(directions, pattern, strict=True)):
                found.append(Blocking(lattice, directions, pattern))
    return found


@pytest.mark.parametrize("updater", [Sweep(1), HMC(length=0.3, steps=3)], ids=lambda u: u.name)
@pytest.mark.parametrize(
    ("action", "box"), [(Wilson(5.5), (8, 4, 16)), (LuscherWeisz(4.0, open=(-1,)), (8, 16, 8))], ids=repr
)
def test_every_blocking_gives_the_same_bits(
    updater: Updater, action: Action, box: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    lattice, stream = lgt.Lattice(box), Stream(3, 0)
    period = {"wilson": 2, "luscher-weisz": 4}[action.name]
    links = lgt.hot(lattice, lgt.SU(3), stream)
    results, lanes = [], set()
    for blocking in blockings(lattice, period):
        monkeypatch.setattr(Blocking, "of", lambda *_, blocking=blocking: blocking)
        state = Replicas([links], [stream], action=action)
        assert state.blocking is blocking
        for number in range(2):
            updater.advance(state, action, number)
        results.append(state.links(0))
        lanes.add(math.prod(blocking.pieces))
    assert lanes == {1, 2, 4, WIDTH}
    assert len(results) >= 8
    for result in results:
        np.testing.assert_array_equal(result, results[0])
    assert np.abs(results[0] - links).max() > 0.1
