"""The L-CNN layers as the papers write them, in plain numpy, all pairs formed: an oracle for `lcnn.gauge`.

Nothing here is shared with the layers: transports are einsums, the slots are enumerated in their own loops.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from lgt.group import UnitaryGroup

Array = NDArray[Any]


def hop(U: Array, W: Array, mu: int, sign: int) -> Array:
    """One hop of matter (B, C, *extents, N, N) with links (B, d, *extents, N, N)."""
    link = U[:, mu : mu + 1]
    if sign > 0:
        return np.einsum("...ij,...jk,...lk->...il", link, np.roll(W, -1, axis=2 + mu), link.conj())
    behind, there = (np.roll(F, 1, axis=2 + mu) for F in (link, W))
    return np.einsum("...ji,...jk,...kl->...il", behind.conj(), there, behind)


def slots(U: Array, W: Array, K: int, *, centre: bool, both: bool, dilation: int = 1) -> list[Array]:
    """The transported fields, local first, axis by axis, backwards before forwards, near before far."""
    found = [W] if centre or K == 1 else []
    for mu in range(U.shape[1]):
        for sign in (-1, 1) if both else (1,):
            there = W
            for _ in range(K - 1):
                for _ in range(dilation):
                    there = hop(U, there, mu, sign)
                found.append(there)
    return found


def enlarged(fields: list[Array], *, adjoint: bool, unit: bool) -> Array:
    """All channels, then their daggers, then 1."""
    W = np.concatenate(fields, axis=1)
    parts = [W]
    if adjoint:
        parts.append(np.conj(np.swapaxes(W, -1, -2)))
    if unit:
        parts.append(np.broadcast_to(np.eye(W.shape[-1]), (W.shape[0], 1, *W.shape[2:])))
    return np.concatenate(parts, axis=1)


def products(theta: Array, w: Array, t: Array) -> Array:
    """sum_vw theta[u, v, w] w_v t_w, with every pair w_v t_w formed."""
    pairs = np.einsum("bv...ij,bw...jk->bvw...ik", w, t)
    return np.einsum("uvw,bvw...->bu...", theta, pairs)


def random_fields(
    group: UnitaryGroup, extents: tuple[int, ...], channels: int, seed: int, batch: int = 2
) -> tuple[Array, Array]:
    """Haar links and Gaussian complex matter, which is covariant but not made of links."""
    rng = np.random.default_rng(seed)
    shape = (batch, channels, *extents, group.N, group.N)
    W = rng.standard_normal(shape) + 1j * rng.standard_normal(shape)
    return group.haar(rng, (batch, len(extents), *extents)), W


def as_numpy(function: Callable[..., Any]) -> Callable[..., Array]:
    """A function of torch tensors as one of numpy arrays."""

    def wrapped(*arrays: Array) -> Array:
        with torch.no_grad():
            out: Array = function(*map(torch.tensor, arrays)).numpy()
        return out

    return wrapped
