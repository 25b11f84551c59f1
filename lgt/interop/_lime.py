"""LIME, the container of ILDG and SciDAC files: a chain of typed records, grouped into messages.

A record is a header of 144 bytes (magic number, version, flags for the first and the last record of a
message, length, type), big endian, and its data, padded with zeros to a multiple of 8 bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import final

import numpy as np

from lgt.interop._source import Bytes, Source

MAGIC = 0x456789AB
_HEADER = np.dtype(
    [("magic", ">u4"), ("version", ">u2"), ("flags", ">u2"), ("size", ">u8"), ("type", "S128")]
)
_BEGIN, _END = 0x8000, 0x4000
#: More records than any file of configurations has; a damaged file could hold very many empty ones.
_MOST_RECORDS = 10_000
_LONGEST_TEXT = 1 << 20


@final
@dataclass(frozen=True)
class Record:
    """A record of a file: its type, where its data lie, and the message to which it belongs."""

    type: str
    offset: int
    size: int
    message: int
    ends_message: bool

    def text(self, source: Source) -> str:
        """The data as text, up to the first NUL."""
        data = source.bytes(self.offset, min(self.size, _LONGEST_TEXT))
        return data.partition(b"\0")[0].decode("utf-8", "replace")


def read_records(source: Source) -> tuple[Record, ...]:
    """All records of a file; only their headers are read.

    Raises
    ------
    EnsembleError
        If the chain of records is broken, or longer than the file.
    """
    records: list[Record] = []
    offset = message = 0
    while offset < source.size:
        if source.size - offset < _HEADER.itemsize:
            if any(source.bytes(offset, source.size - offset)):
                raise source.damaged(f"{source.size - offset} bytes after the last LIME record (truncated?)")
            break
        fields = np.frombuffer(source.bytes(offset, _HEADER.itemsize), dtype=_HEADER)[0]
        size, start = int(fields["size"]), offset + _HEADER.itemsize
        if fields["magic"] != MAGIC:
            raise source.damaged(f"no LIME record at byte {offset}, where one should begin")
        if fields["version"] != 1:
            raise source.damaged(f"version {fields['version']} of LIME at byte {offset}", "give version 1")
        if size > source.size - start:
            there = f"{source.size - start} of them there (truncated?)"
            raise source.damaged(f"a LIME record of {size} bytes at byte {offset}, {there}")
        if len(records) >= _MOST_RECORDS:
            raise source.damaged(f"more than {_MOST_RECORDS} LIME records")
        flags = int(fields["flags"])
        message += bool(flags & _BEGIN)
        kind = fields["type"].partition(b"\0")[0].decode("latin-1")
        records.append(Record(kind, start, size, message, bool(flags & _END)))
        offset = start + size + -size % 8
    return tuple(records)


def encode_records(messages: Iterable[Iterable[tuple[str, bytes | Bytes]]]) -> Iterator[bytes | Bytes]:
    """The pieces of a file of these messages, each a chain of (type, data)."""
    for message in messages:
        records = list(message)
        for number, (kind, data) in enumerate(records):
            flags = (_BEGIN if number == 0 else 0) | (_END if number == len(records) - 1 else 0)
            yield np.array((MAGIC, 1, flags, len(data), kind.encode("ascii")), dtype=_HEADER).tobytes()
            yield data
            yield bytes(-len(data) % 8)
