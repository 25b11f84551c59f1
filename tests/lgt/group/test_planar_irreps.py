"""The irreducible representations of SO(2) and O(2), by frequency."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

from lgt.errors import CheckError, InputError
from lgt.group import O2, O2Irrep, PlanarIsometry, Rotation, SO2Irrep, SO3Irrep

SO2_IRREPS = [SO2Irrep(k) for k in (-5, -1, 0, 1, 2, 40)] + [SO2Irrep(k, "real") for k in (0, 1, 3, 40)]
O2_IRREPS = [
    *(O2Irrep(0, p, basis) for p in (1, -1) for basis in ("complex", "real")),
    *(O2Irrep(k, 1, basis) for k in (1, 2, 40) for basis in ("complex", "real")),
]
EVERY = [*SO2_IRREPS, *O2_IRREPS]


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


def test_shapes() -> None:
    angles = np.zeros((3, 1))
    assert SO2Irrep(2, "real").matrices(angles).shape == (3, 1, 2, 2)
    assert SO2Irrep(0, "real").matrices(angles).shape == (3, 1, 1, 1)
    assert O2Irrep(2).matrices(angles, np.zeros(4, bool)).shape == (3, 4, 2, 2)
    assert O2Irrep(0, -1, "real").matrices(angles, np.ones(4, bool)).shape == (3, 4, 1, 1)


def test_bad_input() -> None:
    with pytest.raises(InputError, match="use O2"):
        SO2Irrep(1).matrix(PlanarIsometry(0.0, mirrored=True))
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
