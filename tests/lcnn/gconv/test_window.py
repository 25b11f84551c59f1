"""Windows: where their sites are, and that the group carries them onto each other."""

from __future__ import annotations

import numpy as np
import pytest

from lcnn.gconv._window import make_window
from lgt.errors import InputError
from lgt.group import moving, point_group


@pytest.mark.parametrize("size", [1, 2, 3, 4])
@pytest.mark.parametrize(("name", "d"), [("B_2", 2), ("C_4", 2), ("SB_3", 3), ("Z_2^4", 4)])
def test_sites_lie_about_the_middle_in_the_order_of_a_torch_weight(name: str, d: int, size: int) -> None:
    group = point_group(name, d)
    window = make_window(group, size, mode="zeros")
    assert len(window.positions) == size**d
    assert (window.positions.sum(axis=0) == 0).all()
    assert moving(group, window.positions).dimension == size**d
    corner = window.positions.reshape(*(size,) * d, d)[(0,) * (d - 1) + (size - 1,)]
    assert corner.tolist() == [1 - size] * (d - 1) + [size - 1]


def test_what_it_prints() -> None:
    group = point_group("B_1", 2)
    assert str(make_window(group, 3)) == "3x3"
    assert str(make_window(group, (3, 2), (1, 2))) == "3x2 stride=(1,2)"
    assert str(make_window(group, 3, 2, (0, 1), "zeros")) == "3x3 stride=2 padding=(0,1)"


def test_sites_added_on_both_sides_of_a_periodic_grid_make_up_the_size() -> None:
    window = make_window(point_group("1", 2), (3, 4))
    assert np.add(window.padding, window.after).tolist() == [2, 3]
    assert window.output_extents((5, 7)) == (5, 7)


@pytest.mark.parametrize("group", ["C_4", 4, None])
def test_what_is_no_group_is_refused(group: object) -> None:
    with pytest.raises(InputError, match="no group of signed permutations"):
        make_window(group, 3)  # type: ignore[arg-type]
