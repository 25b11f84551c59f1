from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lgt
from lgt import field
from lgt.errors import InputError
from lgt.group import SU, U1, Hyperoctahedral
from lgt.lattice import Lattice
from lgt.loops import loop_trace, ordered_product, plaquettes
from lgt.path import Path, line, plaquette, rectangle

seeds = st.integers(0, 2**32 - 1)
paths = st.lists(st.integers(-3, 2), max_size=7).map(lambda steps: Path(tuple(steps)))
BOX = Lattice((5, 3, 4))


@given(paths, seeds, st.sampled_from([U1(), SU(2), SU(3)]))
def test_the_product_is_that_of_a_walk_site_by_site(path: Path, seed: int, group: U1 | SU) -> None:
    links = group.haar(np.random.default_rng(seed), (3, *BOX.extents))
    products = ordered_product(links, path, 3)
    start = tuple(seed // 7**mu % BOX.extents[mu] for mu in range(3))
    site, expected = np.array(start), np.eye(group.N, dtype=complex)
    for step in path:
        mu = max(step, ~step)
        if step < 0:
            site[mu] = (site[mu] - 1) % BOX.extents[mu]
        link = links[(mu, *site)]
        expected = expected @ (link if step >= 0 else link.conj().T)
        if step >= 0:
            site[mu] = (site[mu] + 1) % BOX.extents[mu]
    assert np.allclose(products[start], expected, rtol=0, atol=1e-14)


@given(paths, seeds)
def test_products_are_gauge_covariant(path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    links, omega = SU(3).haar(rng, (3, *BOX.extents)), SU(3).haar(rng, BOX.extents)
    end = field.shift(omega, path.displacement(3))
    expected = omega @ ordered_product(links, path, 3) @ field.dagger(end)
    assert np.allclose(
        ordered_product(lgt.gauge_transform(links, omega, 3), path, 3), expected, rtol=0, atol=1e-13
    )


@given(paths, seeds)
def test_products_follow_rotations_and_reflections(path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    links = SU(3).haar(rng, (3, *BOX.extents))
    g = Hyperoctahedral(3).sample(rng)
    left = ordered_product(lgt.space_transform(links, g), path.transformed(g), 3)
    right = field.space_transform_sites(ordered_product(links, path, 3), g, d=3)
    assert np.allclose(left, right, rtol=0, atol=1e-13)


@given(paths, seeds)
def test_a_reversed_closed_path_gives_the_dagger(path: Path, seed: int) -> None:
    links = SU(2).haar(np.random.default_rng(seed), (3, *BOX.extents))
    loop = path + ~path.reduced()
    assert np.allclose(ordered_product(links, loop, 3), np.eye(2), rtol=0, atol=1e-13)
    square = rectangle(0, 2, 1, 2)
    assert np.allclose(
        ordered_product(links, ~square, 3),
        field.dagger(ordered_product(links, square, 3)),
        rtol=0,
        atol=1e-13,
    )


def test_traces() -> None:
    links = SU(3).haar(np.random.default_rng(0), (3, *BOX.extents))
    polyakov = loop_trace(links, line(2, 4))
    assert np.allclose(polyakov, field.shift(polyakov, (0, 0, 1), trailing=0))
    assert plaquettes(links).shape == (3, *BOX.extents)
    assert np.array_equal(plaquettes(links)[1], loop_trace(links, plaquette(0, 2)).real)
    assert np.allclose(loop_trace(lgt.cold(BOX, SU(3)), rectangle(0, 1, 1, 2)), 1)


def test_open_paths_and_other_dimensions_are_refused() -> None:
    links = lgt.cold(BOX, SU(2))
    with pytest.raises(InputError, match="ends"):
        loop_trace(links, line(2, 3))
    with pytest.raises(InputError, match="directions"):
        ordered_product(links, plaquette(0, 3), 3)
    with pytest.raises(InputError, match="directions"):
        loop_trace(links, plaquette(0, 2) + Path((3,)))
