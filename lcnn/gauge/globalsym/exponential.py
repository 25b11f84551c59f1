"""L-Exp that rotations and reflections respect."""

from __future__ import annotations

from typing import final

import torch
from torch import Generator, Tensor, nn

from lcnn._points import Points, check_features
from lcnn.field import antihermitian, dagger, exp_antihermitian, gauge_group, shift
from lcnn.gauge.globalsym.conv import PointConv
from lcnn.transport import Transporter, transporter
from lgt.group import UnitaryGroup, directions


@final
class SymmetricLExp(nn.Module):
    """``U'(x, v) = E(x, v) U(x, v) E(x+v, -v)^+`` with ``E(x, v) = exp((A - A^+)/2 - trace)``.

    A(x, v) is a vector made of the matter, ``sum_c,p b_c(v; p) W_c(p, x)``. The L-Exp of the Letter
    (2012.12901, Eq. 8), ``U_mu <- exp(i [A_mu]) U_mu``, changes one end of a link alone; a reversal of the
    axis exchanges the ends, so that no choice of weights makes it equivariant. This form changes both.

    Parameters
    ----------
    features
        What the matter's channels are.
    n_in
        Number of channels.
    group
        The gauge group; None is SU(N), and U(1) for N = 1. For U(N) the trace is not subtracted.
    init_w
        A factor for the initial weights, see `PointConv`; small, so that links start nearly unchanged.
    generator
        Source of the initial weights; torch's global one if None.

    Examples
    --------
    >>> from lcnn.gauge.globalsym import Lift
    >>> from lgt.group import point_group, regular
    >>> features = regular(point_group("B_2", 2))
    >>> links = torch.eye(3, dtype=torch.complex64).expand(5, 2, 4, 6, 3, 3)
    >>> SymmetricLExp(features, 2)(links, Lift(features, 2)(links)).shape
    torch.Size([5, 2, 4, 6, 3, 3])
    """

    def __init__(
        self,
        features: Points,
        n_in: int,
        *,
        group: UnitaryGroup | None = None,
        init_w: float = 0.1,
        generator: Generator | None = None,
    ) -> None:
        super().__init__()
        check_features(features)
        self.group = group
        self.vector = PointConv(
            features, directions(features.group), n_in, 1, init_w=init_w, generator=generator
        )

    def forward(self, links: Tensor | Transporter, matter: Tensor) -> Tensor:
        """Return links (B, d, *extents, N, N), in the group as before.

        Raises
        ------
        ShapeError
            If links and matter do not fit together or to the layer.
        InputError
            If the weights are of another precision than the matter, or the group has another N.
        """
        carrier = transporter(links)
        U = carrier.links
        A = self.vector(carrier, matter)
        E = exp_antihermitian(antihermitian(A, gauge_group(U, self.group)))
        forward, back = E[:, ::2], E[:, 1::2]  # the order of lgt.group.direction_vectors
        ends = torch.cat([shift(back[:, mu : mu + 1], mu) for mu in range(U.shape[1])], dim=1)
        moved: Tensor = forward @ U @ dagger(ends)
        return moved
