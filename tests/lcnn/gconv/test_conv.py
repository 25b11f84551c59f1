"""Group convolutions: every element of every group, oracles by hand, mutants, gradients, the start."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from lcnn.gconv import BatchNorm, GroupConv, Pool, field_type
from lcnn.testing import assert_symmetric
from lgt.errors import CheckError, InputError, ShapeError
from lgt.group import (
    FiniteGroup,
    Hyperoctahedral,
    PermutationRepresentation,
    SignedPermutation,
    directions,
    orbits_of_pairs,
    point_group,
    regular,
    trivial,
)
from lgt.symmetry import CentredPointGroup, FieldType, PointGroup, Symmetry, Translation

Points = PermutationRepresentation[SignedPermutation]
Act = Callable[[Symmetry[Any], SignedPermutation, Tensor, FieldType], Tensor]

TURN, SWAP = SignedPermutation.parse("+1 -0"), SignedPermutation.parse("+1 +0")
PLANAR = {name: point_group(name, 2) for name in ("C_1", "C_2", "C_4", "D_1", "D_2", "D_4")}
PLANAR["D_1 of a diagonal"] = Hyperoctahedral(2).generate(SWAP)
SPATIAL = [("B_3", 3), ("SB_3", 3), ("Z_2^3", 3), ("C_4", 3), ("B_2 x Z_2", 3), ("B_2", 3)]
FOUR = [("Z_2^4", 4), ("C_4", 4), ("O_h x Z_2", 4)]
GROUPS = [
    *(pytest.param(group, id=name) for name, group in PLANAR.items()),
    *(pytest.param(point_group(name, d), id=f"{name} of {d} axes") for name, d in [*SPATIAL, *FOUR]),
]
BOXES = {1: (7,), 2: (5, 4), 3: (3, 5, 4), 4: (3, 2, 4, 3)}


def _kinds(K: FiniteGroup[SignedPermutation]) -> dict[str, tuple[Points, Points]]:
    """Lifting, group and isotropic convolutions, and some to vectors."""
    R, T, V = regular(K), trivial(K), directions(K)
    return {"lift": (T, R), "group": (R, R), "isotropic": (T, T), "to vectors": (R, V), "back": (V, T)}


def _worst(
    layer: GroupConv,
    symmetry: Symmetry[Any],
    act: Act,
    extents: tuple[int, ...],
    elements: Sequence[SignedPermutation] = (),
) -> float:
    """The largest relative error over the elements (all of the group), in double precision."""
    chosen = elements or layer.source.group.elements
    field = torch.randn(2, layer.n_in * layer.source.dimension, *extents, dtype=torch.float64)
    with torch.no_grad():
        out = layer(field)
        size = float(out.square().mean().sqrt())
        assert size > 1e-3
        errors = []
        for g in chosen:
            expected = act(symmetry, g, out, layer.output_type)
            errors.append(float((layer(act(symmetry, g, field, layer.input_type)) - expected).abs().max()))
    assert len(errors) == len(chosen) > 0
    return max(errors) / size


@pytest.mark.parametrize("K", GROUPS)
def test_every_element_of_every_group(K: FiniteGroup[SignedPermutation], act: Act) -> None:
    d, tried = K.identity.d, 0
    for name, (source, target) in _kinds(K).items():
        for mode, symmetry in (("circular", PointGroup(K)), ("zeros", CentredPointGroup(K))):
            if K.order > 48 and name == "group" and mode == "zeros":
                continue  # the same weights as for circular
            layer = GroupConv(source, target, 1, 2, 3, padding_mode=mode).double()  # type: ignore[arg-type]
            nn.init.normal_(layer.bias)  # type: ignore[arg-type]
            assert layer.symmetries[-1] == symmetry
            box = (3, 2, 2, 3) if K.order > 48 else BOXES[d]
            assert _worst(layer, symmetry, act, box) < 1e-12, (name, mode)
            tried += 1
    assert tried >= 9


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["circular", "zeros"])
def test_all_of_b_4_by_its_generators(mode: str, act: Act) -> None:
    K = Hyperoctahedral(4)
    layer = GroupConv(regular(K), regular(K), 1, 1, 3, padding_mode=mode).double()  # type: ignore[arg-type]
    assert layer.weight.shape == (1, 1, 384 * 81)
    turns = [SignedPermutation.rotation(4, mu, mu + 1) for mu in range(3)]
    generators = [*turns, SignedPermutation.reflection(4, 3)]
    assert K.generate(*generators).order == K.order
    assert _worst(layer, layer.symmetries[-1], act, (2, 3, 2, 3), generators) < 1e-12
    if mode == "circular":  # every element, where the window is one site
        one = GroupConv(regular(K), regular(K), 1, 1, 1).double()
        assert _worst(one, one.symmetries[-1], act, (2, 1, 2, 1)) < 1e-12


STRIDED: list[tuple[str, int, dict[str, Any], tuple[int, ...], tuple[int, ...]]] = [
    ("D_4", 2, {"kernel_size": 3, "stride": 2}, (6, 4), (3, 2)),
    ("D_4", 2, {"kernel_size": 5, "stride": 3}, (6, 9), (2, 3)),
    ("C_4", 2, {"kernel_size": 3, "stride": 2, "padding_mode": "zeros"}, (5, 7), (3, 4)),
    ("D_4", 2, {"kernel_size": 2, "stride": 2, "padding": 0, "padding_mode": "zeros"}, (6, 4), (3, 2)),
    ("D_4", 2, {"kernel_size": 4, "padding_mode": "zeros"}, (6, 4), (5, 3)),
    ("D_4", 2, {"kernel_size": 3, "padding": 2, "padding_mode": "zeros"}, (3, 4), (5, 6)),
    ("D_2", 2, {"kernel_size": (3, 1), "stride": (2, 1)}, (6, 5), (3, 5)),
    ("D_1", 2, {"kernel_size": (2, 3), "stride": (2, 1), "padding_mode": "zeros"}, (5, 4), (2, 4)),
    ("SB_3", 3, {"kernel_size": 3, "stride": 2}, (4, 2, 6), (2, 1, 3)),
    ("Z_2^4", 4, {"kernel_size": 3, "stride": 2, "padding_mode": "zeros"}, (3, 5, 3, 5), (2, 3, 2, 3)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "d", "options", "extents", "out"), STRIDED)
def test_strides_sizes_and_paddings(
    name: str, d: int, options: dict[str, Any], extents: tuple[int, ...], out: tuple[int, ...], act: Act
) -> None:
    K = PLANAR[name] if d == 2 else point_group(name, d)
    layer = GroupConv(regular(K), regular(K), 2, 1, **options).double()
    assert layer.output_extents(extents) == out
    symmetry = layer.symmetries[-1]
    assert isinstance(symmetry, CentredPointGroup) == ("padding_mode" in options)
    assert _worst(layer, symmetry, act, extents) < 1e-12


def test_one_of_the_two_centres_alone_is_that_of_a_strided_or_padded_layer(act: Act) -> None:
    """Control: the other symmetry is seen to be broken."""
    R = regular(PLANAR["D_4"])
    strided = GroupConv(R, R, 1, 1, 3, stride=2).double()
    assert _worst(strided, CentredPointGroup(R.group), act, (6, 4)) > 0.1
    padded = GroupConv(R, R, 1, 1, 3, padding_mode="zeros").double()
    assert _worst(padded, PointGroup(R.group), act, (5, 4)) > 0.1
    both = GroupConv(R, R, 1, 1, 3).double()
    assert _worst(both, CentredPointGroup(R.group), act, (5, 4)) < 1e-12


def _by_hand(layer: GroupConv, field: Tensor) -> Tensor:
    """The sum over s and o of the docstring, element by element, from the weights of the identity."""
    K, table = layer.source.group, layer.source.group.product_table
    n_out, n_in, P = layer.n_out, layer.n_in, K.order
    at_one = layer.weight.view(n_out, n_in, P, -1)  # [i, j, s, o]
    own = layer.expanded().reshape(n_out, P, n_in, P, -1)[:, K.index(K.identity)]
    assert torch.equal(own, at_one)
    sites = layer.window.positions // 2
    out = torch.zeros(len(field), n_out * P, *field.shape[2:], dtype=field.dtype)
    for r, s, o in product(range(P), range(P), range(len(sites))):
        shift = K.elements[r].apply(sites[o])  # r o: the weight of o is seen at r o
        moved = torch.roll(field, tuple(-shift), tuple(range(2, field.ndim)))
        part = torch.einsum("ij,bj...->bi...", at_one[:, :, s, o], moved[:, int(table[r, s]) :: P])
        out[:, r::P] += part
    return out


@pytest.mark.parametrize(("name", "d"), [("C_4", 2), ("B_2", 2), ("Z_2^3", 3), ("C_4", 3)])
def test_group_convolutions_are_the_sum_of_cohen_and_welling(name: str, d: int) -> None:
    K = point_group(name, d)
    layer = GroupConv(regular(K), regular(K), 2, 1, 3, bias=False).double()
    assert layer.weight.shape == (1, 2, K.order * 3**d)
    field = torch.randn(2, 2 * K.order, *BOXES[d], dtype=torch.float64)
    torch.testing.assert_close(layer(field), _by_hand(layer, field), rtol=0, atol=1e-12)


def test_lifting_by_quarter_turns_is_one_convolution_with_four_turned_weights() -> None:
    K = PLANAR["C_4"]
    layer = GroupConv(trivial(K), regular(K), 2, 3, 3, padding_mode="zeros").double()
    image = torch.randn(2, 2, 6, 5, dtype=torch.float64)
    out, full = layer(image), layer.expanded().reshape(3, 4, 2, 3, 3)
    one = full[:, K.index(K.identity)]
    assert not torch.equal(one, one.rot90(1, (2, 3)))
    power = K.identity
    for k in range(4):  # torch turns the first axis into the second, too
        expected = torch.nn.functional.conv2d(image, one.rot90(k, (2, 3)), padding=1)
        torch.testing.assert_close(out[:, K.index(power) :: 4], expected, rtol=0, atol=1e-13)
        power = TURN * power
    assert power == K.identity


def test_an_isotropic_convolution_has_a_weight_for_each_distance() -> None:
    K = PLANAR["D_4"]
    layer = GroupConv(trivial(K), trivial(K), 1, 1, 5)
    kernel, sites = layer.expanded()[0, 0].flatten(), layer.window.positions // 2
    distances = [int(site @ site) for site in sites]
    assert layer.weight.shape == (1, 1, len(set(distances)))
    for a, b in product(range(25), repeat=2):
        assert (kernel[a] == kernel[b]) == (distances[a] == distances[b])


# Networks, before and after steps of an optimiser.


class Network(nn.Module):
    """Lift, norm, ReLU, group convolution, tanh, pooling."""

    def __init__(self, K: FiniteGroup[SignedPermutation], mode: Any, pool: Any) -> None:
        super().__init__()
        self.lift = GroupConv(trivial(K), regular(K), 1, 2, 3, padding_mode=mode)
        self.norm = BatchNorm(regular(K), 2)
        self.conv = GroupConv(regular(K), regular(K), 2, 2, 3, padding_mode=mode)
        self.pool = Pool(regular(K), pool)
        self.symmetries = self.conv.symmetries

    def forward(self, field: Tensor) -> Tensor:
        out: Tensor = self.pool(torch.tanh(self.conv(torch.relu(self.norm(self.lift(field))))))
        return out


@pytest.mark.parametrize(("name", "d"), [("C_4", 2), ("B_2", 2), ("B_3", 3), ("SB_3", 3), ("Z_2^4", 4)])
@pytest.mark.parametrize("mode", ["circular", "zeros"])
@pytest.mark.parametrize("pool", ["mean", "det", "max"])
def test_networks_before_and_after_training(name: str, d: int, mode: str, pool: str) -> None:
    K = point_group(name, d)
    if pool == "det" and K.order == sum(g.determinant for g in K.elements):
        pool = "1"
    net = Network(K, mode, int(pool) if pool == "1" else pool)
    kinds: dict[str, Any] = {"input_types": [field_type(trivial(K))], "output_type": net.pool.output_type}
    kinds |= {"groups": ("U1",), "dims": (d,), "channels": 1, "examples": 3, "tolerance": 1e-12}
    kinds["smallest"] = 3  # on two sites a reflection moves none, and pseudoscalars are 0
    assert_symmetric(net, **kinds)
    before, width = net.conv.weight.detach().clone(), float(net.conv.weight.detach().std())
    optimiser = torch.optim.Adam(net.parameters(), lr=width / 100)
    for _ in range(3):
        optimiser.zero_grad()
        field = torch.randn(3, 1, *BOXES[d])
        out = net(field)
        (out.abs() - field).square().mean().backward()
        optimiser.step()
    assert (net.conv.weight - before).abs().max() > width / 100
    assert_symmetric(net, **kinds)


# Gradients, the start, and what is refused.


@pytest.mark.parametrize(("name", "d"), [("C_4", 2), ("B_2", 2), ("Z_2^3", 3), ("C_4", 4)])
@pytest.mark.parametrize("options", [{}, {"padding_mode": "zeros", "stride": 2}], ids=["circular", "strided"])
def test_gradients(name: str, d: int, options: dict[str, Any]) -> None:
    K = point_group(name, d)
    layer = GroupConv(regular(K), regular(K), 1, 1, 3, **options).double()
    field = torch.randn(1, K.order, *(3, 1, 3, 1)[:d], dtype=torch.float64, requires_grad=True)
    parameters = dict(layer.named_parameters())

    def function(field: Tensor, *values: Tensor) -> Tensor:
        given = dict(zip(parameters, values, strict=True))
        return torch.func.functional_call(layer, given, (field,))

    assert torch.autograd.gradcheck(function, (field, *parameters.values()), fast_mode=True)
    assert torch.autograd.gradgradcheck(function, (field, *parameters.values()), fast_mode=True)


def test_gradients_of_the_weights_are_sums_over_their_orbits() -> None:
    K = PLANAR["D_4"]
    layer = GroupConv(regular(K), regular(K), 2, 1, 3).double()
    full = layer.expanded()
    direction = torch.randn_like(full)
    (found,) = torch.autograd.grad(full, layer.weight, direction)
    expected = torch.zeros_like(layer.weight)
    split = direction.reshape(1, 8, 2, -1)
    for p, k in product(range(8), range(layer.labels.shape[1])):
        expected[:, :, layer.labels[p, k]] += split[:, p, :, k]
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize(("name", "d"), [("B_2", 2), ("C_4", 2), ("B_3", 3), ("Z_2^4", 4)])
def test_initial_weights_keep_the_size_of_independent_inputs(name: str, d: int) -> None:
    K = point_group(name, d)
    tried = 0
    for source, target in ((trivial(K), regular(K)), (regular(K), regular(K)), (directions(K), trivial(K))):
        sizes = []
        for seed in range(12):
            torch.manual_seed(seed)
            layer = GroupConv(source, target, 4, 8, 3, init_w=1.5)
            field = torch.randn(2, 4 * source.dimension, *[L + 1 for L in BOXES[d]])
            sizes.append(float(layer(field).detach().square().mean()))
        assert 0.8 < np.mean(sizes) / 1.5**2 < 1.25, (source, target)
        tried += 1
    assert tried == 3


def test_a_generator_gives_the_weights_again() -> None:
    R = regular(PLANAR["C_4"])
    first, second = (
        GroupConv(R, R, 1, 1, 3, generator=torch.Generator().manual_seed(3)).weight for _ in range(2)
    )
    assert torch.equal(first, second)
    assert not torch.equal(first, GroupConv(R, R, 1, 1, 3).weight)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "d", "mode"), [("D_4", 2, "circular"), ("Z_2^4", 4, "zeros")])
def test_compilers_see_the_whole_and_per_example_gradients_exist(name: str, d: int, mode: str) -> None:
    net, field = Network(point_group(name, d), mode, "mean"), torch.randn(3, 1, *BOXES[d])
    compiled = torch.compile(net, backend="aot_eager", fullgraph=True)
    torch.testing.assert_close(compiled(field), net(field))
    net.eval()
    parameters = {key: value.detach() for key, value in net.named_parameters()}

    def total(given: dict[str, Tensor], one: Tensor) -> Tensor:
        return torch.func.functional_call(net, given, (one[None],)).sum()

    each = torch.func.vmap(torch.func.grad(total), in_dims=(None, 0))(parameters, field)
    net(field).sum().backward()
    torch.testing.assert_close(each["conv.weight"].sum(0), net.conv.weight.grad, rtol=1e-4, atol=1e-4)


def test_only_weights_and_constants_are_saved_and_precision_follows() -> None:
    R = regular(PLANAR["D_4"])
    layer = GroupConv(R, R, 1, 2, 3)
    assert set(layer.state_dict()) == {"weight", "bias"}
    assert set(GroupConv(R, R, 1, 2, 3, bias=False).state_dict()) == {"weight"}
    assert layer.bias is not None
    assert layer.bias.shape == (2, 1)
    assert layer.bfloat16()(torch.ones(1, 8, 3, 3, dtype=torch.bfloat16)).dtype == torch.bfloat16
    assert repr(layer).startswith("GroupConv(1 regular(B_2) -> 2 regular(B_2), 3x3")


def test_constants_of_points_that_are_not_images_of_one() -> None:
    """Under reflections alone the directions are two orbits: two constants."""
    K = point_group("Z_2^2", 2)
    layer = GroupConv(trivial(K), directions(K), 1, 3, 1)
    assert layer.bias is not None
    assert layer.bias.shape == (3, 2)
    assert orbits_of_pairs(directions(K), trivial(K))[1] == 2
    assert layer(torch.ones(1, 1, 2, 3)).shape == (1, 12, 2, 3)


D4, C4 = regular(PLANAR["D_4"]), regular(PLANAR["C_4"])
REFUSED: list[tuple[Any, dict[str, Any], str]] = [
    ((D4, D4, 1, 1, 2), {}, r"2 sites along axis 0, none of them in the middle.*odd size"),
    ((D4, D4, 1, 1, (3, 5)), {}, r"window of size \(3, 5\) for B_2: found an element that .*one number"),
    ((D4, D4, 1, 1, 3), {"stride": (1, 2)}, r"window of stride \(1, 2\) for B_2"),
    ((D4, D4, 1, 1, 3), {"padding": (1, 2), "padding_mode": "zeros"}, r"window of padding \(1, 2\)"),
    ((D4, D4, 1, 1, 3), {"padding": 1}, "no edges to pad"),
    ((D4, D4, 1, 1, 3), {"padding_mode": "reflect"}, "use circular or zeros"),
    ((D4, D4, 1, 1, 0), {}, "size = 0"),
    ((D4, D4, 1, 1, (3,)), {}, "found 1 numbers; give one, or 2"),
    ((D4, D4, 1, 1, 3), {"stride": 0}, "stride = 0"),
    ((D4, D4, 0, 1, 3), {}, "n_in, n_out"),
    ((D4, C4, 1, 1, 3), {}, "use one group"),
    ((D4, PLANAR["D_4"], 1, 1, 3), {}, r"give regular\(K\)"),
    ((D4, D4, 1, 1, 3), {"init_w": float("nan")}, "no finite number"),
    ((trivial(point_group("Z_2^d", 5)),) * 2 + (1, 1, 1), {}, "5 axes"),
]


@pytest.mark.parametrize(("arguments", "options", "message"), REFUSED)
def test_what_breaks_the_symmetry_is_refused_at_construction(
    arguments: Any, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        GroupConv(*arguments, **options)


def test_axes_that_no_element_reverses_or_exchanges_are_free() -> None:
    time = point_group("B_1", 2)  # keeps axis 1 as it is
    layer = GroupConv(regular(time), regular(time), 1, 1, (3, 2), stride=(1, 2))
    assert layer.output_extents((5, 4)) == (5, 2)
    with pytest.raises(InputError, match="2 sites along axis 0"):
        GroupConv(regular(time), regular(time), 1, 1, (2, 3))
    edges = GroupConv(regular(time), regular(time), 1, 1, 3, stride=2, padding=0, padding_mode="zeros")
    assert edges.output_extents((5, 6)) == (2, 2)
    with pytest.raises(ShapeError, match="5 or 7 sites"):
        edges.output_extents((6, 6))


GRIDS: list[tuple[dict[str, Any], tuple[int, ...], str]] = [
    ({"stride": 2}, (6, 5), "2 that do not divide the 5 sites around axis 1.*use a multiple of 2 such as 6"),
    ({"stride": 2, "padding_mode": "zeros"}, (5, 4), "axis 1.*steps of 2 do not divide.*3 or 5 sites"),
    ({"padding": 0, "padding_mode": "zeros"}, (5, 2), "found 2 sites along axis 1; give at least 3"),
    ({"kernel_size": 7}, (2, 4), "found 2 sites along axis 0; give at least 3"),
]


@pytest.mark.parametrize(("options", "extents", "message"), GRIDS)
def test_grids_that_break_the_symmetry_are_refused(
    options: dict[str, Any], extents: tuple[int, ...], message: str
) -> None:
    layer = GroupConv(D4, D4, 1, 1, **{"kernel_size": 3, **options})
    with pytest.raises(ShapeError, match=message):
        layer(torch.ones(1, 8, *extents))
    with pytest.raises(ShapeError, match=message):
        layer.output_extents(extents)


@pytest.mark.parametrize(("options", "extents"), [(o, e) for o, e, _ in GRIDS[:2]])
def test_what_is_refused_would_break_the_symmetry(
    options: dict[str, Any], extents: tuple[int, ...], act: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control: without the look, such a grid does break it."""
    layer = GroupConv(D4, D4, 1, 1, 3, **options).double()
    monkeypatch.setattr(type(layer.window), "output_extents", lambda self, extents: tuple(extents))
    assert _worst(layer, layer.symmetries[-1], act, extents) > 0.01


@pytest.mark.parametrize(
    ("field", "error", "message"),
    [
        (torch.ones(1, 8, 4), ShapeError, "a field in 2 dimensions"),
        (torch.ones(1, 8, 4, 4, 4), ShapeError, "a field in 2 dimensions"),
        (torch.ones(1, 16, 4, 4), ShapeError, "1 channels of 8 points.*give 8"),
        (torch.ones(1, 8, 4, 4, dtype=torch.float64), InputError, "weights of float32.*float64"),
        (torch.ones(1, 8, 4, 4, dtype=torch.complex64), InputError, "complex64"),
    ],
)
def test_fields_that_do_not_fit_are_refused(field: Tensor, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        GroupConv(D4, D4, 1, 1, 3)(field)


def test_translations_are_declared_where_they_hold() -> None:
    whole = GroupConv(D4, D4, 1, 1, 3)
    assert whole.symmetries == (Translation(), PointGroup(PLANAR["D_4"]))
    assert GroupConv(D4, D4, 1, 1, 3, stride=2).symmetries == (PointGroup(PLANAR["D_4"]),)
    edges = GroupConv(D4, D4, 1, 1, 3, padding_mode="zeros")
    assert edges.symmetries == (CentredPointGroup(PLANAR["D_4"]),)
    kinds: dict[str, Any] = {"input_types": [whole.input_type], "output_type": whole.output_type}
    kinds |= {"groups": ("U1",), "dims": (2,), "examples": 4, "channels": 1}
    with pytest.raises(CheckError, match="> tolerance"):
        assert_symmetric(edges, Translation(), **kinds)
