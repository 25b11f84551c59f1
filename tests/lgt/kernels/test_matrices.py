"""Matrices of lanes against numpy: back to the group, and the exponential."""

from __future__ import annotations

import numpy as np
import pytest
from oracle.one_link import packed, unpacked
from scipy.linalg import expm

from lgt.group import SU, U1, UnitaryGroup
from lgt.kernels.exponential import ROOM, exponential
from lgt.kernels.layout import size_of
from lgt.kernels.packed import aligned
from lgt.kernels.reunitarise import reunitarise

GROUPS = [U1(), SU(2), SU(3), SU(4), SU(5), SU(6), SU(8), SU(9)]


@pytest.mark.parametrize("group", GROUPS, ids=repr)
def test_reunitarise_agrees_with_the_group(group: UnitaryGroup) -> None:
    rng = np.random.default_rng(group.N)
    for size in (1e-3, 1e-9):
        off = group.haar(rng, (8,)) + size * rng.standard_normal((8, group.N, group.N))
        u, scratch = packed(off), aligned((group.N, group.N, 2, 8))
        reunitarise(size_of(group.N), u.ctypes.data, 1, scratch.ctypes.data)
        assert group.defect(unpacked(u)).max() < 5e-15
        np.testing.assert_allclose(unpacked(u), group.reunitarise(off), atol=1e-14)


def exponentials(X: np.ndarray, factor: float) -> np.ndarray:
    N = X.shape[-1]
    x, result, scratch = packed(X), aligned((N, N, 2, 8)), aligned((ROOM, N, N, 2, 8))
    exponential(size_of(N), x.ctypes.data, factor, result.ctypes.data, scratch.ctypes.data)
    return unpacked(result)


@pytest.mark.parametrize("group", GROUPS, ids=repr)
@pytest.mark.parametrize("size", [0.0, 1e-8, 0.1, 1.0, 30.0])
def test_exponential(group: UnitaryGroup, size: float) -> None:
    rng = np.random.default_rng(group.N)
    X = group.algebra(size * rng.standard_normal((8, group.dimension)))
    found, exact = exponentials(X, 0.7), np.array([expm(0.7 * x) for x in X])
    # Lanes beyond the reach 3 of the series are halved and squared, and each squaring doubles the error.
    growth = 2.0 ** max(0, np.ceil(np.log2(max(1e-3, 0.7 * np.linalg.norm(X, axis=(1, 2)).max() / 3))))
    np.testing.assert_allclose(found, exact, atol=2e-15 * growth)
    assert group.defect(found).max() < 3e-15 * growth


@pytest.mark.parametrize("group", GROUPS, ids=repr)
def test_a_large_neighbour_in_the_vector_changes_no_bit(group: UnitaryGroup) -> None:
    X = group.algebra(np.random.default_rng(1).standard_normal((8, group.dimension)))
    alone = exponentials(X, 0.3)
    X[7] *= 100
    assert np.array_equal(exponentials(X, 0.3)[:7], alone[:7])
    # Where the squared lanes end up right all the same.
    np.testing.assert_allclose(exponentials(X, 0.3)[7], expm(0.3 * X[7]), atol=1e-12)


@pytest.mark.parametrize("group", GROUPS, ids=repr)
def test_a_huge_exponent_is_not_taken_for_an_element(group: UnitaryGroup) -> None:
    X = group.algebra(np.random.default_rng(1).standard_normal((8, group.dimension)))
    X /= np.linalg.norm(X, axis=(1, 2))[:, None, None]
    scales = np.array([1.0, 700.0, 800.0, 1e6, 1e200, np.inf, 1.0, np.nan])
    with np.errstate(all="ignore"):
        found = exponentials(X * scales[:, None, None], 1.0)
    assert np.isnan(found[[2, 3, 4, 5, 7]].reshape(5, -1)).all(axis=1).all()
    assert group.defect(found[[0, 1, 6]]).max() < 1e-12
