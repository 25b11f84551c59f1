"""A folder that appears complete or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lgt.disk import reason
from lgt.errors import InputError, StorageError


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Give a temporary folder to write into, which becomes `path` if nothing is raised.

    Raises
    ------
    InputError
        If something of that name exists, or its parent does not.
    StorageError
        If the disk is full or fails.
    """
    if path.exists() or path.is_symlink():
        raise InputError(f"writing {path}", "something of that name", "choose another name")
    if not path.parent.is_dir():
        raise InputError(f"writing {path}", f"no folder {path.parent}", "make it first")
    temporary = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        temporary.mkdir()
        try:
            yield temporary
            temporary.rename(path)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
    except OSError as error:
        raise StorageError(
            f"writing {path}", reason(error), "make room on the disk, or choose another"
        ) from error
