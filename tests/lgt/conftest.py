"""What the tests of ensembles share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from oracle import killed_runs

Digests = Callable[[Path], dict[str, str]]


@pytest.fixture(scope="session")
def digests() -> Digests:
    """The sha256 of every dataset of a file."""
    return killed_runs.digests
