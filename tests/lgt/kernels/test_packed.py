from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lgt.kernels.packed import (
    COMPOSE,
    PATTERNS,
    PERMUTATIONS,
    WIDTH,
    Blocking,
    aligned,
    pack,
    rotation,
    unpack,
)
from lgt.lattice import Lattice

BOXES = [(8, 8), (4, 6), (16, 8), (8, 8, 8, 8), (4, 4, 8), (5, 8), (3, 5, 7), (12, 4, 4, 4), (2, 2)]
extents = st.lists(st.sampled_from([2, 3, 4, 6, 8, 16]), min_size=2, max_size=3).map(tuple)


@given(extents, st.integers(1, 9))
def test_packing_and_unpacking_are_inverse(box: tuple[int, ...], chains: int) -> None:
    blocking = Blocking.of(Lattice(box), chains)
    shape = (chains, len(box), *box, 2, 2)
    links = np.arange(2.0 * np.prod(shape)).view(complex).reshape(shape)
    packed = pack(links, blocking)
    for chain in range(chains):
        assert np.array_equal(unpack(packed, blocking, chain), links[chain])


@given(extents, st.integers(1, 9))
def test_a_step_across_a_seam_leads_to_the_neighbour(box: tuple[int, ...], chains: int) -> None:
    blocking = Blocking.of(Lattice(box), chains)
    lattice, sites = blocking.lattice, blocking.sites
    orders = np.array(PERMUTATIONS)[blocking.seams]
    for row, table in enumerate([*lattice.up, *lattice.down]):
        seen = np.take_along_axis(sites[blocking.neighbours[row]], orders[row], axis=1)
        assert np.array_equal(seen, table[sites])


@given(extents, st.integers(1, 9))
def test_all_lanes_of_a_block_have_one_colour_and_all_sites_are_there(
    box: tuple[int, ...], chains: int
) -> None:
    blocking = Blocking.of(Lattice(box), chains)
    sites = blocking.sites
    colours = blocking.lattice.colours[sites]
    assert (colours == colours[:, :1]).all()
    per_replica = sites.reshape(blocking.volume, blocking.replicas, -1)
    for replica in range(blocking.replicas):
        assert sorted(per_replica[:, replica].ravel()) == list(range(blocking.lattice.volume))


@pytest.mark.parametrize("box", BOXES)
def test_lanes_are_filled_where_the_lattice_allows_it(box: tuple[int, ...]) -> None:
    alone, many = Blocking.of(Lattice(box)), Blocking.of(Lattice(box), 8)
    assert many.replicas == WIDTH
    fits = [n for n in box if n % 4 == 0]
    assert alone.replicas <= WIDTH // min(WIDTH, 2 ** len(fits))


def test_seams_compose() -> None:
    checked = 0
    for pattern in PATTERNS:
        steps = list(itertools.product(*(range(pieces) for pieces in pattern)))
        for first, second in itertools.product(steps, steps):
            both = tuple((a + b) % n for a, b, n in zip(first, second, pattern, strict=True))
            numbers = [PERMUTATIONS.index(rotation(pattern, s)) for s in (first, second, both)]
            assert COMPOSE[numbers[0], numbers[1]] == numbers[2]
            checked += 1
    assert checked > 100


def test_arrays_are_aligned() -> None:
    for _ in range(10):
        assert aligned((3, 5, 8)).ctypes.data % 64 == 0
