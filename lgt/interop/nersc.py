"""NERSC archive files: an ASCII header, then the links, of SU(3) or, as Grid generalises it, of any SU(N).

Two of three rows are stored (``4D_SU3_GAUGE``), or all (``4D_SU3_GAUGE_3x3``). The checksum is the sum of
all 32-bit words of the data modulo 2^32, whatever the precision. Programs disagree about the byte order of
``IEEE32``, and some leave the line away: then the one that the checksum confirms is taken.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from lgt._version import __version__
from lgt.action import group_of
from lgt.errors import InputError
from lgt.interop._base import (
    ByteOrder,
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
from lgt.interop._layout import Bytes, completed, complex_type, pack, unpack, words
from lgt.interop._source import Source
from lgt.lattice import Lattice

_LONGEST_HEADER = 1 << 20
_PRECISIONS: tuple[Precision, ...] = (32, 64)
#: Grid's reader refuses a plaquette or a link trace that differs by more.
_STATED = (("PLAQUETTE", "plaquette", 1e-5), ("LINK_TRACE", "link trace", 1e-6))
_NUMBER = r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?"
#: Keys that a writer may choose freely, with what stands there otherwise.
_FREE = {
    "BOUNDARY_1": "PERIODIC",
    "BOUNDARY_2": "PERIODIC",
    "BOUNDARY_3": "PERIODIC",
    "BOUNDARY_4": "PERIODIC",
    "ENSEMBLE_ID": "lgt",
    "ENSEMBLE_LABEL": "lgt",
    "SEQUENCE_NUMBER": "0",
    "CREATOR": f"lgt-{__version__}",
    "CREATOR_HARDWARE": "unknown",
}
_LONGEST_LINE = 126  # QDP++ reads lines into 128 bytes


@final
@dataclass(frozen=True)
class Nersc(Format):
    """The NERSC archive format, for SU(N) in four dimensions."""

    name: ClassVar[str] = "nersc"
    byte_orders: ClassVar[tuple[ByteOrder, ...]] = ("big", "little")

    def recognises(self, head: bytes, size: int) -> bool:
        """By its first line."""
        return head.startswith(b"BEGIN_HEADER")

    def read(self, source: Source, request: ReadRequest) -> Content:
        """Read the configuration; the header may lack FLOATING_POINT, CHECKSUM, PLAQUETTE, LINK_TRACE."""
        keys, start = _read_header(source)
        N, full = _matrices(source, keys)
        lattice = request.agreed(source, _extents(source, keys))
        precision, order = _floating_point(source, keys)
        size, n_links = source.size - start, 4 * lattice.volume
        shapes = [
            (bits, rows)
            for bits in (_PRECISIONS if precision is None else (precision,))
            for rows in ((N,) if full else (N - 1, N))  # QDP++ stores N rows and says 4D_SU4_GAUGE
            if n_links * rows * N * bits // 4 == size
        ]
        if not shapes:
            what = f"links of SU({N}) {keys['DATATYPE']} {keys.get('FLOATING_POINT', '')}".rstrip()
            raise source.damaged(
                f"{size} bytes after the header, which are not {n_links} {what} (truncated?)"
            )
        raw, stored = source.array(start, size), _checksum(source, keys)
        orders: tuple[ByteOrder, ...] = self.byte_orders if order is None else (order,)
        check = request.check or len(orders) > 1
        computed = {order: _sum(raw, order) if check else None for order in orders}
        sums = {order: Comparison("checksum", stored, computed[order]) for order in orders}
        orders = tuple(order for order in orders if sums[order].agrees) or orders
        contents = [
            Content(
                links=_links(raw, lattice, rows, N, bits, order),
                precision=bits,
                byte_order=order,
                stated=_stated(source, keys),
                checksums=() if stored is None else (sums[order],),
                header=keys,
            )
            for bits, rows in shapes
            for order in orders
        ]
        return contents[0] if len(contents) == 1 else min(contents, key=_distance)

    def encode(self, links: Complex, request: WriteRequest) -> Encoded:
        """Write the links; ``reduced`` leaves the last row away, ``header`` overrides the free keys."""
        lattice, N = self.four_dimensional(links), links.shape[-1]
        if N == 1:
            raise InputError("writing nersc", "links of U(1)", "use ildg or hdf5")
        precision, order = request.precision or 64, request.byte_order or "big"
        stored = links[..., : N - 1, :] if request.reduced else links
        data = pack(stored, complex_type(precision, order))
        rounded = _links(data, lattice, stored.shape[-2], N, precision, order)
        values = averages(rounded)
        date = time.asctime(time.gmtime()) + " UTC"
        free = {**_FREE, "CREATION_DATE": date, "ARCHIVE_DATE": date}
        free |= {key: text for key, text in request.header.items() if key in free}
        suffix = "BIG" if order == "big" else "" if precision == 32 else "LITTLE"  # the spellings Grid knows
        lines = {
            "HDR_VERSION": "1.0",
            "DATATYPE": f"4D_SU{N}_GAUGE" + ("" if request.reduced else f"_{N}x{N}"),
            "STORAGE_FORMAT": "1.0",
            **{f"DIMENSION_{axis}": str(extent) for axis, extent in enumerate(lattice.extents, start=1)},
            "LINK_TRACE": f"{values['link trace']:.10f}",
            "PLAQUETTE": f"{values['plaquette']:.10f}",
            **{key: text for key, text in free.items() if key.startswith("BOUNDARY")},
            "CHECKSUM": f"{_sum(data, order):x}",
            **{key: text for key, text in free.items() if not key.startswith("BOUNDARY")},
            "FLOATING_POINT": f"IEEE{precision}{suffix}",
        }
        header = "".join(["BEGIN_HEADER\n", *map(_line, lines, lines.values()), "END_HEADER\n"])
        return Encoded((header.encode("ascii"), data))


def _line(key: str, text: str) -> str:
    line = f"{key} = {text}"
    if not (line.isascii() and line.isprintable() and len(line) <= _LONGEST_LINE):
        raise InputError(
            f"writing nersc with {key} = {text!r}", "no short line of plain text", "shorten it to ASCII"
        )
    return line + "\n"


def _read_header(source: Source) -> tuple[dict[str, str], int]:
    """The keys of the header, and where the data begin. The first of equal keys counts."""
    head = source.bytes(0, min(source.size, _LONGEST_HEADER))
    end = re.search(rb"^END_HEADER[ \t\r]*\n", head, flags=re.MULTILINE)
    if end is None:
        raise source.damaged("a header without END_HEADER (truncated?)")
    text = head[: end.start()].decode("latin-1")
    # MILC puts the whole text of its .info file between these lines.
    text = re.sub(r"^MILC_INFO *=[ -]*BEGIN-*\n.*?^MILC_INFO *=[ -]*END-*\n", "", text, flags=re.M | re.S)
    keys: dict[str, str] = {}
    for line in text.split("\n")[1:]:
        key, equals, value = line.partition("=")
        if equals:
            keys.setdefault(key.strip(), value.strip())
    return keys, end.end()


def _matrices(source: Source, keys: Mapping[str, str]) -> tuple[int, bool]:
    """N, and whether all rows are stored."""
    kind = keys.get("DATATYPE", "missing")
    match = re.fullmatch(r"4D_SU(\d{1,3})_GAUGE(?:_(\d+)x(\d+))?", kind, flags=re.ASCII)
    if match is None or int(match[1]) < 2 or not {match[2], match[3]} <= {None, match[1]}:
        raise source.damaged(f"DATATYPE {kind}, which is no gauge field that this format knows")
    return int(match[1]), match[2] is not None


def _extents(source: Source, keys: Mapping[str, str]) -> Lattice:
    texts = [keys.get(f"DIMENSION_{axis}", "missing") for axis in range(1, 5)]
    if not all(re.fullmatch(r"[1-9]\d{0,8}", text, flags=re.ASCII) for text in texts):
        raise source.damaged(f"DIMENSION_1 to DIMENSION_4 {', '.join(texts)}, not four extents")
    return Lattice(tuple(map(int, texts)))


def _floating_point(source: Source, keys: Mapping[str, str]) -> tuple[Precision | None, ByteOrder | None]:
    """Precision and byte order, as far as the header is clear about them."""
    if "FLOATING_POINT" not in keys:
        return None, None
    match = re.fullmatch(r"IEEE(32|64)(BIG|LITTLE|SMALL|)", keys["FLOATING_POINT"])
    if match is None:
        raise source.damaged(f"FLOATING_POINT {keys['FLOATING_POINT']}, which nobody writes")
    order: ByteOrder | None = "big" if match[2] == "BIG" else "little" if match[2] else None
    return 32 if match[1] == "32" else 64, order


def _stated(source: Source, keys: Mapping[str, str]) -> tuple[tuple[str, float, float], ...]:
    stated = [(key, name, tolerance) for key, name, tolerance in _STATED if key in keys]
    for key, _, _ in stated:
        if not re.fullmatch(_NUMBER, keys[key], flags=re.ASCII):
            raise source.damaged(f"{key} {keys[key]!r}, which is no number")
    return tuple((name, float(keys[key]), tolerance) for key, name, tolerance in stated)


def _checksum(source: Source, keys: Mapping[str, str]) -> int | None:
    if "CHECKSUM" not in keys:
        return None
    if not re.fullmatch(r"(0x)?[0-9a-fA-F]{1,8}", keys["CHECKSUM"]):
        raise source.damaged(f"CHECKSUM {keys['CHECKSUM']!r}, which is no 32-bit number in hex")
    return int(keys["CHECKSUM"], 16)


def _sum(raw: Bytes, byte_order: ByteOrder) -> int:
    return int(words(raw, byte_order).sum(dtype=np.uint64) & np.uint64(0xFFFFFFFF))


def _links(
    raw: Bytes, lattice: Lattice, rows: int, N: int, precision: Precision, byte_order: ByteOrder
) -> Complex:
    stored = unpack(raw, lattice, rows, N, complex_type(precision, byte_order))
    return stored if rows == N else completed(stored)


def _distance(content: Content) -> float:
    """How little the links look like links, from 0 to 1."""
    defect = group_of(content.links).defect(content.links)
    return float(np.where(defect < 1.0, defect, 1.0).mean())
