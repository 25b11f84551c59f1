"""The laws that U(1) and every SU(N) obey: instances crossed with laws."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import scipy.linalg
from numpy.typing import NDArray

from lgt.errors import InputError, ShapeError
from lgt.group import SU, U1, U, UnitaryGroup

GROUPS = [U1(), SU(2), SU(3), SU(4), SU(5), SU(8), U(2), U(3)]
every_group = pytest.mark.parametrize("group", GROUPS, ids=repr)
Array = NDArray[np.complex128]


def random_matrices(group: UnitaryGroup, shape: tuple[int, ...], seed: int) -> Array:
    rng = np.random.default_rng(seed)
    size = (*shape, group.N, group.N)
    return rng.standard_normal(size) + 1j * rng.standard_normal(size)


def random_algebra(group: UnitaryGroup, shape: tuple[int, ...], seed: int, scale: float = 1.0) -> Array:
    return group.algebra(scale * np.random.default_rng(seed).standard_normal((*shape, group.dimension)))


def dagger(M: Array) -> Array:
    return np.conj(np.swapaxes(M, -1, -2))


@every_group
def test_group_axioms(group: UnitaryGroup) -> None:
    group.check_axioms(np.random.default_rng(0))


@every_group
def test_haar_elements_lie_in_the_group(group: UnitaryGroup) -> None:
    U = group.haar(np.random.default_rng(2), (50, 3))
    assert U.shape == (50, 3, group.N, group.N)
    assert U.dtype == np.complex128
    assert group.defect(U).shape == (50, 3)
    assert group.defect(U).max() < 1e-14 * max(1, group.N / 2)
    assert group.haar(np.random.default_rng(2)).shape == (group.N, group.N)


@every_group
def test_defect_sees_each_way_off_the_group(group: UnitaryGroup) -> None:
    U = group.haar(np.random.default_rng(3), (4,))
    assert (group.defect(1.001 * U) > 1e-3).all()
    if isinstance(group, SU):
        assert np.allclose(group.defect(np.exp(0.001j) * U), 0.001 * group.N, rtol=1e-2)
    bent = U.copy()
    bent[1, 0, 0] += 0.01
    assert (group.defect(bent) > 1e-3).tolist() == [False, True, False, False]
    bent[2, 0, 0] = np.nan
    assert np.isnan(group.defect(bent)).tolist() == [False, False, True, False]


@every_group
def test_generators(group: UnitaryGroup) -> None:
    T = group.generators
    norm = 1.0 if isinstance(group, U1) else 0.5
    assert T.shape == (group.dimension, group.N, group.N)
    assert np.array_equal(dagger(T), -T)
    assert np.allclose(np.einsum("aij,bji->ab", T, T), -norm * np.eye(group.dimension), atol=1e-15, rtol=0)
    with pytest.raises(ValueError, match="read-only"):
        T[0] = 0


@every_group
def test_algebra_and_coordinates_are_inverse(group: UnitaryGroup) -> None:
    c = np.random.default_rng(4).standard_normal((3, 2, group.dimension))
    X = group.algebra(c)
    assert X.shape == (3, 2, group.N, group.N)
    assert np.allclose(X, np.einsum("xya,aij->xyij", c, group.generators), atol=1e-14, rtol=0)
    assert np.allclose(group.coordinates(X), c, atol=1e-14, rtol=0)
    assert group.coordinates(X).dtype == np.float64
    assert group.coordinates(group.identity).tolist() == [0.0] * group.dimension


@every_group
def test_antihermitian_is_the_projection_on_the_algebra(group: UnitaryGroup) -> None:
    M = random_matrices(group, (5, 2), 5)
    A = group.antihermitian(M)
    assert np.array_equal(dagger(A), -A)
    assert np.allclose(group.antihermitian(A), A, atol=1e-15, rtol=0)
    assert np.allclose(group.algebra(group.coordinates(M)), A, atol=1e-14, rtol=0)
    expected = (M - dagger(M)) / 2
    if isinstance(group, SU):
        expected -= np.trace(expected, axis1=-2, axis2=-1)[..., None, None] / group.N * np.eye(group.N)
    assert np.allclose(A, expected, atol=1e-15, rtol=0)
    assert (np.abs(A).max(axis=(-2, -1)) > 0).all()


@every_group
@pytest.mark.parametrize("scale", [1e-12, 1e-6, 1e-2, 0.3, 1.0, 2.0])
def test_exp_against_scipy(group: UnitaryGroup, scale: float) -> None:
    X = random_algebra(group, (40,), 6, scale)
    expected = np.array([scipy.linalg.expm(x) for x in X])
    assert np.abs(group.exp(X) - expected).max() <= 1e-14
    assert group.defect(group.exp(X)).max() <= 2e-14
    # near the identity the error is small in proportion to X
    small = np.abs(X).max()
    assert (
        np.abs(group.exp(X) - 1 * group.identity - (expected - group.identity)).max() <= 1e-14 * small + 2e-16
    )


@every_group
def test_exp_of_special_elements(group: UnitaryGroup) -> None:
    zero = np.zeros((group.N, group.N))
    assert np.array_equal(group.exp(zero), group.identity)
    for T in group.generators:
        for angle in (np.pi, 2 * np.pi, 4 * np.pi):
            assert np.abs(group.exp(angle * T) - scipy.linalg.expm(angle * T)).max() <= 1e-13


@every_group
def test_exp_is_a_one_parameter_group(group: UnitaryGroup) -> None:
    X = random_algebra(group, (10,), 7)
    assert np.allclose(group.exp(0.3 * X) @ group.exp(0.7 * X), group.exp(X), atol=1e-14, rtol=0)
    assert np.allclose(group.exp(-X), dagger(group.exp(X)), atol=1e-14, rtol=0)


@every_group
def test_exp_takes_single_precision(group: UnitaryGroup) -> None:
    X = random_algebra(group, (10,), 8).astype(np.complex64)
    assert group.exp(X).dtype == np.complex128
    assert group.defect(group.exp(X)).max() < 2e-14


@every_group
def test_exp_refuses_what_is_not_in_the_algebra(group: UnitaryGroup) -> None:
    X = random_algebra(group, (3,), 9)
    for M in (np.full_like(X, np.nan), np.full_like(X, np.inf)):
        with pytest.raises(InputError, match="not finite"):
            group.exp(M)
    wrong = [X + 0.1 * group.identity]
    if isinstance(group, SU):
        wrong += [X + 0.1j * group.identity, X + np.triu(np.ones((group.N, group.N)), 1)]
    for M in wrong:
        with pytest.raises(InputError, match="outside of the algebra"):
            group.exp(M)


@every_group
def test_log_is_the_inverse_of_exp(group: UnitaryGroup) -> None:
    U = group.haar(np.random.default_rng(10), (100, 2))
    X = group.log(U)
    assert np.abs(group.exp(X) - U).max() < 2e-14
    assert np.abs(group.antihermitian(X) - X).max() < 1e-14
    X = random_algebra(group, (100,), 11, 0.3)  # all angles within (-pi, pi)
    assert np.linalg.norm(X, axis=(-2, -1)).max() < np.pi
    assert np.abs(group.log(group.exp(X)) - X).max() < 1e-14
    assert np.abs(group.log(group.identity)).max() == 0


@every_group
def test_log_where_eigenvalues_meet(group: UnitaryGroup) -> None:
    """Degenerate and nearly degenerate spectra: a general eigensolver loses V there."""
    rng = np.random.default_rng(12)
    V = group.haar(rng)
    tried = 0
    for base in (0.0, 1.0, np.pi - 1e-9, np.pi):
        for spread in (0.0, 1e-15, 1e-9, 1e-4):
            angles = base + spread * rng.standard_normal(group.N)
            if isinstance(group, SU):
                angles[-1] = -angles[:-1].sum()
            U = (V * np.exp(1j * angles)) @ dagger(V)
            X = group.log(U)
            assert np.abs(group.exp(X) - U).max() < 2e-14
            assert np.abs(group.antihermitian(X) - X).max() < 2e-14
            tried += 1
    assert tried == 16


@every_group
def test_log_refuses_what_is_not_in_the_group(group: UnitaryGroup) -> None:
    U = group.haar(np.random.default_rng(13), (3,))
    with pytest.raises(InputError, match="not finite"):
        group.log(np.full_like(U, np.nan))
    wrong = [1.01 * U, 0 * U]
    if isinstance(group, SU):
        wrong.append(np.exp(0.01j) * U)
    for M in wrong:
        with pytest.raises(InputError, match="outside of the group"):
            group.log(M)


@every_group
def test_project_is_covariant_and_idempotent(group: UnitaryGroup) -> None:
    rng = np.random.default_rng(14)
    g, h = group.haar(rng, (20,)), group.haar(rng, (20,))
    M = random_matrices(group, (20,), 15)
    P = group.project(M)
    assert group.defect(P).max() < 2e-14
    assert np.abs(group.project(P) - P).max() < 1e-14
    assert np.abs(group.project(g) - g).max() < 1e-14
    assert np.abs(group.project(7 * M) - P).max() < 1e-13
    # det M stays, so both sides take the same root
    assert np.abs(group.project(g @ M @ h) - g @ P @ h).max() < 1e-12


@every_group
def test_project_is_the_polar_factor(group: UnitaryGroup) -> None:
    M = random_matrices(group, (20,), 16)
    W = np.array([scipy.linalg.polar(m)[0] for m in M])
    det = np.linalg.det(W) if isinstance(group, SU) else np.ones(20)
    expected = W * np.exp(-1j * np.angle(det) / group.N)[:, None, None]
    assert np.abs(group.project(M) - expected).max() < 1e-12
    # near the group the polar factor is the nearest element
    U = group.haar(np.random.default_rng(17), (20,))
    near = U + 1e-3 * M
    best = group.distance(group.project(near), near)
    for seed in range(20):
        other = group.exp(random_algebra(group, (20,), seed, 1e-4)) @ group.project(near)
        assert (group.distance(other, near) > best).all()


@every_group
def test_project_refuses_singular_matrices(group: UnitaryGroup) -> None:
    M = random_matrices(group, (3,), 18)
    M[1, 0] = M[1, -1] if group.N > 1 else 0
    with pytest.raises(InputError, match="singular"):
        group.project(M)
    with pytest.raises(InputError, match="singular"):
        group.project(0 * M)
    M[1, 0] = np.nan
    with pytest.raises(InputError, match="not finite"):
        group.project(M)


@every_group
def test_reunitarise_takes_drift_off(group: UnitaryGroup) -> None:
    U = group.haar(np.random.default_rng(19), (6, 4))
    assert np.abs(group.reunitarise(U) - U).max() < 4e-15
    drifted = U + 1e-9 * random_matrices(group, (6, 4), 20)
    before = drifted.copy()
    V = group.reunitarise(drifted)
    assert np.array_equal(drifted, before)
    assert group.defect(drifted).min() > 1e-10
    assert group.defect(V).max() < 5e-15
    assert np.abs(V - U).max() < 1e-7
    # rows in order: the first keeps its direction
    first = drifted[..., 0, :] / np.linalg.norm(drifted[..., 0, :], axis=-1, keepdims=True)
    if group.N > 1:
        assert np.abs(V[..., 0, :] - first).max() < 1e-15


@every_group
def test_adjoint(group: UnitaryGroup) -> None:
    U = group.haar(np.random.default_rng(21), (5, 2))
    R = group.adjoint(U)
    assert R.shape == (5, 2, group.dimension, group.dimension)
    assert R.dtype == np.float64
    assert np.abs(R @ np.swapaxes(R, -1, -2) - np.eye(group.dimension)).max() < 1e-14
    assert np.abs(np.linalg.det(R) - 1).max() < 1e-12
    c = np.random.default_rng(22).standard_normal((5, 2, group.dimension))
    moved = U @ group.algebra(c) @ dagger(U)
    assert np.abs(group.algebra((R @ c[..., None])[..., 0]) - moved).max() < 1e-13
    fundamental = np.abs(np.trace(U, axis1=-2, axis2=-1)) ** 2
    expected = fundamental - (1 if isinstance(group, SU) else 0)
    assert np.abs(np.trace(R, axis1=-2, axis2=-1) - expected).max() < 1e-13


@every_group
def test_distance(group: UnitaryGroup) -> None:
    rng = np.random.default_rng(24)
    g, h, k = group.haar(rng, (10,)), group.haar(rng, (10,)), group.haar(rng, (10,))
    d = group.distance
    assert d(g, h).shape == (10,)
    assert (d(g, g) == 0).all()
    assert np.array_equal(d(g, h), d(h, g))
    assert (d(g, k) <= d(g, h) + d(h, k)).all()
    assert np.allclose(d(k @ g, k @ h), d(g, h), rtol=1e-13)
    assert float(d(g[0], h[0])) == d(g, h)[0] > 0


@every_group
def test_leading_axes_only_repeat(group: UnitaryGroup) -> None:
    U = group.haar(np.random.default_rng(25), (2, 3))
    M = random_matrices(group, (2, 3), 26)
    X = random_algebra(group, (2, 3), 27)
    arguments = [
        (group.exp, X),
        (group.log, U),
        (group.project, M),
        (group.reunitarise, U),
        (group.antihermitian, M),
        (group.coordinates, X),
        (group.adjoint, U),
        (group.defect, M),
    ]
    for function, stack in arguments:
        together = function(stack)
        for i in np.ndindex(2, 3):
            assert np.allclose(together[i], function(stack[i]), atol=1e-14, rtol=0)
        assert function(stack[:0]).shape == (0, *together.shape[1:])


@every_group
def test_wrong_shapes_are_refused(group: UnitaryGroup) -> None:
    wrong = np.zeros((group.N + 1, group.N + 1))
    for function in (group.exp, group.log, group.project, group.antihermitian, group.coordinates):
        with pytest.raises(ShapeError):
            function(wrong)
    with pytest.raises(ShapeError):
        group.algebra(np.zeros(group.dimension + 1))
    with pytest.raises(ShapeError):
        group.algebra(3.0)
    with pytest.raises(ShapeError):
        group.defect(np.zeros(group.N))


@every_group
def test_groups_are_values(group: UnitaryGroup) -> None:
    twin = U1() if isinstance(group, U1) else type(group)(group.N)
    assert twin == group
    assert hash(twin) == hash(group)
    assert group != SU(7)


# Haar moments: value, and per-sample numbers whose mean it is.


def haar_moments(group: UnitaryGroup, U: Array) -> dict[str, tuple[complex, Array]]:
    """Moments that PHYSICS knows exactly: name -> (exact value, samples)."""
    N = group.N
    trace = np.trace(U, axis1=-2, axis2=-1)
    out = {f"<tr^{k}>": (0j, trace**k) for k in range(1, N)}
    if isinstance(group, U1):
        return {f"<U^{k}>": (0j, trace**k) for k in (1, 2, 3)}
    out[f"<tr^{N}>"] = (1 + 0j, trace**N)
    out["<|tr|^2>"] = (1 + 0j, np.abs(trace) ** 2 + 0j)
    out["<|tr|^4>"] = (2 + 0j, np.abs(trace) ** 4 + 0j)
    out["<tr U^2>"] = (0j if N > 2 else -1 + 0j, np.trace(U @ U, axis1=-2, axis2=-1))
    for i, j, k, m in np.ndindex(2, 2, 2, 2):
        value = 1 / N if (i, j) == (k, m) else 0
        out[f"<U_{i}{j} U_{k}{m}^*>"] = (value + 0j, U[:, i, j] * np.conj(U[:, k, m]))
    return out


def worst_pull(group: UnitaryGroup, U: Array) -> float:
    """The largest deviation of a moment in units of its standard error; the real and imaginary part each."""
    worst, compared = 0.0, 0
    for exact, samples in haar_moments(group, U).values():
        for difference in (samples.real - exact.real, samples.imag - exact.imag):
            error = difference.std() / np.sqrt(len(U))
            if error > 1e-12:  # |U_ij|^2 has no imaginary part, tr U none for SU(2)
                worst = max(worst, abs(difference.mean()) / error)
                compared += 1
            else:
                assert abs(difference.mean()) < 1e-12
    assert compared >= 6
    return worst


@pytest.mark.statistical
@pytest.mark.parametrize("group", [U1(), SU(2), SU(3), SU(4), SU(5)], ids=repr)
def test_haar_moments(group: UnitaryGroup) -> None:
    assert worst_pull(group, group.haar(np.random.default_rng(31), (40_000,))) < 4


@pytest.mark.statistical
@pytest.mark.parametrize("group", [SU(2), SU(3), SU(4)], ids=repr)
@pytest.mark.parametrize("how", ["no phase fix", "exp of normals", "no determinant"])
def test_haar_moments_reject_other_measures(group: UnitaryGroup, how: str) -> None:
    M = random_matrices(group, (40_000,), 31)
    if how == "no phase fix":
        Q = np.linalg.qr(M)[0]
        Q[..., -1, :] *= np.conj(np.linalg.det(Q))[:, None]
    elif how == "exp of normals":
        Q = group.exp(random_algebra(group, (40_000,), 31))
    else:
        W, _, Vh = np.linalg.svd(M)
        Q = W @ Vh
    assert worst_pull(group, Q) > 4


def test_haar_from_normals_is_the_law_of_haar() -> None:
    normals = np.random.default_rng(32).standard_normal((5, 3, 3, 2))
    U = SU(3).haar_from_normals(normals[..., 0], normals[..., 1])
    assert np.array_equal(U, SU(3).haar(np.random.default_rng(32), (5,)))
    with pytest.raises(ShapeError):
        SU(2).haar_from_normals(normals[..., 0], normals[..., 1])


def test_the_group_core_imports_numpy_alone() -> None:
    code = (
        "import sys; before = set(sys.modules); import lgt.group, lgt.rng;"
        "new = {m.split('.')[0] for m in set(sys.modules) - before} - set(sys.stdlib_module_names);"
        "print(sorted(new))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['lgt', 'numpy']"
