"""MILC files of version 5."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from oracle.foreign_files import milc_sums, sites_bytes

import lgt
from lgt.interop import read_configuration, write_configuration

Complex = NDArray[np.complex128]


@pytest.mark.parametrize("byte_order", ["big", "little"])
def test_bytes_are_those_of_the_description(byte_order: Any, hot: Complex, tmp_path: Path) -> None:
    path = tmp_path / "a"
    write_configuration(path, hot, format="milc", byte_order=byte_order, header={"time_stamp": "noon"})
    order = ">" if byte_order == "big" else "<"
    data = b"".join(sites_bytes(hot, order + "f"))
    head = struct.pack(order + "5i64siII", 20103, 2, 4, 6, 8, b"noon", 0, *milc_sums(data, order))
    assert path.read_bytes() == head + data
    configuration = read_configuration(path)
    assert np.array_equal(configuration.links, hot.astype(np.complex64))
    assert configuration.metadata.byte_order == byte_order


def copy(path: Path, to: Path) -> None:
    configuration = read_configuration(path)
    metadata = configuration.metadata
    write_configuration(
        to, configuration.links, format="milc", byte_order=metadata.byte_order, header=metadata.header
    )


def test_file_to_file_byte_by_byte(written_here: Path, tmp_path: Path) -> None:
    name = "save_serial_4x4x4x8_b6.0"
    copy(written_here / name, tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == (written_here / name).read_bytes()
    ours = (tmp_path / "a.info").read_text().splitlines()
    theirs = (written_here / f"{name}.info").read_text().splitlines()
    assert len(ours) == len(theirs)
    # MILC sums in single precision: the last digit of one line differs.
    assert [a for a, b in zip(ours, theirs, strict=True) if a != b] == ["gauge.ssplaq = 1.828911"]


@pytest.mark.parametrize("name", ["lat.sample.l4444", "lat.sample.l4448"])
def test_real_files_byte_by_byte(name: str, samples: Path, tmp_path: Path) -> None:
    copy(samples / "milc" / name, tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == (samples / "milc" / name).read_bytes()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("gauge.ssplaq = 1.9\n", "spatial plaquette"),
        ("gauge.stplaq 1.9\n", "temporal plaquette"),
        ("gauge.nersc_linktr = 0.5\n", "link trace"),
        ("gauge.nersc_checksum = 7\n", "nersc_checksum"),
        ("gauge.nersc_checksum = seven\n", "nersc_checksum 'seven' in the .info file"),
        ("gauge.ssplaq = many\n", "gauge.ssplaq 'many' in the .info file"),
    ],
)
def test_info_file_of_other_links_is_refused(line: str, reason: str, hot: Complex, tmp_path: Path) -> None:
    path = tmp_path / "a"
    write_configuration(path, hot, format="milc")
    read_configuration(path)
    (tmp_path / "a.info").write_text(line)
    with pytest.raises(lgt.EnsembleError, match=reason):
        read_configuration(path)


def test_info_file_with_zeros_states_nothing(hot: Complex, tmp_path: Path) -> None:
    """MILC writes zeros where it did not measure."""
    path = tmp_path / "a"
    write_configuration(path, hot, format="milc")
    (tmp_path / "a.info").write_text("gauge.ssplaq = 0.000000\ngauge.nersc_checksum = 0\n")
    assert read_configuration(path).metadata.measured == ()
    (tmp_path / "a.info").unlink()
    assert read_configuration(path).metadata.measured == ()


@pytest.mark.parametrize(
    ("place", "value", "reason"),
    [
        (84, 1, "site order 1"),
        (4, 0, "extents"),
        (4, 0xFFFFFFFF, "extents"),
        (8, 6, "truncated"),
        (88, 1, "sum29 1 in the file"),
        (92, 1, "sum31 1 in the file"),
        (0, 53546, "of 1996"),
        (0, 0x71626434, "FNAL"),
    ],
)
def test_wrong_headers_are_refused(place: int, value: int, reason: str, hot: Complex, tmp_path: Path) -> None:
    path = tmp_path / "a"
    write_configuration(path, hot, format="milc")
    content = bytearray(path.read_bytes())
    content[place : place + 4] = struct.pack("<I", value)
    path.write_bytes(bytes(content))
    with pytest.raises(lgt.EnsembleError, match=reason):
        read_configuration(path)


def test_links_and_options_without_room(hot: Complex, tmp_path: Path) -> None:
    su2 = lgt.cold(lgt.Lattice((2, 2, 2, 2)), lgt.SU(2))
    with pytest.raises(lgt.InputError, match="N = 2"):
        write_configuration(tmp_path / "a", su2, format="milc")
    with pytest.raises(lgt.InputError, match="precision 64"):
        write_configuration(tmp_path / "a", hot, format="milc", precision=64)
    with pytest.raises(lgt.InputError, match="time stamp"):
        write_configuration(tmp_path / "a", hot, format="milc", header={"time_stamp": "x" * 65})
    assert not list(tmp_path.iterdir())
