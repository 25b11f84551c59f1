"""The schema: what an ensemble file holds, as attributes, datasets and their place in the file."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any, Literal, final

import h5py
import numpy as np
from numpy.typing import NDArray

from lgt.action import Action
from lgt.ensemble._image import SparseImage
from lgt.group import UnitaryGroup
from lgt.lattice import Lattice

FORMAT = "lgt-ensemble"
VERSION = 1
#: Value of `crc` for what is not finished. A CRC-32 is never negative; the value of which only the lower half
#: was replaced, when a kill came between, is above -2^32 and means the same.
UNFINISHED = -1
#: HDF5 refuses chunks of 4 GiB and more: a larger configuration becomes several chunks.
LARGEST_CHUNK = 2**31
SLOTS = 2
_STATE_DTYPE = np.dtype("<c16")
# Bytes of HDF5's metadata, generously: a configuration's place in the chunk index, and all the rest.
_PER_CONFIG, _REST = 128, 1 << 15


def damaged(crc: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which values of `crc` are neither a checksum nor what stands there before: they were never written."""
    return np.asarray((crc < -(2**32)) | (crc >= 2**32))


@final
@dataclass(frozen=True)
class EnsembleSpec:
    """All that is fixed when an ensemble file is created.

    Parameters
    ----------
    group, lattice
        Gauge group and lattice of the links.
    configs
        Room for this many configurations of each chain.
    chains
        Number of Markov chains.
    action
        The action that the configurations follow; None where it is not known.
    seed
        Seed of the random numbers.
    precision
        ``"float64"`` or ``"float32"``: storage of the links.
    observables
        Name to shape of what is stored with each configuration; ``plaquette`` always is.
    resumable
        Whether the file holds the two slots of a chain's state from which a run goes on.
    run
        The keys of the run that made it (`lgt.config.RunConfig`), empty for other origins.
    provenance
        Further facts for people: versions, start, command.
    """

    group: UnitaryGroup
    lattice: Lattice
    configs: int
    chains: int = 1
    action: Action | None = None
    seed: int = 0
    precision: Literal["float64", "float32"] = "float64"
    observables: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    resumable: bool = False
    run: Mapping[str, Any] = field(default_factory=dict)
    provenance: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        others = {name: shape for name, shape in self.observables.items() if name != "plaquette"}
        object.__setattr__(self, "observables", {"plaquette": (), **others})

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one configuration's links, (d, *extents, N, N)."""
        return (self.lattice.d, *self.lattice.extents, self.group.N, self.group.N)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The little-endian complex type of the stored links."""
        return np.dtype("<c16" if self.precision == "float64" else "<c8")

    @property
    def nbytes(self) -> int:
        """Size of the file in bytes, estimated from above."""
        size, numbers = math.prod(self.shape), sum(math.prod(shape) for shape in self.observables.values())
        one = size * self.dtype.itemsize + 8 * numbers + 8 + _PER_CONFIG
        state = SLOTS * (size * _STATE_DTYPE.itemsize + 24) if self.resumable else 0
        return self.chains * (self.configs * one + state) + _REST

    @property
    def chunk(self) -> tuple[int, ...]:
        """Shape of a chunk of one configuration: all of it, unless it is too large for HDF5."""
        shape = list(self.shape)
        for axis in range(len(shape)):
            while math.prod(shape) * self.dtype.itemsize > LARGEST_CHUNK and shape[axis] > 1:
                shape[axis] //= next(p for p in range(2, shape[axis] + 1) if shape[axis] % p == 0)
        return tuple(shape)

    def pieces(self) -> Iterator[tuple[tuple[int, ...], tuple[slice, ...]]]:
        """For each chunk of a configuration the index of its first element and the slices it covers."""
        for first in product(*(range(0, n, step) for n, step in zip(self.shape, self.chunk, strict=True))):
            yield first, tuple(slice(a, a + step) for a, step in zip(first, self.chunk, strict=True))


def build_image(spec: EnsembleSpec) -> SparseImage:
    """The bytes of a new file: all metadata, nothing finished, room for the links but no links.

    Links are chunked with early allocation and without fill, so that neither the size of the file nor one
    byte of HDF5's own metadata changes after its creation.
    """
    image = SparseImage()
    count = (spec.chains, spec.configs)
    with h5py.File(image, "w") as file:
        file.attrs.update(
            {
                "format": FORMAT,
                "version": VERSION,
                "group": spec.group.key,
                "extents": np.array(spec.lattice.extents, dtype="<i8"),
                "action": spec.action.name if spec.action else "",
                "beta": spec.action.beta if spec.action else math.nan,
                "action_parameters": json.dumps(dict(spec.action.parameters) if spec.action else {}),
                "seed": spec.seed,
                "run": json.dumps(dict(spec.run)),
                **spec.provenance,
            }
        )
        _reserve(file, "links", count + spec.shape, spec.dtype, (1, 1, *spec.chunk))
        file["crc"] = np.full(count, UNFINISHED, dtype="<i8")
        for name, shape in spec.observables.items():
            file[f"observables/{name}"] = np.full(count + shape, math.nan, dtype="<f8")
        if spec.resumable:
            slots = (SLOTS, spec.chains)
            state = file.create_group("state")
            _reserve(state, "links", slots + spec.shape, _STATE_DTYPE, None)
            state["crc"] = np.full(slots, UNFINISHED, dtype="<i8")
            for name in ("sweep", "exhausted"):
                state[name] = np.zeros(slots, dtype="<i8")
    return image


def _reserve(
    where: h5py.Group, name: str, shape: tuple[int, ...], dtype: np.dtype[Any], chunk: tuple[int, ...] | None
) -> None:
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    if chunk is not None:
        properties.set_chunk(chunk)
    properties.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    properties.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
    space, kind = h5py.h5s.create_simple(shape), h5py.h5t.py_create(dtype, logical=True)
    h5py.h5d.create(where.id, name.encode(), kind, space, properties)
