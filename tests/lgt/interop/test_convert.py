"""From any file into any other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from oracle.foreign_files import lime_record

import lgt
from lgt.ensemble import Ensemble, EnsembleSpec
from lgt.interop import (
    FORMATS,
    ConversionOptions,
    convert_configurations,
    read_configuration,
    write_configuration,
)
from lgt.loops import plaquettes

Complex = NDArray[np.complex128]
BOX = lgt.Lattice((2, 4, 2, 6))
CHAINS, CONFIGS = 2, 3


def field(seed: int) -> Complex:
    return lgt.hot(BOX, lgt.SU(3), lgt.Stream(seed=seed, chain=0))


@pytest.fixture
def ensemble(tmp_path: Path) -> Path:
    """Two chains of three configurations, of which the last one of chain 1 is missing."""
    path = tmp_path / "ensemble.h5"
    spec = EnsembleSpec(lgt.SU(3), BOX, configs=CONFIGS, chains=CHAINS, action=lgt.Wilson(6.0))
    with Ensemble.create(path, spec) as made:
        for chain, config in ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1)):
            links = field(10 * chain + config)
            plaquette = plaquettes(links, 4).mean()
            made.write(chain, config, links, {"plaquette": np.array(plaquette)})
    return path


@pytest.mark.parametrize("name", FORMATS)
def test_ensemble_to_files_and_back(name: str, ensemble: Path, tmp_path: Path) -> None:
    out = convert_configurations([str(ensemble)], str(tmp_path / "cfg.{chain}.{config}"), name)
    assert [path.name for path in out] == ["cfg.0.0", "cfg.0.1", "cfg.0.2", "cfg.1.0", "cfg.1.1"]
    options = ConversionOptions(action=lgt.Wilson(6.0))
    back = tmp_path / "back.h5"
    assert convert_configurations([str(path) for path in out], str(back), "hdf5", options) == [back]
    with Ensemble.open(back) as made:
        made.verify()
        assert made.length == 5
        assert made.action == lgt.Wilson(6.0)
        assert made.spec.precision == ("float32" if name == "milc" else "float64")
        for config, seed in enumerate((0, 1, 2, 10, 11)):
            links = field(seed)
            expected = links.astype(np.complex64) if name == "milc" else links
            assert np.array_equal(made.links(0, config), expected)


def test_one_configuration_of_an_ensemble(ensemble: Path, tmp_path: Path) -> None:
    (out,) = convert_configurations([f"{ensemble}#1"], str(tmp_path / "a"), "ildg")
    assert np.array_equal(read_configuration(out).links, field(1))
    with pytest.raises(lgt.InputError, match="no such configuration"):
        convert_configurations([f"{ensemble}#3"], str(tmp_path / "b"), "ildg")


@pytest.mark.parametrize(("out", "wanted"), [("a", "chain"), ("a{config}", "chain"), ("a{chain}", "chain")])
def test_names_for_several_files(out: str, wanted: str, ensemble: Path, tmp_path: Path) -> None:
    with pytest.raises(lgt.InputError, match=wanted):
        convert_configurations([str(ensemble)], str(tmp_path / out), "ildg")


def test_between_files_bits_and_header_stay(written_here: Path, tmp_path: Path) -> None:
    source = written_here / "save_serial_4x4x4x8_b6.0"
    convert_configurations([str(source)], str(tmp_path / "a"), "ildg")
    assert read_configuration(tmp_path / "a").metadata.precision == 32
    convert_configurations([str(tmp_path / "a")], str(tmp_path / "b"), "milc")
    assert (tmp_path / "b").read_bytes()[96:] == source.read_bytes()[96:]
    convert_configurations([str(source)], str(tmp_path / "c"), "milc")
    assert (tmp_path / "c").read_bytes() == source.read_bytes()
    options = ConversionOptions(reduced=True)
    convert_configurations([str(source)], str(tmp_path / "d"), "nersc", options)
    archive = written_here / "save_serial_archive_4x4x4x8_b6.0"
    data = archive.read_bytes().partition(b"END_HEADER\n")[2]
    assert (tmp_path / "d").read_bytes().endswith(b"END_HEADER\n" + data)


def test_single_precision_into_double(written_here: Path, tmp_path: Path) -> None:
    source = str(written_here / "save_serial_4x4x4x8_b6.0")
    out = tmp_path / "a.h5"
    with pytest.raises(lgt.InputError, match="--reunitarise"):
        convert_configurations([source], str(out), "hdf5", ConversionOptions(precision=64))
    assert not list(tmp_path.iterdir())
    convert_configurations([source], str(out), "hdf5", ConversionOptions(precision=64, reunitarise=True))
    with Ensemble.open(out) as made:
        made.verify()
        np.testing.assert_allclose(made.links(0, 0), read_configuration(source).links, atol=1e-6)


def test_lower_precision(tmp_path: Path) -> None:
    write_configuration(tmp_path / "a", field(1), format="ildg")
    convert_configurations(
        [str(tmp_path / "a")], str(tmp_path / "b"), "nersc", ConversionOptions(precision=32)
    )
    configuration = read_configuration(tmp_path / "b")
    assert configuration.metadata.precision == 32
    assert np.array_equal(configuration.links, field(1).astype(np.complex64))


def test_extents_by_the_caller(tmp_path: Path) -> None:
    data = np.ascontiguousarray(field(1).transpose(4, 3, 2, 1, 0, 5, 6)).astype(">c16").tobytes()
    (tmp_path / "a").write_bytes(lime_record("ildg-binary-data", data, True, True))
    with pytest.raises(lgt.InputError, match="no extents"):
        convert_configurations([str(tmp_path / "a")], str(tmp_path / "b"), "openqcd")
    options = ConversionOptions(lattice=BOX)
    convert_configurations([str(tmp_path / "a")], str(tmp_path / "b"), "openqcd", options)
    assert np.array_equal(read_configuration(tmp_path / "b").links, field(1))


def test_every_field_of_a_lime_file(tmp_path: Path) -> None:
    write_configuration(tmp_path / "one", field(1), format="ildg")
    write_configuration(tmp_path / "two", field(2), format="ildg")
    both = tmp_path / "both"
    both.write_bytes((tmp_path / "one").read_bytes() + (tmp_path / "two").read_bytes())
    out = convert_configurations([str(both)], str(tmp_path / "n{config}"), "nersc")
    assert [path.name for path in out] == ["n0", "n1"]
    assert np.array_equal(read_configuration(out[1]).links, field(2))
    convert_configurations([f"{both}#0"], str(tmp_path / "x"), "nersc")
    assert np.array_equal(read_configuration(tmp_path / "x").links, field(1))


def test_damaged_sources_are_refused(ensemble: Path, tmp_path: Path) -> None:
    write_configuration(tmp_path / "a", field(1), format="nersc")
    content = bytearray((tmp_path / "a").read_bytes())
    content[-1] ^= 1
    (tmp_path / "a").write_bytes(bytes(content))
    for to in ("ildg", "hdf5"):
        with pytest.raises(lgt.EnsembleError, match="checksum"):
            convert_configurations([str(tmp_path / "a")], str(tmp_path / "b"), to)
        assert not (tmp_path / "b").exists()
    convert_configurations(
        [str(tmp_path / "a")], str(tmp_path / "b"), "ildg", ConversionOptions(verify=False)
    )
    content = bytearray(ensemble.read_bytes())
    place = content.rindex(field(0)[0].tobytes())
    content[place] ^= 1
    ensemble.write_bytes(bytes(content))
    with pytest.raises(lgt.EnsembleError, match="damaged bytes"):
        convert_configurations([f"{ensemble}#0"], str(tmp_path / "c"), "ildg")


def test_nothing_is_replaced_unasked(tmp_path: Path) -> None:
    write_configuration(tmp_path / "a", field(1), format="nersc")
    write_configuration(tmp_path / "b", field(2), format="nersc")
    before = (tmp_path / "b").read_bytes()
    for to in ("ildg", "hdf5"):
        with pytest.raises(lgt.InputError, match="--force"):
            convert_configurations([str(tmp_path / "a")], str(tmp_path / "b"), to)
        assert (tmp_path / "b").read_bytes() == before
    for to in ("ildg", "hdf5"):
        options = ConversionOptions(replace=True)
        convert_configurations([str(tmp_path / "a")], str(tmp_path / "b"), to, options)
    assert (tmp_path / "b").read_bytes().startswith(b"\x89HDF")


def test_what_does_not_go_together(ensemble: Path, tmp_path: Path) -> None:
    su2 = lgt.cold(lgt.Lattice((2, 2, 2, 2)), lgt.SU(2))
    write_configuration(tmp_path / "a", field(1), format="nersc")
    write_configuration(tmp_path / "b", su2, format="nersc")
    names = [str(tmp_path / "a"), str(tmp_path / "b")]
    for sources, to, reason in (
        (names, "hdf5", r"SU\(2\) on 2x2x2x2"),
        ([str(ensemble)], "hdf5", "copy the file"),
        (names[:1], "lime", "choose hdf5"),
        (["none"], "ildg", "no such file"),
        (names[1:], "milc", "N = 2"),
    ):
        with pytest.raises(lgt.InputError, match=reason):
            convert_configurations(sources, str(tmp_path / "out"), to)
        assert not list(tmp_path.glob("*out*"))
    with pytest.raises(lgt.InputError, match="no folder"):
        convert_configurations(names[:1], str(tmp_path / "no" / "out"), "hdf5")
