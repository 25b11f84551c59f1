"""Gauge configurations in the formats of other programs, site by site as they are described."""

from __future__ import annotations

import struct
import zlib
from itertools import product
from typing import Any

from numpy.typing import NDArray

Array = NDArray[Any]


def matrix_bytes(matrix: Array, kind: str) -> bytes:
    """A matrix row by row, real before imaginary part, in a struct format like ">f"."""
    numbers = [part for entry in matrix.reshape(-1) for part in (entry.real, entry.imag)]
    return b"".join(struct.pack(kind, number) for number in numbers)


def sites_bytes(links: Array, kind: str, rows: int | None = None) -> list[bytes]:
    """The four links of each site, x fastest and t slowest."""
    Lx, Ly, Lz, Lt = links.shape[1:-2]
    sites = []
    for t, z, y, x in product(range(Lt), range(Lz), range(Ly), range(Lx)):
        sites.append(b"".join(matrix_bytes(links[mu, x, y, z, t][:rows], kind) for mu in range(4)))
    return sites


def rotated(value: int, bits: int) -> int:
    """A 32-bit word rotated left."""
    return ((value << bits) | (value >> (32 - bits))) & 0xFFFFFFFF


def scidac_sums(sites: list[bytes]) -> tuple[int, int]:
    """suma and sumb of SciDAC."""
    suma = sumb = 0
    for rank, site in enumerate(sites):
        crc = zlib.crc32(site)
        suma ^= rotated(crc, rank % 29)
        sumb ^= rotated(crc, rank % 31)
    return suma, sumb


def milc_sums(data: bytes, order: str) -> tuple[int, int]:
    """sum29 and sum31 of MILC."""
    sum29 = sum31 = 0
    for k, (word,) in enumerate(struct.iter_unpack(order + "I", data)):
        sum29 ^= rotated(word, k % 29)
        sum31 ^= rotated(word, k % 31)
    return sum29, sum31


def nersc_sum(data: bytes, order: str) -> int:
    """The checksum of NERSC."""
    total: int = sum(word for (word,) in struct.iter_unpack(order + "I", data))
    return total % 2**32


def lime_record(kind: str, data: bytes, begin: bool = False, end: bool = False) -> bytes:
    """A record of LIME."""
    flags = 0x8000 * begin + 0x4000 * end
    head = struct.pack(">IHHQ", 0x456789AB, 1, flags, len(data)) + kind.encode().ljust(128, b"\0")
    return head + data + bytes(-len(data) % 8)


def openqcd_file(links: Array, plaquette: float) -> bytes:
    """A file of openQCD; `plaquette` is normalised to 1."""
    Lx, Ly, Lz, Lt = links.shape[1:-2]
    extents = (Lt, Lx, Ly, Lz)
    content = struct.pack("<4id", *extents, 3 * plaquette)
    for point in product(*map(range, extents)):
        if sum(point) % 2 == 1:
            for direction in range(4):
                mu = (3, 0, 1, 2)[direction]
                behind = list(point)
                behind[direction] = (behind[direction] - 1) % extents[direction]
                for t, x, y, z in (point, tuple(behind)):
                    content += matrix_bytes(links[mu, x, y, z, t], "<d")
    return content
