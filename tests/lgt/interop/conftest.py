"""Where real files of other programs are, and fields to write into files."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import lgt

PROJECT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def samples_or_none() -> Path | None:
    """The folder of LGT_SAMPLES, None where it is absent."""
    folder = Path(os.environ.get("LGT_SAMPLES", PROJECT.parent / "shared" / "samples"))
    return folder if folder.is_dir() else None


@pytest.fixture(scope="session")
def samples(samples_or_none: Path | None) -> Path:
    """The folder of LGT_SAMPLES; tests that need it are skipped where it is absent."""
    if samples_or_none is None:
        pytest.skip("no sample configurations of other programs: set LGT_SAMPLES to their folder")
    return samples_or_none


@pytest.fixture(scope="session")
def written_here() -> Path:
    """Files of MILC that are part of the project."""
    return PROJECT / "tests" / "data"


@pytest.fixture(scope="session")
def hot() -> NDArray[np.complex128]:
    """Random links of SU(3) with four different extents, all even."""
    return lgt.hot(lgt.Lattice((2, 4, 6, 8)), lgt.SU(3), lgt.Stream(seed=7, chain=0))
