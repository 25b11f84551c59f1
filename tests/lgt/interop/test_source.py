"""Reading within bounds, writing all or nothing."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from lgt.errors import EnsembleError, InputError, StorageError
from lgt.interop._source import open_source, write_atomically


def test_reading_stays_within_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"0123456789")
    with open_source(path) as source:
        assert source.bytes(3, 4) == b"3456"
        assert source.bytes(10, 0) == b""
        for offset, count in ((3, 8), (0, 10**18), (-1, 2), (2, -1)):
            with pytest.raises(EnsembleError, match="truncated"):
                source.array(offset, count)


def test_file_that_shrinks_while_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(bytes(100_000))
    with open_source(path) as source:
        os.truncate(path, 10)
        with pytest.raises(EnsembleError, match="nobody writes it"):
            source.array(0, 100_000)


def test_failing_disk_is_a_storage_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise OSError(5, "Input/output error")

    path = tmp_path / "a"
    monkeypatch.setattr(Path, "open", fail)
    with pytest.raises(StorageError, match="Input/output error"), open_source(path):
        pass
    with pytest.raises(StorageError, match="Input/output error"):
        write_atomically(path, [b"new"])


def test_writing_leaves_nothing_half_done(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")

    def pieces() -> Any:
        yield b"new"
        raise OSError(28, "No space left on device")

    with pytest.raises(StorageError, match="No space left"):
        write_atomically(path, pieces())
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
    write_atomically(path, [b"new", b"er"])
    assert path.read_bytes() == b"newer"
    assert list(tmp_path.iterdir()) == [path]


def test_folder_must_exist(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no folder"):
        write_atomically(tmp_path / "b" / "a", [b""])
