"""Irreducible representations: unitary, orthogonal, complete, with the characters of the table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lgt.group import (
    Cyclic,
    Dihedral,
    DirectProduct,
    FiniteGroup,
    Hyperoctahedral,
    Polyhedral,
    TableGroup,
    character_table,
    icosahedral,
    intertwiners,
    irreps,
    natural,
    planar,
    point_group,
    real_irreps,
    semidirect,
    tetrahedral,
)
from lgt.group._irreps import _irreps

KLEIN = ((0, 1, 2, 3), (1, 0, 3, 2), (2, 3, 0, 1), (3, 2, 1, 0))
Q_8 = TableGroup(
    tuple(
        tuple(KLEIN[a % 4][b % 4] + 4 * ((a // 4 + b // 4 + minus[a % 4][b % 4]) % 2) for b in range(8))
        for minus in [((0, 0, 0, 0), (0, 1, 0, 1), (0, 1, 1, 0), (0, 0, 1, 1))]
        for a in range(8)
    )
)
"""1, i, j, k, -1, -i, -j, -k."""

GROUPS: list[FiniteGroup[Any]] = [
    Cyclic(1),
    Cyclic(7),
    Dihedral(7),
    Dihedral(12),
    tetrahedral(),
    icosahedral(),
    Polyhedral("O_h"),
    Hyperoctahedral(3),
    Hyperoctahedral(4),
    point_group("O_h x Z_2", 4),
    DirectProduct(Dihedral(3), Cyclic(4)),
    DirectProduct(Q_8, Dihedral(3)),
    semidirect(Cyclic(7), Cyclic(3), lambda h, n: type(n)(7, n.turns * 2**h.turns)),
    Q_8,
]


def homomorphism_error(group: FiniteGroup[Any], D: np.ndarray) -> float:
    """All products, not a sample."""
    return max(float(np.abs(D[row] - D[g] @ D).max()) for g, row in enumerate(group.product_table))


def test_the_quaternions_are_a_group() -> None:
    Q_8.check_axioms(np.random.default_rng(0))
    assert sorted(Q_8.element_orders.tolist()) == [1, 2, 4, 4, 4, 4, 4, 4]


@pytest.mark.parametrize("group", GROUPS, ids=repr)
def test_irreps_are_unitary_homomorphisms_with_the_right_characters(group: FiniteGroup[Any]) -> None:
    table = character_table(group)
    found = irreps(group)
    assert tuple(rho.dimension for rho in found) == table.dimensions
    for rho, chi, indicator in zip(found, table.values, table.indicators, strict=True):
        D = rho.matrices
        assert D.dtype == np.complex128
        assert homomorphism_error(group, D) < 1e-13
        assert np.abs(D @ D.conj().swapaxes(1, 2) - np.eye(rho.dimension)).max() < 1e-13
        assert np.abs(rho.character - chi).max() < 1e-13
        assert rho.is_irreducible
        assert rho.is_real == (indicator == 1)
    for i, dual in enumerate(table.duals):
        if dual != i:
            assert (found[dual].matrices == found[i].matrices.conj()).all()


@pytest.mark.parametrize("group", GROUPS, ids=repr)
def test_matrix_entries_are_orthogonal(group: FiniteGroup[Any]) -> None:
    # all entries of all irreps together are an orthonormal basis of the functions on the group
    rows = [np.sqrt(rho.dimension) * rho.matrices.reshape(group.order, -1).T for rho in irreps(group)]
    every = np.concatenate(rows)
    assert every.shape == (group.order, group.order)
    assert np.abs(every @ every.conj().T / group.order - np.eye(group.order)).max() < 1e-12


@pytest.mark.parametrize("group", GROUPS, ids=repr)
def test_real_irreps_are_orthogonal_and_complete(group: FiniteGroup[Any]) -> None:
    table = character_table(group)
    kinds = []
    total = 0
    for rho in real_irreps(group):
        D = rho.matrices
        assert D.dtype == np.float64
        assert homomorphism_error(group, D) < 1e-13
        assert np.abs(D @ D.swapaxes(1, 2) - np.eye(rho.dimension)).max() < 1e-13
        counts = np.array(table.multiplicities(rho))
        # what commutes with it: the real numbers, the complex numbers or the quaternions
        kind = len(intertwiners(rho, rho))
        assert kind == {1: 1, 0: 2, -1: 4}[table.indicators[int(counts.argmax())]]
        assert (counts**2).sum() == kind
        kinds.append(kind)
        total += rho.dimension**2 // kind
    assert total == group.order
    indicators = table.indicators
    assert [kinds.count(n) for n in (1, 2, 4)] == [
        indicators.count(1),
        indicators.count(0) // 2,
        indicators.count(-1),
    ]


def test_dimensions_of_real_irreps() -> None:
    def dimensions(group: FiniteGroup[Any]) -> list[int]:
        return [rho.dimension for rho in real_irreps(group)]

    assert dimensions(tetrahedral()) == [1, 2, 3]
    assert dimensions(Q_8) == [1, 1, 1, 1, 4]
    assert dimensions(Cyclic(5)) == [1, 2, 2]
    assert dimensions(Dihedral(5)) == [1, 1, 2, 2]


@pytest.mark.parametrize("n", [1, 2, 3, 4, 6, 9])
def test_real_irreps_of_cyclic_groups_come_by_frequency(n: int) -> None:
    found = real_irreps(Cyclic(n))
    assert len(found) == n // 2 + 1
    for k, rho in enumerate(found):
        expected = planar(Cyclic(n), k).matrices
        if 2 * k % n == 0:
            expected = expected[:, :1, :1]
        assert np.abs(rho.matrices - expected).max() < 1e-14


def test_so_they_do_for_quarter_turns_of_the_cube() -> None:
    # the rotations of the cube about one axis: trivial, by the angle, the sign
    K = point_group("C_4", 3)
    found = real_irreps(K)
    assert [rho.dimension for rho in found] == [1, 2, 1]
    quarter = K.index(next(g for g in K.elements if K.element_orders[K.index(g)] == 4))
    assert [round(float(np.trace(rho.matrices[quarter]))) for rho in found] == [1, 0, -1]


def test_they_are_the_same_each_time() -> None:
    group = Dihedral(5)
    first = irreps(group)
    assert irreps(Dihedral(5)) is first
    _irreps.cache_clear()
    assert irreps(group) == first
    assert irreps(group) is not first
    assert repr(first[3]) == "irrep_3(D_5)"
    assert repr(real_irreps(group)[1]) == "real_irrep_1(D_5)"


def test_equal_groups_keep_their_own_names() -> None:
    named = point_group("C_4", 3)
    unnamed = Hyperoctahedral(3).generate(*named.elements)
    assert unnamed == named
    for group in (unnamed, named, unnamed):
        assert repr(irreps(group)[1].group) == repr(character_table(group).group) == repr(group)


def test_known_representations_are_found_among_them() -> None:
    for group in (icosahedral(), Hyperoctahedral(4)):
        vector = natural(group)
        maps = [intertwiners(rho, vector) for rho in real_irreps(group)]
        counts = [len(T) for T in maps]
        assert sorted(counts)[-2:] == [0, 1]
        T = maps[counts.index(1)][0] * np.sqrt(vector.dimension)
        assert np.allclose(T @ T.T, np.eye(vector.dimension), rtol=0, atol=1e-12)  # a change of basis
