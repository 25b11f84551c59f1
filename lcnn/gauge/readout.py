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
    bias
        Whether a constant is added; a pseudoscalar has none.
    standardise
        Whether the features pass through `Standardise` first; without a bias they are not centred.

    Examples
    --------
    >>> SiteHead(4, 1)(torch.ones(5, 4, 3, 7)).shape
    torch.Size([5, 1, 3, 7])
    """

    def __init__(
        self, n_features: int, n_out: int = 1, *, bias: bool = True, standardise: bool = False
    ) -> None:
        super().__init__()
        self.standardise = Standardise(n_features, centre=bias) if standardise else nn.Identity()
        self.linear = nn.Linear(n_features, n_out, bias=bias)

    def forward(self, features: Tensor) -> Tensor:
        """Return the map's values at every site."""
        out: Tensor = self.linear(self.standardise(features).movedim(1, -1))
        return out.movedim(-1, 1)


@final
class Standardise(nn.Module):
    """Features minus their mean, over their standard deviation: batch normalisation without weights.

    Traces of small loops are nearly the same number everywhere, and links that are smeared move that number
    by far more than it varies. In training mode mean and deviation are those of the batch and all its sites
    (Ioffe and Szegedy, arXiv:1502.03167), so that neither the mean nor its drift is left for the weights to
    follow; in evaluation mode they are running averages, and the output is a function of one configuration.
    A feature that varies by no more than rounding becomes 0.
    Several processes that train together take the statistics of their own share each.

    Parameters
    ----------
    n_features
        F of the features (B, F, *extents), real.
    centre
        Whether the mean is subtracted. If not, features are divided by their root mean square, and a sign
        that they change under reflections stays what it is.
    momentum
        The weight of a batch in the running averages.

    Examples
    --------
    >>> features = torch.tensor([[[1.0, 3.0]], [[5.0, 7.0]]])
    >>> Standardise(1)(features).flatten()
    tensor([-1.3416, -0.4472,  0.4472,  1.3416])
    """

    mean: Tensor
    variance: Tensor
    batches: Tensor

    def __init__(self, n_features: int, *, centre: bool = True, momentum: float = 0.1) -> None:
        super().__init__()
        self.centre, self.momentum = centre, momentum
        self.register_buffer("mean", torch.zeros(n_features))
        self.register_buffer("variance", torch.ones(n_features))
        self.register_buffer("batches", torch.zeros((), dtype=torch.int64))

    def forward(self, features: Tensor) -> Tensor:
        """Return the features on one scale, of the same shape."""
        mean, variance = self.mean, self.variance
        if self.training:
            samples = features.movedim(1, 0).flatten(1)
            if self.centre:
                mean = samples.mean(1)
            variance = (samples - mean[:, None]).square().mean(1)
            with torch.no_grad():
                self.batches += 1
                weight = max(self.momentum, 1 / int(self.batches))  # the first batches are averaged plainly
                self.mean.lerp_(mean, weight)
                self.variance.lerp_(variance, weight)
        shape = (-1, *(1 for _ in features.shape[2:]))
        # Features that are nothing but rounding, as the imaginary parts of SU(2), would be blown up.
        rounding = _ROUNDING * torch.finfo(variance.dtype).eps
        varies = variance > rounding**2 * (mean.square() + variance).max()
        scale = torch.where(varies, variance, torch.ones_like(variance)).rsqrt() * varies
        return (features - mean.reshape(shape)) * scale.reshape(shape)


_ROUNDING = 1e3
"""A spread below this, in units in the last place of the largest feature, is rounding."""


def site_mean(field: Tensor) -> Tensor:
    """The mean over the lattice: (B, n, *extents) to (B, n).

    Examples
    --------
    >>> site_mean(torch.arange(6.0).reshape(1, 1, 2, 3))
    tensor([[2.5000]])
    """
    return field.flatten(2).mean(2)
