"""One way to read and write all formats."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import lgt
from lgt.interop import (
    FORMATS,
    count_configurations,
    detect_format,
    inspect_configuration,
    read_configuration,
    write_configuration,
)
from lgt.loops import plaquettes

Complex = NDArray[np.complex128]


@pytest.mark.parametrize("name", FORMATS)
def test_format_is_told_by_content_and_links_come_back(name: str, hot: Complex, tmp_path: Path) -> None:
    path = tmp_path / "misleading.hdf5"
    write_configuration(path, hot, format=name)
    assert detect_format(path) == name
    assert count_configurations(path) == 1
    configuration = read_configuration(path)
    assert configuration.format == name
    expected = hot.astype(np.complex64).astype(np.complex128) if name == "milc" else hot
    assert configuration.links.dtype == np.complex128
    assert configuration.links.flags.c_contiguous
    assert np.array_equal(configuration.links, expected)
    assert np.array_equal(read_configuration(path, verify=False).links, expected)
    assert configuration.metadata.plaquette.computed == pytest.approx(
        plaquettes(expected, 4).mean(), abs=1e-13
    )


@pytest.mark.parametrize("name", FORMATS)
def test_writing_again_gives_the_same_bytes(name: str, hot: Complex, tmp_path: Path) -> None:
    write_configuration(tmp_path / "a", hot, format=name)
    configuration = read_configuration(tmp_path / "a")
    header = configuration.metadata.header
    write_configuration(tmp_path / "b", configuration.links, format=name, header=header)
    first, second = ((tmp_path / file).read_bytes() for file in "ab")
    data = first.find(b"scidac-private-record-xml")
    if name == "ildg":  # the date of writing
        assert len(first) == len(second)
        changed = [place for place in range(len(first)) if first[place] != second[place]]
        assert all(data < place < data + 300 for place in changed)
    else:
        assert first == second


def test_unverified_reading_recomputes_nothing(hot: Complex, tmp_path: Path) -> None:
    write_configuration(tmp_path / "a", hot, format="nersc")
    metadata = read_configuration(tmp_path / "a", verify=False).metadata
    assert metadata.plaquette.stored is not None
    assert metadata.plaquette.computed is None
    assert [sum.computed for sum in metadata.checksums] == [None]
    assert metadata.defect is None
    assert metadata.problems == ()


def test_extents_given_must_be_those_of_the_file(hot: Complex, tmp_path: Path) -> None:
    box = lgt.Lattice((2, 4, 6, 8))
    for name in FORMATS:
        write_configuration(tmp_path / name, hot, format=name)
        assert read_configuration(tmp_path / name, lattice=box).lattice == box
        with pytest.raises(lgt.InputError, match="as 8x6x4x2: found the extents 2x4x6x8"):
            read_configuration(tmp_path / name, lattice=lgt.Lattice((8, 6, 4, 2)))


def test_index_beyond_the_only_configuration(hot: Complex, tmp_path: Path) -> None:
    for name in FORMATS:
        write_configuration(tmp_path / name, hot, format=name)
        assert read_configuration(tmp_path / name, index=0).format == name
        with pytest.raises(lgt.InputError, match="one configuration in it"):
            read_configuration(tmp_path / name, index=1)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(lgt.InputError, match="no such file"):
        read_configuration(tmp_path / "none")
    with pytest.raises(lgt.InputError, match="a folder"):
        detect_format(tmp_path)
    with pytest.raises(lgt.InputError, match="not a file"):
        detect_format("/dev/null")


def test_hdf5_has_its_own_reader(tmp_path: Path) -> None:
    path = tmp_path / "a"
    for user_block in (0, 512, 2048):
        path.write_bytes(bytes(user_block) + b"\x89HDF\r\n\x1a\n" + bytes(100))
        assert detect_format(path) == "hdf5"
    with pytest.raises(lgt.InputError, match=r"Ensemble\.open"):
        read_configuration(path)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"format": "lime"}, "choose one of nersc, ildg, milc, openqcd"),
        ({"format": "nersc", "precision": 16}, "give 64 or 32"),
        ({"format": "ildg", "byte_order": "little"}, "give big"),
        ({"format": "openqcd", "precision": 32}, "give 64"),
        ({"format": "ildg", "reduced": True}, "give nothing"),
    ],
)
def test_options_that_a_format_does_not_have(
    options: dict[str, Any], reason: str, hot: Complex, tmp_path: Path
) -> None:
    with pytest.raises(lgt.InputError, match=reason):
        write_configuration(tmp_path / "a", hot, **options)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("damage", [1e-9, np.nan, 1e300])
def test_links_off_the_group_are_not_written(damage: float, hot: Complex, tmp_path: Path) -> None:
    links = hot.copy()
    links[1, 1, 1, 1, 1, 0, 0] += damage
    with pytest.raises(lgt.InputError, match="1 of 1536 links"):
        write_configuration(tmp_path / "a", links, format="ildg")
    with pytest.raises(lgt.ShapeError):
        write_configuration(tmp_path / "a", hot[..., 0], format="ildg")
    assert not list(tmp_path.iterdir())


def test_links_of_single_precision_in_a_file_of_double(hot: Complex, tmp_path: Path) -> None:
    single = hot.astype(np.complex64).astype(np.complex128)
    write_configuration(tmp_path / "a", single, format="ildg")
    configuration = read_configuration(tmp_path / "a")
    assert np.array_equal(configuration.links, single)
    assert configuration.metadata.tolerance == 1e-5


def test_all_problems_are_listed(hot: Complex, tmp_path: Path) -> None:
    path = tmp_path / "a"
    write_configuration(path, hot, format="nersc", precision=32)
    content = bytearray(path.read_bytes())
    content[-4:] = b"\x7f\xc0\0\0"  # not a number
    path.write_bytes(bytes(content))
    problems = inspect_configuration(path).metadata.problems
    assert [problem.split(" ")[0] for problem in problems] == ["checksum", "plaquette", "1"]
    assert "not numbers" in problems[-1]
    with pytest.raises(lgt.EnsembleError, match=r"checksum .* plaquette .* not numbers"):
        read_configuration(path)
