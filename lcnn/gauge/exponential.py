"""L-Exp, which changes links by the exponential of matter, and the projection of matter on the algebra."""

from __future__ import annotations

from typing import final

import torch
from torch import Generator, Tensor, nn

from lcnn._arguments import whole_numbers
from lcnn.field import antihermitian, exp_antihermitian, extents_of, gauge_group
from lcnn.gauge._channels import check_input
from lcnn.gauge._weights import linear_weight
from lcnn.transport import Transporter, transporter
from lgt.group import UnitaryGroup


@final
class LExp(nn.Module):
    """``U_mu(x) -> exp(i sum_i b[mu, i] [W_i(x)]_ah) U_mu(x)`` (2012.12901, Eqs. 8 and 9).

    ``[X]_ah = (X - X^+) / 2i``, for SU(N) without its trace. The links stay in their group. Loops of them
    must be made anew. A reversal of an axis does not commute with it: for that there is
    `lcnn.gauge.globalsym.SymmetricLExp`.

    Parameters
    ----------
    n_in
        Number of channels of the matter.
    d
        Number of directions.
    group
        The links' group; None is SU(N), for N = 1 U(1). Only for SU(N) is the trace subtracted: in U(1) that
        would leave nothing.
    init_w
        The weights start as Normal(0, init_w / sqrt(n_in)): small, so that links start nearly unchanged.
    generator
        Source of the initial weights; torch's global one if None.

    Attributes
    ----------
    weight
        b, real, (d, n_in).

    Raises
    ------
    InputError
        If a size is no whole number of 1 or more, or another argument none of its choices.

    Examples
    --------
    >>> import torch
    >>> from lcnn.gauge import plaquettes
    >>> links = torch.eye(3, dtype=torch.complex64).expand(5, 2, 4, 6, 3, 3)
    >>> LExp(1, d=2)(links, plaquettes(links)).shape
    torch.Size([5, 2, 4, 6, 3, 3])
    """

    def __init__(
        self,
        n_in: int,
        *,
        d: int,
        group: UnitaryGroup | None = None,
        init_w: float = 0.1,
        generator: Generator | None = None,
    ) -> None:
        super().__init__()
        self.n_in, self.d = n_in, d = whole_numbers("n_in, d", (n_in, d))
        self.group = group
        self.weight = linear_weight(d, n_in, init_w, generator)

    def forward(self, links: Tensor | Transporter, matter: Tensor) -> Tensor:
        """Return links (B, d, *extents, N, N) from links and matter (B, n_in, *extents, N, N).

        Raises
        ------
        ShapeError
            If links and matter do not fit together or to the layer.
        InputError
            If the weights are of another precision than the matter, or the group has another N.
        """
        U = transporter(links).links
        check_input(self.weight, matter, self.n_in, U, self.d)
        X = antihermitian(matter, gauge_group(U, self.group))
        X = torch.einsum("mi,bi...->bm...", self.weight.to(X.dtype), X)
        return exp_antihermitian(X) @ U

    def extra_repr(self) -> str:
        """Name the sizes and the group."""
        return f"{self.n_in}, d={self.d}, group={self.group}"


@final
class AntiHermitian(nn.Module):
    """``W -> [W]_ah = (W - W^+) / 2i``, for SU(N) without its trace: the hermitian matrix in the algebra.

    i times the result is the part of W in the algebra, so that it can be a force or a drift of links.

    Parameters
    ----------
    group
        The gauge group; None is SU(N), for N = 1 U(1).

    Examples
    --------
    >>> import torch
    >>> AntiHermitian()(torch.full((1, 1, 1, 1, 1), 3 + 4j)).real.flatten()
    tensor([4.])
    """

    def __init__(self, group: UnitaryGroup | None = None) -> None:
        super().__init__()
        self.group = group

    def forward(self, matter: Tensor) -> Tensor:
        """Return hermitian matter of the same shape, (B, C, *extents, N, N)."""
        extents_of(matter)
        return -1j * antihermitian(matter, gauge_group(matter, self.group))

    def extra_repr(self) -> str:
        """Name the group."""
        return f"group={self.group}"
