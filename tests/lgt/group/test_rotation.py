"""SO(3) and O(3): values, axioms, the Haar measure and samples that are not from it."""

from __future__ import annotations

import dataclasses
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from oracle.rotations import quaternions

from lgt.errors import CheckError, InputError, ShapeError
from lgt.group import O3, SO3, SU, Hyperoctahedral, Rotation, RotoInversion, quaternion, wigner_D


def test_axioms() -> None:
    SO3().check_axioms(np.random.default_rng(0), samples=100)
    O3().check_axioms(np.random.default_rng(0), samples=100)


def test_a_wrong_product_is_refused() -> None:
    class Wrong(SO3):  # type: ignore[misc]
        def inverse(self, g: Rotation) -> Rotation:
            return g

    with pytest.raises(CheckError, match=r"g\^-1 g = e"):
        Wrong().check_axioms(np.random.default_rng(0))


@given(quaternions())
def test_values(q: Any) -> None:
    g = Rotation.from_quaternion(q)
    assert eval(repr(g)) == g  # the repr keeps every bit
    assert pickle.loads(pickle.dumps(g)) == g
    minus = Rotation.from_quaternion(-q)
    assert minus == g
    assert hash(minus) == hash(g)
    assert (g * g.inverse()).angle < 2e-15
    assert abs(np.linalg.norm(g.quaternion) - 1) < 1e-15
    assert np.abs(Rotation.from_axis_angle(g.axis, g.angle).matrix() - g.matrix()).max() < 5e-15
    assert SO3().distance(Rotation.from_euler(*g.euler), g) < 5e-15
    assert SO3().distance(Rotation.from_su2(g.su2()), g) < 5e-15
    assert Rotation.from_su2(-g.su2()) == Rotation.from_su2(g.su2())


def test_half_turns_have_one_sign() -> None:
    for components in [(0, -1, 2, 3), (-0.0, 0, -1, 2), (0, 0.0, -0.0, -5)]:
        g, h = Rotation(*components), Rotation(*(-c for c in components))
        assert g == h
        assert repr(g) == repr(h)
        assert next(c for c in g.quaternion if c) > 0
    assert "-0.0" not in repr(Rotation(-1, 0, 0, 0))
    assert len({Rotation(1, 0, 0, 0), Rotation(-3, 0, 0, 0), Rotation.identity()}) == 1


def test_values_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Rotation.identity().w = 2.0  # type: ignore[misc]
    assert SO3() == SO3()
    assert hash(O3()) == hash(O3())
    assert (repr(SO3()), repr(O3())) == ("SO(3)", "O(3)")
    assert pickle.loads(pickle.dumps(O3())) == O3()


def test_vectors() -> None:
    g, h = (SO3().sample(np.random.default_rng(seed)) for seed in (1, 2))
    r = np.random.default_rng(3).normal(size=(4, 5, 3))
    assert np.abs((g * h).apply(r) - g.apply(h.apply(r))).max() < 1e-14
    assert np.abs(g.apply([0, 0, 1]) - g.matrix()[:, 2]).max() == 0
    with pytest.raises(TypeError):
        g * r  # type: ignore[operator]
    with pytest.raises(TypeError):
        r * g  # type: ignore[operator]


def test_rotations_of_the_cube() -> None:
    """Signed permutations as rotations: the 24 and the 48, with the same product table."""
    group = Hyperoctahedral(3)
    elements = [RotoInversion.from_matrix(g.matrix()) for g in group.elements]
    assert sum(not g.inverted for g in elements) == 24
    table, checked = group.product_table, 0
    for i in range(0, 48, 5):
        for j in range(48):
            assert O3().distance(elements[i] * elements[j], elements[table[i, j]]) < 1e-15
            checked += 1
    assert checked == 480
    for g, image in zip(group.elements, elements, strict=True):
        assert np.abs(image.matrix() - g.matrix()).max() < 1e-15
        assert image.determinant == g.determinant
        assert np.abs(image.apply([1, 2, 3]) - g.apply(np.array([1, 2, 3]))).max() < 2e-15


def test_distances() -> None:
    turn = Rotation.from_axis_angle((1, 2, 2), 0.25)
    assert SO3().distance(Rotation.identity(), turn) == pytest.approx(0.25, abs=1e-15)
    near = Rotation.from_axis_angle((1, 0, 0), 1e-20)
    assert SO3().distance(near, Rotation.identity()) == pytest.approx(1e-20, rel=1e-15)
    one, mirrored = RotoInversion(turn), RotoInversion(turn, inverted=True)
    assert O3().distance(one, mirrored) == pytest.approx(np.pi)
    assert O3().distance(mirrored, mirrored) < 1e-15


def test_bad_input() -> None:
    for bad in ((0, 0, 0, 0), (np.nan, 1, 0, 0), (np.inf, 0, 0, 0)):
        with pytest.raises(InputError, match="zero or not finite"):
            Rotation(*bad)
    with pytest.raises(InputError, match="no numbers"):
        Rotation("a", 0, 0, 0)  # type: ignore[arg-type]
    with pytest.raises(ShapeError, match="an array of them"):
        Rotation.from_quaternion(np.ones((2, 4)))
    with pytest.raises(ShapeError):
        RotoInversion.from_matrix(np.eye(2))
    with pytest.raises(InputError, match="off orthogonality"):
        RotoInversion.from_matrix(-2 * np.eye(3))


# The Haar measure is the one under which all matrix elements of D^l, l > 0, have mean 0; the mean square
# of each is 1 / (2l + 1).


def pulls(q: Any, degrees: tuple[Any, ...] = (0.5, 1, 2, 3)) -> Any:
    """The means of the real and imaginary parts of D^l_mn, over their errors if q is Haar distributed."""
    means = [wigner_D(degree, q).mean(axis=0) * (2 * degree + 1) ** 0.5 for degree in degrees]
    flat = np.concatenate([m.ravel() for m in means]) * len(q) ** 0.5
    return np.concatenate([flat.real, flat.imag])


def uniform_angles(rng: np.random.Generator, n: int) -> Any:
    return quaternion.from_euler(*rng.uniform(0, [2 * np.pi, np.pi, 4 * np.pi], (n, 3)).T)


def uniform_about_an_axis(rng: np.random.Generator, n: int) -> Any:
    return quaternion.from_axis_angle(rng.normal(size=(n, 3)), rng.uniform(0, 4 * np.pi, n))


def cube(rng: np.random.Generator, n: int) -> Any:
    return quaternion.normalise(rng.uniform(-1, 1, (n, 4)))


@pytest.mark.statistical
def test_haar() -> None:
    q = SO3().haar(np.random.default_rng(11), (20000,))
    assert np.abs(pulls(q)).max() < 4
    left = quaternion.product(quaternion.from_euler(0.3, 0.4, 0.5), q)
    assert np.abs(pulls(left)).max() < 4
    squares = np.abs(wigner_D(1, q)) ** 2
    assert np.abs((squares.mean(axis=0) - 1 / 3) / (squares.std(axis=0) / len(q) ** 0.5)).max() < 4


@pytest.mark.statistical
@pytest.mark.parametrize("sampler", [uniform_angles, uniform_about_an_axis, cube])
def test_other_measures_are_seen(sampler: Callable[[np.random.Generator, int], Any]) -> None:
    q = sampler(np.random.default_rng(11), 20000)
    left = quaternion.product(quaternion.from_euler(0.3, 0.4, 0.5), q)
    seen = max(np.abs(pulls(p, (0.5, 1, 2, 3, 4))).max() for p in (q, left))
    assert seen > 4


@pytest.mark.statistical
def test_single_samples() -> None:
    """Values carry no sign of q; SU(2) goes to the Haar measure of SO(3), O(3) has both halves."""
    rng = np.random.default_rng(12)
    q = np.array([SO3().sample(rng).quaternion for _ in range(4000)])
    assert np.abs(pulls(q, (1, 2))).max() < 4
    from_su2 = quaternion.from_su2(SU(2).haar(rng, (20000,)))
    assert np.abs(pulls(from_su2)).max() < 4
    elements = [O3().sample(rng) for _ in range(4000)]
    assert np.abs(pulls(np.array([g.rotation for g in elements]), (1, 2))).max() < 4
    assert abs(sum(g.determinant for g in elements)) < 4 * 4000**0.5
