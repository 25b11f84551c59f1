"""What the tests of ensembles share."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import h5py
import pytest

Digests = Callable[[Path], dict[str, str]]


@pytest.fixture(scope="session")
def digests() -> Digests:
    """The sha256 of every dataset of a file."""

    def of(path: Path) -> dict[str, str]:
        found: dict[str, str] = {}

        def note(name: str, item: object) -> None:
            if isinstance(item, h5py.Dataset):
                found[name] = hashlib.sha256(item[()].tobytes()).hexdigest()

        with h5py.File(path, "r", locking=False) as file:
            file.visititems(note)
        assert {"links", "crc", "observables/plaquette", "state/links"} <= found.keys()
        return found

    return of
