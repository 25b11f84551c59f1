"""Real files of other programs: the plaquette and checksum that each must give, or why it must be refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import lgt
from lgt.interop import detect_format, inspect_configuration, read_configuration

BOX = lgt.Lattice((4, 4, 4, 4))
LONG = lgt.Lattice((4, 4, 4, 8))
L4444, L4448 = 0.5948501589, 0.5690557244
# name: format, lattice, N, bits, byte order, plaquette, checksums in hex
GOOD = {
    "milc/lat.sample.l4444": ("milc", BOX, 3, 32, "little", L4444, "2352c05 d137321d"),
    "milc/lat.sample.l4444.ildg": ("ildg", BOX, 3, 32, "big", L4444, "37affb9c 2fc07bbf"),
    "milc/lat.sample.l4444.scidac": ("ildg", BOX, 3, 32, "big", L4444, "37affb9c 2fc07bbf"),
    "milc/lat.sample.l4448": ("milc", LONG, 3, 32, "big", L4448, "13f3b413 161f7dde"),
    "milc/lat.sample.l4448.foreign": ("ildg", LONG, 3, 32, "big", L4448, ""),
    "chroma/t_nersc.cfg": ("nersc", BOX, 3, 32, "big", 0.0382422893, "717938df"),
    "latticeqcd.jl/heatbath_b5.7_quenched_su2.ildg": ("ildg", BOX, 2, 64, "big", 0.4776412633, ""),
    "latticeqcd.jl/heatbath_b5.7_quenched_su4.ildg": ("ildg", BOX, 4, 64, "big", 0.3440725749, ""),
}
WRITTEN_HERE = {
    "save_serial_4x4x4x8_b6.0": ("milc", LONG, 3, 32, "little", 0.6008589588, "432b9911 3d94c803 17d58968"),
    "save_serial_archive_4x4x4x8_b6.0": ("nersc", LONG, 3, 32, "big", 0.6008589589, "17d58968"),
}
Expected = tuple[str, lgt.Lattice, int, int, str, float, str]


def check(path: Path, expected: Expected) -> None:
    format, lattice, N, bits, byte_order, plaquette, checksums = expected
    assert detect_format(path) == format
    configuration = read_configuration(path, lattice=lattice if path.name.startswith("heatbath") else None)
    metadata = configuration.metadata
    assert configuration.lattice == lattice
    assert configuration.group == lgt.SU(N)
    assert (metadata.precision, metadata.byte_order) == (bits, byte_order)
    assert metadata.plaquette.computed == pytest.approx(plaquette, abs=1e-9)
    assert " ".join(f"{sum.stored:x}" for sum in metadata.checksums) == checksums
    assert all(sum.stored == sum.computed for sum in metadata.checksums)
    assert not metadata.problems
    # From the definition, by another route than the library's own path products.
    values = []
    for mu in range(4):
        for nu in range(mu):
            a, b = configuration.links[mu], configuration.links[nu]
            one, other = a @ np.roll(b, -1, axis=mu), b @ np.roll(a, -1, axis=nu)
            values.append(np.einsum("...ij,...ij", one, other.conj()).real.mean() / N)
    assert np.mean(values) == pytest.approx(plaquette, abs=1e-9)


@pytest.mark.parametrize("name", GOOD)
def test_sample(name: str, samples: Path) -> None:
    check(samples / name, GOOD[name])


@pytest.mark.parametrize("name", WRITTEN_HERE)
def test_sample_in_the_project(name: str, written_here: Path) -> None:
    check(written_here / name, WRITTEN_HERE[name])


def test_three_files_of_one_field(samples: Path) -> None:
    first, *others = (
        read_configuration(samples / "milc" / name).links
        for name in ("lat.sample.l4444", "lat.sample.l4444.ildg", "lat.sample.l4444.scidac")
    )
    assert len(others) == 2
    for other in others:
        assert np.array_equal(first, other)


def test_chroma_link_trace(samples: Path) -> None:
    (trace,) = read_configuration(samples / "chroma/t_nersc.cfg").metadata.measured
    assert trace.name == "link trace"
    assert trace.computed == pytest.approx(0.4630322098, abs=1e-10)


def test_averages_of_the_info_file(written_here: Path) -> None:
    metadata = read_configuration(written_here / "save_serial_4x4x4x8_b6.0").metadata
    assert [value.name for value in metadata.measured] == [
        "spatial plaquette",
        "temporal plaquette",
        "link trace",
    ]
    for value in metadata.measured:
        assert value.stored is not None
        assert value.computed == pytest.approx(value.stored, abs=1e-6)
    assert metadata.header["action.description"] == "Pure gauge"


def test_wrong_checksum_is_refused_with_the_reason(samples: Path) -> None:
    path = samples / "milc/lat.sample.5p7"
    with pytest.raises(lgt.EnsembleError) as error:
        read_configuration(path)
    for part in ("sum29 2e218ab1", "72d77a0a", "sum31 2d188e6b", "19447b24", "192 of 2048 links off SU(3)"):
        assert part in error.value.found
    metadata = inspect_configuration(path).metadata
    assert len(metadata.problems) == 3
    assert metadata.plaquette.computed == pytest.approx(0.5726892722, abs=1e-9)
    assert read_configuration(path, verify=False).lattice == LONG


def test_older_milc_file_is_refused_with_the_reason(samples: Path) -> None:
    with pytest.raises(lgt.EnsembleError, match=r"versions 1 to 4 .magic number 0xe7da.*version 5"):
        inspect_configuration(samples / "milc/lat.sample.inst")


def test_extents_must_be_given_where_the_file_has_none(samples: Path) -> None:
    path = samples / "latticeqcd.jl/heatbath_b5.7_quenched_su2.ildg"
    with pytest.raises(lgt.InputError, match=r"no extents.*--lattice"):
        read_configuration(path)
    with pytest.raises(lgt.EnsembleError, match="not square matrices on 4x4x4x6"):
        read_configuration(path, lattice=lgt.Lattice((4, 4, 4, 6)))
    with pytest.raises(lgt.EnsembleError, match=r"links off SU.2.|not numbers"):  # fits in single precision
        read_configuration(path, lattice=LONG)
