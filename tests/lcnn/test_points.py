"""Features of point groups, and the characters they are pooled by."""

from __future__ import annotations

import numpy as np
import pytest

from lcnn._points import check_features, find_character, point_values
from lgt.errors import InputError
from lgt.group import Hyperoctahedral, characters, directions, point_group, regular, trivial


@pytest.mark.parametrize(("name", "d"), [("C_4", 2), ("B_2", 2), ("SB_3", 3)])
def test_values_of_points_project_on_a_character(name: str, d: int) -> None:
    """sum_p chi(g_p)/P D(g)[p, q] = chi(g) chi(g_q)/P up to conjugation, for every g."""
    K = point_group(name, d)
    tried = 0
    for chi in characters(K):
        values = point_values(regular(K), chi)
        for g in K.elements:
            moved = values @ regular(K).matrix(g)
            np.testing.assert_allclose(moved, chi.matrix(g)[0, 0] * values, atol=1e-15)
            tried += 1
    assert tried == K.order * len(characters(K))


def test_characters_by_name_and_number() -> None:
    K = Hyperoctahedral(2)
    assert set(find_character(regular(K), "mean").values) == {1}
    assert find_character(regular(K), "det").values == tuple(g.determinant for g in K.elements)
    assert find_character(regular(K), 1) == characters(K)[1]
    chi = characters(point_group("C_4", 2))[0]
    with pytest.raises(InputError, match="use one group"):
        find_character(regular(K), chi)
    for wrong in ("max", 4, -1, True, 1.0):
        with pytest.raises(InputError, match="no such character"):
            find_character(regular(K), wrong)  # type: ignore[arg-type]


def test_features_without_that_character() -> None:
    K = Hyperoctahedral(2)
    with pytest.raises(InputError, match="change the sign"):
        point_values(trivial(K), find_character(trivial(K), "det"))
    assert point_values(directions(K), find_character(directions(K), "mean")).tolist() == [0.25] * 4
    with pytest.raises(InputError, match=r"give regular\(K\)"):
        check_features(K)
