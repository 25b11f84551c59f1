"""Character tables: closed formulas, published tables, orthogonality; wrong tables are rejected."""

from __future__ import annotations

import math
import pickle
from itertools import product
from typing import Any

import numpy as np
import pytest

from lgt.errors import CheckError, InputError, ShapeError
from lgt.group import (
    CharacterTable,
    Cyclic,
    Dihedral,
    DirectProduct,
    FiniteGroup,
    Hyperoctahedral,
    Polyhedral,
    TableGroup,
    character_table,
    characters,
    directions,
    frobenius_schur,
    icosahedral,
    natural,
    octahedral,
    planar,
    point_group,
    regular,
    semidirect,
    tetrahedral,
)

QUATERNION_FORMS = [(s, u) for s in (1, -1) for u in "1ijk"]


def quaternion_group() -> TableGroup:
    """The eight units of the quaternions, as matrices of SU(2)."""
    unit = {
        "1": np.eye(2),
        "i": np.diag([1j, -1j]),
        "j": np.array([[0, 1], [-1, 0]]),
        "k": np.array([[0, 1j], [1j, 0]]),
    }
    all_of = [s * unit[u] for s, u in QUATERNION_FORMS]
    table = [[next(k for k, c in enumerate(all_of) if np.allclose(a @ b, c)) for b in all_of] for a in all_of]
    return TableGroup(tuple(map(tuple, table)))


Q_8 = quaternion_group()
FROBENIUS = semidirect(Cyclic(7), Cyclic(3), lambda h, n: type(n)(7, n.turns * 2**h.turns))
GROUPS: list[FiniteGroup[Any]] = [
    *(Cyclic(n) for n in (1, 2, 5, 12)),
    *(Dihedral(n) for n in (1, 2, 5, 12)),
    *(Polyhedral(name) for name in ("T", "T_h", "T_d", "O", "O_h", "I", "I_h")),
    *(Hyperoctahedral(d) for d in (1, 2, 3, 4)),
    Hyperoctahedral(4).rotations,
    point_group("O_h x Z_2", 4),
    DirectProduct(Dihedral(3), Cyclic(4)),
    FROBENIUS,
    Q_8,
]


@pytest.mark.parametrize("group", GROUPS, ids=repr)
def test_both_orthogonality_relations(group: FiniteGroup[Any]) -> None:
    chi, sizes = character_table(group).values, group.class_sizes
    k = len(group.classes)
    assert chi.shape == (k, k)
    assert np.abs((chi * sizes) @ chi.conj().T / group.order - np.eye(k)).max() < 1e-12
    assert np.abs(chi.conj().T @ chi - np.diag(group.order / sizes)).max() < 1e-12 * group.order
    assert (chi[0] == 1).all()
    dimensions = character_table(group).dimensions
    assert list(dimensions) == sorted(dimensions)
    assert sum(n * n for n in dimensions) == group.order


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 8, 12, 30])
def test_cyclic_groups_against_the_closed_formula(n: int) -> None:
    group = Cyclic(n)
    table = character_table(group)
    frequencies = [k * s for k in range(n // 2 + 1) for s in (1, -1)]
    frequencies = list({k % n: k for k in reversed(frequencies)}.values())[::-1]
    assert len(frequencies) == n
    m = np.array([group.elements[c[0]].turns for c in group.classes])
    expected = np.exp(2j * np.pi * (np.outer(frequencies, m) % n) / n)
    assert np.abs(table.values - expected).max() < 1e-14


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 8, 9, 12, 30])
def test_dihedral_groups_against_the_closed_formulas(n: int) -> None:
    group = Dihedral(n)
    g = [group.elements[c[0]] for c in group.classes]
    turns, mirrored = np.array([x.turns for x in g]), np.array([x.mirrored for x in g])
    sign = (-1.0) ** turns
    rows = [np.ones(len(g)), np.where(mirrored, -1, 1)]  # A_1, A_2
    if n % 2 == 0:  # B_1, B_2
        rows += [sign, np.where(mirrored, -sign, sign)]
    for k in range(1, (n + 1) // 2):  # E_k
        rows.append(np.where(mirrored, 0, 2 * np.cos(2 * np.pi * (k * turns % n) / n)))
    found = character_table(group).values
    assert found.shape == (len(rows), len(rows))
    distances = np.abs(found[:, None] - np.array(rows)[None]).max(axis=2)
    assert (distances.min(axis=0) < 1e-14).all()
    assert (distances.min(axis=1) < 1e-14).all()
    if n > 2:  # D_1 and D_2 have no axis of highest order to name representations by
        assert (distances.argmin(axis=1) == np.arange(len(rows))).all()


# The published tables: P. W. Atkins, M. S. Child and C. S. G. Phillips, Tables for Group Theory (Oxford
# University Press, 2006), "The Cubic Groups" and "The Groups I, Ih"; the same numbers are in G. Katzer,
# Character Tables for Point Groups used in Chemistry (gernot-katzers-spice-pages.com/character_tables).
# The columns are found by the turn of a representative (its trace 1 + 2 cos) and the size of the class.
PHI = (1 + math.sqrt(5)) / 2
W = complex(-0.5, math.sqrt(3) / 2)
PUBLISHED_COLUMNS: dict[str, list[tuple[float, int]]] = {
    "T": [(3, 1), (0, 4), (0, 4), (-1, 3)],  # E, 4 C3, 4 C3^2, 3 C2
    "O": [(3, 1), (0, 8), (-1, 3), (1, 6), (-1, 6)],  # E, 8 C3, 3 C2, 6 C4, 6 C2'
    "I": [(3, 1), (PHI, 12), (1 - PHI, 12), (0, 20), (-1, 15)],  # E, 12 C5, 12 C5^2, 20 C3, 15 C2
}
PUBLISHED: dict[str, dict[str, list[complex]]] = {
    "T": {
        "A": [1, 1, 1, 1],
        "E": [1, W, W.conjugate(), 1],
        "E*": [1, W.conjugate(), W, 1],
        "T": [3, 0, 0, -1],
    },
    "O": {
        "A1": [1, 1, 1, 1, 1],
        "A2": [1, 1, 1, -1, -1],
        "E": [2, -1, 2, 0, 0],
        "T1": [3, 0, -1, 1, -1],
        "T2": [3, 0, -1, -1, 1],
    },
    "I": {
        "A": [1, 1, 1, 1, 1],
        "T1": [3, PHI, 1 - PHI, 0, -1],
        "T2": [3, 1 - PHI, PHI, 0, -1],
        "G": [4, -1, -1, 1, 0],
        "H": [5, 0, 0, -1, 1],
    },
}
# O_h, with E, 8 C3, 3 C2, 6 C4, 6 C2', then i, 8 S6, 3 sigma_h, 6 S4, 6 sigma_d
PUBLISHED_O_H: dict[str, list[complex]] = {
    "A1g": [1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
    "A2g": [1, 1, 1, -1, -1, 1, 1, 1, -1, -1],
    "Eg": [2, -1, 2, 0, 0, 2, -1, 2, 0, 0],
    "T1g": [3, 0, -1, 1, -1, 3, 0, -1, 1, -1],
    "T2g": [3, 0, -1, -1, 1, 3, 0, -1, -1, 1],
    "A1u": [1, 1, 1, 1, 1, -1, -1, -1, -1, -1],
    "A2u": [1, 1, 1, -1, -1, -1, -1, -1, 1, 1],
    "Eu": [2, -1, 2, 0, 0, -2, 1, -2, 0, 0],
    "T1u": [3, 0, -1, 1, -1, -3, 0, 1, -1, 1],
    "T2u": [3, 0, -1, -1, 1, -3, 0, 1, 1, -1],
}


def columns(group: FiniteGroup[Any], wanted: list[tuple[int, float, int]]) -> list[int]:
    """Find each published column by determinant, trace of the rotation part, and size."""
    kinds = []
    for members in group.classes:
        g = group.elements[members[0]]
        kinds.append((g.determinant, float(np.trace(g.matrix())) * g.determinant, len(members)))
    found: list[int] = []
    for kind in wanted:
        fits = [c for c, k in enumerate(kinds) if np.allclose(k, kind, rtol=0, atol=1e-12) and c not in found]
        assert fits, kind
        found.append(fits[0])
    assert sorted(found) == list(range(len(kinds)))
    return found


def assert_same_rows(found: np.ndarray, published: dict[str, list[complex]]) -> list[str]:
    """Match rows one to one; return the published names in the order of the rows found."""
    names = []
    for row in found:
        fits = [name for name, values in published.items() if np.abs(row - np.array(values)).max() < 1e-12]
        assert len(fits) == 1, row
        names += fits
    assert sorted(names) == sorted(published)
    return names


@pytest.mark.parametrize("group", [tetrahedral(), octahedral(), icosahedral(), Hyperoctahedral(3).rotations])
def test_rotation_groups_against_published_tables(group: FiniteGroup[Any]) -> None:
    name = {"B_3+": "O"}.get(repr(group), repr(group))
    order = columns(group, [(1, *column) for column in PUBLISHED_COLUMNS[name]])
    names = assert_same_rows(character_table(group).values[:, order], PUBLISHED[name])
    assert [n for n in names if n not in ("E", "E*")] == [n for n in PUBLISHED[name] if n not in ("E", "E*")]


@pytest.mark.parametrize("group", [Hyperoctahedral(3), Polyhedral("O_h")], ids=repr)
def test_b3_against_the_published_table_of_oh(group: FiniteGroup[Any]) -> None:
    order = columns(group, [(s, *column) for s in (1, -1) for column in PUBLISHED_COLUMNS["O"]])
    assert_same_rows(character_table(group).values[:, order], PUBLISHED_O_H)


def test_a_wrong_published_table_would_be_seen() -> None:
    wrong = {name: list(row) for name, row in PUBLISHED["O"].items()}
    wrong["T2"][3] = 1
    order = columns(octahedral(), [(1, *column) for column in PUBLISHED_COLUMNS["O"]])
    with pytest.raises(AssertionError):
        assert_same_rows(character_table(octahedral()).values[:, order], wrong)


def partitions(n: int, largest: int | None = None) -> list[tuple[int, ...]]:
    if n == 0:
        return [()]
    top = n if largest is None else min(n, largest)
    return [(first, *rest) for first in range(top, 0, -1) for rest in partitions(n - first, first)]


def hook_length_dimension(shape: tuple[int, ...]) -> int:
    columns_of = [sum(row > c for row in shape) for c in range(shape[0] if shape else 0)]
    hooks = [row - c + columns_of[c] - r - 1 for r, row in enumerate(shape) for c in range(row)]
    return math.factorial(sum(shape)) // math.prod(hooks)


@pytest.mark.parametrize(("d", "order", "classes"), [(2, 8, 5), (3, 48, 10), (4, 384, 20)])
def test_hyperoctahedral_groups_against_pairs_of_partitions(d: int, order: int, classes: int) -> None:
    group = Hyperoctahedral(d)
    table = character_table(group)
    expected = sorted(
        math.comb(d, k) * hook_length_dimension(a) * hook_length_dimension(b)
        for k in range(d + 1)
        for a, b in product(partitions(k), partitions(d - k))
    )
    assert (group.order, len(group.classes)) == (order, classes)
    assert list(table.dimensions) == expected
    assert table.indicators == (1,) * classes
    # all characters of Weyl groups are integers, and here they are so exactly
    assert (table.values == np.round(table.values.real)).all()


def test_dimensions() -> None:
    known = {"T": (1, 1, 1, 3), "O": (1, 1, 2, 3, 3), "I": (1, 3, 3, 4, 5)}
    for name, dimensions in known.items():
        assert character_table(Polyhedral(name)).dimensions == dimensions
    known_b = {2: "1111 2", 3: "1111 22 3333", 4: "1111 22 3333 4444 6666 88"}
    for d, digits in known_b.items():
        found = "".join(map(str, character_table(Hyperoctahedral(d)).dimensions))
        assert found == digits.replace(" ", "")
    assert character_table(FROBENIUS).dimensions == (1, 1, 1, 3, 3)


@pytest.mark.parametrize("group", GROUPS, ids=repr)
def test_one_dimensional_rows_are_the_homomorphisms(group: FiniteGroup[Any]) -> None:
    table = character_table(group)
    linear = table.values[: table.dimensions.count(1)]
    first = [members[0] for members in group.classes]
    known = np.array([np.array(chi.values)[first] for chi in characters(group)])
    assert len(known) == len(linear)
    assert (np.abs(known[:, None] - linear).max(axis=2).min(axis=0) < 1e-12).all()


def test_frobenius_schur_indicators() -> None:
    assert frobenius_schur(Cyclic(4)) == (1, 0, 0, 1)
    assert frobenius_schur(Dihedral(4)) == (1, 1, 1, 1, 1)
    assert frobenius_schur(Q_8) == (1, 1, 1, 1, -1)
    assert frobenius_schur(tetrahedral()) == (1, 0, 0, 1)
    # D_4 and Q_8 have the same table, up to the order of the classes; their squares tell them apart
    assert sorted(character_table(Dihedral(4)).dimensions) == sorted(character_table(Q_8).dimensions)
    for group in GROUPS:
        # the number of square roots of the identity, counted (Frobenius and Schur)
        table = character_table(group)
        roots = int((np.diagonal(group.product_table) == group.identity_index).sum())
        assert sum(n * s for n, s in zip(table.dimensions, table.indicators, strict=True)) == roots


def test_duals() -> None:
    for group in GROUPS:
        table = character_table(group)
        assert np.allclose(table.values[list(table.duals)], table.values.conj(), rtol=0, atol=1e-12)
        assert [i == j for i, j in enumerate(table.duals)] == [s != 0 for s in table.indicators]


def test_multiplicities() -> None:
    B_3, D_5 = Hyperoctahedral(3), Dihedral(5)
    for group in (B_3, D_5, Q_8, FROBENIUS):
        table = character_table(group)
        assert table.multiplicities(regular(group)) == table.dimensions
        assert table.multiplicities(2 * table.values[1] + table.values[-1]) == (
            0, 2, *[0] * (len(table.values) - 3), 1,
        )  # fmt: skip
    assert sum(character_table(B_3).multiplicities(directions(B_3))) == 3
    assert sum(character_table(B_3).multiplicities(natural(B_3))) == 1
    assert character_table(D_5).multiplicities(planar(D_5) * planar(D_5)) == (1, 1, 0, 1)


def test_multiplicities_of_what_is_no_character_are_refused() -> None:
    table = character_table(Dihedral(5))
    with pytest.raises(InputError, match="no sum of characters"):
        table.multiplicities(table.values[0] / 2)
    with pytest.raises(InputError, match="no sum of characters"):
        table.multiplicities(table.values[0] - table.values[1])
    with pytest.raises(InputError, match="no sum of characters"):
        table.multiplicities(table.values[0] * np.nan)
    with pytest.raises(ShapeError, match="each class"):
        table.multiplicities([1, 2])
    with pytest.raises(InputError, match="same group"):
        table.multiplicities(planar(Dihedral(4)))


def test_values() -> None:
    group = Hyperoctahedral(3)
    table = character_table(group)
    again = pickle.loads(pickle.dumps(table))
    assert again == table
    assert hash(again) == hash(table)
    assert not again.values.flags.writeable
    assert character_table(group) is table
    assert table != character_table(octahedral())
    assert table != 1
    assert repr(table) == "<character table of B_3>"
    assert str(character_table(Cyclic(4))).splitlines()[3].split() == ["1", "i", "-1", "-i"]
    with pytest.raises(ValueError, match="read-only"):
        table.values[0] = 0


def test_wrong_tables_are_rejected() -> None:
    group = Hyperoctahedral(2)
    good = character_table(group).values
    CharacterTable(group, good)
    CharacterTable(group, good[[0, 3, 2, 1, 4]])  # another order is right, too
    wrong = {
        "orthonormal": good * np.where(np.arange(25).reshape(5, 5) == 7, -1, 1),
        "first row": good[[1, 0, 2, 3, 4]],
        "dimensions": -good,
        "for the order": np.where(np.arange(5)[:, None] == 4, good[0], good),
        "not finite": good * np.nan,
    }
    for found, values in wrong.items():
        with pytest.raises(CheckError, match=found):
            CharacterTable(group, values)
    with pytest.raises(ShapeError, match="give"):
        CharacterTable(group, good[:4])


def test_orthogonality_alone_does_not_prove_a_table() -> None:
    group = Hyperoctahedral(3)
    values = character_table(group).values[:, [0, 2, 1, *range(3, 10)]]
    sizes = group.class_sizes
    assert np.allclose((values * sizes) @ values.conj().T, 48 * np.eye(10))
    with pytest.raises(CheckError, match="products of classes"):
        CharacterTable(group, values)


def test_the_table_of_another_group_is_rejected() -> None:
    with pytest.raises(CheckError):
        CharacterTable(Cyclic(4), character_table(point_group("Z_2^2", 2)).values)
    with pytest.raises(CheckError):
        CharacterTable(Polyhedral("T_d"), character_table(octahedral()).values)


def test_every_wrong_sign_of_a_larger_table_is_found() -> None:
    group = icosahedral()
    good = character_table(group).values
    tried = 0
    for i, j in zip(*np.nonzero(good), strict=True):
        bad = good.copy()
        bad[i, j] *= -1
        with pytest.raises(CheckError):
            CharacterTable(group, bad)
        tried += 1
    assert tried == 20


@pytest.mark.parametrize(
    "group", [Cyclic(101), Dihedral(64), DirectProduct(Dihedral(6), Cyclic(10))], ids=repr
)
def test_groups_with_many_classes(group: FiniteGroup[Any]) -> None:
    assert len(character_table(group).values) == len(group.classes) > 30


def test_a_table_that_is_no_group_has_no_characters() -> None:
    """A loop of order 5: unique quotients, each element its own inverse, not associative."""
    table = ((0, 1, 2, 3, 4), (1, 0, 3, 4, 2), (2, 4, 0, 1, 3), (3, 2, 4, 0, 1), (4, 3, 1, 2, 0))
    with pytest.raises(CheckError, match="the law"):
        character_table(TableGroup(table))
