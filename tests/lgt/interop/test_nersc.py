"""NERSC archive files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from oracle.foreign_files import nersc_sum, sites_bytes

import lgt
from lgt.interop import inspect_configuration, read_configuration, write_configuration

Complex = NDArray[np.complex128]


def split(path: Path) -> tuple[dict[str, str], bytes]:
    """Header and data of a file, by the plainest parser."""
    head, _, data = path.read_bytes().partition(b"END_HEADER\n")
    lines = head.decode("ascii").split("\n")
    assert lines[0] == "BEGIN_HEADER"
    return dict(line.split(" = ") for line in lines[1:] if line), data


@pytest.mark.parametrize("byte_order", ["big", "little"])
@pytest.mark.parametrize("precision", [32, 64])
@pytest.mark.parametrize("reduced", [False, True])
def test_bytes_are_those_of_the_description(
    byte_order: Any, precision: Any, reduced: bool, hot: Complex, tmp_path: Path
) -> None:
    path = tmp_path / "a"
    write_configuration(
        path, hot, format="nersc", precision=precision, byte_order=byte_order, reduced=reduced
    )
    header, data = split(path)
    order, letter = (">" if byte_order == "big" else "<"), ("f" if precision == 32 else "d")
    assert data == b"".join(sites_bytes(hot, order + letter, 2 if reduced else 3))
    assert int(header["CHECKSUM"], 16) == nersc_sum(data, order)
    assert header["DATATYPE"] == ("4D_SU3_GAUGE" if reduced else "4D_SU3_GAUGE_3x3")
    spelling = {(32, "big"): "IEEE32BIG", (32, "little"): "IEEE32", (64, "big"): "IEEE64BIG"}
    assert header["FLOATING_POINT"] == spelling.get((precision, byte_order), "IEEE64LITTLE")
    assert [header[f"DIMENSION_{axis}"] for axis in range(1, 5)] == ["2", "4", "6", "8"]
    configuration = read_configuration(path)
    assert (configuration.metadata.precision, configuration.metadata.byte_order) == (precision, byte_order)
    rounded = hot.astype(np.complex64) if precision == 32 else hot
    if not reduced:
        assert np.array_equal(configuration.links, rounded)
    assert np.array_equal(configuration.links[..., :2, :], rounded[..., :2, :])
    np.testing.assert_allclose(configuration.links, hot, atol=1e-6 if precision == 32 else 1e-14)


@pytest.mark.parametrize("N", [2, 3, 4, 5])
@pytest.mark.parametrize("reduced", [False, True])
def test_any_number_of_colours(N: int, reduced: bool, tmp_path: Path) -> None:
    links = lgt.hot(lgt.Lattice((3, 2, 4, 5)), lgt.SU(N), lgt.Stream(seed=N, chain=0))
    path = tmp_path / "a"
    write_configuration(path, links, format="nersc", reduced=reduced)
    assert split(path)[0]["DATATYPE"] == f"4D_SU{N}_GAUGE" + ("" if reduced else f"_{N}x{N}")
    configuration = read_configuration(path)
    assert configuration.group == lgt.SU(N)
    np.testing.assert_allclose(configuration.links, links, atol=1e-13 if reduced else 0.0)


def test_header_is_the_one_of_other_programs(hot: Complex, tmp_path: Path) -> None:
    path = tmp_path / "a"
    given = {"ENSEMBLE_ID": "E7", "SEQUENCE_NUMBER": "42", "CREATION_DATE": "now", "CHECKSUM": "ignored"}
    write_configuration(path, hot, format="nersc", header=given)
    head = path.read_bytes().partition(b"END_HEADER\n")[0]
    lines = head.decode("ascii").splitlines()
    keys = [line.partition(" = ")[0] for line in lines]
    assert keys == (
        ["BEGIN_HEADER", "HDR_VERSION", "DATATYPE", "STORAGE_FORMAT"]
        + [f"DIMENSION_{axis}" for axis in range(1, 5)]
        + ["LINK_TRACE", "PLAQUETTE"]
        + [f"BOUNDARY_{axis}" for axis in range(1, 5)]
        + ["CHECKSUM", "ENSEMBLE_ID", "ENSEMBLE_LABEL", "SEQUENCE_NUMBER", "CREATOR", "CREATOR_HARDWARE"]
        + ["CREATION_DATE", "ARCHIVE_DATE", "FLOATING_POINT"]
    )
    assert "ENSEMBLE_ID = E7" in lines
    assert "CREATION_DATE = now" in lines
    assert max(map(len, lines)) < 128
    kept = read_configuration(path).metadata.header
    assert (kept["ENSEMBLE_ID"], kept["SEQUENCE_NUMBER"]) == ("E7", "42")


@pytest.mark.parametrize("text", ["two\nlines", "x" * 200, "ä"])
def test_header_text_that_would_break_readers_is_refused(text: str, hot: Complex, tmp_path: Path) -> None:
    with pytest.raises(lgt.InputError, match="ENSEMBLE_ID"):
        write_configuration(tmp_path / "a", hot, format="nersc", header={"ENSEMBLE_ID": text})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("precision", [32, 64])
@pytest.mark.parametrize("byte_order", ["big", "little"])
@pytest.mark.parametrize("lost", [{"FLOATING_POINT"}, {"FLOATING_POINT", "CHECKSUM"}])
@pytest.mark.parametrize("N", [2, 3])
def test_precision_and_byte_order_are_found_without_the_line(
    precision: Any, byte_order: Any, lost: set[str], N: int, tmp_path: Path
) -> None:
    links = lgt.hot(lgt.Lattice((2, 2, 2, 4)), lgt.SU(N), lgt.Stream(seed=3, chain=0))
    path = tmp_path / "a"
    write_configuration(path, links, format="nersc", precision=precision, byte_order=byte_order, reduced=True)
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(
        b"\n".join(line for line in lines if line.split(b" = ")[0].decode("latin-1") not in lost)
    )
    metadata = read_configuration(path).metadata
    assert (metadata.precision, metadata.byte_order) == (precision, byte_order)


def test_big_endian_data_under_an_ambiguous_name(hot: Complex, tmp_path: Path) -> None:
    """Some programs call big endian numbers IEEE32."""
    path = tmp_path / "a"
    write_configuration(path, hot, format="nersc", precision=32)
    path.write_bytes(path.read_bytes().replace(b"IEEE32BIG", b"IEEE32"))
    assert read_configuration(path).metadata.byte_order == "big"


def test_all_rows_under_the_name_of_fewer(tmp_path: Path) -> None:
    """QDP++ stores all rows of SU(4) and calls them 4D_SU4_GAUGE."""
    links = lgt.hot(lgt.Lattice((2, 2, 2, 4)), lgt.SU(4), lgt.Stream(seed=3, chain=0))
    path = tmp_path / "a"
    write_configuration(path, links, format="nersc")
    path.write_bytes(path.read_bytes().replace(b"_GAUGE_4x4", b"_GAUGE"))
    assert np.array_equal(read_configuration(path).links, links)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b"PLAQUETTE = ", b"PLAQUETTE = 0.5\nOLD = ", "plaquette 0.5"),
        (b"LINK_TRACE = ", b"LINK_TRACE = 0.5\nOLD = ", "link trace 0.5"),
        (b"CHECKSUM = ", b"CHECKSUM = 1\nOLD = ", "checksum 1 in the file"),
        (b"CHECKSUM = ", b"CHECKSUM = xyz", "no 32-bit number"),
        (b"PLAQUETTE = ", b"PLAQUETTE = 1_0", "no number"),
        (b"DIMENSION_3 = 6", b"DIMENSION_3 = 8", "truncated"),
        (b"DIMENSION_3 = 6", b"DIMENSION_3 = 0", "not four extents"),
        (b"DIMENSION_3", b"DIMENSION_9", "not four extents"),
        (b"4D_SU3_GAUGE_3x3", b"4D_SU3_GAUGE_2x3", "no gauge field"),
        (b"4D_SU3_GAUGE_3x3", b"4D_SU1_GAUGE_1x1", "no gauge field"),
        (b"4D_SU3_GAUGE_3x3", b"4D_RNG_STATE", "no gauge field"),
        (b"IEEE64BIG", b"IEEE128BIG", "FLOATING_POINT"),
        (b"IEEE64BIG", b"IEEE32BIG", "truncated"),
        (b"END_HEADER", b"END_HEADACHE", "without END_HEADER"),
    ],
)
def test_wrong_headers_are_refused(old: bytes, new: bytes, reason: str, hot: Complex, tmp_path: Path) -> None:
    path = tmp_path / "a"
    write_configuration(path, hot, format="nersc")
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new, 1))
    with pytest.raises(lgt.EnsembleError, match=reason):
        read_configuration(path)


@pytest.mark.parametrize(
    ("key", "name", "tolerance"), [("PLAQUETTE", "plaquette", 1e-5), ("LINK_TRACE", "link trace", 1e-6)]
)
@pytest.mark.parametrize("sign", [1, -1])
def test_what_a_header_states_may_be_off_by_its_last_digits(
    key: str, name: str, tolerance: float, sign: int, hot: Complex, tmp_path: Path
) -> None:
    path = tmp_path / "a"
    write_configuration(path, hot, format="nersc")
    content = path.read_bytes()
    (line,) = (line for line in content.split(b"\n")[:30] if line.startswith(key.encode()))
    stated = float(line.split(b"=")[1])

    def restate(shift: float) -> None:
        new = f"{key} = {stated + sign * shift:.12f}".encode()
        path.write_bytes(content.replace(line, new, 1))

    restate(0.9 * tolerance)
    assert np.array_equal(read_configuration(path).links, hot)
    restate(1.2 * tolerance)
    with pytest.raises(lgt.EnsembleError, match=f"{name} -?0"):
        read_configuration(path)


def test_header_of_milc_is_not_taken_for_ours(written_here: Path) -> None:
    header = inspect_configuration(written_here / "save_serial_archive_4x4x4x8_b6.0").metadata.header
    assert header["ENSEMBLE_ID"] == ""
    assert "gauge.beta11" not in header


def test_groups_and_dimensions_without_room(tmp_path: Path) -> None:
    for links, reason in (
        (lgt.cold(lgt.Lattice((2, 2, 2, 2)), lgt.U1()), "U.1."),
        (lgt.cold(lgt.Lattice((2, 2, 2)), lgt.SU(3)), "3 directions"),
    ):
        with pytest.raises(lgt.InputError, match=reason):
            write_configuration(tmp_path / "a", links, format="nersc")
