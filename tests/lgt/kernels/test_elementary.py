from __future__ import annotations

from typing import Any

import numba
import numpy as np
import pytest

from lgt.kernels.elementary import exp, log, sincospi, uniforms
from lgt.kernels.lanes import f64x8, i64x8, load, store
from lgt.kernels.packed import aligned
from lgt.rng import Purpose, Stream


@numba.njit
def _log(x: int, y: int, n: int) -> None:
    for k in range(n):
        store(log(load(f64x8(0.0), x + 64 * k)), y + 64 * k)


@numba.njit
def _exp(x: int, y: int, n: int) -> None:
    for k in range(n):
        store(exp(load(f64x8(0.0), x + 64 * k)), y + 64 * k)


@numba.njit
def _sin(x: int, y: int, n: int) -> None:
    for k in range(n):
        store(sincospi(load(f64x8(0.0), x + 64 * k))[0], y + 64 * k)


@numba.njit
def _cos(x: int, y: int, n: int) -> None:
    for k in range(n):
        store(sincospi(load(f64x8(0.0), x + 64 * k))[1], y + 64 * k)


@numba.njit
def _uniforms(site: int, u: int, v: int, seed: int, chain: int) -> None:
    a, b = uniforms(
        i64x8(site), i64x8(3 | 1 << 8 | 1 << 16 | 2 << 24), i64x8(7), i64x8(5), seed, i64x8(chain)
    )
    store(a, u)
    store(b, v)


def applied(kernel: Any, values: np.ndarray) -> np.ndarray:
    x, y = aligned(values.shape), aligned(values.shape)
    x[:] = values
    kernel(x.ctypes.data, y.ctypes.data, values.size // 8)
    return y


def ulps(found: np.ndarray, exact: np.ndarray) -> float:
    return float(np.max(np.abs(found - exact) / np.spacing(np.abs(exact))))


RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    "values",
    [2.0 ** RNG.uniform(-52, 0, 8000), 1 - RNG.uniform(2.0**-52, 1e-3, 8000), RNG.uniform(0.5, 2, 8000)],
    ids=["uniforms", "near one", "around one"],
)
def test_log(values: np.ndarray) -> None:
    assert ulps(applied(_log, values), np.log(values)) <= 2
    assert np.array_equal(applied(_log, np.ones(8)), np.zeros(8))


def test_exp() -> None:
    values = np.concatenate([RNG.uniform(-700, 700, 8000), RNG.uniform(-1e-3, 1e-3, 8000)])
    assert ulps(applied(_exp, values), np.exp(values)) <= 2


def test_sine_and_cosine() -> None:
    values = np.concatenate([RNG.uniform(-4, 4, 7992), [0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, -0.5]])
    sine, cosine = applied(_sin, values), applied(_cos, values)
    exact = np.pi * np.asarray(values, dtype=np.longdouble)
    assert np.abs(sine - np.sin(exact)).max() < 1e-15
    assert np.abs(cosine - np.cos(exact)).max() < 1e-15
    assert np.abs(sine**2 + cosine**2 - 1).max() < 5e-16
    assert np.array_equal(sine[-8:], [0, sine[-7], 1, sine[-5], 0, -1, 0, -1])


@pytest.mark.parametrize(("seed", "chain"), [(0, 0), (1, 2), (2**32 - 1, 2**32 - 1)])
def test_uniforms_are_those_of_the_stream_bit_for_bit(seed: int, chain: int) -> None:
    u, v = aligned((8,)), aligned((8,))
    for site in (0, 1, 12345, 2**32 - 1):
        _uniforms(site, u.ctypes.data, v.ctypes.data, seed, chain)
        a, b = Stream(seed, chain).uniform(site, 3, 1, purpose=Purpose.HEATBATH, block=2, update=7, attempt=5)
        assert (u == a).all()
        assert (v == b).all()
