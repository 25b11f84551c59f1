import pytest
import torch
from oracle.lcnn_literal import as_numpy, random_fields

import lgt
from lcnn.gauge import plaquettes
from lcnn.models import CNN, cnn_links, cnn_traces
from lgt.errors import CheckError, InputError, ShapeError
from lgt.group import SU
from lgt.symmetry import Gauge, Translation
from lgt.testing import assert_equivariant

KINDS = {"input_types": ("links",), "output_type": "invariant"}


@pytest.mark.parametrize("pooling", ["mean", "max"])
@pytest.mark.parametrize("kernel_size", [2, 3])
@pytest.mark.parametrize("d", [2, 3])
def test_traces_give_a_gauge_and_translation_invariant_network(d, kernel_size, pooling):
    model = cnn_traces([5, 4], d=d, kernel_size=kernel_size, pooling=pooling).double()
    assert model.symmetries == (Gauge(), Translation())
    options = {"dims": (d,), "smallest": kernel_size, "examples": 3}
    assert_equivariant(as_numpy(lambda U: model(U)[:, 0]), model.symmetries, **KINDS, **options)


@pytest.mark.parametrize("kernel_size", [2, 3])
@pytest.mark.parametrize("d", [2, 3])
def test_raw_links_give_a_translation_invariant_network(d, kernel_size):
    model = cnn_links([5, 4], d=d, N=2, kernel_size=kernel_size).double()
    assert model.symmetries == (Translation(),)
    options = {"groups": ("SU2",), "dims": (d,), "smallest": kernel_size, "examples": 3}
    assert_equivariant(as_numpy(lambda U: model(U)[:, 0]), model.symmetries, **KINDS, **options)


def test_raw_links_do_not_give_a_gauge_invariant_network():
    model = cnn_links([5, 4], d=2, N=2).double()
    with pytest.raises(CheckError, match="equivariant under Gauge"):
        assert_equivariant(as_numpy(lambda U: model(U)[:, 0]), Gauge(), **KINDS, groups=("SU2",), dims=(2,))


def test_the_channels_are_all_real_and_imaginary_parts_of_all_links():
    U = torch.tensor(random_fields(SU(3), (3, 4), 1, 0)[0])
    inputs = cnn_links([1], d=2, N=3)._inputs(U)
    assert inputs.shape == (2, 2 * 3 * 3 * 2, 3, 4)
    channel = ((1 * 3 + 2) * 3 + 0) * 2  # direction 1, entry (2, 0)
    assert torch.equal(inputs[:, channel], U[:, 1, ..., 2, 0].real)
    assert torch.equal(inputs[:, channel + 1], U[:, 1, ..., 2, 0].imag)


def test_the_traces_are_normalised():
    U = random_fields(SU(3), (3, 4, 2), 1, 0)[0]
    inputs = cnn_traces([1], d=3)._inputs(torch.tensor(U))
    planes = ((0, 1), (0, 2), (1, 2))
    for k, (mu, nu) in enumerate(planes):
        expected = torch.tensor(lgt.loop_trace(U, lgt.plaquette(mu, nu), 3).real)
        torch.testing.assert_close(inputs[:, k], expected)
    assert inputs.shape[1] == len(planes) == plaquettes(torch.tensor(U)).shape[1]


@pytest.mark.parametrize("kernel_size", [1, 2, 3, 4])
def test_one_model_takes_every_lattice_and_padding_is_periodic(kernel_size):
    model = cnn_links([4, 3], d=2, N=2, kernel_size=kernel_size, dense=[5], n_out=2).double()
    U = torch.tensor(random_fields(SU(2), (4, 5), 1, 0)[0])
    out = model(U)
    assert out.shape == (2, 2)
    torch.testing.assert_close(model(U.repeat(1, 1, 2, 3, 1, 1)), out)


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "tanh", "sigmoid", "gelu"])
def test_activations_differ_and_gradients_reach_every_weight(activation):
    model = CNN("links", [6, 6], d=2, N=2, activation=activation, dense=[4]).double()
    model(torch.tensor(random_fields(SU(2), (4, 5), 1, 0)[0])).square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())


def test_the_number_of_weights():
    model = cnn_links([4, 6], d=2, N=2, kernel_size=3, dense=[5])
    assert model.weights == (16 * 9 + 1) * 4 + (4 * 9 + 1) * 6 + (6 + 1) * 5 + (5 + 1)
    assert cnn_traces([4], d=3, kernel_size=2).weights == (3 * 8 + 1) * 4 + 5


def test_what_cannot_be_is_refused():
    with pytest.raises(InputError, match="a CNN in 4 dimensions"):
        cnn_traces([4], d=4)
    with pytest.raises(InputError, match="'swish'"):
        cnn_traces([4], d=2, activation="swish")
    with pytest.raises(InputError, match="'sum'"):
        cnn_traces([4], d=2, pooling="sum")
    with pytest.raises(InputError, match="no convolutions"):
        cnn_traces([], d=2)
    with pytest.raises(InputError, match=r"N = \(0,\)"):
        cnn_links([4], d=2, N=0)
    links = torch.ones(1, 2, 3, 4, 2, 2, dtype=torch.complex64)
    with pytest.raises(ShapeError, match="d = 2, N = 3"):
        cnn_links([4], d=2, N=3)(links)
    with pytest.raises(ShapeError, match="the lattice 3x4"):
        cnn_links([4], d=2, N=2, kernel_size=4)(links)
    with pytest.raises(InputError, match=r"model.double\(\)"):
        cnn_traces([4], d=2)(links.to(torch.complex128))
