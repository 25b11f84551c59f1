"""Pooling over points, by every character, and over windows of sites."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from lcnn.gconv import Pool, SpatialPool, field_type
from lcnn.testing import assert_symmetric
from lgt.errors import CheckError, InputError, ShapeError
from lgt.group import (
    Hyperoctahedral,
    SignedPermutation,
    TableGroup,
    characters,
    directions,
    point_group,
    regular,
)
from lgt.symmetry import SCALAR, CentredPointGroup, FieldType, PointGroup, Symmetry

Act = Callable[[Symmetry[Any], SignedPermutation, Tensor, FieldType], Tensor]
GROUPS = [("C_4", 2), ("B_2", 2), ("Z_2^2", 2), ("1", 2), ("B_3", 3), ("SB_3", 3), ("C_4", 4), ("Z_2^4", 4)]


@pytest.mark.parametrize(("name", "d"), GROUPS)
def test_pooling_by_every_character(name: str, d: int) -> None:
    K = point_group(name, d)
    tried = 0
    for how in ("max", *range(len(characters(K)))):
        layer = Pool(regular(K), how)  # type: ignore[arg-type]
        kinds: dict[str, Any] = {"input_types": [layer.input_type], "output_type": layer.output_type}
        kinds |= {"groups": ("U1",), "dims": (d,), "examples": 3, "tolerance": 1e-12}
        assert_symmetric(layer, **kinds)
        tried += 1
    assert tried == 1 + len(characters(K))


def test_a_complex_character_makes_a_complex_field_and_a_real_one_a_real() -> None:
    K = point_group("C_4", 2)
    field = torch.randn(2, 8, 3, 4)
    kinds = [Pool(regular(K), number)(field).dtype for number in range(4)]
    assert kinds == [torch.float32] * 2 + [torch.complex64] * 2
    wide = Pool(regular(K), 2)(field.double())
    assert wide.dtype == torch.complex128
    values = torch.tensor(characters(K)[2].values, dtype=torch.complex128)
    expected = (
        torch.einsum("bcpxy,p->bcxy", field.double().reshape(2, 2, 4, 3, 4).to(values.dtype), values) / 4
    )
    torch.testing.assert_close(wide, expected, rtol=0, atol=1e-15)


@pytest.mark.parametrize("how", ["mean", "det"])
def test_the_wrong_character_is_caught(how: Any) -> None:
    R = regular(Hyperoctahedral(2))
    layer, other = Pool(R, how), Pool(R, {"mean": "det", "det": "mean"}[how])  # type: ignore[arg-type]
    kinds: dict[str, Any] = {"groups": ("U1",), "dims": (2,)}
    with pytest.raises(CheckError, match="> tolerance"):
        assert_symmetric(layer, input_types=[layer.input_type], output_type=other.output_type, **kinds)


def test_pooling_of_what_has_no_such_character_is_refused() -> None:
    K = Hyperoctahedral(2)
    assert Pool(directions(K))(torch.ones(1, 8, 2, 2)).shape == (1, 2, 2, 2)
    with pytest.raises(InputError, match="keep a point and change the sign"):
        Pool(directions(K), "det")
    with pytest.raises(InputError, match="not images of one"):
        Pool(directions(point_group("Z_2^2", 2)))
    assert Pool(directions(point_group("Z_2^2", 2)), "max")(torch.ones(1, 4, 2, 2)).shape == (1, 1, 2, 2)
    with pytest.raises(InputError, match="no such character"):
        Pool(regular(K), "median")  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"give regular\(K\)"):
        Pool(K)  # type: ignore[arg-type]
    with pytest.raises(ShapeError, match="multiple of 8"):
        Pool(regular(K))(torch.ones(1, 12, 3, 3))
    with pytest.raises(ShapeError, match="2 dimensions"):
        Pool(regular(K))(torch.ones(1, 8, 3, 3, 3))


WINDOWS: list[tuple[str, int, dict[str, Any], tuple[int, ...], tuple[int, ...]]] = [
    ("B_2", 2, {"kernel_size": 2}, (4, 6), (2, 3)),
    ("C_4", 2, {"kernel_size": 3, "stride": 2}, (5, 7), (2, 3)),
    ("B_2", 2, {"kernel_size": 3, "stride": 1}, (5, 4), (3, 2)),
    ("B_2", 2, {"kernel_size": 3, "stride": 2, "padding_mode": "circular"}, (4, 6), (2, 3)),
    ("B_2", 2, {"kernel_size": 3, "stride": 1, "padding_mode": "circular"}, (4, 3), (4, 3)),
    ("SB_3", 3, {"kernel_size": 2}, (4, 2, 6), (2, 1, 3)),
    ("B_3", 3, {"kernel_size": 3, "padding_mode": "circular"}, (3, 6, 3), (1, 2, 1)),
    ("Z_2^4", 4, {"kernel_size": 2}, (2, 4, 2, 4), (1, 2, 1, 2)),
    ("C_4", 4, {"kernel_size": 3, "stride": 1, "padding_mode": "circular"}, (3, 2, 3, 4), (3, 2, 3, 4)),
]


@pytest.mark.parametrize(("name", "d", "options", "extents", "out"), WINDOWS)
@pytest.mark.parametrize("how", ["max", "mean"])
def test_windows(
    name: str,
    d: int,
    options: dict[str, Any],
    extents: tuple[int, ...],
    out: tuple[int, ...],
    how: Any,
    act: Act,
) -> None:
    K = point_group(name, d)
    layer, kind = SpatialPool(K, how=how, **options), field_type(regular(K))
    assert layer.output_extents(extents) == out
    field = torch.randn(2, K.order, *extents, dtype=torch.float64, requires_grad=True)
    pooled, (symmetry,) = layer(field), layer.symmetries[-1:]
    assert pooled.shape == (2, K.order, *out)
    assert isinstance(symmetry, CentredPointGroup) == ("padding_mode" not in options)
    for g in K.elements:
        moved = layer(act(symmetry, g, field, kind))
        torch.testing.assert_close(moved, act(symmetry, g, pooled, kind), rtol=0, atol=1e-14)
    assert torch.autograd.gradcheck(layer, (field,), fast_mode=True)


@pytest.mark.parametrize("d", [2, 3])
def test_they_are_torchs_own(d: int) -> None:
    field = torch.randn(2, 3, *(6, 4, 8)[:d])
    K = Hyperoctahedral(d)
    own = {2: (nn.MaxPool2d(2), nn.AvgPool2d(2)), 3: (nn.MaxPool3d(2), nn.AvgPool3d(2))}[d]
    torch.testing.assert_close(SpatialPool(K, 2)(field), own[0](field), rtol=0, atol=0)
    torch.testing.assert_close(SpatialPool(K, 2, how="mean")(field), own[1](field))


def test_derivatives_of_a_maximum_have_the_symmetry_where_values_are_equal(act: Act) -> None:
    K = Hyperoctahedral(2)
    layer, symmetry = SpatialPool(K, 2), CentredPointGroup(K)
    field = torch.tensor([[[[1.0, 1.0, 0.0, 2.0], [1.0, 0.0, 2.0, 2.0]]]], dtype=torch.float64)

    def slope(field: Tensor) -> Tensor:
        field = field.clone().requires_grad_()
        return torch.autograd.grad(layer(field).sum(), field)[0]

    for g in K.elements:
        moved = act(symmetry, g, field, SCALAR)
        torch.testing.assert_close(slope(moved), act(symmetry, g, slope(field), SCALAR), rtol=0, atol=1e-15)


def test_windows_that_break_the_symmetry_are_refused() -> None:
    K = Hyperoctahedral(2)
    with pytest.raises(InputError, match="none of them in the middle"):
        SpatialPool(K, 2, padding_mode="circular")
    with pytest.raises(InputError, match="one number"):
        SpatialPool(K, (2, 3))
    with pytest.raises(InputError, match="use max or mean"):
        SpatialPool(K, 2, how="sum")  # type: ignore[arg-type]
    for group in ("C_4", TableGroup(((0,),)), regular(K)):
        with pytest.raises(InputError, match="no group of signed permutations"):
            SpatialPool(group, 2)  # type: ignore[arg-type]
    with pytest.raises(ShapeError, match=r"= 3 along axis 0, which steps of 2 do not divide.*4 or 6 sites"):
        SpatialPool(K, 2)(torch.ones(1, 1, 5, 4))
    with pytest.raises(ShapeError, match="2 dimensions"):
        SpatialPool(K, 2)(torch.ones(1, 4, 4))


def test_what_is_refused_would_break_the_symmetry(act: Act) -> None:
    """Control: torch's own pooling takes such a grid and breaks it."""
    field = torch.randn(1, 1, 5, 4, dtype=torch.float64)
    flip = SignedPermutation.parse("-0 +1")
    moved = nn.MaxPool2d(2)(act(CentredPointGroup(), flip, field, SCALAR))
    assert (moved - act(CentredPointGroup(), flip, nn.MaxPool2d(2)(field), SCALAR)).abs().max() > 0.1
    assert PointGroup() != CentredPointGroup()
