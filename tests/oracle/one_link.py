"""A Markov chain of one link in the field of a fixed staple, eight of them in the lanes of a vector."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from lgt.kernels.lanes import as_bits, f64x8, i64x8, lane, load
from lgt.kernels.layout import size_of
from lgt.kernels.packed import aligned
from lgt.rng import Purpose
from lgt.update._draw import Address
from lgt.update.heatbath import ATTEMPTS, heat_link
from lgt.update.metropolis import move_link
from lgt.update.overrelaxation import reflect_link

LANES = 8
_METROPOLIS = int(Purpose.METROPOLIS) << 16


def packed(matrices: NDArray[np.complex128]) -> NDArray[np.float64]:
    """Eight matrices, shape (8, N, N), as one matrix of vectors, shape (N, N, 2, 8)."""
    vectors = aligned((*matrices.shape[1:], 2, LANES))
    vectors[..., 0, :], vectors[..., 1, :] = (
        np.moveaxis(matrices.real, 0, -1),
        np.moveaxis(matrices.imag, 0, -1),
    )
    return vectors


def unpacked(vectors: NDArray[np.float64]) -> NDArray[np.complex128]:
    return np.moveaxis(vectors[..., 0, :] + 1j * vectors[..., 1, :], -1, 0)


@numba.njit
def _heat(size: Any, link: int, staple: int, beta: float, sites: int, number: int, attempts: int) -> int:
    site = as_bits(load(f64x8(0.0), sites))
    exhausted = heat_link(size, link, staple, beta, site, i64x8(3), 0, number, 7, attempts)
    total = 0
    for k in range(LANES):
        total += lane(exhausted, k)
    return total


@numba.njit
def _reflect(size: Any, link: int, staple: int) -> None:
    reflect_link(size, link, staple)


def reflect(links: NDArray[np.complex128], staples: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """Reflect eight links once, each in the field of its staple; shapes (8, N, N)."""
    u, a = packed(links), packed(staples)
    _reflect(size_of(links.shape[-1]), u.ctypes.data, a.ctypes.data)
    return unpacked(u)


@numba.njit
def _move(
    size: Any, link: int, staple: int, beta: float, step: float, hits: int, sites: int, number: int
) -> int:
    site = as_bits(load(f64x8(0.0), sites))
    total = 0
    for hit in range(hits):
        at = Address(site, i64x8(3), _METROPOLIS, number, 7)
        refused = move_link(size, link, staple, beta, step, hit, at)
        for k in range(LANES):
            total += lane(refused, k)
    return total


def metropolis_chains(
    staple: NDArray[np.complex128], beta: float, steps: int, hits: int, step: float
) -> tuple[NDArray[np.complex128], int]:
    """As `one_link_chains` by Metropolis alone: the links after each `hits` proposals, and the refusals."""
    N, sites = staple.shape[0], aligned((LANES,)).view(np.int64)
    sites[:] = np.arange(LANES)
    u = packed(np.broadcast_to(np.eye(N, dtype=complex), (LANES, N, N)))
    a = packed(np.broadcast_to(staple, (LANES, N, N)))
    out, refused = np.empty((steps, LANES, N, N), dtype=complex), 0
    for number in range(steps):
        words = size_of(N), u.ctypes.data, a.ctypes.data, beta, step, hits
        refused += _move(*words, sites.ctypes.data, number)
        out[number] = unpacked(u)
    return out, refused


def one_link_chains(
    staple: NDArray[np.complex128], beta: float, steps: int, attempts: int = ATTEMPTS, reflections: int = 1
) -> tuple[NDArray[np.complex128], int]:
    """Eight chains in the field of one staple (N, N), shape (steps, 8, N, N), and the exhausted draws."""
    N, sites = staple.shape[0], aligned((LANES,)).view(np.int64)
    sites[:] = np.arange(LANES)
    u = packed(np.broadcast_to(np.eye(N, dtype=complex), (LANES, N, N)))
    a = packed(np.broadcast_to(staple, (LANES, N, N)))
    out, exhausted = np.empty((steps, LANES, N, N), dtype=complex), 0
    words = size_of(N), u.ctypes.data, a.ctypes.data
    for step in range(steps):
        exhausted += _heat(*words, beta, sites.ctypes.data, step, attempts)
        for _ in range(reflections):
            _reflect(*words)
        out[step] = unpacked(u)
    return out, exhausted
