from itertools import product

import pytest
import torch
from oracle.lcnn_literal import as_numpy, random_fields

import lgt
from lcnn.gauge import plaquettes
from lcnn.models import CNN, cnn_links, cnn_traces
from lcnn.models._conv4d import Conv4d
from lgt.errors import CheckError, InputError, ShapeError
from lgt.group import SU
from lgt.symmetry import Gauge, Translation
from lgt.testing import assert_equivariant

KINDS = {"input_types": ("links",), "output_type": "invariant"}


@pytest.mark.parametrize("pooling", ["mean", "max"])
@pytest.mark.parametrize(("d", "kernel_size"), [(2, 2), (2, 3), (3, 2), (3, 3), (4, 2)])
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


@pytest.mark.parametrize("parts", ["real", "complex"])
@pytest.mark.parametrize("d", [2, 3, 4])
def test_without_pooling_there_is_a_scalar_at_every_site(d, parts):
    model = cnn_traces([5, 4], d=d, kernel_size=2, pooling="none", dense=[3], parts=parts).double()
    options = {"dims": (d,), "smallest": 2, "examples": 3, "groups": ("SU3",)}
    kinds = {"input_types": ("links",), "output_type": "scalar"}
    assert_equivariant(as_numpy(model), model.symmetries, **kinds, **options)


def test_the_mean_over_the_sites_is_what_mean_pooling_gives():
    U = torch.tensor(random_fields(SU(3), (3, 4, 2, 3), 1, 0)[0])
    pooled = cnn_traces([4], d=4, parts="complex").double()
    everywhere = cnn_traces([4], d=4, parts="complex", pooling="none").double()
    everywhere.load_state_dict(pooled.state_dict())
    assert everywhere(U).shape == (2, 1, 3, 4, 2, 3)
    torch.testing.assert_close(everywhere(U).mean((2, 3, 4, 5)), pooled(U))


@pytest.mark.parametrize("kernel_size", [1, 2, 3])
def test_a_convolution_in_four_dimensions_is_the_sum_over_its_taps(kernel_size):
    conv = Conv4d(2, 3, kernel_size).double()
    x = torch.randn(2, 2, 3, 4, 5, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    expected = conv.bias.reshape(-1, 1, 1, 1, 1).expand(2, 3, 3, 4, 5, 3)
    for tap in product(range(kernel_size), repeat=4):
        moved = torch.roll(x, [(kernel_size - 1) // 2 - k for k in tap], (2, 3, 4, 5))
        expected = expected + torch.einsum("oi,bi...->bo...", conv.weight[(..., *tap)], moved)
    torch.testing.assert_close(conv(x), expected)


def test_a_convolution_in_four_dimensions_is_torchs_own_where_the_fourth_axis_is_one_tap():
    conv = Conv4d(2, 3, 3).double()
    own = torch.nn.Conv3d(2, 3, 3, padding="same", padding_mode="circular", dtype=torch.float64)
    x = torch.randn(1, 2, 3, 4, 5, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        conv.weight.zero_()
        conv.weight[..., 1] = own.weight
        conv.bias.copy_(own.bias)
    torch.testing.assert_close(conv(x)[..., 2], own(x[..., 2]))


def test_imaginary_parts_of_the_traces_follow_the_real_ones():
    U = torch.tensor(random_fields(SU(3), (3, 4), 1, 0)[0])
    expected = torch.tensor(lgt.loop_trace(U.numpy(), lgt.plaquette(0, 1), 2))
    inputs = cnn_traces([1], d=2, parts="complex")._inputs(U)
    torch.testing.assert_close(inputs, torch.stack([expected.real, expected.imag], 1))


def test_what_cannot_be_is_refused():
    with pytest.raises(InputError, match="a CNN in 5 dimensions"):
        cnn_traces([4], d=5)
    with pytest.raises(InputError, match="'imaginary'"):
        cnn_traces([4], d=2, parts="imaginary")
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
