import numpy as np
import pytest
import torch
from hypothesis import given, settings
from oracle.lcnn_literal import random_fields

from lcnn.field import antihermitian, gauge_group
from lcnn.gauge import AntiHermitian, LExp
from lcnn.testing import assert_symmetric
from lgt.errors import CheckError, InputError, ShapeError
from lgt.group import SU, U1, U
from lgt.symmetry import Gauge
from lgt.testing.strategies import groups, lattices, seeds


@given(groups(("SU3", "SU2", "U1", "U2")), lattices(dims=(1, 2, 3)), seeds())
@settings(max_examples=15)
def test_links_are_multiplied_by_the_exponential_of_the_weighted_sum(group, lattice, seed):
    links, W = random_fields(group, lattice.extents, 2, seed)
    layer = LExp(2, d=lattice.d, group=group, init_w=1.0).double()
    b = layer.weight.detach().numpy()
    algebra = group.antihermitian(W)  # i [W]_ah
    ours = layer(torch.tensor(links), torch.tensor(W)).detach().numpy()
    for mu in range(lattice.d):
        X = sum(b[mu, i] * algebra[:, i] for i in range(2))
        np.testing.assert_allclose(ours[:, mu], group.exp(X) @ links[:, mu], atol=1e-12)
    assert group.defect(ours).max() < 1e-12


def test_the_default_start_is_near_the_identity_and_u_1_is_not_the_identity():
    links, W = random_fields(U1(), (4, 6), 3, 0)
    moved = LExp(3, d=2).double()(torch.tensor(links), torch.tensor(W)).detach().numpy()
    assert 1e-3 < np.abs(moved - links).max() < 1


def test_only_special_groups_lose_the_trace():
    links, W = random_fields(U(2), (3, 4), 2, 0)
    inputs = torch.tensor(links), torch.tensor(W)
    whole = LExp(2, d=2, group=U(2), init_w=1.0).double()
    special = LExp(2, d=2, init_w=1.0).double()
    special.load_state_dict(whole.state_dict())
    phases = [np.angle(np.linalg.det(layer(*inputs).detach().numpy())) for layer in (whole, special)]
    before = np.angle(np.linalg.det(links))
    np.testing.assert_allclose(phases[1], before, atol=1e-12)
    assert np.abs(phases[0] - before).max() > 0.1


@pytest.mark.parametrize("group", [SU(3), U(2), U1()], ids=repr)
def test_antihermitian_is_the_hermitian_matrix_of_the_algebra_part(group):
    W = random_fields(group, (3, 4), 2, 0)[1]
    H = AntiHermitian(group)(torch.tensor(W)).numpy()
    np.testing.assert_allclose(1j * H, group.antihermitian(W), atol=1e-14)
    np.testing.assert_allclose(H, np.conj(np.swapaxes(H, -1, -2)), atol=1e-14)


class FromTheRight(torch.nn.Module):
    """L-Exp on the wrong side, U exp(X)."""

    def forward(self, links, matter):
        X = antihermitian(matter[:, :1], gauge_group(links))
        return links @ torch.linalg.matrix_exp(X.contiguous())


class FromTheLeft(torch.nn.Module):
    def forward(self, links, matter):
        X = antihermitian(matter[:, :1], gauge_group(links))
        return torch.linalg.matrix_exp(X.contiguous()) @ links


def test_the_wrong_side_is_found():
    kinds = {"input_types": ("links", "adjoint"), "output_type": "links", "groups": ("SU3",), "dims": (2,)}
    assert_symmetric(FromTheLeft(), Gauge(), **kinds)
    with pytest.raises(CheckError, match=r"under Gauge"):
        assert_symmetric(FromTheRight(), Gauge(), **kinds)


def test_bad_input_is_refused():
    links, W = (torch.tensor(field) for field in random_fields(SU(2), (3, 4), 2, 0))
    with pytest.raises(ShapeError, match="3 channels"):
        LExp(3, d=2).double()(links, W)
    with pytest.raises(ShapeError, match="3 dimensions"):
        LExp(2, d=3).double()(links, W)
    with pytest.raises(InputError, match=r"call model.double"):
        LExp(2, d=2)(links, W)
    with pytest.raises(InputError, match=r"SU\(3\)"):
        LExp(2, d=2, group=SU(3)).double()(links, W)
