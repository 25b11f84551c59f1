import numpy as np
import pytest
import torch
from hypothesis import given
from oracle.lcnn_literal import as_numpy, random_fields

from lcnn.gauge import LAct, LPolynomialAct
from lgt.errors import InputError, ShapeError
from lgt.group import SU
from lgt.symmetry import Gauge, Translation
from lgt.testing import assert_equivariant
from lgt.testing.strategies import groups, lattices, seeds

LAYERS = {
    "relu": LAct(),
    "smooth": LAct("smooth"),
    "polynomial": LPolynomialAct(2, 3, relu=True, generator=torch.Generator().manual_seed(0)).double(),
}


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("d", [2, 3, 4])
def test_activations_are_equivariant(name, d):
    kinds = {"input_types": ("adjoint",), "output_type": "adjoint"}
    symmetries = [Gauge(), Translation()]
    assert_equivariant(as_numpy(LAYERS[name]), symmetries, **kinds, dims=(d,), examples=3)


@given(groups(), lattices(dims=(1, 2)), seeds())
def test_gates_are_functions_of_the_real_trace(group, lattice, seed):
    _, W = random_fields(group, lattice.extents, 2, seed)
    s = np.einsum("...ii->...", W).real[..., None, None]
    torch_W = torch.tensor(W)
    np.testing.assert_allclose(LAct()(torch_W).numpy(), np.maximum(s, 0) * W, atol=1e-13)
    np.testing.assert_allclose(LAct("smooth")(torch_W).numpy(), np.logaddexp(0, s) * W, atol=1e-12)
    generator = torch.Generator().manual_seed(seed)
    layer = LPolynomialAct(2, 2, relu=True, generator=generator).double()
    a = layer.weight.detach().numpy().reshape(1, 2, 4, *(1,) * (lattice.d + 2))
    gate = a[:, :, 0] + a[:, :, 1] * s + a[:, :, 2] * s**2 + a[:, :, 3] * np.maximum(s, 0)
    np.testing.assert_allclose(layer(torch_W).detach().numpy(), gate * W, atol=1e-11)


def test_gates_of_learned_strength_start_as_the_identity_and_are_learned():
    W = torch.tensor(random_fields(SU(3), (3, 4), 2, 0)[1])
    s = W.diagonal(dim1=-2, dim2=-1).sum(-1).real[..., None, None]
    layer = LPolynomialAct(2, 0, relu=True, smooth=True, init="identity").double()
    assert torch.equal(layer(W), W)
    layer(W).abs().square().sum().backward()
    assert layer.weight.grad is not None
    assert (layer.weight.grad != 0).all()
    with torch.no_grad():
        layer.weight[:] = torch.tensor([0.5, 2.0, 3.0])
    gate = 0.5 + 2 * torch.relu(s) + 3 * torch.nn.functional.softplus(s)
    torch.testing.assert_close(layer(W), gate * W)
    with pytest.raises(InputError, match="'balanced'"):
        LPolynomialAct(2, init="balanced")


def test_smooth_activations_have_two_derivatives():
    W = torch.tensor(random_fields(SU(2), (3,), 2, 0, batch=1)[1], requires_grad=True)
    for layer in (LAct("smooth"), LPolynomialAct(2, 2).double()):
        assert torch.autograd.gradcheck(layer, W)
        assert torch.autograd.gradgradcheck(layer, W)


def test_bad_options_and_channels_are_refused():
    with pytest.raises(InputError, match="'tanh'"):
        LAct("tanh")
    with pytest.raises(InputError, match="degree = -1"):
        LPolynomialAct(2, -1)
    with pytest.raises(ShapeError, match="3 channels"):
        LPolynomialAct(3)(torch.ones(1, 2, 4, 1, 1, dtype=torch.complex64))
