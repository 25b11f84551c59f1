"""SO(2) and O(2): values, axioms, the Haar measure and samples that are not from it."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lgt.errors import InputError, ShapeError
from lgt.group import O2, SO2, Dihedral, PlanarIsometry

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


def test_polygons_lie_inside() -> None:
    """The elements of D_n and their products, with the same mirror."""
    group = Dihedral(5)
    images = [PlanarIsometry(2 * np.pi * g.turns / 5, g.mirrored) for g in group.elements]
    for i, j in np.ndindex(10, 10):
        assert O2().distance(images[i] * images[j], images[group.product_table[i, j]]) < 1e-14
        assert np.abs(images[i].matrix() - group.elements[i].matrix()).max() < 1e-15


def pulls(angles: Any) -> Any:
    """Means of cos and sin of k angle over their errors, for k = 1, ..., 6."""
    phases = np.exp(1j * np.arange(1, 7)[:, None] * angles).mean(axis=1) * (2 * len(angles)) ** 0.5
    return np.concatenate([phases.real, phases.imag])


@pytest.mark.statistical
def test_haar() -> None:
    rng = np.random.default_rng(6)
    assert SO2().haar(rng, (2, 3)).shape == (2, 3)
    assert np.abs(pulls(SO2().haar(rng, (20000,)))).max() < 4
    elements = [O2().sample(rng) for _ in range(4000)]
    assert np.abs(pulls(np.array([g.angle for g in elements if g.mirrored]))).max() < 4
    assert np.abs(pulls(np.array([g.angle for g in elements if not g.mirrored]))).max() < 4
    assert abs(sum(g.determinant for g in elements)) < 4 * 4000**0.5
    assert np.abs(pulls(np.array([SO2().sample(rng).angle for _ in range(2000)]))).max() < 4
    assert np.abs(pulls(rng.normal(0, 1.5, 20000))).max() > 4  # the control
    assert np.abs(pulls(rng.uniform(0, 6, 20000))).max() > 4


def test_bad_input() -> None:
    with pytest.raises(InputError, match="use O2"):
        SO2().inverse(PlanarIsometry(0.0, mirrored=True))
    with pytest.raises(InputError, match="finite"):
        PlanarIsometry(float("nan"))
    with pytest.raises(ShapeError):
        PlanarIsometry.from_matrix(np.eye(3))
    with pytest.raises(InputError, match="off orthogonality"):
        PlanarIsometry.from_matrix(2 * np.eye(2))
