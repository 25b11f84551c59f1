from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from oracle import naive_sweep, reference_update
from oracle.exact_2d import Torus
from oracle.one_link import one_link_chains

from lgt.action import Wilson, group_of
from lgt.field import cold
from lgt.group import SU, U1, UnitaryGroup
from lgt.lattice import Lattice
from lgt.loops import plaquettes
from lgt.rng import Stream
from lgt.update import HeatBath, OverRelaxation, Sweep, UpdateReport

STREAM = Stream(seed=7, chain=3)
GROUPS = [U1(), SU(2), SU(3), SU(4)]


def hot(group: UnitaryGroup, extents: tuple[int, ...], seed: int = 0) -> np.ndarray:
    return group.haar(np.random.default_rng(seed), (len(extents), *extents))


def pull_of_means(samples: np.ndarray, expected: float, blocks: int = 160) -> float:
    """Deviation of the mean of correlated series, shape (steps,) or (steps, series), over its error.

    The error is that of the means of blocks of steps, `blocks` of them in all series together.
    """
    series = samples.reshape(len(samples), -1)
    each = blocks // series.shape[1]
    means = series[: len(series) // each * each].reshape(each, -1, series.shape[1]).mean(axis=1)
    return float((means.mean() - expected) / (means.std(ddof=1) / np.sqrt(means.size)))


def schwinger_dyson(chain: np.ndarray, staple: np.ndarray, beta: float) -> np.ndarray:
    """A series of mean 0: (N^2-1) Re tr X - beta ||TA X||^2 with X = U A; U(1): Re X - beta (Im X)^2."""
    group = group_of(chain)
    X = chain @ staple
    size = np.sum(np.abs(group.antihermitian(X)) ** 2, axis=(-2, -1))
    return group.dimension * np.trace(X, axis1=-2, axis2=-1).real - beta * size


@pytest.mark.statistical
@pytest.mark.parametrize("N", [1, 2, 3, 4, 5])
@pytest.mark.parametrize(("strength", "size"), [(0.4, 1.0), (2.0, 1.0), (2.0, 1e-6)])
def test_schwinger_dyson_for_any_fixed_staple(N: int, strength: float, size: float) -> None:
    beta = strength * N / size
    rng = np.random.default_rng(N)
    staple = size * (rng.standard_normal((N, N)) + 1j * rng.standard_normal((N, N)))
    chain, _ = one_link_chains(staple, beta, steps=5_000)
    assert group_of(chain).defect(chain).max() < 1e-11
    assert abs(pull_of_means(schwinger_dyson(chain, staple, beta), 0.0)) < 4
    # The negative control: another beta than the chain's.
    assert abs(pull_of_means(schwinger_dyson(chain, staple, 1.2 * beta), 0.0)) > 4


@pytest.mark.statistical
@pytest.mark.parametrize("N", [1, 2, 3])
def test_a_link_that_keeps_its_value_when_attempts_run_out_is_still_exact(N: int) -> None:
    staple = (0.8 - 0.3j) * np.eye(N) + 0.2 * np.ones((N, N))
    chain, exhausted = one_link_chains(staple, 2.0, steps=5_000, attempts=1)
    assert exhausted > 0
    kept = np.mean(np.all(chain[1:] == chain[:-1], axis=(-2, -1)))
    assert N > 1 or kept == 0.0  # the reflection moves the link even so
    assert abs(pull_of_means(schwinger_dyson(chain, staple, 2.0), 0.0)) < 4


@pytest.mark.statistical
@pytest.mark.parametrize("N", [1, 2, 3, 5])
def test_unit_staple_gives_the_single_plaquette(N: int) -> None:
    beta = 1.5 * N
    chain, _ = one_link_chains(np.eye(N, dtype=complex), beta, steps=5_000)
    exact = Torus(N, beta).plaquette
    trace = np.trace(chain, axis1=-2, axis2=-1).real / N
    assert abs(pull_of_means(trace, exact)) < 4
    assert abs(pull_of_means(trace, Torus(N, 1.05 * beta).plaquette)) > 4


@pytest.mark.statistical
@pytest.mark.parametrize("N", [1, 2, 3, 4])
@pytest.mark.parametrize("size", [0.0, 1e-170])
def test_a_vanishing_staple_gives_the_haar_measure(N: int, size: float) -> None:
    staple = size * np.eye(N, dtype=complex)
    chain, _ = one_link_chains(staple, 3.0, steps=5_000)
    assert group_of(chain).defect(chain).max() < 1e-11
    t = np.trace(chain, axis1=-2, axis2=-1)
    square = np.trace(chain @ chain, axis1=-2, axis2=-1)
    moments = {1: (1, 0), 2: (2, -1), 3: (2, 0), 4: (2, 0)}  # <|tr U|^4>, <tr U^2>
    fourth, second = moments[N]
    if N > 1:
        assert abs(pull_of_means(np.abs(t) ** 2, 1.0)) < 4
        assert abs(pull_of_means(np.abs(t) ** 4, fourth)) < 4
        assert abs(pull_of_means((t**N).real, 1.0)) < 4
    assert abs(pull_of_means(t.real, 0.0)) < 4
    assert abs(pull_of_means(square.real, second)) < 4
    if N > 2 or N == 1:
        assert abs(pull_of_means(t.imag, 0.0)) < 4


@pytest.mark.parametrize("group", GROUPS, ids=repr)
@pytest.mark.parametrize("extents", [(2, 3), (2, 2, 3)])
@pytest.mark.parametrize("beta", [0.3, 6.0])
def test_sweep_agrees_with_the_slow_reference(
    group: UnitaryGroup, extents: tuple[int, ...], beta: float
) -> None:
    links = hot(group, extents)
    for number in (0, 41):
        expected = reference_update.heat_sweep(links, beta, STREAM, number)
        report = HeatBath().update(links, Wilson(beta), STREAM, number)
        assert report == UpdateReport(links=len(extents) * np.prod(extents), exhausted=0)
        np.testing.assert_allclose(links, expected, atol=1e-12)


@pytest.mark.parametrize("group", [U1(), SU(2), SU(3), SU(4)], ids=repr)
@pytest.mark.parametrize("extents", [(8, 8), (16, 6), (3, 4, 5), (4, 4, 8), (8, 8, 4, 4), (2, 3, 2, 8)])
def test_packed_sweeps_agree_with_the_straightforward_ones(
    group: UnitaryGroup, extents: tuple[int, ...]
) -> None:
    beta = 2.0 * group.N
    links = hot(group, extents)
    for number in range(8):
        naive_sweep.heat_bath(links, beta, *STREAM.key, number)
    expected = links.copy()
    assert naive_sweep.heat_bath(expected, beta, *STREAM.key, 8) == 0
    HeatBath().update(links, Wilson(beta), STREAM, 8)
    np.testing.assert_allclose(links, expected, atol=1e-12)
    naive_sweep.over_relax(expected)
    OverRelaxation().update(links, Wilson(beta), STREAM, 9)
    np.testing.assert_allclose(links, expected, atol=2e-12)


def test_the_same_numbers_give_the_same_bits_and_others_do_not() -> None:
    def run(stream: Stream, first: int = 0, chunks: tuple[int, ...] = (4,)) -> bytes:
        links = cold(Lattice((4, 3)), SU(2))
        number = first
        for chunk in chunks:
            for _ in range(chunk):
                HeatBath().update(links, Wilson(2.0), stream, number)
                number += 1
        return links.tobytes()

    reference = run(Stream(1, 0))
    assert run(Stream(1, 0), chunks=(1, 3)) == reference
    assert len({reference, run(Stream(2, 0)), run(Stream(1, 1)), run(Stream(1, 0), first=1)}) == 4


def test_threads_do_not_change_a_bit() -> None:
    def run(chain: int) -> bytes:
        links = cold(Lattice((6, 4, 4)), SU(3))
        for number in range(40):
            Sweep(overrelax=1).update(links, Wilson(5.5), Stream(seed=1, chain=chain), number)
        return links.tobytes()

    serial = [run(chain) for chain in range(4)]
    assert len(set(serial)) == 4
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(run, range(4))) == serial


@pytest.mark.parametrize("N", [1, 2, 3])
def test_exhausted_draws_are_counted_and_leave_the_link(N: int) -> None:
    chain, exhausted = one_link_chains(np.eye(N, dtype=complex), 2.0, steps=3, attempts=0, reflections=0)
    assert exhausted == 3 * 8 * max(1, N * (N - 1) // 2)
    assert np.array_equal(chain, np.broadcast_to(np.eye(N), chain.shape))


@pytest.mark.parametrize("N", [2, 5, 23])
def test_every_size_up_to_the_largest(N: int) -> None:
    links = cold(Lattice((2, 3)), SU(N))
    action = Wilson(2.0 * N)
    assert HeatBath().update(links, action, STREAM, 0).exhausted == 0
    before = action.value(links)
    OverRelaxation().update(links, action, STREAM, 1)
    assert abs(action.value(links) - before) < 1e-9
    assert SU(N).defect(links).max() < 1e-11


@pytest.mark.statistical
@pytest.mark.parametrize(
    ("group", "extents", "beta"),
    [(SU(2), (8, 8), 2.0), (SU(3), (3, 4), 4.0), (U1(), (3, 5), 1.5), (SU(4), (2, 3), 8.0)],
    ids=repr,
)
def test_plaquette_of_a_torus(group: UnitaryGroup, extents: tuple[int, ...], beta: float) -> None:
    links, action = hot(group, extents), Wilson(beta)
    series = []
    for number in range(4200):
        Sweep(overrelax=1).update(links, action, Stream(seed=5, chain=0), number)
        if number >= 200:
            series.append(plaquettes(links).mean())
    volume = int(np.prod(extents))
    assert abs(pull_of_means(np.array(series), Torus(group.N, beta, volume).plaquette)) < 4
    assert abs(pull_of_means(np.array(series), Torus(group.N, 1.1 * beta, volume).plaquette)) > 4


@pytest.mark.statistical
@pytest.mark.parametrize(
    ("group", "extents", "beta"),
    [(U1(), (2, 3, 4), 1.1), (SU(2), (4, 3, 2), 3.0), (SU(3), (2, 3, 2, 4), 5.5)],
    ids=repr,
)
def test_schwinger_dyson_on_a_lattice(group: UnitaryGroup, extents: tuple[int, ...], beta: float) -> None:
    links, action = hot(group, extents), Wilson(beta)
    series, control = [], []
    for number in range(1100):
        Sweep(overrelax=1).update(links, action, Stream(seed=6, chain=0), number)
        if number >= 100:
            staple = action.staple(links, len(extents))  # from the loop code, not the update's own
            series.append(schwinger_dyson(links, staple, beta).mean())
            control.append(schwinger_dyson(links, staple, 1.05 * beta).mean())
    assert abs(pull_of_means(np.array(series), 0.0, blocks=50)) < 4
    assert abs(pull_of_means(np.array(control), 0.0, blocks=50)) > 4
