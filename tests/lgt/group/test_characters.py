"""One-dimensional characters against the known numbers and the law that defines them."""

import numpy as np
import pytest

from lgt.errors import InputError
from lgt.group import (
    Character,
    DeterminantRepresentation,
    Hyperoctahedral,
    SignedPermutation,
    characters,
    point_group,
)

KNOWN = [
    ("B_d", 1, 2),
    ("B_d", 2, 4),
    ("B_d", 3, 4),
    ("SB_d", 3, 2),
    ("SB_d", 2, 4),
    ("C_4", 2, 4),
    ("Z_2^d", 3, 8),
    ("O_h x Z_2", 4, 8),
    ("B_d", 4, 4),
    ("1", 2, 1),
]


@pytest.mark.parametrize(("name", "d", "count"), KNOWN)
def test_they_are_all_the_homomorphisms(name: str, d: int, count: int) -> None:
    group = point_group(name, d)
    found = characters(group)
    assert len(set(found)) == len(found) == count
    values = np.array([chi.values for chi in found])
    assert np.abs(values @ values.conj().T / group.order - np.eye(count)).max() < 1e-14  # orthogonal
    for chi in found:
        chi.check_homomorphism(np.random.default_rng(0))
    assert found[0].values == (1,) * group.order
    assert [chi.is_real for chi in found] == sorted((chi.is_real for chi in found), reverse=True)


def test_the_determinant_is_one_of_them() -> None:
    group = Hyperoctahedral(3)
    det = tuple(int(DeterminantRepresentation(group).matrix(g)[0, 0]) for g in group.elements)
    assert det in {chi.values for chi in characters(group)}


def test_values_of_c_4_are_exact() -> None:
    values = {chi.values for chi in characters(point_group("C_4", 2))}
    assert sum(1j in row for row in values) == 2
    assert sum(not chi.is_real for chi in characters(point_group("C_4", 2))) == 2


def test_a_wrong_character_is_found_out() -> None:
    group = point_group("C_4", 2)
    with pytest.raises(InputError, match=r"^a character of C_4: found values with chi\(gh\) unlike"):
        Character(group, (1, -1, 1, 1))
    with pytest.raises(InputError, match=r"unlike chi"):
        Character(group, (0, 0, 0, 0))
    with pytest.raises(InputError, match=r"unlike chi"):
        Character(group, (float("nan"),) * 4)
    for values in ((1, 1), (), ("a",) * 4, ((1,),) * 4):
        with pytest.raises(InputError, match="give 4 numbers"):
            Character(group, values)  # type: ignore[arg-type]
    assert Character(group, (1.0,) * 4).is_real


def test_characters_of_random_subgroups_are_homomorphisms() -> None:
    """Cyclic groups of order 8 among them, whose quarter turns are not their own inverses."""
    rng, orders = np.random.default_rng(3), set()
    eight = SignedPermutation((1, 2, 3, 0), (-1, 1, 1, 1))
    groups = [Hyperoctahedral(4).generate(eight)]
    for d in (2, 3, 4):
        full = Hyperoctahedral(d)
        groups += [full.generate(*(full.sample(rng) for _ in range(n))) for n in (1, 1, 1, 2, 2)]
    for group in groups:
        for chi in characters(group):
            chi.check_homomorphism(rng, samples=40)
        orders.add(int(group.element_orders.max()))
    assert 8 in orders
    assert len(orders) > 2
