"""Convolutions in one to four dimensions, held to sums by hand."""

from __future__ import annotations

from itertools import product

import pytest
import torch
from torch import Tensor

from lcnn._convolution import convolve, padded


def _by_hand(
    field: Tensor, weight: Tensor, before: list[int], after: list[int], stride: list[int], circular: bool
) -> Tensor:
    """Every output site on its own."""
    extents, sizes = field.shape[2:], weight.shape[2:]
    shape = [
        (L + b + a - K) // s + 1 for L, K, b, a, s in zip(extents, sizes, before, after, stride, strict=True)
    ]
    out = torch.zeros(len(field), len(weight), *shape, dtype=field.dtype)
    for x in product(*map(range, shape)):
        for k in product(*map(range, sizes)):
            at = [s * i + j - b for s, i, j, b in zip(stride, x, k, before, strict=True)]
            if circular:
                at = [i % L for i, L in zip(at, extents, strict=True)]
            if all(0 <= i < L for i, L in zip(at, extents, strict=True)):
                out[(..., *x)] += field[(..., *at)] @ weight[(..., *k)].T
    return out


CASES = [(d, s, c) for d in (1, 2, 3, 4) for s in (1, 2) for c in (True, False)]


@pytest.mark.parametrize(("d", "step", "circular"), CASES)
def test_what_it_computes(d: int, step: int, circular: bool) -> None:
    extents, sizes = [4, 2, 6, 4][:d], [3, 2, 1, 3][:d]
    before, after = [1, 0, 0, 2][:d], [1, 1, 0, 0][:d]
    stride = [step, 1, step, step][:d]
    field = torch.randn(2, 3, *extents, dtype=torch.float64)
    weight, bias = torch.randn(2, 3, *sizes, dtype=torch.float64), torch.randn(2, dtype=torch.float64)
    found = convolve(field, weight, bias, before=before, after=after, stride=stride, circular=circular)
    expected = _by_hand(field, weight, before, after, stride, circular)
    expected += bias.reshape(-1, *[1] * d)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-13)


def test_even_padding_of_zeros_is_left_to_torch_and_the_same() -> None:
    field, weight = torch.randn(1, 2, 5, 4), torch.randn(3, 2, 3, 3)
    by_torch = convolve(field, weight, before=(1, 1), after=(1, 1), circular=False)
    by_pad = convolve(padded(field, (1, 1), (1, 1), False), weight, before=(0, 0), after=(0, 0))
    torch.testing.assert_close(by_torch, by_pad)


def test_padding_of_four_axes_wraps_each() -> None:
    field = torch.arange(2.0 * 3 * 2 * 3).reshape(1, 1, 2, 3, 2, 3)
    wide = padded(field, (1, 0, 2, 1), (0, 2, 1, 1), True)
    assert wide.shape == (1, 1, 3, 5, 5, 5)
    for x in product(range(3), range(5), range(5), range(5)):
        source = ((x[0] - 1) % 2, x[1] % 3, (x[2] - 2) % 2, (x[3] - 1) % 3)
        assert wide[(0, 0, *x)] == field[(0, 0, *source)]
