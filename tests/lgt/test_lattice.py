from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lgt.errors import InputError
from lgt.group import Hyperoctahedral, SpaceElement
from lgt.lattice import Lattice, tree_sum

boxes = st.lists(st.integers(2, 5), min_size=1, max_size=4).map(lambda extents: Lattice(tuple(extents)))


@given(boxes)
def test_printing_and_parsing_are_inverse(box: Lattice) -> None:
    assert Lattice.parse(str(box)) == box


@pytest.mark.parametrize("text", ["", "8x", "8 x8", "8x-4", "axb", "8,8", "0x4", "²x4"])
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="lattice"):
        Lattice.parse(text)


@given(boxes)
def test_up_and_down_are_inverse_and_move_one_coordinate(box: Lattice) -> None:
    for mu in range(box.d):
        assert np.array_equal(box.up[mu][box.down[mu]], np.arange(box.volume))
        step = box.coordinates[box.up[mu]] - box.coordinates
        step[:, mu] = (step[:, mu] - 1) % box.extents[mu]
        assert not step.any()


@given(boxes)
def test_colouring_is_proper_for_links_that_share_a_plaquette(box: Lattice) -> None:
    compared = 0
    for nu in range(box.d):
        # Neighbours have different colours, so two links of one direction and colour share no plaquette.
        assert (box.colours != box.colours[box.up[nu]]).all()
        compared += 1
    assert compared == box.d
    assert set(np.unique(box.colours)) <= set(range(box.n_colours))


def test_a_checkerboard_on_an_odd_box_would_be_caught() -> None:
    box = Lattice((3, 4))
    checkerboard = box.coordinates.sum(axis=1) % 2
    assert (checkerboard == checkerboard[box.up[0]]).any()


@given(boxes, st.integers(0, 2**32 - 1))
def test_moving_sites_composes(box: Lattice, seed: int) -> None:
    rng = np.random.default_rng(seed)
    group = Hyperoctahedral(box.d)

    def draw() -> SpaceElement:
        shift = tuple(int(n) for n in rng.integers(-5, 6, box.d))
        return SpaceElement(shift, group.sample(rng))

    g, h = draw(), draw()
    field = rng.standard_normal(box.volume)
    middle = box.transformed(h)
    one_by_one = field[box.source(h)][middle.source(g)]
    point = g.point * h.point
    shift = tuple(int(n) for n in g.point.apply(np.array(h.translation)) + np.array(g.translation))
    at_once = field[box.source(SpaceElement(shift, point))]
    assert np.array_equal(one_by_one, at_once)


def test_an_element_of_another_dimension_is_refused() -> None:
    with pytest.raises(InputError, match="directions"):
        Lattice((4, 6)).transformed(Hyperoctahedral(3).identity)


@pytest.mark.parametrize("n", [0, 1, 2, 3, 7, 8, 1000])
def test_tree_sum(n: int) -> None:
    values = np.random.default_rng(n).standard_normal((3, n))
    assert np.allclose(tree_sum(values), values.sum(axis=1), rtol=0, atol=1e-12)
    assert np.array_equal(tree_sum(values.T, axis=0), tree_sum(values))
