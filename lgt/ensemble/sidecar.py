"""Measurements beside an ensemble: an HDF5 file that knows which configurations its numbers belong to.

``ens.measured.h5`` holds ``observables/NAME`` (chains, configs, ...), float64, NaN where there is no number,
and ``crc`` (chains, configs), the ensemble's checksums at the time. A number counts only while the checksum
of its configuration is the same, so an ensemble that grew or was made anew is never read with old numbers.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import h5py
import numpy as np
from numpy.typing import NDArray

from lgt.disk import reason
from lgt.ensemble import _disk
from lgt.errors import EnsembleError, InputError

if TYPE_CHECKING:
    from lgt.ensemble._ensemble import Ensemble

FORMAT = "lgt-measurements"
Measured = dict[str, NDArray[np.float64]]


def sidecar_path(ensemble: Path) -> Path:
    """Where the measurements of an ensemble lie.

    Examples
    --------
    >>> sidecar_path(Path("runs/ens.h5")).name, sidecar_path(Path("ens.hdf5")).name
    ('ens.measured.h5', 'ens.hdf5.measured.h5')
    """
    name = ensemble.name
    return ensemble.with_name(f"{name.removesuffix('.h5')}.measured.h5")


def check(path: Path) -> str | None:
    """What a file of measurements holds, in words; None if it is no such file.

    Raises
    ------
    EnsembleError
        If it is one, but damaged.

    Examples
    --------
    >>> check(Path("none.h5")) is None
    True
    """
    try:
        with h5py.File(path, "r", locking=False) as file:
            of = file.attrs["ensemble"] if file.attrs.get("format") == FORMAT else None
    except Exception:  # a damaged file can make the HDF5 library raise nearly anything
        return None
    if of is None:
        return None
    try:
        with h5py.File(path, "r", locking=False) as file:
            shape = np.asarray(file["crc"]).shape
            shapes = {name: np.asarray(data).shape for name, data in file["observables"].items()}
    except Exception as error:
        raise EnsembleError(f"reading {path}", f"it damaged ({reason(error)})", "measure again") from None
    if {each[:2] for each in shapes.values()} - {shape}:
        raise EnsembleError(f"reading {path}", "it damaged (shapes that do not fit)", "measure again")
    return f"measurements of {of} ({', '.join(shapes)})"


def read(ensemble: Ensemble) -> Measured:
    """All that was measured on this ensemble, (chains, configs, ...) each, NaN where it was not.

    Raises
    ------
    EnsembleError
        If the file of that name is something else.
    """
    path = sidecar_path(ensemble.path)
    if not os.path.exists(path):  # noqa: PTH110 - also of a name that is too long it says no
        return {}
    try:
        with h5py.File(path, "r", locking=False) as file:
            if file.attrs.get("format") != FORMAT:
                raise EnsembleError(f"reading {path}", "a file of another kind", "move it away")
            crc = np.asarray(file["crc"])
            stored = {name: np.asarray(data) for name, data in file["observables"].items()}
        if crc.ndim != 2 or any(values.shape[:2] != crc.shape for values in stored.values()):
            raise ValueError("shapes that do not fit")
    except EnsembleError:
        raise
    except Exception as error:  # a damaged file can make the HDF5 library raise nearly anything
        raise EnsembleError(
            f"reading {path}", f"it damaged ({reason(error)})", "delete it and measure again"
        ) from None
    now = ensemble.checksums
    rows, columns = (slice(min(a, b)) for a, b in zip(now.shape, crc.shape, strict=True))
    same = (now[rows, columns] == crc[rows, columns]) & (now[rows, columns] >= 0)
    out = {}
    for name, values in stored.items():
        out[name] = np.full(now.shape + values.shape[2:], np.nan)
        out[name][rows, columns][same] = values[rows, columns][same]
    return out


def write(ensemble: Ensemble, measured: Measured) -> Path:
    """Write the measurements beside the ensemble, whole or not at all; returns where.

    Raises
    ------
    InputError
        If the folder may not be written in, or the name is too long.
    StorageError
        If the disk is full or fails; what was there before is intact.
    """
    path = sidecar_path(ensemble.path)
    real = _disk.resolved(path)
    if not os.access(real.parent, os.W_OK):
        raise InputError(
            f"writing {path}",
            f"no permission to write in {real.parent}",
            "copy the ensemble to your own folder",
        )
    temporary = _disk.temporary(real, f".{os.getpid()}")
    try:
        with _disk.storage_errors(path):
            with h5py.File(temporary, "w") as file:
                file.attrs.update({"format": FORMAT, "version": 1, "ensemble": ensemble.path.name})
                file["crc"] = ensemble.checksums
                for name, values in measured.items():
                    file[f"observables/{name}"] = values
            with temporary.open("rb") as written:
                os.fsync(written.fileno())
            temporary.replace(real)
    finally:
        temporary.unlink(missing_ok=True)
    return path
