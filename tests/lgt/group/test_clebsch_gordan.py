"""Clebsch-Gordan coefficients: intertwiners, orthonormal, with known values, and wrong ones refused."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle.rotations import quaternions

from lgt.errors import InputError
from lgt.group import clebsch_gordan, clebsch_gordan_exact, wigner_D

CORNERS = [(24, 24, 0), (24, 24, 24), (24, 24, 48), (24, 1, 25), (24, 1, 24), (24, 1, 23), (23, 24, 1)]


def defect(C: Any, degrees: tuple[Any, Any, Any], g: Any, basis: str) -> float:
    """The largest entry of D1 x D2 C - C D."""
    D1, D2, D = (wigner_D(degree, g, basis) for degree in degrees)
    moved = np.einsum("am,mnk->ank", D1, C, optimize=True)
    return float(np.abs(np.einsum("bn,ank->abk", D2, moved, optimize=True) - C @ D).max())


@st.composite
def triples(draw: st.DrawFn, halves: bool = True) -> tuple[Fraction, Fraction, Fraction]:
    """Degrees l1, l2 <= 24 and an l in their product."""
    step = 1 if halves else 2
    j1, j2 = (step * draw(st.integers(0, 48 // step)) for _ in range(2))
    j = abs(j1 - j2) + 2 * draw(st.integers(0, min(j1, j2)))
    return Fraction(j1, 2), Fraction(j2, 2), Fraction(j, 2)


@given(triples(), quaternions())
def test_intertwining(degrees: tuple[Fraction, Fraction, Fraction], g: Any) -> None:
    assert defect(clebsch_gordan(*degrees), degrees, g, "complex") < 1e-12


@given(triples(halves=False), quaternions())
def test_intertwining_in_the_real_basis(degrees: tuple[Fraction, Fraction, Fraction], g: Any) -> None:
    assert defect(clebsch_gordan(*degrees, "real"), degrees, g, "real") < 1e-12


@pytest.mark.parametrize("basis", ["complex", "real"])
@pytest.mark.parametrize("degrees", [*CORNERS, (40, 40, 40)], ids=str)
def test_the_corners(degrees: tuple[int, int, int], basis: str) -> None:
    """All of the corners, orthonormal and intertwining, beyond l = 24 as well."""
    C = clebsch_gordan(*degrees, basis)
    columns = C.reshape(-1, C.shape[-1])
    assert np.abs(columns.T @ columns - np.eye(C.shape[-1])).max() < 3e-15
    g = np.random.default_rng(1).normal(size=4)
    assert defect(C, degrees, g, basis) < 1e-12


@pytest.mark.parametrize(("first", "second"), [(2, 3), (0.5, 3), (12, 12), (8.5, 7)])
@pytest.mark.parametrize("basis", ["complex", "real"])
def test_complete(first: float, second: float, basis: str) -> None:
    """All l together make an orthogonal matrix: the product falls apart into them and nothing else."""
    if basis == "real" and (2 * first % 2 or 2 * second % 2):
        first, second = 2 * first, 2 * second
    lowest = abs(first - second)
    every = [clebsch_gordan(first, second, lowest + k, basis) for k in range(int(2 * min(first, second)) + 1)]
    U = np.concatenate([C.reshape(-1, C.shape[-1]) for C in every], axis=1)
    assert U.shape[0] == U.shape[1]
    assert np.abs(U @ U.T - np.eye(len(U))).max() < 5e-15


def test_published_values() -> None:
    """The tables of the Particle Data Group, 2 x 1 and 3/2 x 1/2; signs are those of the squares."""
    table = {
        (2, 1, 1, 0, 3, 1): Fraction(8, 15),
        (2, 1, 1, 0, 2, 1): Fraction(1, 6),
        (2, 1, 1, 0, 1, 1): Fraction(-3, 10),
        (2, 2, 1, -1, 1, 1): Fraction(3, 5),
        (2, 0, 1, 1, 2, 1): Fraction(-1, 2),
        (2, 0, 1, 1, 1, 1): Fraction(1, 10),
        (2, 0, 1, 0, 3, 0): Fraction(3, 5),
        (2, 0, 1, 0, 2, 0): Fraction(0),
        (1.5, 1.5, 0.5, -0.5, 2, 1): Fraction(1, 4),
        (1.5, 0.5, 0.5, 0.5, 1, 1): Fraction(-1, 4),
        (1.5, 0.5, 0.5, 0.5, 2, 1): Fraction(3, 4),
    }
    for (l1, m1, l2, m2, l_, m), square in table.items():
        assert clebsch_gordan_exact(l1, m1, l2, m2, l_, m) == square
        value = clebsch_gordan(l1, l2, l_)[int(l1 + m1), int(l2 + m2), int(l_ + m)]
        assert value == pytest.approx(np.sign(square) * abs(square) ** 0.5, abs=1e-16)


@given(triples())
def test_exact_squares_sum_to_one(degrees: tuple[Fraction, Fraction, Fraction]) -> None:
    l1, l2, l3 = degrees
    m = l3 - int(l3)
    terms = [
        clebsch_gordan_exact(l1, m1, l2, m - m1, l3, m)
        for m1 in (k - l1 for k in range(int(2 * l1) + 1))
        if abs(m - m1) <= l2
    ]
    assert sum(map(abs, terms)) == 1


def test_selection_rule_of_m() -> None:
    assert clebsch_gordan_exact(2, 1, 1, 1, 2, 1) == 0
    C = clebsch_gordan(2, 1, 2)
    i, k, j = np.indices(C.shape)
    assert not C[(i - 2) + (k - 1) != j - 2].any()


@given(triples())
def test_exchange(degrees: tuple[Fraction, Fraction, Fraction]) -> None:
    l1, l2, l3 = degrees
    sign = (-1) ** int(l1 + l2 - l3)
    assert np.array_equal(clebsch_gordan(l2, l1, l3), sign * np.swapaxes(clebsch_gordan(l1, l2, l3), 0, 1))


def test_vectors_in_the_real_basis() -> None:
    """In the order (y, z, x): the cross product, the scalar product, and the traceless symmetric part."""
    rng = np.random.default_rng(4)
    a, b = rng.normal(size=(2, 3))
    order = [1, 2, 0]

    def coupled(degree: int) -> Any:
        return np.einsum("a,b,abc->c", a[order], b[order], clebsch_gordan(1, 1, degree, "real"))

    assert np.abs(coupled(1) - np.cross(a, b)[order] / 2**0.5).max() < 1e-15
    assert np.abs(coupled(0) + a @ b / 3**0.5).max() < 1e-15
    x, y, z = 0.5 * (np.outer(a, b) + np.outer(b, a))
    diagonal = (2 * z[2] - x[0] - y[1]) / 6**0.5
    quadrupole = [2**0.5 * x[1], 2**0.5 * y[2], diagonal, 2**0.5 * x[2], (x[0] - y[1]) / 2**0.5]
    assert np.abs(coupled(2) - quadrupole).max() < 1e-15


def test_wrong_coefficients_are_seen() -> None:
    """The control: signs dropped, m turned round, two degrees exchanged, a real basis without its phase."""
    g = np.random.default_rng(2).normal(size=4)
    C, R = clebsch_gordan(2, 3, 4), clebsch_gordan(2, 3, 4, "real")
    assert defect(C, (2, 3, 4), g, "complex") < 1e-14
    assert defect(R, (2, 3, 4), g, "real") < 1e-14
    wrong = [np.abs(C), C[::-1], C[:, :, ::-1], R]
    assert min(defect(c, (2, 3, 4), g, "complex") for c in wrong) > 0.01
    assert min(defect(c, (2, 3, 4), g, "real") for c in (np.abs(R), R[::-1], C)) > 0.01
    square = clebsch_gordan(3, 3, 2)
    assert defect(square, (3, 3, 2), g, "complex") < 1e-14
    assert defect(np.swapaxes(clebsch_gordan(3, 2, 3), 1, 2), (3, 3, 2), g, "complex") > 0.01


@pytest.mark.parametrize("degrees", [(1, 1, 3), (2, 4, 1), (0.5, 1, 1), (1, 1, 0.5), (1, 1, -1)], ids=str)
def test_no_such_coupling(degrees: tuple[Any, Any, Any]) -> None:
    with pytest.raises(InputError, match=r"coupling|degree"):
        clebsch_gordan(*degrees)


def test_bad_input() -> None:
    with pytest.raises(InputError, match="half-integer"):
        clebsch_gordan(0.5, 0.5, 1, "real")
    with pytest.raises(InputError, match="no such m"):
        clebsch_gordan_exact(1, 2, 1, 0, 1, 1)
    with pytest.raises(InputError, match="no such m"):
        clebsch_gordan_exact(1, 0.5, 1, 0, 1, 1)
