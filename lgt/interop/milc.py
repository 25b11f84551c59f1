"""MILC files of version 5: 96 bytes of header, then SU(3) links in single precision.

The byte order is the writer's. The two checksums are XORs of all 32-bit words of the data, word k rotated
left by k mod 29 or k mod 31 bits. An ASCII file of the same name with ``.info`` appended, if there is one,
states averages of the links.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, final

import numpy as np

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
from lgt.interop._layout import complex_type, pack, rotated_xor, unpack, words
from lgt.interop._source import Bytes, Source, open_source
from lgt.lattice import Lattice

_MAGIC = 20103
#: Magic numbers of other MILC files of links, by what MILC calls them; none of them has a checksum.
_OTHERS = {
    59354: "of versions 1 to 4 (magic number 0xe7da)",
    53546: "of 1996 (magic number 0xd12a)",
    0x71626434: "in the FNAL layout (magic number 0x71626434)",
}
_HEADER_BYTES, _LINK_BYTES = 96, 72
#: Averages of Re tr P in the .info file, with six decimals; tolerance of the averages of (1/3) Re tr P.
_STATED = (
    ("gauge.ssplaq", "spatial plaquette", 3.0, 1e-5),
    ("gauge.stplaq", "temporal plaquette", 3.0, 1e-5),
    ("gauge.nersc_linktr", "link trace", 1.0, 1e-5),
)
_MEASURED = (*(key for key, *_ in _STATED), "gauge.nersc_checksum")


@final
@dataclass(frozen=True)
class Milc(Format):
    """MILC version 5, for SU(3) in four dimensions."""

    name: ClassVar[str] = "milc"
    precisions: ClassVar[tuple[Precision, ...]] = (32,)
    byte_orders: ClassVar[tuple[ByteOrder, ...]] = ("little", "big")

    def recognises(self, head: bytes, size: int) -> bool:
        """By its magic number, in either byte order; older MILC files too."""
        return len(head) >= 4 and not {_MAGIC, *_OTHERS}.isdisjoint(_magic(head))

    def read(self, source: Source, request: ReadRequest) -> Content:
        """Read the configuration, and what the .info file beside it states."""
        magics = _magic(source.bytes(0, 4))
        for magic in magics:
            if magic in _OTHERS:
                raise source.damaged(
                    f"a MILC file {_OTHERS[magic]}, without checksums", "let MILC write it again as version 5"
                )
        head = source.bytes(0, _HEADER_BYTES)
        byte_order: ByteOrder = "little" if magics[0] == _MAGIC else "big"
        fields = np.frombuffer(head, dtype=_header_type(byte_order))[0]
        extents = tuple(int(extent) for extent in fields["extents"])
        if min(extents) < 1:
            raise source.damaged(f"extents {extents}")
        lattice = request.agreed(source, Lattice(extents))
        size = 4 * lattice.volume * _LINK_BYTES
        if source.size != _HEADER_BYTES + size:
            raise source.damaged(
                f"{source.size} bytes where {_HEADER_BYTES + size} make {lattice} (truncated?)"
            )
        if fields["order"] != 0:
            raise source.damaged(f"site order {fields['order']}", "let MILC write it in natural order (0)")
        raw = source.array(_HEADER_BYTES, size)
        header = {"time_stamp": fields["time_stamp"].decode("latin-1")}
        info = _read_info(source)
        checksums = tuple(
            Comparison(name, int(fields[name]), _xor(raw, byte_order, name) if request.check else None)
            for name in _SUMS
        )
        return Content(
            links=unpack(raw, lattice, 3, 3, complex_type(32, byte_order)),
            precision=32,
            byte_order=byte_order,
            stated=_stated(source, info),
            checksums=checksums + _info_checksums(source, info, raw, byte_order, request.check),
            header={**info, **header},
        )

    def encode(self, links: Complex, request: WriteRequest) -> Encoded:
        """Write the links and the .info file; ``header`` may hold the time stamp and lines for the latter."""
        lattice = self.four_dimensional(links)
        if links.shape[-1] != 3:
            raise InputError("writing milc", f"N = {links.shape[-1]}", "use ildg, this one is for SU(3)")
        byte_order = request.byte_order or "little"
        dtype = complex_type(32, byte_order)
        data = pack(links, dtype)
        stamp = request.header.get("time_stamp", time.asctime(time.gmtime()))
        if len(stamp) > 64 or not set(stamp) <= set(map(chr, range(256))):
            raise InputError("writing milc", f"the time stamp {stamp!r}", "use up to 64 ASCII characters")
        sums = {name: _xor(data, byte_order, name) for name in _SUMS}
        fields = (_MAGIC, lattice.extents, stamp.encode("latin-1"), 0, *sums.values())
        head = np.array(fields, dtype=_header_type(byte_order))
        lines = {
            "magic_number": str(_MAGIC),
            "time_stamp": '"' + stamp.split("\0")[0] + '"',
            "checksums": '"' + " ".join(f"{value:x}" for value in sums.values()) + '"',
            **{f"n{axis}": str(extent) for axis, extent in zip("xyzt", lattice.extents, strict=True)},
            **_further_info(request.header),
            **_measured_info(unpack(data, lattice, 3, 3, dtype)),
            "gauge.nersc_checksum": str(_nersc_checksum(data, byte_order)),
        }
        info = "".join(f"{key} = {value}\n" for key, value in lines.items())
        return Encoded((head.tobytes(), data), {".info": info.encode("ascii", "replace")})


_SUMS: Mapping[str, int] = {"sum29": 29, "sum31": 31}


def _magic(head: bytes) -> tuple[int, int]:
    """The magic number as little and as big endian."""
    return int.from_bytes(head[:4], "little"), int.from_bytes(head[:4], "big")


def _header_type(byte_order: ByteOrder) -> np.dtype[np.void]:
    fields = [("magic", "u4"), ("extents", "i4", 4), ("time_stamp", "S64"), ("order", "i4")]
    order: Literal[">", "<"] = ">" if byte_order == "big" else "<"
    return np.dtype([*fields, *((name, "u4") for name in _SUMS)]).newbyteorder(order)


def _xor(raw: Bytes, byte_order: ByteOrder, name: str) -> int:
    return rotated_xor(words(raw, byte_order), _SUMS[name])


def _nersc_checksum(raw: Bytes, byte_order: ByteOrder) -> int:
    """The checksum that a NERSC file of the first two rows would have."""
    two_rows = words(raw, byte_order).reshape(-1, 18)[:, :12]
    return int(two_rows.sum(dtype=np.uint64) & np.uint64(0xFFFFFFFF))


def _read_info(source: Source) -> dict[str, str]:
    """The lines ``key value`` or ``key = value`` of the file beside; none if there is no such file."""
    path = source.path.with_name(source.path.name + ".info")
    if not path.is_file():
        return {}
    with open_source(path) as beside:
        text = beside.bytes(0, min(beside.size, 1 << 20)).decode("latin-1")
    line = r"^[ \t]*([\w.\[\]]+)[ \t]*(?:=[ \t]*|[ \t])(.*?)[ \t\r]*$"
    lines = re.findall(line, text, flags=re.MULTILINE | re.ASCII)
    keys: dict[str, str] = {}
    for key, value in lines:
        keys.setdefault(key, value.strip('"'))
    return keys


def _stated(source: Source, info: Mapping[str, str]) -> tuple[tuple[str, float, float], ...]:
    stated = [
        (name, float(_number(source, info, key, r"[-+]?\d+(\.\d*)?([eE][-+]?\d{1,3})?")) / norm, tolerance)
        for key, name, norm, tolerance in _STATED
        if key in info
    ]
    # MILC writes zeros where it did not measure.
    return tuple(stated) if any(value for _, value, _ in stated) else ()


def _info_checksums(
    source: Source, info: Mapping[str, str], raw: Bytes, byte_order: ByteOrder, check: bool
) -> tuple[Comparison, ...]:
    key = "gauge.nersc_checksum"
    stored = int(_number(source, info, key, r"\d{1,10}")) if key in info else 0
    if stored == 0:
        return ()
    return (Comparison("nersc_checksum", stored, _nersc_checksum(raw, byte_order) if check else None),)


def _number(source: Source, info: Mapping[str, str], key: str, pattern: str) -> str:
    if not re.fullmatch(pattern, info[key], flags=re.ASCII):
        found = f"{key} {info[key]!r} in the .info file beside it"
        raise source.damaged(found, "mend that file, or move it away")
    return info[key]


def _further_info(header: Mapping[str, str]) -> dict[str, str]:
    """Lines that describe the action and the like, as MILC writes them: text in quotes."""
    number = r"[-+]?\d[-+.eE\d]*"
    return {
        key: text if re.fullmatch(number, text, flags=re.ASCII) else f'"{" ".join(text.split())}"'
        for key, text in header.items()
        if re.fullmatch(r"(action|gauge|quark)\.[\w.\[\]]+", key) and key not in _MEASURED
    }


def _measured_info(links: Complex) -> dict[str, str]:
    found = averages(links)
    return {key: f"{norm * found[name]:.6f}" for key, name, norm, _ in _STATED}
