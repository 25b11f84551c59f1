"""FiniteGroup and Subgroup: tables against compose, classes, subgroups, cosets; broken groups rejected."""

from __future__ import annotations

import itertools
import pickle
from dataclasses import dataclass

import numpy as np
import pytest

from lgt.errors import CheckError, InputError
from lgt.group import FiniteGroup, Hyperoctahedral, SignedPermutation, Subgroup

GROUPS: list[FiniteGroup[SignedPermutation]] = [
    *(Hyperoctahedral(d) for d in (1, 2, 3, 4)),
    *(Hyperoctahedral(d).rotations for d in (1, 2, 3, 4)),
    Hyperoctahedral(3).generate(SignedPermutation.rotation(3, 0, 1), SignedPermutation.reflection(3, 0)),
]


@pytest.mark.parametrize("group", GROUPS, ids=repr)
def test_axioms(group: FiniteGroup[SignedPermutation]) -> None:
    group.check_axioms(np.random.default_rng(0))


@pytest.mark.parametrize("group", GROUPS, ids=repr)
def test_table_and_inverses_agree_with_the_elements(group: FiniteGroup[SignedPermutation]) -> None:
    rng = np.random.default_rng(1)
    pairs = rng.integers(group.order, size=(200, 2)).tolist()
    for i, j in pairs:
        g, h = group.elements[i], group.elements[j]
        assert group.elements[group.product_table[i, j]] == g * h == group.compose(g, h)
        assert group.elements[group.inverses[i]] == g.inverse() == group.inverse(g)
        assert group.index(g) == i
        assert group.distance(g, h) == (g != h)


@pytest.mark.parametrize("group", GROUPS, ids=repr)
def test_classes_are_the_orbits_of_conjugation(group: FiniteGroup[SignedPermutation]) -> None:
    members = np.concatenate(group.classes)
    assert sorted(members.tolist()) == list(range(group.order))
    assert all(group.order % len(c) == 0 for c in group.classes)
    assert [c[0] for c in group.classes] == sorted(c[0] for c in group.classes)
    rng = np.random.default_rng(2)
    for number, members in enumerate(group.classes):
        assert (group.class_of[members] == number).all()
        x = group.elements[members[0]]
        if group.order <= 48:
            orbit = {group.index(g * x * g.inverse()) for g in group.elements}
            assert orbit == set(members.tolist())
        g = group.sample(rng)
        assert group.index(g * x * g.inverse()) in members


def test_tables_are_read_only() -> None:
    group = Hyperoctahedral(2)
    for table in (group.product_table, group.inverses, group.class_of, group.classes[0], group.forms):
        with pytest.raises(ValueError, match="read-only"):
            table[0] = 0


def test_generate_is_the_smallest_closed_set() -> None:
    group = Hyperoctahedral(3)
    assert group.generate().elements == (group.identity,)
    rng = np.random.default_rng(3)
    orders = set()
    for _ in range(20):
        g, h = group.sample(rng), group.sample(rng)
        closed = {group.identity}
        while True:
            larger = closed | {a * b for a, b in itertools.product(closed, (g, h))}
            if larger == closed:
                break
            closed = larger
        found = group.generate(g, h)
        assert set(found.elements) == closed
        assert group.order % found.order == 0
        assert group.subgroup(closed) == found
        orders.add(found.order)
    assert len(orders) > 3


def test_a_set_that_is_not_closed_is_no_subgroup() -> None:
    group = Hyperoctahedral(2)
    quarter = SignedPermutation.rotation(2, 0, 1)
    for elements in ([group.identity, quarter], [], [quarter * quarter]):
        with pytest.raises(InputError, match="not closed"):
            group.subgroup(elements)


@pytest.mark.parametrize("side", ["left", "right"])
def test_cosets(side: str) -> None:
    group = Hyperoctahedral(3)
    H = group.generate(SignedPermutation.rotation(3, 0, 1))
    cosets = group.cosets(H, side)
    assert sorted(np.concatenate(cosets).tolist()) == list(range(group.order))
    assert len(cosets) == group.order // H.order == 12
    for coset in cosets:
        g = group.elements[coset[-1]]
        made = [g * h if side == "left" else h * g for h in H.elements]
        assert sorted(map(group.index, made)) == coset.tolist()


def test_left_and_right_cosets_differ_unless_normal() -> None:
    group = Hyperoctahedral(3)

    def as_sets(H: Subgroup[SignedPermutation], side: str) -> set[tuple[int, ...]]:
        return {tuple(c.tolist()) for c in group.cosets(H, side)}

    H = group.generate(SignedPermutation.rotation(3, 0, 1))
    assert as_sets(H, "left") != as_sets(H, "right")
    assert (H.is_normal, group.rotations.is_normal, group.centre.is_normal) == (False, True, True)
    assert as_sets(group.rotations, "left") == as_sets(group.rotations, "right")


def test_wrong_use_of_cosets_is_refused() -> None:
    B_2, B_3 = Hyperoctahedral(2), Hyperoctahedral(3)
    with pytest.raises(InputError, match="another parent"):
        B_3.cosets(B_2.rotations)
    with pytest.raises(InputError, match="no such side"):
        B_3.cosets(B_3.rotations, "both")


def test_elements_of_another_group_are_refused() -> None:
    reflection = SignedPermutation.reflection(3, 0)
    with pytest.raises(InputError, match="no such element"):
        Hyperoctahedral(3).rotations.index(reflection)
    with pytest.raises(InputError, match="no such element"):
        Hyperoctahedral(2).index(reflection)
    with pytest.raises(InputError, match="no such element"):
        Hyperoctahedral(3).rotations.compose(reflection, reflection)


def test_double_cosets() -> None:
    group = Hyperoctahedral(3)
    K = group.generate(SignedPermutation.rotation(3, 0, 1))
    H = group.generate(SignedPermutation.reflection(3, 2), SignedPermutation.rotation(3, 1, 2))
    parts = group.double_cosets(K, H)
    assert sorted(np.concatenate(parts).tolist()) == list(range(48))
    for part in parts:
        g = group.elements[part[-1]]
        made = {group.index(k * g * h) for k in K.elements for h in H.elements}
        assert sorted(made) == part.tolist()
    assert {len(part) for part in parts} != {len(parts[0])}  # of different sizes, unlike cosets
    trivial = group.generate()
    assert [c.tolist() for c in group.double_cosets(trivial, H)] == [c.tolist() for c in group.cosets(H)]
    right = [c.tolist() for c in group.cosets(H, "right")]
    assert [c.tolist() for c in group.double_cosets(H, trivial)] == right
    with pytest.raises(InputError, match="another parent"):
        group.double_cosets(K, Hyperoctahedral(2).rotations)


@pytest.mark.parametrize("group", GROUPS, ids=repr)
def test_pickles_are_small_equal_and_make_their_tables_again(group: FiniteGroup[SignedPermutation]) -> None:
    _ = group.product_table, group.elements
    text = pickle.dumps(group)
    again = pickle.loads(text)
    assert again == group
    assert hash(again) == hash(group)
    assert repr(again) == repr(group)
    assert len(text) < 2000
    assert (again.product_table == group.product_table).all()
    assert not again.product_table.flags.writeable
    assert np.array_equal(again.class_sizes, [len(c) for c in group.classes])


@pytest.mark.parametrize("d", [2, 3, 4])
def test_the_centre_of_the_hypercube_is_total_inversion(d: int) -> None:
    group = Hyperoctahedral(d)
    inversion = SignedPermutation(tuple(range(d)), (-1,) * d)
    assert set(group.centre.elements) == {group.identity, inversion}
    assert not group.is_abelian
    assert group.generate(SignedPermutation.rotation(d, 0, 1)).is_abelian


@pytest.mark.parametrize("group", GROUPS, ids=repr)
def test_element_orders(group: FiniteGroup[SignedPermutation]) -> None:
    for i in range(0, group.order, 7):
        power, n = group.elements[i], 1
        while power != group.identity:
            power, n = power * group.elements[i], n + 1
        assert group.element_orders[i] == n == group.generate(group.elements[i]).order


def test_samples_reach_every_element_equally() -> None:
    group = Hyperoctahedral(2)
    rng = np.random.default_rng(4)
    counts = np.bincount([group.index(group.sample(rng)) for _ in range(4000)], minlength=8)
    chi2 = ((counts - 500) ** 2 / 500).sum()
    assert abs(chi2 - 7) < 4 * np.sqrt(14)


def test_subgroups_of_subgroups() -> None:
    rotations = Hyperoctahedral(3).rotations
    quarter = rotations.generate(SignedPermutation.rotation(3, 0, 1))
    assert quarter.parent == rotations
    assert quarter.order == 4
    assert len(rotations.cosets(quarter)) == 6
    assert repr(quarter) == "<subgroup of B_3+, order 4>"


@dataclass(frozen=True)
class Modular(FiniteGroup[int]):
    """The integers modulo n, with ways to break them."""

    n: int
    broken: str = ""

    @property
    def forms(self) -> np.ndarray:
        last = 0 if self.broken == "twice" else self.n - 1
        return np.array([*range(self.n - 1), last])[:, None]

    def form(self, g: int) -> tuple[int, ...]:
        return ((g + 1) % self.n,) if self.broken == "form" else (g,)

    def element(self, form: tuple[int, ...]) -> int:
        return form[0]

    def compose_forms(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        if self.broken == "open":
            return a + b
        return a * b % self.n if self.broken == "product" else (a + b) % self.n

    def compose(self, g: int, h: int) -> int:
        return (g - h) % self.n if self.broken == "compose" else (g + h) % self.n

    def inverse(self, g: int) -> int:
        return g if self.broken == "inverse" else -g % self.n


def test_a_group_from_forms_passes() -> None:
    group = Modular(6)
    group.check_axioms(np.random.default_rng(5))
    assert group.is_abelian
    assert len(group.classes) == 6
    assert group.element_orders.tolist() == [1, 6, 3, 2, 3, 6]


@pytest.mark.parametrize("broken", ["twice", "form", "open", "product", "compose", "inverse"])
def test_a_broken_group_from_forms_is_rejected(broken: str) -> None:
    with pytest.raises(CheckError):
        Modular(6, broken).check_axioms(np.random.default_rng(5))
