from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from lgt.action import Action, Wilson
from lgt.errors import InputError
from lgt.group import SU, U1, UnitaryGroup
from lgt.kernels.packed import unpack
from lgt.lattice import tree_sum
from lgt.replicas import Replicas
from lgt.replicas.energy import energy
from lgt.replicas.motion import kick
from lgt.rng import Stream
from lgt.update import INTEGRATORS, Integrator, integrator, make_integrator
from lgt.update._momenta import draw_momenta

GROUPS = [U1(), SU(2), SU(3), SU(4)]
ALL = list(INTEGRATORS.values())
BOX = (4, 3)


def state_of(group: UnitaryGroup, box: tuple[int, ...] = BOX, chains: int = 3) -> Replicas:
    links = list(group.haar(np.random.default_rng(3), (chains, len(box), *box)))
    return Replicas(links, [Stream(2, chain) for chain in range(chains)])


def violation(each: Integrator, group: UnitaryGroup, steps: int, length: float = 0.5) -> float:
    """Size of dH at fixed links and momenta: of several chains, since one may be small by accident."""
    state, action = state_of(group, chains=16), Wilson(1.5 * group.N)
    momenta = state.zeros()
    draw_momenta(state, momenta, 0)
    before = energy(state, action, momenta)
    each.integrate(state, action, momenta, length, steps)
    return float(np.linalg.norm(tree_sum(state.per_site(energy(state, action, momenta) - before))))


def slope(each: Integrator, group: UnitaryGroup) -> float:
    coarse, fine = violation(each, group, 10), violation(each, group, 20)
    assert coarse > 1e-9  # far above rounding
    return float(np.log2(coarse / fine))


@pytest.mark.parametrize("each", ALL, ids=repr)
def test_table_is_a_symmetric_splitting(each: Integrator) -> None:
    kicks, drifts = each.kicks, each.drifts
    assert len(kicks) == len(drifts) + 1
    assert kicks == kicks[::-1]
    assert drifts == drifts[::-1]
    assert sum(kick.weight for kick in kicks) == pytest.approx(1.0, abs=1e-15)
    assert sum(drifts) == pytest.approx(1.0, abs=1e-15)
    assert kicks[0].shift == 0.0  # two neighbours become one kick


@pytest.mark.parametrize("group", GROUPS, ids=repr)
@pytest.mark.parametrize("each", ALL, ids=repr)
def test_energy_violation_has_the_order_of_the_integrator(each: Integrator, group: UnitaryGroup) -> None:
    assert slope(each, group) == pytest.approx(each.order, abs=0.05)


@pytest.mark.parametrize("each", ALL, ids=repr)
def test_a_force_one_percent_off_has_no_slope(each: Integrator, monkeypatch: pytest.MonkeyPatch) -> None:
    # The negative control: the energy that is conserved is another one.
    def wrong(state: Replicas, action: Action, momenta: np.ndarray, step: float) -> None:
        kick(state, action, momenta, 1.01 * step)

    monkeypatch.setattr(integrator, "kick", wrong)
    assert abs(slope(each, SU(3)) - each.order) > 1


@pytest.mark.parametrize("group", GROUPS, ids=repr)
@pytest.mark.parametrize("each", ALL, ids=repr)
def test_opposite_momenta_lead_back(each: Integrator, group: UnitaryGroup) -> None:
    state, action = state_of(group), Wilson(1.5 * group.N)
    momenta, links = state.zeros(), [state.links(chain) for chain in range(3)]
    draw_momenta(state, momenta, 0)
    start = momenta.copy()
    each.integrate(state, action, momenta, 1.0, 7)
    moved = [np.abs(state.links(chain) - links[chain]).max() for chain in range(3)]
    assert min(moved) > 0.1
    momenta *= -1
    each.integrate(state, action, momenta, 1.0, 7)
    for chain in range(3):
        np.testing.assert_allclose(state.links(chain), links[chain], rtol=0, atol=1e-12)
    np.testing.assert_allclose(-momenta, start, rtol=0, atol=1e-12)


@pytest.mark.parametrize("each", ALL, ids=repr)
def test_a_negative_length_leads_back_too(each: Integrator) -> None:
    state, action = state_of(SU(2)), Wilson(2.0)
    momenta, links = state.zeros(), state.links(1)
    draw_momenta(state, momenta, 0)
    each.integrate(state, action, momenta, 1.0, 5)
    each.integrate(state, action, momenta, -1.0, 5)
    np.testing.assert_allclose(state.links(1), links, rtol=0, atol=1e-12)


@pytest.mark.parametrize("group", [U1(), SU(2), SU(3)], ids=repr)
def test_the_limit_is_the_solution_of_the_equations_of_motion(group: UnitaryGroup) -> None:
    state, action, d = state_of(group, chains=1), Wilson(1.5 * group.N), len(BOX)
    momenta, start = state.zeros(), state.links(0)
    draw_momenta(state, momenta, 0)
    P = unpack(momenta, state.blocking, 0)

    def motion(time: float, y: np.ndarray) -> np.ndarray:
        U, P = y.reshape(2, *start.shape)
        return np.stack([P @ U, -action.force(U, d)]).reshape(-1)

    exact = solve_ivp(motion, (0, 0.4), np.stack([start, P]).reshape(-1), rtol=1e-10, atol=1e-10)
    integrator.OMF4().integrate(state, action, momenta, 0.4, 20)
    links, P = exact.y[:, -1].reshape(2, *start.shape)
    np.testing.assert_allclose(state.links(0), links, rtol=0, atol=1e-7)
    np.testing.assert_allclose(unpack(momenta, state.blocking, 0), P, rtol=0, atol=1e-7)


@pytest.mark.parametrize("each", ALL, ids=repr)
def test_steps_are_merged(each: Integrator, monkeypatch: pytest.MonkeyPatch) -> None:
    kicks: list[float] = []
    monkeypatch.setattr(integrator, "kick", lambda state, action, momenta, step: kicks.append(step))
    each.integrate(state_of(SU(2)), Wilson(1.0), state_of(SU(2)).zeros(), 3.0, 3)
    shifts = 3 * sum(1 for kick in each.kicks if kick.shift)
    assert len(kicks) == 3 * (len(each.kicks) - 1) + 1 + shifts
    plain = sum(kicks) - sum(3 * kick.shift for kick in each.kicks)
    assert plain == pytest.approx(3.0)


def test_names() -> None:
    assert list(INTEGRATORS) == ["leapfrog", "omf2", "omf4", "force-gradient"]
    for name, each in INTEGRATORS.items():
        assert make_integrator(name) == each
    assert all(a != b for a, b in pairwise(ALL))
    with pytest.raises(InputError, match=r"'euler'.*leapfrog, omf2"):
        make_integrator("euler")


@pytest.mark.parametrize("steps", [0, -1])
def test_no_steps_are_refused(steps: int) -> None:
    state = state_of(SU(2))
    with pytest.raises(InputError, match="no step"):
        integrator.Leapfrog().integrate(state, Wilson(1.0), state.zeros(), 1.0, steps)
