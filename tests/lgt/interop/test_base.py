"""The values that files are read into."""

from __future__ import annotations

import numpy as np

import lgt
from lgt.interop import Comparison, Configuration, Metadata


def test_checksums_must_be_equal_and_averages_close() -> None:
    assert Comparison("sum", 3, 3).agrees
    assert not Comparison("sum", 3, 4).agrees
    assert Comparison("plaquette", 0.5, 0.500001, 1e-5).agrees
    assert not Comparison("plaquette", 0.5, 0.51, 1e-5).agrees
    assert not Comparison("plaquette", 0.5, np.nan, 1e-5).agrees
    assert Comparison("plaquette", None, 0.5).agrees
    assert Comparison("plaquette", 0.5, None).agrees


def test_words() -> None:
    assert str(Comparison("sum29", 255, None)) == "sum29 ff in the file, none from its data"
    assert str(Comparison("plaquette", 0.5, 1.25)) == "plaquette 0.5 in the file, 1.25 from its data"
    assert len(str(Comparison("plaquette", -1.5e300, 0.59368791234567))) < 70


def test_configuration_knows_its_lattice() -> None:
    links = lgt.cold(lgt.Lattice((2, 3, 4, 5)), lgt.SU(3))
    metadata = Metadata(64, "big", Comparison("plaquette", None, 1.0))
    assert repr(Configuration(links, "ildg", metadata)) == "Configuration(ildg, SU(3), 2x3x4x5, 64 bits)"
