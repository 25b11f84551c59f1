"""What `import lgt` costs, which names it has, and what a wheel holds."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import lgt
from lgt.errors import InputError, LgtError

ROOT = Path(__file__).resolve().parents[2]


def in_a_fresh_interpreter(code: str) -> dict[str, float | list[str]]:
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd="/")
    result: dict[str, float | list[str]] = json.loads(run.stdout)
    return result


IMPORT = """
import json, sys, time
import numpy
before = set(sys.modules)
start = time.perf_counter()
import lgt
seconds = time.perf_counter() - start
roots = {name.split(".")[0] for name in set(sys.modules) - before}
print(json.dumps({"seconds": seconds, "third": sorted(roots - sys.stdlib_module_names - {"lgt", "numpy"})}))
"""


def test_importing_lgt_loads_numpy_alone() -> None:
    found = in_a_fresh_interpreter(IMPORT)
    assert found["third"] == []


def test_a_heavier_import_would_be_seen() -> None:
    found = in_a_fresh_interpreter(IMPORT.replace("import lgt\n", "import lgt, h5py\n"))
    assert "h5py" in found["third"]


def test_importing_lgt_adds_at_most_a_tenth_of_a_second() -> None:
    # The best of three: what is measured is the import, not the load of the machine.
    assert min(float(in_a_fresh_interpreter(IMPORT)["seconds"]) for _ in range(3)) <= 0.1  # type: ignore[arg-type]


@pytest.mark.parametrize("package", ["lgt", "lcnn"])
def test_every_public_name_is_there(package: str) -> None:
    module = __import__(package)
    assert module.__all__
    for name in module.__all__:
        assert getattr(module, name) is not None
    with pytest.raises(AttributeError):
        module.no_such_name  # noqa: B018
    assert set(module.__all__) <= set(dir(module))


def test_errors_read_like_a_manual() -> None:
    error = InputError("lattice 7x1", "an extent of 1", "use extents of 2 or more")
    assert str(error) == "lattice 7x1: found an extent of 1; use extents of 2 or more"
    assert isinstance(error, LgtError)
    assert isinstance(error, ValueError)
    statuses = {cls.__name__: cls.exit_status for cls in (lgt.CheckError, lgt.InputError)}
    statuses |= {cls.__name__: cls.exit_status for cls in (lgt.StoppedError, lgt.StorageError)}
    assert statuses == {"CheckError": 1, "InputError": 2, "StoppedError": 3, "StorageError": 4}


@pytest.mark.slow
def test_a_wheel_holds_the_two_packages_and_nothing_else(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--wheel-dir",
        str(tmp_path),
        str(ROOT),
    ]
    subprocess.run(command, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    roots = {name.split("/")[0] for name in names}
    assert {root for root in roots if not root.endswith(".dist-info")} == {"lgt", "lcnn"}
    assert "lgt/py.typed" in names
    assert "lcnn/py.typed" in names
