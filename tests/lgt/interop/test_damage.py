"""Damaged files: refused with a reason, or read as the field that was written. Never a traceback."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from oracle.foreign_files import lime_record

import lgt
from lgt.interop import FORMATS, Comparison, detect_format, read_configuration, write_configuration

Complex = NDArray[np.complex128]
SAMPLES = {
    "nersc": ("chroma/t_nersc.cfg",),
    "milc": ("milc/lat.sample.l4444", "milc/lat.sample.l4448"),
    "ildg": (
        "milc/lat.sample.l4444.ildg",
        "milc/lat.sample.l4444.scidac",
        "milc/lat.sample.l4448.foreign",
        "latticeqcd.jl/heatbath_b5.7_quenched_su2.ildg",
        "latticeqcd.jl/heatbath_b5.7_quenched_su4.ildg",
    ),
    "openqcd": (),
}
WRITTEN_HERE = {
    "nersc": ("save_serial_archive_4x4x4x8_b6.0",),
    "milc": ("save_serial_4x4x4x8_b6.0",),
}
BOX = lgt.Lattice((2, 4, 2, 4))


@final
@dataclass(frozen=True, eq=False)
class Original:
    """An intact file: its bytes, its field, and which of its bytes have a checksum."""

    name: str
    content: bytes
    lattice: lgt.Lattice | None
    links: Complex
    tolerance: float
    data: range
    checksummed: bool

    @property
    def header(self) -> list[int]:
        return [*range(self.data.start), *range(self.data.stop, len(self.content))]


def original(path: Path) -> Original:
    content = path.read_bytes()
    lattice = lgt.Lattice((4, 4, 4, 4)) if path.name.startswith("heatbath") else None
    configuration = read_configuration(path, lattice=lattice)
    metadata, links = configuration.metadata, configuration.links
    size = links.size * 2 * metadata.precision // 8
    if "DATATYPE" in metadata.header and not metadata.header["DATATYPE"].endswith("3x3"):
        size = size * 2 // 3
    start = len(content) - size
    if configuration.format == "ildg":
        start = next(
            content.rindex(kind) + 128
            for kind in (b"ildg-binary-data", b"scidac-binary-data")
            if kind in content
        )
    assert metadata.tolerance is not None
    return Original(
        name=path.name,
        content=content,
        lattice=lattice,
        links=links,
        tolerance=metadata.tolerance,
        data=range(start, start + size),
        checksummed=bool(metadata.checksums),
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("damage")


@pytest.fixture(scope="module")
def originals(samples_or_none: Path | None, folder: Path, written_here: Path) -> dict[str, list[Original]]:
    """Real files where they are, those of the project, and files written by us; by format."""
    found: dict[str, list[Original]] = {}
    options: dict[str, list[dict[str, Any]]] = {
        "nersc": [{}, {"precision": 32, "byte_order": "little", "reduced": True}],
        "ildg": [{}, {"precision": 32}],
        "milc": [{"byte_order": "big"}],
        "openqcd": [{}, {}],
    }
    for name in FORMATS:
        paths = [samples_or_none / path for path in SAMPLES[name]] if samples_or_none else []
        paths += [written_here / path for path in WRITTEN_HERE.get(name, ())]
        for number, keywords in enumerate(options[name]):
            paths.append(folder / f"{name}{number}")
            links = lgt.hot(BOX, lgt.SU(3), lgt.Stream(seed=number, chain=0))
            write_configuration(paths[-1], links, format=name, **keywords)
        found[name] = [original(path) for path in paths]
        assert len(found[name]) >= 2
    return found


def damaged(content: bytes, kind: str, place: int, length: int, noise: bytes) -> bytes:
    if kind == "flip":
        byte = content[place] ^ (1 << length % 8)
        return content[:place] + bytes([byte]) + content[place + 1 :]
    if kind == "truncate":
        return content[:place]
    if kind == "delete":
        return content[:place] + content[place + length :]
    if kind == "insert":
        return content[:place] + noise + content[place:]
    if kind == "zero":
        return content[:place] + bytes(len(content[place : place + length])) + content[place + length :]
    if kind == "swap":
        length |= 1  # whole links that change places cannot be seen where a file states nothing about them
        block = content[place + length : place + 2 * length]
        return content[:place] + block + content[place : place + length] + content[place + 2 * length :]
    assert kind == "overwrite"
    return (content[:place] + noise + content[place + len(noise) :])[: max(len(content), place + len(noise))]


@pytest.mark.parametrize("name", FORMATS)
def test_damaged_copies(name: str, originals: dict[str, list[Original]], folder: Path) -> None:
    outcomes: Counter[str] = Counter()
    path = folder / "copy"

    @settings(max_examples=500, deadline=None)
    @given(
        which=st.integers(0, 10**6),
        kind=st.sampled_from(
            [
                "flip",
                "flip",
                "flip",
                "flip",
                "truncate",
                "overwrite",
                "overwrite",
                "delete",
                "insert",
                "zero",
                "swap",
            ]
        ),
        in_header=st.booleans(),
        place=st.integers(0, 2**32),
        length=st.sampled_from([1, 1, 2, 3, 4, 8, 17, 64, 72, 144, 5000]),
        noise=st.binary(min_size=1, max_size=40),
    )
    def attack(which: int, kind: str, in_header: bool, place: int, length: int, noise: bytes) -> None:
        file = originals[name][which % len(originals[name])]
        places = file.header if in_header and file.header else file.data
        position = places[place % len(places)]
        content = damaged(file.content, kind, position, length, noise)
        path.write_bytes(content)
        try:
            configuration = read_configuration(path, lattice=file.lattice)
        except lgt.InputError as error:  # an EnsembleError is one
            clear = error.found and error.remedy and str(error).isprintable() and len(str(error)) < 1000
            outcomes["refused" if clear else "unclear"] += 1
            return
        outcomes["the same field"] += 1
        assert configuration.links.shape == file.links.shape
        difference = np.max(np.abs(configuration.links - file.links))
        if kind == "flip" and position in file.data and file.checksummed:
            raise AssertionError(f"a flip of bit {length % 8} of byte {position} of {file.name} was accepted")
        assert difference <= 1.3 * file.tolerance

    attack()
    assert outcomes["unclear"] == 0
    assert outcomes["refused"] > 100
    assert outcomes["the same field"] > 10


@pytest.mark.parametrize("name", ["nersc", "ildg", "milc"])
def test_control_flips_pass_without_the_checks(
    name: str, originals: dict[str, list[Original]], folder: Path
) -> None:
    """The attack sees what it must see: unverified, a flipped bit changes the field."""
    path = folder / "unverified"
    file = next(file for file in originals[name] if file.checksummed)
    changed = 0
    for place in (file.data.start, file.data.start + 1001, file.data.stop - 1):
        path.write_bytes(damaged(file.content, "flip", place, 6, b""))
        changed += not np.array_equal(read_configuration(path, verify=False).links, file.links)
    assert changed == 3


def test_control_low_bits_pass_without_checksum(
    monkeypatch: pytest.MonkeyPatch, originals: dict[str, list[Original]], folder: Path
) -> None:
    """Only the checksum sees the lowest bit of a number: without it, the flip is accepted."""
    file = next(file for file in originals["milc"] if file.checksummed)
    path = folder / "low"
    path.write_bytes(damaged(file.content, "flip", file.data.start + 72 * 11, 0, b""))
    with pytest.raises(lgt.EnsembleError, match="sum29"):
        read_configuration(path)
    monkeypatch.setattr(Comparison, "agrees", True)
    difference = np.max(np.abs(read_configuration(path).links - file.links))
    assert 0.0 < difference < 1e-6


def test_damage_of_one_number_in_double_precision_is_seen_far_below_single(
    originals: dict[str, list[Original]], folder: Path
) -> None:
    """Where most links are in the group to rounding, one that is off by 1e-9 has been damaged."""
    file = originals["openqcd"][0]
    number = np.frombuffer(file.content, dtype="<f8", count=1, offset=file.data.start + 8 * 1000)[0]
    path = folder / "nearly"
    place = file.data.start + 8 * 1000
    path.write_bytes(file.content[:place] + np.float64(number + 1e-9).tobytes() + file.content[place + 8 :])
    with pytest.raises(lgt.EnsembleError, match="1 of 256 links off"):
        read_configuration(path)


def test_info_file_beside_a_milc_file(written_here: Path, folder: Path) -> None:
    """A damaged .info file leads to a refusal or changes nothing."""
    path = folder / "with_info"
    content = (written_here / "save_serial_4x4x4x8_b6.0").read_bytes()
    info = (written_here / "save_serial_4x4x4x8_b6.0.info").read_bytes()
    path.write_bytes(content)
    links = read_configuration(path).links
    outcomes: Counter[str] = Counter()

    @settings(max_examples=100, deadline=None)
    @given(
        kind=st.sampled_from(["flip", "truncate", "overwrite", "delete", "insert"]),
        place=st.integers(info.index(b"gauge.ssplaq"), len(info) - 1),
        length=st.integers(1, 20),
        noise=st.binary(min_size=1, max_size=10),
    )
    def attack(kind: str, place: int, length: int, noise: bytes) -> None:
        path.with_name("with_info.info").write_bytes(damaged(info, kind, place, length, noise))
        try:
            found = read_configuration(path).links
        except lgt.EnsembleError:
            outcomes["refused"] += 1
        else:
            outcomes["accepted"] += 1
            assert np.array_equal(found, links)

    attack()
    assert outcomes["refused"] > 5
    assert outcomes["accepted"] > 5


@pytest.mark.parametrize("name", FORMATS)
def test_huge_extents_cost_no_memory(name: str, originals: dict[str, list[Original]], folder: Path) -> None:
    file = originals[name][-1]
    assert file.lattice is None
    content = bytearray(file.content)
    if name == "nersc":
        for axis in range(1, 5):
            old = content.index(b"\n", content.index(b"DIMENSION_%d" % axis))
            content[content.index(b"DIMENSION_%d" % axis) : old] = b"DIMENSION_%d = 999999999" % axis
    elif name == "ildg":
        extents = b"<lx>9999999</lx><ly>9999999</ly><lz>9999999</lz><lt>9999999</lt>"
        content = bytearray(
            lime_record("ildg-format", extents) + lime_record("ildg-binary-data", file.content)
        )
    elif name == "milc":
        content[4:20] = (2**31 - 1).to_bytes(4, "big") * 4
    else:
        content[0:16] = (512).to_bytes(4, "little") * 4
    path = folder / "huge"
    path.write_bytes(bytes(content))
    assert detect_format(path) == name
    tracemalloc.start()
    try:
        with pytest.raises(lgt.EnsembleError) as error:
            read_configuration(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert any(word in error.value.found for word in ("truncated", "not square"))
    assert peak < 5e6


@pytest.mark.parametrize("content", [b"", b"\0", b"B", b"\x45\x67\x89", bytes(200), b"no such format" * 20])
def test_unknown_content(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "unknown"
    path.write_bytes(content)
    with pytest.raises(lgt.EnsembleError, match=r"none of the formats|an empty file"):
        read_configuration(path)
