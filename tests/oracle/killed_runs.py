"""Runs of `lgt generate` that are killed at random moments: start one, kill it, look at its file, count.

Shared by tests/lgt/test_crash.py, tests/lgt/crash_driver.py and scripts/crash_test.py.
"""

from __future__ import annotations

import hashlib
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import h5py
import numpy as np

from lgt.ensemble import Ensemble
from lgt.errors import LgtError

Digests = dict[str, str]
Stored = dict[tuple[int, int], bytes]


def digests(path: Path) -> Digests:
    """sha256 of every dataset."""
    found: Digests = {}

    def note(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset):
            found[name] = hashlib.sha256(item[()].tobytes()).hexdigest()

    with h5py.File(path, "r", locking=False) as file:
        file.visititems(note)
    assert {"links", "crc", "observables/plaquette", "state/links"} <= found.keys()
    return found


def differing(got: Mapping[str, str], wanted: Mapping[str, str]) -> int:
    """How many datasets are missing, added or different."""
    return sum(got.get(name) != wanted.get(name) for name in got.keys() | wanted.keys())


def stored(path: Path) -> Stored:
    """Digest of each configuration that the file calls finished, with its observables, by (chain, config)."""
    with h5py.File(path, "r", locking=False) as file:
        rows = np.argwhere(file["crc"][()] != -1)
        values = [file["links"], *(file["observables"][name] for name in sorted(file["observables"]))]
        return {
            (c, k): hashlib.sha256(b"".join(each[c, k].tobytes() for each in values)).digest()
            for c, k in rows.tolist()
        }


@dataclass(frozen=True)
class Look:
    """What a file holds after a kill: whether it opens, and configurations as they must be and others."""

    readable: bool
    intact: int
    lost: int


def look(path: Path, wanted: Stored, promised: int) -> Look:
    """Open a file as a user would and count its configurations.

    Lost is what was promised and is not there, and what the file calls finished but is not as in `wanted`.
    """
    try:
        got = stored(path)
        with Ensemble.open(path):
            pass
    except (OSError, KeyError, ValueError, RuntimeError, LgtError):  # whatever HDF5 makes of a broken file
        return Look(False, 0, 0)
    intact = sum(wanted.get(key) == digest for key, digest in got.items())
    return Look(True, intact, max(promised, len(got)) - intact)


@dataclass
class Tally:
    """What the kills did."""

    kills: int = 0
    lost_configurations: int = 0
    unreadable_files: int = 0
    differing_datasets: int = 0
    #: Runs from nothing to the end, and how often the most troubled of them was killed.
    files: int = 0
    most_kills_of_a_file: int = 0
    #: Where the kills fell: by the share of its configurations that the file then had.
    places: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @property
    def damage(self) -> int:
        """Everything that went wrong."""
        return self.lost_configurations + self.unreadable_files + self.differing_datasets


@dataclass(frozen=True)
class Run:
    """A run by its options, without --out."""

    options: Mapping[str, str]

    @property
    def chains(self) -> int:
        """Number of chains."""
        return int(self.options.get("chains", "1"))

    def command(self, out: Path, *more: str) -> list[str]:
        """The command that makes a file."""
        options = [word for key, value in self.options.items() for word in (f"--{key}", value)]
        return [sys.executable, "-m", "lgt", "generate", *options, "--out", str(out), *more]

    def started(self, out: Path) -> subprocess.Popen[str]:
        """Start it or go on, until it has said its estimate, so that it is past its imports."""
        process = _spawned(self.command(out, "--resume"))
        assert process.stderr is not None
        line = process.stderr.readline()
        if not re.search("estimate|is complete", line):
            raise NotResumedError(line + process.communicate()[1])
        return process

    def whole(self, out: Path) -> float:
        """Make the file without a kill, and give the seconds from its estimate to its end."""
        process = self.started(out)
        begun = time.monotonic()
        _, errors = process.communicate()
        if process.returncode != 0:
            raise NotResumedError(errors)
        return time.monotonic() - begun


def _spawned(command: Sequence[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


class NotResumedError(Exception):
    """A run that did not start, or did not go on with its file."""


def opened(path: Path) -> str:
    """What is wrong with a file by its checksums, links and plaquettes; nothing if it is as it must be."""
    try:
        with Ensemble.open(path) as ensemble:
            ensemble.verify()
    except LgtError as error:
        return str(error)
    return ""


def commanded(path: Path) -> str:
    """The same by `lgt verify` in a process of its own."""
    verify = [sys.executable, "-m", "lgt", "verify", str(path)]
    run = subprocess.run(verify, capture_output=True, text=True, check=False)
    said = run.stdout + run.stderr
    early = "no configuration finished in every chain" in said
    return "" if run.returncode == 0 or early else said or f"exit status {run.returncode}"


@dataclass
class Killer:
    """Kills one run again and again and looks at its file after each kill.

    `reference` is the file of the same run, never killed; `out` the file to make: again and again, where the
    run ends before the kill comes. `verify` looks again at a file with finished configurations.
    """

    run: Run
    reference: Path
    out: Path
    tally: Tally = field(default_factory=Tally)
    show: Callable[[str], object] = lambda line: None
    verify: Callable[[Path], str] = opened
    promised: int = 0
    in_a_row: int = 0

    def __post_init__(self) -> None:
        self.wanted, self.datasets = stored(self.reference), digests(self.reference)

    def kill(self, kills: int, moments: Iterator[float]) -> Tally:
        """Kill it so often, then let it end.

        `moments` are seconds to wait after the run has said its estimate; negative ones since the start of
        the process, which fall among its imports.
        """
        goal, limit = self.tally.kills + kills, self.tally.files + max(kills, 20)
        while self.tally.kills < goal:
            assert self.tally.files < limit, "the run is too short for the kills to hit it"
            try:
                # The first kill of a file comes about when the file is made.
                moment = next(moments) / (1 if self.in_a_row else 20)
                status, said = self._killed_once(moment)
            except NotResumedError as error:
                self._not_resumed(error)
                continue
            if status == 0:  # the kill came too late: once more from the start
                self._compare()
                continue
            assert status == -signal.SIGKILL, said
            place = self._looked(said)
            if self.promised == len(self.wanted):  # killed after its work: not a kill of a run
                self._end()
                continue
            self.tally.kills, self.in_a_row = self.tally.kills + 1, self.in_a_row + 1
            self.tally.most_kills_of_a_file = max(self.tally.most_kills_of_a_file, self.in_a_row)
            self.tally.places[place] = self.tally.places.get(place, 0) + 1
            self.show(f"kill {self.tally.kills:3d}: file {self.tally.files + 1}, {place}")
        self._end()
        return self.tally

    def _killed_once(self, moment: float) -> tuple[int, str]:
        """The status of the process, ended by the kill or before it, and what it said."""
        if moment < 0:
            process = _spawned(self.run.command(self.out, "--resume"))
        else:
            process = self.run.started(self.out)
        time.sleep(abs(moment))
        process.kill()
        _, said = process.communicate()
        return process.returncode, said

    def _looked(self, said: str) -> str:
        """Count what is wrong with the file, and tell how far it is."""
        counts = re.findall(r"^configuration (\d+) of", said, flags=re.MULTILINE)
        promised = max([self.promised, *(int(count) * self.run.chains for count in counts)])
        self.promised = 0
        if not self.out.exists():
            if promised:
                self.tally.lost_configurations += promised
                self._problem("the file is gone")
            return "no file yet"
        seen = look(self.out, self.wanted, promised)
        self.promised = seen.intact
        if not seen.readable:
            self.tally.unreadable_files += 1
            self._problem("unreadable")
        elif seen.lost:
            self.tally.lost_configurations += seen.lost
            self._problem(f"{seen.lost} configurations lost")
        elif seen.intact:
            complaint = self.verify(self.out)
            if complaint:
                self.tally.unreadable_files += 1
                self._problem(complaint)
        if not seen.intact:
            return "no configuration yet"
        return f"{25 * (4 * seen.intact // len(self.wanted))} % and more of the configurations"

    def _end(self) -> None:
        """Let the run end."""
        try:
            self.run.whole(self.out)
        except NotResumedError as error:
            self._not_resumed(error)
        else:
            self._compare()

    def _compare(self) -> None:
        """Hold the finished file to the reference, and begin the next one."""
        wrong = differing(digests(self.out), self.datasets)
        if wrong:
            self.tally.differing_datasets += wrong
            self._problem(f"{wrong} datasets differ after {self.in_a_row} kills")
        self._fresh()

    def _not_resumed(self, error: Exception) -> None:
        self.tally.unreadable_files += 1
        self._problem(f"not resumed: {error}")
        self._fresh()

    def _fresh(self) -> None:
        self.out.unlink(missing_ok=True)
        self.tally.files += 1
        self.promised = self.in_a_row = 0

    def _problem(self, text: str) -> None:
        self.tally.problems.append(text.strip())
        self.show(f"PROBLEM: {text.strip()}")


def moments(seed: int, duration: float, startup: float = 0.0) -> Iterator[float]:
    """Random moments over a run of some seconds: long waits, short ones that fall close together, imports."""
    draw = random.Random(seed)
    while True:
        longest = duration * draw.choice((0.03, 0.1, 0.3, 1.0))
        for _ in range(draw.randrange(2, 8)):
            early = startup > 0 and draw.random() < 0.1
            yield -draw.uniform(0.0, startup) if early else draw.uniform(0.0, longest)
