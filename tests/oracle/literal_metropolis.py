"""Metropolis by the values of an action alone: loops written out link by link, no staple, nothing of lgt.

``S = -(beta/N) sum [c0 Re tr P + c1 (Re tr R + Re tr R')]`` over all plaquettes P and both 1x2 rectangles R,
R' of every plane of a periodic box with extents of 3 or more. A link moves by a small random rotation of an
SU(2) subgroup, taken or not by the difference of the loops that hold it before and after (N. Metropolis et
al., J. Chem. Phys. 21 (1953) 1087).
"""

from __future__ import annotations

from itertools import combinations, product
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

Index = NDArray[np.int64]


def loops_of(extents: tuple[int, ...], c0: float, c1: float) -> tuple[Index, Index, NDArray[np.float64]]:
    """Every loop as a row of links and of signs (+1, -1 for an inverse, 0 for none), with its weight.

    Link ``mu * V + site`` leads from a site, numbered in C order, one step along mu.
    """
    d, volume = len(extents), int(np.prod(extents))

    def walk(site: tuple[int, ...], steps: list[tuple[int, int]]) -> list[tuple[int, int]]:
        at, passed = list(site), []
        for mu, sign in steps:
            if sign < 0:
                at[mu] = (at[mu] - 1) % extents[mu]
            passed.append((mu * volume + int(np.ravel_multi_index(at, extents)), sign))
            if sign > 0:
                at[mu] = (at[mu] + 1) % extents[mu]
        assert tuple(at) == site
        return passed

    rows, weights = [], []
    for site in product(*map(range, extents)):
        for mu, nu in combinations(range(d), 2):
            for r, t, weight in ((1, 1, c0), (2, 1, c1), (1, 2, c1)):
                steps = [(mu, 1)] * r + [(nu, 1)] * t + [(mu, -1)] * r + [(nu, -1)] * t
                rows.append(walk(site, steps) + [(0, 0)] * (6 - len(steps)))
                weights.append(weight)
    table = np.array(rows)
    return table[..., 0], table[..., 1], np.array(weights)


@numba.njit
def re_trace(links: Any, row: Any, signs: Any, left: Any, right: Any) -> float:
    """Re tr of one loop; `left` and `right` are room for two matrices."""
    N, length = links.shape[1], 6 if signs[4] else 4
    u = links[row[0]]  # the first step of a loop is forward
    for i in range(N):
        for j in range(N):
            left[i, j] = u[i, j]
    for k in range(1, length - 1):
        u = links[row[k]]
        for i in range(N):
            for j in range(N):
                total = 0j
                for m in range(N):
                    total += left[i, m] * (u[m, j] if signs[k] > 0 else u[j, m].conjugate())
                right[i, j] = total
        left, right = right, left
    trace, u = 0.0, links[row[length - 1]]  # and the last one is backward
    for i in range(N):
        for m in range(N):
            trace += (left[i, m] * u[i, m].conjugate()).real
    return trace


@numba.njit
def local(links: Any, rows: Any, signs: Any, weights: Any, loops: Any, left: Any, right: Any) -> float:
    """The weighted sum of Re tr of some loops."""
    total = 0.0
    for loop in loops:
        total += weights[loop] * re_trace(links, rows[loop], signs[loop], left, right)
    return total


@numba.njit
def _run(
    links: Any,
    rows: Any,
    signs: Any,
    weights: Any,
    held: Any,
    beta: float,
    step: float,
    hits: int,
    thermalise: int,
    sweeps: int,
    rng: Any,
) -> Any:
    """Mean (1/N) Re tr P after each sweep. `held` has the loops of each link, one row a link."""
    N, out = links.shape[1], np.empty(sweeps)
    left, right = np.empty((N, N), np.complex128), np.empty((N, N), np.complex128)
    old = left.copy()
    for sweep in range(thermalise + sweeps):
        for link in range(links.shape[0]):
            now = local(links, rows, signs, weights, held[link], left, right)
            for _ in range(hits):
                for i in range(N - 1):
                    for j in range(i + 1, N):
                        length, z = step * rng.random(), 2.0 * rng.random() - 1.0
                        phi, radius = 2.0 * np.pi * rng.random(), length * np.sqrt(1.0 - z * z)
                        a = complex(np.sqrt(1.0 - length * length), length * z)
                        b = complex(radius * np.cos(phi), radius * np.sin(phi))
                        old[:] = links[link]
                        for k in range(N):
                            links[link, i, k] = a * old[i, k] + b * old[j, k]
                            links[link, j, k] = a.conjugate() * old[j, k] - b.conjugate() * old[i, k]
                        after = local(links, rows, signs, weights, held[link], left, right)
                        if rng.random() <= np.exp(beta / N * (after - now)):
                            now = after
                        else:
                            links[link] = old
        if sweep >= thermalise:
            total, count = 0.0, 0
            for loop in range(weights.size):
                if signs[loop, 4] == 0:
                    total += re_trace(links, rows[loop], signs[loop], left, right)
                    count += 1
            out[sweep - thermalise] = total / count / N
    return out


def plaquette_series(
    extents: tuple[int, ...],
    N: int,
    beta: float,
    c0: float,
    c1: float,
    sweeps: int,
    *,
    thermalise: int = 200,
    step: float = 0.9,
    hits: int = 3,
    seed: int = 1,
) -> NDArray[np.float64]:
    """The mean plaquette of SU(N) after each sweep of one chain from a cold start, shape (sweeps,)."""
    assert min(extents) >= 3
    rows, signs, weights = loops_of(extents, c0, c1)
    count = len(extents) * int(np.prod(extents))
    held = [np.flatnonzero(((rows == link) & (signs != 0)).any(axis=1)) for link in range(count)]
    links = np.tile(np.eye(N, dtype=np.complex128), (count, 1, 1))
    rng = np.random.default_rng(seed)
    series = _run(links, rows, signs, weights, np.array(held), beta, step, hits, thermalise, sweeps, rng)
    return np.asarray(series)
