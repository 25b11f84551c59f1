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


@pytest.mark.parametrize(
    ("box", "lanes"),
    [((6, 6), 2), ((6, 10), 2), ((6, 6, 6), 4), ((6, 6, 6, 6), 8), ((2, 6, 6), 4), ((6, 4, 6, 10), 8)],
)
@pytest.mark.parametrize("N", [1, 2, 3])
def test_twisted_halves_of_odd_length_get_the_same_bits(box: tuple[int, ...], lanes: int, N: int) -> None:
    """6 = 2 x 3: a checkerboard is the same on both halves only if these are shifted against each other."""
    group = lgt.parse_group("U1" if N == 1 else f"SU{N}")
    lattice, action, updater = lgt.Lattice(box), Wilson(2.0 * N), Sweep(1)
    streams = [Stream(3, chain) for chain in range(8)]
    links = [lgt.hot(lattice, group, stream) for stream in streams]
    alone, company = Replicas(links[:1], streams[:1]), Replicas(links, streams)
    assert (alone.blocking.twist is None, company.blocking.twist) == (False, None)
    assert (WIDTH // alone.blocking.replicas, company.blocking.replicas) == (lanes, 8)
    sites = alone.blocking.sites
    assert (lattice.colours[sites] == lattice.colours[sites][:, :1]).all()
    for number in range(2):
        updater.advance(alone, action, number)
        updater.advance(company, action, number)
    np.testing.assert_array_equal(alone.links(0), company.links(0))
    d = lattice.d
    assert abs(action.value(alone.links(0), d) - action.value(links[0], d)) > 1.0


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
