"""Symmetry values: the laws of an action, on every field type, between a box and its permuted box."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

from lgt.errors import CheckError, InputError, ShapeError
from lgt.field import shift, unit
from lgt.group import (
    SU,
    U1,
    Hyperoctahedral,
    SignedPermutation,
    SpaceElement,
    TableGroup,
    VectorRepresentation,
    parse_group,
    regular,
)
from lgt.lattice import Lattice
from lgt.loops import loop_trace
from lgt.path import Path
from lgt.symmetry import (
    ADJOINT,
    FIELD_TYPES,
    INVARIANT,
    LINKS,
    PSEUDOINVARIANT,
    PSEUDOSCALAR,
    SCALAR,
    VECTOR,
    CentredPointGroup,
    FieldType,
    Gauge,
    GaugeElement,
    PointGroup,
    Symmetry,
    Translation,
    parse_symmetry,
)
from lgt.testing import assert_equivariant

BOXES = (Lattice((2, 3)), Lattice((3, 4, 5)), Lattice((2, 3, 5, 4)))
SYMMETRIES: tuple[Symmetry[Any], ...] = (Gauge(), Translation(), PointGroup(), CentredPointGroup())
TYPES = (LINKS, ADJOINT, SCALAR, INVARIANT, PSEUDOSCALAR, PSEUDOINVARIANT, VECTOR)


def _distance(a: np.ndarray, b: np.ndarray) -> float:
    assert a.shape == b.shape
    return float(np.max(np.abs(a - b)))


def test_every_named_field_type_is_tested_here() -> None:
    assert set(FIELD_TYPES.values()) == set(TYPES)


@pytest.mark.parametrize("kind", TYPES, ids=str)
@pytest.mark.parametrize("symmetry", SYMMETRIES, ids=repr)
@pytest.mark.parametrize("box", BOXES, ids=str)
def test_laws_of_an_action(symmetry: Symmetry[Any], kind: FieldType, box: Lattice) -> None:
    rng = np.random.default_rng(1)
    exact = 1e-13 if isinstance(symmetry, Gauge) else 0.0  # moving sites and signs rounds nothing
    for group in (SU(3), U1()):
        field = kind.random(rng, group, box)
        h = symmetry.sample(rng, group, box)
        g = symmetry.sample(rng, group, symmetry.image(h, box))
        moved = symmetry.act(h, field, kind, box)
        twice = symmetry.act(g, moved, kind, symmetry.image(h, box))
        once = symmetry.act(symmetry.compose(g, h), field, kind, box)
        assert _distance(twice, once) <= exact
        back = symmetry.act(symmetry.inverse(h), moved, kind, symmetry.image(h, box))
        assert _distance(back, field) <= exact


def test_a_regular_representation_mixes_the_channels() -> None:
    group, box, rng = Hyperoctahedral(2), Lattice((3, 4)), np.random.default_rng(2)
    kind = ADJOINT.transforming(regular(group), "group features")
    field = kind.random(rng, SU(2), box)
    assert field.shape == (2, 2 * 8, 3, 4, 2, 2)
    symmetry, tried = PointGroup(group), 0
    for g, h in product(group.elements[:4], group.elements[3:6]):
        twice = symmetry.act(g, symmetry.act(h, field, kind, box), kind, symmetry.image(h, box))
        assert _distance(twice, symmetry.act(g * h, field, kind, box)) == 0.0
        moved = symmetry.act(g, field, ADJOINT, box)
        by_hand = np.empty_like(moved)
        for r, element in enumerate(group.elements):  # (gW)_c(g r, x) = W_c(r, g^-1 x)
            by_hand[:, group.index(g * element) :: 8] = moved[:, r::8]
        assert _distance(symmetry.act(g, field, kind, box), by_hand) == 0.0
        tried += 1
    assert tried == 12
    with pytest.raises(ShapeError, match="7 channels"):
        symmetry.act(g, field[:, :7], kind, box)


def test_the_wrong_order_of_a_product_is_seen() -> None:
    """Negative control: (hg)U differs from g(hU)."""
    box, symmetry = Lattice((3, 4)), PointGroup()
    g, h = SignedPermutation.parse("+1 -0"), SignedPermutation.parse("-0 +1")
    links = LINKS.random(np.random.default_rng(3), SU(3), box)
    twice = symmetry.act(g, symmetry.act(h, links, LINKS, box), LINKS, box)
    assert _distance(twice, symmetry.act(h * g, links, LINKS, box)) > 0.1


@pytest.mark.parametrize("box", BOXES, ids=str)
@pytest.mark.parametrize("symmetry", [Translation(), PointGroup()], ids=repr)
@pytest.mark.parametrize("kind", [LINKS, ADJOINT], ids=str)
def test_semidirect_law(symmetry: Symmetry[Any], kind: FieldType, box: Lattice) -> None:
    """g(U^Om) = (gU)^(g Om)."""
    rng = np.random.default_rng(4)
    links, om = kind.random(rng, SU(3), box), Gauge().sample(rng, SU(3), box)
    unmoved_differs = []
    for _ in range(6):
        g = symmetry.sample(rng, SU(3), box)
        left = symmetry.act(g, Gauge().act(om, links, kind, box), kind, box)
        moved, new = symmetry.act(g, links, kind, box), symmetry.image(g, box)
        right = Gauge().act(om.moved(g), moved, kind, new)
        assert _distance(left, right) <= 1e-14
        unmoved = GaugeElement(om.omega.reshape(om.moved(g).omega.shape))
        unmoved_differs.append(_distance(left, Gauge().act(unmoved, moved, kind, new)) > 0.1)
    assert sum(unmoved_differs) >= 3  # control; on two sites a reflection moves none


def test_rotations_carry_translations_along() -> None:
    """g T_a g^-1 = T_(g a), on links."""
    box, g = Lattice((3, 4)), SignedPermutation.parse("+1 -0")
    links = LINKS.random(np.random.default_rng(5), SU(2), box)
    shifted = Translation().act(SpaceElement.of_translation((1, 2)), links, LINKS, box)
    left = PointGroup().act(g, shifted, LINKS, box)
    image = SpaceElement.of_translation(tuple(g.apply((1, 2)).tolist()))
    right = Translation().act(image, PointGroup().act(g, links, LINKS, box), LINKS, Lattice((4, 3)))
    assert _distance(left, right) == 0.0


def _gradient(field: np.ndarray) -> np.ndarray:
    """The symmetric difference of every channel in every direction, channel by channel."""
    d = field.ndim - 2
    steps = [shift(field, unit(mu, d), 0) - shift(field, unit(mu, d, -1), 0) for mu in range(d)]
    return np.stack(steps, axis=2).reshape(field.shape[0], -1, *field.shape[2:])


def _curl(links: np.ndarray) -> np.ndarray:
    """Im tr of the four leaves of a clover in the plane (0, 1): odd under reflections in d = 2."""
    leaves = ("+0 +1 -0 -1", "+1 -0 -1 +0", "-0 -1 +0 +1", "-1 +0 +1 -0")
    return sum(loop_trace(links, Path.parse(leaf), d=2).imag for leaf in leaves)[:, None]


def test_vectors_and_pseudoscalars_are_what_physics_calls_so() -> None:
    for kind, result in ((VECTOR, True), (SCALAR, False)):
        held = _holds(_gradient, PointGroup(), ["scalar"], kind, dims=(2, 3, 4), groups=("U1",), smallest=3)
        assert held is result
    for kind, result in ((PSEUDOSCALAR, True), (SCALAR, False)):
        held = _holds(_curl, PointGroup(), ["links"], kind, dims=(2,), groups=("SU3", "U1"))
        assert held is result
    total = _holds(
        lambda u: _curl(u).sum((2, 3)), PointGroup(), ["links"], PSEUDOINVARIANT, dims=(2,), groups=("SU3",)
    )
    assert total
    rotations = PointGroup(Hyperoctahedral(2).rotations)
    assert _holds(_curl, rotations, ["links"], SCALAR, dims=(2,), groups=("SU3",))


def _holds(
    function: Any, symmetry: Symmetry[Any], inputs: list[str], output: FieldType, **options: Any
) -> bool:
    try:
        assert_equivariant(function, symmetry, input_types=inputs, output_type=output, examples=10, **options)
    except CheckError as error:
        return "> tolerance" not in str(error)  # found to differ, not found vacuous
    return True


def test_elements_drawn_are_not_the_identity() -> None:
    rng, drawn = np.random.default_rng(6), 0
    for box in BOXES:
        for _ in range(20):
            assert any(Translation().sample(rng, SU(2), box).translation)
            assert PointGroup().sample(rng, SU(2), box) != SignedPermutation.identity(box.d)
            drawn += 1
    assert drawn == 60
    one = Lattice((1, 1))
    assert Translation().sample(rng, SU(2), one) == SpaceElement.identity(2)
    assert PointGroup(Hyperoctahedral(2).generate()).sample(rng, SU(2), one) == SignedPermutation.identity(2)


def test_what_they_print_and_parse() -> None:
    printed = ["Gauge()", "Translation()", "PointGroup(B_d)", "CentredPointGroup(B_d)"]
    assert [repr(s) for s in SYMMETRIES] == printed
    assert [parse_symmetry(s.name) for s in SYMMETRIES] == list(SYMMETRIES)
    with pytest.raises(InputError, match="use gauge, translation, hypercubic"):
        parse_symmetry("parity")
    rng = np.random.default_rng(7)
    parsed = 0
    for symmetry in SYMMETRIES[1:]:
        element = symmetry.sample(rng, SU(3), Lattice((3, 4)))
        assert symmetry.parse(str(element)) == element
        assert symmetry.parse(repr(element)) == element
        parsed += 1
    assert parsed == 3
    with pytest.raises(InputError, match="seed"):
        Gauge().parse("1")
    assert repr(Gauge().sample(rng, SU(3), Lattice((4, 6)))) == "Omega(SU(3) on 4x6)"
    assert repr(Gauge().sample(rng, U1(), Lattice((4, 6)))) == "Omega(U(1) on 4x6)"


@pytest.mark.parametrize(
    ("kind", "shape"),
    [
        (LINKS, (2, 2, 4, 3, 3, 3)),
        (LINKS, (2, 3, 3, 4, 3, 3)),
        (LINKS, (2, 2, 3, 4, 3, 2)),
        (ADJOINT, (2, 5, 3, 4)),
        (SCALAR, (2, 3, 4)),
        (SCALAR, (2, 1, 3, 4, 1)),
        (VECTOR, (2, 3, 3, 4)),
        (INVARIANT, ()),
    ],
)
def test_arrays_of_another_layout_are_refused(kind: FieldType, shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError):
        Translation().act(SpaceElement.identity(2), np.zeros(shape), kind, Lattice((3, 4)))


@pytest.mark.parametrize("group", ["C_4", 4, TableGroup(((0,),)), regular(Hyperoctahedral(2))])
def test_a_point_group_that_is_none_is_refused(group: object) -> None:
    with pytest.raises(InputError, match=r"^PointGroup\(.*no group of signed permutations.*point_group"):
        PointGroup(group)  # type: ignore[arg-type]


def test_a_box_turns_about_its_centre_as_numpy_turns_an_image() -> None:
    box, turn = Lattice((3, 4)), SignedPermutation.rotation(2, 0, 1)
    image = SCALAR.random(np.random.default_rng(9), U1(), box)
    turned = CentredPointGroup().act(turn, image, SCALAR, box)
    assert _distance(turned, np.rot90(image, 1, axes=(2, 3))) == 0.0
    assert _distance(turned, PointGroup().act(turn, image, SCALAR, box)) > 0.1

    def flat_top(a: np.ndarray) -> np.ndarray:  # the edges alone, which every element keeps
        return np.asarray(np.pad(a[:, :, 1:-1, 1:-1], ((0, 0), (0, 0), (1, 1), (1, 1))))

    assert _holds(flat_top, CentredPointGroup(), ["scalar"], SCALAR, dims=(2,), smallest=3, groups=("U1",))
    assert not _holds(flat_top, PointGroup(), ["scalar"], SCALAR, dims=(2,), smallest=3, groups=("U1",))
    assert CentredPointGroup() != PointGroup()


def test_a_point_group_of_other_axes_is_refused() -> None:
    with pytest.raises(InputError, match="2 directions"):
        PointGroup(Hyperoctahedral(3)).elements(2)


@pytest.mark.parametrize("key", ["SU3", "U1"])
def test_random_links_are_on_the_group_and_matter_is_not(key: str) -> None:
    rng, group = np.random.default_rng(8), parse_group(key)
    links = LINKS.random(rng, group, Lattice((3, 4)), batch=3)
    assert links.shape == (3, 2, 3, 4, group.N, group.N)
    assert group.defect(links).max() < 1e-13
    assert group.defect(ADJOINT.random(rng, group, Lattice((3, 4)))).max() > 0.1
    with_vector = ADJOINT.transforming(VectorRepresentation(Hyperoctahedral(2)), "electric field")
    assert with_vector.random(rng, group, Lattice((3, 4)), channels=3).shape[:2] == (2, 6)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("+0 +1", "moves nothing"),
        ("+1 +0", "swaps axes 0 and 1"),
        ("-1 -0", "swaps axes 0 and 1 and reflects both"),
        ("+0 -1", "reflects axis 1"),
        ("-0 +1 -2", "reflects axes 0 and 2"),
        ("+1 -0", "turns axis 0 into axis 1"),
        ("-1 +0", "turns axis 1 into axis 0"),
        ("+1 +2 -0", "takes axes 0 to +1, 1 to +2, 2 to -0"),
        ("+0 +2 +1 -3", "swaps axes 1 and 2 and reflects axis 3"),
    ],
)
def test_elements_are_explained_in_words(text: str, words: str) -> None:
    assert PointGroup().in_words(SignedPermutation.parse(text)) == words


def test_translations_are_explained_and_gauge_elements_not() -> None:
    assert Translation().in_words(SpaceElement.of_translation((1, 2))) == "moves every site by (1, 2)"
    assert Gauge().in_words(Gauge().sample(np.random.default_rng(0), SU(2), Lattice((2, 3)))) == ""
