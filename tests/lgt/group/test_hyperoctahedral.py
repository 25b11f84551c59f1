"""SignedPermutation and B_d: laws, published counts, speed."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from math import factorial, prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lgt.errors import InputError, ShapeError
from lgt.group import DeterminantRepresentation, Hyperoctahedral, SignedPermutation, VectorRepresentation


@st.composite
def signed_permutations(draw: st.DrawFn, d: int | None = None) -> SignedPermutation:
    d = draw(st.integers(1, 5)) if d is None else d
    signs = draw(st.lists(st.sampled_from((1, -1)), min_size=d, max_size=d))
    return SignedPermutation(tuple(draw(st.permutations(range(d)))), tuple(signs))


pairs = st.integers(1, 5).flatmap(lambda d: st.tuples(signed_permutations(d), signed_permutations(d)))


@given(pairs)
def test_products_are_products_of_matrices(pair: tuple[SignedPermutation, SignedPermutation]) -> None:
    g, h = pair
    assert np.array_equal((g * h).matrix(), g.matrix() @ h.matrix())
    assert (g * h).determinant == g.determinant * h.determinant == round(np.linalg.det((g * h).matrix()))


@given(signed_permutations())
def test_inverse_and_identity(g: SignedPermutation) -> None:
    e = SignedPermutation.identity(g.d)
    assert g * g.inverse() == g.inverse() * g == e
    assert e * g == g * e == g
    assert np.array_equal(g.inverse().matrix(), g.matrix().T)


@given(signed_permutations())
def test_parse_is_the_inverse_of_print(g: SignedPermutation) -> None:
    assert SignedPermutation.parse(repr(g)) == SignedPermutation.parse(str(g)) == g
    assert hash(SignedPermutation.parse(str(g))) == hash(g)


@given(signed_permutations(), st.integers(0, 2**32 - 1))
def test_apply_is_the_matrix(g: SignedPermutation, seed: int) -> None:
    x = np.random.default_rng(seed).integers(-9, 9, size=(2, 3, g.d))
    assert np.array_equal(g.apply(x), x @ g.matrix().T)
    assert np.allclose(g.apply(x + 0.25), (x + 0.25) @ g.matrix().T, atol=0)
    assert g.apply(x[0, 0].tolist()).shape == (g.d,)


def test_the_convention_of_images() -> None:
    g = SignedPermutation((2, 0, 1), (1, -1, 1))
    assert repr(g) == "SignedPermutation(+2 -0 +1)"
    basis = np.eye(3, dtype=int)
    for mu in range(3):
        assert np.array_equal(g.apply(basis[mu]), g.signs[mu] * basis[g.permutation[mu]])


def test_named_elements() -> None:
    turn = SignedPermutation.rotation(3, 0, 1)
    assert np.array_equal(turn.apply([1, 0, 0]), [0, 1, 0])
    assert np.array_equal(turn.apply([0, 1, 0]), [-1, 0, 0])
    assert turn.determinant == 1
    assert turn.inverse() == SignedPermutation.rotation(3, 1, 0)
    mirror = SignedPermutation.reflection(3, 2)
    assert np.array_equal(mirror.apply([1, 2, 3]), [1, 2, -3])
    assert mirror.determinant == -1


@pytest.mark.parametrize(
    ("permutation", "signs"),
    [((0, 0), (1, 1)), ((1, 2), (1, 1)), ((), ()), ((0, 1), (1,)), ((0, 1), (1, 0)), ((0, 1), (1, 2))],
)
def test_bad_signed_permutations_are_refused(permutation: tuple[int, ...], signs: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="signed permutation"):
        SignedPermutation(permutation, signs)


@pytest.mark.parametrize("text", ["", "1 0", "+0 +", "+0 -2", "+0 -0", "SignedPermutation()", "+a"])
def test_bad_text_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        SignedPermutation.parse(text)


def test_mixed_dimensions_are_refused() -> None:
    with pytest.raises(ShapeError):
        SignedPermutation.identity(2) * SignedPermutation.identity(3)
    with pytest.raises(ShapeError):
        SignedPermutation.identity(2).apply(np.zeros((2, 3)))
    with pytest.raises(ShapeError):
        SignedPermutation.identity(1).apply(3)
    with pytest.raises(InputError):
        SignedPermutation.rotation(3, 1, 1)
    with pytest.raises(TypeError):
        SignedPermutation.identity(2) * 3  # type: ignore[operator]


def test_numpy_integers_become_plain_ones() -> None:
    g = SignedPermutation(tuple(np.array([1, 0])), tuple(np.array([1, -1])))
    assert repr(g) == "SignedPermutation(+1 -0)"
    assert all(type(v) is int for v in g.permutation + g.signs)


# Orders 2^d d!, classes: pairs of partitions of d in all; rotations of the 4-cube: 13 (Mandula, Zweig,
# Govaerts, Nucl. Phys. B228 (1983) 91).
@pytest.mark.parametrize(
    ("d", "order", "classes", "rotation_classes"),
    [(1, 2, 2, 1), (2, 8, 5, 4), (3, 48, 10, 5), (4, 384, 20, 13)],
)
def test_published_counts(d: int, order: int, classes: int, rotation_classes: int) -> None:
    group = Hyperoctahedral(d)
    assert group.order == order == len(set(group.elements))
    assert len(group.classes) == classes
    assert group.rotations.order == order // 2
    assert all(g.determinant == 1 for g in group.rotations.elements)
    assert len(group.rotations.classes) == rotation_classes
    assert group.elements[0] == group.identity == SignedPermutation.identity(d)


def _signed_cycle_type(g: SignedPermutation) -> tuple[tuple[int, int], ...]:
    """The lengths and signs of the cycles, sorted: two elements are conjugate where these agree."""
    left, cycles = set(range(g.d)), []
    while left:
        mu, length, sign = left.pop(), 1, 1
        nu, sign = g.permutation[mu], g.signs[mu]
        while nu != mu:
            left.remove(nu)
            nu, sign, length = g.permutation[nu], sign * g.signs[nu], length + 1
        cycles.append((length, sign))
    return tuple(sorted(cycles))


@pytest.mark.parametrize("d", [1, 2, 3, 4])
def test_classes_are_the_signed_cycle_types(d: int) -> None:
    """Class sizes are 2^d d! / prod over (length, sign) of (2 length)^m m! (Carter, Compositio 25, 1972)."""
    group = Hyperoctahedral(d)
    types = [{_signed_cycle_type(group.elements[i]) for i in members} for members in group.classes]
    assert all(len(t) == 1 for t in types)
    assert len(set().union(*types)) == len(types)
    for members, (cycles,) in zip(group.classes, types, strict=True):
        centraliser = prod((2 * length) ** m * factorial(m) for (length, _), m in Counter(cycles).items())
        assert len(members) == group.order // centraliser


def test_class_sizes_of_the_cube() -> None:
    """O_h: E, 8C3, 6C2, 6C4, 3C2', i, 6S4, 8S6, 3sigma_h, 6sigma_d."""
    sizes = sorted(len(c) for c in Hyperoctahedral(3).classes)
    assert sizes == [1, 1, 3, 3, 6, 6, 6, 6, 8, 8]


@pytest.mark.parametrize("d", [1, 2, 3, 4])
def test_representations(d: int) -> None:
    for group in (Hyperoctahedral(d), Hyperoctahedral(d).rotations):
        rng = np.random.default_rng(d)
        VectorRepresentation(group).check_homomorphism(rng, tolerance=0.0)
        DeterminantRepresentation(group).check_homomorphism(rng, tolerance=0.0)
    vector = np.array([np.trace(VectorRepresentation(group).matrix(g)) for g in Hyperoctahedral(d).elements])
    assert (vector**2).mean() == 1  # irreducible
    if d > 1:
        assert vector.mean() == 0


def test_a_subset_generates_the_rotations() -> None:
    group = Hyperoctahedral(4)
    turns = [SignedPermutation.rotation(4, mu, nu) for mu, nu in itertools.combinations(range(4), 2)]
    assert group.generate(*turns) == group.rotations


@pytest.mark.parametrize("d", [0, -1, 2.0, "4"])
def test_bad_d_is_refused(d: object) -> None:
    with pytest.raises(InputError, match="the group B_"):
        Hyperoctahedral(d)  # type: ignore[arg-type]


def test_b_4_builds_in_a_second() -> None:
    start = time.process_time()
    group = Hyperoctahedral(4)
    assert group.product_table.shape == (384, 384)
    assert time.process_time() - start < 1.0


def test_groups_are_values() -> None:
    assert Hyperoctahedral(3) == Hyperoctahedral(3) != Hyperoctahedral(2)
    assert len({Hyperoctahedral(3), Hyperoctahedral(3)}) == 1
    assert Hyperoctahedral(3).rotations == Hyperoctahedral(3).rotations
