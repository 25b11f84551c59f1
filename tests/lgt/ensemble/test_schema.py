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
    run={"beta": 5.5},
    provenance={"start": "cold", "command": "lgt generate"},
)
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
            "seed": 7,
            "run": '{"beta": 5.5}',
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
        (lambda file: file.attrs.modify("version", 2), "version 2"),
        (lambda file: file.attrs.modify("group", "SU1"), "SU"),
        (lambda file: file.__delitem__("crc"), "broken schema"),
        (lambda file: file.attrs.__delitem__("run"), "broken schema"),
    ],
)
def test_broken_schemas(tmp_path: Path, change, words: str) -> None:
    with Ensemble.create(tmp_path / "e.h5", SPEC):
        pass
    with h5py.File(tmp_path / "e.h5", "r+") as file:
        change(file)
    with pytest.raises(EnsembleError, match=words):
        Ensemble.open(tmp_path / "e.h5")
