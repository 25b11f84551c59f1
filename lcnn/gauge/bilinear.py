"""L-BL and L-CB, the gauge equivariant bilinear layers: sums over products of two covariant fields."""

from __future__ import annotations

from typing import final

from torch import Generator, Tensor, nn

from lcnn._arguments import whole_numbers
from lcnn.field import pack, unpack
from lcnn.gauge._channels import augment, augmented, bilinear, check_input
from lcnn.gauge._weights import Init, bilinear_weight
from lcnn.transport import Directions, Stencil, Transporter, transporter


@final
class LBilinear(nn.Module):
    """``W''_u(x) = sum_vw alpha[u, v, w] W_v(x) W'_w(x)``, local products (2012.12901, Eq. 6).

    Parameters
    ----------
    n_in1, n_in2, n_out
        Numbers of channels of the two factors and of the result.
    adjoint
        Whether both factors are enlarged by their daggers.
    unit
        Whether both are enlarged by 1, which adds each factor alone and a multiple of 1.
    init, init_w
        How the weights start, ``"balanced"``, ``"gaussian"``, ``"published"`` or ``"master"`` (see `LCB`),
        and a factor.
    generator
        Source of the initial weights; torch's global one if None.

    Attributes
    ----------
    weight
        alpha, real, (n_out, a, b): the channels, then their daggers, then 1.

    Raises
    ------
    InputError
        If a size is no whole number of 1 or more, or another argument none of its choices.

    Examples
    --------
    >>> import torch
    >>> W = torch.ones(1, 3, 4, 6, 2, 2, dtype=torch.complex64)
    >>> LBilinear(3, 3, 5)(W, W).shape
    torch.Size([1, 5, 4, 6, 2, 2])
    """

    def __init__(
        self,
        n_in1: int,
        n_in2: int,
        n_out: int,
        *,
        adjoint: bool = True,
        unit: bool = True,
        init: Init = "balanced",
        init_w: float = 1.0,
        generator: Generator | None = None,
    ) -> None:
        super().__init__()
        n_in1, n_in2, n_out = whole_numbers("n_in1, n_in2, n_out", (n_in1, n_in2, n_out))
        self.n_in1, self.n_in2, self.n_out, self.adjoint, self.unit = n_in1, n_in2, n_out, adjoint, unit
        a, b = augmented(n_in1, adjoint, unit), augmented(n_in2, adjoint, unit)
        self.weight = bilinear_weight(
            n_out, a, b, n_in=n_in1, unit=unit, init=init, init_w=init_w, generator=generator
        )

    def forward(self, left: Tensor, right: Tensor) -> Tensor:
        """Return matter (B, n_out, *extents, N, N) from two of n_in1 and n_in2 channels.

        Raises
        ------
        ShapeError
            If the factors do not fit together or to the layer.
        InputError
            If the weights are of another precision than the matter.
        """
        check_input(self.weight, left, self.n_in1)
        check_input(self.weight, right, self.n_in2, left)
        first, second = (augment([pack(W)], self.adjoint, self.unit) for W in (left, right))
        return unpack(bilinear(self.weight, first, second))

    def extra_repr(self) -> str:
        """Name the channels."""
        return f"{self.n_in1}, {self.n_in2}, {self.n_out}, adjoint={self.adjoint}, unit={self.unit}"


@final
class LCB(nn.Module):
    """The L-CB of the Letter, convolution and bilinear layer in one (2012.12901, Supplement Eqs. 11-12).

    ``W'_u(x) = sum_vw theta[u, v, w] w_v(x) t_w(x)`` with w the fields here and t the transported ones,
    both enlarged by their daggers, taken after the transport, and by 1. The weights are real, so the
    layer commutes with charge conjugation U -> U*.

    Parameters
    ----------
    n_in, n_out
        Numbers of channels.
    kernel_size
        K: hops 0, ..., K - 1 along each axis.
    d
        Number of directions.
    centre
        Whether t holds the fields here too; the Letter's two-dimensional networks do without.
    directions
        ``"positive"``, as in the Letter, or ``"both"``.
    dilation
        Sites from one hop to the next.
    adjoint, unit
        Whether daggers and 1 are added.
    init
        ``"published"``: Normal(0, init_w / sqrt(a b)). ``"master"``: the same with the weights of both
        unit elements 0. Both make the layer quadratic in the field, so that a stack of L of them is a
        polynomial of degree 2^L that starts far too large or too small. ``"balanced"``, the default:
        mostly linear terms (a field times 1), so that the field keeps its size through any usual depth.
        ``"gaussian"``: linear terms in the neighbours as well; networks of few layers learn faster.
    init_w
        A factor for the initial weights.
    generator
        Source of the initial weights; torch's global one if None.

    Attributes
    ----------
    weight
        theta, real, (n_out, a, b) with a = 2 n_in + 1 and b = 2 n_in S + 1 for S slots. Columns as
        published: slots in the order of `Stencil.offsets` with channels fastest, the daggers of all, 1.

    Raises
    ------
    InputError
        If a size is no whole number of 1 or more, or another argument none of its choices.

    Examples
    --------
    >>> import torch
    >>> layer = LCB(1, 2, kernel_size=2, d=2, centre=False)
    >>> layer.weight.shape
    torch.Size([2, 3, 5])
    >>> links = torch.ones(1, 2, 4, 6, 1, 1, dtype=torch.complex64)
    >>> layer(links, links[:, :1]).shape
    torch.Size([1, 2, 4, 6, 1, 1])
    """

    def __init__(
        self,
        n_in: int,
        n_out: int,
        kernel_size: int,
        *,
        d: int,
        centre: bool = True,
        directions: Directions = "positive",
        dilation: int = 1,
        adjoint: bool = True,
        unit: bool = True,
        init: Init = "balanced",
        init_w: float = 1.0,
        generator: Generator | None = None,
    ) -> None:
        super().__init__()
        self.stencil = Stencil(d, kernel_size, centre, directions, dilation)
        self.n_in, self.n_out = n_in, n_out = whole_numbers("n_in, n_out", (n_in, n_out))
        self.adjoint, self.unit = adjoint, unit
        a, b = augmented(n_in, adjoint, unit), augmented(len(self.stencil) * n_in, adjoint, unit)
        self.weight = bilinear_weight(
            n_out, a, b, n_in=n_in, unit=unit, init=init, init_w=init_w, generator=generator
        )

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
        here = pack(matter)
        left = augment([here], self.adjoint, self.unit)
        right = augment(carrier.carry(here, self.stencil.offsets), self.adjoint, self.unit)
        return unpack(bilinear(self.weight, left, right))

    def extra_repr(self) -> str:
        """Name the channels and the stencil."""
        return f"{self.n_in}, {self.n_out}, {self.stencil}, adjoint={self.adjoint}, unit={self.unit}"
