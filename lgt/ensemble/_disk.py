"""The system calls that put bytes on the disk: every change of an ensemble file goes through here.

All are plain POSIX calls on a file descriptor; a failure is an `OSError`, which `storage_errors` turns into
the one error that users meet.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from lgt.disk import NO_SUPPORT, reason
from lgt.errors import InputError, LgtError, StorageError

if TYPE_CHECKING:
    from typing_extensions import Buffer

#: Most file systems end a name at 255 bytes, some at 143.
_LONG_NAME = 100


def write_at(descriptor: int, data: Buffer, offset: int) -> None:
    """Write all of `data` at a byte offset."""
    view = memoryview(data).cast("B")
    while view:
        written = os.pwrite(descriptor, view, offset)  # the kernel may write less than asked
        view, offset = view[written:], offset + written


def allocate(descriptor: int, size: int) -> None:
    """Give the file its final size, with all its blocks where the platform can reserve them."""
    os.ftruncate(descriptor, size)
    if hasattr(os, "posix_fallocate"):
        try:
            os.posix_fallocate(descriptor, 0, size)
        except OSError as error:
            if error.errno not in NO_SUPPORT:
                raise


def sync(descriptor: int) -> None:
    """Wait until the file is on the disk, so that it survives a power cut as well as a kill."""
    os.fsync(descriptor)


def resolved(path: Path) -> Path:
    """The file itself that a name stands for: links are followed, also to what does not exist yet."""
    return Path(os.path.realpath(path))


def temporary(path: Path, mark: str = "") -> Path:
    """The name of a file while it is being made: in its folder, and short enough for any file system.

    Examples
    --------
    >>> str(temporary(Path("runs/e.h5"))), len(temporary(Path("x" * 255)).name)
    ('runs/.e.h5.partial', 41)
    """
    name = path.name
    if len(os.fsencode(name)) > _LONG_NAME:
        name = hashlib.blake2b(os.fsencode(name), digest_size=16).hexdigest()
    return path.with_name(f".{name}{mark}.partial")


def publish(temporary: Path, path: Path) -> None:
    """Rename a finished file to its name, in one step."""
    temporary.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    except OSError as error:  # some network file systems cannot; the rename itself has happened
        if error.errno not in NO_SUPPORT:
            raise
    finally:
        os.close(folder)


@contextlib.contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turn an `OSError` inside the block into a `StorageError`; if the name is too long, an `InputError`."""
    try:
        yield
    except LgtError:
        raise
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise InputError(f"writing {path}", "a name that is too long", "choose a shorter one") from None
        raise StorageError(
            f"writing {path}",
            reason(error),
            "free some space or lift the limit, then resume; finished configurations are intact",
        ) from error
