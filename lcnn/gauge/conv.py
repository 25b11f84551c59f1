"""L-Conv, the gauge equivariant convolution: a sum over parallel transported fields."""

from __future__ import annotations

from typing import final

from torch import Generator, Tensor, nn

from lcnn._arguments import whole_numbers
from lcnn.field import pack, unpack
from lcnn.gauge._channels import augment, augmented, check_input, linear
from lcnn.gauge._weights import linear_weight
from lcnn.transport import Directions, Stencil, Transporter, transporter


@final
class LConv(nn.Module):
    """``W'_u(x) = sum_w omega[u, w] t_w(x)`` over transported fields t_w (2012.12901, Eq. 5).

    Parameters
    ----------
    n_in, n_out
        Numbers of channels.
    kernel_size
        K: hops 0, ..., K - 1 along each axis.
    d
        Number of directions.
    centre, directions, dilation
        See `Stencil`; both directions are the default, as in the published layer.
    adjoint
        Whether the daggers of the transported fields are summed over too.
    unit
        Whether a multiple of 1 is added.
    init_w
        The weights start as Normal(0, init_w / sqrt(columns)).
    generator
        Source of the initial weights; torch's global one if None.

    Attributes
    ----------
    weight
        omega, real, (n_out, columns): slots in the order of `Stencil.offsets` with channels fastest, then
        the daggers of all, then 1.

    Raises
    ------
    InputError
        If a size is no whole number of 1 or more, or another argument none of its choices.

    Examples
    --------
    >>> import torch
    >>> layer = LConv(3, 4, kernel_size=2, d=2)
    >>> links = torch.ones(1, 2, 4, 6, 1, 1, dtype=torch.complex64)
    >>> layer(links, links[:, :1].expand(1, 3, 4, 6, 1, 1)).shape
    torch.Size([1, 4, 4, 6, 1, 1])
    """

    def __init__(
        self,
        n_in: int,
        n_out: int,
        kernel_size: int,
        *,
        d: int,
        centre: bool = True,
        directions: Directions = "both",
        dilation: int = 1,
        adjoint: bool = False,
        unit: bool = True,
        init_w: float = 1.0,
        generator: Generator | None = None,
    ) -> None:
        super().__init__()
        self.stencil = Stencil(d, kernel_size, centre, directions, dilation)
        self.n_in, self.n_out = n_in, n_out = whole_numbers("n_in, n_out", (n_in, n_out))
        self.adjoint, self.unit = adjoint, unit
        columns = augmented(len(self.stencil) * n_in, adjoint, unit)
        self.weight = linear_weight(n_out, columns, init_w, generator)

    def forward(self, links: Tensor | Transporter, matter: Tensor) -> Tensor:
        """Return matter (B, n_out, *extents, N, N) from links and matter (B, n_in, *extents, N, N).

        Raises
        ------
        ShapeError
            If links and matter do not fit together or to the layer.
        InputError
            If the weights are of another precision than the matter.
        """
        carrier = transporter(links)
        check_input(self.weight, matter, self.n_in, carrier.links, self.stencil.d)
        slots = carrier.carry(pack(matter), self.stencil.offsets)
        return unpack(linear(self.weight, augment(slots, self.adjoint, self.unit)))

    def extra_repr(self) -> str:
        """Name the channels and the stencil."""
        return f"{self.n_in}, {self.n_out}, {self.stencil}, adjoint={self.adjoint}, unit={self.unit}"
