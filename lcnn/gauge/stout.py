"""Stout smearing with learned weights: links that are smeared as the task wants them."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor, nn

from lcnn._arguments import whole_number
from lcnn.field import antihermitian, check_links, check_precision, exp_antihermitian, gauge_group
from lcnn.gauge.loops import plaquette_leaf
from lcnn.transport import Transporter, transporter
from lgt.errors import InputError, ShapeError
from lgt.group import UnitaryGroup


@final
class LStout(nn.Module):
    """``U_mu(x) -> exp(-TA(sum_nu rho_munu (P(x; mu, nu) + P(x; mu, -nu)))) U_mu(x)``, for all links at once.

    P(x; mu, nu) is the plaquette x, x+mu, x+mu+nu, x+nu, x, so that with one rho for all planes this is a
    step of stout smearing (Morningstar and Peardon, Phys. Rev. D 69 (2004) 054501, Eqs. 1 to 3), and
    `lgt.smear.stout` computes the same.

    Parameters
    ----------
    rho
        The weight of the staples, the first one if it is learned.
    d
        Number of directions, for a rho_munu of each ordered pair; None is one rho for all, in any dimension.
    learnable
        Whether rho is a weight that training changes, or a fixed number.
    group
        The links' group; None is SU(N), for N = 1 U(1). Only for SU(N) does TA subtract the trace.

    Attributes
    ----------
    rho
        Shape () or (d, d - 1): for each mu the other directions in order. float64 until the module is made
        one of single precision, so that a network in double precision has the number that was given.

    Raises
    ------
    InputError
        If rho is no finite number, or d is below 2.

    Examples
    --------
    >>> import torch
    >>> links = torch.polar(torch.ones(1, 2, 4, 6, 1, 1), torch.rand(1, 2, 4, 6, 1, 1))
    >>> LStout(0.1)(links).shape
    torch.Size([1, 2, 4, 6, 1, 1])
    """

    rho: Tensor

    def __init__(
        self,
        rho: float = 0.1,
        *,
        d: int | None = None,
        learnable: bool = True,
        group: UnitaryGroup | None = None,
    ) -> None:
        super().__init__()
        if not isinstance(rho, int | float) or not abs(rho) < float("inf"):
            raise InputError(f"stout with rho = {rho!r}", "no finite number", "use a number such as 0.1")
        self.d = d = None if d is None else whole_number("d", d, 2)
        self.group = group
        start = torch.full(() if d is None else (d, d - 1), float(rho), dtype=torch.float64)
        if learnable:
            self.rho = nn.Parameter(start)
        else:
            self.register_buffer("rho", start)

    def forward(self, links: Tensor | Transporter) -> Tensor:
        """Return smeared links (B, d, *extents, N, N).

        Raises
        ------
        ShapeError
            If the links have another number of directions than the layer.
        InputError
            If rho is of single precision and the links of double, or the group has another N.
        """
        U = check_links(transporter(links).links)
        d = U.shape[1]
        if self.d not in (None, d):
            raise ShapeError(f"stout in {self.d} dimensions", f"links in {d}", "build the layer for them")
        rho = self.rho.to(U.dtype.to_real()) if self.rho.dtype == torch.float64 else self.rho
        check_precision(rho, U)
        group = gauge_group(U, self.group)
        rho = rho.expand(d, d - 1)
        moved = []
        for mu in range(d):
            total = torch.zeros_like(U[:, :1])
            for j, nu in enumerate(nu for nu in range(d) if nu != mu):
                total = total + rho[mu, j] * (
                    plaquette_leaf(U, mu, nu, 1, 1) + plaquette_leaf(U, mu, nu, 1, -1)
                )
            moved.append(exp_antihermitian(-antihermitian(total, group)))
        return torch.cat(moved, dim=1) @ U

    def extra_repr(self) -> str:
        """Name the options."""
        return f"d={self.d}, learnable={isinstance(self.rho, nn.Parameter)}, group={self.group}"
