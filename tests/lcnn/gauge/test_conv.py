import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracle.lcnn_literal import as_numpy, enlarged, random_fields, slots

from lcnn.gauge import LConv
from lgt.errors import ShapeError
from lgt.group import SU
from lgt.symmetry import Gauge, Translation
from lgt.testing import assert_equivariant
from lgt.testing.strategies import groups, lattices, seeds


@given(
    groups(("SU3", "U1", "SU4")),
    lattices(dims=(1, 2, 3)),
    st.integers(1, 3),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    seeds(),
)
def test_lconv_is_the_formula(group, lattice, K, centre, both, adjoint, unit, seed):
    U, W = random_fields(group, lattice.extents, 2, seed)
    directions = "both" if both else "positive"
    options = {"centre": centre, "directions": directions, "adjoint": adjoint, "unit": unit}
    generator = torch.Generator().manual_seed(seed)
    layer = LConv(2, 3, K, d=lattice.d, **options, generator=generator).double()
    t = enlarged(slots(U, W, K, centre=centre, both=both), adjoint=adjoint, unit=unit)
    expected = np.einsum("uw,bw...->bu...", layer.weight.detach().numpy(), t)
    out = layer(torch.tensor(U), torch.tensor(W)).detach().numpy()
    np.testing.assert_allclose(out, expected, rtol=0, atol=1e-13 * np.abs(expected).max())


@pytest.mark.parametrize(
    "options", [{}, {"adjoint": True, "directions": "positive", "centre": False}], ids=str
)
@pytest.mark.parametrize("d", [2, 3, 4])
def test_lconv_is_equivariant(d, options):
    layer = LConv(2, 3, 2 if d == 4 else 3, d=d, **options).double()
    kinds = {"input_types": ("links", "adjoint"), "output_type": "adjoint"}
    assert_equivariant(as_numpy(layer), [Gauge(), Translation()], **kinds, dims=(d,), examples=3)


def test_charge_conjugation_and_tiling():
    U, W = (torch.tensor(F) for F in random_fields(SU(3), (3, 4), 2, 0))
    layer, tile = LConv(2, 3, 3, d=2).double(), (1, 1, 2, 3, 1, 1)
    torch.testing.assert_close(layer(U.conj(), W.conj()), layer(U, W).conj(), rtol=0, atol=1e-14)
    torch.testing.assert_close(layer(U.repeat(tile), W.repeat(tile)), layer(U, W).repeat(tile))


def test_gradients_of_both_orders():
    U, W = (torch.tensor(F, requires_grad=True) for F in random_fields(SU(2), (2, 3), 1, 0, batch=1))
    layer = LConv(1, 2, 2, d=2).double()
    assert torch.autograd.gradcheck(layer, (U, W))
    assert torch.autograd.gradgradcheck(layer, (U, W), fast_mode=True)


def test_the_field_keeps_its_size():
    sizes = []
    for seed in range(40):
        U, W = (torch.tensor(F).to(torch.complex64) for F in random_fields(SU(2), (3, 4), 4, seed))
        layer = LConv(4, 8, 3, d=2, unit=False, generator=torch.Generator().manual_seed(seed))
        out = layer(U, W).detach()
        sizes.append(float(out.abs().square().mean() / W.abs().square().mean()))
    assert 0.9 < np.mean(sizes) < 1.1


def test_a_wrong_number_of_channels_is_refused():
    U, W = (torch.tensor(F) for F in random_fields(SU(2), (3, 4), 2, 0))
    with pytest.raises(ShapeError, match="matter of 3 channels"):
        LConv(3, 1, 2, d=2).double()(U, W)
