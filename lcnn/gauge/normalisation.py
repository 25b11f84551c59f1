"""TrNorm: matter divided by an invariant size of itself at each site, so that deep networks keep theirs."""

from __future__ import annotations

from typing import Literal, final

import torch
from torch import Tensor, nn

from lcnn._arguments import one_of
from lcnn.field import extents_of, trace
from lgt.errors import InputError

Norm = Literal["frobenius", "trace"]


@final
class TrNorm(nn.Module):
    """``W_i(x) -> W_i(x) / n(x)``, with n invariant and the same for all channels; without weights.

    Parameters
    ----------
    kind
        ``"frobenius"``: ``n^2 = mean_i tr(W_i W_i^+) / N``, which is 1 for unitary matrices. It does not
        see factors from the group on either side, W -> W^+ or W -> W*. ``"trace"``: ``n = |mean_i tr W_i|``,
        so that the mean trace comes out as a phase, as in the networks for Chern numbers ("GENet"): that
        property is known to us, their formula is not. This n vanishes where the traces cancel each other,
        which happens on hot fields, and there the matter comes out huge.
    eps
        n stands for ``sqrt(n^2 + eps^2)``, so that values and derivatives are finite at W = 0 too, of size
        1 / eps at the most. Matter of size 1 is changed by eps^2 / 2, which is below rounding.

    Raises
    ------
    InputError
        If the kind is unknown or eps not positive.

    Examples
    --------
    >>> W = torch.tensor([3.0, 4.0]).to(torch.complex64).reshape(1, 2, 1, 1, 1)
    >>> TrNorm()(W).abs().square().mean()
    tensor(1.)
    >>> TrNorm("trace")(W).real.flatten()
    tensor([0.8571, 1.1429])
    """

    def __init__(self, kind: Norm = "frobenius", *, eps: float = 1e-6) -> None:
        super().__init__()
        one_of("kind", kind, ("frobenius", "trace"))
        if not 0 < eps < float("inf"):
            raise InputError(f"a norm with eps = {eps!r}", "no positive number", "use one such as 1e-6")
        self.kind, self.eps = kind, eps

    def forward(self, matter: Tensor) -> Tensor:
        """Return matter of the same shape, (B, C, *extents, N, N)."""
        extents_of(matter)
        # The result does not depend on the scale, a constant in every derivative; squares of the large
        # entries alone would be beyond the largest number of single precision.
        entries = torch.view_as_real(matter.resolve_conj()).detach().abs()
        scale = entries.amax((1, -3, -2, -1)).clamp(min=1.0)[:, None]
        small = matter / scale[..., None, None]
        if self.kind == "frobenius":
            squares = torch.view_as_real(small.resolve_conj()).square().sum((-3, -2, -1))
            square = squares.mean(1, keepdim=True) / matter.shape[-1]
        else:
            square = torch.view_as_real(trace(small).mean(1, keepdim=True).resolve_conj()).square().sum(-1)
        return small * torch.rsqrt(square + (self.eps / scale).square())[..., None, None]

    def extra_repr(self) -> str:
        """Name the options."""
        return f"{self.kind}, eps={self.eps}"
