"""Covariant loops of links, the matter that an L-CNN starts from: plaquettes and Polyakov loops."""

from __future__ import annotations

from itertools import combinations
from typing import Literal, final

import torch
from torch import Tensor, nn

from lcnn._arguments import one_of
from lcnn.field import check_links, dagger, shift
from lgt.errors import InputError

Plaquette = Literal["none", "positive", "negative", "both", "clover"]
"""Which plaquettes: see `GaugeInput`."""


def plaquettes(links: Tensor, orientation: Literal["positive", "negative", "both"] = "positive") -> Tensor:
    """The plaquettes P_munu(x) = U_mu(x) U_nu(x+mu) U_mu(x+nu)^+ U_nu(x)^+ (2012.12901, Eq. 3).

    Parameters
    ----------
    links
        Shape (B, d, *extents, N, N).
    orientation
        ``"positive"``: planes mu < nu in the order (0,1), (0,2), ..., (1,2), ...; ``"negative"``: their
        daggers P_numu, in the same order; ``"both"``: first the positive, then the negative ones.

    Returns
    -------
    Tensor
        Shape (B, d(d-1)/2, *extents, N, N), twice as many channels for ``"both"``.

    Examples
    --------
    >>> plaquettes(torch.ones(5, 3, 4, 6, 5, 1, 1, dtype=torch.complex64), "both").shape
    torch.Size([5, 6, 4, 6, 5, 1, 1])
    """
    one_of("orientation", orientation, ("positive", "negative", "both"))
    positive = [plaquette_leaf(links, mu, nu, 1, 1) for mu, nu in _planes(links)]
    P = torch.cat(positive, dim=1) if positive else links[:, :0]
    if orientation == "positive":
        return P
    return dagger(P).resolve_conj() if orientation == "negative" else torch.cat((P, dagger(P)), dim=1)


def clover_leaves(links: Tensor) -> Tensor:
    """The four plaquettes of each plane that start at x, all turning the same way.

    Parameters
    ----------
    links
        Shape (B, d, *extents, N, N).

    Returns
    -------
    Tensor
        Shape (B, 2d(d-1), *extents, N, N): for each plane mu < nu the leaves P(x; mu, nu), P(x; nu, -mu),
        P(x; -mu, -nu), P(x; -nu, mu), where P(x; v, w) runs x, x+v, x+v+w, x+w, x.

    Examples
    --------
    >>> clover_leaves(torch.ones(5, 3, 4, 6, 5, 1, 1, dtype=torch.complex64)).shape
    torch.Size([5, 12, 4, 6, 5, 1, 1])
    """
    leaves = []
    for mu, nu in _planes(links):
        leaves += [plaquette_leaf(links, mu, nu, 1, 1), plaquette_leaf(links, nu, mu, 1, -1)]
        leaves += [plaquette_leaf(links, mu, nu, -1, -1), plaquette_leaf(links, nu, mu, -1, 1)]
    return torch.cat(leaves, dim=1) if leaves else links[:, :0]


def polyakov_loops(links: Tensor) -> Tensor:
    """The loops L_mu(x) = prod_k U_mu(x + k mu) once around the torus (2012.12901, Eq. 11).

    Parameters
    ----------
    links
        Shape (B, d, *extents, N, N).

    Returns
    -------
    Tensor
        Shape (B, d, *extents, N, N).

    Examples
    --------
    >>> L = polyakov_loops(torch.full((1, 1, 3, 1, 1), 2.0 + 0j))
    >>> L.real.flatten()
    tensor([8., 8., 8.])
    """
    check_links(links)
    loops = []
    for mu in range(links.shape[1]):
        U = line = links[:, mu : mu + 1]
        length = 1
        # Binary powers: a line of n links, then of 2n or 2n + 1.
        for digit in bin(links.shape[2 + mu])[3:]:
            line = line @ shift(line, mu, length)
            length *= 2
            if digit == "1":
                line = U @ shift(line, mu)
                length += 1
        loops.append(line)
    return torch.cat(loops, dim=1)


def _planes(links: Tensor) -> list[tuple[int, int]]:
    return list(combinations(range(check_links(links).shape[1]), 2))


def plaquette_leaf(links: Tensor, mu: int, nu: int, s: int, t: int) -> Tensor:
    """The plaquette P(x; s mu, t nu) of links (B, d, *extents, N, N), shape (B, 1, *extents, N, N)."""

    def side(first: int, sign: int) -> Tensor:
        # The oriented link U(x, sign first); at -1 it is U_first(x - first)^+.
        U = links[:, first : first + 1]
        return U if sign > 0 else dagger(shift(U, first, -1))

    V, W = side(mu, s), side(nu, t)
    return V @ shift(W, mu, s) @ dagger(W @ shift(V, nu, t))


@final
class Plaquettes(nn.Module):
    """`plaquettes` as a module: links (B, d, *extents, N, N) to matter of d(d-1)/2 or d(d-1) channels."""

    def __init__(self, orientation: Literal["positive", "negative", "both"] = "positive") -> None:
        super().__init__()
        one_of("orientation", orientation, ("positive", "negative", "both"))
        self.orientation = orientation

    def forward(self, links: Tensor) -> Tensor:
        """Return the plaquettes at every site."""
        return plaquettes(links, self.orientation)

    def extra_repr(self) -> str:
        """Name the orientation."""
        return self.orientation


@final
class CloverLeaves(nn.Module):
    """`clover_leaves` as a module: links (B, d, *extents, N, N) to matter of 2d(d-1) channels."""

    def forward(self, links: Tensor) -> Tensor:
        """Return the four leaves of every plane at every site."""
        return clover_leaves(links)


@final
class PolyakovLoops(nn.Module):
    """`polyakov_loops` as a module: links (B, d, *extents, N, N) to matter of d channels."""

    def forward(self, links: Tensor) -> Tensor:
        """Return the loops around the torus through every site."""
        return polyakov_loops(links)


@final
class GaugeInput(nn.Module):
    """The input layer of an L-CNN: from links to matter made of closed loops.

    Parameters
    ----------
    plaquettes
        ``"positive"``, ``"negative"`` or ``"both"`` orientations of `plaquettes`, ``"clover"`` for
        `clover_leaves`, or ``"none"``.
    polyakov
        Whether the Polyakov loops follow; only with them can a network see non-contractible loops.

    Raises
    ------
    InputError
        If nothing is left, or a choice is unknown.

    Examples
    --------
    >>> GaugeInput("clover", polyakov=True).channels(d=2)
    6
    """

    def __init__(self, plaquettes: Plaquette = "positive", polyakov: bool = False) -> None:
        super().__init__()
        one_of("plaquettes", plaquettes, ("none", "positive", "negative", "both", "clover"))
        parts: list[nn.Module] = []
        if plaquettes == "clover":
            parts.append(CloverLeaves())
        elif plaquettes != "none":
            parts.append(Plaquettes(plaquettes))
        if polyakov:
            parts.append(PolyakovLoops())
        if not parts:
            raise InputError("an input without plaquettes", "no Polyakov loops either", "choose one of them")
        self.parts = nn.ModuleList(parts)
        self.plaquettes, self.polyakov = plaquettes, polyakov

    def channels(self, d: int) -> int:
        """Return the number of channels in d dimensions."""
        planes = d * (d - 1) // 2
        leaves = {"none": 0, "positive": 1, "negative": 1, "both": 2, "clover": 4}[self.plaquettes]
        return leaves * planes + (d if self.polyakov else 0)

    def forward(self, links: Tensor) -> Tensor:
        """Return matter (B, channels(d), *extents, N, N) from links (B, d, *extents, N, N)."""
        return torch.cat([part(links) for part in self.parts], dim=1)
