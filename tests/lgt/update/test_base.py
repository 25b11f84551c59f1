from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from lgt.action import Action, Wilson
from lgt.errors import InputError, PhysicsError, ShapeError
from lgt.field import cold
from lgt.group import SU, U1
from lgt.lattice import Lattice
from lgt.rng import Stream
from lgt.update import HeatBath, Metropolis, OverRelaxation, Sweep, Updater, UpdateReport

UPDATERS = [HeatBath(), Metropolis(), OverRelaxation(), Sweep(2), Sweep(1, Metropolis(2))]
BOX = Lattice((4, 3))


@dataclass(frozen=True)
class Stub(Action):
    """An action that is not Wilson's; linear or not."""

    beta: float = 1.0
    linear_in_link: bool = True  # type: ignore[misc]

    def value(self, links, d=None):  # type: ignore[no-untyped-def]
        raise NotImplementedError

    staple = value


@pytest.mark.parametrize("updater", UPDATERS, ids=repr)
class TestValidate:
    @pytest.mark.parametrize("group", [U1(), SU(2), SU(23)], ids=repr)
    @pytest.mark.parametrize("extents", [(2, 2), (3, 5), (2, 3, 4, 5), (2,) * 6])
    def test_accepts(self, updater: Updater, group: SU, extents: tuple[int, ...]) -> None:
        updater.validate(Wilson(1.0), group, Lattice(extents))

    @pytest.mark.parametrize(
        ("action", "group", "lattice", "message"),
        [
            (Stub(linear_in_link=False), SU(2), BOX, "not linear in the link"),
            (Stub(), SU(2), BOX, "no sum of loops"),
            (Wilson(1.0), SU(24), BOX, "N above 23"),
            (Wilson(1.0), SU(2), Lattice((4, 1)), "extent of 1"),
            (Wilson(1.0), SU(2), Lattice((8,)), "1 directions"),
            (Wilson(1.0), SU(2), Lattice((2**16, 2**16)), "sites"),
        ],
    )
    def test_refuses(
        self, updater: Updater, action: Action, group: SU, lattice: Lattice, message: str
    ) -> None:
        with pytest.raises(PhysicsError, match=message):
            updater.validate(action, group, lattice)


@pytest.mark.parametrize("updater", UPDATERS, ids=repr)
def test_update_validates_too_and_leaves_the_links(updater: Updater) -> None:
    stream = Stream(1, 0)
    thin = cold(Lattice((4, 1)), SU(2))
    with pytest.raises(PhysicsError, match="extent of 1"):
        updater.update(thin, Wilson(1.0), stream, 0)
    links = cold(BOX, SU(2))
    for number in (-1, 2**32):
        with pytest.raises(InputError, match="update number"):
            updater.update(links, Wilson(1.0), stream, number)
    with pytest.raises(ShapeError):
        updater.update(links.astype(np.complex64), Wilson(1.0), stream, 0)
    assert np.array_equal(links, cold(BOX, SU(2)))


def test_reports_add() -> None:
    assert UpdateReport(3, 1) + UpdateReport(4) == UpdateReport(links=7, exhausted=1)


def test_updaters_are_values_with_names() -> None:
    assert HeatBath() == HeatBath()
    assert repr(Sweep(overrelax=3)) == "Sweep(overrelax=3, first=HeatBath())"
    assert [updater.name for updater in UPDATERS] == [
        "heatbath",
        "metropolis(hits=8, step=0.5)",
        "overrelaxation",
        "heatbath+2overrelaxation",
        "metropolis(hits=2, step=0.5)+1overrelaxation",
    ]
