"""Actions that a user writes down as a list of loops: every update is right for them or refuses them."""

from __future__ import annotations

import numpy as np
import pytest

from lgt.action import LoopAction, Wilson
from lgt.errors import InputError, PhysicsError
from lgt.field import hot
from lgt.group import SU
from lgt.lattice import Lattice
from lgt.path import Path, line, plaquette, rectangle
from lgt.replicas import Replicas
from lgt.rng import Stream
from lgt.update import HMC, HeatBath, Metropolis, OverRelaxation, Updater

LOCAL: list[Updater] = [HeatBath(), OverRelaxation(), Metropolis()]


class Squares(LoopAction):
    """Plaquettes and 2x2 loops."""

    name = "squares"

    def coefficients(self, d: int) -> list[tuple[Path, float]]:
        planes = [(mu, nu) for nu in range(d) for mu in range(nu)]
        return [(plaquette(*p), 1.3) for p in planes] + [(rectangle(*p, 2, 2), -0.05) for p in planes]


class Chairs(LoopAction):
    """Plaquettes, and pairs of them at a right angle."""

    name = "chairs"

    def coefficients(self, d: int) -> list[tuple[Path, float]]:
        planes = [(plaquette(mu, nu), 1.0) for nu in range(d) for mu in range(nu)]
        return [*planes, (Path((0, 1, ~0, 2, ~1, ~2)), 0.3), (Path((1, 2, ~1, 0, ~2, ~0)), -0.2)]


class Twice(LoopAction):
    """Plaquettes gone round twice: not linear in a link, whatever its attribute says."""

    name = "twice"

    def coefficients(self, d: int) -> list[tuple[Path, float]]:
        return [(plaquette(0, 1) + plaquette(0, 1), 1.0)]


class Torn(LoopAction):
    """A path that is not closed."""

    name = "torn"

    def coefficients(self, d: int) -> list[tuple[Path, float]]:
        return [(line(0, 2), 1.0)]


BOXES = [(4, 4, 8), (3, 5, 4), (6, 6, 6)]


@pytest.mark.parametrize("box", BOXES, ids=str)
@pytest.mark.parametrize("action", [Squares(2.0), Chairs(2.0)], ids=repr)
def test_overrelaxation_keeps_them(action: LoopAction, box: tuple[int, ...]) -> None:
    links = hot(Lattice(box), SU(3), Stream(1, 0))
    before, moved = action.value(links), links.copy()
    OverRelaxation().update(moved, action, Stream(1, 0), 0)
    assert abs(action.value(moved) - before) < 1e-10
    assert abs(Wilson(2.0).value(moved) - Wilson(2.0).value(links)) > 1e-3
    action.check_force(links, np.random.default_rng(0))


@pytest.mark.statistical
@pytest.mark.parametrize(
    "updater", [HeatBath(), Metropolis(), HMC(length=1.0, steps=4)], ids=lambda u: u.name
)
@pytest.mark.parametrize("action", [Squares(2.0), Chairs(2.0)], ids=repr)
def test_schwinger_dyson(action: LoopAction, updater: Updater) -> None:
    """beta from the links alone, with 16 chains of 4 x 4 x 6 and the staples of the loop code."""
    beta, chains, group = action.beta, 16, SU(2)
    streams = [Stream(5, chain) for chain in range(chains)]
    lattice = Lattice((4, 4, 6))
    state = Replicas([hot(lattice, group, each) for each in streams], streams, action=action)
    rotation, force = [], []
    for number in range(70):
        updater.advance(state, action, number)
        if number >= 20 and number % 2:
            links = np.stack([state.links(chain) for chain in range(chains)])
            X = links @ action.staple(links, 3)
            rotation.append(3 * np.einsum("c...ii->c...", X).real.sum(axis=tuple(range(1, X.ndim - 2))))
            force.append((np.abs(group.antihermitian(X)) ** 2).sum(axis=tuple(range(1, X.ndim))))
    # The chains are independent, so their spread is the error; the control is a beta 5 % off.
    a, b = np.mean(rotation, axis=0), np.mean(force, axis=0)
    residues = a / b.mean() - beta * b / b.mean()
    error = residues.std(ddof=1) / np.sqrt(chains)
    assert abs(residues.mean()) < 4 * error
    assert abs(residues.mean() - 0.05 * beta) > 4 * error


@pytest.mark.parametrize("updater", LOCAL, ids=lambda u: u.name)
def test_a_loop_with_a_link_twice_is_refused_by_local_updates(updater: Updater) -> None:
    links = hot(Lattice((4, 4)), SU(3), Stream(1, 0))
    with pytest.raises(PhysicsError, match="a loop that holds a link twice"):
        updater.update(links, Twice(1.0), Stream(1, 0), 0)


def test_hmc_takes_it() -> None:
    links = hot(Lattice((4, 4)), SU(3), Stream(1, 0))
    action = Twice(1.0)
    action.check_force(links, np.random.default_rng(0))
    state = Replicas([links], [Stream(1, 0)], action=action)
    (dh,) = HMC(length=0.5, steps=20).trajectory(state, action, 0).dh
    assert 0 < abs(dh) < 1e-3


@pytest.mark.parametrize("updater", [*LOCAL, HMC()], ids=lambda u: u.name)
def test_a_path_that_is_not_closed_is_refused(updater: Updater) -> None:
    links = hot(Lattice((4, 4)), SU(3), Stream(1, 0))
    with pytest.raises(InputError, match="no closed path"):
        updater.update(links, Torn(1.0), Stream(1, 0), 0)
    with pytest.raises(InputError, match="no closed path"):
        Torn(1.0).value(links)


@pytest.mark.parametrize("updater", [*LOCAL, HMC()], ids=lambda u: u.name)
def test_chains_packed_for_another_action_are_refused(updater: Updater) -> None:
    links = hot(Lattice((4, 4)), SU(3), Stream(1, 0))
    with pytest.raises(PhysicsError, match="packed for smaller loops"):
        updater.advance(Replicas([links], [Stream(1, 0)]), Squares(1.0), 0)
