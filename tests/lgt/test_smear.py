from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from oracle import literal_flow

from lgt.action import Wilson
from lgt.clover import energy_plaquette
from lgt.errors import InputError, PhysicsError
from lgt.field import gauge_transform, space_transform
from lgt.gradient_flow import SymanzikFlow, gradient_flow
from lgt.group import SU, U1, SignedPermutation, SpaceElement, UnitaryGroup
from lgt.replicas import Replicas
from lgt.rng import Stream
from lgt.smear import (
    APE,
    SMEARINGS,
    Cooling,
    GradientFlow,
    Smearing,
    Stout,
    ape,
    cool,
    parse_smearing,
    stout,
)
from lgt.update import HeatBath

GROUPS = [U1(), SU(2), SU(3), SU(4)]
BOXES = [(4, 3), (4, 3, 2), (2, 3, 4, 3)]
VALUES: list[Smearing] = [
    Stout(0.07, 3),
    APE(0.4, 2),
    APE(0.4, 2, spatial=True),
    Cooling(2),
    GradientFlow(0.2),
    GradientFlow(0.2, SymanzikFlow()),
]


def hot(group: UnitaryGroup, box: tuple[int, ...], seed: int = 0) -> np.ndarray:
    return group.haar(np.random.default_rng(seed), (len(box), *box))


@pytest.mark.parametrize("group", GROUPS, ids=repr)
@pytest.mark.parametrize("box", BOXES)
def test_stout_links_against_the_formula_written_out(group: UnitaryGroup, box: tuple[int, ...]) -> None:
    links = hot(group, box)
    expected = literal_flow.stout(literal_flow.stout(links, 0.1), 0.1)
    assert np.abs(stout(links, 0.1, 2) - expected).max() <= 1e-13


@pytest.mark.parametrize("group", GROUPS, ids=repr)
@pytest.mark.parametrize("box", BOXES)
def test_ape_links_against_the_formula_written_out(group: UnitaryGroup, box: tuple[int, ...]) -> None:
    links, d = hot(group, box), len(box)
    assert np.abs(ape(links, 0.3) - literal_flow.ape(links, 0.3, tuple(range(d)))).max() <= 1e-12
    chosen = (d - 1, 0)
    smeared = ape(links, 0.3, directions=chosen)
    assert np.abs(smeared - literal_flow.ape(links, 0.3, chosen)).max() <= 1e-12
    others = [mu for mu in range(d) if mu not in chosen]
    assert np.array_equal(smeared[others], links[others])


@pytest.mark.parametrize("group", GROUPS, ids=repr)
def test_no_single_link_of_a_cooled_field_can_gain(group: UnitaryGroup) -> None:
    """After the visit of the last link, its share of the action is at its minimum: X = U A is hermitian
    and, for U(1) and SU(2), a positive number."""
    links = cool(hot(group, (4, 3, 2)), 3)
    X = links @ Wilson(1.0).staple(links)
    last = X[-1].reshape(-1, group.N, group.N)
    # The links of the last direction and colour are the last ones visited.
    still = np.abs(group.antihermitian(last)).max(axis=(-2, -1)) <= 1e-11
    assert still.sum() >= 3
    assert np.abs(group.antihermitian(X[0])).max() > 1e-3
    if group.N <= 2:
        tilt = np.abs(last - np.abs(last[:, :1, :1]) * np.eye(group.N)).max(axis=(-2, -1))
        assert (tilt <= 1e-11).sum() >= 3


@pytest.mark.parametrize("group", GROUPS, ids=repr)
def test_cooled_links_against_minima_link_by_link(group: UnitaryGroup) -> None:
    links = gradient_flow(hot(group, (4, 2, 4)), 0.05)
    assert np.abs(cool(links) - literal_flow.cooled(links)).max() <= 1e-11


@pytest.mark.parametrize("group", [U1(), SU(2)], ids=repr)
def test_cooling_is_the_heat_bath_at_infinite_beta(group: UnitaryGroup) -> None:
    links = gradient_flow(hot(group, (4, 4, 6)), 0.2, step=0.05)
    differences = []
    for beta in (1e8, 1e10):
        state = Replicas([links], [Stream(1, 0)])
        HeatBath().advance(state, Wilson(beta), 0)
        differences.append(np.abs(cool(links) - state.links(0)).max())
    # Thermal motion of the size beta^(-1/2).
    assert differences[0] < 1e-2
    assert 5 < differences[0] / differences[1] < 20


@pytest.mark.parametrize("group", GROUPS, ids=repr)
@pytest.mark.parametrize("value", VALUES, ids=str)
def test_smeared_links_are_smoother_and_in_the_group(group: UnitaryGroup, value: Smearing) -> None:
    links = hot(group, (4, 4, 3))
    smeared = value.apply(links)
    assert smeared.shape == links.shape
    assert group.defect(smeared).max() <= 1e-12
    assert energy_plaquette(smeared).sum() < 0.95 * energy_plaquette(links).sum()


@pytest.mark.parametrize("group", GROUPS, ids=repr)
def test_links_stay_in_the_group_however_long_they_are_cooled(group: UnitaryGroup) -> None:
    links = cool(hot(group, (4, 6, 4)), 1000)
    assert group.defect(links).max() <= 1e-13
    # At a minimum nothing moves any more.
    assert np.abs(cool(links, 10) - links).max() <= 1e-5


@pytest.mark.parametrize("group", GROUPS, ids=repr)
@pytest.mark.parametrize("value", VALUES, ids=str)
def test_smearing_commutes_with_gauge_transformations(group: UnitaryGroup, value: Smearing) -> None:
    box = (4, 2, 3)
    links = gradient_flow(hot(group, box), 0.05)  # cooling arrives slowly on the roughest fields
    omega = group.haar(np.random.default_rng(1), box)
    smeared = value.apply(links)
    turned = value.apply(gauge_transform(links, omega))
    assert np.abs(turned - gauge_transform(smeared, omega)).max() <= 1e-11
    assert np.abs(turned - smeared).max() > 0.1


@pytest.mark.parametrize("value", [v for v in VALUES if not isinstance(v, Cooling)], ids=str)
def test_smearing_moves_with_the_lattice(value: Smearing) -> None:
    links, spatial = hot(SU(3), (4, 2, 3)), isinstance(value, APE) and value.spatial
    for text in ("-1 +0 -2", "-1 +2 -0"):
        g = SignedPermutation.parse(text)
        moved = space_transform(value.apply(links, 3), g)
        difference = np.abs(value.apply(space_transform(links, g), 3) - moved).max()
        keeps_time = g.permutation[2] == 2
        assert (difference <= 1e-11) == (keeps_time or not spatial)


def test_cooling_moves_with_translations_that_keep_the_colours() -> None:
    links = hot(SU(2), (4, 4, 6))
    for steps, kept in (((1, 0, 1), True), ((0, 0, 1), False)):
        g = SpaceElement(steps, SignedPermutation.identity(3))
        difference = np.abs(cool(space_transform(links, g)) - space_transform(cool(links), g)).max()
        assert (difference <= 1e-13) == kept


@pytest.mark.parametrize("value", VALUES, ids=str)
def test_alone_and_in_a_batch_the_bits_are_the_same(value: Smearing) -> None:
    batch = np.stack([hot(SU(3), (4, 6, 4), seed) for seed in range(10)]).reshape(2, 5, 3, 4, 6, 4, 3, 3)
    smeared = value.apply(batch)
    assert smeared.shape == batch.shape
    for place in ((0, 0), (1, 4)):
        assert np.array_equal(value.apply(batch[place]), smeared[place])


@pytest.mark.parametrize(
    "smear", [cool, lambda u, **options: stout(u, 0.1, **options)], ids=["cool", "stout"]
)
def test_threads_change_no_bit(smear: Callable[..., np.ndarray]) -> None:
    links = hot(SU(2), (16, 16, 8, 16))
    assert np.array_equal(smear(links, threads=1), smear(links, threads=2))


def test_a_stout_step_is_a_step_of_euler() -> None:
    """The flow's first order: half the step leaves a quarter of the difference."""
    links = hot(SU(3), (4, 4, 4))
    errors = [np.abs(stout(links, e) - gradient_flow(links, e, step=e / 10)).max() for e in (4e-3, 2e-3)]
    assert errors[0] / errors[1] == pytest.approx(4, rel=0.1)


@pytest.mark.parametrize("value", VALUES, ids=str)
def test_the_text_is_read_back(value: Smearing) -> None:
    assert parse_smearing(str(value)) == value
    assert sum(family.parse(str(value)) is not None for family in SMEARINGS) == 1


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("stout:0.1x10", Stout(0.1, 10)),
        ("stout:.1x10", Stout(0.1, 10)),
        ("ape:0.5x20", APE(0.5, 20)),
        ("spatial_ape:1x3", APE(1.0, 3, spatial=True)),
        ("cool:30", Cooling(30)),
        ("flow:2", GradientFlow(2.0)),
        ("flow:1e-1", GradientFlow(0.1)),
        ("symanzik_flow:2.0", GradientFlow(2.0, SymanzikFlow())),
    ],
)
def test_texts(text: str, value: Smearing) -> None:
    assert parse_smearing(text) == value


@pytest.mark.parametrize(
    "text",
    ["", "stout", "stout:0.1", "stout:x", "cool:0.5", "flow:2x3", "flow:", "flow:-1", "flow:nan", "apes:1x1"],
)
def test_other_texts_are_refused_with_the_forms_there_are(text: str) -> None:
    with pytest.raises(InputError, match="stout:RHOxSTEPS"):
        parse_smearing(text)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda u: stout(u, 0.0), InputError, "no positive number"),
        (lambda u: stout(u, 0.1, 0), InputError, "no step"),
        (lambda u: ape(u, 1.5), InputError, "outside"),
        (lambda u: ape(u, 0.5, 0), InputError, "no step"),
        (lambda u: ape(u, 0.5, directions=(0, 2)), InputError, "2 directions"),
        (lambda u: ape(u, 0.5, directions=(0, 0)), InputError, "each of them once"),
        (lambda u: ape(u, 0.5, directions=(0,)), PhysicsError, "no plane"),
        (lambda u: cool(u, 0), InputError, "no step"),
        (lambda u: cool(u[:, :1], d=2), PhysicsError, "extent of 1"),
        (lambda u: parse_smearing("ape:2x1"), InputError, "outside"),
        (lambda u: parse_smearing("flow:0"), InputError, "no positive"),
        (lambda u: parse_smearing("cool:0"), InputError, "no step"),
    ],
)
def test_what_makes_no_sense_is_refused(
    call: Callable[[np.ndarray], object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        call(hot(SU(2), (4, 4)))
