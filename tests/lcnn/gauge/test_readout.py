import numpy as np
import pytest
import torch
from hypothesis import given
from oracle.lcnn_literal import as_numpy, random_fields

from lcnn.gauge import SiteHead, Standardise, Trace, site_mean
from lgt.errors import ShapeError
from lgt.symmetry import Gauge, Translation
from lgt.testing import assert_equivariant
from lgt.testing.strategies import groups, lattices, seeds


@given(groups(), lattices(dims=(1, 2, 3)), seeds())
def test_trace_interleaves_real_and_imaginary_parts_of_the_whole_trace(group, lattice, seed):
    _, W = random_fields(group, lattice.extents, 3, seed)
    tr = np.einsum("...ii->...", W)
    features = Trace()(torch.tensor(W)).numpy()
    np.testing.assert_allclose(features[:, 0::2], tr.real, atol=1e-14)
    np.testing.assert_allclose(features[:, 1::2], tr.imag, atol=1e-14)


@pytest.mark.parametrize("d", [2, 3, 4])
def test_traces_are_invariant(d):
    kinds = {"input_types": ("adjoint",), "output_type": "scalar"}
    assert_equivariant(as_numpy(Trace()), [Gauge(), Translation()], **kinds, dims=(d,), examples=3)


def test_the_head_is_one_affine_map_for_all_sites():
    features = torch.randn(2, 6, 3, 4, dtype=torch.float64)
    head = SiteHead(6, 2).double()
    weight, bias = head.linear.weight, head.linear.bias
    expected = torch.einsum("of,bfxy->boxy", weight, features) + bias[None, :, None, None]
    torch.testing.assert_close(head(features), expected)


def test_the_mean_is_over_sites_alone():
    field = torch.randn(2, 3, 4, 5, 6)
    torch.testing.assert_close(site_mean(field), field.mean((2, 3, 4)))


def test_numbers_have_no_trace():
    with pytest.raises(ShapeError, match="complex"):
        Trace()(torch.ones(1, 2, 4, 1, 1))


def test_standardised_features_of_a_batch_have_no_mean_and_spread_one():
    features = 3 + 1e-3 * torch.randn(5, 2, 3, 4, dtype=torch.float64)
    layer = Standardise(2, momentum=0.25).double()
    out = layer(features)
    torch.testing.assert_close(out.mean((0, 2, 3)), torch.zeros(2, dtype=out.dtype), atol=1e-10, rtol=0)
    torch.testing.assert_close(
        out.var((0, 2, 3), correction=0), torch.ones_like(out[0, :, 0, 0]), rtol=1e-3, atol=0
    )
    torch.testing.assert_close(layer.mean, features.mean((0, 2, 3)))
    layer(features + 1)
    torch.testing.assert_close(layer.mean, features.mean((0, 2, 3)) + 0.5)
    for _ in range(7):
        layer(features)
    layer(features + 1)  # the tenth and later ones have the weight of momentum
    before = layer.mean.clone()
    layer(features + 5)
    torch.testing.assert_close(layer.mean, before.lerp(features.mean((0, 2, 3)) + 5, 0.25))
    for _ in range(200):
        layer(features)
    torch.testing.assert_close(layer.eval()(features[:1]), out[:1])


def test_a_sign_passes_through_standardised_features_that_are_not_centred():
    features = torch.randn(5, 2, 3, 4, dtype=torch.float64) + 0.3
    layer = Standardise(2, centre=False).double()
    torch.testing.assert_close(layer(-features), -layer(features))
    assert not layer.mean.any()
    head = SiteHead(2, bias=False, standardise=True).double().eval()
    torch.testing.assert_close(head(-features), -head(features))


def test_rounding_is_not_blown_up() -> None:
    """The imaginary traces of SU(2): nothing but rounding, in either precision."""
    draw = torch.Generator().manual_seed(1)
    noise = torch.randn(5, 1, 3, 4, generator=draw, dtype=torch.float64)
    for dtype in (torch.float32, torch.float64):
        feature = 1 + 1e-2 * noise.to(dtype)
        layer = Standardise(2).to(dtype)
        out = layer(torch.cat([feature, 5 * torch.finfo(dtype).eps * noise.to(dtype)], 1))
        assert not out[:, 1].any()
        assert 0.9 < float(out[:, 0].std()) < 1.1


def test_running_statistics_are_those_of_the_first_batches_at_once() -> None:
    features = 1e-3 * torch.randn(5, 2, 3, 4, dtype=torch.float64) + 1
    layer = Standardise(2).double()
    out = layer(features)
    torch.testing.assert_close(layer.eval()(features), out)


def test_a_head_without_a_bias_adds_no_constant_after_training_either() -> None:
    """What a pseudoscalar needs: centred features would give it an offset."""
    head = SiteHead(2, bias=False, standardise=True).double()
    head(torch.randn(5, 2, 3, 4, dtype=torch.float64) + 0.3)
    assert not head.eval()(torch.zeros(1, 2, 3, 4, dtype=torch.float64)).any()
