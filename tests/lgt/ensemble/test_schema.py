from __future__ import annotations

import dataclasses
from pathlib import Path

import h5py
import numpy as np
import pytest

import lgt
from lgt.ensemble import Ensemble, EnsembleSpec, _schema
from lgt.ensemble._schema import build_image
from lgt.errors import EnsembleError

SPEC = EnsembleSpec(
    group=lgt.SU(3),
    lattice=lgt.Lattice((4, 6)),
    configs=5,
    chains=2,
    action=lgt.Wilson(5.5),
    seed=7,
    precision="float32",
    observables={"wilson_1x2": (), "correlator": (3,)},
    resumable=True,
    run={"beta": 5.5, "checkpoint": 9},
    provenance={"start": "cold", "command": "lgt generate"},
)


def replace(file: h5py.File, name: str, values: np.ndarray, **layout: object) -> None:
    """Put other values in the place of a dataset."""
    del file[name]
    file.create_dataset(name, data=values, **layout)


BARE = EnsembleSpec(group=lgt.U1(), lattice=lgt.Lattice((2, 3, 4)), configs=1)


@pytest.mark.parametrize("spec", [SPEC, BARE])
def test_a_spec_comes_back(tmp_path: Path, spec: EnsembleSpec) -> None:
    with Ensemble.create(tmp_path / "e.h5", spec):
        pass
    with Ensemble.open(tmp_path / "e.h5") as ensemble:
        assert ensemble.spec == spec
        assert ensemble.length == 0
        assert not ensemble.finished.any()


def test_layout_of_the_file(tmp_path: Path) -> None:
    with Ensemble.create(tmp_path / "e.h5", SPEC):
        pass
    with h5py.File(tmp_path / "e.h5") as file:
        assert dict(file.attrs) == {
            "format": "lgt-ensemble",
            "version": 1,
            "group": "SU3",
            "extents": pytest.approx([4, 6]),
            "action": "wilson",
            "beta": 5.5,
            "action_parameters": "{}",
            "seed": 7,
            "run": '{"beta": 5.5, "checkpoint": 9}',
            "start": "cold",
            "command": "lgt generate",
        }
        links = file["links"]
        assert (links.shape, links.dtype, links.chunks) == (
            (2, 5, 2, 4, 6, 3, 3),
            np.dtype("<c8"),
            (1, 1, 2, 4, 6, 3, 3),
        )
        assert links.id.get_num_chunks() == 10  # allocated early
        assert file["crc"][()].tolist() == [[-1] * 5] * 2
        assert file["observables/correlator"].shape == (2, 5, 3)
        assert np.isnan(file["observables/plaquette"][()]).all()
        assert file["state/links"].shape == (2, 2, 2, 4, 6, 3, 3)
        assert file["state/links"].dtype == np.dtype("<c16")


@pytest.mark.parametrize("configs", [1, 10, 3000])
@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_the_size_is_estimated_from_above(configs: int, precision: str) -> None:
    spec = dataclasses.replace(SPEC, configs=configs, precision=precision)
    size = build_image(spec).size
    assert size <= spec.nbytes <= 1.1 * size + (1 << 15)


def test_large_configurations_are_cut_into_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert SPEC.chunk == SPEC.shape
    monkeypatch.setattr(_schema, "LARGEST_CHUNK", 500)
    assert SPEC.chunk == (1, 1, 6, 3, 3)
    with Ensemble.create(tmp_path / "e.h5", dataclasses.replace(SPEC, observables={})) as ensemble:
        written = [lgt.hot(SPEC.lattice, SPEC.group, lgt.Stream(3, chain)) for chain in range(2)]
        for chain, links in enumerate(written):
            ensemble.write(chain, 1, links, {"plaquette": np.array(0.0)})
        for chain, links in enumerate(written):
            np.testing.assert_array_equal(ensemble.links(chain, 1), links.astype(np.complex64))


def test_hdf5_without_the_schema(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "e.h5", "w") as file:
        file["x"] = 1
    with pytest.raises(EnsembleError, match="without our schema"):
        Ensemble.open(tmp_path / "e.h5")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda file: file.attrs.__setitem__("version", 2), "version 2"),
        (lambda file: file.attrs.__setitem__("group", "SU1"), "SU"),
        (lambda file: file.__delitem__("crc"), "broken schema"),
        *[
            (lambda file, name=name: file.attrs.__delitem__(name), f"broken schema .no attribute {name}")
            for name in ("version", "group", "extents", "action", "beta", "seed", "run")
        ],
        *[
            (lambda file, name=name: file.attrs.__setitem__(name, [[1.5]]), f"broken schema .*{name}")
            for name in ("version", "group", "extents", "action", "beta", "seed", "run")
        ],
        *[
            (lambda file, name=name: file.__delitem__(name), f"broken schema .no (dataset|group) {name}")
            for name in ("crc", "links", "observables", "observables/plaquette", "state/crc", "state/sweep")
        ],
        *[
            (lambda file, name=name: replace(file, name, file[name][0]), f"broken schema .{name} of shape")
            for name in ("crc", "links", "observables/plaquette", "observables/correlator", "state/links")
        ],
        *[
            (
                lambda file, name=name: replace(file, name, file[name][()].real.astype("<f4")),
                f".{name} of type",
            )
            for name in ("crc", "links", "observables/plaquette", "state/exhausted", "state/links")
        ],
        (lambda file: file.__delitem__("state"), "broken schema .no dataset state"),
        (lambda file: file.attrs.__setitem__("version", "1"), "version of type str"),
        (lambda file: file.attrs.__setitem__("version", 0), "broken schema .version 0"),
        (lambda file: file.attrs.__setitem__("version", np.True_), "version of type bool"),
        (
            lambda file: file.attrs.__setitem__("extents", [4, 7]),
            r"broken schema .links of shape .*4, 7, 3, 3",
        ),
        (lambda file: file.attrs.__setitem__("extents", [4, 6, 2]), "links of shape"),
        (lambda file: file.attrs.__setitem__("extents", [4, 0]), "broken schema .*extent"),
        (lambda file: file.attrs.__setitem__("group", "SU2"), "links of shape"),
        (lambda file: file.attrs.__setitem__("action", "nope"), "broken schema .*nope"),
        (lambda file: file.attrs.__setitem__("beta", 6.0), "beta = 5.5 in its run, but 6.0 in the file"),
        (lambda file: file.attrs.__setitem__("run", '{"seed": 8}'), "seed = 8 in its run, but 7 in the file"),
        (lambda file: file.attrs.__setitem__("run", "[1]"), "no JSON object"),
        (lambda file: file.attrs.__setitem__("run", "{"), "no JSON"),
        (lambda file: file.attrs.__setitem__("run", "[" * 30000), "no JSON"),
        (lambda file: file.attrs.__setitem__("run", '{"lattice": "4x7"}'), "lattice = 4x7 in its run"),
        (lambda file: file.attrs.__setitem__("run", '{"group": "SU2"}'), "group = SU2 in its run"),
        (lambda file: file.attrs.__setitem__("run", '{"action": ""}'), "action = +in its run"),
        (lambda file: file.attrs.__setitem__("run", '{"configs": 6}'), "configs = 6 in its run"),
    ],
)
def test_broken_schemas(tmp_path: Path, change, words: str) -> None:
    with Ensemble.create(tmp_path / "e.h5", SPEC):
        pass
    with h5py.File(tmp_path / "e.h5", "r+") as file:
        change(file)
    for mode in ("r", "r+"):
        with pytest.raises(EnsembleError, match=words) as caught:
            Ensemble.open(tmp_path / "e.h5", mode)
        assert "\n" not in str(caught.value)


def test_a_group_in_place_of_a_dataset(tmp_path: Path) -> None:
    for name in ("links", "observables/plaquette", "state/crc"):
        with Ensemble.create(tmp_path / "e.h5", SPEC, replace=True):
            pass
        with h5py.File(tmp_path / "e.h5", "r+") as file:
            del file[name]
            file.create_group(name)
        with pytest.raises(EnsembleError, match=f"broken schema .no dataset {name}"):
            Ensemble.open(tmp_path / "e.h5")


def test_a_copy_that_was_laid_out_anew_is_read_but_not_written(tmp_path: Path) -> None:
    links = lgt.hot(SPEC.lattice, SPEC.group, lgt.Stream(3, 0))
    spec = dataclasses.replace(SPEC, observables={})
    with Ensemble.create(tmp_path / "e.h5", spec) as ensemble:
        ensemble.write(0, 0, links, {"plaquette": np.array(0.0)})
    original = (tmp_path / "e.h5").read_bytes()
    layouts = {"links": {"compression": "gzip"}, "crc": {"chunks": (1, 5)}, "state/sweep": {"chunks": (1, 1)}}
    for name, layout in layouts.items():
        (tmp_path / "e.h5").write_bytes(original)
        with h5py.File(tmp_path / "e.h5", "r+") as file:
            replace(file, name, file[name][()], **layout)
        with pytest.raises(EnsembleError, match="laid out anew"):
            Ensemble.open(tmp_path / "e.h5", "r+")
        with Ensemble.open(tmp_path / "e.h5") as ensemble:
            ensemble.verify_checksums()
            np.testing.assert_array_equal(ensemble.links(0, 0), links.astype(np.complex64))
