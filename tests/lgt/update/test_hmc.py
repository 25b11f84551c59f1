from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import numpy as np
import pytest
from oracle.exact_2d import Torus

from lgt.action import DBW2, Action, Iwasaki, LoopAction, LuscherWeisz, Rectangle, Wilson
from lgt.errors import InputError, PhysicsError
from lgt.field import cold
from lgt.group import SU, U1, UnitaryGroup
from lgt.kernels.packed import unpack
from lgt.lattice import Lattice, tree_sum
from lgt.loops import plaquettes
from lgt.replicas import Replicas
from lgt.replicas.energy import energy
from lgt.replicas.state import WORTH_A_THREAD
from lgt.rng import Purpose, Stream
from lgt.update import HMC, INTEGRATORS, Integrator, Sweep, make_integrator
from lgt.update._momenta import draw_momenta

GROUPS = [U1(), SU(2), SU(3), SU(4)]


def hot(group: UnitaryGroup, box: tuple[int, ...], chains: int, seed: int = 1) -> list[np.ndarray]:
    return list(group.haar(np.random.default_rng(seed), (chains, len(box), *box)))


def streams(chains: int, first: int = 0, seed: int = 5) -> list[Stream]:
    return [Stream(seed, first + chain) for chain in range(chains)]


@pytest.mark.parametrize("integrator", INTEGRATORS)
@pytest.mark.parametrize("group", [U1(), SU(2), SU(3)], ids=repr)
def test_a_chain_is_the_same_alone_or_in_company(group: UnitaryGroup, integrator: str) -> None:
    box, update, action = (4, 6), HMC(1.0, 3, integrator), Wilson(2.0 * group.N)
    links = hot(group, box, 9)

    def run(chains: list[int], threads: int) -> tuple[list[bytes], list[tuple[float, ...]]]:
        numbers = [Stream(5, chain) for chain in chains]
        state = Replicas([links[chain] for chain in chains], numbers, threads)
        dh = [update.trajectory(state, action, number).dh for number in range(11)]
        return [state.links(k).tobytes() for k in range(len(chains))], dh

    together, dh = run(list(range(9)), threads=2)
    for chain in (0, 3, 8):
        alone, own = run([chain], threads=1)
        assert alone[0] == together[chain]
        assert [each[0] for each in own] == [each[chain] for each in dh]
    assert len(set(together)) == 9


def test_threads_change_no_bit() -> None:
    box, links = (16, 16, 8, 16), [cold(Lattice((16, 16, 8, 16)), SU(2))]
    assert np.prod(box) // 8 // 2 >= WORTH_A_THREAD

    def run(threads: int) -> tuple[bytes, tuple[float, ...]]:
        state = Replicas(links, streams(1), threads)
        assert state.pieces == threads
        trajectory = HMC(0.3, 2, "force-gradient").trajectory(state, Wilson(2.3), 9)
        return state.links(0).tobytes(), trajectory.dh

    assert run(2) == run(1)


@pytest.mark.parametrize("box", [(4, 6), (8, 8), (3, 3)])
def test_refused_chains_have_their_old_links_bit_for_bit(box: tuple[int, ...]) -> None:
    # Steps so coarse that about half of the trajectories are refused.
    links, action = hot(SU(2), box, 11), Wilson(4.0)
    state, update, seen = Replicas(links, streams(11)), HMC(2.0, 4, "leapfrog"), set[bool]()
    for number in (0, 1, 2):  # with number 9 links go back to the group
        before = [state.links(chain) for chain in range(11)]
        refused = np.array(state.exhausted)
        trajectory = update.trajectory(state, action, number)
        for chain, accepted in enumerate(trajectory.accepted):
            u = streams(11)[chain].uniform(0, purpose=Purpose.ACCEPT, update=number)[0]
            assert accepted == (u <= min(1.0, math.exp(-trajectory.dh[chain])))
            same = np.array_equal(state.links(chain), before[chain])
            assert same != accepted
            seen.add(accepted)
        assert np.array_equal(np.array(state.exhausted) - refused, 1 - np.array(trajectory.accepted))
    assert seen == {True, False}
    fraction = update.acceptance(state.group, state.lattice, state.exhausted[0], 3)
    assert fraction == pytest.approx(1 - state.exhausted[0] / 3)


def test_a_trajectory_that_runs_away_is_refused() -> None:
    links = hot(SU(2), (4, 4), 2)
    state = Replicas(links, streams(2))
    with np.errstate(all="ignore"):
        trajectory = HMC(1e200, 3, "leapfrog").trajectory(state, Wilson(2.0), 0)
    assert not any(math.isfinite(dh) and dh < 1 for dh in trajectory.dh)
    assert trajectory.accepted == (False, False)
    assert np.array_equal(state.links(1), links[1])


def test_the_warmup_takes_every_trajectory_that_ends() -> None:
    state = Replicas(hot(SU(2), (8, 8), 6), streams(6))
    for number in range(5):
        trajectory = HMC(3.0, 4, "leapfrog", warmup=3).trajectory(state, Wilson(6.0), number)
        assert min(trajectory.dh) > 3  # which is refused later, this small uniform number apart
        assert all(trajectory.accepted) == (number < 3)
    with np.errstate(all="ignore"):
        assert not any(HMC(1e200, 3, warmup=9).trajectory(state, Wilson(6.0), 5).accepted)


def test_every_tenth_trajectory_returns_to_the_group() -> None:
    group, action = SU(3), Wilson(5.5)
    start = [group.haar(np.random.default_rng(0), (2, 4, 3)) * (1 + 1e-9)]
    for number in (8, 9, 10, 19):
        state = Replicas(start, streams(1))
        HMC(0.1, 2, "leapfrog").advance(state, action, number)
        assert (group.defect(state.links(0)).max() < 1e-14) == (number in (9, 19))


@pytest.mark.parametrize("group", GROUPS, ids=repr)
def test_links_do_not_drift_off_the_group(group: UnitaryGroup) -> None:
    state = Replicas([cold(Lattice((4, 3)), group)], streams(1))
    worst = 0.0
    for number in range(200):
        HMC(1.0, 5, "omf2").advance(state, Wilson(2.0 * group.N), number)
        worst = max(worst, float(group.defect(state.links(0)).max()))
    assert 0.0 < worst < 1e-12


def run_of(
    group: UnitaryGroup, beta: float, update: HMC, box: tuple[int, ...], chains: int, count: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """dH and acceptance, shape (count, chains), and plaquettes after 50 heat-bath sweeps to thermalise."""
    state, action = Replicas([cold(Lattice(box), group)] * chains, streams(chains, seed=8)), Wilson(beta)
    for number in range(50):
        Sweep(1).advance(state, action, number)
    dh, accepted, plaquette = [], [], []
    for number in range(50, 50 + count):
        trajectory = update.trajectory(state, action, number)
        dh.append(trajectory.dh)
        accepted.append(trajectory.accepted)
        plaquette.append([plaquettes(state.links(chain), len(box)).mean() for chain in range(chains)])
    return np.array(dh), np.array(accepted), np.array(plaquette)


@pytest.mark.statistical
@pytest.mark.parametrize(
    ("group", "beta", "update"),
    [
        (U1(), 2.0, HMC(1.0, 4, "leapfrog")),
        (SU(2), 4.0, HMC(1.0, 5, "leapfrog")),
        (SU(3), 6.0, HMC(1.8, 4, "omf2")),
        (SU(3), 6.0, HMC(1.0, 1, "omf4")),
        (SU(4), 10.0, HMC(1.2, 2, "force-gradient")),
    ],
    ids=repr,
)
def test_exact_averages(group: UnitaryGroup, beta: float, update: HMC) -> None:
    dh, accepted, plaquette = run_of(group, beta, update, (4, 4), 16, 300)
    # <exp(-dH)> = 1, in blocks of 10 trajectories of each chain
    factor = np.exp(-dh)
    blocks = factor.reshape(-1, 10, 16).mean(axis=1).reshape(-1)
    error = blocks.std(ddof=1) / np.sqrt(blocks.size)
    assert error < 0.05
    assert abs(blocks.mean() - 1) < 4 * error
    assert dh.std() > 0.05  # the test is not about zeros
    # acceptance is erfc(sqrt(<dH>) / 2) where dH is Gaussian
    assert accepted.mean() == pytest.approx(math.erfc(math.sqrt(dh.mean()) / 2), abs=0.03)
    exact = Torus(group.N, beta, 16).plaquette
    means = plaquette.mean(axis=0)  # of the chains, which are independent
    spread = means.std(ddof=1) / np.sqrt(means.size)
    assert abs(means.mean() - exact) < 4 * spread
    # The negative control: another beta.
    assert abs(means.mean() - Torus(group.N, 1.05 * beta, 16).plaquette) > 4 * spread


@pytest.mark.statistical
def test_averages_reject_an_integrator_that_loses_volume(monkeypatch: pytest.MonkeyPatch) -> None:
    # The negative control of <exp(-dH)> = 1: with friction of one in a thousand.
    def friction(
        self: Integrator, state: Replicas, action: Action, momenta: np.ndarray, *rest: float
    ) -> None:
        integrate(self, state, action, momenta, *rest)  # type: ignore[arg-type]
        momenta *= 0.999

    integrate = Integrator.integrate
    monkeypatch.setattr(Integrator, "integrate", friction)
    dh, _, _ = run_of(SU(2), 4.0, HMC(1.0, 5, "leapfrog"), (4, 4), 16, 300)
    factor = np.exp(-dh)
    assert abs(factor.mean() - 1) > 4 * factor.std() / np.sqrt(factor.size)


ACTIONS = [
    LuscherWeisz(1.2),
    Iwasaki(0.8),
    DBW2(0.3),
    Rectangle(1.0, c1=0.2, c0=0.7),
    Wilson(1.5, anisotropy=1.7),
    Wilson(1.5, open=(-1,)),
    LuscherWeisz(1.2, anisotropy=0.6, open=(0, -1)),
]


@pytest.mark.parametrize("action", ACTIONS, ids=repr)
@pytest.mark.parametrize(
    ("group", "box"),
    [(group, box) for group in GROUPS for box in ((4, 6), (3, 2, 4))] + [(SU(3), (2, 3, 4, 4))],
    ids=repr,
)
def test_energy_and_its_conservation_for_every_action(
    group: UnitaryGroup, action: LoopAction, box: tuple[int, ...]
) -> None:
    """Extents of 2 included, where a rectangle holds a link twice."""
    action = dataclasses.replace(action, beta=group.N * action.beta)
    links, d = hot(group, box, 2), len(box)
    changes = []
    for steps in (8, 16):
        state = Replicas(links, streams(2), action=action)
        momenta = state.zeros()
        draw_momenta(state, momenta, 0)
        before = energy(state, action, momenta)
        for chain, start in enumerate(links):
            p = group.coordinates(unpack(momenta, state.blocking, chain))
            expected = 0.5 * np.sum(p**2) + action.value(start, d)
            assert tree_sum(state.per_site(before))[chain] == pytest.approx(expected, rel=1e-12)
        make_integrator("omf4").integrate(state, action, momenta, 0.2, steps)
        changes.append(np.linalg.norm(tree_sum(state.per_site(energy(state, action, momenta) - before))))
    assert changes[0] > 1e-10
    assert np.log2(changes[0] / changes[1]) == pytest.approx(4, abs=0.15)


@pytest.mark.statistical
@pytest.mark.parametrize(
    "action", [LuscherWeisz(4.0), Wilson(5.0, anisotropy=1.5), LuscherWeisz(4.0, open=(-1,))], ids=repr
)
def test_plaquette_is_that_of_the_heat_bath(action: LoopAction) -> None:
    group, box, chains, samples = SU(3), Lattice((4, 4)), 16, {}
    for name, update in (("hmc", HMC(1.0, 4, "omf2")), ("heatbath", Sweep(1))):
        state = Replicas([cold(box, group)] * chains, streams(chains, seed=3), action=action)
        series = []
        for number in range(320):
            update.advance(state, action, number)
            if number >= 20:
                series.append([plaquettes(state.links(chain), 2).mean() for chain in range(chains)])
        samples[name] = np.mean(series, axis=0)
    difference = samples["hmc"].mean() - samples["heatbath"].mean()
    error = math.sqrt(sum(each.var(ddof=1) / chains for each in samples.values()))
    assert error < 3e-3
    assert abs(difference) < 4 * error


@dataclass(frozen=True)
class Stub(Action):
    """An action that is no sum of loops."""

    beta: float = 1.0

    def value(self, links, d=None):  # type: ignore[no-untyped-def]
        raise NotImplementedError

    staple = value


@pytest.mark.parametrize(
    ("action", "lattice", "message"),
    [
        (Stub(), Lattice((4, 4)), "no sum of loops"),
        (Wilson(1.0), Lattice((4, 1)), "extent of 1"),
        (Wilson(1.0), Lattice((8,)), "1 directions"),
        (LuscherWeisz(1.0), Lattice((4, 1)), "extent of 1"),
        (Wilson(1.0), Lattice((2**16, 2**16)), "sites"),
    ],
)
def test_refuses(action: Action, lattice: Lattice, message: str) -> None:
    with pytest.raises(PhysicsError, match=message):
        HMC().validate(action, SU(2), lattice)


def test_update_numbers_out_of_range() -> None:
    links = cold(Lattice((4, 3)), SU(2))
    for number in (-1, 2**32):
        with pytest.raises(InputError, match="update number"):
            HMC().update(links, Wilson(1.0), Stream(1, 0), number)
    assert np.array_equal(links, cold(Lattice((4, 3)), SU(2)))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"length": 0.0}, "length 0.0"),
        ({"length": math.inf}, "length inf"),
        ({"length": math.nan}, "length nan"),
        ({"steps": 0}, "0 steps"),
        ({"integrator": "euler"}, "'euler'"),
        ({"warmup": -1}, "warmup of -1"),
    ],
)
def test_parameters_out_of_range(parameters: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        HMC(**parameters)  # type: ignore[arg-type]


def test_values_and_names() -> None:
    assert HMC(0.5, 4) == HMC(length=0.5, steps=4)
    assert repr(HMC()) == "HMC(length=1.0, steps=5, integrator='omf4', warmup=0)"
    assert HMC(0.5, 4, "omf2").name == "hmc(length=0.5, steps=4, omf2)"
    assert HMC(0.5, 4, "omf2", 9).name == "hmc(length=0.5, steps=4, omf2, warmup=9)"
