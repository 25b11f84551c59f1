import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracle.lcnn_literal import as_numpy, hop, random_fields

from lcnn.field import pack, unpack
from lcnn.transport import Stencil, Transporter, transport, transporter
from lgt.errors import InputError, ShapeError
from lgt.group import SU
from lgt.symmetry import Gauge, Translation
from lgt.testing import assert_equivariant
from lgt.testing.strategies import groups, lattices, seeds


@given(
    groups(("SU3", "SU2", "U1", "SU4")), lattices(dims=(1, 2, 3, 4)), st.integers(-3, 3), seeds(), st.data()
)
def test_transport_is_repeated_hops(group, lattice, steps, seed, data):
    mu = data.draw(st.integers(0, lattice.d - 1))
    U, W = random_fields(group, lattice.extents, 3, seed)
    expected = W
    for _ in range(abs(steps)):
        expected = hop(U, expected, mu, 1 if steps > 0 else -1)
    moved = transport(torch.tensor(U), torch.tensor(W), mu, steps).numpy()
    np.testing.assert_allclose(moved, expected, atol=1e-13 * np.abs(W).max())


def test_the_hop_back_uses_the_dagger_whatever_the_link_is():
    # Off the group too, so that gradients with respect to links are those of the product U^+ W U.
    rng = np.random.default_rng(0)
    U, W = (rng.standard_normal((1, n, 3, 4, 2, 2, 2)) @ [1, 1j] for n in (2, 3))
    for mu, sign in ((0, 1), (0, -1), (1, 1), (1, -1)):
        moved = transport(torch.tensor(U), torch.tensor(W), mu, sign).numpy()
        np.testing.assert_allclose(moved, hop(U, W, mu, sign), atol=1e-12)


@pytest.mark.parametrize("d", [2, 3, 4])
@pytest.mark.parametrize("steps", [1, -2])
def test_transport_is_equivariant(d, steps):
    function = as_numpy(lambda U, W: transport(U, W, d - 1, steps))
    kinds = {"input_types": ("links", "adjoint"), "output_type": "adjoint"}
    assert_equivariant(function, [Gauge(), Translation()], **kinds, dims=(d,), examples=4)


def test_there_and_back_is_the_identity_for_unitary_links():
    U, W = (torch.tensor(F) for F in random_fields(SU(3), (3, 4), 2, 0))
    carrier = Transporter(U)
    torch.testing.assert_close(transport(carrier, transport(carrier, W, 1, 2), 1, -2), W)


def test_carry_makes_hops_in_common_once(monkeypatch):
    U, W = (torch.tensor(F) for F in random_fields(SU(2), (3, 4), 2, 0))
    calls = []
    original = Transporter.hop
    monkeypatch.setattr(Transporter, "hop", lambda *a: calls.append(a[2:]) or original(*a))
    offsets = [(0, 3), (0, 1), (0, 2), (1, -2), (0, 0)]
    fields = Transporter(U).carry(pack(W), offsets)
    assert sorted(calls) == [(0, 1)] * 3 + [(1, -1)] * 2
    for packed, (mu, steps) in zip(fields, offsets, strict=True):
        assert torch.equal(unpack(packed), transport(U, W, mu, steps))


def test_gradients_of_both_orders():
    U, W = (torch.tensor(F, requires_grad=True) for F in random_fields(SU(2), (2, 3), 2, 0, batch=1))
    for steps in (2, -1):
        assert torch.autograd.gradcheck(lambda U, W, s=steps: transport(U, W, 1, s), (U, W))
        assert torch.autograd.gradgradcheck(lambda U, W: transport(U, W, 0, -1), (U, W), fast_mode=True)


def test_a_transporter_is_prepared_once():
    carrier = Transporter(torch.ones(1, 2, 3, 4, 1, 1, dtype=torch.complex64))
    assert transporter(carrier) is carrier
    assert carrier.matrices[0] is carrier.matrices[0]


@pytest.mark.parametrize("directions", ["positive", "both"])
@pytest.mark.parametrize("K", [1, 2, 4])
@pytest.mark.parametrize("d", [1, 2, 4])
def test_the_number_of_slots(d, K, directions):
    sides = 2 if directions == "both" else 1
    assert len(Stencil(d, K, True, directions)) == 1 + sides * d * (K - 1)
    assert len(Stencil(d, K, False, directions)) == max(1, sides * d * (K - 1))


def test_dilation_stretches_the_stencil():
    assert Stencil(2, 3, dilation=2).offsets == ((0, 0), (0, 2), (0, 4), (1, 2), (1, 4))


@pytest.mark.parametrize("options", [{"kernel_size": 0}, {"kernel_size": 2, "dilation": 0}])
def test_a_stencil_without_extent_is_refused(options):
    with pytest.raises(InputError, match="= 0: found no such whole number"):
        Stencil(2, **options)


def test_an_unknown_choice_of_directions_is_refused():
    with pytest.raises(InputError, match="'negative'"):
        Stencil(2, 2, directions="negative")


@pytest.mark.parametrize(
    "matter",
    [
        torch.ones(2, 3, 4, 3, 2, 2, dtype=torch.complex128),
        torch.ones(1, 3, 3, 4, 2, 2, dtype=torch.complex128),
        torch.ones(2, 3, 3, 4, 3, 3, dtype=torch.complex128),
        torch.ones(2, 3, 3, 4, 2, 2, dtype=torch.complex64),
    ],
)
def test_matter_that_does_not_fit_is_refused(matter):
    links = torch.ones(2, 2, 3, 4, 2, 2, dtype=torch.complex128)
    with pytest.raises(ShapeError):
        transport(links, matter, 0)


def test_a_direction_that_does_not_exist_is_refused():
    links = torch.ones(1, 2, 3, 4, 1, 1, dtype=torch.complex128)
    for mu in (-1, 2):
        with pytest.raises(InputError, match="count from 0"):
            transport(links, links, mu)
