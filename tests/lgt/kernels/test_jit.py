"""The cache of kernels: an edit of any source is seen, and a warm start compiles nothing."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lgt.kernels import _jit

# A machine room of two files, a kernel in another folder that calls it through a third file, and a script
# that prints the result and how many signatures came from the cache and from the compiler.
ROOM = {
    "house/__init__.py": "",
    "house/kernels/__init__.py": "",
    "house/kernels/basic.py": """
from house.kernels._jit import inline_kernel

@inline_kernel
def scale(x):
    return 10 * x
""",
    "house/constants.py": "OFFSET = 1\n",
    "house/helper.py": """
from house.kernels._jit import inline_kernel

@inline_kernel
def shift(x):
    return x + 100
""",
    "house/user.py": """
from house.constants import OFFSET
from house.helper import shift
from house.kernels._jit import kernel
from house.kernels.basic import scale

@kernel
def work(x):
    return shift(scale(x)) + OFFSET
""",
    "main.py": """
import sys
from house.user import work
value = work(int(sys.argv[1]))
print(value, sum(work.stats.cache_hits.values()), sum(work.stats.cache_misses.values()))
""",
}


@pytest.fixture
def room(tmp_path: Path) -> Path:
    for name, text in ROOM.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    shutil.copy(Path(_jit.__file__), tmp_path / "house/kernels/_jit.py")
    return tmp_path


def run(room: Path) -> tuple[int, int, int]:
    """Value, cache hits and cache misses of a fresh interpreter."""
    done = subprocess.run(
        [sys.executable, "main.py", "2"],
        cwd=room,
        env={"NUMBA_CACHE_DIR": str(room / "cache"), "PYTHONDONTWRITEBYTECODE": "1", "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    value, hits, misses = map(int, done.stdout.split())
    return value, hits, misses


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_warm_start_hits_the_cache_and_no_edit_is_missed(room: Path) -> None:
    assert run(room) == (121, 0, 1)
    assert run(room) == (121, 1, 0)
    # In the machine room, in the defining file, in a file of another folder, and a constant of another file:
    # numba's own cache sees the second of these alone.
    edits = [
        ("house/kernels/basic.py", "10 * x", "20 * x", 141),
        ("house/user.py", "+ OFFSET", "+ OFFSET + 1", 142),
        ("house/helper.py", "x + 100", "x + 200", 242),
        ("house/constants.py", "1", "5", 246),
    ]
    for name, old, new, value in edits:
        edit(room / name, old, new)
        assert run(room) == (value, 0, 1), name
    assert run(room) == (246, 1, 0)
    assert len(list((room / "cache").rglob("user.work.*.nbc"))) == 1  # no grave-yard of old versions


def test_a_damaged_cache_file_is_compiled_anew(room: Path) -> None:
    assert run(room) == (121, 0, 1)
    files = list((room / "cache").rglob("user.work.*.nbc"))
    assert files
    for path in files:
        path.write_bytes(path.read_bytes()[:100])
    assert run(room) == (121, 0, 1)
    assert run(room) == (121, 1, 0)


def test_every_signature_has_its_own_file() -> None:
    files = _jit._CacheFiles("/nowhere", "module.function.cpython", "s" * 64)
    names = {files._file((signature, "cpu")).name for signature in ("int64", "float64")}
    assert len(names) == 2
    assert files.load(("int64", "cpu")) is None


def test_kernels_release_the_gil_and_allow_no_reordering() -> None:
    @_jit.kernel
    def add(x: float, y: float, z: float) -> float:
        return (x + y) + z

    assert add(1e16, -1e16, 1.0) == 1.0
    assert add.targetoptions["nogil"] is True
    assert not add.targetoptions.get("fastmath")
