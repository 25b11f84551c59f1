from __future__ import annotations

import math

import numpy as np
import pytest
from oracle import reference_update
from oracle.exact_2d import Torus
from oracle.one_link import metropolis_chains, one_link_chains

from lgt.action import LoopAction, LuscherWeisz, Wilson, group_of
from lgt.errors import InputError
from lgt.field import cold
from lgt.group import SU, U1, UnitaryGroup
from lgt.lattice import Lattice
from lgt.loops import plaquettes
from lgt.replicas import Replicas
from lgt.replicas.state import WORTH_A_THREAD
from lgt.rng import Stream
from lgt.update import Metropolis, Sweep, UpdateReport

STREAM = Stream(seed=7, chain=3)
GROUPS = [U1(), SU(2), SU(3), SU(4)]


def hot(group: UnitaryGroup, box: tuple[int, ...], seed: int = 0) -> np.ndarray:
    return group.haar(np.random.default_rng(seed), (len(box), *box))


def pull(samples: np.ndarray, expected: float, blocks: int = 160) -> float:
    """Deviation of the mean of correlated series, shape (steps, 8), in errors from means of blocks."""
    each = blocks // samples.shape[1]
    means = samples[: len(samples) // each * each].reshape(each, -1, samples.shape[1]).mean(axis=1)
    return float((means.mean() - expected) / (means.std(ddof=1) / np.sqrt(means.size)))


@pytest.mark.parametrize("group", GROUPS, ids=repr)
@pytest.mark.parametrize("box", [(2, 3), (2, 2, 3), (4, 4)])
def test_sweep_agrees_with_the_slow_reference(group: UnitaryGroup, box: tuple[int, ...]) -> None:
    links, beta, update = hot(group, box), 1.5 * group.N, Metropolis(hits=3, step=0.6)
    for number in (0, 41):
        expected, refused = reference_update.metropolis_sweep(links, beta, 3, 0.6, STREAM, number)
        report = update.update(links, Wilson(beta), STREAM, number)
        assert report == UpdateReport(links=len(box) * int(np.prod(box)), exhausted=refused)
        np.testing.assert_allclose(links, expected, rtol=0, atol=1e-12)
        assert 0 < refused < update.proposals(group, Lattice(box))


def test_proposals_are_counted() -> None:
    box = Lattice((4, 6))
    assert Metropolis(3).proposals(U1(), box) == 3 * 2 * 24
    assert Metropolis(3).proposals(SU(4), box) == 3 * 6 * 2 * 24
    links = cold(box, SU(4))
    small = Metropolis(3, 1e-9).update(links, Wilson(8.0), STREAM, 0)
    assert small.exhausted == 0  # proposals that change nothing are accepted
    assert Metropolis(3).acceptance(SU(4), box, 0, 1) == 1.0


@pytest.mark.statistical
@pytest.mark.parametrize("N", [1, 2, 3, 4])
@pytest.mark.parametrize(("strength", "step"), [(0.4, 1.0), (2.0, 0.5)])
def test_schwinger_dyson_for_any_fixed_staple(N: int, strength: float, step: float) -> None:
    beta = strength * N
    rng = np.random.default_rng(N)
    staple = rng.standard_normal((N, N)) + 1j * rng.standard_normal((N, N))
    chain, refused = metropolis_chains(staple, beta, steps=5_000, hits=6, step=step)
    group = group_of(chain)
    assert group.defect(chain).max() < 1e-10
    assert refused > 0
    X = chain @ staple
    trace = group.dimension * np.trace(X, axis1=-2, axis2=-1).real
    size = np.sum(np.abs(group.antihermitian(X)) ** 2, axis=(-2, -1))
    assert abs(pull(trace - beta * size, 0.0)) < 4
    # The negative control: another beta than the chain's.
    assert abs(pull(trace - 1.2 * beta * size, 0.0)) > 4


@pytest.mark.statistical
@pytest.mark.parametrize("N", [1, 2, 3])
def test_unit_staple_gives_the_single_plaquette(N: int) -> None:
    beta, staple = 1.5 * N, np.eye(N, dtype=complex)
    chain, _ = metropolis_chains(staple, beta, steps=5_000, hits=6, step=0.8)
    trace = np.trace(chain, axis1=-2, axis2=-1).real / N
    assert abs(pull(trace, Torus(N, beta).plaquette)) < 4
    assert abs(pull(trace, Torus(N, 1.05 * beta).plaquette)) > 4


@pytest.mark.statistical
def test_distribution_is_that_of_the_heat_bath() -> None:
    rng = np.random.default_rng(5)
    staple = rng.standard_normal((3, 3)) + 1j * rng.standard_normal((3, 3))
    moved, _ = metropolis_chains(staple, 4.0, steps=5_000, hits=6, step=0.7)
    heated, _ = one_link_chains(staple, 4.0, steps=5_000)
    for part in (lambda u: u[..., 0, 1].real, lambda u: np.abs(u[..., 2, 2]) ** 2):
        assert abs(pull(part(moved), float(part(heated).mean()))) < 4


@pytest.mark.statistical
@pytest.mark.parametrize(
    ("group", "action"), [(U1(), Wilson(1.5)), (SU(2), Wilson(2.5)), (SU(3), LuscherWeisz(4.0))], ids=repr
)
def test_plaquette_is_that_of_the_heat_bath(group: UnitaryGroup, action: LoopAction) -> None:
    box, chains, means = Lattice((4, 4)), 16, []
    for update in (Sweep(1), Sweep(1, Metropolis(hits=4, step=0.7))):
        streams = [Stream(2, chain) for chain in range(chains)]
        state, series = Replicas([cold(box, group)] * chains, streams, action=action), []
        for number in range(420):
            update.advance(state, action, number)
            if number >= 20:
                series.append([plaquettes(state.links(chain), 2).mean() for chain in range(chains)])
        means.append(np.mean(series, axis=0))
    error = math.sqrt(sum(each.var(ddof=1) / chains for each in means))
    assert error < 4e-3
    assert abs(means[0].mean() - means[1].mean()) < 4 * error


@pytest.mark.parametrize("group", [U1(), SU(2), SU(3)], ids=repr)
@pytest.mark.parametrize("box", [(8, 8), (3, 4), (2, 3, 4)])
def test_a_chain_is_the_same_alone_or_in_company(group: UnitaryGroup, box: tuple[int, ...]) -> None:
    starts = [hot(group, box, seed) for seed in range(9)]

    def run(chains: list[int], threads: int) -> tuple[list[bytes], list[int]]:
        streams = [Stream(5, chain) for chain in chains]
        state = Replicas([starts[chain] for chain in chains], streams, threads)
        for number in range(5):
            Metropolis(2).advance(state, Wilson(2.0 * group.N), number)
        return [state.links(k).tobytes() for k in range(len(chains))], state.exhausted

    together, refused = run(list(range(9)), threads=2)
    for chain in (0, 3, 8):
        assert run([chain], threads=1) == ([together[chain]], [refused[chain]])


def test_threads_change_no_bit() -> None:
    box = (16, 16, 8, 16)
    assert np.prod(box) // 8 // 2 >= WORTH_A_THREAD

    def run(threads: int) -> tuple[bytes, list[int]]:
        state = Replicas([cold(Lattice(box), SU(2))], [Stream(1, 0)], threads)
        assert state.pieces == threads
        Metropolis(2).advance(state, Wilson(2.3), 0)
        return state.links(0).tobytes(), state.exhausted

    assert run(2) == run(1)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"hits": 0}, "0 hits"),
        ({"step": 0.0}, "step 0.0"),
        ({"step": 1.5}, "step 1.5"),
        ({"step": math.nan}, "nan"),
    ],
)
def test_parameters_out_of_range(parameters: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Metropolis(**parameters)  # type: ignore[arg-type]


def test_values_and_names() -> None:
    assert Metropolis(hits=2) == Metropolis(2, 0.5)
    assert repr(Metropolis()) == "Metropolis(hits=8, step=0.5)"
    assert Metropolis(2, 0.25).name == "metropolis(hits=2, step=0.25)"
