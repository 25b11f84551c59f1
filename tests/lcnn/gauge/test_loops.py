from itertools import combinations

import numpy as np
import pytest
import torch
from hypothesis import given
from oracle.lcnn_literal import as_numpy, random_fields

from lcnn.gauge import (
    CloverLeaves,
    GaugeInput,
    Plaquettes,
    PolyakovLoops,
    clover_leaves,
    plaquettes,
    polyakov_loops,
)
from lcnn.transport import transport
from lgt.errors import InputError
from lgt.group import SU
from lgt.loops import ordered_product
from lgt.path import Path, line, plaquette
from lgt.symmetry import Gauge, Translation
from lgt.testing import assert_equivariant
from lgt.testing.strategies import groups, lattices, seeds


def products(U: np.ndarray, paths: list[Path]) -> np.ndarray:
    return np.stack([ordered_product(U, path, U.shape[1]) for path in paths], axis=1)


@given(groups(), lattices(dims=(2, 3, 4)), seeds())
def test_plaquettes_are_ordered_products(group, lattice, seed):
    U, _ = random_fields(group, lattice.extents, 1, seed)
    planes = list(combinations(range(lattice.d), 2))
    forth = products(U, [plaquette(mu, nu) for mu, nu in planes])
    back = products(U, [plaquette(nu, mu) for mu, nu in planes])
    links = torch.tensor(U)
    np.testing.assert_allclose(plaquettes(links).numpy(), forth, atol=1e-14)
    np.testing.assert_allclose(plaquettes(links, "negative").numpy(), back, atol=1e-14)
    both = np.concatenate([forth, back], axis=1)
    np.testing.assert_allclose(plaquettes(links, "both").numpy(), both, atol=1e-14)


@given(groups(), lattices(dims=(2, 3)), seeds())
def test_clover_leaves_are_ordered_products(group, lattice, seed):
    U, _ = random_fields(group, lattice.extents, 1, seed)
    paths = []
    for mu, nu in combinations(range(lattice.d), 2):
        for v, w in ((mu, nu), (nu, ~mu), (~mu, ~nu), (~nu, mu)):
            paths.append(Path((v, w, ~v, ~w)))
    np.testing.assert_allclose(clover_leaves(torch.tensor(U)).numpy(), products(U, paths), atol=1e-14)


@given(groups(), lattices(dims=(1, 2, 3), largest=7), seeds())
def test_polyakov_loops_are_ordered_products(group, lattice, seed):
    U, _ = random_fields(group, lattice.extents, 1, seed)
    expected = products(U, [line(mu, L) for mu, L in enumerate(lattice.extents)])
    np.testing.assert_allclose(polyakov_loops(torch.tensor(U)).numpy(), expected, atol=1e-13)


@pytest.mark.parametrize("extent", range(1, 20))
def test_polyakov_loops_wind_once_for_every_extent(extent):
    angles = torch.tensor(np.random.default_rng(0).uniform(-3, 3, (1, 1, extent, 1, 1)))
    loops = polyakov_loops(torch.polar(torch.ones_like(angles), angles))
    torch.testing.assert_close(loops, torch.exp(1j * angles.sum()).expand_as(loops))


INPUTS = {
    "positive": (GaugeInput(), 1),
    "negative": (GaugeInput("negative"), 1),
    "both": (GaugeInput("both"), 2),
    "clover": (GaugeInput("clover"), 4),
    "polyakov": (GaugeInput("none", polyakov=True), 0),
    "all": (GaugeInput("clover", polyakov=True), 4),
}


@pytest.mark.parametrize("name", INPUTS)
@pytest.mark.parametrize("d", [2, 3, 4])
def test_inputs_are_equivariant_and_have_the_channels_they_say(name, d):
    layer, leaves = INPUTS[name]
    assert layer.channels(d) == leaves * d * (d - 1) // 2 + (d if layer.polyakov else 0)
    kinds = {"input_types": ("links",), "output_type": "adjoint"}
    assert_equivariant(as_numpy(layer), [Gauge(), Translation()], **kinds, dims=(d,), examples=2)
    links = torch.ones(1, d, *range(2, 2 + d), 1, 1, dtype=torch.complex64)
    assert layer(links).shape[1] == layer.channels(d)


def test_modules_are_the_functions():
    U = torch.tensor(random_fields(SU(2), (3, 4), 1, 0)[0])
    assert torch.equal(Plaquettes("both")(U), plaquettes(U, "both"))
    assert torch.equal(CloverLeaves()(U), clover_leaves(U))
    assert torch.equal(PolyakovLoops()(U), polyakov_loops(U))
    parts = torch.cat([plaquettes(U), polyakov_loops(U)], dim=1)
    assert torch.equal(GaugeInput("positive", polyakov=True)(U), parts)


def test_one_dimension_has_no_plaquettes():
    assert plaquettes(torch.ones(1, 1, 4, 1, 1, dtype=torch.complex64), "both").shape[1] == 0


def test_loops_have_two_derivatives_with_respect_to_the_links():
    U = torch.tensor(random_fields(SU(2), (2, 3), 1, 0, batch=1)[0], requires_grad=True)
    for function in (clover_leaves, polyakov_loops):
        assert torch.autograd.gradcheck(function, U, fast_mode=True)
        assert torch.autograd.gradgradcheck(function, U, fast_mode=True)


def test_unknown_choices_and_an_empty_input_are_refused():
    links = torch.ones(1, 2, 2, 3, 1, 1, dtype=torch.complex64)
    with pytest.raises(InputError, match="'up'"):
        plaquettes(links, "up")
    with pytest.raises(InputError, match="'up'"):
        GaugeInput("up")
    with pytest.raises(InputError, match="no Polyakov loops either"):
        GaugeInput("none")


def test_matter_carried_once_around_the_torus_is_conjugated_with_the_polyakov_loop():
    U, W = (torch.tensor(F) for F in random_fields(SU(2), (3, 4), 2, 0))
    L = polyakov_loops(U)[:, 1:]
    torch.testing.assert_close(transport(U, W, 1, 4), L @ W @ L.mH)
