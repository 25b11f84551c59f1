"""Circular convolutions in four dimensions, which torch has up to three only."""

from __future__ import annotations

import math
from typing import final

import torch
from torch import Tensor, nn

from lcnn._convolution import convolve


@final
class Conv4d(nn.Module):
    """A circular convolution of (B, n_in, *extents) with four extents, to (B, n_out, *extents).

    Weights, their start and the place of even kernels (one site further forwards) are those of torch's own
    convolutions.

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
        before = (self.kernel_size - 1) // 2
        after = self.kernel_size - 1 - before
        return convolve(x, self.weight, self.bias, before=(before,) * 4, after=(after,) * 4)

    def extra_repr(self) -> str:
        """Sizes, for repr."""
        n_out, n_in = self.weight.shape[:2]
        return f"{n_in}, {n_out}, kernel_size={self.kernel_size}"
