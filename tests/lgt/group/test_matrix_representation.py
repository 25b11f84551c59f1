"""Representations by matrices: sums, products, duals, restrictions, maps between them; wrong ones refused."""

import pickle

import numpy as np
import pytest

from lgt.errors import InputError, ShapeError
from lgt.group import (
    SU,
    Cyclic,
    Defining,
    Dihedral,
    Hyperoctahedral,
    MatrixRepresentation,
    PlanarElement,
    TableGroup,
    as_matrices,
    directions,
    intertwiners,
    natural,
    orbits_of_pairs,
    planar,
    regular,
)

D_5 = Dihedral(5)
SKEW = np.array([[1.0, 2.0], [0.5, 3.0]])
"""A basis that is not orthogonal."""

SAMPLES = [
    natural(Hyperoctahedral(3)),
    planar(D_5, 2),
    planar(D_5).in_basis(SKEW),
    MatrixRepresentation(Cyclic(3), np.exp(2j * np.pi * np.arange(3) / 3)[:, None, None], "omega"),
    as_matrices(directions(Hyperoctahedral(2))),
]


@pytest.mark.parametrize("rho", SAMPLES, ids=repr)
def test_what_is_made_of_representations_is_one(rho: MatrixRepresentation[PlanarElement]) -> None:
    chi = rho.character
    rng = np.random.default_rng(0)
    made = {
        "sum": (rho + rho.dual, chi + rho.dual.character),
        "product": (rho * rho, chi**2),
        "dual": (rho.dual, chi.conj()),
        "real": (rho.as_real(), 2 * chi.real),
    }
    for name, (other, expected) in made.items():
        other.check_homomorphism(rng, samples=5)
        assert np.allclose(other.character, expected, rtol=0, atol=1e-12), name
        assert other.group == rho.group
    assert np.array_equal((rho + rho.dual).matrices[:, : rho.dimension, : rho.dimension], rho.matrices)
    g = rho.group.elements[-1]
    assert np.allclose((rho * rho).matrix(g), np.kron(rho.matrix(g), rho.matrix(g)))
    assert np.allclose(rho.dual.matrix(g), np.linalg.inv(rho.matrix(g)).T)


def test_dual_pairs_with_the_original_invariantly() -> None:
    rho = planar(D_5).in_basis(SKEW)
    assert not rho.is_unitary
    for g in D_5.elements:
        assert np.allclose(rho.dual.matrix(g).T @ rho.matrix(g), np.eye(2))
    assert planar(D_5).dual == planar(D_5)  # orthogonal


def test_values() -> None:
    rho = planar(D_5, 2)
    again = pickle.loads(pickle.dumps(rho))
    assert again == rho
    assert hash(again) == hash(rho)
    assert repr(again) == repr(rho) == "planar_2(D_5)"
    assert not again.matrices.flags.writeable
    complex_one = MatrixRepresentation(D_5, rho.matrices.astype(complex))
    assert complex_one == rho
    assert hash(complex_one) == hash(rho)
    assert complex_one.is_real
    assert not SAMPLES[3].is_real
    assert planar(D_5, 1) != rho
    assert rho != planar(Dihedral(10), 2)
    assert rho != "rho"
    with pytest.raises(ValueError, match="read-only"):
        rho.matrices[0] = 0


def test_restriction() -> None:
    rho = planar(D_5)
    turns = rho.restricted(D_5.rotations)
    turns.check_homomorphism(np.random.default_rng(1))
    assert np.array_equal(turns.matrices, planar(Cyclic(5)).matrices)
    assert (rho.is_irreducible, turns.is_irreducible) == (True, False)
    with pytest.raises(InputError, match="another parent"):
        rho.restricted(Dihedral(3).rotations)


@pytest.mark.parametrize(
    ("source", "target", "count"),
    [
        (planar(D_5), planar(D_5), 1),
        (planar(D_5), planar(D_5, 2), 0),
        (planar(D_5), planar(D_5).in_basis(SKEW), 1),
        (planar(D_5).in_basis(SKEW) + planar(D_5), planar(D_5), 2),
        (planar(Cyclic(5)), planar(Cyclic(5)), 2),  # the complex numbers
        (SAMPLES[3], SAMPLES[3].dual, 0),
        (SAMPLES[3] + SAMPLES[3], SAMPLES[3], 2),
    ],
)
def test_intertwiners(
    source: MatrixRepresentation[PlanarElement], target: MatrixRepresentation[PlanarElement], count: int
) -> None:
    maps = intertwiners(source, target)
    assert maps.shape == (count, target.dimension, source.dimension)
    for T in maps:
        assert np.abs(T @ source.matrices - target.matrices @ T).max() < 1e-13
    flat = maps.reshape(count, source.dimension * target.dimension)
    assert np.allclose(flat.conj() @ flat.T, np.eye(count), rtol=0, atol=1e-13)


def test_intertwiners_of_permutations_are_counted_by_orbits() -> None:
    group = Hyperoctahedral(2)
    for kind in (directions, regular):
        count = orbits_of_pairs(kind(group), directions(group))[1]
        assert len(intertwiners(as_matrices(kind(group)), as_matrices(directions(group)))) == count


def test_what_is_no_representation_is_refused() -> None:
    good = planar(D_5).matrices
    wrong = {
        "transposed": good.swapaxes(1, 2),
        "one entry": good + 1e-6 * (np.arange(10) == 7)[:, None, None],
        "zero": np.zeros_like(good),
        "not the identity": -good,
        "permuted": good[np.roll(np.arange(10), 1)],
    }
    for name, matrices in wrong.items():
        with pytest.raises(InputError, match="give a homomorphism"):
            MatrixRepresentation(D_5, matrices, name)
    with pytest.raises(InputError, match="no finite numbers"):
        MatrixRepresentation(D_5, good * np.nan)
    with pytest.raises(InputError, match="no finite numbers"):
        MatrixRepresentation(D_5, np.full((10, 1, 1), "one"))
    for shape in ((10, 2), (9, 2, 2), (10, 2, 3), (10, 0, 0)):
        with pytest.raises(ShapeError, match="give"):
            MatrixRepresentation(D_5, np.ones(shape))


def test_a_single_wrong_matrix_of_a_large_group_is_found() -> None:
    group = Hyperoctahedral(3)
    good = natural(group).matrices
    for i in range(group.order):
        bad = good.copy()
        bad[i] = good[(i + 1) % group.order]
        with pytest.raises(InputError, match="give a homomorphism"):
            MatrixRepresentation(group, bad)


def test_wrong_use_is_refused() -> None:
    rho = planar(D_5)
    with pytest.raises(InputError, match="different groups"):
        _ = rho + planar(Dihedral(4))
    with pytest.raises(InputError, match="different groups"):
        _ = rho * planar(Cyclic(5))
    with pytest.raises(InputError, match="different groups"):
        intertwiners(rho, planar(Dihedral(4)))
    with pytest.raises(ShapeError, match="a basis"):
        rho.in_basis(np.eye(3))
    with pytest.raises(InputError, match="singular"):
        rho.in_basis(np.ones((2, 2)))
    with pytest.raises(InputError, match="use a finite group"):
        as_matrices(Defining(SU(3)))
    with pytest.raises(InputError, match="without matrix"):
        natural(TableGroup(((0,),)))
