import numpy as np
import pytest
import torch
from hypothesis import given, settings
from oracle.lcnn_literal import random_fields

from lcnn.gauge import LConv, LLinear
from lgt.errors import InputError, ShapeError
from lgt.group import SU
from lgt.testing.strategies import groups, lattices, seeds


@given(groups(), lattices(dims=(1, 2, 3)), seeds())
@settings(max_examples=10)
def test_channels_daggers_and_one_are_mixed(group, lattice, seed):
    W = random_fields(group, lattice.extents, 2, seed)[1]
    layer = LLinear(2, 3).double()
    omega = layer.weight.detach().numpy()
    one = np.broadcast_to(np.eye(group.N), W[:, :1].shape)
    parts = np.concatenate((W, np.conj(np.swapaxes(W, -1, -2)), one), axis=1)
    expected = np.einsum("uw,bw...->bu...", omega, parts)
    np.testing.assert_allclose(layer(torch.tensor(W)).detach().numpy(), expected, atol=1e-12)


def test_it_is_a_convolution_without_hops():
    links, W = (torch.tensor(field) for field in random_fields(SU(2), (3, 4), 2, 0))
    for adjoint in (False, True):
        for unit in (False, True):
            layer = LLinear(2, 3, adjoint=adjoint, unit=unit).double()
            conv = LConv(2, 3, 1, d=2, adjoint=adjoint, unit=unit).double()
            conv.load_state_dict(layer.state_dict())
            torch.testing.assert_close(layer(W), conv(links, W))


def test_bad_input_is_refused():
    W = torch.ones(1, 2, 4, 1, 1, dtype=torch.complex64)
    with pytest.raises(ShapeError, match="3 channels"):
        LLinear(3, 2)(W)
    with pytest.raises(InputError, match=r"call model.double"):
        LLinear(2, 2)(W.to(torch.complex128))
