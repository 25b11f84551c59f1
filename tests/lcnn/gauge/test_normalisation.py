import numpy as np
import pytest
import torch
from oracle.lcnn_literal import random_fields

from lcnn.gauge import TrNorm
from lcnn.testing import assert_symmetric
from lgt.errors import CheckError, InputError
from lgt.group import SU, U1, U
from lgt.symmetry import Gauge

GROUPS = pytest.mark.parametrize("group", [SU(3), SU(2), U(2), U1()], ids=repr)


def matter(group, seed=0):
    return 7.0 * random_fields(group, (3, 4), 2, seed)[1]


@GROUPS
def test_the_frobenius_norm_comes_out_as_that_of_unitary_matrices(group):
    W = matter(group)
    out = TrNorm()(torch.tensor(W)).numpy()
    squares = np.einsum("bc...ij,bc...ij->b...", out.conj(), out).real / 2 / group.N
    np.testing.assert_allclose(squares, 1, atol=1e-10)
    ratio = out / W
    np.testing.assert_allclose(ratio, np.broadcast_to(ratio[:, :1, ..., :1, :1], ratio.shape), atol=1e-12)
    assert ratio.real.min() > 0


@GROUPS
def test_the_mean_trace_comes_out_as_a_phase(group):
    W = matter(group)
    out = TrNorm("trace")(torch.tensor(W)).numpy()
    before, after = (np.einsum("bc...ii->b...", M) / 2 for M in (W, out))
    np.testing.assert_allclose(after, before / np.abs(before), atol=1e-9)


@pytest.mark.parametrize("kind", ["frobenius", "trace"])
def test_zero_has_a_finite_value_and_gradient(kind):
    W = torch.zeros(1, 2, 3, 2, 2, dtype=torch.complex64, requires_grad=True)
    out = TrNorm(kind)(W)
    out.abs().square().sum().backward()
    assert W.grad is not None
    assert torch.isfinite(W.grad).all()
    assert (out == 0).all()


@pytest.mark.parametrize("kind", ["frobenius", "trace"])
def test_matter_of_any_size_has_a_norm(kind):
    W = torch.tensor(matter(SU(3))).to(torch.complex64)
    expected = TrNorm(kind)(W)
    for size in (1e20, 1e37, torch.tensor([1.0, 1e36])[:, None, None, None, None, None]):
        large = (size * W).requires_grad_()
        out = TrNorm(kind)(large)
        torch.testing.assert_close(out, expected, rtol=1e-5, atol=1e-5)
        out.real.sum().backward()
        assert torch.isfinite(large.grad).all()


def test_charge_conjugation_and_daggers_commute_with_the_norm():
    W = torch.tensor(matter(SU(3)))
    for kind in ("frobenius", "trace"):
        layer = TrNorm(kind)
        torch.testing.assert_close(layer(W.conj()), layer(W).conj())
        torch.testing.assert_close(layer(W.mH), layer(W).mH)


class LargestEntry(torch.nn.Module):
    """Matter over the largest of its matrix entries: not invariant."""

    def forward(self, matter):
        return matter / matter.abs().amax((1, -2, -1), keepdim=True)


def test_a_norm_by_the_largest_entry_is_found():
    kinds = {"input_types": ("adjoint",), "output_type": "adjoint", "dims": (2,)}
    with pytest.raises(CheckError, match=r"under Gauge"):
        assert_symmetric(LargestEntry(), Gauge(), groups=("SU2",), **kinds)
    assert_symmetric(LargestEntry(), Gauge(), groups=("U1",), **kinds)  # all norms are invariant there


def test_bad_options_are_refused():
    with pytest.raises(InputError, match="'max'"):
        TrNorm("max")
    with pytest.raises(InputError, match="eps = 0"):
        TrNorm(eps=0)
