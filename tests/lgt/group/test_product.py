"""Direct and semidirect products, against groups known otherwise; wrong actions are refused."""

import numpy as np
import pytest

from lgt.errors import InputError
from lgt.group import (
    Cyclic,
    Dihedral,
    DirectProduct,
    Hyperoctahedral,
    PlanarElement,
    SemidirectProduct,
    point_group,
    semidirect,
)


def invert(h: PlanarElement, n: PlanarElement) -> PlanarElement:
    return n.inverse() if h.turns else n


@pytest.mark.parametrize(
    ("n", "m", "abelian"), [(1, 1, True), (2, 3, True), (4, 6, True)], ids=["trivial", "C_6", "C_4 x C_6"]
)
def test_direct_products_of_cyclic_groups(n: int, m: int, abelian: bool) -> None:
    group = DirectProduct(Cyclic(n), Cyclic(m))
    group.check_axioms(np.random.default_rng(0))
    assert group.order == n * m
    assert group.is_abelian == abelian
    assert group.element_orders.max() == np.lcm(n, m)


def test_direct_products_compose_part_by_part() -> None:
    A, B = Dihedral(3), Hyperoctahedral(2)
    group = DirectProduct(A, B)
    group.check_axioms(np.random.default_rng(1))
    (a, b), (c, d) = group.elements[13], group.elements[37]
    assert group.compose((a, b), (c, d)) == (A.compose(a, c), b * d)
    assert group.inverse((a, b)) == (a.inverse(), b.inverse())
    assert len(group.classes) == len(A.classes) * len(B.classes)
    first, second = group.embedded
    assert {g[0] for g in first.elements} == set(A.elements)
    assert {g[1] for g in second.elements} == set(B.elements)
    assert (first.order, second.order) == (6, 8)
    assert repr(DirectProduct(group, A)) == "(D_3 x B_2) x D_3"


@pytest.mark.parametrize("n", [3, 4, 5])
def test_dihedral_groups_are_semidirect(n: int) -> None:
    group = semidirect(Cyclic(n), Cyclic(2), invert)
    group.check_axioms(np.random.default_rng(2))
    known = Dihedral(n)
    # (r^k, s^m) stands for r^k s^m: an isomorphism, element by element
    number = [known.index(PlanarElement(n, k.turns, bool(m.turns))) for k, m in group.elements]
    assert sorted(number) == list(range(2 * n))
    image = np.array(number)
    assert (image[group.product_table] == known.product_table[np.ix_(image, image)]).all()


def test_the_hyperoctahedral_group_is_semidirect() -> None:
    B_3 = Hyperoctahedral(3)
    signs = point_group("Z_2^3", 3)
    permutations = B_3.subgroup(g for g in B_3.elements if min(g.signs) == 1)
    group = semidirect(signs, permutations, lambda h, n: h * n * h.inverse())
    group.check_axioms(np.random.default_rng(3))
    image = np.array([B_3.index(n * h) for n, h in group.elements])
    assert sorted(image) == list(range(48))
    assert (image[group.product_table] == B_3.product_table[np.ix_(image, image)]).all()
    normal, acting = group.embedded
    assert {tuple(c) for c in group.cosets(normal, "left")} == {
        tuple(c) for c in group.cosets(normal, "right")
    }
    assert (normal.order, acting.order) == (8, 6)


def test_with_the_trivial_action_it_is_direct() -> None:
    direct = DirectProduct(Dihedral(3), Cyclic(2))
    product = semidirect(Dihedral(3), Cyclic(2), lambda h, n: n)
    assert (product.product_table == direct.product_table).all()


def test_wrong_actions_are_refused() -> None:
    C_4, C_2 = Cyclic(4), Cyclic(2)
    stay, back = (0, 1, 2, 3), (0, 3, 2, 1)
    SemidirectProduct(C_4, C_2, (stay, back))
    with pytest.raises(InputError, match="do not permute"):
        SemidirectProduct(C_4, C_2, (stay,))
    with pytest.raises(InputError, match="do not permute"):
        SemidirectProduct(C_4, C_2, (stay, (0, 0, 2, 2)))
    with pytest.raises(InputError, match="give automorphisms"):
        SemidirectProduct(C_4, C_2, (stay, (0, 2, 1, 3)))
    with pytest.raises(InputError, match="compose as the elements do"):
        SemidirectProduct(C_4, C_2, (back, back))
    with pytest.raises(InputError, match="compose as the elements do"):
        SemidirectProduct(C_4, Cyclic(3), (stay, back, back))
