"""The linear algebra below the gauge groups, on U(N) where SU(N) would not reach."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg

from lgt.errors import InputError
from lgt.group import _matrix


def random_unitary(N: int, count: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.linalg.qr(rng.standard_normal((count, N, N)) + 1j * rng.standard_normal((count, N, N)))[0]


@pytest.mark.parametrize("N", [1, 2, 3, 5, 8])
def test_diagonalise_unitary(N: int) -> None:
    U = random_unitary(N, 200, N)
    angles, V = _matrix.diagonalise_unitary(U)
    assert angles.shape == (200, N)
    assert ((angles > -np.pi) & (angles <= np.pi)).all()
    assert np.abs(_matrix.from_eigen(np.exp(1j * angles), V) - U).max() < 1e-14
    assert np.abs(V @ _matrix.dagger(V) - np.eye(N)).max() < 1e-14
    expected = np.sort(np.angle(np.linalg.eigvals(U)), axis=-1)
    assert np.allclose(np.sort(angles, axis=-1), expected, atol=1e-13)


@pytest.mark.parametrize("N", [2, 3, 6])
def test_diagonalise_unitary_with_equal_eigenvalues(N: int) -> None:
    V = random_unitary(N, 1, 7)[0]
    tried = 0
    for repeats in range(1, N + 1):
        for phase in (0.0, 2.0, np.pi):
            angles = np.linspace(-2, 1, N)
            angles[:repeats] = phase
            U = _matrix.from_eigen(np.exp(1j * angles), V)
            found, W = _matrix.diagonalise_unitary(U)
            assert np.abs(_matrix.from_eigen(np.exp(1j * found), W) - U).max() < 1e-14
            assert np.abs(W @ _matrix.dagger(W) - np.eye(N)).max() < 1e-14
            tried += 1
    assert tried == 3 * N


@pytest.mark.parametrize("N", [1, 2, 3, 4])
def test_exp_with_a_trace(N: int) -> None:
    """The algebra of U(N): the phase of the closed form for N = 2 is not seen by SU(2)."""
    rng = np.random.default_rng(3)
    M = rng.standard_normal((50, N, N)) + 1j * rng.standard_normal((50, N, N))
    X = (M - _matrix.dagger(M)) / 2
    expected = np.array([scipy.linalg.expm(x) for x in X])
    assert np.abs(_matrix.exp_antihermitian(X) - expected).max() < 1e-14


def test_orthonormal_rows_is_gram_schmidt() -> None:
    rng = np.random.default_rng(4)
    M = rng.standard_normal((10, 4, 4)) + 1j * rng.standard_normal((10, 4, 4))
    out = _matrix.orthonormal_rows(M)
    assert np.abs(out @ _matrix.dagger(out) - np.eye(4)).max() < 1e-13
    L = M @ _matrix.dagger(out)  # M = L out with L lower triangular, its diagonal positive
    assert np.abs(np.triu(L, 1)).max() < 1e-13
    diagonal = np.diagonal(L, axis1=-2, axis2=-1)
    assert (diagonal.real > 0).all()
    assert np.abs(diagonal.imag).max() < 1e-13


def test_polar_names_the_group_it_was_asked_for() -> None:
    with pytest.raises(InputError, match="projection on SU"):
        _matrix.polar(np.zeros((1, 3, 3), dtype=complex), "SU(3)")


@pytest.mark.parametrize("N", [2, 3, 4, 7])
def test_gell_mann_is_cached_and_read_only(N: int) -> None:
    assert _matrix.gell_mann(N) is _matrix.gell_mann(N)
    assert not _matrix.gell_mann(N).flags.writeable
    assert np.abs(np.trace(_matrix.gell_mann(N), axis1=-2, axis2=-1)).max() < 1e-15
