import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracle.lcnn_literal import as_numpy, enlarged, products, random_fields, slots

from lcnn.gauge import LCB, LBilinear, plaquettes
from lcnn.transport import Transporter
from lgt.errors import InputError, ShapeError
from lgt.group import SU
from lgt.loops import ordered_product
from lgt.path import rectangle
from lgt.symmetry import Gauge, Translation
from lgt.testing import assert_equivariant
from lgt.testing.strategies import groups, lattices, seeds

SYMMETRIES = [Gauge(), Translation()]


@given(
    groups(("SU3", "SU2", "U1", "SU4")),
    lattices(dims=(1, 2, 3)),
    st.integers(1, 3),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.integers(1, 2),
    seeds(),
)
def test_lcb_is_the_formula(group, lattice, K, centre, both, adjoint, unit, dilation, seed):
    U, W = random_fields(group, lattice.extents, 2, seed)
    layer = LCB(
        2,
        3,
        K,
        d=lattice.d,
        centre=centre,
        directions="both" if both else "positive",
        dilation=dilation,
        adjoint=adjoint,
        unit=unit,
        init="published",
        generator=torch.Generator().manual_seed(seed),
    ).double()
    w = enlarged([W], adjoint=adjoint, unit=unit)
    t = enlarged(slots(U, W, K, centre=centre, both=both, dilation=dilation), adjoint=adjoint, unit=unit)
    expected = products(layer.weight.detach().numpy(), w, t)
    out = layer(torch.tensor(U), torch.tensor(W)).detach().numpy()
    np.testing.assert_allclose(out, expected, rtol=0, atol=1e-13 * np.abs(expected).max())


@given(groups(), lattices(dims=(1, 2, 3)), st.booleans(), st.booleans(), seeds())
def test_lbilinear_is_the_formula(group, lattice, adjoint, unit, seed):
    _, W = random_fields(group, lattice.extents, 2, seed)
    _, V = random_fields(group, lattice.extents, 3, seed + 1)
    generator = torch.Generator().manual_seed(seed)
    options = {"adjoint": adjoint, "unit": unit, "init": "published", "generator": generator}
    layer = LBilinear(2, 3, 4, **options).double()
    w, v = (enlarged([F], adjoint=adjoint, unit=unit) for F in (W, V))
    expected = products(layer.weight.detach().numpy(), w, v)
    out = layer(torch.tensor(W), torch.tensor(V)).detach().numpy()
    np.testing.assert_allclose(out, expected, rtol=0, atol=1e-13 * np.abs(expected).max())


OPTIONS = [
    {},
    {"centre": False},
    {"directions": "both", "dilation": 2},
    {"adjoint": False},
    {"unit": False},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("d", [2, 3, 4])
def test_lcb_is_equivariant(d, options):
    layer = LCB(2, 3, 2 if d == 4 else 3, d=d, **options).double()
    kinds = {"input_types": ("links", "adjoint"), "output_type": "adjoint"}
    assert_equivariant(as_numpy(layer), SYMMETRIES, **kinds, dims=(d,), examples=3)


@pytest.mark.parametrize("d", [2, 3])
def test_lbilinear_is_equivariant(d):
    layer = LBilinear(2, 2, 3).double()
    kinds = {"input_types": ("adjoint", "adjoint"), "output_type": "adjoint"}
    assert_equivariant(as_numpy(layer), SYMMETRIES, **kinds, dims=(d,), examples=3)


def test_daggers_are_taken_after_the_transport():
    # T W^+ T^+ = (T W T^+)^+: the dagger of what came from x + mu, not something that came from x - mu.
    U, W = random_fields(SU(3), (3, 4), 1, 0)
    layer = LCB(1, 1, 2, d=2).double()
    with torch.no_grad():
        layer.weight.zero_()
        layer.weight[0, -1, 4] = 1  # (local, +0, +1) then their daggers: the dagger of the hop from x + 0
    out = layer(torch.tensor(U), torch.tensor(W)).detach().numpy()
    expected = enlarged(slots(U, W, 2, centre=True, both=False), adjoint=True, unit=False)[:, 4:5]
    np.testing.assert_allclose(out, expected, atol=1e-13)


@pytest.mark.parametrize("group", [SU(2), SU(3)], ids=repr)
@pytest.mark.parametrize(
    ("orientation", "v", "w", "loop"),
    [
        # Columns v: P, P^+, 1; columns w: the hops from x+0 and x+1, their daggers, 1.
        ("positive", 0, 1, rectangle(0, 1, 1, 2)),
        ("positive", 1, 2, ~rectangle(0, 1, 2, 1)),
        ("negative", 1, 3, rectangle(0, 1, 1, 2)),
        ("negative", 0, 0, ~rectangle(0, 1, 2, 1)),
    ],
)
def test_one_weight_makes_the_rectangle(group, orientation, v, w, loop):
    U, _ = random_fields(group, (4, 5), 1, 0)
    layer, links = LCB(1, 1, 2, d=2, centre=False).double(), torch.tensor(U)
    with torch.no_grad():
        layer.weight.zero_()
        layer.weight[0, v, w] = 1
    out = layer(links, plaquettes(links, orientation))[:, 0].detach().numpy()
    np.testing.assert_allclose(out, ordered_product(U, loop, 2), atol=1e-13)


def test_real_weights_commute_with_charge_conjugation():
    U, W = (torch.tensor(F) for F in random_fields(SU(3), (3, 4), 2, 0))
    layer = LCB(2, 3, 3, d=2).double()
    torch.testing.assert_close(layer(U.conj(), W.conj()), layer(U, W).conj(), rtol=0, atol=1e-14)


def test_a_tiled_configuration_gives_tiled_output():
    U, W = (torch.tensor(F) for F in random_fields(SU(2), (3, 4), 2, 0))
    layer = LCB(2, 3, 3, d=2, directions="both").double()
    tile = (1, 1, 2, 3, 1, 1)
    torch.testing.assert_close(layer(U.repeat(tile), W.repeat(tile)), layer(U, W).repeat(tile))


def test_a_transporter_serves_in_place_of_the_links():
    U, W = (torch.tensor(F) for F in random_fields(SU(2), (3, 4), 2, 0))
    layer = LCB(2, 3, 3, d=2).double()
    assert torch.equal(layer(Transporter(U), W), layer(U, W))


def test_gradients_of_both_orders_with_respect_to_links_matter_and_weights():
    U, W = (torch.tensor(F, requires_grad=True) for F in random_fields(SU(2), (2, 3), 2, 0, batch=1))
    layer = LCB(2, 1, 2, d=2, directions="both").double()

    def function(U, W, theta):
        return torch.func.functional_call(layer, {"weight": theta}, (U, W))

    theta = layer.weight.detach().clone().requires_grad_()
    assert torch.autograd.gradcheck(function, (U, W, theta), fast_mode=True)
    assert torch.autograd.gradgradcheck(function, (U, W, theta), fast_mode=True)
    local = LBilinear(2, 2, 2).double()
    assert torch.autograd.gradcheck(local, (W, W), fast_mode=True)
    assert torch.autograd.gradgradcheck(local, (W, W), fast_mode=True)


def test_no_array_holds_all_pairs():
    # The largest tensor that a step makes, against the (2C+1)(2CS+1) V N^2 numbers of all pairs.
    largest = 0

    class Watch(torch.overrides.TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            nonlocal largest
            out = func(*args, **(kwargs or {}))
            if isinstance(out, torch.Tensor):
                largest = max(largest, out.untyped_storage().nbytes())
            return out

    U, W = (torch.tensor(F).to(torch.complex64) for F in random_fields(SU(2), (8, 8), 8, 0))
    layer = LCB(8, 2, 4, d=2)
    with Watch():
        layer(U, W)
    pairs = layer.weight[0].numel() * 2 * 64 * 4 * 8
    assert 0 < largest < pairs / 8


def test_the_same_input_gives_the_same_bits():
    U, W = (torch.tensor(F) for F in random_fields(SU(2), (3, 4), 2, 0))
    layer = LCB(2, 3, 3, d=2).double()
    assert torch.equal(layer(U, W), layer(U, W))


def test_a_generator_fixes_the_weights():
    one, two = (LCB(2, 3, 2, d=2, generator=torch.Generator().manual_seed(5)).weight for _ in range(2))
    assert torch.equal(one, two)
    other = LCB(2, 3, 2, d=2, generator=torch.Generator().manual_seed(6)).weight
    assert not torch.equal(one, other)


def test_single_precision_stays_single():
    U, W = (torch.tensor(F).to(torch.complex64) for F in random_fields(SU(2), (3, 4), 2, 0))
    assert LCB(2, 3, 2, d=2)(U, W).dtype == torch.complex64


def test_what_does_not_fit_is_refused():
    U, W = (torch.tensor(F) for F in random_fields(SU(2), (3, 4), 2, 0))
    layer = LCB(2, 3, 2, d=2)
    with pytest.raises(InputError, match=r"call model.double\(\)"):
        layer(U, W)
    layer.double()
    with pytest.raises(ShapeError, match="matter of 2 channels"):
        layer(U, W[:, :1])
    with pytest.raises(ShapeError, match="one batch, lattice, N and dtype"):
        layer(U, W[:1])
    with pytest.raises(ShapeError, match="3 dimensions"):
        LCB(2, 3, 2, d=3).double()(U, W)
    with pytest.raises(InputError, match="'best'"):
        LCB(2, 3, 2, d=2, init="best")
