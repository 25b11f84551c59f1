"""Computed targets on disk, so that hours of gradient flow are spent once.

One npz file for each chain of an ensemble, named by a hash of the target's name and of the checksums of the
chain's configurations: other links or another target never match. Files are written whole and renamed.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lgt.disk import reason
from lgt.errors import StorageError

if TYPE_CHECKING:
    from lgt.ensemble import Ensemble

_FORMAT = 1


def target_file(folder: Path, ensemble: Ensemble, chain: int, name: str, per: str) -> Path:
    """The file for the target of one chain."""
    spec = ensemble.spec
    facts = (_FORMAT, name, per, str(spec.group), spec.lattice.extents, str(spec.action), spec.precision)
    digest = hashlib.sha256(json.dumps(facts).encode())
    digest.update(ensemble.checksums[chain].tobytes())
    return folder / f"targets-{digest.hexdigest()[:32]}.npz"


def load(path: Path, n: int) -> NDArray[np.float64] | None:
    """The n values of a file; None if there is none, or it is damaged."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            found = np.asarray(arrays["targets"], dtype=np.float64)
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile):
        return None
    return found if len(found) == n and np.isfinite(found).all() else None


def save(path: Path, values: NDArray[np.float64]) -> None:
    """Write the values under a temporary name and rename the file.

    Raises
    ------
    StorageError
        If the disk is full or fails.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with temporary.open("wb") as file:
                np.savez(file, targets=values)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        remedy = "choose another folder for data.cache"
        raise StorageError(f"targets in {path}", reason(error), remedy) from None
