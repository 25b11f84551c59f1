"""Every sampler, action, integrator and flow against exact values and identities, and the controls of that.

    python scripts/physics_checks.py [--quick] [--json FILE]

About 17 minutes with two processes (--quick: 45 seconds, compiling included). Each check measures one number
and says how many standard errors it is off: its pull, of which 4 are allowed. Statistical errors are at most
5e-4 and a seventh of what a beta 1 % off would move the number, identities hold to 0.14 %. Each check is made
once more with beta, or a force, a time or a coefficient, 1 % off, and has to fail: its control. What is
checked is in tests/statistical: `checks` (the heat bath of Wilson's action), `samplers` (every action and
update) and `dynamics` (molecular dynamics, forces, flow, charge). Expected: all pulls below 4, no control
missed.
Exit status: 0, or 1 if a check fails, is not sharp, or accepts its control.
"""

from __future__ import annotations

import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass

os.environ.setdefault("OMP_NUM_THREADS", "1")

from _measure import ROOT, arguments, write

sys.path[:0] = [str(ROOT / "tests")]

from statistical import checks, dynamics, samplers  # noqa: E402
from statistical.checks import LIMIT, WRONG, Checkable  # noqa: E402

PROCESSES = 2
#: What is measured, by the key of the worst pull of each kind; what takes longest is first.
KINDS: dict[str, list[Checkable]] = {
    "values": [*samplers.VALUES],
    "updates": [*samplers.UPDATES],
    "heat_bath": [*checks.CHECKS],
    "torus": [check for check in samplers.CHECKS if getattr(check, "run", None) in samplers.TORI],
    "table": [samplers.LARGE, *samplers.loops_of_the_table()],
    "schwinger_dyson": [*samplers.IDENTITIES],
    "boundaries": [*samplers.BOUNDARIES, *samplers.PLANES_AND_STRIPS],
    "force": [*dynamics.FORCES],
    "integrators": [*dynamics.SLOPES, *dynamics.REVERSALS, *dynamics.MICROCANONICAL],
    "exp_dh": [*dynamics.BALANCES],
    "flow": [*dynamics.FLOWS],
    "charge": [*dynamics.CHARGES],
}
#: A part of each kind that takes some seconds, with improved actions in it.
QUICK: dict[str, list[Checkable]] = {
    "updates": [*samplers.UPDATES[3:4]],
    "heat_bath": [check for check in checks.CHECKS if check.run in (checks.PLANES[0], checks.WEAK[1])],
    "schwinger_dyson": [samplers.IDENTITIES[place] for place in (3, 16, 27, 40, 53)],
    "boundaries": [samplers.BOUNDARIES[1], *samplers.PLANES_AND_STRIPS[:2], samplers.PLANES_AND_STRIPS[-1]],
    "force": [force for force in dynamics.FORCES if force.theory.group.N <= 3],
    "integrators": KINDS["integrators"],
    "exp_dh": [dynamics.BALANCES[1]],
    "flow": [*dynamics.FLOWS[:2], *dynamics.FLOWS[3:]],
    "charge": [*dynamics.CHARGES[:1]],
}


@dataclass(frozen=True)
class Found:
    """What came of a check and of its control."""

    name: str
    pull: float
    sharp: bool
    text: str
    control: float
    rejected: bool
    seconds: float


def run_of(check: Checkable) -> object:
    """What several checks may share: their chains."""
    return getattr(check, "run", check)


def work(together: list[Checkable]) -> list[Found]:
    """Make some checks and their controls."""
    out = []
    for check in together:
        started = time.perf_counter()
        right, wrong = check.pull(), check.pull(WRONG)
        rejected, seconds = wrong.sharp and not wrong.accepted, time.perf_counter() - started
        out.append(Found(str(check), right.sigmas, right.sharp, str(right), wrong.sigmas, rejected, seconds))
    return out


def main() -> int:
    """Check, print a line each, write the figures."""
    options = arguments("samplers, actions, integrators and flow against what is known")
    started = time.perf_counter()
    jobs: dict[tuple[str, object], list[Checkable]] = {}
    for kind, these in (QUICK if options.quick else KINDS).items():
        for check in these:
            jobs.setdefault((kind, run_of(check)), []).append(check)
    found: dict[str, list[Found]] = {kind: [] for kind, _ in jobs}
    with ProcessPoolExecutor(PROCESSES) as pool:
        waiting = {pool.submit(work, together): kind for (kind, _), together in jobs.items()}
        for done in as_completed(waiting):
            for each in done.result():
                found[waiting[done]].append(each)
                fine = each.sharp and abs(each.pull) <= LIMIT and each.rejected
                print(
                    f"{'ok  ' if fine else 'FAIL'} {each.pull:+6.2f}  control {each.control:+9.3g}  "
                    f"{each.seconds:5.1f} s  {each.name}: {each.text}",
                    flush=True,
                )
    everything = [each for these in found.values() for each in these]
    figures: dict[str, float] = {
        "checks": len(everything),
        "worst_pull": max(abs(each.pull) for each in everything),
        "controls": len(everything),
        "controls_rejected": sum(each.rejected for each in everything),
        "controls_missed": sum(not each.rejected for each in everything),
        "not_sharp": sum(not each.sharp for each in everything),
        "weakest_control": min(abs(each.control) for each in everything),
    }
    for kind, these in found.items():
        figures |= {f"checks_{kind}": len(these), f"worst_pull_{kind}": max(abs(each.pull) for each in these)}
    for key, value in figures.items():
        print(f"{key:28s} {value:10.3g}")
    write(figures, started, options.json)
    good = figures["worst_pull"] <= LIMIT and not figures["controls_missed"] and not figures["not_sharp"]
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
