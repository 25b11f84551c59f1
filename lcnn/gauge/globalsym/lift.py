"""From links to features of a point group: all loops of all orientations, mixed equivariantly."""

from __future__ import annotations

from typing import Literal, final

import torch
from torch import Generator, Tensor, nn

from lcnn._arguments import one_of, whole_number
from lcnn._points import Points, check_features
from lcnn.field import check_links, dagger
from lcnn.gauge._weights import check_scale
from lcnn.gauge.globalsym.conv import PointConv
from lcnn.gauge.loops import plaquette_leaf, polyakov_loops
from lgt.errors import InputError
from lgt.group import directions, planes


def oriented_plaquettes(links: Tensor) -> Tensor:
    """The plaquettes P(x; v, w) for all ordered pairs of directions v, w that are not parallel.

    P(x; v, w) runs x, x+v, x+v+w, x+w, x. Under B_d they go over into each other, which those of one
    orientation do not: the one of gU at (x; v, w) is that of U at (g^-1 x; g^-1 v, g^-1 w).

    Parameters
    ----------
    links
        Shape (B, d, *extents, N, N).

    Returns
    -------
    Tensor
        Shape (B, 4d(d-1), *extents, N, N), in the order of `lgt.group.plane_vectors`.

    Examples
    --------
    >>> oriented_plaquettes(torch.ones(5, 3, 4, 6, 5, 1, 1, dtype=torch.complex64)).shape
    torch.Size([5, 24, 4, 6, 5, 1, 1])
    """
    d = check_links(links).shape[1]
    ways = [(mu, sign) for mu in range(d) for sign in (1, -1)]  # the order of direction_vectors
    known: dict[tuple[tuple[int, int], tuple[int, int]], Tensor] = {}
    for v in ways:
        for w in ways:
            if w[0] > v[0]:
                loop = plaquette_leaf(links, v[0], w[0], v[1], w[1])
                known[v, w], known[w, v] = loop, dagger(loop)
    pairs = [(v, w) for v in ways for w in ways if v[0] != w[0]]
    return torch.cat([known[pair] for pair in pairs], dim=1) if pairs else links[:, :0]


def oriented_polyakov_loops(links: Tensor) -> Tensor:
    """The loops L(x, v) around the torus along every direction v, L(x, -v) = L(x, v)^+.

    Parameters
    ----------
    links
        Shape (B, d, *extents, N, N).

    Returns
    -------
    Tensor
        Shape (B, 2d, *extents, N, N), in the order of `lgt.group.direction_vectors`.

    Examples
    --------
    >>> oriented_polyakov_loops(torch.ones(5, 3, 4, 6, 5, 1, 1, dtype=torch.complex64)).shape
    torch.Size([5, 6, 4, 6, 5, 1, 1])
    """
    L = polyakov_loops(links)
    return torch.stack((L, dagger(L)), dim=2).flatten(1, 2)


@final
class Lift(nn.Module):
    """The first layer: ``W_c(p, x) = sum_vw a_c(p; v, w) P(x; v, w) (+ sum_v b_c(p; v) L(x, v))``.

    For group features p = r the weights are a_c(r^-1 v, r^-1 w): 4d(d-1) numbers for each channel, and 2d
    more for Polyakov loops.

    Parameters
    ----------
    target
        What the output's channels are, ``regular(K)`` or another representation of K on d axes.
    n_out
        Number of channels.
    loops
        ``"plaquettes"``, ``"polyakov"`` or ``"both"``.
    init_w, generator
        See `PointConv`.

    Raises
    ------
    InputError
        If d = 1 and plaquettes are asked for, or an argument is none of its choices.

    Examples
    --------
    >>> from lgt.group import point_group, regular
    >>> layer = Lift(regular(point_group("SB_3", 3)), 2)
    >>> layer(torch.ones(5, 3, 4, 6, 5, 1, 1, dtype=torch.complex64)).shape  # 2 x 24
    torch.Size([5, 48, 4, 6, 5, 1, 1])
    """

    def __init__(
        self,
        target: Points,
        n_out: int,
        *,
        loops: Literal["plaquettes", "polyakov", "both"] = "plaquettes",
        init_w: float = 1.0,
        generator: Generator | None = None,
    ) -> None:
        super().__init__()
        one_of("loops", loops, ("plaquettes", "polyakov", "both"))
        check_features(target)
        n_out = whole_number("n_out", n_out)
        check_scale(init_w)
        group = target.group
        if loops != "polyakov" and group.identity.d == 1:
            raise InputError("plaquettes in one dimension", "no planes", "use loops = 'polyakov'")
        share = init_w / 2**0.5 if loops == "both" else init_w
        self.target, self.n_out = target, n_out
        self.plaquettes = self.lines = None
        if loops != "polyakov":
            self.plaquettes = PointConv(planes(group), target, 1, n_out, init_w=share, generator=generator)
        if loops != "plaquettes":
            self.lines = PointConv(directions(group), target, 1, n_out, init_w=share, generator=generator)

    def forward(self, links: Tensor) -> Tensor:
        """Return matter (B, n_out target points, *extents, N, N) from links (B, d, *extents, N, N)."""
        parts = []
        if self.plaquettes is not None:
            parts.append(self.plaquettes(links, oriented_plaquettes(links)))
        if self.lines is not None:
            parts.append(self.lines(links, oriented_polyakov_loops(links)))
        total: Tensor = sum(parts[1:], parts[0])
        return total
