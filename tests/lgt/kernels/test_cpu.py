"""Processors without fused multiply-add are warned of, once, where the machine room is first used."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from collections.abc import Iterator

import pytest

import lgt
from lgt.kernels import _cpu
from lgt.replicas import Replicas

WITH, WITHOUT = "+64bit,+avx,+avx2,+fma,-avx512f", "+64bit,+avx,-avx2,-fma,-fma4"


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """Nothing was said yet in this process."""
    _cpu.warn_if_slow.cache_clear()
    yield
    _cpu.warn_if_slow.cache_clear()


def use() -> Replicas:
    return Replicas([lgt.cold(lgt.Lattice((2, 2)), lgt.SU(2))], [lgt.Stream(1, 0)])


@pytest.mark.parametrize(
    ("features", "machine", "expected"),
    [
        (WITH, "x86_64", True),
        (WITHOUT, "x86_64", False),
        (WITHOUT, "AMD64", False),
        ("", "x86_64", False),
        ("+fma4", "x86_64", False),
        ("+neon", "arm64", True),
        ("", "aarch64", True),
    ],
)
def test_features(features: str, machine: str, expected: bool) -> None:
    assert _cpu.has_fma(features, machine) is expected
    assert (_cpu.slowness(features, machine) is None) is expected


def test_one_warning_in_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_cpu, "this_processor", lambda: (WITHOUT, "x86_64"))
    with pytest.warns(lgt.SlowProcessorWarning, match="about 50 times as long") as caught:
        use()
    assert len(caught) == 1
    assert caught[0].filename == __file__  # who used it, not where we noticed
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        use()


def test_none_where_there_is_fma(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_cpu, "this_processor", lambda: (WITH, "x86_64"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        use()


def test_what_numba_is_told_counts() -> None:
    code = "from lgt.kernels._cpu import has_fma, this_processor; print(has_fma(*this_processor()))"
    environment = os.environ | {"NUMBA_CPU_FEATURES": "+sse2"}
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == str(_cpu.has_fma("+sse2", _cpu.this_processor()[1]))
