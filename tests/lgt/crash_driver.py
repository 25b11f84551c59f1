"""Kills a small run after every single write, resumes it, and compares; run by test_crash.py.

A fresh interpreter, so that it may fork: kernels are compiled once, then each kill is a forked child. Prints
one JSON document: kills, lost_configurations, unreadable_files, differing_datasets, not_resumed, leftovers.
"""

from __future__ import annotations

import errno
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np

import lgt
from lgt.ensemble import _disk, _writer
from lgt.errors import LgtError, StorageError

sys.path.insert(0, str(Path(__file__).parents[1]))
from oracle.killed_runs import differing, digests, look, stored

OPERATIONS = ("write_at", "allocate", "sync", "publish")
REAL = {name: getattr(_disk, name) for name in OPERATIONS}
REAL["sync"] = lambda descriptor: None  # counted, but a kill cannot tell whether it happened
_writer.SYNC_SECONDS = 0.0  # a sync before every CRC, so that those are among the points of the kill


class Injected:
    """Counts the operations on the disk and, at number `at`, does something instead of going on."""

    def __init__(self, at: int, fault: str) -> None:
        self.at, self.fault, self.count, self.log = at, fault, 0, []

    def __enter__(self) -> Injected:
        for name in OPERATIONS:
            setattr(_disk, name, self.wrapped(name))
        return self

    def __exit__(self, *error: object) -> None:
        for name in OPERATIONS:
            setattr(_disk, name, REAL[name])

    def wrapped(self, name: str):
        def operation(*arguments: object) -> None:
            self.count += 1
            self.log.append((name, arguments[-1] if name == "write_at" else None))
            if self.count == self.at and self.fault == "error":
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            if self.count == self.at and self.fault == "torn" and name == "write_at":
                descriptor, data, offset = arguments
                view = memoryview(data).cast("B")
                REAL[name](descriptor, view[: len(view) // 2], offset)
                os.kill(os.getpid(), signal.SIGKILL)
            REAL[name](*arguments)
            if self.count == self.at and self.fault == "kill":
                os.kill(os.getpid(), signal.SIGKILL)

        return operation


def crc_before_links(writer, chain, config, links, observables):
    """A broken protocol: the file vouches for a configuration that is not there yet."""
    crc = _writer.config_crc(links, observables)
    row = chain * writer._spec.configs + config
    writer._row("crc", row, np.array(crc, dtype="<i8"))
    real_config(writer, chain, config, links, observables)
    return crc


def one_slot(writer, slot, chain, state):
    """A broken protocol: the only good state is overwritten."""
    real_state(writer, 0, chain, state)


real_config, real_state = _writer.Writer.config, _writer.Writer.state
MUTANTS = {
    "": {},
    "crc_before_links": {"config": crc_before_links},
    "one_slot": {"state": one_slot},
}


def killed_in_child(work: Callable[[], None]) -> None:
    """Run `work` in a forked child, which must end by SIGKILL."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException:
            traceback.print_exc()
        os._exit(1)
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status), os.waitstatus_to_exitcode(status)
    assert os.WTERMSIG(status) == signal.SIGKILL, os.WTERMSIG(status)


def main(folder: Path, scenario: dict) -> dict[str, object]:
    fault, configs = scenario["fault"], scenario["configs"]
    before = scenario.get("extend_from", 0)
    run = {"group": "SU2", "lattice": "4x4", "beta": 2.0, "thermalise": 1, "separation": 3, "checkpoint": 2}
    run |= scenario["run"]

    def config(name: str, configs: int = configs) -> lgt.RunConfig:
        return lgt.RunConfig(**run, configs=configs, out=folder / name)

    lgt.generate(config("reference.h5")).close()  # in one go, by the right protocol
    wanted, wanted_configs = digests(folder / "reference.h5"), stored(folder / "reference.h5")
    for name, function in MUTANTS[scenario.get("mutant", "")].items():
        setattr(_writer.Writer, name, function)
    for name in ("logged.h5", "base.h5") if before else ():
        lgt.generate(config(name, before)).close()
    with Injected(0, "") as injected:
        lgt.generate(config("logged.h5"), resume=bool(before)).close()
    operations = injected.log
    with h5py.File(folder / "logged.h5") as file:
        crc_offsets = {file["crc"].id.get_offset() + 8 * row for row in range(file["crc"].size)}
    published = [name for name, _ in operations].index("publish")

    result = dict.fromkeys(
        (
            "kills",
            "lost_configurations",
            "unreadable_files",
            "differing_datasets",
            "not_resumed",
            "leftovers",
        ),
        0,
    )
    for at in range(1, len(operations) + 1):
        if fault == "torn" and operations[at - 1][0] != "write_at":
            continue
        path = folder / f"{at}.h5"
        if before:
            path.write_bytes((folder / "base.h5").read_bytes())

        def interrupted(at: int = at, path: Path = path) -> None:
            with Injected(at, fault):
                lgt.generate(config(path.name), resume=True).close()

        if fault == "error":
            try:
                interrupted()
            except StorageError:
                result["leftovers"] += len(list(folder.glob(".*.partial")))
            else:
                raise AssertionError(f"operation {at} failed and nobody noticed")
        else:
            killed_in_child(interrupted)
        result["kills"] += 1
        if path.exists():
            # Configurations whose CRC was handed to the system before: all of them must be there.
            done = {offset for _, offset in operations[published + 1 : at if fault == "kill" else at - 1]}
            promised = len(done & crc_offsets) + before * run.get("chains", 1)
            seen = look(path, wanted_configs, promised)
            result["lost_configurations"] += seen.lost
            if not seen.readable:
                result["unreadable_files"] += 1
                continue
        else:
            assert at <= published + 1, (at, published)
        try:
            lgt.generate(config(path.name), resume=True).close()
        except LgtError:
            result["not_resumed"] += 1
            continue
        result["differing_datasets"] += differing(digests(path), wanted)
        path.unlink()
    return result | {"operations": len(operations), "datasets": len(wanted)}


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), json.loads(sys.argv[2]))))  # noqa: T201
