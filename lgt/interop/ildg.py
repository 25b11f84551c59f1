"""ILDG and SciDAC files: LIME records of XML text around the links, big endian, for any SU(N).

Written in the order of QIO, with the checksum of SciDAC. Read in any order, with any subset of the records
that tell extents, precision and group, as long as they contradict neither each other nor their size.
Grid, MILC and tmLQCD also state the plaquette, each in a record of its own; it is held to them.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, final

from lgt._version import __version__
from lgt.errors import InputError
from lgt.interop._base import (
    Comparison,
    Complex,
    Content,
    Encoded,
    Format,
    Precision,
    ReadRequest,
    WriteRequest,
)
from lgt.interop._checks import averages
from lgt.interop._layout import Bytes, complex_type, pack, unpack
from lgt.interop._lime import MAGIC, Record, encode_records, read_records
from lgt.interop._scidac import document, elements, scidac_checksum
from lgt.interop._source import Source
from lgt.lattice import Lattice

_DATA = ("ildg-binary-data", "scidac-binary-data")
_CHECKSUM = "scidac-checksum"
_FORMAT, _FILE, _RECORD = "ildg-format", "scidac-private-file-xml", "scidac-private-record-xml"
#: Where a plaquette may be stated, normalised to 1: record type, and pattern of the number before it.
_PLAQUETTES = (
    ("scidac-record-xml", r"<plaq>"),
    ("scidac-file-xml", r"<plaq>"),
    ("grid-format", r"<plaquette>"),
    ("xlf-info", r"\bplaquette\s*="),
)
_NUMBER = r"\s*([-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d{1,3})?)(?![\w.])"
_PLAQUETTE_TOLERANCE = 1e-5
_ILDG_NAMESPACE = (
    ' xmlns="http://www.lqcd.org/ildg" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' xsi:schemaLocation="http://www.lqcd.org/ildg/filefmt.xsd"'
)
#: Records whose text a writer may choose.
_FREE = ("scidac-file-xml", "ildg-data-lfn")


@final
@dataclass(frozen=True)
class Ildg(Format):
    """ILDG and SciDAC configurations in LIME."""

    name: ClassVar[str] = "ildg"

    def recognises(self, head: bytes, size: int) -> bool:
        """By LIME's magic number."""
        return head.startswith(MAGIC.to_bytes(4, "big"))

    def count(self, source: Source) -> int:
        """The number of records with links or other lattice fields."""
        return sum(record.type in _DATA for record in read_records(source))

    def read(self, source: Source, request: ReadRequest) -> Content:
        """Read one configuration, the only one or number `request.index`."""
        records = read_records(source)
        data = _chosen(source, records, request)
        about = [record for record in _belonging(records, data) if record.type not in _DATA]
        texts = {record.type: record.text(source) for record in about}
        facts = _Facts(source, texts)
        lattice = request.agreed(source, facts.lattice)
        if lattice.d < 2:
            raise source.damaged(f"the lattice {lattice}, with one direction")
        precision, N = facts.matrices(data.size, lattice)
        raw = source.array(data.offset, data.size)
        stored = facts.checksum
        if request.check and stored is None and not records[-1].ends_message:
            raise source.damaged("an unfinished LIME message at its end, without a checksum (truncated?)")
        computed = scidac_checksum(raw, lattice.volume) if stored and request.check else (None, None)
        return Content(
            links=unpack(raw, lattice, N, N, complex_type(precision, "big")),
            precision=precision,
            byte_order="big",
            stated=facts.plaquette,
            checksums=tuple(map(Comparison, ("suma", "sumb"), stored, computed)) if stored else (),
            header=texts,
        )

    def encode(self, links: Complex, request: WriteRequest) -> Encoded:
        """Write the records of QIO; ``header`` may hold ``scidac-file-xml`` and ``ildg-data-lfn``."""
        lattice, N = self.four_dimensional(links), links.shape[-1]
        precision: Precision = request.precision or 64
        dtype = complex_type(precision, "big")
        data = pack(links, dtype)
        free = {key: text.encode() + b"\0" for key, text in request.header.items() if key in _FREE}
        return Encoded(tuple(encode_records(_messages(lattice, N, precision, data, free))))


def _messages(
    lattice: Lattice, N: int, precision: Precision, data: Bytes, free: dict[str, bytes]
) -> Iterator[list[tuple[str, bytes | Bytes]]]:
    """The two messages of a file, in the order of QIO."""
    found = averages(unpack(data, lattice, N, N, complex_type(precision, "big")))
    letter = "F" if precision == 32 else "D"
    suma, sumb = scidac_checksum(data, lattice.volume)
    file = document(
        "scidacFile",
        ("version", "1.1"),
        ("spacetime", str(lattice.d)),
        ("dims", "".join(f"{extent} " for extent in lattice.extents)),
        ("volfmt", "0"),
    )
    record = document(
        "scidacRecord",
        ("version", "1.1"),
        ("date", time.asctime(time.gmtime()) + " UTC"),
        ("recordtype", "0"),
        ("datatype", f"QDP_{letter}{N}_ColorMatrix"),
        ("precision", letter),
        ("colors", str(N)),
        ("typesize", str(N * N * precision // 4)),
        ("datacount", str(lattice.d)),
    )
    info = document(
        "usqcdInfo",
        ("version", "1.0"),
        ("plaq", f"{found['plaquette']:.10f}"),
        ("linktr", f"{found['link trace']:.10f}"),
        ("info", f"written by lgt {__version__}"),
    )
    ildg = document(
        "ildgFormat",
        ("version", "1.0"),
        ("field", f"su{N}gauge" if N > 1 else "u1gauge"),
        ("precision", str(precision)),
        *zip(("lx", "ly", "lz", "lt"), map(str, lattice.extents), strict=True),
        attributes=_ILDG_NAMESPACE,
    )
    sums = document("scidacChecksum", ("version", "1.0"), ("suma", f"{suma:x}"), ("sumb", f"{sumb:x}"))
    title = document("title", text="gauge configuration")
    yield [(_FILE, file), ("scidac-file-xml", free.get("scidac-file-xml", title))]
    yield [
        (_RECORD, record),
        ("scidac-record-xml", info),
        (_FORMAT, ildg),
        ("ildg-data-lfn", free.get("ildg-data-lfn", b"lfn://unknown\0")),
        ("ildg-binary-data", data),
        (_CHECKSUM, sums),
    ]


def _chosen(source: Source, records: tuple[Record, ...], request: ReadRequest) -> Record:
    """The record of links that is asked for."""
    data = [record for record in records if record.type in _DATA]
    if not data:
        found = ", ".join(sorted({record.type for record in records})[:8])
        raise source.damaged(f"no record of links among {found}", "give a file with ildg-binary-data")
    if request.index is None and len(data) > 1:
        raise InputError(source.asked, f"{len(data)} fields in it", "say which: index=0, 1, ... (PATH#INDEX)")
    index = request.index or 0
    if not 0 <= index < len(data):
        raise InputError(f"{source.asked}#{index}", f"{len(data)} fields in it", "count from 0")
    return data[index]


def _belonging(records: tuple[Record, ...], data: Record) -> list[Record]:
    """The records that describe `data`; of equal types, the last one counts.

    Records of the same message count most. Where a file has one field, all others count too. Where it has
    several: the last extents before it, what lies between the field before and this one, and a checksum that
    follows in a message of its own (tmLQCD).
    """
    fields = [record for record in records if record.type in _DATA]
    same = [record for record in records if record.message == data.message]
    if len(fields) == 1:
        return [*records, *same]
    number, place = fields.index(data), records.index(data)
    previous = records.index(fields[number - 1]) if number else -1
    following = records.index(fields[number + 1]) if number + 1 < len(fields) else len(records)
    before = [
        record
        for position, record in enumerate(records[:place])
        if record.type in (_FILE, _FORMAT) or (position > previous and record.type != _CHECKSUM)
    ]
    after = [record for record in records[place:following] if record.type == _CHECKSUM]
    return [*before, *after, *same]


@final
@dataclass(frozen=True)
class _Facts:
    """What the texts of the records of a field say; a contradiction is an error."""

    source: Source
    texts: Mapping[str, str]

    def one(self, record: str, name: str, pattern: str = ".*") -> str | None:
        """The text of an element of a record; None if there is no such record or element."""
        found = set(elements(self.texts.get(record, ""), name))
        if len(found) > 1 or not all(re.fullmatch(pattern, text, flags=re.ASCII) for text in found):
            raise self.source.damaged(f"<{name}> {' and '.join(sorted(found))} in {record}")
        return found.pop() if found else None

    def whole(self, record: str, name: str) -> int | None:
        """The same for a whole number."""
        text = self.one(record, name, r"\d{1,9}")
        return None if text is None else int(text)

    @property
    def lattice(self) -> Lattice | None:
        """The extents; None if no record has them."""
        extents = [self.whole(_FORMAT, name) for name in ("lx", "ly", "lz", "lt")]
        dims = self.one(_FILE, "dims", r"(\d{1,9}\s*)+")
        stated = [[int(text) for text in dims.split()]] if dims else []
        if any(extent is not None for extent in extents):
            stated.append([extent or 0 for extent in extents])
        for box in stated:
            if box != stated[0] or min(box) < 1:
                raise self.source.damaged(f"extents {' and '.join(map(str, stated))}")
        return Lattice(tuple(stated[0])) if stated else None

    def matrices(self, size: int, lattice: Lattice) -> tuple[Precision, int]:
        """Precision and N, from the size of the data and from all that the records say."""
        n_links = lattice.d * lattice.volume
        precisions: tuple[Precision, ...] = (32, 64)
        # At most one fits: n^2 numbers of 64 bits are never m^2 numbers of 32 bits.
        fits = {
            (bits, math.isqrt(size // (n_links * bits // 4)))
            for bits in precisions
            if size and size == n_links * math.isqrt(size // (n_links * bits // 4)) ** 2 * bits // 4
        }
        if not fits:
            raise self.source.damaged(f"{size} bytes of links, which are not square matrices on {lattice}")
        precision, N = fits.pop()
        letter = self.one(_RECORD, "precision", "[FD]")
        field = self.one(_FORMAT, "field", r"su\d{1,3}gauge|u1gauge")
        told = {
            "precision": (self.whole(_FORMAT, "precision"), precision),
            "precision of SciDAC": (letter and {"F": 32, "D": 64}[letter], precision),
            "N of the field": (field and int("".join(filter(str.isdigit, field))), N),
            "colors": (self.whole(_RECORD, "colors"), N),
            "typesize": (self.whole(_RECORD, "typesize"), N * N * precision // 4),
            "datacount": (self.whole(_RECORD, "datacount"), lattice.d),
            "spacetime": (self.whole(_FILE, "spacetime"), lattice.d),
            "volfmt": (self.whole(_FILE, "volfmt"), 0),
            "recordtype": (self.whole(_RECORD, "recordtype"), 0),
            "globaldata": (self.whole(_RECORD, "globaldata"), 0),
        }
        for name, (stated, true) in told.items():
            if stated not in (None, true):
                raise self.source.damaged(f"{name} {stated}, where its {size} bytes of links need {true}")
        return precision, N

    @property
    def checksum(self) -> tuple[int, int] | None:
        """Suma and sumb; None if there is no such record."""
        if _CHECKSUM not in self.texts:
            return None
        sums = [self.one(_CHECKSUM, name, r"(0x)?[0-9a-fA-F]{1,8}") for name in ("suma", "sumb")]
        if None in sums:
            raise self.source.damaged(f"a {_CHECKSUM} record without suma and sumb")
        suma, sumb = (int(text or "", 16) for text in sums)
        return suma, sumb

    @property
    def plaquette(self) -> tuple[tuple[str, float, float], ...]:
        """The plaquette that some record states, as in `Content.stated`."""
        for record, before in _PLAQUETTES:
            match = re.search(before + _NUMBER, self.texts.get(record, ""), flags=re.ASCII)
            if match and float(match[1]):  # writers put zero where they did not measure
                return (("plaquette", float(match[1]), _PLAQUETTE_TOLERANCE),)
        return ()
