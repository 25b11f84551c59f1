"""Kill runs of `lgt generate` at random moments, look at their files, resume, compare. 6 minutes.

    python scripts/crash_test.py [--quick] [--json FILE]

Two runs, a heat bath of three chains stored in single precision and HMC of two chains, each with
measurements, get SIGKILL at 110 random moments of a fixed seed, spread over imports, the making of the file,
thermalisation and all the rest, and several in a row on one file. After each kill the file, if there is one
yet, must open, be accepted by `lgt verify`, and hold every configuration that it or the run ever called
finished; when a run has ended at last, the sha256 of every dataset must be that of the run that was never
killed. Then a run is killed after every single write, and in the middle of it, as in the tests. Controls:
damaged files, another run's datasets and two broken protocols of writing must all be noticed. Expected: 0
everywhere but in kills and controls; exit status 1 otherwise.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from _measure import ROOT, arguments, write

sys.path[:0] = [str(ROOT / "tests")]

import h5py  # noqa: E402
from oracle.killed_runs import (  # noqa: E402
    Killer,
    Run,
    Tally,
    commanded,
    differing,
    digests,
    look,
    moments,
    stored,
)

SEED = 20
RUNS = {
    "heat bath": Run(
        {
            "group": "SU3",
            "lattice": "4x4x4x8",
            "beta": "5.7",
            "thermalise": "40",
            "separation": "5",
            "configs": "40",
            "chains": "3",
            "checkpoint": "10",
            "precision": "float32",
            "measure": "wilson_1x2,polyakov_abs",
            "seed": "7",
        }
    ),
    "hmc": Run(
        {
            "group": "SU2",
            "lattice": "8x8x8",
            "beta": "2.0",
            "update": "hmc",
            "steps": "3",
            "thermalise": "30",
            "separation": "2",
            "configs": "40",
            "chains": "2",
            "checkpoint": "5",
            "measure": "wilson_2x2",
            "seed": "8",
        }
    ),
}
#: Scenarios of tests/lgt/crash_driver.py: a kill after every operation on the disk, or within every write.
FULL = {"chains": 2, "precision": "float32", "measure": ["wilson_1x2"]}
EVERY_WRITE: dict[str, dict[str, Any]] = {
    "after every write": {"fault": "kill", "run": FULL},
    "within every write": {"fault": "torn", "run": FULL},
    "after every write of an extension": {"fault": "kill", "extend_from": 1},
}
#: Protocols of writing that lose something.
BROKEN = ("crc_before_links", "one_slot")


def drive(folder: Path, **scenario: object) -> dict[str, int]:
    """Kill after every write, in a fresh interpreter."""
    driver = ROOT / "tests" / "lgt" / "crash_driver.py"
    folder.mkdir()
    run = subprocess.run(
        [sys.executable, driver, folder, json.dumps({"configs": 2, "run": {}, **scenario})],
        capture_output=True,
        text=True,
        check=True,
    )
    shutil.rmtree(folder)
    result: dict[str, int] = json.loads(run.stdout)
    return result


def damaged(folder: Path, whole: Path, run: Run) -> dict[str, bool]:
    """Whether each of several broken files is noticed, by a look at it and by `lgt verify`, as it must be."""
    wanted, out, content = stored(whole), folder / "broken.h5", whole.read_bytes()
    with h5py.File(whole) as file:
        links = file["links"].id.get_chunk_info(5).byte_offset + 100
        crc = file["crc"].id.get_offset()
        last = crc + 8 * (file["crc"].size - 1)
    noticed = {}
    for name, place, new, by_look, by_command in (
        ("a flipped bit of a link", links, bytes([content[links] ^ 1]), True, True),
        ("a wrong checksum", crc, bytes(8), False, True),
        ("a configuration taken back", last, b"\xff" * 8, True, False),
        ("a lost superblock", 0, bytes(8), True, True),
        ("half a file", len(content) // 2, None, True, True),
    ):
        after = b"" if new is None else new + content[place + len(new) :]
        out.write_bytes(content[:place] + after)
        seen = look(out, wanted, len(wanted))
        noticed[name] = (not seen.readable or seen.lost > 0, bool(commanded(out))) == (by_look, by_command)
    out.unlink()
    Run(run.options | {"seed": "99"}).whole(out)
    noticed["datasets of another seed"] = differing(digests(out), digests(whole)) > 0
    out.unlink()
    return noticed


def main() -> int:
    """Kill, look, compare, write."""
    options, started = arguments(__doc__ or ""), time.perf_counter()
    wrong: Counter[str] = Counter()
    figures: dict[str, float] = {"kills": 0}
    tally, controls = Tally(), {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number, (label, run) in enumerate(RUNS.items()):
            whole = folder / "whole.h5"
            run.whole(whole)  # compiles
            whole.unlink()
            begun = time.monotonic()
            duration = run.whole(whole)
            startup = time.monotonic() - begun - duration
            print(f"{label}: {startup:.1f} s to start, {duration:.1f} s to run", flush=True)
            killer = Killer(
                run,
                whole,
                folder / "ensemble.h5",
                tally,
                show=lambda line: print(line, flush=True),
                verify=commanded,
            )
            killer.kill(6 if options.quick else 55, moments(SEED + number, duration, startup))
            if number == 0:
                controls |= damaged(folder, whole, run)
            whole.unlink()
        for label, scenario in EVERY_WRITE.items():
            if options.quick and label != "after every write":
                continue
            result = drive(folder / "every", **scenario)
            wrong += Counter({key: result[key] for key in result if key not in ("kills", "operations")})
            figures["write_kills"] = figures.get("write_kills", 0) + result["kills"]
            print(f"killed {label}: {result['kills']} times", flush=True)
        for mutant in BROKEN[:1] if options.quick else BROKEN:
            result = drive(folder / mutant, fault="kill", mutant=mutant)
            damage = result["lost_configurations"] + result["not_resumed"]
            controls[f"the broken protocol {mutant}"] = damage > 0
    figures["kills"] = tally.kills
    figures["lost_configurations"] = tally.lost_configurations + wrong["lost_configurations"]
    figures["unreadable_files"] = tally.unreadable_files + wrong["unreadable_files"] + wrong["not_resumed"]
    figures["differing_datasets"] = tally.differing_datasets + wrong["differing_datasets"]
    figures["files"] = tally.files
    figures["most_kills_of_a_file"] = tally.most_kills_of_a_file
    for place, count in sorted(tally.places.items()):
        print(f"{count:4d} kills where there was {place}")
    figures["kills_before_the_file"] = tally.places.get("no file yet", 0)
    figures["kills_before_a_configuration"] = tally.places.get("no configuration yet", 0)
    figures["controls"], missed = len(controls), [name for name, found in controls.items() if not found]
    figures["controls_missed"] = len(missed)
    for name, value in figures.items():
        print(f"{name:32s} {value}")
    for text in (*tally.problems, *(f"not noticed: {name}" for name in missed)):
        print(text)
    write(figures, started, options.json)
    bad = ("lost_configurations", "unreadable_files", "differing_datasets", "controls_missed")
    return int(any(figures[name] for name in bad))


if __name__ == "__main__":
    sys.exit(main())
