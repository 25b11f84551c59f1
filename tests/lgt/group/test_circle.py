"""What is particular to U(1): phases and angles, no trace removed, a continuous centre."""

from __future__ import annotations

import numpy as np
import pytest

from lgt.errors import PhysicsError
from lgt.group import SU, U1


def phases(angles: np.ndarray) -> np.ndarray:
    return np.exp(1j * np.asarray(angles))[..., None, None]


def test_exp_and_log_are_angles() -> None:
    angles = np.linspace(-np.pi + 1e-6, np.pi, 17)
    assert np.allclose(U1().exp(U1().algebra(angles[:, None])), phases(angles), atol=1e-15)
    assert np.allclose(U1().log(phases(angles)), 1j * angles[:, None, None], atol=2e-15)
    assert np.allclose(U1().exp(U1().algebra([20.0])), phases(20.0), atol=1e-15)


def test_the_force_part_is_the_imaginary_part() -> None:
    M = np.array([[3.0 - 2.0j]])
    assert U1().antihermitian(M).tolist() == [[-2j]]
    assert U1().coordinates(M).tolist() == [-2.0]


def test_project_is_the_phase() -> None:
    M = np.array([[[3.0 - 4.0j]], [[-2.0]]])
    assert np.allclose(U1().project(M)[:, 0, 0], [0.6 - 0.8j, -1], atol=1e-15)
    assert np.allclose(U1().reunitarise(M)[:, 0, 0], [0.6 - 0.8j, -1], atol=1e-15)


def test_haar_angles_are_uniform() -> None:
    U = U1().haar(np.random.default_rng(0), (20_000,))
    counts = np.histogram(np.angle(U[:, 0, 0]), bins=32, range=(-np.pi, np.pi))[0]
    chi2 = ((counts - 625) ** 2 / 625).sum()
    assert abs(chi2 - 31) < 4 * np.sqrt(62)


def test_the_centre_is_refused() -> None:
    with pytest.raises(PhysicsError, match="continuous"):
        _ = U1().centre


def test_names() -> None:
    assert repr(U1()) == "U(1)"
    assert U1().key == "U1"
    assert (U1().N, U1().dimension) == (1, 1)
    assert U1() == U1() != SU(2)
