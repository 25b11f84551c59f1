"""Circular convolutions in four dimensions, which torch has up to three only."""

from __future__ import annotations

import math
from typing import final

import torch
from torch import Tensor, nn
from torch.nn.functional import conv3d, pad


@final
class Conv4d(nn.Module):
    """A circular convolution of (B, n_in, *extents) with four extents, to (B, n_out, *extents).

    The sum over shifts along the fourth axis of convolutions along the others. Weights, their start and
    the place of even kernels (one site further forwards) are those of torch's own convolutions.

    Parameters
    ----------
    n_in, n_out
        Numbers of channels.
    kernel_size
        Sites along each axis; no extent may be smaller.

    Examples
    --------
    >>> Conv4d(2, 5, 3)(torch.ones(7, 2, 3, 4, 5, 6)).shape
    torch.Size([7, 5, 3, 4, 5, 6])
    """

    def __init__(self, n_in: int, n_out: int, kernel_size: int) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        bound = 1 / math.sqrt(n_in * kernel_size**4)
        self.weight = nn.Parameter(torch.empty(n_out, n_in, *(kernel_size,) * 4).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(n_out).uniform_(-bound, bound))

    def forward(self, x: Tensor) -> Tensor:
        """Return the convolution, (B, n_out, *extents)."""
        K, n_out, (B, n_in, *extents) = self.kernel_size, len(self.bias), x.shape
        before = (K - 1) // 2
        slices = x.movedim(5, 1).reshape(B * extents[3], n_in, *extents[:3])
        slices = pad(slices, (before, K - 1 - before) * 3, mode="circular")
        weight = self.weight.movedim(5, 0).reshape(K * n_out, n_in, K, K, K)
        taps = conv3d(slices, weight).reshape(B, extents[3], K, n_out, *extents[:3]).unbind(2)
        out = torch.stack([torch.roll(tap, before - k, 1) for k, tap in enumerate(taps)]).sum(0)
        return out.movedim(1, 5) + self.bias.reshape(-1, 1, 1, 1, 1)

    def extra_repr(self) -> str:
        """Sizes, for repr."""
        n_out, n_in = self.weight.shape[:2]
        return f"{n_in}, {n_out}, kernel_size={self.kernel_size}"
