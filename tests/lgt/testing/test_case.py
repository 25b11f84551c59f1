"""A case gives the same numbers whenever it is drawn."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from lgt.group import SU, SpaceElement
from lgt.lattice import Lattice
from lgt.symmetry import ADJOINT, LINKS, Gauge, PointGroup, Symmetry, Translation
from lgt.testing import Case
from lgt.testing.mutants import correct


@pytest.mark.parametrize("symmetry", [Gauge(), Translation(), PointGroup()], ids=repr)
def test_a_case_is_its_structure_and_its_seed(symmetry: Symmetry[Any]) -> None:
    case = Case(symmetry, SU(3), Lattice((2, 3)), seed=5, channels=3)
    again = replace(case)
    for a, b in zip(case.inputs([LINKS, ADJOINT]), again.inputs([LINKS, ADJOINT]), strict=True):
        assert np.array_equal(a, b)
    assert np.array_equal(_numbers(case), _numbers(again))
    assert not np.array_equal(case.inputs([LINKS])[0], replace(case, seed=6).inputs([LINKS])[0])
    assert [a.shape[1] for a in case.inputs([LINKS, ADJOINT])] == [2, 3]


def _numbers(case: Case) -> Any:
    element = case.transformation
    return element.omega if isinstance(case.symmetry, Gauge) else np.array([hash(element)])


def test_a_given_element_leaves_the_inputs_alone() -> None:
    case = Case(Translation(), SU(2), Lattice((2, 3)), seed=5)
    given = replace(case, element=SpaceElement.of_translation((0, 1)))
    assert given.transformation != case.transformation
    assert np.array_equal(case.inputs([LINKS])[0], given.inputs([LINKS])[0])


def test_it_measures() -> None:
    case = Case(PointGroup(), SU(2), Lattice((2, 3)), seed=5)
    assert case.error(correct, input_types=[LINKS, ADJOINT], output_type=ADJOINT).passes()
