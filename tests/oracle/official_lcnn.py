"""The published L-CNN as its formulas say, site by site with Python loops: an oracle for `lcnn.official`.

Fields are x (B, V, D + C, N, N, 2): sites flattened in C order, D links, then C channels, (re, im). Sites are
found by `numpy.unravel_index` and nothing is shared with the package.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def neighbour(x: int, extents: Sequence[int], mu: int, step: int) -> int:
    place = list(np.unravel_index(x, extents))
    place[mu] = (place[mu] + step) % extents[mu]
    return int(np.ravel_multi_index(place, extents))


def plaquette(u: Array, extents: Sequence[int], x: int, i: int, j: int) -> Array:
    """U_i(x) U_j(x + i) U_i(x + j)^+ U_j(x)^+ of links (V, D, N, N)."""
    right, up = neighbour(x, extents, i, 1), neighbour(x, extents, j, 1)
    product: Array = u[x, i] @ u[right, j] @ u[up, i].conj().T @ u[x, j].conj().T
    return product


def input_planes(D: int) -> list[tuple[int, int]]:
    """(i, j) with i > j, in the order of the authors' loops."""
    return [(i, j) for i in range(D) for j in range(i)]


def make_input(u: Array, extents: Sequence[int], daggers: bool = False) -> Array:
    """x (B, V, D + C, N, N, 2) from links (B, V, D, N, N)."""
    batch, V, D = u.shape[:3]
    w = np.array(
        [
            [[plaquette(u[b], extents, x, i, j) for i, j in input_planes(D)] for x in range(V)]
            for b in range(batch)
        ]
    )
    if daggers:
        w = np.concatenate([w, np.conj(np.swapaxes(w, -1, -2))], axis=2)
    both = np.concatenate([u, w], axis=2)
    return np.stack([both.real, both.imag], axis=-1)


def carried(u: Array, w: Array, extents: Sequence[int], mu: int, sign: int) -> Array:
    """One hop of w (V, C, N, N)."""
    out = np.empty_like(w)
    for x in range(len(w)):
        y = neighbour(x, extents, mu, sign)
        U = u[x, mu] if sign > 0 else u[y, mu].conj().T
        out[x] = U @ w[y] @ U.conj().T
    return out


def enlarge(fields: Array) -> Array:
    """Channels (V, C, N, N), then their daggers, then 1."""
    one = np.broadcast_to(np.eye(fields.shape[-1]), (len(fields), 1, *fields.shape[-2:]))
    return np.concatenate([fields, np.conj(np.swapaxes(fields, -1, -2)), one], axis=1)


def layer(
    theta: Array,
    u: Array,
    w: Array,
    extents: Sequence[int],
    K: int,
    *,
    local: bool = True,
    symmetric: bool = False,
    steps: int = 1,
) -> Array:
    """sum_vw theta[u, v, w] w_v t_w at every site of w (V, C, N, N)."""
    slots = [w] if local else []
    for axis in range(len(extents)):
        for sign in (-1, 1) if symmetric else (1,):
            there = w
            for _ in range(K - 1):
                for _ in range(steps):
                    there = carried(u, there, extents, axis, sign)
                slots.append(there)
    left, right = enlarge(w), enlarge(np.concatenate(slots, axis=1))
    out = np.zeros((len(w), len(theta), *w.shape[-2:]), dtype=complex)
    for x in range(len(w)):
        for v in range(left.shape[1]):
            for t in range(right.shape[1]):
                out[x] += theta[:, v, t, None, None] * (left[x, v] @ right[x, t])
    return out


def predict(
    state: dict[str, Array], x: Array, extents: Sequence[int], sizes: Sequence[int], **options: Any
) -> Array:
    """Predictions (B, V) of the network with these weights."""
    D, out = len(extents), []
    for one in x[..., 0] + 1j * x[..., 1]:
        u, w = one[:, :D], one[:, D:]
        for i, K in enumerate(sizes):
            w = layer(state[f"convs.{i}.weight"], u, w, extents, K, **options)
        traces = np.einsum("xcii->xc", w)
        features = np.stack([traces.real, traces.imag], axis=-1).reshape(len(w), -1)
        out.append(features @ state["linears.0.weight"][0] + state["linears.0.bias"][0])
    return np.array(out)


def random_state(
    rows: Sequence[tuple[int, int, int]], D: int, seed: int, *, local: bool = True, symmetric: bool = False
) -> dict[str, Array]:
    """Gaussian weights of the layers (K, C, n_out) and a head, float64."""
    rng, state = np.random.default_rng(seed), {}
    for i, (K, C, n_out) in enumerate(rows):
        slots = int(local) + (2 if symmetric else 1) * D * (K - 1)
        a, b = 2 * C + 1, 2 * C * slots + 1
        state[f"convs.{i}.weight"] = rng.standard_normal((n_out, a, b)) / np.sqrt(a * b)
    state["linears.0.weight"] = rng.standard_normal((1, 2 * rows[-1][2]))
    state["linears.0.bias"] = rng.standard_normal(1)
    return state
