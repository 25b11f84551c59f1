"""The files that openQCD exports (``export_cnfg``): little endian, time first, SU(3) in double precision.

Extents and average plaquette (of Re tr P, so up to 3), then for every odd point, the last coordinate fastest,
the eight links on it: +0, -0, +1, -1, ... where -mu is the link that arrives, U(x - mu, mu). There is no
checksum; the plaquette, stated to all digits, takes its place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from lgt.errors import InputError
from lgt.interop._base import (
    ByteOrder,
    Complex,
    Content,
    Encoded,
    Format,
    Precision,
    ReadRequest,
    WriteRequest,
)
from lgt.interop._checks import averages
from lgt.interop._source import Source
from lgt.lattice import Lattice

_HEADER = np.dtype([("extents", "<i4", 4), ("plaquette", "<f8")])
_LINK = np.dtype("<c16")
_LINK_BYTES = 9 * _LINK.itemsize
#: Larger than rounding in any order of summation, on any lattice.
_PLAQUETTE_TOLERANCE = 1e-10
#: Where our direction x, y, z, t stands in the order t, x, y, z of the file.
_FILE_AXES = (1, 2, 3, 0)


@final
@dataclass(frozen=True)
class OpenQCD(Format):
    """The export format of openQCD, for SU(3) in four dimensions with even extents."""

    name: ClassVar[str] = "openqcd"
    precisions: ClassVar[tuple[Precision, ...]] = (64,)
    byte_orders: ClassVar[tuple[ByteOrder, ...]] = ("little",)

    def recognises(self, head: bytes, size: int) -> bool:
        """By extents that fit the size, or extents and a plaquette that are possible.

        There is no magic number.
        """
        if len(head) < _HEADER.itemsize:
            return False
        extents, plaquette = _header(head)
        if min(extents) < 1 or max(extents) > 1 << 20:
            return False
        fits = size == _size(extents)
        return fits or (max(extents) <= 512 and _even(extents) and 1e-6 < abs(plaquette) <= 3.0)

    def read(self, source: Source, request: ReadRequest) -> Content:
        """Read the configuration."""
        extents, plaquette = _header(source.bytes(0, _HEADER.itemsize))
        time_first = "x".join(map(str, extents))
        if not _even(extents):
            raise source.damaged(f"extents {time_first} (time first), of which one is odd")
        if source.size != _size(extents):
            raise source.damaged(
                f"{source.size} bytes where {_size(extents)} make {time_first} (time first) (truncated?)"
            )
        lattice = request.agreed(source, Lattice((*extents[1:], extents[0])))
        raw = source.array(_HEADER.itemsize, 4 * lattice.volume * _LINK_BYTES)
        around = raw.view(_LINK).reshape(lattice.volume // 2, 4, 2, 3, 3)
        box = Lattice(tuple(extents))
        odd = _odd_points(box)
        links = np.empty((4, *lattice.extents, 3, 3), dtype=np.complex128)
        for mu, axis in enumerate(_FILE_AXES):
            component = np.empty((box.volume, 3, 3), dtype=np.complex128)
            component[odd] = around[:, axis, 0]
            component[box.down[axis][odd]] = around[:, axis, 1]
            links[mu] = np.moveaxis(component.reshape(*box.extents, 3, 3), 0, 3)
        return Content(links, 64, "little", stated=(("plaquette", plaquette / 3.0, _PLAQUETTE_TOLERANCE),))

    def encode(self, links: Complex, request: WriteRequest) -> Encoded:
        """Write the links; precision and byte order are fixed."""
        lattice = self.four_dimensional(links)
        if links.shape[-1] != 3:
            raise InputError("writing openqcd", f"N = {links.shape[-1]}", "use ildg, this one is for SU(3)")
        box = Lattice((lattice.extents[3], *lattice.extents[:3]))
        if not _even(box.extents):
            raise InputError("writing openqcd", f"the lattice {lattice}", "use ildg, they must be even here")
        odd = _odd_points(box)
        around = np.empty((box.volume // 2, 4, 2, 3, 3), dtype=_LINK)
        for mu, axis in enumerate(_FILE_AXES):
            component = np.moveaxis(links[mu], 3, 0).reshape(box.volume, 3, 3)
            around[:, axis, 0] = component[odd]
            around[:, axis, 1] = component[box.down[axis][odd]]
        header = np.array((box.extents, 3.0 * averages(links)["plaquette"]), dtype=_HEADER)
        return Encoded((header.tobytes(), around.reshape(-1).view(np.uint8)))


def _header(head: bytes) -> tuple[tuple[int, ...], float]:
    fields = np.frombuffer(head, dtype=_HEADER, count=1)[0]
    return tuple(map(int, fields["extents"])), float(fields["plaquette"])


def _size(extents: tuple[int, ...]) -> int:
    n_links = 4
    for extent in extents:
        n_links *= extent  # whole numbers of any size: a damaged header must not overflow
    return _HEADER.itemsize + n_links * _LINK_BYTES


def _even(extents: tuple[int, ...]) -> bool:
    return all(extent >= 2 and extent % 2 == 0 for extent in extents)


def _odd_points(box: Lattice) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.flatnonzero(box.coordinates.sum(axis=-1) % 2 == 1)
