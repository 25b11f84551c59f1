"""Permutation representations and the orbits of pairs, against brute force."""

import itertools
import pickle

import numpy as np
import pytest

from lgt.errors import InputError, ShapeError
from lgt.group import (
    Hyperoctahedral,
    PermutationRepresentation,
    SignedPermutation,
    direction_vectors,
    directions,
    moving,
    orbits_of_pairs,
    plane_vectors,
    planes,
    point_group,
    regular,
    trivial,
)

NAMES = [("B_d", 2), ("B_d", 3), ("SB_d", 3), ("Z_2^d", 3), ("C_4", 3), ("1", 2), ("O_h", 4)]
KINDS = [regular, trivial, directions, planes]


@pytest.mark.parametrize(("name", "d"), NAMES)
def test_they_are_representations(name: str, d: int) -> None:
    group = point_group(name, d)
    for kind in KINDS:
        kind(group).check_homomorphism(np.random.default_rng(0))
        kind(group).times(directions(group)).check_homomorphism(np.random.default_rng(0), samples=3)


def test_points_move_as_vectors_do() -> None:
    group = Hyperoctahedral(3)
    for g in range(group.order):
        matrix = group.elements[g].matrix()
        moved = direction_vectors(3) @ matrix.T
        assert (direction_vectors(3)[directions(group).images[g]] == moved).all()
        assert (plane_vectors(3)[planes(group).images[g]] == plane_vectors(3) @ matrix.T).all()
    assert len(plane_vectors(4)) == 48
    assert len(plane_vectors(1)) == 0


def test_the_regular_representation() -> None:
    group = Hyperoctahedral(3)
    own = regular(group)
    own.check_homomorphism(np.random.default_rng(3), tolerance=0.0)
    traces = [np.trace(own.matrix(g)) for g in group.elements]
    assert traces == [group.order if g == group.identity else 0 for g in group.elements]
    g = SignedPermutation.rotation(3, 0, 1)
    e_h = np.eye(48)[group.index(SignedPermutation.reflection(3, 2))]
    image = group.index(g * SignedPermutation.reflection(3, 2))
    assert np.flatnonzero(own.matrix(g) @ e_h).tolist() == [image]


@pytest.mark.parametrize(("name", "d"), NAMES)
def test_orbits_are_those_of_brute_force(name: str, d: int) -> None:
    group = point_group(name, d)
    for rows, columns in itertools.product((trivial(group), directions(group), planes(group)), repeat=2):
        labels, count = orbits_of_pairs(rows, columns)
        found: dict[int, set[tuple[int, int]]] = {}
        for i, j in itertools.product(range(rows.dimension), range(columns.dimension)):
            found.setdefault(int(labels[i, j]), set()).add((i, j))
        assert sorted(found) == list(range(count))
        for pairs in found.values():
            i, j = next(iter(pairs))
            orbit = {(int(rows.images[g, i]), int(columns.images[g, j])) for g in range(group.order)}
            assert orbit == pairs


def test_a_free_action_leaves_one_parameter_a_column() -> None:
    group = Hyperoctahedral(2)
    labels, count = orbits_of_pairs(regular(group), planes(group))
    assert count == 8
    first = group.index(group.identity)
    assert labels[first].tolist() == list(range(8))


def test_values() -> None:
    group = Hyperoctahedral(2)
    again = pickle.loads(pickle.dumps(directions(group)))
    assert again == directions(group)
    assert hash(again) == hash(directions(group))
    assert repr(again) == "directions(B_2)"
    assert not again.images.flags.writeable
    assert again != regular(group)
    assert regular(group) != 1
    assert trivial(group) != trivial(Hyperoctahedral(1))


def test_bad_input_is_refused() -> None:
    group = Hyperoctahedral(2)
    with pytest.raises(InputError, match="not closed"):
        moving(group, [[1, 0]])
    with pytest.raises(ShapeError, match="give"):
        moving(group, [[1, 0, 0]])
    with pytest.raises(ShapeError, match="does not permute"):
        PermutationRepresentation(group, np.zeros((8, 2), dtype=np.int64))
    with pytest.raises(InputError, match="one group"):
        orbits_of_pairs(regular(group), regular(Hyperoctahedral(1)))
    with pytest.raises(InputError, match="one group"):
        regular(group).times(regular(Hyperoctahedral(1)))
