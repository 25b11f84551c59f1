"""Convolutions of torch tensors in one to four dimensions, on periodic grids and on grids with edges."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import conv1d, conv2d, conv3d, pad


def convolve(
    field: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    *,
    before: Sequence[int],
    after: Sequence[int],
    stride: Sequence[int] | None = None,
    circular: bool = True,
) -> Tensor:
    """``out(x) = bias + sum_k weight[k] field(stride x + k - before)``, what torch calls a convolution.

    Torch has up to three dimensions. Of four, the last axis is summed over tap by tap, each one a
    convolution along the others.

    Parameters
    ----------
    field
        Shape (B, n_in, *extents).
    weight
        Shape (n_out, n_in, *sizes).
    bias
        Shape (n_out,).
    before, after
        How many sites are added at both ends of each axis; on periodic grids no more than it has.
    stride
        Of each axis; 1 if None.
    circular
        Whether the sites added are those of the other end, or zeros.

    Returns
    -------
    Tensor
        Shape (B, n_out, *extents'), with L' = (L + before + after - size) // stride + 1.

    Examples
    --------
    >>> one = dict(before=(1,) * 4, after=(1,) * 4)
    >>> convolve(torch.ones(7, 2, 3, 4, 5, 6), torch.ones(5, 2, 3, 3, 3, 3), **one).shape
    torch.Size([7, 5, 3, 4, 5, 6])
    """
    d = field.ndim - 2
    steps = [1] * d if stride is None else list(stride)
    if d == 4:
        return _four(field, weight, bias, before, after, steps, circular)
    torchs = {1: conv1d, 2: conv2d, 3: conv3d}[d]
    if not circular and list(before) == list(after):
        return torchs(field, weight, bias, steps, list(before))
    return torchs(padded(field, before, after, circular), weight, bias, steps)


def padded(field: Tensor, before: Sequence[int], after: Sequence[int], circular: bool) -> Tensor:
    """Return (..., *extents) with sites added to the last axes, as many as there are numbers.

    Examples
    --------
    >>> padded(torch.tensor([[[1.0, 2.0, 3.0]]]), [1], [1], True)
    tensor([[[3., 1., 2., 3., 1.]]])
    """
    amounts = [n for pair in zip(reversed(before), reversed(after), strict=True) for n in pair]
    if not any(amounts):
        return field
    if not circular:
        return pad(field, amounts)
    if (n := len(before)) <= 3:
        flat = field.reshape(1, -1, *field.shape[-n:])  # torch pads no array of more axes
        wide = pad(flat, amounts, mode="circular")
        return wide.reshape(*field.shape[:-n], *wide.shape[2:])
    lead = padded(field.movedim(-4, 1), before[1:], after[1:], True).movedim(1, -4)
    return _wrapped(lead, -4, before[0], after[0])


def _wrapped(field: Tensor, axis: int, before: int, after: int) -> Tensor:
    """Add the sites of the other end along one axis."""
    L = field.shape[axis]
    ends = field.narrow(axis, L - before, before), field.narrow(axis, 0, after)
    return torch.cat([ends[0], field, ends[1]], dim=axis) if before or after else field


def _four(
    field: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    before: Sequence[int],
    after: Sequence[int],
    stride: Sequence[int],
    circular: bool,
) -> Tensor:
    """Convolve along the first three axes, slice by slice of the fourth, and sum over its taps."""
    slices = padded(field.movedim(5, 1), before[:3], after[:3], circular)
    if circular:
        slices = _wrapped(slices, 1, before[3], after[3])
    else:
        slices = pad(slices, [0] * 8 + [before[3], after[3]])
    L, K, step = slices.shape[1], weight.shape[5], stride[3]
    total = None
    for k in range(K):
        seen = slices[:, k : L - K + k + 1 : step]
        tap = conv3d(seen.flatten(0, 1), weight[..., k], bias if k == 0 else None, stride[:3])
        total = tap if total is None else total + tap
    assert total is not None
    return total.reshape(len(field), -1, *total.shape[1:]).movedim(1, 5)
