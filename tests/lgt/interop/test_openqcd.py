"""Files of openQCD."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from oracle.foreign_files import openqcd_file

import lgt
from lgt.interop import detect_format, read_configuration, write_configuration

Complex = NDArray[np.complex128]


def test_bytes_are_those_of_the_description(hot: Complex, tmp_path: Path) -> None:
    path = tmp_path / "a"
    write_configuration(path, hot, format="openqcd")
    plaquette = read_configuration(path).metadata.plaquette
    assert plaquette.stored is not None
    content, expected = path.read_bytes(), openqcd_file(hot, plaquette.stored)
    assert content[:16] == expected[:16]
    assert content[24:] == expected[24:]
    assert struct.unpack("<d", content[16:24])[0] == pytest.approx(3 * plaquette.stored, abs=1e-15)


def test_round_trip_keeps_every_bit(hot: Complex, tmp_path: Path) -> None:
    path = tmp_path / "a"
    write_configuration(path, hot, format="openqcd")
    configuration = read_configuration(path)
    assert detect_format(path) == "openqcd"
    assert configuration.lattice == lgt.Lattice((2, 4, 6, 8))
    assert np.array_equal(configuration.links, hot)


def test_file_of_the_description_is_read(hot: Complex, tmp_path: Path) -> None:
    write_configuration(tmp_path / "a", hot, format="nersc")
    plaquette = read_configuration(tmp_path / "a").metadata.plaquette.computed
    assert plaquette is not None
    (tmp_path / "b").write_bytes(openqcd_file(hot, plaquette))
    assert np.array_equal(read_configuration(tmp_path / "b").links, hot)
    (tmp_path / "b").write_bytes(openqcd_file(hot, plaquette + 1e-9))
    with pytest.raises(lgt.EnsembleError, match="plaquette"):
        read_configuration(tmp_path / "b")


def test_links_in_the_wrong_place_are_seen(hot: Complex, tmp_path: Path) -> None:
    """Two links exchanged are both in the group; the plaquette is what sees it."""
    path = tmp_path / "a"
    write_configuration(path, hot, format="openqcd")
    content = path.read_bytes()
    path.write_bytes(content[:24] + content[168:312] + content[24:168] + content[312:])
    with pytest.raises(lgt.EnsembleError, match="plaquette"):
        read_configuration(path)


@pytest.mark.parametrize(
    ("extents", "reason"), [((4, 4, 4, 4), "truncated"), ((8, 2, 4, 7), "none of the formats")]
)
def test_wrong_headers_are_refused(
    extents: tuple[int, ...], reason: str, hot: Complex, tmp_path: Path
) -> None:
    path = tmp_path / "a"
    write_configuration(path, hot, format="openqcd")
    path.write_bytes(struct.pack("<4i", *extents) + path.read_bytes()[16:])
    with pytest.raises(lgt.EnsembleError, match=reason):
        read_configuration(path)


def test_odd_extents(tmp_path: Path) -> None:
    links = lgt.cold(lgt.Lattice((4, 4, 4, 3)), lgt.SU(3))
    with pytest.raises(lgt.InputError, match="must be even"):
        write_configuration(tmp_path / "a", links, format="openqcd")
    # A size that fits them makes it a file of openQCD all the same, if one that must be refused.
    (tmp_path / "a").write_bytes(struct.pack("<4id", 3, 4, 4, 4, 3.0) + bytes(4 * 192 * 144))
    with pytest.raises(lgt.EnsembleError, match="one is odd"):
        read_configuration(tmp_path / "a")


def test_links_without_room(tmp_path: Path) -> None:
    with pytest.raises(lgt.InputError, match="N = 2"):
        write_configuration(tmp_path / "a", lgt.cold(lgt.Lattice((2, 2, 2, 2)), lgt.SU(2)), format="openqcd")
