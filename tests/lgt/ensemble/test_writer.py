from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import lgt
from lgt.ensemble import ChainState, Ensemble, EnsembleSpec, _writer
from lgt.ensemble._writer import config_crc

SPEC = EnsembleSpec(
    group=lgt.U1(),
    lattice=lgt.Lattice((2, 3)),
    configs=2,
    observables={"zeta": (), "alpha": (2,)},
    resumable=True,
)
LINKS = lgt.cold(SPEC.lattice, SPEC.group)
VALUES = {"plaquette": np.array(1.0), "zeta": np.array(2.0), "alpha": np.array([3.0, 4.0])}


def test_the_checksum_of_a_configuration() -> None:
    """Links, then observables by name: alpha, plaquette, zeta; whatever the order in which they are given."""
    stored = struct.pack("<24d", *[1.0, 0.0] * 12) + struct.pack("<4d", 3.0, 4.0, 1.0, 2.0)
    for names in (["plaquette", "zeta", "alpha"], ["zeta", "alpha", "plaquette"]):
        assert config_crc(LINKS, {name: VALUES[name] for name in names}) == zlib.crc32(stored) == 2174789633


def test_the_checksum_of_a_state() -> None:
    stored = struct.pack("<24d", *[1.0, 0.0] * 12) + struct.pack("<2q", 7, 2)
    assert ChainState(LINKS, sweep=7, exhausted=2).crc == zlib.crc32(stored)
    assert len({ChainState(LINKS, *counters).crc for counters in ((7, 2), (7, 3), (8, 2), (2, 7))}) == 4


@pytest.mark.parametrize("synced", [True, False])
def test_the_order_of_system_calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, synced: bool) -> None:
    """Everything else, then fsync if one is due, then the checksum that vouches for it."""
    path, calls = tmp_path / "e.h5", []
    Ensemble.create(path, SPEC).close()
    with h5py.File(path) as file:
        places = {
            int(file[name].id.get_offset()): name
            for name in ("crc", "state/crc", "state/links", "state/sweep", "state/exhausted")
        }
        places |= {int(file[f"observables/{name}"].id.get_offset()): name for name in VALUES}
        places[int(file["links"].id.get_chunk_info_by_coord((0,) * 7).byte_offset)] = "links"
    write, fsync = os.pwrite, os.fsync

    def spied_write(descriptor: int, data: memoryview, offset: int) -> int:
        calls.append(f"{places[offset]} {bytes(data).hex()}" if "crc" in places[offset] else places[offset])
        return write(descriptor, data, offset)

    def spied_fsync(descriptor: int) -> None:
        calls.append("fsync")
        fsync(descriptor)

    monkeypatch.setattr(_writer, "SYNC_SECONDS", 0.0 if synced else 1e9)
    monkeypatch.setattr(os, "pwrite", spied_write)
    monkeypatch.setattr(os, "fsync", spied_fsync)
    state, due = ChainState(LINKS, sweep=7, exhausted=2), ["fsync"] * synced
    with Ensemble.open(path, "r+") as ensemble:
        ensemble.write(0, 0, LINKS, VALUES)
        assert set(calls[:4]) == {"links", *VALUES}
        assert calls[4:] == [*due, f"crc {number(config_crc(LINKS, VALUES))}"]
        calls.clear()
        ensemble.write_state(0, 0, state)
        assert calls[0] == f"state/crc {number(-1)}"
        assert set(calls[1:4]) == {"state/links", "state/sweep", "state/exhausted"}
        assert calls[4:] == [*due, f"state/crc {number(state.crc)}"]
        calls.clear()
        ensemble.sync()
        assert calls == ["fsync"]


def test_a_new_file_is_synced_before_it_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, seen = tmp_path / "e.h5", []
    fsync = os.fsync

    def spied(descriptor: int) -> None:
        kind = "folder" if Path(f"/dev/fd/{descriptor}").is_dir() else "file"
        seen.append((kind, path.exists()))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", spied)
    Ensemble.create(path, SPEC).close()
    assert seen == [("file", False), ("folder", True)]


def number(value: Any) -> str:
    return struct.pack("<q", value).hex()
