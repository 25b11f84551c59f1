from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from oracle import literal_flow

from lgt.action import Wilson
from lgt.clover import energy_plaquette
from lgt.errors import InputError, PhysicsError
from lgt.field import cold, gauge_transform, space_transform
from lgt.gradient_flow import FLOWS, SymanzikFlow, WilsonFlow, _Adaptive, flow_history, gradient_flow
from lgt.group import SU, U1, SignedPermutation, UnitaryGroup
from lgt.lattice import Lattice
from lgt.replicas import Replicas
from lgt.rng import Stream
from lgt.update import Sweep

GROUPS = [U1(), SU(2), SU(3), SU(4)]
C1 = {"wilson": 0.0, "symanzik": -1 / 12}


def hot(group: UnitaryGroup, box: tuple[int, ...], seed: int = 0) -> np.ndarray:
    return group.haar(np.random.default_rng(seed), (len(box), *box))


@pytest.mark.parametrize("action", C1)
@pytest.mark.parametrize("group", GROUPS, ids=repr)
@pytest.mark.parametrize("box", [(4, 3), (4, 3, 2), (2, 3, 4, 3)])
def test_a_step_against_the_scheme_written_out(
    group: UnitaryGroup, box: tuple[int, ...], action: str
) -> None:
    links = hot(group, box)
    flowed = gradient_flow(links, 0.05, step=0.05, action=action)
    assert np.abs(flowed - literal_flow.runge_kutta(links, 0.05, C1[action])).max() <= 1e-13
    assert group.defect(flowed).max() <= 1e-12


@pytest.mark.parametrize("action", C1)
@pytest.mark.parametrize("group", GROUPS, ids=repr)
def test_links_stay_in_the_group_and_the_energy_falls(group: UnitaryGroup, action: str) -> None:
    links = hot(group, (4, 4, 6))
    energies = []
    for _, flowed in flow_history(links, np.linspace(0, 1, 11), step=0.05, action=action):
        assert group.defect(flowed).max() <= 1e-12
        energies.append(energy_plaquette(flowed).sum())
    assert len(energies) == 11
    assert np.all(np.diff(energies) < 0)


@pytest.mark.parametrize("group", GROUPS, ids=repr)
def test_the_energy_falls_at_the_rate_of_the_force(group: UnitaryGroup) -> None:
    """d/dt sum 2 Re tr(1 - P) = -2 sum |TA X|^2, by a five-point difference around t."""
    links, h = hot(group, (4, 3, 4)), 5e-3
    start = gradient_flow(links, 0.1)
    sums = [energy_plaquette(each).sum() for _, each in flow_history(start, [k * h for k in range(5)])]
    middle = gradient_flow(start, 2 * h)
    slope = (sums[0] - 8 * sums[1] + 8 * sums[3] - sums[4]) / (12 * h)
    expected = -2 * np.sum(np.abs(literal_flow.descent(middle)) ** 2)
    assert slope == pytest.approx(expected, rel=1e-5)
    assert slope != pytest.approx(1.001 * expected, rel=1e-5)


def test_the_error_falls_with_the_third_power_of_the_step() -> None:
    links = gradient_flow(hot(SU(3), (4, 4, 4)), 0.1)
    exact = gradient_flow(links, 0.4, step=0.4 / 512)
    errors = [np.abs(gradient_flow(links, 0.4, step=0.4 / n) - exact).max() for n in (8, 16, 32)]
    orders = np.log2(np.divide(errors[:-1], errors[1:]))
    assert np.all(np.abs(orders - 3) < 0.25), orders
    # The control: Euler's scheme is of first order.
    eulers = []
    for n in (8, 16, 32):
        W = links
        for _ in range(n):
            W = literal_flow.stout(W, 0.4 / n)
        eulers.append(np.abs(W - exact).max())
    assert np.log2(eulers[1] / eulers[2]) < 1.3


@pytest.mark.parametrize("action", C1)
def test_the_flow_commutes_with_gauge_and_space_transformations(action: str) -> None:
    links, group = hot(SU(3), (4, 2, 3)), SU(3)
    omega, g = group.haar(np.random.default_rng(1), (4, 2, 3)), SignedPermutation.parse("-1 +2 -0")
    flowed = gradient_flow(links, 0.3, step=0.05, action=action)
    turned = gradient_flow(gauge_transform(links, omega), 0.3, step=0.05, action=action)
    assert np.abs(turned - gauge_transform(flowed, omega)).max() <= 1e-12
    moved = gradient_flow(space_transform(links, g), 0.3, step=0.05, action=action)
    assert np.abs(moved - space_transform(flowed, g)).max() <= 1e-12
    assert np.abs(moved - space_transform(links, g)).max() > 0.1


@pytest.mark.parametrize("tolerance", [None, 1e-4])
def test_alone_in_a_batch_and_with_threads_the_bits_are_the_same(tolerance: float | None) -> None:
    batch = np.stack([hot(SU(2), (4, 6, 4), seed) for seed in range(10)]).reshape(2, 5, 3, 4, 6, 4, 2, 2)
    flowed = gradient_flow(batch, 0.2, step=0.05, tolerance=tolerance, threads=2)
    assert flowed.shape == batch.shape
    for place in ((0, 0), (1, 4)):
        assert np.array_equal(gradient_flow(batch[place], 0.2, step=0.05, tolerance=tolerance), flowed[place])
    big = hot(SU(2), (16, 16, 8, 16))
    both = [gradient_flow(big, 0.04, step=0.02, tolerance=tolerance, threads=n) for n in (1, 2)]
    assert np.array_equal(*both)


def test_a_history_lands_on_its_times() -> None:
    links, times = hot(SU(2), (4, 4)), [0, 0.05, 0.05, 0.11, 0.3]
    history = dict(flow_history(links, times, step=0.02))
    assert list(history) == [0, 0.05, 0.11, 0.3]
    assert np.array_equal(history[0], links)
    for t, flowed in history.items():
        # Steps of another length: the difference is that of the integration.
        assert np.abs(flowed - gradient_flow(links, t, step=0.001)).max() < 2e-4
    assert np.abs(history[0.3] - history[0.11]).max() > 0.05


def test_the_adaptive_flow_reaches_its_tolerance() -> None:
    links = hot(SU(3), (4, 4, 4))
    exact = gradient_flow(links, 1.0, step=0.002)
    errors = [np.abs(gradient_flow(links, 1.0, tolerance=eps) - exact).max() for eps in (1e-3, 1e-5, 1e-7)]
    assert errors[0] > errors[1] > errors[2]
    # What is measured step by step is of second order; the result gains on it.
    assert errors[1] < 1e-4
    assert errors[2] < 2e-6


def test_single_precision_is_raised() -> None:
    links = hot(SU(2), (4, 4))
    flowed = gradient_flow(links.astype(np.complex64), 0.1)
    assert flowed.dtype == np.complex128
    assert np.abs(flowed - gradient_flow(links, 0.1)).max() < 1e-6


def test_d_is_asked_for_where_the_shape_leaves_it_open() -> None:
    links = np.broadcast_to(np.eye(2), (2, 3, 2, 4, 4, 2, 2))
    assert gradient_flow(links, 0.1, d=2).shape == links.shape


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"times": [-1]}, InputError, "below 0"),
        ({"times": [float("nan")]}, InputError, "not finite"),
        ({"times": [1, 0.5]}, InputError, "before the last"),
        ({"step": 0}, InputError, "no positive step"),
        ({"step": 0.4}, PhysicsError, "unstable"),
        ({"tolerance": 0.0}, InputError, "outside"),
        ({"action": "willson"}, InputError, "no flow of that name"),
    ],
)
def test_what_makes_no_sense_is_refused_at_once(
    options: dict[str, object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        flow_history(hot(SU(2), (4, 4)), **{"times": [1], **options})  # type: ignore[arg-type]


def test_the_largest_step_is_where_the_flow_turns_unstable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Above it, a wave of the highest frequency grows instead of falling."""
    angle = 1e-6 * (-1.0) ** np.indices((4, 4)).sum(axis=0)
    links = np.exp(1j * np.stack([angle, -angle]))[..., None, None]
    longest = WilsonFlow().largest_step(2)
    before = np.abs(np.angle(links)).max()
    assert np.abs(np.angle(gradient_flow(links, 20 * 0.99 * longest, step=0.99 * longest))).max() < before
    monkeypatch.setattr(WilsonFlow, "stiffness", 0.5)
    assert np.abs(np.angle(gradient_flow(links, 20 * 1.03 * longest, step=1.03 * longest))).max() > 2 * before


@pytest.mark.parametrize(("action", "longest"), [("wilson", 0.156875), ("symanzik", 0.094125)])
def test_the_largest_step_of_each_flow_in_four_dimensions(action: str, longest: float) -> None:
    """2.51 / 16, and 3/5 of it: a step of 0.15 is too long for Symanzik's flow alone."""
    links = hot(SU(2), (2, 3, 2, 2))
    gradient_flow(links, 0.01, step=0.999 * longest, action=action)
    for step in (1.001 * longest, 0.16, *[0.15] * (action == "symanzik")):
        with pytest.raises(PhysicsError, match=f"{action} flow with step .* an unstable step"):
            gradient_flow(links, 0.01, step=step, action=action)


def test_the_largest_step_of_the_symanzik_flow_is_where_it_turns_unstable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    angle = 1e-6 * (-1.0) ** np.indices((4, 4)).sum(axis=0)
    links = np.exp(1j * np.stack([angle, -angle]))[..., None, None]
    longest = SymanzikFlow().largest_step(2)
    monkeypatch.setattr(SymanzikFlow, "stiffness", 0.5)
    sizes = [
        np.abs(np.angle(gradient_flow(links, 20 * step, step=step, action="symanzik"))).max()
        for step in (0.99 * longest, 1.03 * longest)
    ]
    assert sizes[0] < 1e-6
    assert sizes[1] > 2e-6


def steps_tried(
    monkeypatch: pytest.MonkeyPatch, links: np.ndarray, time: float, **options: Any
) -> list[float]:
    steps: list[float] = []
    attempt = _Adaptive._try

    def counted(self: _Adaptive, step: float) -> float:
        steps.append(step)
        return attempt(self, step)

    with monkeypatch.context() as patch:
        patch.setattr(_Adaptive, "_try", counted)
        gradient_flow(links, time, **options)
    return steps


@pytest.mark.parametrize("action", C1)
def test_the_adaptive_step_stays_stable(action: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where links do not move any step is within the tolerance, but a long one would let rounding grow."""
    steps = steps_tried(monkeypatch, cold(Lattice((4, 4)), SU(2)), 10.0, tolerance=1e-3, action=action)
    longest = FLOWS[action]().largest_step(2)
    assert steps[0] == 0.01
    assert max(steps) == longest
    assert len(steps) >= 10 / longest


@pytest.mark.parametrize("group", [SU(2), SU(3)], ids=repr)
def test_the_distance_that_a_tolerance_holds(group: UnitaryGroup, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both schemes written out for one step, the largest difference of a link over N^2."""
    links, step = hot(group, (3, 4)), 0.02
    first = literal_flow.descent(links)
    quarter = literal_flow.moved(links, step / 4 * first)
    second_order = literal_flow.moved(quarter, step * (2 * literal_flow.descent(quarter) - 5 / 4 * first))
    apart = second_order - literal_flow.runge_kutta(links, step)
    distance = np.sqrt((np.abs(apart) ** 2).sum(axis=(-2, -1))).max() / group.N**2
    assert distance > 1e-6
    assert steps_tried(monkeypatch, links, step, step=step, tolerance=1.001 * distance) == [step]
    shorter = steps_tried(monkeypatch, links, step, step=step, tolerance=0.5 * distance)
    assert shorter[:2] == [step, pytest.approx(step / 2)]
    # Half the tolerance makes a step of 0.95 / 2^(1/3) = 0.754 the next, and two halves of the rest.
    kept = steps_tried(monkeypatch, links, step, step=step, tolerance=0.999 * distance)
    assert len(kept) == len(shorter) == 3


@pytest.mark.statistical
def test_the_mean_energy_at_weak_coupling_is_that_of_free_waves() -> None:
    """<E> = (D-1)(N^2-1) g^2/2 [sum over p != 0 of exp(-2 t p^2) + 1/2] / V, with 1/2 for constant fields."""
    L, chains, beta, times = 6, 16, 400.0, [0.25, 0.5, 1.0]
    start = cold(Lattice((L,) * 4), SU(2))
    state = Replicas([start] * chains, [Stream(7, chain) for chain in range(chains)])
    samples = []
    for number in range(150):
        Sweep(2).advance(state, Wilson(beta), number)
        if number >= 50 and number % 5 == 0:
            links = np.stack([state.links(chain) for chain in range(chains)])
            history = flow_history(links, times, step=0.05, d=4)
            samples.append([energy_plaquette(each, 4).mean(axis=(-4, -3, -2, -1)) for _, each in history])
    means = np.mean(samples, axis=0)
    found, error = means.mean(axis=1), means.std(axis=1, ddof=1) / np.sqrt(chains)
    waves = (2 * np.sin(np.pi * np.arange(L) / L)) ** 2
    for k, t in enumerate(times):
        modes = np.exp(-2 * t * waves).sum() ** 4 - 1
        expected = 3 * 3 * (4 / beta / 2) * (modes + 0.5) / L**4
        assert error[k] < 0.02 * expected
        assert abs(found[k] - expected) < 4 * error[k]
        # The control: without the constant fields it is another number where few waves are left.
        assert t < 1 or abs(found[k] - expected * modes / (modes + 0.5)) > 4 * error[k]
