"""SO(2) and O(2): values, axioms, Haar, and their irreducible representations by frequency."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lgt.errors import CheckError, InputError, ShapeError
from lgt.group import (
    O2,
    SO2,
    Dihedral,
    O2Irrep,
    PlanarIsometry,
    Rotation,
    SO2Irrep,
    SO3Irrep,
    quaternion,
)

SO2_IRREPS = [SO2Irrep(k) for k in (-5, -1, 0, 1, 2, 40)] + [SO2Irrep(k, "real") for k in (0, 1, 3, 40)]
O2_IRREPS = [
    *(O2Irrep(0, p, basis) for p in (1, -1) for basis in ("complex", "real")),
    *(O2Irrep(k, 1, basis) for k in (1, 2, 40) for basis in ("complex", "real")),
]
EVERY = [*SO2_IRREPS, *O2_IRREPS]
isometries = st.builds(PlanarIsometry, st.floats(-1e3, 1e3), st.booleans())


def test_axioms() -> None:
    SO2().check_axioms(np.random.default_rng(0), samples=100)
    O2().check_axioms(np.random.default_rng(0), samples=100)


@given(isometries, isometries)
def test_elements_are_matrices(g: PlanarIsometry, h: PlanarIsometry) -> None:
    assert np.abs((g * h).matrix() - g.matrix() @ h.matrix()).max() < 1e-14
    assert np.abs(g.inverse().matrix() - g.matrix().T).max() < 1e-15
    assert np.linalg.det(g.matrix()) == pytest.approx(g.determinant)
    assert O2().distance(PlanarIsometry.from_matrix(g.matrix()), g) < 2e-15
    assert -np.pi < g.angle <= np.pi
    assert eval(repr(g)) == g
    assert pickle.loads(pickle.dumps(g)) == g


def test_the_mirror_acts_first() -> None:
    g = PlanarIsometry(np.pi / 2, mirrored=True)
    assert np.abs(g.matrix() @ [0, 1] - [1, 0]).max() < 1e-15
    assert PlanarIsometry(-np.pi) == PlanarIsometry(np.pi)
    assert repr(PlanarIsometry(-0.0)) == "PlanarIsometry(angle=0.0, mirrored=False)"


@pytest.mark.parametrize("irrep", EVERY, ids=repr)
def test_homomorphism(irrep: Any) -> None:
    irrep.check_homomorphism(np.random.default_rng(1))
    D = irrep.matrix(irrep.group.sample(np.random.default_rng(2)))
    assert np.abs(D @ D.conj().T - np.eye(irrep.dimension)).max() < 1e-15
    assert (D.dtype == np.float64) == (irrep.basis == "real")
    assert pickle.loads(pickle.dumps(irrep)) == irrep
    assert sum(other == irrep for other in EVERY) == 1


@pytest.mark.parametrize("basis", ["complex", "real"])
def test_a_mirror_on_the_wrong_side_is_refused(basis: str) -> None:
    class Wrong(O2Irrep):  # type: ignore[misc]
        def matrix(self, g: PlanarIsometry) -> Any:
            return super().matrix(PlanarIsometry(-g.angle, g.mirrored) if g.mirrored else g)

    with pytest.raises(CheckError, match=r"D\(gh\)"):
        Wrong(2, 1, basis).check_homomorphism(np.random.default_rng(0))


def test_irreducible_and_inequivalent() -> None:
    """Means of products of characters, exact on a fine regular polygon: Schur's relations."""
    angles = np.repeat(2 * np.pi * np.arange(101) / 101, 2)
    flags = np.tile([False, True], 101)
    irreps = [O2Irrep(0, 1), O2Irrep(0, -1), O2Irrep(1), O2Irrep(2), O2Irrep(40)]
    chi = np.array([np.trace(r.matrices(angles, flags), axis1=-2, axis2=-1) for r in irreps])
    assert np.abs(chi.conj() @ chi.T / 202 - np.eye(5)).max() < 1e-12
    numbers = np.array([SO2Irrep(k).matrices(angles)[:, 0, 0] for k in (-2, -1, 0, 1, 2)])
    assert np.abs(numbers.conj() @ numbers.T / 202 - np.eye(5)).max() < 1e-12


def test_the_bases_are_equivalent() -> None:
    """T of the complex to the real basis: the vectors (1, -i) and (1, i) have frequency k and -k."""
    T = np.array([[1, 1], [-1j, 1j]]) / 2**0.5
    rng = np.random.default_rng(4)
    for _ in range(20):
        g = O2().sample(rng)
        real, diagonal = O2Irrep(3, 1, "real").matrix(g), O2Irrep(3).matrix(g)
        assert np.abs(T @ diagonal @ T.conj().T - real).max() < 1e-15


def test_frequencies() -> None:
    g = PlanarIsometry(0.3)
    assert SO2Irrep(-2).matrix(g)[0, 0] == pytest.approx(np.exp(-0.6j))
    turned = PlanarIsometry(0.9).matrix()
    assert np.abs(SO2Irrep(3, "real").matrix(g) - turned).max() < 1e-15
    assert np.array_equal(O2Irrep(3, basis="real").matrix(g), SO2Irrep(3, "real").matrix(g))
    mirror = PlanarIsometry(0.3, mirrored=True)
    assert np.array_equal(O2Irrep(1, basis="real").matrix(mirror), mirror.matrix())
    assert O2Irrep(0, -1).matrix(mirror)[0, 0] == -1
    assert (SO2Irrep(3).dimension, SO2Irrep(3, "real").dimension, O2Irrep(3).dimension) == (1, 2, 2)


def test_turns_about_z() -> None:
    """Row m of D^l restricted to turns about the z axis has frequency -m."""
    turn = Rotation.from_axis_angle((0, 0, 1), 0.7)
    numbers = [SO2Irrep(-m).matrix(PlanarIsometry(0.7))[0, 0] for m in range(-3, 4)]
    assert np.abs(SO3Irrep(3).matrix(turn) - np.diag(numbers)).max() < 1e-14


def test_polygons_lie_inside() -> None:
    """The elements of D_n and their products, with the same mirror."""
    group = Dihedral(5)
    images = [PlanarIsometry(2 * np.pi * g.turns / 5, g.mirrored) for g in group.elements]
    for i, j in np.ndindex(10, 10):
        assert O2().distance(images[i] * images[j], images[group.product_table[i, j]]) < 1e-14
        assert np.abs(images[i].matrix() - group.elements[i].matrix()).max() < 1e-15


def test_shapes() -> None:
    angles = np.zeros((3, 1))
    assert SO2Irrep(2, "real").matrices(angles).shape == (3, 1, 2, 2)
    assert SO2Irrep(0, "real").matrices(angles).shape == (3, 1, 1, 1)
    assert O2Irrep(2).matrices(angles, np.zeros(4, bool)).shape == (3, 4, 2, 2)
    assert O2Irrep(0, -1, "real").matrices(angles, np.ones(4, bool)).shape == (3, 4, 1, 1)
    assert quaternion.from_axis_angle([0, 0, 1], SO2().haar(np.random.default_rng(0), (2, 2))).shape == (
        2,
        2,
        4,
    )


def pulls(angles: Any) -> Any:
    """Means of cos and sin of k angle over their errors, for k = 1, ..., 6."""
    phases = np.exp(1j * np.arange(1, 7)[:, None] * angles).mean(axis=1) * (2 * len(angles)) ** 0.5
    return np.concatenate([phases.real, phases.imag])


@pytest.mark.statistical
def test_haar() -> None:
    rng = np.random.default_rng(6)
    assert np.abs(pulls(SO2().haar(rng, (20000,)))).max() < 4
    elements = [O2().sample(rng) for _ in range(4000)]
    assert np.abs(pulls(np.array([g.angle for g in elements if g.mirrored]))).max() < 4
    assert np.abs(pulls(np.array([g.angle for g in elements if not g.mirrored]))).max() < 4
    assert abs(sum(g.determinant for g in elements)) < 4 * 4000**0.5
    assert np.abs(pulls(np.array([SO2().sample(rng).angle for _ in range(2000)]))).max() < 4
    assert np.abs(pulls(rng.normal(0, 1.5, 20000))).max() > 4  # the control
    assert np.abs(pulls(rng.uniform(0, 6, 20000))).max() > 4


def test_bad_input() -> None:
    mirror = PlanarIsometry(0.0, mirrored=True)
    for call in (lambda: SO2().inverse(mirror), lambda: SO2Irrep(1).matrix(mirror)):
        with pytest.raises(InputError, match="use O2"):
            call()
    with pytest.raises(InputError, match="finite"):
        PlanarIsometry(float("nan"))
    with pytest.raises(InputError, match="negative"):
        SO2Irrep(-1, "real")
    with pytest.raises(InputError, match="negative"):
        O2Irrep(-1)
    with pytest.raises(InputError, match="parity"):
        O2Irrep(1, -1)
    with pytest.raises(InputError, match="no integer"):
        SO2Irrep(1.5)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="no such basis"):
        O2Irrep(1, 1, "polar")
    with pytest.raises(ShapeError):
        PlanarIsometry.from_matrix(np.eye(3))
    with pytest.raises(InputError, match="off orthogonality"):
        PlanarIsometry.from_matrix(2 * np.eye(2))
