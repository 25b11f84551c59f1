"""Point groups by name: orders, closure, and what each keeps."""

import numpy as np
import pytest

from lgt.errors import InputError
from lgt.group import Hyperoctahedral, SignedPermutation, point_group

ORDERS = [
    ("B_d", 2, 8),
    ("B_3", 3, 48),
    ("B_d", 4, 384),
    ("SB_d", 3, 24),
    ("B_4+", 4, 192),
    ("O_h x Z_2", 4, 96),
    ("O_h", 4, 48),
    ("O", 4, 24),
    ("SB_3 x Z_2", 4, 48),
    ("B_2 x Z_2", 3, 16),
    ("Z_2^d", 4, 16),
    ("Z_2^2", 2, 4),
    ("C_4", 2, 4),
    ("C_4", 4, 4),
    ("1", 3, 1),
    ("C_1", 2, 1),
    ("C_2", 2, 2),
    ("C_2", 4, 2),
    ("D_1", 2, 2),
    ("D_2", 2, 4),
    ("D_4", 2, 8),
]


@pytest.mark.parametrize(("name", "d", "order"), ORDERS)
def test_orders_and_axioms(name: str, d: int, order: int) -> None:
    group = point_group(name, d)
    assert group.order == order
    assert group.identity.d == d
    group.check_axioms(np.random.default_rng(0))


@pytest.mark.parametrize(("name", "d", "order"), ORDERS)
def test_printed_names_are_read_again(name: str, d: int, order: int) -> None:
    group = point_group(name, d)
    assert point_group(repr(group), d) == group


def test_what_the_groups_keep() -> None:
    assert all(g.determinant == 1 for g in point_group("SB_d", 4).elements)
    assert all(g.permutation[3] == 3 for g in point_group("O_h x Z_2", 4).elements)
    assert {g.signs[3] for g in point_group("O_h x Z_2", 4).elements} == {1, -1}
    assert {g.signs[3] for g in point_group("O_h", 4).elements} == {1}
    spatial = [g for g in point_group("SB_3 x Z_2", 4).elements if g.signs[3] == -1]
    assert all(g.determinant == -1 for g in spatial)
    assert len(spatial) == 24
    assert SignedPermutation.rotation(3, 0, 1) in point_group("C_4", 3).elements
    assert point_group("B_d", 3) == Hyperoctahedral(3)
    assert point_group("D_4", 2) == Hyperoctahedral(2)
    assert point_group("D_2", 2) == point_group("Z_2^2", 2)
    assert SignedPermutation.reflection(2, 1) in point_group("D_1", 2).elements
    assert SignedPermutation((0, 1, 2), (-1, -1, 1)) in point_group("C_2", 3).elements


@pytest.mark.parametrize(
    ("name", "d"),
    [
        ("B_3", 2),
        ("D_5", 2),
        ("", 3),
        ("Z_2^3", 4),
        ("C_4", 1),
        ("C_2", 1),
        ("D_4", 3),
        ("D_1", 3),
        ("B_2 x Z_2", 4),
    ],
)
def test_unknown_names_are_refused(name: str, d: int) -> None:
    with pytest.raises(InputError, match="point group"):
        point_group(name, d)
