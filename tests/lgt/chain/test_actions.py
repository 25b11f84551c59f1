"""Runs with every action, anisotropy and boundary."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lgt
from lgt.action import Action, LuscherWeisz, Rectangle, Wilson
from lgt.ensemble import Ensemble
from lgt.errors import EnsembleError, InputError, PhysicsError
from lgt.update import Sweep

RUN: dict[str, Any] = {
    "group": "SU2",
    "lattice": "3x4",
    "beta": 2.0,
    "configs": 2,
    "thermalise": 3,
    "separation": 2,
    "seed": 5,
}


@pytest.mark.parametrize(
    ("keys", "action"),
    [
        ({"action": "luscher-weisz"}, LuscherWeisz(2.0)),
        ({"anisotropy": 2.0}, Wilson(2.0, anisotropy=2.0)),
        ({"boundary": "open"}, Wilson(2.0, open=(1,))),
        ({"boundary": "open,periodic"}, Wilson(2.0, open=(0,))),
        (
            {"action": "rectangle", "c1": -0.1, "c0": 1.1, "boundary": "open,open", "anisotropy": 0.5},
            Rectangle(2.0, c1=-0.1, c0=1.1, anisotropy=0.5, open=(0, 1)),
        ),
    ],
)
def test_the_action_is_in_the_run_and_in_the_file(
    tmp_path: Path, keys: dict[str, Any], action: Action
) -> None:
    run = lgt.RunConfig(**RUN, **keys, out=tmp_path / "e.h5")
    assert run.lattice_action == action
    (tmp_path / "run.toml").write_text(run.to_toml())
    assert lgt.RunConfig.from_toml(tmp_path / "run.toml") == run
    lgt.generate(run).close()
    links, stream = lgt.cold(run.box, run.gauge_group), lgt.Stream(5, 0)
    for sweep in range(run.sweeps):
        Sweep(1).update(links, action, stream, sweep)
    with Ensemble.open(run.out) as ensemble:
        assert ensemble.action == action
        np.testing.assert_array_equal(ensemble.links(0, 1), links)
        ensemble.verify()
    with lgt.generate(lgt.RunConfig(**(RUN | keys | {"configs": 3}), out=run.out), resume=True) as longer:
        assert longer.length == 3
    with pytest.raises(EnsembleError, match="resuming"):
        lgt.generate(lgt.RunConfig(**(RUN | keys | {"anisotropy": 3.0}), out=run.out), resume=True)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"boundary": "opem"}, "opem"),
        ({"boundary": "open,open,open"}, "3 words for 2 directions"),
        ({"boundary": 3}, "boundary = 3"),
        ({"anisotropy": 0.0}, "anisotropy = 0.0"),
        ({"action": "rectangle"}, "no c1"),
        ({"action": "rectangle", "c1": "x"}, "c1 = 'x'"),
        ({"c1": -0.1}, "c1 of the action wilson.*--action rectangle"),
        ({"action": "iwasaki", "c0": 1.0}, "c0 of the action iwasaki"),
    ],
)
def test_what_makes_no_action_is_refused(tmp_path: Path, keys: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        lgt.RunConfig(**RUN, **keys, out=tmp_path / "e.h5")


def test_an_extent_too_short_for_rectangles(tmp_path: Path) -> None:
    run = lgt.RunConfig(**(RUN | {"lattice": "2x4", "action": "dbw2"}), out=tmp_path / "e.h5")
    with pytest.raises(PhysicsError, match="extents of 3 or more"):
        lgt.generate(run)
    assert not (tmp_path / "e.h5").exists()
