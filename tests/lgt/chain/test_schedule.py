from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lgt.chain._schedule import Checkpoint, Schedule


@given(st.integers(0, 30), st.integers(1, 12), st.integers(1, 15))
def test_against_a_walk_through_all_sweeps(thermalise: int, separation: int, every: int) -> None:
    schedule = Schedule(thermalise, separation, every)
    points, since = [Checkpoint(0, 0, None)], 0
    for sweep in range(1, thermalise + 5 * separation + 1):
        since += 1
        past, rest = divmod(sweep - thermalise, separation)
        config = past - 1 if past >= 1 and rest == 0 else None
        if since == every or config is not None:
            points.append(Checkpoint(sweep, len(points), config))
            # Counted from the configuration before; thermalisation and the first separation are one stretch.
            since = 0
    walked = []
    while not walked or walked[-1].sweep < points[-1].sweep:
        walked.append(schedule.after(walked[-1].sweep if walked else 0))
    assert walked == points[1:]
    assert [point.config for point in walked if point.config is not None] == [0, 1, 2, 3, 4]
    for sweep in range(points[-1].sweep):
        assert schedule.after(sweep) == next(point for point in points if point.sweep > sweep)
        assert schedule.at(sweep) == next((point for point in points if point.sweep == sweep), None)
        assert schedule.stored(sweep) == sum(
            point.config is not None for point in points if point.sweep <= sweep
        )
    assert [point.slot for point in points[:4]] == [0, 1, 0, 1][: len(points)]
