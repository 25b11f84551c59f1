"""How targets move is found by trial: scalars, pseudoscalars, and what is neither."""

from __future__ import annotations

import numpy as np
import pytest

from lcnn.covariance import find_parity
from lcnn.targets import Function, Measured, parse_target
from lgt.errors import InputError
from lgt.group import SU, U1, UnitaryGroup
from lgt.lattice import Lattice

ALL = ("translation", "hypercubic", "gauge")


@pytest.mark.parametrize(
    ("name", "per", "group", "box", "odd"),
    [
        ("energy_clover@flow:0.1", "site", SU(3), "3x3x4", False),
        ("topological_charge@flow:0.1", "site", SU(2), "2x2x2x3", True),
        ("topological_charge", "configuration", SU(3), "3x3x3x4", True),
        ("topological_charge", "configuration", U1(), "8x8", True),
        ("plaquette", "configuration", SU(2), "8x8", False),
        ("wilson_1x2_symmetric", "configuration", SU(2), "8x8", False),
        ("wilson_1x2", "configuration", SU(2), "8x16", False),  # this box has no swap of its axes
        ("polyakov_abs", "configuration", SU(3), "3x3x4", False),
    ],
)
def test_parities(name: str, per: str, group: UnitaryGroup, box: str, odd: bool) -> None:
    found = find_parity(parse_target(name), group, Lattice.parse(box), per, ALL)  # type: ignore[arg-type]
    assert found is odd


@pytest.mark.parametrize(
    ("name", "per", "box"),
    [
        ("plaquette", "site", "8x8"),  # anchored at a corner
        ("wilson_1x2", "configuration", "8x8"),  # one orientation
        ("polyakov_re", "configuration", "4x4"),  # along time alone
        ("polyakov_im", "configuration", "3x3x4"),  # odd under one of the reflections
    ],
)
def test_what_the_hypercubic_group_does_not_move_along(name: str, per: str, box: str) -> None:
    lattice = Lattice.parse(box)
    with pytest.raises(InputError, match="leave out hypercubic"):
        find_parity(parse_target(name), SU(3), lattice, per, ALL)  # type: ignore[arg-type]
    assert not find_parity(parse_target(name), SU(3), lattice, per, ("translation", "gauge"))  # type: ignore[arg-type]


def test_functions_that_break_a_symmetry() -> None:
    def entry(links: np.ndarray) -> np.ndarray:
        return np.asarray(links[:, 0, ..., 0, 0].real)

    def position(links: np.ndarray) -> np.ndarray:
        trace = np.abs(np.trace(links[:, 0] @ links[:, 0].conj().swapaxes(-1, -2), axis1=-2, axis2=-1))
        return np.asarray(trace * np.arange(links.shape[2])[:, None])

    for function, symmetry in ((entry, "gauge"), (position, "translation")):
        target = Measured("mine:f", Function("mine:f", function))
        with pytest.raises(InputError, match=f"found values that {symmetry}"):
            find_parity(target, SU(2), Lattice((8, 8)), "site", ALL)
        others = [name for name in ("gauge", "translation") if name != symmetry]
        assert not find_parity(target, SU(2), Lattice((8, 8)), "site", others)


def test_a_loop_as_long_as_half_the_box_does_not_pass_by_winding_around_a_smaller_one() -> None:
    with pytest.raises(InputError, match="augment"):
        find_parity(parse_target("wilson_4x4"), SU(2), Lattice((8, 8)), "site", ["hypercubic"])


@pytest.mark.parametrize("scale", [1e-200, 1e-12, 1e12])
def test_the_size_of_a_target_does_not_matter(scale: float) -> None:
    """Its unit is the user's own: a charge stays odd, and what no symmetry moves along is refused."""
    charge, upright = parse_target("topological_charge"), parse_target("wilson_1x2")
    assert isinstance(charge, Measured)
    assert isinstance(upright, Measured)

    def scaled(target: Measured) -> Measured:
        def function(links: np.ndarray) -> np.ndarray:
            return scale * np.asarray(target.observable.density(links, d=2))

        return Measured("mine:f", Function("mine:f", function))

    box = Lattice((4, 4))
    assert find_parity(scaled(charge), U1(), box, "configuration", ALL)
    with pytest.raises(InputError, match="leave out hypercubic"):
        find_parity(scaled(upright), U1(), box, "configuration", ALL)
