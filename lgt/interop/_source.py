"""Files as bytes: reading within bounds, so that no damaged header makes us allocate much; safe writing."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import final

import numpy as np
from numpy.typing import NDArray

from lgt.errors import EnsembleError, InputError, StorageError

Bytes = NDArray[np.uint8]


@final
class Source:
    """A file that is open for reading. Made by `open_source`."""

    def __init__(self, path: Path, file: BufferedReader, size: int) -> None:
        self.path, self.size, self._file = path, size, file

    @property
    def asked(self) -> str:
        """What error messages say was asked for."""
        return f"reading {self.path}"

    def damaged(self, found: str, remedy: str = "take another copy of the file") -> EnsembleError:
        """The error to raise for content that cannot be right; `found` may quote any of it."""
        line = "".join(letter if letter.isprintable() else "?" for letter in found)
        return EnsembleError(self.asked, line if len(line) <= 400 else line[:400] + "...", remedy)

    def array(self, offset: int, count: int) -> Bytes:
        """`count` bytes from `offset` on.

        Raises
        ------
        EnsembleError
            If the file ends before.
        """
        if offset < 0 or count < 0 or offset + count > self.size:
            raise self.damaged(f"a truncated file: {self.size} bytes where {offset + count} are needed")
        data = np.empty(count, dtype=np.uint8)
        self._file.seek(offset)
        done = self._file.readinto(data.data) if count else 0
        if done != count:
            raise self.damaged(f"{done} bytes where {count} were", "wait until nobody writes it")
        return data

    def bytes(self, offset: int, count: int) -> bytes:
        """The same for small parts, as bytes."""
        return self.array(offset, count).tobytes()


@contextmanager
def open_source(path: Path) -> Iterator[Source]:
    """Open a file for reading.

    Raises
    ------
    InputError
        If there is no such file, or it may not be read.
    StorageError
        If the disk fails.
    """
    asked = f"reading {path}"
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise InputError(asked, "something that is not a file", "give a file")
            yield Source(path, file, status.st_size)
    except FileNotFoundError:
        raise InputError(asked, "no such file", "check the path") from None
    except IsADirectoryError:
        raise InputError(asked, "a folder", "give a file") from None
    except PermissionError:
        raise InputError(asked, "no permission to read it", "ask its owner") from None
    except OSError as error:
        if isinstance(error, StorageError):
            raise
        raise StorageError(asked, str(error.strerror or error), "check the disk") from error


def write_atomically(path: Path, pieces: Iterable[bytes | Bytes]) -> None:
    """Write a file under a temporary name and rename it when it is complete and on the disk.

    Raises
    ------
    InputError
        If the folder does not exist.
    StorageError
        If the disk is full or fails; nothing is left behind, and a file of that name is as before.
    """
    if not path.parent.is_dir():
        raise InputError(f"writing {path}", f"no folder {path.parent}", "make it first")
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
    try:
        try:
            with temporary.open("xb") as file:
                for piece in pieces:
                    file.write(piece if isinstance(piece, bytes) else piece.data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        found = str(error.strerror or error)
        raise StorageError(f"writing {path}", found, "free some space or write elsewhere") from error
