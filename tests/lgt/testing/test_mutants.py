"""Negative controls: the toolkit passes the correct layer and rejects each of the 13 broken ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lgt.errors import CheckError
from lgt.symmetry import Gauge, PointGroup, Symmetry, Translation
from lgt.testing import assert_equivariant, mutants
from lgt.testing.mutants import MUTANTS, correct

SYMMETRIES: tuple[Symmetry[Any], ...] = (Gauge(), Translation(), PointGroup())
KINDS: dict[str, Any] = {"input_types": ("links", "adjoint"), "output_type": "adjoint"}

# Which symmetries see which bug, with SU(3) and with SU(2), on random matter (G gauge, T translation, H B_d).
SEEN = {
    "no_dagger": "G H",
    "wrong_roll_sign": "G H",
    "wrong_link_direction": "G H",
    "conjugate_only": "G H",
    "transpose_only": "G H",
    "daggers_swapped": "G",
    "backward_link_at_x": "G H",
    "relu_on_entries": "G",
    "real_part_of_entries": "G",
    "open_boundary": "T H",
    "swapped_axes": "G T H",
    "direction_weights": "H",
    "float32_inside": "G H",
}


def _caught(function: Callable[..., Any], symmetry: Symmetry[Any], group: str) -> str:
    """The complaint about a function, empty where there is none."""
    try:
        assert_equivariant(function, symmetry, **KINDS, groups=(group,), dims=(2, 3), examples=20)
    except CheckError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("group", ["SU3", "SU2", "U1"])
@pytest.mark.parametrize("symmetry", SYMMETRIES, ids=repr)
def test_the_correct_layer_passes(symmetry: Symmetry[Any], group: str) -> None:
    assert_equivariant(correct, symmetry, **KINDS, groups=(group,), examples=20)


@pytest.mark.parametrize("group", ["SU3", "SU2"])
@pytest.mark.parametrize("name", MUTANTS)
def test_each_mutant_is_rejected_by_its_symmetries(name: str, group: str) -> None:
    complaints = {symmetry: _caught(MUTANTS[name], symmetry, group) for symmetry in SYMMETRIES}
    seen = [letter for letter, text in zip("GTH", complaints.values(), strict=True) if text]
    assert seen == SEEN[name].split()
    assert seen
    for symmetry, text in complaints.items():
        if text:
            for word in (name, repr(symmetry), "site (", "> tolerance 1e-10", "complex128", "reproduce("):
                assert word in text


def test_there_are_thirteen_each_with_its_bug_in_words() -> None:
    assert len(MUTANTS) == 13
    assert set(SEEN) == set(MUTANTS)
    for name, mutant in MUTANTS.items():
        assert getattr(mutants, name) is mutant
        assert mutant.__doc__


def test_no_single_symmetry_sees_them_all() -> None:
    for letter in "GTH":
        assert sum(letter in seen for seen in SEEN.values()) < 13


def test_equal_extents_hide_no_bug_only_where_another_symmetry_sees_it() -> None:
    """On a cube, direction weights are the one bug that B_d alone sees; gauge and translations are blind."""
    assert [name for name, seen in SEEN.items() if seen == "H"] == ["direction_weights"]
