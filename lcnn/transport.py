"""Differentiable parallel transport of adjoint matter along the axes of the lattice.

One hop forward is ``W'(x) = U_mu(x) W(x+mu) U_mu(x)^+``, one hop back is
``W'(x) = U_mu(x-mu)^+ W(x-mu) U_mu(x-mu)``; k hops are k repetitions (2012.12901, Eq. 5). With the matter
packed (`lcnn.field.pack`) a hop is one real matrix product a site, shared by all channels: the matrix of
``W -> U W U^+`` is built once for a configuration, and its transpose is the hop back, for any U.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, final

import torch
from torch import Tensor

from lcnn._arguments import one_of, whole_number
from lcnn.field import check_fit, check_links, extents_of, pack, unpack
from lgt.errors import InputError

Directions = Literal["positive", "both"]
"""Along each axis forward only, as in the published networks, or both ways."""

Offset = tuple[int, int]
"""(mu, steps): the end of a straight path; steps = 0 is the site itself."""


@final
@dataclass(frozen=True)
class Stencil:
    """Which transported fields a layer sees: straight paths of 0 to K - 1 hops along the axes.

    Parameters
    ----------
    d
        The number of directions.
    kernel_size
        K of the Letter's L-CB(K, N_in, N_out): hops 1, ..., K - 1 along each axis.
    centre
        Whether the site itself is a slot too; without hops (K = 1) it always is.
    directions
        ``"positive"`` or ``"both"``.
    dilation
        Sites from one hop to the next. The published L-CB steps by its `dilation`; the published
        L-Conv and the first L-CB, that of the arXiv, by their `dilation` + 1.

    Raises
    ------
    InputError
        If a number is below 1 or `directions` is unknown.

    Examples
    --------
    >>> Stencil(2, 3, directions="both").offsets
    ((0, 0), (0, -1), (0, -2), (0, 1), (0, 2), (1, -1), (1, -2), (1, 1), (1, 2))
    >>> len(Stencil(3, 2, centre=False))
    3
    """

    d: int
    kernel_size: int
    centre: bool = True
    directions: Directions = "positive"
    dilation: int = 1

    def __post_init__(self) -> None:
        for name in ("d", "kernel_size", "dilation"):
            object.__setattr__(self, name, whole_number(name, getattr(self, name)))
        one_of("directions", self.directions, ("positive", "both"))

    def __len__(self) -> int:
        return len(self.offsets)

    @property
    def offsets(self) -> tuple[Offset, ...]:
        """The end of each path, in the column order of the published L-CB.

        The site itself, then axis by axis, backwards before forwards, near before far.
        """
        signs = (-1, 1) if self.directions == "both" else (1,)
        hops = range(1, self.kernel_size)
        ends = [(mu, s * k * self.dilation) for mu in range(self.d) for s in signs for k in hops]
        return ((0, 0), *ends) if self.centre or not ends else tuple(ends)


@final
@dataclass(frozen=True, eq=False, repr=False)
class Transporter:
    """The links of a batch of configurations, prepared to carry any number of fields.

    Every layer takes one in place of the links; a network makes it once for all its layers.

    Parameters
    ----------
    links
        Shape (B, d, *extents, N, N), complex.

    Examples
    --------
    >>> Transporter(torch.ones(5, 2, 4, 6, 1, 1, dtype=torch.complex64))
    Transporter(5 configurations of 4x6, N = 1)
    """

    links: Tensor

    def __post_init__(self) -> None:
        check_links(self.links)

    def __repr__(self) -> str:
        box = "x".join(map(str, extents_of(self.links)))
        return f"Transporter({len(self.links)} configurations of {box}, N = {self.links.shape[-1]})"

    @property
    def d(self) -> int:
        """The number of directions."""
        return self.links.shape[1]

    @cached_property
    def matrices(self) -> tuple[Tensor, ...]:
        """For each direction the matrix of W -> U W U^+ on packed matter, (B, *extents, 2N^2, 2N^2)."""
        U = self.links.resolve_conj().movedim(1, 0)
        N, sites = U.shape[-1], U.shape[:-2]
        # (U W U^+)_ik = sum_jl U_ij conj(U_kl) W_jl: axes k, i, l, j, then k, r, i, l, s, j with (r, s) the
        # real 2 x 2 matrix of the complex factor.
        A = U.conj().reshape(*sites, N * N, 1) * U.reshape(*sites, 1, N * N)
        A = A.reshape(*sites, N, N, N, N).transpose(-3, -2).contiguous()
        re, im = torch.view_as_real(A).unbind(-1)
        R = torch.stack((torch.stack((re, -im), dim=-2), torch.stack((im, re), dim=-2)), dim=-5)
        return R.reshape(*sites, 2 * N * N, 2 * N * N).unbind(0)

    def hop(self, packed: Tensor, mu: int, sign: int) -> Tensor:
        """Carry packed matter by one site: to x from x + mu for sign = 1, from x - mu for sign = -1."""
        R, shape = self.matrices[mu], packed.shape
        if sign > 0:
            packed = torch.roll(packed, -1, dims=1 + mu)
            return (R @ packed.reshape(*R.shape[:-1], -1)).reshape(shape)
        return torch.roll((R.mT @ packed.reshape(*R.shape[:-1], -1)).reshape(shape), 1, dims=1 + mu)

    def carry(self, packed: Tensor, offsets: Iterable[Offset]) -> list[Tensor]:
        """Return packed matter carried here from each offset; hops in common are made once."""
        known: dict[Offset, Tensor] = {}
        carried = []
        for mu, steps in offsets:
            field, sign = packed, 1 if steps > 0 else -1
            for k in range(1, abs(steps) + 1):
                if (mu, sign * k) not in known:
                    known[mu, sign * k] = self.hop(field, mu, sign)
                field = known[mu, sign * k]
            carried.append(field)
        return carried


def transporter(links: Tensor | Transporter) -> Transporter:
    """Return the links prepared for transport; one that is prepared already is returned as it is."""
    return links if isinstance(links, Transporter) else Transporter(links)


def transport(links: Tensor | Transporter, matter: Tensor, mu: int, steps: int = 1) -> Tensor:
    """Matter carried to x from x + steps mu along the straight path, for any sign of `steps`.

    Parameters
    ----------
    links
        Shape (B, d, *extents, N, N), or a `Transporter`.
    matter
        Shape (B, C, *extents, N, N).

    Returns
    -------
    Tensor
        Shape (B, C, *extents, N, N); adjoint at x if the matter is.

    Raises
    ------
    ShapeError
        If links and matter do not fit together.
    InputError
        If there is no direction mu.

    Examples
    --------
    >>> links = torch.ones(1, 1, 4, 1, 1, dtype=torch.complex64)
    >>> matter = torch.arange(4).to(torch.complex64).reshape(1, 1, 4, 1, 1)
    >>> transport(links, matter, 0, -1).real.flatten()
    tensor([3., 0., 1., 2.])
    """
    prepared = transporter(links)
    check_fit(prepared.links, matter)
    if not 0 <= mu < prepared.d:
        raise InputError(f"transport along direction {mu}", f"{prepared.d} directions", "count from 0")
    return unpack(prepared.carry(pack(matter), [(mu, steps)])[0])
