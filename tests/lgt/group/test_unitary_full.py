"""What is particular to U(N): the trace is in the algebra, the determinant is any phase."""

from __future__ import annotations

import numpy as np
import pytest

from lgt.config import RunConfig
from lgt.errors import InputError, PhysicsError
from lgt.field import hot
from lgt.group import SU, U1, U, UnitaryGroup
from lgt.lattice import Lattice
from lgt.rng import Stream


def test_the_trace_stays_in_the_algebra() -> None:
    M = np.diag([1.0 + 2j, 3.0 + 4j])
    assert np.array_equal(U(2).antihermitian(M), np.diag([2j, 4j]))
    assert np.allclose(SU(2).antihermitian(M), np.diag([-1j, 1j]))
    assert np.allclose(U(2).algebra(U(2).coordinates(np.diag([2j, 4j]))), np.diag([2j, 4j]))


def test_determinants_of_haar_elements_are_uniform_phases() -> None:
    angles = np.angle(np.linalg.det(U(2).haar(np.random.default_rng(0), (20_000,))))
    counts = np.histogram(angles, bins=32, range=(-np.pi, np.pi))[0]
    chi2 = ((counts - 625) ** 2 / 625).sum()
    assert abs(chi2 - 31) < 4 * np.sqrt(62)


def test_log_keeps_the_phase() -> None:
    matrix = np.exp(0.5j) * np.eye(3)
    assert np.allclose(U(3).log(matrix), 0.5j * np.eye(3), atol=1e-14)


def test_hot_fields_are_in_the_group_and_not_in_su_n() -> None:
    links = hot(Lattice((4, 4)), U(2), Stream(seed=1, chain=0))
    assert U(2).defect(links).max() < 1e-14
    assert SU(2).defect(links).max() > 0.5


@pytest.mark.parametrize("N", [1, 0, -2, 2.5, "2"])
def test_other_numbers_of_colours_are_refused(N: object) -> None:
    with pytest.raises(InputError):
        U(N)  # type: ignore[arg-type]


def test_the_centre_is_refused() -> None:
    with pytest.raises(PhysicsError, match="continuous"):
        _ = U(2).centre


def test_markov_chains_are_refused() -> None:
    with pytest.raises(InputError, match=r"U\(2\).*no update"):
        RunConfig(group="U2", lattice="4x4", beta=1.0, configs=1, out="x.h5")


def test_names() -> None:
    groups: list[UnitaryGroup] = [U(2), U(3), SU(2), U1()]
    assert [group.key for group in groups] == ["U2", "U3", "SU2", "U1"]
    assert len(set(groups)) == 4
    assert repr(U(2)) == "U(2)"
    assert (U(3).N, U(3).dimension) == (3, 9)
