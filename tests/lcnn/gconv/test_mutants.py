"""Group convolutions with bugs that leave shapes alone: the toolkit catches each of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from lcnn.gconv import GroupConv
from lcnn.testing import assert_symmetric
from lgt.errors import CheckError
from lgt.group import point_group, regular
from lgt.symmetry import PointGroup


def _relabelled(layer: GroupConv, change: Callable[[GroupConv, np.ndarray], np.ndarray]) -> GroupConv:
    """The layer with other labels [p, q, o]."""
    P, Q = layer.target.dimension, layer.source.dimension
    labels = layer.labels.numpy().reshape(P, Q, -1)
    layer.labels = torch.tensor(np.ascontiguousarray(change(layer, labels))).reshape(P, -1)
    return layer


def _site_images(layer: GroupConv) -> np.ndarray:
    """The number of r o for each element r and site o."""
    sites = layer.window.positions
    number = {tuple(o): i for i, o in enumerate(sites.tolist())}
    K = layer.source.group
    return np.array([[number[tuple(o)] for o in r.apply(sites).tolist()] for r in K.elements])


def _wrong_side(layer: GroupConv, labels: np.ndarray) -> np.ndarray:
    """w[s, r o] for w[s, r^-1 o]."""
    return np.stack([labels[layer.source.group.inverses[r]][:, :] for r in range(len(labels))])


def _unmoved_channels(layer: GroupConv, labels: np.ndarray) -> np.ndarray:
    """w[q, r^-1 o]: the sites move, the points of the input do not."""
    back = _site_images(layer)[layer.source.group.inverses]
    return labels[0][:, back].transpose(1, 0, 2)


def _unmoved_sites(layer: GroupConv, labels: np.ndarray) -> np.ndarray:
    """w[r^-1 q, o]: the points of the input move, the sites do not."""
    K = layer.source.group
    return labels[0][K.product_table[K.inverses]]


def _transposed(layer: GroupConv, labels: np.ndarray) -> np.ndarray:
    """The axes of every window exchanged but those of the first point."""
    swap = _swap_of_sites(layer)
    return np.concatenate([labels[:1], labels[1:][:, :, swap]])


def _swap_of_sites(layer: GroupConv) -> np.ndarray:
    size, d = layer.window.size[0], layer.window.d
    numbers = np.arange(size**d).reshape((size,) * d)
    return numbers.swapaxes(0, 1).reshape(-1)


def _right_translation(layer: GroupConv, labels: np.ndarray) -> np.ndarray:
    """Output points numbered by inverse elements: a representation on the wrong side."""
    return labels[layer.source.group.inverses]


def _another_weight(layer: GroupConv, labels: np.ndarray) -> np.ndarray:
    """One triple in another orbit."""
    found = labels.copy()
    found[-1, 0, 0] = (found[-1, 0, 0] + 1) % layer.weight.shape[2]
    return found


MUTANTS = [_wrong_side, _unmoved_channels, _unmoved_sites, _transposed, _right_translation, _another_weight]


@pytest.mark.parametrize("mutant", MUTANTS)
@pytest.mark.parametrize(("name", "d"), [("C_4", 2), ("B_2", 2), ("SB_3", 3), ("B_3", 3)])
def test_mutants_are_caught(mutant: Any, name: str, d: int) -> None:
    R = regular(point_group(name, d))
    kinds = {"groups": ("U1",), "dims": (d,), "channels": 1, "examples": 10}
    layer = GroupConv(R, R, 1, 1, 3)
    sound = {"input_types": [layer.input_type], "output_type": layer.output_type, **kinds}
    assert_symmetric(layer, **sound)  # type: ignore[arg-type]
    with pytest.raises(CheckError, match="> tolerance"):
        assert_symmetric(_relabelled(layer, mutant), PointGroup(R.group), **sound)  # type: ignore[arg-type]


@pytest.mark.parametrize(("name", "d"), [("C_4", 2), ("B_2", 2), ("B_3", 3)])
def test_points_that_run_slowest_are_caught(name: str, d: int) -> None:
    """The output's channels in the order (point, channel)."""
    R = regular(point_group(name, d))
    layer = GroupConv(R, R, 1, 2, 3)
    net = nn.Sequential(layer, nn.Unflatten(1, (2, R.dimension)), _Exchange())
    kinds: dict[str, Any] = {"input_types": [layer.input_type], "output_type": layer.output_type}
    kinds |= {"groups": ("U1",), "dims": (d,), "channels": 1}
    with pytest.raises(CheckError, match="> tolerance"):
        assert_symmetric(net, PointGroup(R.group), **kinds)


class _Exchange(nn.Module):
    def forward(self, field: Tensor) -> Tensor:
        return field.transpose(1, 2).flatten(1, 2)
