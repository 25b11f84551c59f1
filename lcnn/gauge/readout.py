"""From covariant matter to invariant numbers: traces, a linear map at each site, the lattice mean."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor, nn

from lcnn.field import extents_of, trace


@final
class Trace(nn.Module):
    """``tr W_i(x)`` as real numbers (2012.12901, Eq. 10), not divided by N.

    Matter (B, C, *extents, N, N) becomes features (B, 2C, *extents), the real and the imaginary part of
    each channel side by side.

    Examples
    --------
    >>> Trace()(torch.full((1, 2, 4, 1, 1), 1 + 2j))[0, :, 0]
    tensor([1., 2., 1., 2.])
    """

    def forward(self, matter: Tensor) -> Tensor:
        """Return the features at every site."""
        extents_of(matter)
        return torch.view_as_real(trace(matter).resolve_conj()).movedim(-1, 2).flatten(1, 2)


@final
class SiteHead(nn.Module):
    """The same affine map at every site: features (B, F, *extents) to (B, n_out, *extents), real.

    Parameters
    ----------
    n_features
        F; after `Trace` twice the number of channels.
    n_out
        How many numbers a site.

    Examples
    --------
    >>> SiteHead(4, 1)(torch.ones(5, 4, 3, 7)).shape
    torch.Size([5, 1, 3, 7])
    """

    def __init__(self, n_features: int, n_out: int = 1) -> None:
        super().__init__()
        self.linear = nn.Linear(n_features, n_out)

    def forward(self, features: Tensor) -> Tensor:
        """Return the map's values at every site."""
        out: Tensor = self.linear(features.movedim(1, -1))
        return out.movedim(-1, 1)


def site_mean(field: Tensor) -> Tensor:
    """The mean over the lattice: (B, n, *extents) to (B, n).

    Examples
    --------
    >>> site_mean(torch.arange(6.0).reshape(1, 1, 2, 3))
    tensor([[2.5000]])
    """
    return field.flatten(2).mean(2)
