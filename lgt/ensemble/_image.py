"""A file in memory that holds its written parts only, for HDF5 to write its metadata into.

HDF5 that meets a failing write (a full disk, a file-size limit) while it creates a file can bring the whole
process down, at the time or when the interpreter ends. Here it writes into memory, where nothing fails; its
bytes then go to the disk by plain system calls, whose errors are ordinary exceptions.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from typing_extensions import Buffer

_PAGE = 1 << 16


@final
class SparseImage(io.RawIOBase):
    """A seekable file of any size; bytes that were never written read as zero and take no memory.

    Examples
    --------
    >>> image = SparseImage()
    >>> _ = image.seek(10**12)
    >>> image.write(b"end")
    3
    >>> [(offset, len(page)) for offset, page in image.pages()]
    [(999999995904, 4099)]
    """

    def __init__(self) -> None:
        self._pages: dict[int, bytearray] = {}
        self._position = 0
        self._size = 0

    @property
    def size(self) -> int:
        """Length of the file in bytes."""
        return self._size

    def pages(self) -> Iterator[tuple[int, bytes]]:
        """The written pages as (offset, bytes), in the order of the file."""
        for number in sorted(self._pages):
            offset = number * _PAGE
            if offset < self._size:
                yield offset, bytes(self._pages[number][: self._size - offset])

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = base + offset
        return self._position

    def tell(self) -> int:
        return self._position

    def truncate(self, size: int | None = None) -> int:
        self._size = self._position if size is None else size
        return self._size

    def readinto(self, buffer: Buffer) -> int:
        view = memoryview(buffer).cast("B")
        wanted = max(0, min(len(view), self._size - self._position))
        done = 0
        while done < wanted:
            number, start = divmod(self._position + done, _PAGE)
            count = min(_PAGE - start, wanted - done)
            page = self._pages.get(number)
            view[done : done + count] = bytes(count) if page is None else page[start : start + count]
            done += count
        self._position += wanted
        return wanted

    def write(self, buffer: Buffer) -> int:
        view = memoryview(buffer).cast("B")
        done = 0
        while done < len(view):
            number, start = divmod(self._position + done, _PAGE)
            count = min(_PAGE - start, len(view) - done)
            page = self._pages.setdefault(number, bytearray(_PAGE))
            page[start : start + count] = view[done : done + count]
            done += count
        self._position += done
        self._size = max(self._size, self._position)
        return done
