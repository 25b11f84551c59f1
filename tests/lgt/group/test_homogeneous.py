"""G/H: cosets, sections, the cocycle, induced representations, Frobenius reciprocity; mutants are caught."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

from lgt.errors import CheckError, InputError, ShapeError
from lgt.group import (
    Cyclic,
    Dihedral,
    FiniteGroup,
    HomogeneousSpace,
    Hyperoctahedral,
    InducedRepresentation,
    MatrixRepresentation,
    Representation,
    SignedPermutation,
    Subgroup,
    TableGroup,
    as_matrices,
    character_table,
    directions,
    frobenius_map,
    frobenius_reciprocity,
    icosahedral,
    intertwiners,
    irreps,
    natural,
    planar,
    real_irreps,
    regular,
    tetrahedral,
    trivial,
)

CUBE = Hyperoctahedral(3).rotations
C_4 = CUBE.generate(SignedPermutation.rotation(3, 0, 1))
D_6 = Dihedral(6)


def shuffled(group: FiniteGroup[Any], seed: int) -> TableGroup:
    """The same group with its elements in another order, so that the identity is not the first."""
    order = np.random.default_rng(seed).permutation(group.order)
    back = np.argsort(order)
    return TableGroup(tuple(map(tuple, back[group.product_table[np.ix_(order, order)]].tolist())))


D_6_SHUFFLED = shuffled(D_6, 3)
CASES: list[tuple[FiniteGroup[Any], Subgroup[Any]]] = [
    (CUBE, C_4),
    (CUBE, CUBE.generate()),
    (CUBE, CUBE.generate(*CUBE.elements)),
    (D_6, D_6.rotations),
    (D_6, D_6.generate(D_6.elements[6], D_6.elements[3])),
    (D_6_SHUFFLED, D_6_SHUFFLED.generate(next(g for g in range(12) if D_6_SHUFFLED.element_orders[g] == 3))),
    (icosahedral(), icosahedral().subgroup(tetrahedral().elements)),
    (Cyclic(12), Cyclic(12).generate(Cyclic(12).elements[4])),
]


def random_section(group: FiniteGroup[Any], subgroup: Subgroup[Any], seed: int) -> tuple[int, ...]:
    rng = np.random.default_rng(seed)
    return tuple(int(rng.choice(coset)) for coset in group.cosets(subgroup))


SPACES = [HomogeneousSpace(*case) for case in CASES]
SPACES += [HomogeneousSpace(*case, random_section(*case, 7)) for case in CASES]


def homomorphism_error(rho: Representation[Any], group: FiniteGroup[Any]) -> float:
    D = np.stack([rho.matrix(g) for g in group.elements])
    return max(float(np.abs(D[row] - D[g] @ D).max()) for g, row in enumerate(group.product_table))


def subgroup_irreps(space: HomogeneousSpace[Any]) -> list[MatrixRepresentation[Any]]:
    return [*real_irreps(space.subgroup)[:3], irreps(space.subgroup)[-1]]


@pytest.mark.parametrize("space", SPACES, ids=repr)
def test_points_sections_and_the_cocycle_by_their_definitions(space: HomogeneousSpace[Any]) -> None:
    G, H = space.group, space.subgroup
    space.check()
    assert len(space) * H.order == G.order
    s = [G.elements[i] for i in space.section]
    assert [int(space.point_of[i]) for i in space.section] == list(range(len(space)))
    assert space.point_of[G.index(G.identity)] == space.origin
    rng = np.random.default_rng(0)
    for g in rng.integers(G.order, size=10).tolist():
        for x in range(len(space)):
            image = int(space.images[g, x])
            assert space.point_of[G.index(G.compose(G.elements[g], s[x]))] == image
            h = G.compose(G.inverse(s[image]), G.compose(G.elements[g], s[x]))
            assert H.elements[space.cocycle[g, x]] == h
    space.quotient.check_homomorphism(rng)


def test_the_section_left_out_begins_with_the_identity() -> None:
    for space in SPACES[: len(CASES)]:
        assert space.section[space.origin] == space.group.index(space.group.identity)
    assert len({space.section[space.origin] for space in SPACES}) > 2


def test_the_cocycle_law_for_all_pairs() -> None:
    space = HomogeneousSpace(CUBE, C_4, random_section(CUBE, C_4, 1))
    h, images = space.cocycle, space.images
    for g in range(24):
        for k in range(24):
            product = CUBE.product_table[g, k]
            assert (images[product] == images[g, images[k]]).all()
            assert (h[product] == C_4.product_table[h[g, images[k]], h[k]]).all()


def test_stabilisers() -> None:
    for space in SPACES:
        for x in range(len(space)):
            s = space.group.elements[space.section[x]]
            moved = [
                space.group.compose(space.group.compose(s, h), space.group.inverse(s))
                for h in space.subgroup.elements
            ]
            assert space.stabiliser(x) == space.group.subgroup(moved)


@pytest.mark.parametrize("space", SPACES, ids=repr)
def test_induced_representations(space: HomogeneousSpace[Any]) -> None:
    G, rng = space.group, np.random.default_rng(1)
    for rho in subgroup_irreps(space):
        induced = space.induced(rho)
        assert homomorphism_error(induced, G) < 1e-13
        every = as_matrices(induced)
        assert every.is_unitary
        assert np.abs(every.character - induced.character).max() < 1e-12
        F = rng.standard_normal((2, len(space), rho.dimension))
        f = induced.to_group(F)
        # the definitions: f(gh) = rho(h)^-1 f(g), and (g f)(g') = f(g^-1 g')
        for number, h in enumerate(space.subgroup.members):
            back = rho.matrices[space.subgroup.inverses[number]]
            assert np.abs(f[:, G.product_table[:, h]] - f @ back.T).max() < 1e-13
        for g in range(0, G.order, 3):
            moved = induced.act(G.elements[g], F)
            assert np.abs(induced.to_group(moved) - f[:, G.product_table[G.inverses[g]]]).max() < 1e-13
            flat = F.reshape(2, -1) @ induced.matrix(G.elements[g]).T
            assert np.abs(moved.reshape(2, -1) - flat).max() < 1e-13
        assert np.abs(induced.from_group(f) - F).max() == 0


@pytest.mark.parametrize("space", SPACES, ids=repr)
def test_frobenius_reciprocity(space: HomogeneousSpace[Any]) -> None:
    counts = 0
    for rho in subgroup_irreps(space):
        induced = space.induced(rho)
        pairs = [(sigma, frobenius_reciprocity(induced, sigma)) for sigma in irreps(space.group)]
        assert tuple(n for _, n in pairs) == character_table(space.group).multiplicities(induced)
        assert sum(n * sigma.dimension for sigma, n in pairs) == induced.dimension
        counts += sum(n for _, n in pairs)
    assert counts > 0


def test_known_inductions() -> None:
    # from the trivial subgroup the regular representation, from the whole group the same again
    everything = HomogeneousSpace(D_6, D_6.generate())
    one = as_matrices(trivial(everything.subgroup))
    assert np.array_equal(as_matrices(everything.induced(one)).matrices, as_matrices(regular(D_6)).matrices)
    whole = D_6.generate(*D_6.elements)
    nothing = HomogeneousSpace(D_6, whole)
    assert np.array_equal(
        as_matrices(nothing.induced(planar(D_6).restricted(whole))).matrices, planar(D_6).matrices
    )
    # the faces of the cube are its directions
    faces = HomogeneousSpace(CUBE, C_4)
    assert np.allclose(as_matrices(faces.quotient).character, as_matrices(directions(CUBE)).character)
    induced = faces.induced(trivial(C_4))
    assert np.array_equal(as_matrices(induced).matrices, as_matrices(faces.quotient).matrices)


def test_induction_in_stages() -> None:
    H = CUBE.generate(C_4.elements[-1], SignedPermutation((0, 1, 2), (1, -1, -1)))
    assert (H.order, set(C_4.elements) < set(H.elements)) == (8, True)
    K = H.subgroup(C_4.elements)
    for matrices in (rho.matrices for rho in irreps(C_4)):
        order = [C_4.index(g) for g in K.elements]
        below = HomogeneousSpace(H, K).induced(MatrixRepresentation(K, matrices[order]))
        stages = HomogeneousSpace(CUBE, H).induced(below)
        at_once = HomogeneousSpace(CUBE, C_4).induced(MatrixRepresentation(C_4, matrices))
        assert np.abs(stages.character - at_once.character).max() < 1e-12


def test_a_known_multiplicity_table() -> None:
    # the maps between fields on the faces of the cube, by frequency 0, 1, 2 of C_4
    faces = HomogeneousSpace(CUBE, C_4)
    induced = [as_matrices(faces.induced(rho)) for rho in real_irreps(C_4)]
    counts = [[len(intertwiners(a, b)) for a in induced] for b in induced]
    assert counts == [[3, 2, 1], [2, 8, 2], [1, 2, 3]]
    fields = faces.induced(regular(C_4)).character
    assert round((np.abs(fields) ** 2 * CUBE.class_sizes).sum().real / 24) == 24


def test_sections_change_induced_representations_by_a_basis_alone() -> None:
    first = HomogeneousSpace(CUBE, C_4)
    second = HomogeneousSpace(CUBE, C_4, random_section(CUBE, C_4, 2))
    assert first != second
    for rho in real_irreps(C_4):
        a, b = first.induced(rho), second.induced(rho)
        assert np.abs(a.character - b.character).max() < 1e-12
        F = np.random.default_rng(3).standard_normal((6, rho.dimension))
        g = CUBE.elements[5]
        there = b.from_group(a.to_group(F))
        assert np.abs(b.act(g, there) - b.from_group(a.to_group(a.act(g, F)))).max() < 1e-13
    assert np.abs(a.matrix(g) - b.matrix(g)).max() > 0.5


def test_values() -> None:
    space = HomogeneousSpace(CUBE, C_4)
    _ = space.cocycle
    again = pickle.loads(pickle.dumps(space))
    assert again == space
    assert hash(again) == hash(space)
    assert not again.cocycle.flags.writeable
    rho = real_irreps(C_4)[1]
    induced = space.induced(rho)
    copy = pickle.loads(pickle.dumps(induced))
    assert copy == induced
    assert hash(copy) == hash(induced)
    assert copy.group == CUBE
    assert repr(copy) == f"Ind real_irrep_1({C_4!r}) to B_3+"
    assert space.induced(real_irreps(C_4)[0]) != induced


def test_wrong_use_is_refused() -> None:
    with pytest.raises(InputError, match="another parent"):
        HomogeneousSpace(CUBE, D_6.rotations)  # type: ignore[type-var]
    for section in ((0,), (0, 0, 0, 0, 0, 0), (99,) * 6):
        with pytest.raises(InputError, match="one element number of each"):
            HomogeneousSpace(CUBE, C_4, section)
    space = HomogeneousSpace(CUBE, C_4)
    with pytest.raises(InputError, match="another subgroup"):
        space.induced(planar(Cyclic(4)))  # type: ignore[arg-type]
    induced = space.induced(real_irreps(C_4)[1])
    with pytest.raises(ShapeError, match="give"):
        induced.act(CUBE.identity, np.zeros((6, 1)))
    with pytest.raises(ShapeError, match="give"):
        induced.from_group(np.zeros((6, 2)))
    with pytest.raises(InputError, match="give a Mackey function"):
        induced.from_group(np.random.default_rng(4).standard_normal((24, 2)))
    with pytest.raises(InputError, match="another group"):
        frobenius_reciprocity(induced, natural(Hyperoctahedral(3)))


def broken_space(what: str) -> HomogeneousSpace[Any]:
    """A space of the cube with one thing wrong."""
    space = HomogeneousSpace(CUBE, C_4, random_section(CUBE, C_4, 5))
    good = space.cocycle
    wrong = {
        "none": good,
        "missing": np.full_like(good, C_4.index(C_4.identity)),
        "inverse": C_4.inverses[good],
        "not moved": np.take_along_axis(good, space.images, axis=1),
        "one entry": np.where(np.arange(good.size).reshape(good.shape) == 77, (good + 1) % 4, good),
        "outside": good - (good == 2) * 3,
    }
    if what == "points":
        space.__dict__["images"] = np.roll(space.images, 1, axis=0)
    elif what == "identity":
        space.__dict__["images"] = np.zeros_like(space.images)
    else:
        space.__dict__["cocycle"] = wrong[what]
    return space


@pytest.mark.parametrize(
    "what", ["missing", "inverse", "not moved", "one entry", "outside", "points", "identity"]
)
def test_mutants_of_the_cocycle_are_caught(what: str) -> None:
    broken_space("none").check()
    with pytest.raises(CheckError):
        broken_space(what).check()
    if what in ("missing", "inverse", "not moved", "points"):
        caught = 0
        for rho in real_irreps(C_4):
            induced = InducedRepresentation(broken_space(what), rho)
            for sigma in real_irreps(CUBE):
                try:
                    frobenius_reciprocity(induced, sigma)
                except CheckError:
                    caught += 1
        assert caught


def test_a_frobenius_map_of_what_is_no_map_is_none() -> None:
    space = HomogeneousSpace(CUBE, C_4)
    induced, sigma = space.induced(real_irreps(C_4)[1]), natural(CUBE)
    T = intertwiners(induced.inducing, sigma.restricted(C_4))
    assert len(T) == 2
    good, bad = frobenius_map(induced, sigma, T), frobenius_map(induced, sigma, np.roll(T, 1, axis=1))
    g = CUBE.elements[7]
    assert np.abs(good @ induced.matrix(g) - sigma.matrix(g) @ good).max() < 1e-13
    assert np.abs(bad @ induced.matrix(g) - sigma.matrix(g) @ bad).max() > 0.1


def test_maps_that_are_not_independent_are_no_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    induced, sigma = HomogeneousSpace(CUBE, C_4).induced(real_irreps(C_4)[1]), natural(CUBE)
    assert frobenius_reciprocity(induced, sigma) == 2
    monkeypatch.setattr(
        "lgt.group._homogeneous.frobenius_map", lambda *given: np.zeros_like(frobenius_map(*given))
    )
    with pytest.raises(CheckError, match="2 maps below, 0 independent ones above"):
        frobenius_reciprocity(induced, sigma)


def test_large_groups_need_no_large_matrices() -> None:
    group = Hyperoctahedral(4)
    K = group.generate(SignedPermutation.rotation(4, 0, 1))
    space = HomogeneousSpace(group, K)
    space.check()
    induced = space.induced(real_irreps(K)[1])
    assert induced.dimension == 192
    counts = np.array(character_table(group).multiplicities(induced.character))
    assert counts @ character_table(group).dimensions == 192
