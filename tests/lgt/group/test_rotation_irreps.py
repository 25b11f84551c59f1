"""Irreducible representations of SO(3), O(3) and SU(2) as values."""

from __future__ import annotations

import pickle
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from lgt.errors import CheckError, InputError
from lgt.group import (
    O3,
    SO3,
    SU,
    Adjoint,
    O3Irrep,
    Polyhedral,
    Rotation,
    RotoInversion,
    SO3Irrep,
    SU2Irrep,
    icosahedral,
    octahedral,
    quaternion,
    tetrahedral,
)

SU2_IRREPS = [SU2Irrep(Fraction(n, 2)) for n in (0, 1, 2, 3, 9, 32)]
SO3_IRREPS = [SO3Irrep(n, basis) for n in (0, 1, 2, 7, 16) for basis in ("complex", "real")]
O3_IRREPS = [O3Irrep(n, p, basis) for n in (0, 1, 4) for p in (1, -1) for basis in ("complex", "real")]
EVERY = [*SU2_IRREPS, *SO3_IRREPS, *O3_IRREPS]


@pytest.mark.parametrize("irrep", EVERY, ids=repr)
def test_homomorphism(irrep: Any) -> None:
    irrep.check_homomorphism(np.random.default_rng(1))
    assert irrep.dimension == 2 * irrep.degree + 1
    D = irrep.matrix(irrep.group.sample(np.random.default_rng(2)))
    assert np.abs(D @ D.conj().T - np.eye(irrep.dimension)).max() < 1e-13
    assert (D.dtype == np.float64) == (getattr(irrep, "basis", "complex") == "real")


def test_a_transposed_matrix_is_refused() -> None:
    class Wrong(SO3Irrep):  # type: ignore[misc]
        def matrix(self, g: Rotation) -> Any:
            return super().matrix(g).T

    with pytest.raises(CheckError, match=r"D\(gh\)"):
        Wrong(2, "real").check_homomorphism(np.random.default_rng(0))


@pytest.mark.statistical
def test_irreducible_and_inequivalent() -> None:
    """Haar means of products of characters are 1 on the diagonal and 0 beside it, within 4 sigma."""
    rng = np.random.default_rng(3)
    q = SO3().haar(rng, (40000,))
    inverted = rng.integers(0, 2, 40000).astype(bool)
    irreps = [O3Irrep(n, p, "real") for n in (0, 1, 2) for p in (1, -1)]
    characters = np.array([np.trace(r.matrices(q, inverted), axis1=-2, axis2=-1) for r in irreps])
    products = characters[:, None] * characters
    error = products.std(axis=-1) / 200
    deviation = np.abs(products.mean(axis=-1) - np.eye(len(irreps)))
    assert (deviation <= 4 * error + 1e-12).all()
    reducible = characters[2] + characters[4]  # the control: l = 1 beside l = 2
    assert abs((reducible**2).mean() - 1) > 4 * (reducible**2).std() / 200


def test_characters() -> None:
    """chi_j = sin((2j + 1) a / 2) / sin(a / 2)."""
    rng = np.random.default_rng(4)
    for irrep in SU2_IRREPS:
        U = SU(2).haar(rng, (20,))
        half = np.arccos(np.clip(U.trace(axis1=-2, axis2=-1).real / 2, -1, 1))
        expected = np.sin(irrep.dimension * half) / np.sin(half)
        assert np.abs(np.trace(irrep.matrix(U), axis1=-2, axis2=-1) - expected).max() < 1e-11
    for degree in (0, 1, 5):
        q = SO3().haar(rng, (20,))
        half = quaternion.angle(q) / 2
        expected = np.sin((2 * degree + 1) * half) / np.sin(half)
        for basis in ("complex", "real"):
            trace = np.trace(SO3Irrep(degree, basis).matrices(q), axis1=-2, axis2=-1)
            assert np.abs(trace - expected).max() < 1e-12


def test_spin_one_half_and_one() -> None:
    U = SU(2).haar(np.random.default_rng(5))
    assert np.abs(SU2Irrep(0.5).matrix(U)[::-1, ::-1] - U).max() < 2e-15
    g = Rotation.from_su2(U)
    assert np.abs(SU2Irrep(1).matrix(U) - SO3Irrep(1).matrix(g)).max() < 1e-14
    order = [1, 2, 0]
    assert np.abs(SO3Irrep(1, "real").matrix(g) - g.matrix()[order][:, order]).max() < 2e-15
    assert np.abs(Adjoint(SU(2)).matrix(U) - g.matrix()).max() < 1e-14
    assert np.abs(SU2Irrep(1.5).matrix(-U) + SU2Irrep(1.5).matrix(U)).max() < 1e-14


def test_parity() -> None:
    inversion = RotoInversion(Rotation.identity(), inverted=True)
    for irrep in O3_IRREPS:
        assert np.abs(irrep.matrix(inversion) - irrep.parity * np.eye(irrep.dimension)).max() < 1e-14
    g = O3().sample(np.random.default_rng(7))
    order = [1, 2, 0]
    assert np.abs(O3Irrep(1, -1, "real").matrix(g) - g.matrix()[order][:, order]).max() < 2e-15
    axial = g.determinant * g.matrix()
    assert np.abs(O3Irrep(1, 1, "real").matrix(g) - axial[order][:, order]).max() < 2e-15


@pytest.mark.parametrize(
    ("group", "parts"),
    [
        (tetrahedral(), [1, 1, 3, 5, 7]),  # A, T, E1 + E2 + T, A + 2T, A + E1 + E2 + 2T
        (octahedral(), [1, 1, 2, 3, 4]),  # A1, T1, E + T2, A2 + T1 + T2, A1 + E + T1 + T2
        (icosahedral(), [1, 1, 1, 2, 2]),  # A, T1, H, T2 + G, G + H
    ],
    ids=repr,
)
def test_restricted_to_polyhedra(group: Polyhedral, parts: list[int]) -> None:
    """The splitting of l = 0, ..., 4 in a crystal field: the mean of chi^2 adds multiplicities squared."""
    q = np.array([g.quaternion for g in group.elements])
    for degree, expected in enumerate(parts):
        D = SO3Irrep(degree, "real").matrices(q)
        squares = (np.trace(D, axis1=-2, axis2=-1) ** 2).mean()
        assert squares == pytest.approx(expected, abs=1e-12)
        i, j = np.random.default_rng(9).integers(0, group.order, (2, 100))
        assert np.abs(D[group.product_table[i, j]] - D[i] @ D[j]).max() < 1e-13


def test_many_at_once() -> None:
    rng = np.random.default_rng(8)
    q = SO3().haar(rng, (3, 2))
    flags = np.array([[True, False], [False, True], [True, True]])
    D = O3Irrep(2, -1, "real").matrices(q, flags)
    g = RotoInversion(Rotation.from_quaternion(q[2, 0]), inverted=True)
    assert D.shape == (3, 2, 5, 5)
    assert np.abs(D[2, 0] - O3Irrep(2, -1, "real").matrix(g)).max() < 1e-14
    assert np.array_equal(O3Irrep(2, -1, "real").matrices(q), SO3Irrep(2, "real").matrices(q))
    assert SU2Irrep(1.5).matrix(SU(2).haar(rng, (3, 2))).shape == (3, 2, 4, 4)


@pytest.mark.parametrize("irrep", EVERY, ids=repr)
def test_values(irrep: Any) -> None:
    assert pickle.loads(pickle.dumps(irrep)) == irrep
    assert hash(pickle.loads(pickle.dumps(irrep))) == hash(irrep)
    assert sum(other == irrep for other in EVERY) == 1


def test_equal_degrees_are_equal() -> None:
    assert SU2Irrep(1.5) == SU2Irrep(Fraction(3, 2))
    assert SO3Irrep(np.int64(2)) == SO3Irrep(2)  # type: ignore[arg-type]
    assert type(SO3Irrep(np.int64(2)).degree) is int  # type: ignore[arg-type]
    assert repr(SU2Irrep(1.5)) == "SU2Irrep(degree=3/2)"


def test_bad_input() -> None:
    with pytest.raises(InputError, match="use SU2Irrep"):
        SO3Irrep(0.5)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="parity"):
        O3Irrep(1, 0)
    with pytest.raises(InputError, match="no such basis"):
        SO3Irrep(1, "cartesian")
    with pytest.raises(InputError, match="degree"):
        SU2Irrep(0.3)
    with pytest.raises(InputError, match="degree"):
        O3Irrep(-1, 1)
