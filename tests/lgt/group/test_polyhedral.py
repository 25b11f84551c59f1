"""T, O, I and their relatives: exact elements, the polyhedra they keep, quaternions, and each other."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

from lgt.errors import InputError
from lgt.group import (
    Hyperoctahedral,
    MatrixRepresentation,
    Polyhedral,
    PolyhedralElement,
    character_table,
    icosahedral,
    natural,
    octahedral,
    tetrahedral,
    wigner_D,
)

ORDERS = {"T": 12, "T_h": 24, "T_d": 24, "O": 24, "O_h": 48, "I": 60, "I_h": 120}
CLASSES = {"T": 4, "T_h": 8, "T_d": 5, "O": 5, "O_h": 10, "I": 5, "I_h": 10}
PHI = (1 + np.sqrt(5)) / 2


@pytest.mark.parametrize("name", ORDERS)
def test_axioms(name: str) -> None:
    group = Polyhedral(name)
    group.check_axioms(np.random.default_rng(0))
    assert (group.order, len(group.classes)) == (ORDERS[name], CLASSES[name])
    assert group.index(group.identity) == 0
    assert group.rotations.order == (ORDERS[name[0]])
    assert repr(group) == name


@pytest.mark.parametrize("name", ORDERS)
def test_matrices_are_an_orthogonal_representation(name: str) -> None:
    rho = natural(Polyhedral(name))
    for g, row in enumerate(rho.group.product_table):  # type: ignore[attr-defined]
        assert np.abs(rho.matrices[row] - rho.matrices[g] @ rho.matrices).max() < 1e-15 * 4
    assert rho.is_unitary
    determinants = [g.determinant for g in Polyhedral(name).elements]
    assert np.allclose(np.linalg.det(rho.matrices), determinants, rtol=0, atol=1e-14)
    assert rho.is_irreducible


def cyclic(*vectors: tuple[float, float, float]) -> np.ndarray:
    """All cyclic permutations of all sign changes of some vectors, without repetition."""
    signs = np.array(np.meshgrid(*[(1, -1)] * 3)).reshape(3, -1).T
    points = [np.roll(np.array(v) * s, k) for v in vectors for s in signs for k in range(3)]
    return np.unique(np.round(points, 12) + 0.0, axis=0)


POLYHEDRA = {
    "cube": cyclic((1, 1, 1)),
    "octahedron": cyclic((1, 0, 0)),
    "icosahedron": cyclic((0, 1, PHI)),
    "other icosahedron": cyclic((0, PHI, 1)),
    "dodecahedron": cyclic((1, 1, 1), (0, PHI, 1 / PHI)),
    "other dodecahedron": cyclic((1, 1, 1), (0, 1 / PHI, PHI)),
    "tetrahedron": np.array([(1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1)], dtype=float),
}


def keeps(group: Polyhedral, points: np.ndarray) -> bool:
    images = np.einsum("gij,pj->gpi", natural(group).matrices, points)
    distances = np.linalg.norm(images[:, :, None] - points, axis=-1).min(axis=2)
    return bool(distances.max() < 1e-10)


CUBIC = {"cube", "octahedron"}
BOTH = {"icosahedron", "other icosahedron", "dodecahedron", "other dodecahedron"}


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("T", CUBIC | BOTH | {"tetrahedron"}),
        ("T_d", CUBIC | {"tetrahedron"}),
        ("T_h", CUBIC | BOTH),
        ("O", CUBIC),
        ("O_h", CUBIC),
        ("I", {"icosahedron", "dodecahedron"}),
        ("I_h", {"icosahedron", "dodecahedron"}),
    ],
)
def test_the_polyhedra_that_they_keep(name: str, kept: set[str]) -> None:
    assert [len(points) for points in POLYHEDRA.values()] == [8, 6, 12, 12, 20, 20, 4]
    assert {p for p, points in POLYHEDRA.items() if keeps(Polyhedral(name), points)} == kept


def test_the_octahedral_groups_are_the_signed_permutations() -> None:
    for group, known in (
        (Polyhedral("O_h"), Hyperoctahedral(3)),
        (octahedral(), Hyperoctahedral(3).rotations),
    ):
        found = {tuple(np.round(M).astype(int).ravel()) for M in natural(group).matrices}
        assert found == {tuple(g.matrix().ravel()) for g in known.elements}


def test_inclusions() -> None:
    of_t, of_o, of_i = (set(group.elements) for group in (tetrahedral(), octahedral(), icosahedral()))
    assert of_t == of_o & of_i
    assert of_t < set(Polyhedral("T_d").elements) < set(Polyhedral("O_h").elements)
    assert set(Polyhedral("I_h").elements) == of_i | {
        PolyhedralElement(g.quaternion_form, True) for g in icosahedral().elements
    }
    assert octahedral().subgroup(tetrahedral().elements).order == 12


def test_quaternions() -> None:
    group = Polyhedral("I_h")
    for g in group.elements:
        w, x, y, z = q = g.quaternion
        assert abs(q @ q - 1) < 1e-15 * 4
        assert q[np.flatnonzero(q)[0]] > 0
        R = np.array(
            [
                [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
                [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
                [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
            ]
        )
        assert np.allclose(g.matrix(), g.determinant * R, rtol=0, atol=1e-14)
    # the icosians: of the 60 rotations 4 have components 0 or 1, 8 only 1/2, and 48 the golden ratio
    fractions = [sorted(np.abs(g.quaternion)) for g in icosahedral().elements]
    golden = [f for f in fractions if np.allclose(f, [0, (PHI - 1) / 2, 0.5, PHI / 2], rtol=0, atol=1e-15)]
    assert len(golden) == 48


@pytest.mark.parametrize(
    ("name", "degree", "parts"),
    [
        # A, E, E*, T
        ("T", 1, (0, 0, 0, 1)),
        ("T", 2, (0, 1, 1, 1)),
        ("T", 3, (1, 0, 0, 2)),
        # A_1, A_2, E, T_1, T_2
        ("O", 1, (0, 0, 0, 1, 0)),
        ("O", 2, (0, 0, 1, 0, 1)),
        ("O", 3, (0, 1, 0, 1, 1)),
        ("O", 4, (1, 0, 1, 1, 1)),
        # A, T_1, T_2, G, H
        ("I", 1, (0, 1, 0, 0, 0)),
        ("I", 2, (0, 0, 0, 0, 1)),
        ("I", 3, (0, 0, 1, 1, 0)),
        ("I", 4, (0, 0, 0, 1, 1)),
        ("I", 6, (1, 1, 0, 1, 1)),
    ],
)
def test_how_spherical_harmonics_split(name: str, degree: int, parts: tuple[int, ...]) -> None:
    # the columns <p>, <d>, <f>, <g>, ... of G. Katzer, Character Tables for Point Groups used in Chemistry
    # (gernot-katzers-spice-pages.com/character_tables)
    group = Polyhedral(name)
    D = wigner_D(degree, np.stack([g.quaternion for g in group.elements]), "real")
    assert character_table(group).multiplicities(MatrixRepresentation(group, D)) == parts
    if degree == 1:  # components y, z, x
        order = [1, 2, 0]
        assert np.allclose(D, natural(group).matrices[:, order][:, :, order], rtol=0, atol=1e-14)


def test_elements_are_values() -> None:
    for group in (octahedral(), Polyhedral("I_h")):
        for g in group.elements:
            assert PolyhedralElement.parse(repr(g)) == g == pickle.loads(pickle.dumps(g))
            assert hash(pickle.loads(pickle.dumps(g))) == hash(g)
            assert g * g.inverse() == group.identity
    half = PolyhedralElement((0, 0, 0, -6, 0, 0, 0, 0))
    assert half == PolyhedralElement((0, 0, 0, 1, 0, 0, 0, 0))
    assert repr(half) == "PolyhedralElement(0 0 0 1)"
    assert half.d == 3
    assert pickle.loads(pickle.dumps(icosahedral())) == icosahedral()


@pytest.mark.parametrize("form", [(1, 2, 3), (0,) * 8, (0.5,) * 8, "quaternion"])
def test_bad_quaternions_are_refused(form: Any) -> None:
    with pytest.raises(InputError, match="eight integers"):
        PolyhedralElement(form)


@pytest.mark.parametrize("text", ["", "1 2 3", "1 2 3 x", "1 0 0 0 0", "1+√7 0 0 0"])
def test_bad_texts_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="no quaternion"):
        PolyhedralElement.parse(text)


def test_other_groups_are_refused() -> None:
    with pytest.raises(InputError, match="use T, T_h"):
        Polyhedral("D_5")
    with pytest.raises(InputError, match="no such element"):
        tetrahedral().index(PolyhedralElement((1, 1, 0, 0, 0, 0, 0, 0)))
