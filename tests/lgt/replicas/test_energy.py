from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from lgt.action import Action, Iwasaki, LoopAction, Wilson
from lgt.errors import PhysicsError
from lgt.group import SU, U1, UnitaryGroup
from lgt.kernels.packed import pack
from lgt.lattice import tree_sum
from lgt.loops import loop_trace
from lgt.path import plaquette
from lgt.replicas import Replicas
from lgt.replicas.energy import energy
from lgt.rng import Stream

GROUPS = [U1(), SU(2), SU(3), SU(4)]


def state_of(links: np.ndarray, action: LoopAction | None = None) -> Replicas:
    return Replicas(list(links), [Stream(1, chain) for chain in range(len(links))], action=action)


@pytest.mark.parametrize("group", GROUPS, ids=repr)
@pytest.mark.parametrize(
    "action", [Wilson(2.0), Wilson(2.0, open=(0, -1), anisotropy=1.5), Iwasaki(0.7)], ids=repr
)
@pytest.mark.parametrize("box", [(4, 3), (8, 8), (2, 3, 4), (3, 2, 2, 4)])
def test_energy_is_that_of_momenta_and_action(
    group: UnitaryGroup, action: LoopAction, box: tuple[int, ...]
) -> None:
    rng, d = np.random.default_rng(2), len(box)
    links, p = group.haar(rng, (3, d, *box)), rng.standard_normal((3, d, *box, group.dimension))
    state = state_of(links, action)
    momenta = pack(group.algebra(p), state.blocking)
    energies = tree_sum(state.per_site(energy(state, action, momenta)))
    for chain in range(3):
        expected = 0.5 * np.sum(p[chain] ** 2) + action.value(links[chain], d)
        assert energies[chain] == pytest.approx(expected, rel=1e-12)


def test_each_site_has_the_loops_that_start_there() -> None:
    links = SU(3).haar(np.random.default_rng(3), (2, 2, 4, 6))
    state = state_of(links)
    density = state.per_site(energy(state, Wilson(3.0), state.zeros()))
    for chain in range(2):
        expected = -3.0 * loop_trace(links[chain], plaquette(0, 1), 2).real
        np.testing.assert_allclose(density[chain], expected.reshape(-1), rtol=0, atol=1e-13)


@dataclass(frozen=True)
class Stub(Action):
    """An action that is no sum of loops."""

    beta: float = 1.0

    def value(self, links, d=None):  # type: ignore[no-untyped-def]
        raise NotImplementedError

    staple = value


def test_an_action_without_loops_is_refused() -> None:
    state = state_of(SU(2).haar(np.random.default_rng(3), (1, 2, 4, 6)))
    with pytest.raises(PhysicsError, match="no sum of loops"):
        energy(state, Stub(), state.zeros())
