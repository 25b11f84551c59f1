"""Batch norms with one mean and variance for all points of a channel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from lcnn.gconv import BatchNorm
from lcnn.testing import assert_symmetric
from lgt.errors import CheckError, InputError, ShapeError
from lgt.group import SignedPermutation, directions, point_group, regular
from lgt.symmetry import FieldType, PointGroup, Symmetry

Act = Callable[[Symmetry[Any], SignedPermutation, Tensor, FieldType], Tensor]


@pytest.mark.parametrize(("name", "d"), [("C_4", 2), ("B_2", 2), ("SB_3", 3), ("Z_2^4", 4)])
def test_every_element_in_training_and_afterwards(name: str, d: int, act: Act) -> None:
    K = point_group(name, d)
    layer = BatchNorm(regular(K), 2).double()
    nn.init.normal_(layer.norm.weight)
    nn.init.normal_(layer.norm.bias)
    field = 3 + torch.randn(3, 2 * K.order, *(3, 4, 2, 3)[:d], dtype=torch.float64)
    field[:, 0] += 5  # one point is unlike the others
    for training in (True, False):
        layer.train(training)
        out = layer(field)
        for g in K.elements:
            moved = layer(act(PointGroup(K), g, field, layer.input_type))
            expected = act(PointGroup(K), g, out, layer.output_type)
            torch.testing.assert_close(moved, expected, rtol=0, atol=1e-12)
    layer.train()
    normal = (layer(field) - layer.norm.bias.repeat_interleave(K.order).reshape(-1, *[1] * d)).detach()
    for c in range(2):
        part = normal[:, c * K.order : (c + 1) * K.order]
        assert abs(float(part.mean())) < 1e-12
        assert float(part.square().mean()) == pytest.approx(
            float(layer.norm.weight.detach()[c]) ** 2, rel=1e-4
        )
    kinds: dict[str, Any] = {"groups": ("U1",), "dims": (d,), "examples": 3, "tolerance": 1e-12}
    assert_symmetric(layer, input_types=[layer.input_type], output_type=layer.output_type, **kinds)


def test_torchs_own_norm_is_caught_once_its_points_differ() -> None:
    R = regular(point_group("C_4", 2))
    sound = BatchNorm(R, 2)
    own = nn.BatchNorm2d(8)
    own(torch.randn(4, 8, 3, 3) * torch.arange(1.0, 9.0)[:, None, None])
    kinds: dict[str, Any] = {"input_types": [sound.input_type], "output_type": sound.output_type}
    with pytest.raises(CheckError, match="> tolerance"):
        assert_symmetric(own, PointGroup(R.group), groups=("U1",), dims=(2,), **kinds)


def test_what_does_not_fit_is_refused() -> None:
    K = point_group("Z_2^2", 2)
    with pytest.raises(InputError, match="normalise each orbit alone"):
        BatchNorm(directions(K), 2)
    with pytest.raises(InputError, match="channels = 0"):
        BatchNorm(regular(K), 0)
    with pytest.raises(ShapeError, match="2 channels of 4 points"):
        BatchNorm(regular(K), 2)(torch.ones(2, 4, 3, 3))
    with pytest.raises(InputError, match="weights of float32"):
        BatchNorm(regular(K), 2)(torch.ones(2, 8, 3, 3, dtype=torch.float64))
    plain = BatchNorm(regular(K), 2, affine=False)
    assert plain(torch.randn(2, 8, 3, 3)).shape == (2, 8, 3, 3)
