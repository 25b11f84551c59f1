"""What the layers do to the channels of packed matter: add daggers and the unit element, and mix.

Packed matter is (B, *extents, N, 2, N, C), real, see `lcnn.field.pack`: column, (re, im), row, channel.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from lcnn.field import check_fit, check_precision, extents_of
from lgt.errors import ShapeError


def check_input(
    weight: Tensor, matter: Tensor, n_in: int, beside: Tensor | None = None, d: int | None = None
) -> None:
    """Raise ShapeError or InputError unless a layer with such weights can take the matter and its company."""
    extents = extents_of(matter)
    if d is not None and len(extents) != d:
        raise ShapeError(
            f"fields in {d} dimensions", f"shape {tuple(matter.shape)}", "build the layer for them"
        )
    if matter.shape[1] != n_in:
        raise ShapeError(
            f"matter of {n_in} channels", f"shape {tuple(matter.shape)}", "give (B, C, *extents, N, N)"
        )
    if beside is not None:
        check_fit(beside, matter)
    check_precision(weight, matter)


def augmented(channels: int, adjoint: bool, unit: bool) -> int:
    """Return the number of channels after `augment`.

    Examples
    --------
    >>> augmented(8, adjoint=True, unit=True)
    17
    """
    return (2 if adjoint else 1) * channels + (1 if unit else 0)


def augment(fields: Sequence[Tensor], adjoint: bool, unit: bool) -> Tensor:
    """Join packed fields: all their channels, then the daggers of all, then 1 (the published order)."""
    first = fields[0]
    N = first.shape[-2]
    parts = list(fields)
    if adjoint:
        signs = torch.tensor([1.0, -1.0], dtype=first.dtype, device=first.device)[:, None, None]
        parts += [field.transpose(-4, -2) * signs for field in fields]
    if unit:
        one = torch.eye(N, dtype=first.dtype, device=first.device)
        entries = torch.stack((one, torch.zeros_like(one)), dim=1)[..., None]
        parts.append(entries.expand(*first.shape[:-1], 1))
    return torch.cat(parts, dim=-1)


def linear(weight: Tensor, field: Tensor) -> Tensor:
    """``out_u = sum_w weight[u, w] field_w`` on packed fields."""
    return field @ weight.mT


def bilinear(weight: Tensor, left: Tensor, right: Tensor) -> Tensor:
    """``out_u(x) = sum_vw weight[u, v, w] left_v(x) right_w(x)`` on packed fields, a matrix product each.

    The weights are contracted with the right factors first, so that no array holds all pairs: the
    largest one has u v channels. Both steps are real matrix products, over all sites and at each site.
    """
    n_out, a, b = weight.shape
    N = left.shape[-2]
    # Rows (site, column k, re/im, row j), columns (v, u): as it lies, each column k of the right factor
    # is the right-hand side of a product whose inner index is (re/im, j, v).
    mixed = right.reshape(-1, b) @ weight.permute(2, 1, 0).reshape(b, a * n_out)
    columns = mixed.view(-1, N, 2 * N * a, n_out).unbind(1)
    re, im = left.transpose(-4, -2).unbind(-3)
    rows = torch.stack((torch.stack((re, -im), dim=-3), torch.stack((im, re), dim=-3)), dim=-5)
    factor = rows.reshape(-1, 2 * N, 2 * N * a)
    out = torch.stack([factor @ column for column in columns], dim=1)
    return out.view(*left.shape[:-1], n_out)
