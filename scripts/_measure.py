"""What the benchmark scripts share: the machine, the fastest of several runs, and where results go."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def arguments(description: str) -> argparse.Namespace:
    """The options that every script takes: --quick and --json FILE."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="the smallest honest version, under a minute")
    parser.add_argument("--json", metavar="FILE", help="where to write the figures, flat")
    return parser.parse_args()


def seconds(work: Callable[[], Any], repeats: int) -> float:
    """The shortest time of several runs: the others measure the load of the machine."""
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def machine() -> str:
    """Processor and number of usable cores."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        model = lines[0].split(":")[1].strip() if lines else model
    return f"{model}, {os.cpu_count()} cores"


def commit() -> str:
    """The commit that was measured; a + marks changes on top of it."""
    describe = ["git", "-C", str(ROOT), "describe", "--always", "--dirty=+", "--abbrev=12"]
    return subprocess.run(describe, capture_output=True, text=True, check=False).stdout.strip() or "unknown"


def write(figures: dict[str, float], started: float, path: str | None) -> None:
    """Write the figures with what describes the run, and print where they went."""
    described: dict[str, Any] = dict(figures)
    described |= {
        "_machine": machine(),
        "_commit": commit(),
        "_date": date.today().isoformat(),
        "_minutes": round((time.perf_counter() - started) / 60, 2),
    }
    if path:
        Path(path).write_text(json.dumps(described, indent=2) + "\n")
        print(f"wrote {path}")
