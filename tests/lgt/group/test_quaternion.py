"""Quaternions as arrays: every conversion there and back, next to the poles too."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle.rotations import quaternions

from lgt.errors import InputError, ShapeError
from lgt.group import SU, quaternion


def same_rotation(p: Any, q: Any) -> float:
    return float(np.max(np.minimum(np.abs(p - q).max(axis=-1), np.abs(p + q).max(axis=-1))))


@given(quaternions())
def test_conversions_return(q: Any) -> None:
    assert same_rotation(quaternion.from_euler(*quaternion.euler(q)), q) < 3e-15
    assert same_rotation(quaternion.from_matrix(quaternion.matrix(q)), q) < 3e-15
    assert np.abs(quaternion.from_su2(quaternion.su2(q)) - q).max() < 3e-15  # here the sign counts
    plus, minus, beta = quaternion.half_angles(q)
    assert np.abs(quaternion.from_euler(plus + minus, beta, plus - minus) - q).max() < 3e-15


@given(quaternions(), quaternions(), st.integers(0, 2**32 - 1))
def test_products(p: Any, q: Any, seed: int) -> None:
    product = quaternion.product(p, q)
    assert np.abs(quaternion.matrix(product) - quaternion.matrix(p) @ quaternion.matrix(q)).max() < 1e-14
    assert np.abs(quaternion.su2(product) - quaternion.su2(p) @ quaternion.su2(q)).max() < 3e-15
    assert np.abs(quaternion.product(q, quaternion.conjugate(q)) - [1, 0, 0, 0]).max() < 3e-15
    assert np.abs(SU(2).adjoint(quaternion.su2(q)) - quaternion.matrix(q)).max() < 1e-14


@pytest.mark.parametrize(
    ("axis", "before", "after"), [([1, 0, 0], 1, 2), ([0, 1, 0], 2, 0), ([0, 0, 1], 0, 1)], ids=str
)
def test_rotations_are_counterclockwise(axis: list[int], before: int, after: int) -> None:
    R = quaternion.matrix(quaternion.from_axis_angle(axis, np.pi / 2))
    assert np.abs(R @ np.eye(3)[before] - np.eye(3)[after]).max() < 1e-15
    assert np.abs(R @ axis - axis).max() < 1e-15


def test_euler_angles_are_z_y_z() -> None:
    z, y = [0, 0, 1], [0, 1, 0]
    turn, product = quaternion.from_axis_angle, quaternion.product
    expected = product(product(turn(z, 0.3), turn(y, 1.1)), turn(z, -2.0))
    assert np.abs(quaternion.from_euler(0.3, 1.1, -2.0) - expected).max() < 1e-15
    assert np.abs(quaternion.euler(expected) - [0.3, 1.1, -2.0]).max() < 1e-15


def test_euler_angles_keep_their_digits() -> None:
    """Next to the poles, relative to beta; the control reads them from the matrix."""
    beta = np.array([1e-300, 1e-30, 1e-12, 1e-9, 1e-5])
    q = quaternion.from_euler(0.7, beta, -1.9)
    angles = quaternion.euler(q)
    assert np.abs(angles[:, 1] / beta - 1).max() < 1e-15
    assert np.abs(angles[:, [0, 2]] - [0.7, -1.9]).max() < 1e-15
    read = np.arccos(np.clip(quaternion.matrix(q)[:, 2, 2], -1, 1))
    assert np.abs(read / beta - 1).max() > 1e-6


def test_conventions_at_the_poles() -> None:
    assert np.array_equal(quaternion.euler([1.0, 0, 0, 0]), [0, 0, 0])
    assert np.array_equal(quaternion.euler([1.0, -0.0, -0.0, -0.0]), [0, 0, 0])
    alpha, beta, gamma = quaternion.euler(quaternion.from_euler(0.4, 0.0, 0.8))
    assert (beta, alpha) == (0, gamma)
    assert alpha == pytest.approx(0.6, abs=1e-15)
    alpha, beta, gamma = quaternion.euler(quaternion.product([0, 0, 0.5, 0.0], [1, 0, 0, 1]))
    assert (beta, alpha) == (np.pi, -gamma)


def test_all_four_branches_of_from_matrix() -> None:
    rng = np.random.default_rng(0)
    for i in range(4):
        q = 0.1 * rng.normal(size=(50, 4))
        q[:, i] = 1
        q = quaternion.normalise(q)
        back = quaternion.from_matrix(quaternion.matrix(q))
        assert same_rotation(back, q) < 1e-15
        assert (back[:, 0] >= 0).all()


def test_angles() -> None:
    for angle in (0.0, 1e-200, 1e-9, 1.0, np.pi):
        q = quaternion.from_axis_angle([1, -2, 2], angle)
        assert quaternion.angle(q) == pytest.approx(angle, rel=1e-15, abs=0)
        assert quaternion.angle(-q) == pytest.approx(angle, rel=1e-15, abs=0)
    assert quaternion.angle(quaternion.from_axis_angle([0, 0, 1], 2 * np.pi - 0.5)) == pytest.approx(0.5)


def test_broadcasting() -> None:
    rng = np.random.default_rng(1)
    p, q = quaternion.haar(rng, (5, 1)), quaternion.haar(rng, (3,))
    assert quaternion.product(p, q).shape == (5, 3, 4)
    assert quaternion.from_axis_angle(rng.normal(size=(4, 1, 3)), np.ones(6)).shape == (4, 6, 4)
    assert quaternion.from_euler(np.zeros((2, 1)), 0.1, np.zeros(3)).shape == (2, 3, 4)
    assert quaternion.from_matrix(quaternion.matrix(np.zeros((0, 4)))).shape == (0, 4)
    assert quaternion.from_su2(quaternion.su2(quaternion.product(p, q))).shape == (5, 3, 4)


def test_any_length() -> None:
    q = np.array([1.0, 2.0, -2.0, 4.0])
    for scale in (1e-310, 1e-160, 1.0, 1e160, 1e307):
        assert np.abs(quaternion.normalise(scale * q) - q / 5).max() < 1e-15


def test_bad_input() -> None:
    for bad in ([0, 0, 0, 0], [np.nan, 0, 0, 1], [np.inf, 0, 0, 1]):
        with pytest.raises(InputError, match="zero or not finite"):
            quaternion.matrix(bad)
    with pytest.raises(ShapeError, match=r"\(w, x, y, z\)"):
        quaternion.normalise([1, 0, 0])
    with pytest.raises(InputError, match="zero or not finite"):
        quaternion.from_axis_angle([0, 0, 0], 1.0)
    with pytest.raises(InputError, match="determinant -1"):
        quaternion.from_matrix(-np.eye(3))
    for matrix in (2 * np.eye(3), np.full((3, 3), np.nan), np.full((3, 3), 1e200)):
        with pytest.raises(InputError, match="off orthogonality"):
            quaternion.from_matrix(matrix)
    with pytest.raises(ShapeError):
        quaternion.from_matrix(np.eye(2))
    with pytest.raises(InputError, match="off the group"):
        quaternion.from_su2(1j * np.eye(2))
