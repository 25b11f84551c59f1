import numpy as np
import pytest
import torch
from hypothesis import given, settings
from oracle.lcnn_literal import random_fields

import lgt.smear
from lcnn.field import dagger, set_precision, shift
from lcnn.gauge import LStout
from lcnn.gauge.loops import plaquette_leaf
from lcnn.testing import assert_symmetric
from lgt.errors import CheckError, InputError, ShapeError
from lgt.group import SU, U1, U
from lgt.symmetry import Gauge
from lgt.testing.strategies import groups, lattices, seeds


def smear(links, rho=0.1, **options):
    return LStout(rho, **options).double()(torch.tensor(links)).detach().numpy()


@given(groups(), lattices(dims=(2, 3, 4)), seeds())
@settings(max_examples=15)
def test_one_rho_is_stout_smearing(group, lattice, seed):
    links = random_fields(group, lattice.extents, 1, seed)[0]
    expected = lgt.smear.stout(links, 0.1, d=lattice.d)
    np.testing.assert_allclose(smear(links), expected, rtol=0, atol=1e-14)
    fixed = smear(links, learnable=False, d=lattice.d)
    np.testing.assert_allclose(fixed, expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("learnable", [True, False])
def test_rho_is_the_number_given_in_every_precision(learnable):
    layer = LStout(0.1, learnable=learnable)
    links = torch.tensor(random_fields(SU(3), (3, 4), 1, 0)[0])
    single = layer(links.to(torch.complex64))  # fresh, it takes both precisions
    assert single.dtype == torch.complex64
    set_precision(layer, "complex128")
    assert layer.rho.item() == 0.1
    torch.testing.assert_close(layer(links).to(torch.complex64), single)
    other = LStout(0.2, learnable=learnable)
    other.load_state_dict(layer.state_dict())
    assert other.rho.item() == 0.1
    layer.float()
    assert layer.rho.dtype == torch.float32
    with pytest.raises(InputError, match=r"call model.double"):
        layer(links)
    other.load_state_dict(layer.state_dict())  # as checkpoints of single precision have it
    assert other.rho.item() == layer.rho.item()


def test_rho_of_each_pair_of_directions_moves_the_right_links():
    links = random_fields(SU(2), (2, 3, 4), 1, 0)[0]
    layer = LStout(0.0, d=3).double()
    assert layer.rho.shape == (3, 2)
    with torch.no_grad():
        layer.rho[1, 1] = 0.2  # mu = 1, nu = 2
    U = torch.tensor(links)
    loops = plaquette_leaf(U, 1, 2, 1, 1) + plaquette_leaf(U, 1, 2, 1, -1)
    V = layer(U).detach()
    assert torch.equal(V[:, [0, 2]], U[:, [0, 2]])
    force = SU(2).antihermitian(loops.numpy())
    np.testing.assert_allclose(V[:, 1:2].numpy(), SU(2).exp(-0.2 * force) @ links[:, 1:2], atol=1e-13)


def test_u_n_keeps_the_trace_and_u_1_smears_angles():
    links = random_fields(U(2), (3, 4), 1, 0)[0]
    ours, special = smear(links, group=U(2)), smear(links)
    assert U(2).defect(ours).max() < 1e-13
    phases = [np.angle(np.linalg.det(V)) for V in (links, ours, special)]
    np.testing.assert_allclose(phases[2], phases[0], atol=1e-12)
    assert np.abs(phases[1] - phases[0]).max() > 0.05
    circle = random_fields(U1(), (3, 4), 1, 0)[0]
    assert np.abs(smear(circle) - circle).max() > 0.05


def test_rho_is_learned_or_not():
    U = torch.tensor(random_fields(SU(3), (3, 4), 1, 0)[0])
    layer = LStout(d=2).double()
    layer(U).real.sum().backward()
    assert (layer.rho.grad != 0).all()
    assert not list(LStout(learnable=False).parameters())
    assert "rho" in LStout(learnable=False).state_dict()


class NoDagger(torch.nn.Module):
    """Stout links whose staple lacks one dagger: U_mu(x) U_nu(x+mu) U_mu(x+nu) U_nu(x)^+."""

    def forward(self, U):
        moved = []
        for mu, nu in ((0, 1), (1, 0)):
            V, W = U[:, mu : mu + 1], U[:, nu : nu + 1]
            loop = V @ shift(W, mu) @ shift(V, nu) @ dagger(W)
            moved.append(torch.linalg.matrix_exp(-0.1 * (loop - dagger(loop)) / 2) @ V)
        return torch.cat(moved, dim=1)


def test_a_missing_dagger_is_found():
    with pytest.raises(CheckError, match=r"under Gauge"):
        assert_symmetric(NoDagger(), Gauge(), output_type="links", groups=("SU3",), dims=(2,))


def test_bad_input_is_refused():
    with pytest.raises(InputError, match="no finite number"):
        LStout(float("nan"))
    with pytest.raises(InputError, match="d = 1: found no such whole number"):
        LStout(d=1)
    links = torch.ones(1, 2, 3, 4, 1, 1, dtype=torch.complex64)
    with pytest.raises(ShapeError, match="stout in 3"):
        LStout(d=3)(links)
    with pytest.raises(InputError, match=r"U\(2\)"):
        LStout(group=U(2))(links)
