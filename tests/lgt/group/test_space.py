"""SpaceElement and the space group Z^d x| B_d."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from lgt.errors import CheckError, InputError, ShapeError
from lgt.group import AffineRepresentation, Group, SignedPermutation, SpaceElement, SpaceGroup


@pytest.mark.parametrize("d", [1, 2, 3, 4])
def test_group_and_representation(d: int) -> None:
    group = SpaceGroup(d)
    group.check_axioms(np.random.default_rng(d), samples=100, tolerance=0.0)
    AffineRepresentation(group).check_homomorphism(np.random.default_rng(d), tolerance=0.0)
    assert group.point_group.d == d


@pytest.mark.parametrize("d", [1, 2, 3, 4])
def test_actions_compose(d: int) -> None:
    group, rng = SpaceGroup(d), np.random.default_rng(10 + d)
    x = rng.integers(-20, 20, size=(3, 5, d))
    for _ in range(20):
        g, h = group.sample(rng), group.sample(rng)
        assert np.array_equal((g * h).apply(x), g.apply(h.apply(x)))
        assert np.array_equal(g.inverse().apply(g.apply(x)), x)
        assert np.array_equal(g.apply(x), x @ g.matrix()[:-1, :-1].T + g.matrix()[:-1, -1])
        assert SpaceElement.parse(repr(g)) == g
        semidirect = SpaceElement.of_translation(g.translation) * SpaceElement.of_point(g.point)
        assert semidirect == g


def test_the_point_acts_first() -> None:
    g = SpaceElement((10, 0), SignedPermutation.rotation(2, 0, 1))
    assert g.apply([1, 0]).tolist() == [10, 1]
    assert SpaceElement.identity(2).apply([4, 5]).tolist() == [4, 5]


def test_translations_are_normal() -> None:
    rng = np.random.default_rng(0)
    group = SpaceGroup(3)
    for _ in range(20):
        g, t = group.sample(rng), SpaceElement.of_translation((1, 2, 3))
        moved = g * t * g.inverse()
        assert moved == SpaceElement.of_translation(tuple(g.point.apply([1, 2, 3]).tolist()))


@dataclass(frozen=True)
class DirectProduct(Group[SpaceElement]):
    """A negative control: translations that the point group does not rotate, a group of its own."""

    inner: SpaceGroup

    @property
    def identity(self) -> SpaceElement:
        return self.inner.identity

    def compose(self, g: SpaceElement, h: SpaceElement) -> SpaceElement:
        shift = tuple(a + b for a, b in zip(g.translation, h.translation, strict=True))
        return SpaceElement(shift, g.point * h.point)

    def inverse(self, g: SpaceElement) -> SpaceElement:
        return SpaceElement(tuple(-t for t in g.translation), g.point.inverse())

    def sample(self, rng: np.random.Generator) -> SpaceElement:
        return self.inner.sample(rng)

    def distance(self, g: SpaceElement, h: SpaceElement) -> float:
        return self.inner.distance(g, h)


def test_the_direct_product_is_not_represented() -> None:
    group = DirectProduct(SpaceGroup(2))
    group.check_axioms(np.random.default_rng(1))
    representation = AffineRepresentation(group)
    with pytest.raises(CheckError, match=r"D\(gh\)"):
        representation.check_homomorphism(np.random.default_rng(1))


def test_samples_cover_the_point_group() -> None:
    rng = np.random.default_rng(2)
    points = {SpaceGroup(2).sample(rng).point for _ in range(200)}
    assert len(points) == 8


def test_bad_input_is_refused() -> None:
    point = SignedPermutation.identity(2)
    with pytest.raises(InputError, match="translation"):
        SpaceElement((1, 2, 3), point)
    with pytest.raises(ShapeError):
        SpaceElement.identity(2) * SpaceElement.identity(3)
    with pytest.raises(TypeError):
        SpaceElement.identity(2) * point  # type: ignore[operator]
    with pytest.raises(InputError):
        SpaceGroup(0)
    for text in ("+0 +1", "+0 +1 | 1", "+0 +1 | a b", "| 1 2", "+0 +1 | 1 2 3"):
        with pytest.raises(InputError):
            SpaceElement.parse(text)


def test_values() -> None:
    g = SpaceElement(tuple(np.array([1, -2])), SignedPermutation.identity(2))
    assert repr(g) == "SpaceElement(+0 +1 | 1 -2)"
    assert g == SpaceElement((1, -2), SignedPermutation.identity(2))
    assert len({g, SpaceElement((1, -2), SignedPermutation.identity(2))}) == 1
    assert repr(SpaceGroup(3)) == "Z^3 x| B_3"
    assert SpaceGroup(3) == SpaceGroup(3)
