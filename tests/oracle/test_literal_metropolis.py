"""The oracle held to exact values: what it samples, and how it counts loops."""

from __future__ import annotations

import numpy as np
import pytest
from oracle import literal_metropolis
from oracle.exact_2d import Torus

from lgt.analysis import estimate


@pytest.mark.parametrize(("N", "beta"), [(2, 3.0), (3, 6.0)])
def test_plaquettes_alone_are_solved_in_two_dimensions(N: int, beta: float) -> None:
    measured = estimate(literal_metropolis.plaquette_series((3, 4), N, beta, 1.0, 0.0, 6000))
    assert measured.error < 4e-3
    assert abs(measured.value - Torus(N, beta, 12).plaquette) < 4 * measured.error
    # The negative control: another coefficient of the plaquettes.
    assert abs(measured.value - Torus(N, 1.1 * beta, 12).plaquette) > 4 * measured.error


@pytest.mark.parametrize("extents", [(3, 4), (3, 4, 5)])
def test_every_link_is_in_as_many_loops_as_it_should(extents: tuple[int, ...]) -> None:
    """In each plane a link is in two plaquettes and six rectangles, once in each."""
    d, volume = len(extents), int(np.prod(extents))
    rows, signs, weights = literal_metropolis.loops_of(extents, 1.5, -0.5)
    assert len(rows) == 3 * volume * d * (d - 1) // 2
    for weight, count in ((1.5, 2), (-0.5, 6)):
        passed = rows[weights == weight][signs[weights == weight] != 0]
        assert np.array_equal(np.bincount(passed, minlength=d * volume), np.full(d * volume, count * (d - 1)))
    assert (np.sort(np.abs(signs).sum(axis=1)) == np.sort(np.where(weights > 0, 4, 6))).all()
