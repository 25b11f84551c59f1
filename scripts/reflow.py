"""Flow the committed configuration by the scheme written out in plain numpy. 1 minute (--quick: 20 s).

The energies and the charge along the Wilson and the Symanzik flow come from tests/oracle/literal_flow.py,
which shares no code with the package. The tests flow the same configuration with the package and hold it to
the committed numbers, data/results/reflow.json, at 1e-10.
"""

from __future__ import annotations

import sys
import time

from _measure import ROOT, arguments, write

sys.path[:0] = [str(ROOT / "tests")]

from oracle import literal_flow  # noqa: E402

from lgt.interop import read_configuration  # noqa: E402

CONFIGURATION = ROOT / "data" / "configurations" / "su3_4x4x4x6_b6.0.ildg"
#: Coefficient of the rectangles and flow times for each flow; --quick stops at the first time after 0.
FLOWS = {"wilson": (0.0, (0.0, 0.2, 0.5, 1.0, 2.0)), "symanzik": (-1 / 12, (0.0, 0.2))}
STEP = 0.02


def main() -> None:
    """Flow, measure, write."""
    options, started = arguments(__doc__ or ""), time.perf_counter()
    figures: dict[str, float] = {}
    for name, (c1, times) in FLOWS.items():
        links, now = read_configuration(CONFIGURATION).links, 0.0
        for stop in times[:2] if options.quick else times:
            for _ in range(round((stop - now) / STEP)):
                links = literal_flow.runge_kutta(links, STEP, c1)
            now = stop
            figures[f"{name}_energy_plaquette_{stop}"] = literal_flow.energy_plaquette(links)
            figures[f"{name}_energy_clover_{stop}"] = literal_flow.energy_clover(links)
            figures[f"{name}_charge_{stop}"] = literal_flow.charge(links)
    write(figures, started, options.json)


if __name__ == "__main__":
    main()
