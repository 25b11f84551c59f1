"""L-Linear, the linear map of the channels at each site."""

from __future__ import annotations

from typing import final

from torch import Generator, Tensor, nn

from lcnn._arguments import whole_numbers
from lcnn.field import pack, unpack
from lcnn.gauge._channels import augment, augmented, check_input, linear
from lcnn.gauge._weights import linear_weight


@final
class LLinear(nn.Module):
    """``W'_u(x) = sum_w omega[u, w] (W, W^+, 1)_w(x)``: an L-Conv without neighbours, with real weights.

    Parameters
    ----------
    n_in, n_out
        Numbers of channels.
    adjoint, unit
        Whether the daggers and a multiple of 1 are added too.
    init_w
        The weights start as Normal(0, init_w / sqrt(columns)).
    generator
        Source of the initial weights; torch's global one if None.

    Attributes
    ----------
    weight
        omega, real, (n_out, columns): the channels, then their daggers, then 1.

    Raises
    ------
    InputError
        If a size is no whole number of 1 or more, or another argument none of its choices.

    Examples
    --------
    >>> import torch
    >>> LLinear(3, 5)(torch.ones(1, 3, 4, 6, 2, 2, dtype=torch.complex64)).shape
    torch.Size([1, 5, 4, 6, 2, 2])
    """

    def __init__(
        self,
        n_in: int,
        n_out: int,
        *,
        adjoint: bool = True,
        unit: bool = True,
        init_w: float = 1.0,
        generator: Generator | None = None,
    ) -> None:
        super().__init__()
        self.n_in, self.n_out = n_in, n_out = whole_numbers("n_in, n_out", (n_in, n_out))
        self.adjoint, self.unit = adjoint, unit
        self.weight = linear_weight(n_out, augmented(n_in, adjoint, unit), init_w, generator)

    def forward(self, matter: Tensor) -> Tensor:
        """Return matter (B, n_out, *extents, N, N) from matter (B, n_in, *extents, N, N).

        Raises
        ------
        ShapeError
            If the matter does not fit to the layer.
        InputError
            If the weights are of another precision than the matter.
        """
        check_input(self.weight, matter, self.n_in)
        return unpack(linear(self.weight, augment([pack(matter)], self.adjoint, self.unit)))

    def extra_repr(self) -> str:
        """Name the channels."""
        return f"{self.n_in}, {self.n_out}, adjoint={self.adjoint}, unit={self.unit}"
