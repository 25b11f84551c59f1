"""Locks, and the words for what goes wrong; that a lock ends with its process, lcnn shows in test_claim."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import h5py
import pytest

from lgt.disk import lock, reason


def test_a_file_system_without_locks_is_no_obstacle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fcntl = pytest.importorskip("fcntl")
    descriptor = os.open(tmp_path, os.O_RDONLY)
    for number in (errno.ENOLCK, errno.EOPNOTSUPP, errno.EIO):

        def fail(*_: object, number: int = number) -> None:
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(fcntl, "flock", fail)
        if number == errno.EIO:
            with pytest.raises(OSError, match="Input/output error"):
                lock(descriptor)
        else:
            assert lock(descriptor)
    os.close(descriptor)


def test_reasons_have_neither_numbers_nor_paths(tmp_path: Path) -> None:
    found = []
    for name in ("none.h5", ""):
        with pytest.raises(OSError, match="Unable") as caught:
            h5py.File(tmp_path / name, "r")
        found.append(reason(caught.value))
    with pytest.raises(OSError, match=r"\[Errno") as caught:
        (tmp_path / "none").read_bytes()
    assert [*found, reason(caught.value)] == [
        "No such file or directory",
        "Is a directory",
        "No such file or directory",
    ]
