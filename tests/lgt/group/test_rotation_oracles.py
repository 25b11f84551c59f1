"""Rotations against independent packages: e3nn (real basis), sympy (complex basis), scipy (vectors).

The map to e3nn 0.6: its z-y-z is y-x-y, for its harmonics of l = 1 are (x, y, z), where ours are (y, z, x).
With Q (x, y, z) = (z, x, y) a rotation R of e3nn is Q R Q^T here; both have the same Euler angles and, for
every l, the same matrices in the same order m = -l, ..., l. Its coupling coefficients are ours over
(2l + 1)^(1/2), times (-1)^floor((l1 + l2 - l)/2).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import pytest
import sympy
import torch
from e3nn import o3
from scipy.spatial.transform import Rotation as ScipyRotation
from sympy.physics.quantum import spin
from sympy.physics.wigner import clebsch_gordan as sympy_clebsch_gordan

from lgt.group import SO3, Rotation, clebsch_gordan, clebsch_gordan_exact, quaternion, wigner_D, wigner_d


@pytest.fixture(autouse=True)
def double_precision() -> Iterator[None]:
    """E3nn makes its generators in torch's default precision."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


Q = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


def angles(seed: int, count: int) -> np.ndarray:
    alpha, beta, gamma = np.random.default_rng(seed).uniform(-np.pi, np.pi, (3, count))
    return np.array([alpha, np.abs(beta), gamma])


@pytest.mark.parametrize("degree", [0, 1, 2, 3, 4, 7, 11])
def test_e3nn_matrices(degree: int) -> None:
    euler = angles(degree, 10)
    theirs = o3.wigner_D(degree, *torch.tensor(euler)).numpy()
    assert theirs.dtype == np.float64
    assert np.abs(theirs - wigner_D(degree, quaternion.from_euler(*euler), "real")).max() < 1e-12


def test_e3nn_rotations() -> None:
    euler = angles(1, 20)
    theirs = o3.angles_to_matrix(*torch.tensor(euler)).numpy()
    q = quaternion.from_euler(*euler)
    assert np.abs(Q @ theirs @ Q.T - quaternion.matrix(q)).max() < 1e-14
    assert np.abs(quaternion.euler(q) - euler.T).max() < 1e-13


@pytest.mark.parametrize("degree", [1, 2, 5, 8])
def test_e3nn_harmonics(degree: int) -> None:
    """S(R r) = D(R) S(r) with their harmonics and our matrices."""
    g = SO3().sample(np.random.default_rng(2))
    r = np.random.default_rng(3).normal(size=(6, 3))

    def harmonics(ours: np.ndarray) -> np.ndarray:
        return o3.spherical_harmonics(degree, torch.tensor(ours @ Q), normalize=True).numpy()

    moved = harmonics(g.apply(r))
    assert np.abs(moved - harmonics(r) @ wigner_D(degree, g, "real").T).max() < 1e-12


def test_e3nn_couplings() -> None:
    seen = set()
    for first, second, degree in [*itertools.product(range(5), repeat=3), (8, 8, 8), (11, 6, 9), (11, 11, 2)]:
        if abs(first - second) <= degree <= first + second:
            theirs = o3.wigner_3j(first, second, degree, dtype=torch.float64).numpy()
            sign = (-1) ** ((first + second - degree) // 2)
            ours = sign * clebsch_gordan(first, second, degree, "real") / (2 * degree + 1) ** 0.5
            assert np.abs(ours - theirs).max() < 1e-12
            seen.add((first + second - degree) % 4)
    assert seen == {0, 1, 2, 3}


def test_sympy_d() -> None:
    beta, checked = sympy.Rational(29, 10), 0
    for twice in (1, 2, 3, 4):
        j = sympy.Rational(twice, 2)
        d = wigner_d(Fraction(twice, 2), 2.9)
        for i, k in itertools.product(range(twice + 1), repeat=2):
            exact = float(spin.Rotation.d(j, i - j, k - j, beta).doit().evalf(20))
            assert d[i, k] == pytest.approx(exact, abs=1e-14)
            checked += 1
    assert checked == 4 + 9 + 16 + 25


def test_sympy_D() -> None:
    """All three angles: sympy's D_mn = <m|R|n> too, in the order alpha, beta, gamma."""
    euler = (0.4, 1.1, -2.0)
    D = wigner_D(1, Rotation.from_euler(*euler))
    for i, k in itertools.product(range(3), repeat=2):
        exact = complex(spin.Rotation.D(1, i - 1, k - 1, *map(sympy.Float, euler)).doit().evalf(20))
        assert abs(D[i, k] - exact) < 1e-14


def test_sympy_couplings() -> None:
    """The very same rational numbers and signs."""
    rng = np.random.default_rng(7)
    checked = 0
    for top in (3, 8, 17, 48):
        for _ in range(25):
            j1, j2 = rng.integers(0, top + 1, 2).tolist()
            j = abs(j1 - j2) + 2 * int(rng.integers(0, min(j1, j2) + 1))
            i1, i2 = int(rng.integers(0, j1 + 1)), int(rng.integers(0, j2 + 1))
            m1, m2 = Fraction(2 * i1 - j1, 2), Fraction(2 * i2 - j2, 2)
            if abs(m1 + m2) > Fraction(j, 2):
                continue
            halves = [Fraction(j1, 2), Fraction(j2, 2), Fraction(j, 2), m1, m2, m1 + m2]
            theirs = sympy_clebsch_gordan(*(sympy.Rational(h.numerator, h.denominator) for h in halves))
            square = sympy.sign(theirs) * theirs**2
            l1, l2, l3 = halves[:3]
            ours = clebsch_gordan_exact(l1, m1, l2, m2, l3, m1 + m2)
            assert sympy.Rational(ours.numerator, ours.denominator) == square
            value = clebsch_gordan(l1, l2, l3)[i1, i2, int(l3 + m1 + m2)]
            assert value == pytest.approx(float(theirs.evalf(30)), rel=1e-15, abs=1e-300)
            checked += 1
    assert checked > 70


def test_scipy_rotations() -> None:
    q = SO3().haar(np.random.default_rng(8), (20,))
    theirs = ScipyRotation.from_quat(q[:, [1, 2, 3, 0]])
    assert np.abs(theirs.as_matrix() - quaternion.matrix(q)).max() < 1e-15
    product = (theirs[:10] * theirs[10:]).as_matrix()
    assert np.abs(product - quaternion.matrix(quaternion.product(q[:10], q[10:]))).max() < 3e-15
    assert np.abs(theirs.as_euler("ZYZ") - quaternion.euler(q)).max() < 1e-13
    vectors = np.array([Rotation.from_quaternion(p).axis * Rotation.from_quaternion(p).angle for p in q])
    assert np.abs(theirs.as_rotvec() - vectors).max() < 1e-14
