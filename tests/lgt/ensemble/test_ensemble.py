from __future__ import annotations

import dataclasses
import errno
import os
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

import lgt
from lgt.ensemble import ChainState, Ensemble, EnsembleSpec, _disk
from lgt.errors import CheckError, EnsembleError, InputError, ShapeError, StorageError

SPEC = EnsembleSpec(
    group=lgt.SU(2),
    lattice=lgt.Lattice((3, 4)),
    configs=4,
    chains=2,
    action=lgt.Wilson(2.0),
    observables={"extra": (2,)},
    resumable=True,
)


def links_of(number: int) -> np.ndarray:
    return lgt.hot(SPEC.lattice, SPEC.group, lgt.Stream(seed=5, chain=number))


def values_of(links: np.ndarray) -> dict[str, np.ndarray]:
    return {"plaquette": lgt.parse_observable("plaquette").value(links), "extra": np.array([1.0, 2.0])}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """An ensemble with configurations 0 and 1 of chain 0 and configuration 0 of chain 1, and states."""
    path = tmp_path / "ensemble.h5"
    with Ensemble.create(path, SPEC) as ensemble:
        for number, (chain, config) in enumerate([(0, 0), (1, 0), (0, 1)]):
            ensemble.write(chain, config, links_of(number), values_of(links_of(number)))
        ensemble.write_state(0, 0, ChainState(links_of(3), sweep=10, exhausted=2))
        ensemble.write_state(1, 0, ChainState(links_of(4), sweep=20, exhausted=3))
        ensemble.write_state(0, 1, ChainState(links_of(5), sweep=10))
    return path


def flip(path: Path, name: str, row: int) -> None:
    """Change one byte in the middle of a row of a dataset, as a failing disk would."""
    with h5py.File(path, "r") as file:
        data = file[name]
        size = data[(0,) * 2].nbytes
        if data.chunks:
            place = data.id.get_chunk_info_by_coord((0, row, *[0] * (data.ndim - 2))).byte_offset
        else:
            place = data.id.get_offset() + row * size
    with path.open("r+b") as file:
        file.seek(place + size // 2)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 0x10]))


def test_what_was_written_is_read(path: Path) -> None:
    with Ensemble.open(path) as ensemble:
        assert ensemble.finished.tolist() == [[True, True, False, False], [True, False, False, False]]
        assert ensemble.length == 1
        np.testing.assert_array_equal(ensemble.links(0, 1), links_of(2))
        assert ensemble.observable("extra").tolist() == [[[1.0, 2.0]], [[1.0, 2.0]]]
        assert (ensemble.group, ensemble.lattice, ensemble.action) == (SPEC.group, SPEC.lattice, SPEC.action)
        ensemble.verify()
        state = ensemble.state(0)
        assert state is not None
        assert (state.sweep, state.exhausted) == (20, 3)
        np.testing.assert_array_equal(state.links, links_of(4))


def test_a_sequence_of_what_is_finished_in_every_chain(path: Path) -> None:
    with Ensemble.open(path, "r+") as ensemble:
        assert len(ensemble) == 2  # configuration 1 of chain 1 is missing
        ensemble.write(1, 1, links_of(7), values_of(links_of(7)))
    with Ensemble.open(path) as ensemble:
        assert len(ensemble) == 4
        order = [0, 2, 1, 7]  # chain after chain
        for index, number in enumerate(order):
            np.testing.assert_array_equal(ensemble[index], links_of(number))
            np.testing.assert_array_equal(ensemble[index - 4], links_of(number))
        assert np.array_equal(list(ensemble), [links_of(number) for number in order])
        assert np.array_equal(ensemble[1:], [links_of(number) for number in order[1:]])
        assert ensemble[::-2].shape == (2, *SPEC.shape)
        assert ensemble[4:].shape == (0, *SPEC.shape)
        plaquettes = [values_of(links)["plaquette"] for links in ensemble]
        np.testing.assert_array_equal(plaquettes, ensemble.observable("plaquette").ravel())
        for index in (4, -5):
            with pytest.raises(IndexError, match="found 4"):
                ensemble[index]
    empty = path.with_name("empty.h5")
    with Ensemble.create(empty, SPEC) as ensemble:
        assert len(ensemble) == 0
        assert list(ensemble) == []
        assert ensemble


def test_any_hdf5_program_reads_it(path: Path) -> None:
    with h5py.File(path) as file:
        np.testing.assert_array_equal(file["links"][1, 0], links_of(1))


def test_single_precision_rounds_once(tmp_path: Path) -> None:
    spec = dataclasses.replace(SPEC, precision="float32", observables={})
    with Ensemble.create(tmp_path / "e.h5", spec) as ensemble:
        links = links_of(0)
        ensemble.write(0, 0, links, {"plaquette": values_of(links)["plaquette"]})
        np.testing.assert_array_equal(ensemble.links(0, 0), links.astype(np.complex64))
        ensemble.verify()


def test_reading_while_another_object_writes(path: Path) -> None:
    with Ensemble.open(path, "r+") as writer, Ensemble.open(path) as reader:
        writer.write(1, 1, links_of(7), values_of(links_of(7)))
        assert reader.length == 1  # as it was when opened
        with Ensemble.open(path) as later:
            assert later.length == 2
            np.testing.assert_array_equal(later.links(1, 1), links_of(7))


def test_two_writers(path: Path) -> None:
    with Ensemble.open(path, "r+"), pytest.raises(EnsembleError, match="another process"):
        Ensemble.open(path, "r+")
    Ensemble.open(path, "r+").close()


def test_a_configuration_is_written_once(path: Path) -> None:
    before = path.read_bytes()
    with Ensemble.open(path, "r+") as ensemble:
        ensemble.write(0, 0, links_of(0), values_of(links_of(0)))
        with pytest.raises(EnsembleError, match="other numbers"):
            ensemble.write(0, 0, links_of(1), values_of(links_of(1)))
    assert path.read_bytes() == before


def test_nothing_but_data_changes_in_the_file(path: Path) -> None:
    """HDF5's metadata stay as they were created, and so does the size of the file."""
    before = np.frombuffer(path.read_bytes(), dtype=np.uint8)
    with Ensemble.open(path, "r+") as ensemble:
        ensemble.write(1, 3, links_of(6), values_of(links_of(6)))
    after = np.frombuffer(path.read_bytes(), dtype=np.uint8)
    assert after.size == before.size
    with h5py.File(path) as file:
        place = file["links"].id.get_chunk_info_by_coord((1, 3, 0, 0, 0, 0, 0)).byte_offset
        places = [(place, links_of(6).nbytes), (file["crc"].id.get_offset() + 8 * 7, 8)]
        for name, size in (("plaquette", 8), ("extra", 16)):
            places.append((file[f"observables/{name}"].id.get_offset() + size * 7, size))
    allowed = np.zeros(before.size, dtype=bool)
    for start, size in places:
        allowed[start : start + size] = True
    changed = before != after
    assert changed.any()
    assert not (changed & ~allowed).any()


@pytest.mark.parametrize(
    ("name", "row"), [("links", 1), ("observables/plaquette", 1), ("observables/extra", 1), ("crc", 1)]
)
def test_a_flipped_bit_is_found(path: Path, name: str, row: int) -> None:
    flip(path, name, row)
    with Ensemble.open(path) as ensemble:
        ensemble.verify_checksum(0, 0)
        with pytest.raises(CheckError, match="configuration 1 of chain 0"):
            ensemble.verify()


@pytest.mark.parametrize("hole", [0, 1, 2])
def test_a_lost_checksum_is_damage(path: Path, hole: int) -> None:
    with Ensemble.open(path, "r+") as ensemble:
        for config in (2, 3):
            ensemble.write(0, config, links_of(6), values_of(links_of(6)))
        ensemble.verify()
    with h5py.File(path, "r+") as file:
        file["crc"][0, hole] = -1
    with Ensemble.open(path, "r+") as ensemble:
        for check in (ensemble.verify, ensemble.verify_checksums, lambda: ensemble.extend(9)):
            with pytest.raises(CheckError, match=f"configuration {hole} of chain 0 .*configuration 3 is"):
                check()


@pytest.mark.parametrize("name", ["state/sweep", "state/exhausted", "state/crc"])
def test_a_state_with_other_counters_is_not_used(path: Path, name: str) -> None:
    with h5py.File(path, "r+") as file:
        file[name][1, 0] += 1
    with Ensemble.open(path) as ensemble:
        assert ensemble.damaged_slots(0) == ensemble.lost_slots(0) == (1,)
        state = ensemble.state(0)
        assert state is not None
        assert state.sweep == 10


def test_slots_that_were_never_written(path: Path) -> None:
    with Ensemble.open(path) as ensemble:
        assert (ensemble.damaged_slots(1), ensemble.lost_slots(1)) == ((), (1,))


def test_a_damaged_state_is_not_used(path: Path) -> None:
    with h5py.File(path) as file:
        place = file["state/links"].id.get_offset() + 2 * links_of(0).nbytes  # slot 1, chain 0
    with path.open("r+b") as file:
        file.seek(place)
        file.write(b"\x01\x02\x03")
    with Ensemble.open(path) as ensemble:
        assert ensemble.damaged_slots(0) == (1,)
        assert ensemble.damaged_slots(1) == ()
        state = ensemble.state(0)
        assert state is not None
        assert state.sweep == 10


@pytest.mark.parametrize(
    ("links", "plaquette", "words"),
    [
        (1.001 * links_of(0), None, "off SU\\(2\\)"),
        (np.full_like(links_of(0), np.nan), None, "off SU\\(2\\)"),
        (links_of(0), 0.5, "plaquette"),
    ],
)
def test_verify_looks_at_the_physics(tmp_path: Path, links, plaquette, words: str) -> None:
    with Ensemble.create(tmp_path / "e.h5", SPEC) as ensemble:
        values = values_of(links)
        ensemble.write(
            0, 0, links, values if plaquette is None else values | {"plaquette": np.array(plaquette)}
        )
        ensemble.verify_checksums()
        with pytest.raises(CheckError, match=words):
            ensemble.verify()


def test_wrong_shapes_and_names(path: Path) -> None:
    with Ensemble.open(path, "r+") as ensemble:
        links = links_of(0)
        with pytest.raises(ShapeError, match="shape"):
            ensemble.write(0, 2, links[None], values_of(links))
        with pytest.raises(ShapeError, match="observables"):
            ensemble.write(0, 2, links, {"plaquette": np.array(0.0)})
        with pytest.raises(EnsembleError, match="4 configurations of 2 chains"):
            ensemble.write(0, 4, links, values_of(links))
        for chain, config in ((-1, 0), (2, 0), (0, -1), (0, 4)):
            with pytest.raises(EnsembleError, match="count from 0"):
                ensemble.links(chain, config)
        with pytest.raises(EnsembleError, match="unfinished"):
            ensemble.links(0, 2)
        with pytest.raises(EnsembleError, match="only plaquette, extra"):
            ensemble.observable("nope")


def test_read_only(path: Path) -> None:
    with Ensemble.open(path) as ensemble:
        with pytest.raises(EnsembleError, match="open for reading"):
            ensemble.write(0, 2, links_of(0), values_of(links_of(0)))
        with pytest.raises(EnsembleError, match="open for reading"):
            ensemble.extend(9)


def test_extend(path: Path) -> None:
    ensemble = Ensemble.open(path, "r+").extend(9)
    with ensemble:
        assert ensemble.spec == dataclasses.replace(SPEC, configs=9)
        assert ensemble.finished.sum(axis=1).tolist() == [2, 1]
        np.testing.assert_array_equal(ensemble.links(0, 1), links_of(2))
        state = ensemble.state(0)
        assert state is not None
        assert state.sweep == 20
        ensemble.write(0, 2, links_of(8), values_of(links_of(8)))
        ensemble.verify()
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]
    with Ensemble.open(path, "r+") as ensemble, pytest.raises(EnsembleError, match="ask for more"):
        ensemble.extend(8)


def test_extend_refuses_damage_and_keeps_the_file(path: Path) -> None:
    flip(path, "links", 1)
    before = path.read_bytes()
    with Ensemble.open(path, "r+") as ensemble, pytest.raises(CheckError, match="damaged"):
        ensemble.extend(9)
    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_create_refuses_what_exists(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(EnsembleError, match="of that name"):
        Ensemble.create(path, SPEC)
    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_create_while_another_process_does(tmp_path: Path) -> None:
    def again(ensemble: Ensemble) -> None:
        Ensemble.create(tmp_path / "e.h5", SPEC)

    with pytest.raises(EnsembleError, match="another process"):
        Ensemble.create(tmp_path / "e.h5", SPEC, fill=again)
    Ensemble.create(tmp_path / "e.h5", SPEC).close()


def test_leftovers_of_a_kill_are_removed(path: Path) -> None:
    leftover = path.with_name(f".{path.name}.partial")
    leftover.write_bytes(b"half a file")
    Ensemble.open(path, "r+").close()
    assert not leftover.exists()
    leftover.write_bytes(b"half a file")
    with pytest.raises(EnsembleError):
        Ensemble.create(path, SPEC)
    assert not leftover.exists()


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    link, real = tmp_path / "e.h5", tmp_path / "disk" / "real.h5"
    link.symlink_to(real)
    leftover = real.with_name(".real.h5.partial")
    with Ensemble.create(link, SPEC) as ensemble:
        assert ensemble.path == link
        ensemble.write(0, 0, links_of(0), values_of(links_of(0)))
    leftover.write_bytes(b"half a file")
    with Ensemble.open(link, "r+") as ensemble:
        assert not leftover.exists()
        ensemble.extend(9).close()
    with pytest.raises(EnsembleError, match="of that name"):
        Ensemble.create(link, SPEC)
    assert link.is_symlink()
    assert [entry.name for entry in real.parent.iterdir()] == ["real.h5"]
    with Ensemble.open(real) as ensemble:
        assert ensemble.spec.configs == 9
        assert ensemble.finished.sum() == 1


def test_long_names(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 255)
    Ensemble.create(path, SPEC).close()
    Ensemble.open(path, "r+").extend(9).close()
    longer = tmp_path / ("x" * 256)
    with pytest.raises(InputError, match="too long") as caught:
        Ensemble.create(longer, SPEC)
    assert caught.value.exit_status == 2
    with pytest.raises(EnsembleError, match="no such file"):
        Ensemble.open(longer)
    assert list(tmp_path.iterdir()) == [path]


def test_room_that_cannot_be_allocated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk shows when the room is reserved; only a file system that cannot reserve it is let off."""
    for number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO):
        with monkeypatch.context() as patch:
            patch.setattr(os, "posix_fallocate", failing(number), raising=False)
            with pytest.raises(StorageError, match=os.strerror(number)):
                Ensemble.create(tmp_path / "e.h5", SPEC)
        assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(os, "posix_fallocate", failing(errno.EOPNOTSUPP), raising=False)
    Ensemble.create(tmp_path / "e.h5", SPEC).close()


def failing(number: int) -> Callable[..., None]:
    def fail(*arguments: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize("operation", ["allocate", "write_at", "sync", "publish"])
def test_a_failing_disk_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    def fail(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(_disk, operation, fail)
        with pytest.raises(StorageError, match="No space left") as caught:
            Ensemble.create(tmp_path / "e.h5", SPEC)
        assert caught.value.exit_status == 4
    assert list(tmp_path.iterdir()) == []
    Ensemble.create(tmp_path / "e.h5", SPEC).close()


def test_short_writes_are_completed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, sizes = os.pwrite, []

    def short(descriptor: int, data: memoryview, offset: int) -> int:
        sizes.append(len(data))
        return real(descriptor, data[:100], offset)

    monkeypatch.setattr(os, "pwrite", short)
    with Ensemble.open(path, "r+") as ensemble:
        ensemble.write(1, 1, links_of(7), values_of(links_of(7)))
        np.testing.assert_array_equal(ensemble.links(1, 1), links_of(7))
    assert len(sizes) > 10


@pytest.mark.parametrize("size", [0, 100, 5000])
def test_files_that_are_not_whole(path: Path, size: int) -> None:
    os.truncate(path, size)
    for mode in ("r", "r+"):
        with pytest.raises(EnsembleError, match="no readable HDF5 file") as caught:
            Ensemble.open(path, mode)
        assert "\n" not in str(caught.value)


def test_missing(tmp_path: Path) -> None:
    for path in (tmp_path / "none.h5", tmp_path):
        with pytest.raises(EnsembleError, match="no such file"):
            Ensemble.open(path)
