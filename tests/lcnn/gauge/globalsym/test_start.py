"""Initial weights: the field keeps its size through eight layers with global symmetry."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from lcnn.gauge import LBilinear
from lcnn.gauge._weights import Init
from lcnn.gauge.globalsym import Lift, PointConv, Pointwise
from lgt.group import SU, point_group, regular, trivial

SEEDS = 20


def _sizes(N: int, hot: bool, features: str, elements: str, init: Init = "balanced") -> list[float]:
    """The rms Frobenius norm after eight layers over that of the loops, for each seed."""
    K = point_group("B_2", 2)
    points = regular(K) if features == "regular" else trivial(K)
    group, sizes = SU(N), []
    for seed in range(SEEDS):
        rng, generator = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
        c = rng.standard_normal((1, 2, 4, 4, group.dimension)) * 0.5
        U = (
            group.haar(rng, (1, 2, 4, 4))
            if hot
            else group.exp(np.einsum("...a,aij->...ij", c, group.generators))
        )
        links = torch.from_numpy(np.asarray(U)).to(torch.complex64)
        W: Tensor = Lift(points, 2, generator=generator)(links)
        for _ in range(8):
            conv = PointConv(points, points, 2, 2, 2, elements=elements, generator=generator)  # type: ignore[arg-type]
            local = Pointwise(LBilinear(2, 2, 2, init=init, generator=generator), points)
            W = local(W, conv(links, W))
        sizes.append(float((W.detach().abs().square().sum((-2, -1)).mean() / N).sqrt()))
    return sizes


@pytest.mark.parametrize("N", [2, 3, 4])
@pytest.mark.parametrize("hot", [True, False])
@pytest.mark.parametrize(
    ("features", "elements"), [("regular", "all"), ("regular", "identity"), ("trivial", "all")]
)
def test_the_size_holds(N: int, hot: bool, features: str, elements: str) -> None:
    sizes = _sizes(N, hot, features, elements)
    assert len(sizes) == SEEDS
    assert min(sizes) >= 0.1, sizes
    assert max(sizes) <= 10, sizes


def test_the_published_start_does_not_hold() -> None:
    sizes = _sizes(3, True, "regular", "identity", init="published")
    assert min(sizes) < 0.1 or max(sizes) > 10


def test_loops_of_both_kinds_share_the_size() -> None:
    """Each kind alone gives matter of size 1, and so do both together."""
    points, sizes = regular(point_group("B_2", 2)), []
    for seed in range(SEEDS):
        rng, generator = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
        links = torch.from_numpy(SU(3).haar(rng, (2, 2, 4, 6))).to(torch.complex64)
        for loops in ("plaquettes", "polyakov", "both"):
            W = Lift(points, 4, loops=loops, generator=generator)(links).detach()  # type: ignore[arg-type]
            sizes.append(float(W.abs().square().sum((-2, -1)).mean() / 3))
    assert np.abs(np.reshape(sizes, (SEEDS, 3)).mean(0) - 1).max() < 0.05
