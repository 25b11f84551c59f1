"""The lock on the folder of a training: two processes that train into one would ruin each other's files."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import Self, final

from lgt.disk import lock, reason
from lgt.errors import InputError, StorageError


@final
class Claim:
    """A folder for one training alone, from `take` to the end of the block or of the process.

    The folder itself is locked, so nothing stays behind when the process is killed.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as name:
    ...     with Claim(Path(name)) as first, Claim(Path(name)) as second:
    ...         first.take()
    ...         try:
    ...             second.take()
    ...         except InputError as error:
    ...             print(error.found)
    another process that trains into it
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._descriptor: int | None = None

    def take(self) -> None:
        """Lock the folder if it exists and is not locked by us yet.

        Raises
        ------
        InputError
            If another process trains into it.
        StorageError
            If the disk fails.
        """
        if self._descriptor is not None or not self._folder.is_dir() or os.name != "posix":
            return
        try:
            self._descriptor = os.open(self._folder, os.O_RDONLY)
            free = lock(self._descriptor)
        except OSError as error:
            remedy = "choose another folder for out"
            raise StorageError(f"locking the folder {self._folder}", reason(error), remedy) from None
        if not free:
            self._release()
            raise InputError(
                f"training into {self._folder}",
                "another process that trains into it",
                "wait for it to end, stop it, or choose another folder for out",
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._release()

    def _release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
