"""The write protocol: in which order bytes reach the file, so that a kill at any moment loses nothing.

A configuration: links and observables, then their CRC. A state: its old CRC away, links and counters, then
the CRC. So a CRC other than -1 vouches for what lies before it. The file has its final size from the start,
and HDF5's metadata are never touched. Bytes that were handed to the system survive any kill of the process;
to survive a power cut as well, they are also synced before a CRC, but at most once in `SYNC_SECONDS`.
"""

from __future__ import annotations

import math
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

import h5py
import numpy as np
from numpy.typing import NDArray

from lgt.ensemble import _disk
from lgt.ensemble._schema import UNFINISHED, EnsembleSpec
from lgt.errors import EnsembleError

SYNC_SECONDS = 10.0

Complex = NDArray[np.complex128]


@final
@dataclass(frozen=True, eq=False)
class ChainState:
    """Where a Markov chain stands: enough to go on as if it had never stopped.

    Parameters
    ----------
    links
        Shape (d, *extents, N, N), complex128.
    sweep
        Number of sweeps done since the start.
    exhausted
        Heat-bath draws since the start that used up their attempts.
    """

    links: Complex
    sweep: int = 0
    exhausted: int = 0

    @property
    def crc(self) -> int:
        """CRC-32 of the links' bytes, then of the two counters as 64 bit integers, little endian."""
        counters = np.array([self.sweep, self.exhausted], dtype="<i8")
        return zlib.crc32(_bytes(counters), zlib.crc32(_bytes(self.links)))


def config_crc(links: NDArray[Any], observables: Mapping[str, NDArray[np.float64]]) -> int:
    """CRC-32 of the stored bytes of the links, then of the observables in the order of their names."""
    crc = zlib.crc32(_bytes(links))
    for name in sorted(observables):
        crc = zlib.crc32(_bytes(observables[name]), crc)
    return crc


@final
class Writer:
    """Writes configurations and states into an open file, past HDF5, where HDF5 put their room.

    Parameters
    ----------
    descriptor
        The file, open for reading and writing.
    file
        The same file as HDF5 sees it, for the places of its datasets.
    spec
        What the file holds.
    """

    def __init__(self, descriptor: int, file: h5py.File, spec: EnsembleSpec) -> None:
        self._descriptor, self._spec = descriptor, spec
        self._chunks = file["links"].id
        self._start: dict[str, int] = {}
        file.visititems(self._note_start)
        filters = self._chunks.get_create_plist().get_nfilters()
        if -1 in self._start.values() or file["links"].chunks != (1, 1, *spec.chunk) or filters:
            found = "data that another program laid out anew, as h5repack does"
            raise EnsembleError(f"writing {file.filename}", found, "use the original file")
        self._synced = time.monotonic()

    def _note_start(self, name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset) and (name == "crc" or name.startswith(("observables/", "state/"))):
            self._start[name] = -1 if item.chunks or item.external else int(item.id.get_offset() or -1)

    def config(
        self, chain: int, config: int, links: NDArray[Any], observables: Mapping[str, NDArray[np.float64]]
    ) -> int:
        """Write a configuration in its stored precision; returns its CRC."""
        for first, piece in self._spec.pieces():
            place = self._chunks.get_chunk_info_by_coord((chain, config, *first)).byte_offset
            self._write(links[piece], place)
        row = chain * self._spec.configs + config
        for name, value in observables.items():
            self._row(f"observables/{name}", row, value)
        crc = config_crc(links, observables)
        self._settle()
        self._row("crc", row, np.array(crc, dtype="<i8"))
        return crc

    def state(self, slot: int, chain: int, state: ChainState) -> None:
        """Write a chain's state into one of the slots."""
        row = slot * self._spec.chains + chain
        self._row("state/crc", row, np.array(UNFINISHED, dtype="<i8"))
        self._row("state/links", row, state.links)
        self._row("state/sweep", row, np.array(state.sweep, dtype="<i8"))
        self._row("state/exhausted", row, np.array(state.exhausted, dtype="<i8"))
        self._settle()
        self._row("state/crc", row, np.array(state.crc, dtype="<i8"))

    def sync(self) -> None:
        """Wait until all that was written is on the disk."""
        _disk.sync(self._descriptor)
        self._synced = time.monotonic()

    def _settle(self) -> None:
        if time.monotonic() - self._synced >= SYNC_SECONDS:
            self.sync()

    def _row(self, name: str, row: int, value: NDArray[Any]) -> None:
        self._write(value, self._start[name] + row * math.prod(value.shape) * value.itemsize)

    def _write(self, values: NDArray[Any], offset: int) -> None:
        _disk.write_at(self._descriptor, _bytes(values), offset)


def _bytes(values: NDArray[Any]) -> memoryview:
    little = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<"))
    return little.reshape(-1).view(np.uint8).data
