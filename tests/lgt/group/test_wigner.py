"""Wigner's matrices: laws next to the poles, exact values, and wrong versions that must be seen."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle.rotations import broken_laws, d_exact, quaternions

from lgt.errors import InputError
from lgt.group import Rotation, quaternion, real_basis, wigner_D, wigner_d

degrees = st.sampled_from([0, 0.5, 1, 1.5, 2, 3, 8, 16.5, 31, 63.5, 64])


@given(degrees, quaternions(), quaternions())
def test_homomorphism(degree: float, g: Any, h: Any) -> None:
    product = wigner_D(degree, quaternion.product(g, h))
    assert np.abs(product - wigner_D(degree, g) @ wigner_D(degree, h)).max() < 1e-12


@given(st.sampled_from([0, 1, 2, 3, 8, 31, 64]), quaternions(), quaternions())
def test_homomorphism_in_the_real_basis(degree: int, g: Any, h: Any) -> None:
    product = wigner_D(degree, quaternion.product(g, h), "real")
    assert product.dtype == np.float64
    assert np.abs(product - wigner_D(degree, g, "real") @ wigner_D(degree, h, "real")).max() < 1e-12


@given(degrees, quaternions())
def test_unitary_and_inverse(degree: float, g: Any) -> None:
    D = wigner_D(degree, g)
    assert np.abs(D @ D.conj().T - np.eye(len(D))).max() < 1e-12
    assert np.abs(D.conj().T - wigner_D(degree, quaternion.conjugate(g))).max() < 1e-12
    sign = -1 if 2 * degree % 2 else 1
    assert np.abs(wigner_D(degree, -g) - sign * D).max() < 1e-12


@given(st.sampled_from([0, 1, 2, 5, 24, 64]), quaternions())
def test_the_real_basis(degree: int, g: Any) -> None:
    A = real_basis(degree)
    assert np.abs(A @ A.conj().T - np.eye(2 * degree + 1)).max() < 1e-15
    assert np.abs(wigner_D(degree, g, "real") - A @ wigner_D(degree, g) @ A.conj().T).max() < 1e-12


@pytest.mark.parametrize("degree", [Fraction(1, 2), 1, Fraction(7, 2), 16, 64, Fraction(255, 2), 128])
def test_d_against_rational_sums(degree: Fraction | int) -> None:
    rng = np.random.default_rng(3)
    n, checked, worst = int(2 * degree), 0, 0.0
    for tangent in (Fraction(1, 3), Fraction(1, 100000), Fraction(99, 101), Fraction(2, 5)):
        d = wigner_d(degree, 4 * np.arctan(float(tangent)))
        for i, k in rng.integers(0, n + 1, (6, 2)).tolist():
            exact = d_exact(Fraction(degree), i - Fraction(n, 2), k - Fraction(n, 2), tangent)
            worst, checked = max(worst, abs(exact - d[i, k])), checked + 1
    assert checked == 24
    assert worst < 1e-13


def test_closed_formulas() -> None:
    """Varshalovich, Moskalev and Khersonskii, tables 4.3 and 4.4: j = 1/2 and j = 1, m falling."""
    beta = np.linspace(-4, 9, 50)
    c, s = np.cos(beta / 2), np.sin(beta / 2)
    half = np.moveaxis(np.array([[c, -s], [s, c]]), -1, 0)
    assert np.abs(wigner_d(0.5, beta)[:, ::-1, ::-1] - half).max() < 1e-15
    cos, sin, one = np.cos(beta), np.sin(beta) / 2**0.5, np.ones(50)
    rows = [
        [(one + cos) / 2, -sin, (one - cos) / 2],
        [sin, cos, -sin],
        [(one - cos) / 2, sin, (one + cos) / 2],
    ]
    assert np.abs(wigner_d(1, beta)[:, ::-1, ::-1] - np.moveaxis(np.array(rows), -1, 0)).max() < 2e-15


def test_shapes() -> None:
    q = quaternion.haar(np.random.default_rng(0), (2, 3))
    D = wigner_D(4, q)
    assert D.shape == (2, 3, 9, 9)
    assert np.abs(D[1, 2] - wigner_D(4, Rotation.from_quaternion(q[1, 2]))).max() < 1e-14
    assert np.abs(wigner_D(4, 7 * q) - D).max() < 1e-14
    assert wigner_d(2, np.zeros((0, 4))).shape == (0, 4, 5, 5)
    assert wigner_D(0, q, "real").shape == (2, 3, 1, 1)


def euler_from_matrix(degree: Any, q: Any, basis: str) -> Any:
    """The angles as one reads them from a 3 x 3 matrix; fine except next to the poles."""
    R = quaternion.matrix(q)
    alpha = np.arctan2(R[..., 1, 2], R[..., 0, 2])
    gamma = np.arctan2(R[..., 2, 1], -R[..., 2, 0])
    beta = np.arccos(np.clip(R[..., 2, 2], -1, 1))
    return wigner_D(degree, quaternion.from_euler(alpha, beta, gamma), basis)


def signed(degree: Any, q: Any, basis: str, signs: Any) -> Any:
    D = wigner_D(degree, q, basis)
    S = np.where(signs(np.arange(-degree, degree + 1)), -1.0, 1.0)
    return S[:, None] * D * S


MUTANTS = {
    "transposed": lambda n, q, basis: np.swapaxes(wigner_D(n, q, basis), -1, -2),
    "inverse": lambda n, q, basis: wigner_D(n, quaternion.conjugate(q), basis),
    "conjugated": lambda n, q, basis: wigner_D(n, q, basis).conj(),
    "alpha and gamma swapped": lambda n, q, basis: wigner_D(n, q * [1, -1, 1, 1], basis),
    "beta negative": lambda n, q, basis: wigner_D(n, q * [1, -1, -1, 1], basis),
    "alpha and gamma negative": lambda n, q, basis: wigner_D(n, q * [1, -1, 1, -1], basis),
    "m falling": lambda n, q, basis: wigner_D(n, q, basis)[..., ::-1, ::-1],
    "no Condon-Shortley phase": lambda n, q, basis: signed(n, q, basis, lambda m: m % 2 == 1),
    "sine rows negative": lambda n, q, basis: signed(n, q, basis, lambda m: (m < 0) & (basis == "real")),
    "one sign of l = 2": lambda n, q, basis: signed(n, q, basis, lambda m: (m == 2) & (n == 2)),
    "angles from matrices": euler_from_matrix,
    "single precision": lambda n, q, basis: wigner_D(n, np.float32(q), basis),
}


def test_the_laws_hold() -> None:
    assert broken_laws(wigner_D) == set()


@pytest.mark.parametrize("name", MUTANTS)
def test_wrong_versions_are_seen(name: str) -> None:
    assert broken_laws(MUTANTS[name])


def test_which_laws_see_what() -> None:
    """A wrong side breaks the homomorphism; a wrong convention breaks only what knows about space."""
    seen = {name: {law.split(",")[0] for law in broken_laws(MUTANTS[name])} for name in MUTANTS}
    assert all("homomorphism" in seen[name] for name in ("transposed", "alpha and gamma swapped"))
    assert all("homomorphism" in seen[name] for name in ("angles from matrices", "single precision"))
    for name in ("beta negative", "conjugated", "sine rows negative", "one sign of l = 2"):
        assert "homomorphism" not in seen[name]


@pytest.mark.parametrize("degree", [-1, 0.3, float("nan"), float("inf"), "x", None, -0.5])
def test_bad_degrees(degree: Any) -> None:
    with pytest.raises(InputError, match="degree"):
        wigner_d(degree, 0.1)


def test_bad_bases_and_quaternions() -> None:
    with pytest.raises(InputError, match="half-integer"):
        wigner_D(0.5, [1, 0, 0, 0], "real")
    with pytest.raises(InputError, match="no such basis"):
        wigner_D(1, [1, 0, 0, 0], "cartesian")
    with pytest.raises(InputError, match="zero or not finite"):
        wigner_D(1, [0, 0, 0, 0])
    with pytest.raises(InputError, match="half-integer"):
        real_basis(1.5)


def test_cached_tables_cannot_be_changed() -> None:
    first = wigner_d(3, 0.4)
    first[:] = 0
    assert np.abs(wigner_d(3, 0.4)).max() > 0.5
