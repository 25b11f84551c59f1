from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lgt
from lgt import field
from lgt.errors import InputError, ShapeError
from lgt.group import SU, U1, Hyperoctahedral, SpaceElement, UnitaryGroup
from lgt.lattice import Lattice
from lgt.rng import Stream

groups = st.sampled_from([U1(), SU(2), SU(3)])
boxes = st.sampled_from([(3, 4), (2, 5), (3, 2, 4), (2, 3, 2, 4)]).map(Lattice)
seeds = st.integers(0, 2**32 - 1)


def links_and_omega(group: UnitaryGroup, box: Lattice, seed: int) -> tuple[field.Array, field.Array]:
    rng = np.random.default_rng(seed)
    return group.haar(rng, (box.d, *box.extents)), group.haar(rng, box.extents)


def test_lattice_of_reads_the_shape() -> None:
    assert field.lattice_of(np.zeros((4, 2, 3, 4, 5, 3, 3))) == Lattice((2, 3, 4, 5))
    assert field.lattice_of(np.zeros((7, 8, 2, 3, 5, 1, 1))) == Lattice((3, 5))


def test_an_ambiguous_shape_asks_for_d() -> None:
    links = np.zeros((3, 2, 2, 2, 2, 2))
    with pytest.raises(ShapeError, match="d ="):
        field.lattice_of(links)
    assert field.lattice_of(links, d=2) == Lattice((2, 2))
    assert field.lattice_of(links, d=3) == Lattice((2, 2, 2))


@pytest.mark.parametrize("shape", [(2, 4, 4, 3), (5, 4, 4, 3, 3), (2, 4, 4, 3, 2), ()])
def test_a_shape_that_is_no_links_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError):
        field.lattice_of(np.zeros(shape))


@given(groups, boxes, seeds)
def test_gauge_transformations_compose(group: UnitaryGroup, box: Lattice, seed: int) -> None:
    links, omega = links_and_omega(group, box, seed)
    other = group.haar(np.random.default_rng(seed + 1), box.extents)
    twice = lgt.gauge_transform(lgt.gauge_transform(links, omega, box.d), other, box.d)
    assert np.allclose(twice, lgt.gauge_transform(links, other @ omega, box.d), rtol=0, atol=1e-13)
    assert not np.allclose(twice, links, atol=1e-2)


@given(groups, boxes, seeds)
def test_space_transformations_compose_and_follow_gauge_transformations(
    group: UnitaryGroup, box: Lattice, seed: int
) -> None:
    links, omega = links_and_omega(group, box, seed)
    rng = np.random.default_rng(seed)
    points = Hyperoctahedral(box.d)
    g, h = points.sample(rng), points.sample(rng)
    assert np.array_equal(
        lgt.space_transform(lgt.space_transform(links, h), g), lgt.space_transform(links, g * h)
    )
    # The semidirect law g(U^Omega) = (gU)^(g Omega).
    left = lgt.space_transform(lgt.gauge_transform(links, omega, box.d), g)
    moved = field.space_transform_sites(omega, g, d=box.d)
    assert np.allclose(
        left, lgt.gauge_transform(lgt.space_transform(links, g), moved, box.d), rtol=0, atol=1e-13
    )


@given(boxes, seeds)
def test_batched_links_move_like_single_ones(box: Lattice, seed: int) -> None:
    rng = np.random.default_rng(seed)
    links = SU(2).haar(rng, (2, 7, box.d, *box.extents))
    g = SpaceElement(tuple(int(n) for n in rng.integers(0, 5, box.d)), Hyperoctahedral(box.d).sample(rng))
    moved = lgt.space_transform(links, g)
    assert np.array_equal(moved[1, 3], lgt.space_transform(links[1, 3], g))
    omega = SU(2).haar(rng, (2, 7, *box.extents))
    turned = lgt.gauge_transform(links, omega, d=box.d)
    assert np.allclose(turned[1, 3], lgt.gauge_transform(links[1, 3], omega[1, 3], box.d), rtol=0, atol=1e-14)


def test_a_translation_is_a_shift() -> None:
    box = Lattice((3, 4))
    links = SU(3).haar(np.random.default_rng(0), (2, 3, 4))
    step = SpaceElement((1, 0), Hyperoctahedral(2).identity)
    assert np.array_equal(lgt.space_transform(links, step), field.shift(links, (-1, 0)))
    assert field.unit(1, box.d, -2) == (0, -2)


def test_omega_of_another_shape_is_refused() -> None:
    links = SU(2).haar(np.random.default_rng(0), (2, 3, 4))
    with pytest.raises(ShapeError, match="Omega"):
        lgt.gauge_transform(links, links[0, :2])


def test_start_values() -> None:
    box = Lattice((3, 4))
    assert np.array_equal(lgt.cold(box, SU(3))[1, 2, 3], np.eye(3))
    first, again = (lgt.hot(box, SU(3), Stream(seed=5, chain=0)) for _ in range(2))
    assert np.array_equal(first, again)
    assert not np.allclose(first, lgt.hot(box, SU(3), Stream(seed=5, chain=1)))
    assert SU(3).defect(first).max() < 1e-13


def test_hot_links_are_haar_distributed() -> None:
    links = lgt.hot(Lattice((16, 16, 16)), SU(2), Stream(seed=3, chain=0))
    traces = np.trace(links, axis1=-2, axis2=-1).real.ravel()
    for moment, exact in ((1, 0.0), (2, 1.0), (4, 2.0)):
        samples = traces**moment
        error = samples.std() / np.sqrt(samples.size)
        assert abs(samples.mean() - exact) < 4 * error


def test_reunitarise_mends_rounding_and_refuses_nonsense() -> None:
    rng = np.random.default_rng(0)
    links = SU(3).haar(rng, (2, 3, 4))
    off = links + 1e-9 * rng.standard_normal(links.shape)
    mended = field.reunitarise(off, SU(3))
    assert SU(3).defect(mended).max() < 1e-14
    assert np.abs(mended - links).max() < 1e-7
    with pytest.raises(InputError, match="off the group"):
        field.reunitarise(links + 1.0, SU(3))
    with pytest.raises(InputError, match="2 x 2"):
        field.reunitarise(links, SU(2))
