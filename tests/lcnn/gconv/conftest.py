"""How elements act on torch fields, by the toolkit's own action, for layers that change the extents too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from lgt.group import SignedPermutation
from lgt.lattice import Lattice
from lgt.symmetry import FieldType, Symmetry

Act = Callable[[Symmetry[Any], SignedPermutation, Tensor, FieldType], Tensor]


@pytest.fixture
def act() -> Act:
    """Return the action of a symmetry on a field (B, C P, *extents)."""

    def moved(symmetry: Symmetry[Any], g: SignedPermutation, field: Tensor, kind: FieldType) -> Tensor:
        box = Lattice(tuple(field.shape[2:]))
        return torch.tensor(symmetry.act(g, field.detach().numpy(), kind, box))

    return moved
