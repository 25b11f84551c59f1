"""TableGroup, the negative controls of the finite axioms, and the regular representation."""

from __future__ import annotations

import numpy as np
import pytest

from lgt.errors import CheckError, InputError
from lgt.group import Hyperoctahedral, TableGroup

KLEIN = ((0, 1, 2, 3), (1, 0, 3, 2), (2, 3, 0, 1), (3, 2, 1, 0))

BROKEN = {
    # a Latin square with identity and two-sided inverses, but (1 1) 2 != 1 (1 2)
    "loop": ((0, 1, 2, 3, 4), (1, 0, 3, 4, 2), (2, 4, 0, 1, 3), (3, 2, 4, 0, 1), (4, 3, 1, 2, 0)),
    "no identity": ((1, 0, 2), (0, 2, 1), (2, 1, 0)),
    "left identity only": ((0, 1), (0, 1)),
    "outside": ((0, 1), (1, 2)),
    "negative": ((0, 1), (1, -1)),
    # the numbers modulo 3 under multiplication: associative, but 0 has no inverse
    "no inverse": ((0, 0, 0), (0, 1, 2), (0, 2, 1)),
    "one entry wrong": ((0, 1, 2, 3), (1, 0, 3, 2), (2, 3, 0, 1), (3, 2, 1, 1)),
    "two entries swapped": ((0, 1, 2, 3), (1, 0, 3, 2), (2, 3, 1, 0), (3, 2, 1, 0)),
}


def test_the_klein_group_passes() -> None:
    group = TableGroup(KLEIN)
    group.check_axioms(np.random.default_rng(0))
    assert group.inverses.tolist() == [0, 1, 2, 3]
    assert len(group.classes) == 4


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_table_is_rejected(name: str) -> None:
    with pytest.raises(CheckError):
        TableGroup(BROKEN[name]).check_axioms(np.random.default_rng(0))


def test_the_loop_fails_by_associativity_alone() -> None:
    loop = TableGroup(BROKEN["loop"])
    assert sorted(loop.inverses.tolist()) == list(range(5))
    with pytest.raises(CheckError, match=r"\(xg\)y = x\(gy\)"):
        loop.check_axioms(np.random.default_rng(0))


@pytest.mark.parametrize("name", ["outside", "negative"])
def test_a_product_outside_is_named_as_such(name: str) -> None:
    with pytest.raises(CheckError, match="a product outside"):
        _ = TableGroup(BROKEN[name]).product_table


def test_every_single_wrong_entry_of_a_larger_table_is_found() -> None:
    table = Hyperoctahedral(2).product_table
    rng = np.random.default_rng(1)
    for i, j in np.ndindex(8, 8):
        wrong = table.copy()
        wrong[i, j] = (wrong[i, j] + rng.integers(1, 8)) % 8
        with pytest.raises(CheckError):
            TableGroup(tuple(map(tuple, wrong.tolist()))).check_axioms(rng)


@pytest.mark.parametrize("table", [(), ((0, 1), (1,)), ((0, 1),)])
def test_a_table_that_is_no_square_is_refused(table: tuple[tuple[int, ...], ...]) -> None:
    with pytest.raises(InputError, match="product table"):
        TableGroup(table)


def test_the_table_of_a_group_is_the_same_group() -> None:
    group = Hyperoctahedral(3)
    table = TableGroup(tuple(map(tuple, group.product_table.tolist())))
    table.check_axioms(np.random.default_rng(2))
    assert np.array_equal(table.class_of, group.class_of)
    assert np.array_equal(table.element_orders, group.element_orders)
