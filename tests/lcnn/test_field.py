import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracle.lcnn_literal import random_fields

import lgt.field
from lcnn import field
from lcnn.models import cnn_traces, wilson_loop
from lgt.errors import InputError, ShapeError
from lgt.group import SU, U1, U, UnitaryGroup
from lgt.testing.strategies import groups, lattices, seeds

GROUPS = [U1(), SU(2), SU(3), SU(4), U(2), U(3)]


def doubles(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.tensor(np.random.default_rng(seed).standard_normal(shape))


@given(groups(), lattices(dims=(1, 2, 3, 4)), seeds())
def test_gauge_transformations_agree_with_numpy(group, lattice, seed):
    U, W = random_fields(group, lattice.extents, 3, seed)
    omega = group.haar(np.random.default_rng(seed + 1), (2, *lattice.extents))
    links = field.gauge_transform(torch.tensor(U), torch.tensor(omega)).numpy()
    matter = field.gauge_transform_matter(torch.tensor(W), torch.tensor(omega)).numpy()
    np.testing.assert_allclose(links, lgt.field.gauge_transform(U, omega, lattice.d), atol=1e-13)
    np.testing.assert_allclose(matter, lgt.field.gauge_transform_matter(W, omega, lattice.d), atol=1e-12)


def test_a_transformation_without_batch_axis_serves_the_whole_batch():
    U, W = (torch.tensor(F) for F in random_fields(SU(2), (3, 4), 3, 0))
    omega = torch.tensor(SU(2).haar(np.random.default_rng(1), (1, 3, 4)))
    both = omega.expand(2, -1, -1, -1, -1)
    assert torch.equal(field.gauge_transform(U, omega), field.gauge_transform(U, both))
    assert torch.equal(field.gauge_transform_matter(W, omega), field.gauge_transform_matter(W, both))


@given(lattices(dims=(1, 2, 3)), st.integers(-7, 7), seeds(), st.data())
def test_shift_looks_ahead(lattice, steps, seed, data):
    mu = data.draw(st.integers(0, lattice.d - 1))
    _, W = random_fields(SU(2), lattice.extents, 2, seed)
    ahead = tuple(steps if nu == mu else 0 for nu in range(lattice.d))
    assert np.array_equal(field.shift(torch.tensor(W), mu, steps).numpy(), lgt.field.shift(W, ahead))


@given(groups(), lattices(dims=(1, 2, 3)), seeds())
def test_pack_lays_out_column_re_im_row_channel_and_unpack_undoes_it(group, lattice, seed):
    _, W = random_fields(group, lattice.extents, 3, seed)
    packed = field.pack(torch.tensor(W))
    N = group.N
    assert packed.shape == (2, *lattice.extents, N, 2, N, 3)
    assert packed[1, ..., N - 1, 1, 0, 2].flatten()[-1] == W[1, 2, ..., 0, N - 1].imag.flatten()[-1]
    assert np.array_equal(field.unpack(packed).numpy(), W)


@pytest.mark.parametrize("group", GROUPS, ids=repr)
def test_the_algebra_agrees_with_numpy(group: UnitaryGroup):
    c, M = (
        doubles(5, group.dimension),
        torch.complex(doubles(5, group.N, group.N), doubles(5, group.N, group.N)),
    )
    np.testing.assert_allclose(field.algebra(c, group).numpy(), group.algebra(c.numpy()), atol=1e-15)
    np.testing.assert_allclose(
        field.antihermitian(M, group).numpy(), group.antihermitian(M.numpy()), atol=1e-15
    )
    U = field.exp(c, group).numpy()
    np.testing.assert_allclose(U, group.exp(group.algebra(c.numpy())), atol=1e-13)
    assert group.defect(U).max() < 1e-13


@pytest.mark.parametrize("group", GROUPS, ids=repr)
def test_projection_agrees_with_numpy_near_the_group_and_far_from_it(group: UnitaryGroup):
    rng = np.random.default_rng(3)
    M = rng.standard_normal((20, group.N, group.N, 2)) @ [1, 1j]
    M[:5] = group.haar(rng, (5,)) + 1e-9 * M[:5]
    M[5:8] *= [[[1e-3]], [[1e3]], [[1e6]]]
    P = field.project(torch.tensor(M), group).numpy()
    np.testing.assert_allclose(P, group.project(M), atol=1e-11)
    assert group.defect(P).max() < 1e-13


@pytest.mark.parametrize("dtype", [torch.complex64, torch.complex128])
def test_projection_converges_in_both_precisions(dtype):
    M = torch.complex(doubles(500, 3, 3), doubles(500, 3, 3, seed=1)).to(dtype)
    assert SU(3).defect(field.project(M, SU(3)).numpy()).max() < 20 * torch.finfo(dtype).eps


@pytest.mark.parametrize("M", [torch.zeros(2, 2), torch.ones(2, 2), torch.full((2, 2), torch.nan)])
def test_projection_refuses_singular_matrices(M):
    with pytest.raises(InputError, match="singular"):
        field.project(M.to(torch.complex128), SU(2))


@pytest.mark.parametrize("group", GROUPS[:3], ids=repr)
def test_exp_and_project_have_two_derivatives_at_the_identity_too(group: UnitaryGroup):
    c = torch.stack([torch.zeros(group.dimension), doubles(group.dimension)]).double().requires_grad_()
    assert torch.autograd.gradcheck(lambda c: field.exp(c, group), c)
    assert torch.autograd.gradgradcheck(lambda c: field.exp(c, group), c)
    M = torch.eye(group.N, dtype=torch.complex128).repeat(2, 1, 1)
    M[1] += 0.3 * torch.complex(doubles(group.N, group.N), doubles(group.N, group.N, seed=1))
    M.requires_grad_()
    assert torch.autograd.gradcheck(lambda M: field.project(M, group), M)
    assert torch.autograd.gradgradcheck(lambda M: field.project(M, group), M)


@pytest.mark.parametrize(
    ("links", "found"),
    [
        (torch.ones(2, 4, 6, 3, 3) + 0j, "4 directions on the lattice 6"),
        (torch.ones(2, 2, 4, 6, 3, 3), "float32"),
        (torch.ones(2, 2, 4, 6, 3, 2) + 0j, r"shape \(2, 2, 4, 6, 3, 2\)"),
        (torch.ones(4, 6, 3, 3) + 0j, "shape"),
    ],
)
def test_links_of_another_layout_are_refused(links, found):
    with pytest.raises(ShapeError, match=found):
        field.check_links(links)


def test_the_group_of_a_field_is_told_by_n_unless_it_is_given():
    one, three = (torch.zeros(2, N, N) for N in (1, 3))
    assert (field.gauge_group(one), field.gauge_group(three)) == (U1(), SU(3))
    assert field.gauge_group(three, U(3)) == U(3)
    with pytest.raises(InputError, match=r"U\(2\): found 3 x 3"):
        field.gauge_group(three, U(2))


def test_exponentials_take_any_strides():
    X = field.algebra(doubles(4, 5, 8), SU(3))
    strided = X.permute(1, 3, 0, 2).contiguous().permute(2, 0, 3, 1)
    assert not strided.is_contiguous()
    torch.testing.assert_close(field.exp_antihermitian(strided), field.exp_antihermitian(X))


def test_algebra_refuses_coordinates_of_another_group():
    with pytest.raises(ShapeError, match=r"give \(..., 8\)"):
        field.exp(torch.zeros(3), SU(3))


def test_numpy_links_are_refused_in_words():
    for model in (wilson_loop("1x2", "small"), cnn_traces([2], d=2)):
        with pytest.raises(ShapeError, match=r"type ndarray; convert it with torch\.from_numpy"):
            model(np.ones((1, 2, 3, 4, 2, 2), dtype=complex))
