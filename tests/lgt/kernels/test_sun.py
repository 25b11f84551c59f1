from __future__ import annotations

import numpy as np
import pytest

from lgt.group import SU, U1
from lgt.kernels import sun
from lgt.kernels.layout import size_of

SIZES = [1, 2, 3, 5]


def random_matrices(N: int, count: int) -> np.ndarray:
    rng = np.random.default_rng(N)
    return rng.standard_normal((count, N, N)) + 1j * rng.standard_normal((count, N, N))


@pytest.mark.parametrize("N", SIZES)
def test_products(N: int) -> None:
    a, b, c = random_matrices(N, 3)
    size = size_of(N)
    out = c.copy()
    sun.multiply(a, b, out, size)
    np.testing.assert_allclose(out, a @ b, atol=1e-13)
    out = c.copy()
    sun.add_product_dagger(a, b, out, size)
    np.testing.assert_allclose(out, c + a @ b.conj().T, atol=1e-13)
    out = c.copy()
    sun.add_dagger_product(a, b, out, size)
    np.testing.assert_allclose(out, c + a.conj().T @ b, atol=1e-13)
    sun.clear(out, size)
    assert not out.any()


@pytest.mark.parametrize("N", [2, 3, 5])
def test_block_and_rotation_of_two_rows(N: int) -> None:
    u, a = random_matrices(N, 2)
    al, be = 0.6 + 0.0j, 0.48 - 0.64j
    for i in range(N - 1):
        for j in range(i + 1, N):
            block = np.array(sun.block_of_product(u, a, i, j, size_of(N))).reshape(2, 2)
            np.testing.assert_allclose(block, (u @ a)[np.ix_([i, j], [i, j])], atol=1e-13)
            g = np.eye(N, dtype=complex)
            g[np.ix_([i, j], [i, j])] = [[al, be], [-np.conj(be), np.conj(al)]]
            rotated = u.copy()
            sun.rotate_rows(rotated, i, j, al, be, size_of(N))
            np.testing.assert_allclose(rotated, g @ u, atol=1e-13)


@pytest.mark.parametrize("N", [1, 2, 3, 4, 7])
def test_reunitarise_agrees_with_the_group(N: int) -> None:
    group = U1() if N == 1 else SU(N)
    rng = np.random.default_rng(N)
    links = group.haar(rng, (2, 12))
    links += 1e-6 * (rng.standard_normal(links.shape) + 1j * rng.standard_normal(links.shape))
    expected = group.reunitarise(links)
    assert group.defect(links).max() > 1e-7
    sun.reunitarise(links, size_of(N))
    assert group.defect(links).max() < 1e-14
    np.testing.assert_allclose(links, expected, atol=1e-13)


def test_determinant_needs_its_pivots() -> None:
    # A zero in the corner: elimination without row exchange would divide by it.
    links = np.array([[0, 1j, 0], [1j, 0, 0], [0, 0, 1.0]], dtype=complex).reshape(1, 1, 3, 3)
    expected = links.copy()
    sun.reunitarise(links, size_of(3))
    np.testing.assert_allclose(links, expected, atol=1e-15)
