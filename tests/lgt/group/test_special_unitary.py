"""What is particular to SU(N): generators as printed in books, the centre, the minimal logarithm."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from lgt.errors import InputError
from lgt.group import SU


def test_su2_generators_are_pauli() -> None:
    sigma = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
    assert np.array_equal(SU(2).generators, -0.5j * sigma)


def test_su3_generators_are_gell_mann() -> None:
    T = SU(3).generators
    assert np.array_equal(T[3], -0.5j * np.array([[0, 0, 1], [0, 0, 0], [1, 0, 0]]))
    assert np.array_equal(T[6], -0.5j * np.array([[0, 0, 0], [0, 0, -1j], [0, 1j, 0]]))
    assert np.allclose(T[7], -0.5j * np.diag([1, 1, -2]) / np.sqrt(3), atol=1e-16)


def test_su3_structure_constants() -> None:
    """[T^a, T^b] = f_abc T^c with the f of Gell-Mann (Phys. Rev. 125 (1962) 1067, table II)."""
    T = SU(3).generators
    f = SU(3).coordinates(np.einsum("aij,bjk->abik", T, T) - np.einsum("bij,ajk->abik", T, T))
    published = {
        (1, 2, 3): 1,
        (1, 4, 7): 1 / 2,
        (1, 5, 6): -1 / 2,
        (2, 4, 6): 1 / 2,
        (2, 5, 7): 1 / 2,
        (3, 4, 5): 1 / 2,
        (3, 6, 7): -1 / 2,
        (4, 5, 8): np.sqrt(3) / 2,
        (6, 7, 8): np.sqrt(3) / 2,
    }
    for a, b, c in itertools.combinations(range(1, 9), 3):
        assert f[a - 1, b - 1, c - 1] == pytest.approx(published.get((a, b, c), 0), abs=1e-15)
    assert np.allclose(f, -np.swapaxes(f, 0, 1), atol=1e-15)
    assert np.allclose(f, -np.swapaxes(f, 1, 2), atol=1e-15)


@pytest.mark.parametrize("N", [2, 3, 4, 6])
def test_completeness(N: int) -> None:
    T, one = SU(N).generators, np.eye(N)
    left = np.einsum("aij,akl->ijkl", T, T)
    right = -0.5 * (np.einsum("il,jk->ijkl", one, one) - np.einsum("ij,kl->ijkl", one, one) / N)
    assert np.allclose(left, right, atol=1e-15)


@pytest.mark.parametrize("N", [2, 3, 4, 5])
def test_the_centre(N: int) -> None:
    group = SU(N)
    assert group.centre.shape == (N, N, N)
    assert group.defect(group.centre).max() < 2e-15
    U = group.haar(np.random.default_rng(0))
    assert np.allclose(group.centre @ U, U @ group.centre, atol=1e-15)
    powers = np.array([np.linalg.matrix_power(group.centre[1], k) for k in range(N)])
    assert np.allclose(powers, group.centre, atol=2e-15)
    assert np.allclose(group.adjoint(group.centre), np.eye(group.dimension), atol=2e-15)
    X = group.log(group.centre)
    assert np.abs(group.exp(X) - group.centre).max() < 1e-14
    assert np.abs(np.trace(X, axis1=-2, axis2=-1)).max() < 1e-14


@pytest.mark.parametrize("N", [2, 3, 4])
def test_log_is_the_shortest(N: int) -> None:
    """Among all traceless logarithms, eigenvalue angles moved by 2 pi n, none has a smaller norm."""
    group = SU(N)
    U = group.haar(np.random.default_rng(1), (60,))
    norms = np.linalg.norm(group.log(U), axis=(-2, -1))
    angles = np.angle(np.linalg.eigvals(U))
    moved = 0
    for theta, norm in zip(angles, norms, strict=True):
        choices = [theta + 2 * np.pi * np.array(n) for n in itertools.product((-1, 0, 1), repeat=N)]
        shortest = min(np.linalg.norm(c) for c in choices if abs(c.sum()) < 1e-6)
        assert norm == pytest.approx(shortest, abs=1e-12)
        moved += abs(theta.sum()) > 1
    assert (moved > 0) == (N > 2)


def test_project_takes_the_principal_root() -> None:
    """Polar, then det^(-1/N) with the angle of det in (-pi, pi]."""
    for angle in (-3.0, -0.1, 0.1, 3.0):
        M = 2.5 * np.exp(1j * angle / 3) * np.eye(3)
        assert np.allclose(SU(3).project(M), np.eye(3), atol=1e-15)
    M = np.exp(1j * (np.pi + 0.3) / 3) * np.eye(3)
    assert np.allclose(SU(3).project(M), np.exp(2j * np.pi / 3) * np.eye(3), atol=1e-15)


@pytest.mark.parametrize("N", [1, 0, -3, 2.0, "3", None])
def test_bad_n_is_refused(N: object) -> None:
    with pytest.raises(InputError, match="the group SU"):
        SU(N)  # type: ignore[arg-type]


def test_names() -> None:
    assert repr(SU(3)) == "SU(3)"
    assert SU(12).key == "SU12"
    assert SU(np.int64(3)) == SU(3)  # type: ignore[arg-type]
    assert type(SU(np.int64(3)).N) is int  # type: ignore[arg-type]
