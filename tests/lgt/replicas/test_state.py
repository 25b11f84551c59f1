from __future__ import annotations

import numpy as np
import pytest

from lgt.action import ACTIONS, DBW2, Action, Iwasaki, LuscherWeisz, Rectangle, Wilson, make_action
from lgt.errors import InputError, PhysicsError, ShapeError
from lgt.group import SU, U1, UnitaryGroup
from lgt.kernels.packed import WIDTH
from lgt.replicas import Replicas
from lgt.replicas.motion import drift, kick
from lgt.replicas.state import WORTH_A_THREAD
from lgt.rng import Stream
from lgt.update import HMC, OverRelaxation, Sweep

BOXES = [(8, 8), (3, 4), (4, 6, 8), (3, 2, 4), (4, 4, 2, 3)]


def hot(group: UnitaryGroup, box: tuple[int, ...], chains: int) -> list[np.ndarray]:
    return list(group.haar(np.random.default_rng(chains), (chains, len(box), *box)))


def swept(links: list[np.ndarray], threads: int = 1, first: int = 0) -> list[np.ndarray]:
    state = Replicas(links, [Stream(5, first + chain) for chain in range(len(links))], threads)
    for number in range(11):
        Sweep(1).advance(state, Wilson(1.8 * links[0].shape[-1]), number)
    assert state.exhausted == [0] * len(links)
    return [state.links(chain) for chain in range(len(links))]


@pytest.mark.parametrize("group", [U1(), SU(2), SU(3)], ids=repr)
@pytest.mark.parametrize("box", BOXES)
def test_a_chain_is_the_same_alone_or_in_company(group: UnitaryGroup, box: tuple[int, ...]) -> None:
    links = hot(group, box, 9)
    together = swept(links, threads=2)
    for chain in (0, 3, 8):
        (alone,) = swept([links[chain]], first=chain)
        assert np.array_equal(alone, together[chain])
    # The negative control: another stream is another chain.
    assert not np.array_equal(swept([links[0]], first=1)[0], together[0])


def test_threads_change_no_bit() -> None:
    box = (16, 16, 8, 16)
    assert np.prod(box) // WIDTH // 2 >= WORTH_A_THREAD
    links = hot(SU(2), box, 1)
    state = Replicas(links, [Stream(1, 0)], threads=2)
    assert state.pieces == 2
    assert np.array_equal(swept(links, threads=2)[0], swept(links)[0])


@pytest.mark.parametrize("group", [U1(), SU(2), SU(3), SU(4)], ids=repr)
@pytest.mark.parametrize("box", BOXES)
def test_kick_and_drift_agree_with_the_group_algebra(group: UnitaryGroup, box: tuple[int, ...]) -> None:
    action, links = Wilson(2.3), hot(group, box, 3)
    state = Replicas(links, [Stream(1, chain) for chain in range(3)])
    momenta = state.zeros()
    kick(state, action, momenta, 0.3)
    forces = [action.force(each, len(box)) for each in links]
    drift(state, momenta, 0.5)
    for chain, force in enumerate(forces):
        expected = group.exp(-0.15 * force) @ links[chain]
        np.testing.assert_allclose(state.links(chain), expected, atol=1e-13)


VARIANTS: list[Action] = [
    *[make_action(name, 2.3) for name in ACTIONS],
    Wilson(2.3, anisotropy=1.7),
    Wilson(2.3, open=(-1,)),
    LuscherWeisz(2.3, anisotropy=0.6, open=(0, -1)),
    Rectangle(2.3, c1=-0.2, c0=0.7, open=(1,)),
]


@pytest.mark.parametrize("action", VARIANTS, ids=repr)
@pytest.mark.parametrize("box", [(8, 8), (3, 4), (4, 5, 3), (4, 4, 8, 4), (3, 4, 3, 5)])
def test_packed_forces_of_every_action(action: Action, box: tuple[int, ...]) -> None:
    group = SU(3)
    links = hot(group, box, 2)
    state = Replicas(links, [Stream(1, 0), Stream(1, 1)], action=action)
    momenta = state.zeros()
    kick(state, action, momenta, 1.0)
    drift(state, momenta, 1.0)
    for chain in range(2):
        expected = group.exp(-action.force(links[chain], len(box))) @ links[chain]
        np.testing.assert_allclose(state.links(chain), expected, atol=1e-12)


@pytest.mark.parametrize("action", VARIANTS, ids=repr)
@pytest.mark.parametrize("box", [(8, 8), (3, 4), (4, 4, 8, 4), (3, 4, 3, 5)])
def test_overrelaxation_keeps_every_action(action: Action, box: tuple[int, ...]) -> None:
    (links,) = hot(SU(3), box, 1)
    before = action.value(links, len(box))
    moved = links.copy()
    OverRelaxation().update(moved, action, Stream(1, 0), 0)
    assert abs(action.value(moved, len(box)) - before) < 1e-10
    assert np.abs(moved - links).max() > 0.1
    other = Wilson(2.3) if action.name == "dbw2" else DBW2(2.3)
    assert abs(other.value(moved, len(box)) - other.value(links, len(box))) > 1e-3


@pytest.mark.parametrize("box", [(6, 6, 6), (2, 3, 4), (5, 7), (4, 6, 10, 2)], ids=str)
def test_links_that_move_at_once_fill_the_vectors_and_get_the_same_bits(box: tuple[int, ...]) -> None:
    links, action = hot(SU(3), box, 1), Iwasaki(2.0)
    results = []
    for at_once in (False, True):
        state = Replicas(links, [Stream(1, 0)], action=action, at_once=at_once)
        for number in range(2):
            HMC(length=0.2, steps=2).advance(state, action, number)
        results.append(state.links(0))
    np.testing.assert_array_equal(results[0], results[1])
    assert state.blocking.replicas == 8 // max(k for k in (1, 2, 4, 8) if np.prod(box) % k == 0)
    with pytest.raises(PhysicsError, match="at once"):
        OverRelaxation().advance(state, Wilson(2.0), 0)


def test_chains_packed_for_plaquettes_do_not_take_rectangles() -> None:
    (links,) = hot(SU(3), (4, 4), 1)
    with pytest.raises(PhysicsError, match="packed for smaller loops"):
        OverRelaxation().advance(Replicas([links], [Stream(1, 0)]), LuscherWeisz(2.3), 0)


@pytest.mark.parametrize("action", [Wilson(2.3), LuscherWeisz(2.3)], ids=repr)
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_links_that_do_not_fit_the_caches_get_the_same_bits(
    action: Action, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    (links,) = hot(SU(2), (32, 8, 8), 1)
    usual = Replicas([links], [Stream(1, 0)], action=action)
    monkeypatch.setattr("lgt.replicas.visits.CACHE", 0)
    monkeypatch.setattr("lgt.replicas.state.WORTH_A_THREAD", 1)
    other = Replicas([links], [Stream(1, 0)], threads, action)
    assert other.phases != usual.phases or threads == 1
    for number in range(2):
        Sweep(1).advance(usual, action, number)
        Sweep(1).advance(other, action, number)
    np.testing.assert_array_equal(other.links(0), usual.links(0))


def test_what_does_not_fit_is_refused() -> None:
    links = hot(SU(2), (3, 4), 2)
    with pytest.raises(InputError, match="streams"):
        Replicas(links, [Stream(1, 0)])
    with pytest.raises(InputError, match="seed"):
        Replicas(links, [Stream(1, 0), Stream(2, 1)])
    with pytest.raises(ShapeError, match="different shapes"):
        Replicas([links[0], links[1][:, :2]], [Stream(1, 0), Stream(1, 1)])


@pytest.mark.parametrize("box", BOXES)
def test_numbers_of_sites_come_in_their_order(box: tuple[int, ...]) -> None:
    chains = 11
    state = Replicas(hot(SU(2), box, chains), [Stream(5, chain) for chain in range(chains)])
    values, volume = state.site_zeros(), int(np.prod(box))
    lane = np.arange(WIDTH) * state.blocking.replicas // WIDTH
    for group in range(len(values)):
        values[group] = state.blocking.sites + 1000.0 * (group * state.blocking.replicas + lane)
    expected = np.arange(volume) + 1000.0 * np.arange(chains)[:, None]
    assert np.array_equal(state.per_site(values), expected)


@pytest.mark.parametrize("box", BOXES)
def test_links_are_saved_restored_and_refused(box: tuple[int, ...]) -> None:
    chains = 11
    links = hot(SU(2), box, chains)
    state = Replicas(links, [Stream(5, chain) for chain in range(chains)])
    old = state.spare("old")
    assert state.spare("old") is old
    assert state.spare("other") is not old
    state.save(old)
    OverRelaxation().advance(state, Wilson(2.0), 0)
    moved = [state.links(chain) for chain in range(chains)]
    refused = np.arange(chains) % 3 == 1
    for times in (1, 2):
        state.refuse(old, refused)
        assert state.exhausted == (times * refused).tolist()
    for chain in range(chains):
        assert np.array_equal(state.links(chain), links[chain] if refused[chain] else moved[chain])
        assert not np.array_equal(links[chain], moved[chain])
    state.restore(old)
    assert all(np.array_equal(state.links(chain), links[chain]) for chain in range(chains))
