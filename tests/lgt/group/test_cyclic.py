"""C_n and D_n: axioms, presentations, matrices; their elements as values."""

import pickle
from typing import Any

import numpy as np
import pytest

from lgt.errors import InputError
from lgt.group import Cyclic, Dihedral, PlanarElement, natural, planar

GROUPS = [*(Cyclic(n) for n in (1, 2, 3, 4, 7, 12)), *(Dihedral(n) for n in (1, 2, 3, 4, 7, 12))]


@pytest.mark.parametrize("group", GROUPS, ids=repr)
def test_axioms(group: Cyclic | Dihedral) -> None:
    group.check_axioms(np.random.default_rng(0))
    assert group.order == group.n * (1 + isinstance(group, Dihedral))
    assert group.index(group.identity) == 0


@pytest.mark.parametrize("n", [1, 2, 3, 4, 7, 12])
def test_presentation(n: int) -> None:
    r, s = PlanarElement(n, 1), PlanarElement(n, 0, True)
    power = PlanarElement(n, 0)
    for k in range(n):
        assert Cyclic(n).elements[k] == power
        assert Dihedral(n).elements[n + k] == power * s
        power = power * r
    assert power == s * s == r * s * r * s == PlanarElement(n, 0)
    assert Dihedral(n).generate(r, s).order == 2 * n
    assert Dihedral(n).rotations == Dihedral(n).generate(r)


@pytest.mark.parametrize("group", GROUPS, ids=repr)
@pytest.mark.parametrize("frequency", [0, 1, 2, 3])
def test_matrices_are_a_representation(group: Cyclic | Dihedral, frequency: int) -> None:
    rho = planar(group, frequency)
    rho.check_homomorphism(np.random.default_rng(1), tolerance=1e-14)
    angles = 2 * np.pi * np.arange(group.n) * frequency / group.n
    expected = np.array([[np.cos(angles), -np.sin(angles)], [np.sin(angles), np.cos(angles)]])
    assert np.allclose(rho.matrices[: group.n], expected.transpose(2, 0, 1), rtol=0, atol=1e-14)
    assert np.allclose(np.linalg.det(rho.matrices), [g.determinant for g in group.elements])
    if isinstance(group, Dihedral):
        assert (rho.matrices[group.n] == np.diag([1, -1])).all()
    if frequency == 1:
        assert rho == natural(group)


def test_quarter_turns_are_exact() -> None:
    for n in (4, 8, 12):
        for g in (PlanarElement(n, n // 4), PlanarElement(n, n // 2, True)):
            assert set(np.abs(g.matrix()).ravel()) == {0.0, 1.0}


def test_irreducible_unless_the_frequency_is_half_of_n() -> None:
    assert [planar(Dihedral(8), k).is_irreducible for k in range(9)] == [k % 4 != 0 for k in range(9)]
    assert not planar(Cyclic(8)).is_irreducible


def test_elements_are_values() -> None:
    g = PlanarElement(8, -5, True)
    assert repr(g) == "PlanarElement(3/8 mirrored)"
    assert PlanarElement.parse(repr(g)) == g == pickle.loads(pickle.dumps(g))
    assert PlanarElement.parse("1/4") == PlanarElement(4, 5)
    assert PlanarElement(8, 2) != PlanarElement(4, 1)
    assert len({PlanarElement(4, k) for k in range(8)}) == 4
    assert (g * g.inverse(), g.d) == (PlanarElement(8, 0), 2)


@pytest.mark.parametrize("make", [Cyclic, Dihedral, lambda n: PlanarElement(n, 0)])
@pytest.mark.parametrize("n", [0, -1, 2.5, "three"])
def test_bad_sizes_are_refused(make: Any, n: Any) -> None:
    with pytest.raises(InputError, match="use n = 1, 2"):
        make(n)


def test_bad_elements_are_refused() -> None:
    with pytest.raises(InputError, match="turns"):
        PlanarElement(4, 0.5)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="use one n"):
        _ = PlanarElement(4, 1) * PlanarElement(8, 1)
    with pytest.raises(InputError, match="write it as"):
        PlanarElement.parse("half")
    with pytest.raises(InputError, match="no such element"):
        Cyclic(4).index(PlanarElement(8, 2))
    with pytest.raises(InputError, match="no such element"):
        Cyclic(4).index(PlanarElement(4, 2, True))
