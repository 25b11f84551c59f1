"""An ensemble file in use: read, write, extend, verify."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterator, Mapping
from itertools import combinations
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, SupportsIndex, final

import h5py
import numpy as np
from numpy.typing import NDArray

from lgt.action import Action
from lgt.disk import lock, reason
from lgt.ensemble import _disk, sidecar
from lgt.ensemble._read import read_spec
from lgt.ensemble._schema import SLOTS, EnsembleSpec, build_image, damaged
from lgt.ensemble._writer import ChainState, Complex, Writer, config_crc
from lgt.errors import CheckError, EnsembleError, ShapeError
from lgt.field import inside
from lgt.group import UnitaryGroup
from lgt.lattice import Lattice
from lgt.loops import plaquettes

Observables = Mapping[str, NDArray[np.float64]]
#: How far stored links may be off the group, and a stored plaquette off theirs.
_TOLERANCE = {"float64": 1e-10, "float32": 1e-5}


@final
class Ensemble:
    """Gauge configurations of one action in an HDF5 file. Made by `create` or `open`; a context manager.

    Also a sequence of the configurations that are finished in every chain, chain after chain: `len`,
    iteration and ``ensemble[i]`` give (d, *extents, N, N), complex128, in the order of
    ``observable(name).ravel()``; a slice gives an array with one more axis in front.

    Reading is lazy, a configuration at a time. A file may be read while another process writes it; what is
    finished is fixed when it is opened.

    Examples
    --------
    >>> import lgt, pathlib, tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> spec = EnsembleSpec(group=lgt.SU(2), lattice=lgt.Lattice((4, 6)), configs=3, action=lgt.Wilson(2.0))
    >>> with Ensemble.create(pathlib.Path(folder.name) / "ensemble.h5", spec) as ensemble:
    ...     ensemble.write(0, 0, lgt.cold(spec.lattice, spec.group), {"plaquette": np.array(1.0)})
    ...     ensemble
    Ensemble(SU(2), 4x6, Wilson(beta=2.0), 1 of 3 configurations)
    >>> with Ensemble.open(pathlib.Path(folder.name) / "ensemble.h5") as ensemble:
    ...     ensemble.links(0, 0).shape, ensemble.observable("plaquette").tolist()
    ((2, 4, 6, 2, 2), [[1.0]])
    >>> with Ensemble.open(pathlib.Path(folder.name) / "ensemble.h5") as ensemble:
    ...     len(ensemble), ensemble[-1].shape, ensemble[:].shape, sum(1 for links in ensemble)
    (1, (2, 4, 6, 2, 2), (1, 2, 4, 6, 2, 2), 1)
    >>> folder.cleanup()
    """

    def __init__(self, path: Path, file: h5py.File, descriptor: int | None) -> None:
        self.path = path
        self._file, self._descriptor = file, descriptor
        self._spec = read_spec(file)
        self._crc: NDArray[np.int64] = file["crc"][()]
        self._writer = None if descriptor is None else Writer(descriptor, file, self._spec)

    @classmethod
    def create(
        cls,
        path: str | os.PathLike[str],
        spec: EnsembleSpec,
        fill: Callable[[Self], None] | None = None,
        *,
        replace: bool = False,
    ) -> Self:
        """Make a file with room for all of `spec`, open for writing and locked.

        It is made under a temporary name in the same folder and renamed when it is complete, so `path` is
        never an incomplete file. A symbolic link stays one: the file is made where it points.

        Parameters
        ----------
        fill
            Called with the new ensemble to write what shall be there before the rename.
        replace
            Whether a file of that name may be replaced.

        Raises
        ------
        EnsembleError
            If the file exists, or another process is making it.
        InputError
            If the name is longer than the file system allows.
        StorageError
            If the disk is full or fails; nothing is left behind.
        """
        path = Path(path)
        real = _disk.resolved(path)
        temporary = _disk.temporary(real)
        with _disk.storage_errors(path):
            descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            _lock_named(descriptor, temporary)
        except BaseException:
            os.close(descriptor)
            raise
        ensemble: Self | None = None
        try:
            image = build_image(spec)
            with _disk.storage_errors(path):
                if real.exists() and not replace:
                    raise EnsembleError(
                        f"writing {path}", "a file of that name", "resume it, or choose another"
                    )
                _disk.allocate(descriptor, image.size)
                for offset, page in image.pages():
                    _disk.write_at(descriptor, page, offset)
                ensemble = cls(path, _open_hdf5(temporary), descriptor)
                if fill is not None:
                    fill(ensemble)
                ensemble.sync()
                _disk.publish(temporary, real)
        except BaseException:
            temporary.unlink(missing_ok=True)
            if ensemble is None:
                os.close(descriptor)
            else:
                ensemble.close()
            raise
        return ensemble

    @classmethod
    def open(cls, path: str | os.PathLike[str], mode: Literal["r", "r+"] = "r") -> Self:
        """Open an ensemble for reading, or with ``"r+"`` for writing as well, then locked.

        Raises
        ------
        EnsembleError
            If the file does not exist, is damaged or not an ensemble, or another process is writing it.
        """
        path = Path(path)
        if not os.path.isfile(path):  # noqa: PTH113 - also of a name that is too long it says no
            raise EnsembleError(f"opening {path}", "no such file", "check the path")
        if mode == "r":
            return cls._opened(path, None)
        with _disk.storage_errors(path):
            descriptor = os.open(path, os.O_RDWR)
        try:
            _lock_named(descriptor, path)
            _disk.temporary(_disk.resolved(path)).unlink(missing_ok=True)  # what a killed process left behind
            return cls._opened(path, descriptor)
        except BaseException:
            os.close(descriptor)
            raise

    @classmethod
    def _opened(cls, path: Path, descriptor: int | None) -> Self:
        file = _open_hdf5(path)
        try:
            return cls(path, file, descriptor)
        except BaseException:
            file.close()
            raise

    def close(self) -> None:
        """Close the file; nothing is pending, every write has reached it already."""
        self._file.close()
        if self._descriptor is not None:
            os.close(self._descriptor)
        self._descriptor = self._writer = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        spec = self._spec
        chains = f" in each of {spec.chains} chains" if spec.chains > 1 else ""
        return (
            f"Ensemble({spec.group}, {spec.lattice}, {spec.action or 'unknown action'}, "
            f"{self.length} of {spec.configs} configurations{chains})"
        )

    def __len__(self) -> int:
        return self._spec.chains * self.length

    def __bool__(self) -> bool:
        return True  # an ensemble, even if nothing is finished

    def __getitem__(self, index: SupportsIndex | slice) -> Complex:
        if isinstance(index, slice):
            chosen = [self[i] for i in range(len(self))[index]]
            return np.array(chosen, dtype=np.complex128).reshape(-1, *self._spec.shape)
        try:
            place = range(len(self))[index]
        except IndexError:
            raise IndexError(f"configuration {index} of {self.path}: found {len(self)} of them") from None
        return self.links(*divmod(place, self.length))

    def __iter__(self) -> Iterator[Complex]:
        return (self[index] for index in range(len(self)))

    @property
    def spec(self) -> EnsembleSpec:
        """All that was fixed when the file was created."""
        return self._spec

    @property
    def group(self) -> UnitaryGroup:
        """The gauge group."""
        return self._spec.group

    @property
    def lattice(self) -> Lattice:
        """The lattice."""
        return self._spec.lattice

    @property
    def action(self) -> Action | None:
        """The action that the configurations follow; None where it is not known."""
        return self._spec.action

    @property
    def seed(self) -> int:
        """The seed of the run."""
        return self._spec.seed

    @property
    def finished(self) -> NDArray[np.bool_]:
        """Which configurations are complete, shape (chains, configs)."""
        return np.asarray(self._crc >= 0)

    @property
    def checksums(self) -> NDArray[np.int64]:
        """CRC-32 of every configuration, negative where it is not finished, shape (chains, configs)."""
        return self._crc.copy()

    @property
    def length(self) -> int:
        """Number of configurations from the first on that are finished in every chain."""
        return int(np.cumprod(self.finished.all(axis=0)).sum())

    def links(self, chain: int, config: int) -> Complex:
        """One configuration, shape (d, *extents, N, N), complex128.

        Raises
        ------
        EnsembleError
            If there is no such configuration or it is not finished.
        """
        return self._stored(chain, config)[0].astype(np.complex128)

    def observable(self, name: str) -> NDArray[np.float64]:
        """An observable of the first `length` configurations, shape (chains, length, ...).

        It is read from this file, or else from the measurements beside it (`lgt.measure`).

        Raises
        ------
        EnsembleError
            If it is neither stored nor measured on all of them.
        """
        if name in self._spec.observables:
            return np.asarray(self._file[f"observables/{name}"][:, : self.length])
        measured = {key: values[:, : self.length] for key, values in sidecar.read(self).items()}
        there = [*self._spec.observables, *(key for key, x in measured.items() if np.isfinite(x).all())]
        if name in there:
            return measured[name]
        raise EnsembleError(
            f"observable {name!r} of {self.path}",
            f"only {', '.join(there)}",
            f"measure it: lgt.measure({str(self.path)!r}, {name!r}), or lgt measure {self.path} -o {name}",
        )

    def write(self, chain: int, config: int, links: NDArray[Any], observables: Observables) -> None:
        """Store a finished configuration, with one value for each observable of the file.

        One that is finished already is not written again, but must be the same.

        Raises
        ------
        ShapeError
            If links or observables do not have the shapes of this file.
        EnsembleError
            If the file is not open for writing, or holds something else as this configuration.
        StorageError
            If the disk is full or fails.
        """
        self._check_index(chain, config)
        if links.shape != self._spec.shape:
            raise ShapeError(f"links for {self.path}", f"the shape {links.shape}", f"give {self._spec.shape}")
        stored = np.ascontiguousarray(links, dtype=self._spec.dtype)
        values = {name: np.asarray(value, dtype="<f8") for name, value in observables.items()}
        if {name: value.shape for name, value in values.items()} != dict(self._spec.observables):
            raise ShapeError(
                f"observables for {self.path}", str(list(values)), f"give {self._spec.observables}"
            )
        if self.finished[chain, config]:
            if self._crc[chain, config] != config_crc(stored, values):
                raise EnsembleError(
                    f"writing configuration {config} of chain {chain} of {self.path}",
                    "other numbers for it in the file",
                    "resume with the machine and versions that made it, or start again under another name",
                )
            return
        with _disk.storage_errors(self.path):
            self._crc[chain, config] = self._writing().config(chain, config, stored, values)

    def state(self, chain: int) -> ChainState | None:
        """The latest state of a chain that is intact; None if there is none."""
        states = [self._slot(slot, chain) for slot in range(SLOTS)] if self._spec.resumable else []
        return max((state for state in states if state), key=lambda state: state.sweep, default=None)

    def damaged_slots(self, chain: int) -> tuple[int, ...]:
        """The slots whose state of this chain was written to the end, but no longer fits its CRC."""
        lost = self.lost_slots(chain)
        if not lost:  # an ensemble made of other files has no states at all
            return ()
        crcs = self._file["state/crc"][:, chain]
        return tuple(slot for slot in lost if crcs[slot] >= 0 or damaged(crcs)[slot])

    def lost_slots(self, chain: int) -> tuple[int, ...]:
        """The slots that hold no intact state of this chain: damaged, or not written to the end."""
        slots = range(SLOTS) if self._spec.resumable else ()
        return tuple(slot for slot in slots if self._slot(slot, chain) is None)

    def write_state(self, slot: int, chain: int, state: ChainState) -> None:
        """Store a chain's state in slot 0 or 1.

        Raises
        ------
        StorageError
            If the disk is full or fails; the other slot is intact then.
        """
        with _disk.storage_errors(self.path):
            self._writing().state(slot, chain, state)

    def sync(self) -> None:
        """Wait until all that was written is on the disk."""
        with _disk.storage_errors(self.path):
            self._writing().sync()

    def extend(self, configs: int) -> Self:
        """Make room for more configurations; this object is closed, the extended one returned.

        The content goes into a new file that replaces this one when it is complete.

        Raises
        ------
        EnsembleError
            If `configs` is below the present number, or a configuration is damaged.
        StorageError
            If the disk is full or fails; this file is as before then.
        """
        spec = self._spec
        self._writing()
        if configs < spec.configs:
            raise EnsembleError(f"{configs} configurations", f"{spec.configs} in {self.path}", "ask for more")
        run = {**spec.run, "configs": configs} if spec.run else spec.run
        new = dataclasses.replace(spec, configs=configs, run=run)
        extended = type(self).create(self.path, new, fill=self._copy_into, replace=True)
        self.close()
        return extended

    def _copy_into(self, other: Self) -> None:
        self.verify_checksums()
        for chain, config in np.argwhere(self.finished):
            other.write(chain, config, *self._stored(chain, config))
        for slot in range(SLOTS if self._spec.resumable else 0):
            for chain in range(self._spec.chains):
                state = self._slot(slot, chain)
                if state is not None:
                    other.write_state(slot, chain, state)

    def verify(self) -> None:
        """Check every finished configuration: CRC, links on the group, stored plaquette.

        Raises
        ------
        CheckError
            For the first that fails, saying how.
        """
        self.verify_checksums()
        tolerance = _TOLERANCE[self._spec.precision]
        for chain, config in np.argwhere(self.finished):
            links, name = self.links(chain, config), self._name(chain, config)
            defect = float(np.max(self.group.defect(links)))
            if not defect <= tolerance:
                raise CheckError(name, f"links off {self.group} by {defect:.1e}", "do not use it")
            stored = float(self._file["observables/plaquette"][chain, config])
            difference = abs(stored - self._plaquette(links))
            if not difference <= tolerance:
                raise CheckError(name, f"a stored plaquette off by {difference:.1e}", "do not use it")

    def _plaquette(self, links: Complex) -> float:
        """The plaquette as it is stored: for each plane the mean of those inside the boundaries."""
        d = self.lattice.d
        open_ = self.action.open_directions(d) if self.action else ()
        means = []
        for plane, loops in zip(combinations(range(d), 2), plaquettes(links, d), strict=True):
            ahead = [int(mu in plane) for mu in range(d)]
            means.append(inside(loops, open_, (0,) * d, ahead).mean())
        return float(np.mean(means))

    def verify_checksums(self) -> None:
        """Check the CRC of every finished configuration, and that none before it is missing.

        Raises
        ------
        CheckError
            For the first that fails.
        """
        for chain, config in np.argwhere(damaged(self._crc)):
            raise CheckError(
                self._name(chain, config), "damaged bytes (its CRC is none)", "restore a copy of the file"
            )
        for chain, finished in enumerate(self.finished):
            last = int(np.flatnonzero(finished)[-1]) if finished.any() else 0
            if not finished[:last].all():
                name = self._name(chain, int(np.argmin(finished)))
                found = f"no checksum of it, though configuration {last} is finished"
                raise CheckError(name, found, "restore a copy of the file")
        for chain, config in np.argwhere(self.finished):
            self.verify_checksum(chain, config)

    def verify_checksum(self, chain: int, config: int) -> None:
        """Check the CRC of one finished configuration.

        Raises
        ------
        CheckError
            If it does not fit the stored bytes.
        """
        if config_crc(*self._stored(chain, config)) != self._crc[chain, config]:
            raise CheckError(
                self._name(chain, config),
                "damaged bytes (its CRC does not fit)",
                "restore a copy of the file",
            )

    def _stored(self, chain: int, config: int) -> tuple[NDArray[Any], dict[str, NDArray[np.float64]]]:
        self._check_index(chain, config)
        if not self.finished[chain, config]:
            raise EnsembleError(self._name(chain, config), "it unfinished", "resume the run that makes it")
        names = self._spec.observables
        values = {name: np.asarray(self._file[f"observables/{name}"][chain, config]) for name in names}
        return self._file["links"][chain, config], values

    def _slot(self, slot: int, chain: int) -> ChainState | None:
        data = self._file["state"]
        crc = int(data["crc"][slot, chain])
        if crc < 0:
            return None
        sweep, exhausted = int(data["sweep"][slot, chain]), int(data["exhausted"][slot, chain])
        state = ChainState(data["links"][slot, chain], sweep, exhausted)
        return state if state.crc == crc else None

    def _name(self, chain: int, config: int) -> str:
        return f"configuration {config} of chain {chain} of {self.path}"

    def _check_index(self, chain: int, config: int) -> None:
        if not (0 <= chain < self._spec.chains and 0 <= config < self._spec.configs):
            found = f"{self._spec.configs} configurations of {self._spec.chains} chains"
            raise EnsembleError(self._name(chain, config), found, "count from 0")

    def _writing(self) -> Writer:
        if self._writer is None:
            raise EnsembleError(f"writing {self.path}", "it open for reading", 'open it with mode "r+"')
        return self._writer


def _lock_named(descriptor: int, path: Path) -> None:
    """Lock an open file, and make sure that it still is the one of that name."""
    if not lock(descriptor):
        found, remedy = "another process that has it open", "wait for that run to end, or stop it"
        raise EnsembleError(f"writing {path}", found, remedy)
    if not path.exists() or not os.path.samestat(os.fstat(descriptor), path.stat()):
        raise EnsembleError(f"writing {path}", "another process that is replacing it", "try again")


def _open_hdf5(path: Path) -> h5py.File:
    try:
        # No cache, as writes go past HDF5; no lock of HDF5's own, which would clash with ours.
        return h5py.File(path, "r", rdcc_nbytes=0, locking=False)
    except OSError as error:
        raise EnsembleError(
            f"opening {path}", f"no readable HDF5 file ({reason(error)})", "check the file"
        ) from None
