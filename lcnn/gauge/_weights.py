"""Initial weights of the gauge layers."""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Generator, Tensor, nn

from lcnn._arguments import finite_number, one_of

Init = Literal["balanced", "gaussian", "published", "master"]
"""How the weights of a bilinear layer start: see `bilinear_weight`."""

NEIGHBOURS = 0.025
"""The share of single transported fields in the mean square of a balanced layer's output."""

QUADRATIC = 0.025
"""The share of products of two fields."""


def linear_weight(n_out: int, n_in: int, init_w: float, generator: Generator | None) -> nn.Parameter:
    """Weights (n_out, n_in) ~ Normal(0, init_w / sqrt(n_in)), which keep the mean square of the field."""
    check_scale(init_w)
    return nn.Parameter(torch.randn(n_out, n_in, generator=generator) * (init_w / math.sqrt(n_in)))


def bilinear_weight(
    n_out: int,
    a: int,
    b: int,
    *,
    n_in: int,
    unit: bool,
    init: Init,
    init_w: float,
    generator: Generator | None,
) -> nn.Parameter:
    """Draw weights (n_out, a, b) of ``sum_vw weight[u, v, w] w_v t_w``; the last v and w are 1 if `unit`.

    The first `n_in` of the w_v are the fields here, their daggers may follow.

    Let f be the mean square of the field's entries, relative to those of a unitary matrix.

    ``"published"``
        Normal(0, init_w / sqrt(a b)), as in the code of 2012.12901. Nearly all terms are products of two
        fields, so that one layer gives f' ~ f^2 and f = 1 is an unstable fixed point: L layers enlarge a
        deviation 2^L times, and deep stacks start far too large or far too small.
    ``"master"``
        The same with all weights of the two unit elements 0, as in the authors' later code: f' ~ f^2
        without a term that could stop the decay.
    ``"balanced"``
        95 % of the mean square in the fields here times 1, W'_u = sum_v O_uv W_v with an orthogonal O (a
        random choice of fields, with random signs, if there are fewer outputs than inputs), which keeps it
        whether the fields are alike or not; half of the rest each in the transported fields times 1 and in
        the products, with normal weights; no constant. f' is near 0.975 f + 0.025 f^2, so that L layers
        enlarge a deviation 1.025^L times. What all fields being alike adds to one another is random; at
        these shares it is less than a factor 3 over eight layers, one channel wide, at larger ones far
        more. The weights of each output have a sum of squares of init_w^2. Without unit elements there are
        no linear terms, and this is the published one.
    ``"gaussian"``
        Normal, with nine tenths of the mean square in the fields and the transported fields times 1 and one
        tenth in the products. It holds the size on average only, but neighbours are there from the first
        step: networks of few layers learn faster.

    Raises
    ------
    InputError
        If `init` is unknown, or `init_w` is no number.
    """
    check_scale(init_w)
    one_of("init", init, ("balanced", "gaussian", "published", "master"))
    weight = torch.randn(n_out, a, b, generator=generator)
    if init == "balanced" and unit and min(a, b) > 1:
        products, neighbours = weight[:, :-1, :-1], weight[:, -1:, :-1]
        for part, share in ((products, QUADRATIC), (neighbours, NEIGHBOURS)):
            part *= math.sqrt(share) / part.square().sum((1, 2), keepdim=True).sqrt()
        weight[:, :, -1] = 0
        local = math.sqrt(1 - QUADRATIC - NEIGHBOURS)
        weight[:, :n_in, -1] = local * _mixing(n_out, n_in, generator)
    elif init == "gaussian" and unit:
        weight[:, -1, -1] = 0
        weight[:, :-1, :-1] *= math.sqrt(0.1 / max((a - 1) * (b - 1), 1))
        weight[:, -1, :-1] *= math.sqrt(0.45 / max(b - 1, 1))
        weight[:, :-1, -1] *= math.sqrt(0.45 / max(a - 1, 1))
        weight /= weight.square().sum((1, 2), keepdim=True).sqrt()
    else:
        weight /= math.sqrt(a * b)
    if init == "master" and unit:
        weight[:, -1, :] = 0
        weight[:, :, -1] = 0
    return nn.Parameter(weight * init_w)


def _mixing(n_out: int, n_in: int, generator: Generator | None) -> Tensor:
    """Rows of unit length: orthogonal ones, or for n_out < n_in one entry of 1 or -1 each.

    A projection on n_out < n_in directions could nearly miss fields that are all alike.
    """
    if n_out >= n_in:
        return orthogonal_rows(n_out, n_in, generator)
    chosen = torch.randperm(n_in, generator=generator)[:n_out]
    signs = 1.0 - 2.0 * torch.randint(2, (n_out,), generator=generator)
    return torch.eye(n_in)[chosen] * signs[:, None]


def orthogonal_rows(n_out: int, n_in: int, generator: Generator | None) -> Tensor:
    """Draw a matrix (n_out, n_in) of unit rows: random orthogonal ones, one below the other as needed.

    ``W'_u = sum_v O_uv W_v`` keeps the mean square of the fields for n_out >= n_in even where they are
    correlated; independent Gaussian weights do so on average only, and a deep stack multiplies what they
    miss.
    """
    blocks = [
        nn.init.orthogonal_(torch.empty(n_in, n_in), generator=generator) for _ in range(-(-n_out // n_in))
    ]
    return torch.cat(blocks)[:n_out]


def check_scale(init_w: float) -> None:
    """Raise InputError unless the scale of initial weights is a finite number."""
    finite_number("init_w", init_w)
