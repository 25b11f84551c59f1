"""Averages that files state, and links off the group."""

from __future__ import annotations

import numpy as np
import pytest

import lgt
from lgt.interop._checks import averages, group_tolerance, off_group


def test_averages_by_plane() -> None:
    """An abelian field whose plaquettes differ between the planes with time and the others."""
    box = lgt.Lattice((4, 4, 8))
    links = np.ones((3, *box.extents, 1, 1), dtype=np.complex128)
    x = np.arange(4).reshape(4, 1, 1)
    links[1, ..., 0, 0] = np.exp(2j * np.pi * x / 4)  # flux 1/4 through each x-y plaquette
    found = averages(links)
    assert found["spatial plaquette"] == pytest.approx(0.0, abs=1e-15)
    assert found["temporal plaquette"] == pytest.approx(1.0)
    assert found["plaquette"] == pytest.approx(2 / 3)
    assert found["link trace"] == pytest.approx(2 / 3)


def test_two_dimensions_have_no_spatial_planes() -> None:
    found = averages(np.ones((2, 4, 4, 1, 1), dtype=np.complex128))
    assert np.isnan(found["spatial plaquette"])
    assert found["plaquette"] == 1.0


def test_tolerance_follows_the_links() -> None:
    assert group_tolerance(np.full(10, 1e-7), 32) == 1e-5
    assert group_tolerance(np.full(10, 1e-7), 64) == 1e-5
    assert group_tolerance(np.full(10, 1e-14), 64) == pytest.approx(1e-10)
    assert group_tolerance(np.zeros(10), 64) == 1e-11
    assert group_tolerance(np.full(10, np.nan), 64) == 1e-5


def test_off_group_in_words() -> None:
    links = lgt.cold(lgt.Lattice((2, 2)), lgt.SU(2))
    links[0, 0, 0] *= 1j  # unitary, determinant -1
    assert off_group(links, 1e-5) == "1 of 8 links off SU(2) by up to 2 (determinants by up to 2)"
    links[0, 0, 0, 0, 0] = np.inf
    assert off_group(links, 1e-5) == "1 of 8 links with entries that are not numbers"
