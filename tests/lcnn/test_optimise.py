"""Schedules by hand; L-BFGS on functions whose minimum is known, and its Wolfe conditions."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from torch import Tensor, nn

from lcnn.config import TrainingConfig
from lcnn.optimise import Objective, Quasi, assign, begin, flatten, gradients, iterate, learning_rate


def of(function) -> Objective:  # type: ignore[no-untyped-def]
    def objective(weights: Tensor) -> tuple[float, Tensor]:
        x = weights.clone().requires_grad_()
        value = function(x)
        (gradient,) = torch.autograd.grad(value, x)
        return value.item(), gradient

    return objective


def rosenbrock(x: Tensor) -> Tensor:
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


def minimise(objective: Objective, start: Tensor, iterations: int) -> list[Quasi]:
    states = [begin(objective, start)]
    for _ in range(iterations):
        found = iterate(objective, states[-1])
        if found is None:
            break
        states.append(found[0])
    return states


def rates(**keys: object) -> list[float]:
    config = TrainingConfig(learning_rate=1.0, epochs=4, **keys)
    return [learning_rate(config, step, 2, [3.0, 4.0, 2.0, 2.5, 2.5, 1.0][: step // 2]) for step in range(12)]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"schedule": "constant"}, [1] * 12),
        ({"schedule": "constant", "warmup": 2}, [0.25, 0.5, 0.75, *[1] * 9]),
        ({"schedule": "step", "decay": 0.5, "decay_epochs": 2}, [*[1] * 4, *[0.5] * 4, *[0.25] * 4]),
        ({"schedule": "exponential", "decay": 0.25, "decay_epochs": 1}, [2.0**-k for k in range(12)]),
        # not better in epoch 2, better in 3, not in 4 and 5: from epoch 6 on it is lower
        ({"schedule": "plateau", "decay": 0.5, "decay_epochs": 2}, [*[1] * 10, 0.5, 0.5]),
        ({"schedule": "plateau", "decay": 0.5, "decay_epochs": 1},
         [*[1] * 4, *[0.5] * 4, *[0.25] * 2, *[0.125] * 2]),
    ],
)  # fmt: skip
def test_schedules_by_hand(keys: dict[str, object], expected: list[float]) -> None:
    assert rates(**keys) == pytest.approx(expected)


def test_cosine_falls_to_a_thousandth_and_stays() -> None:
    found = rates(schedule="cosine")
    assert found[0] == 1.0
    assert found[4] == pytest.approx(0.5005)
    assert found[8:] == pytest.approx([1e-3] * 4)
    assert all(a > b for a, b in pairwise(found[:9]))


def test_a_curved_valley_is_followed_to_its_end() -> None:
    start = torch.full((10,), -1.2, dtype=torch.float64)
    states = minimise(of(rosenbrock), start, 200)
    assert states[-1].loss < 1e-25
    assert (states[-1].weights - 1).abs().max() < 1e-12
    losses = [state.loss for state in states]
    assert all(a > b for a, b in pairwise(losses))
    steepest, state, none = 0, begin(of(rosenbrock), start), start.new_zeros(0, 10)
    for _ in range(200):  # without a memory it is steepest descent, which is not there yet
        found = iterate(of(rosenbrock), replace(state, moves=none, changes=none))
        state, steepest = found[0] if found else state, steepest + 1
    assert steepest == 200
    assert state.loss > 1e-3


def test_a_quadratic_is_solved_in_few_iterations_however_small_it_is() -> None:
    """A fit whose loss is 1e-16 from the start: every y.s is far below 1e-10."""
    scales = torch.logspace(0, 2, 8, dtype=torch.float64)

    def tiny(x: Tensor) -> Tensor:
        return 1e-20 * (scales * (x - 1) ** 2).sum()

    states = minimise(of(tiny), torch.zeros(8, dtype=torch.float64), 40)
    assert states[-1].loss < 1e-44
    assert len(states[1].moves) == 1
    assert float(states[1].moves[0] @ states[1].changes[0]) < 1e-10


def test_every_step_obeys_the_wolfe_conditions() -> None:
    objective = of(rosenbrock)
    states = minimise(objective, torch.full((4,), -1.2, dtype=torch.float64), 20)
    for a, b in pairwise(states):
        move = b.weights - a.weights
        slope, later = float(a.gradient @ move), float(b.gradient @ move)
        assert b.loss <= a.loss + 1e-4 * slope
        assert abs(later) <= 0.9 * abs(slope)
    assert len(states) == 21


def test_no_way_down_is_said() -> None:
    assert (
        iterate(of(lambda x: x.square().sum()), begin(of(lambda x: x.square().sum()), torch.zeros(3))) is None
    )
    flat = begin(lambda x: (1.0, torch.ones_like(x)), torch.zeros(3, dtype=torch.float64))
    assert iterate(lambda x: (1.0, torch.ones_like(x)), flat) is None, "a gradient that lies"
    wall = of(lambda x: torch.where(x < 1.5, (x - 1.4).square(), torch.nan).sum())
    states = minimise(wall, torch.tensor([-5.0], dtype=torch.float64), 30)
    assert states[-1].weights.item() == pytest.approx(1.4), "steps into NaN are taken back"


def test_weights_become_a_vector_and_come_back() -> None:
    module = nn.Linear(2, 3)
    phase = nn.Parameter(torch.tensor([1 + 2j, 3 - 1j]))
    parameters = [*module.parameters(), phase]
    vector = flatten(parameters)
    assert vector.shape == (6 + 3 + 4,)
    assign(parameters, vector + 1)
    assert torch.equal(flatten(parameters), vector + 1)
    assert phase[0].item() == 2 + 3j
    phase.abs().square().sum().backward()  # type: ignore[no-untyped-call]
    assert torch.equal(gradients(parameters), torch.cat([torch.zeros(9), 2 * (vector[9:] + 1)]))


def test_the_scale_of_the_loss_does_not_matter() -> None:
    """In float32 with losses of a million, pairs of moves and changes are as good as any."""

    def steep(x: Tensor) -> tuple[float, Tensor]:
        curvature = torch.tensor([1.0, 100.0], dtype=x.dtype) * 1e6
        return float((curvature * x * x).sum()), 2 * curvature * x

    state = begin(steep, torch.tensor([1.0, 1.0]))
    for _ in range(6):
        found = iterate(steep, state)
        if found is None:
            break
        state = found[0]
    assert len(state.moves) >= 2
    assert state.loss < 1e-2


def test_only_the_last_moves_are_remembered() -> None:
    """The newest, oldest first: they are the differences of the last weights and gradients."""
    objective = of(rosenbrock)
    states = [begin(objective, torch.full((4,), -1.2, dtype=torch.float64))]
    for count in range(1, 9):
        found = iterate(objective, states[-1], memory=3)
        assert found is not None
        states.append(found[0])
        last = states[-4:]
        assert len(states[-1].moves) == len(states[-1].changes) == min(count, 3)
        moves = torch.stack([b.weights - a.weights for a, b in pairwise(last)])
        changes = torch.stack([b.gradient - a.gradient for a, b in pairwise(last)])
        assert torch.equal(states[-1].moves, moves)
        assert torch.equal(states[-1].changes, changes)


def ramp(x: Tensor) -> Tensor:
    """Up along x[0] to either side of 0, where a gradient says down; a parabola along x[1]."""
    return torch.where(x[0] == 0, -x[0], x[0].abs()) + 2.5 * x[1] ** 2


@pytest.mark.parametrize(
    "changes",
    [
        [[-1.0, 0.0], [0.0, -1.0]],  # curved downwards: the direction leads up
        [[0.0, 1e12], [1.0, 0.0]],  # all along the ramp: it should lead down and does not
    ],
)
def test_a_direction_that_fails_is_given_up_for_the_gradient(changes: list[list[float]]) -> None:
    moves = torch.eye(2, dtype=torch.float64) if changes[0][0] else torch.eye(2, dtype=torch.float64).flip(0)
    start = begin(of(ramp), torch.tensor([0.0, 1.0], dtype=torch.float64))
    assert start.gradient.tolist() == [-1.0, 5.0]
    found = iterate(of(ramp), replace(start, moves=moves, changes=torch.tensor(changes, dtype=torch.float64)))
    assert found is not None
    state, step = found
    assert state.loss < start.loss
    assert torch.allclose(state.weights - start.weights, -step * start.gradient)
    assert len(state.moves) == 1, "what led there is forgotten"
    assert torch.equal(state.moves[0], state.weights - start.weights)


def broken_line(slopes: list[float], kinks: list[float], width: float) -> Objective:
    """A function of one weight whose slope changes at the kinks, rounded off over the width."""

    def line(x: Tensor) -> Tensor:
        bends = [
            0.5 * (b - a) * ((x - at) ** 2 + width**2).sqrt()
            for (a, b), at in zip(pairwise(slopes), kinks, strict=True)
        ]
        return (torch.stack(bends).sum(0) + 0.5 * (slopes[0] + slopes[-1]) * x).sum()

    return of(line)


@pytest.mark.parametrize(
    ("slopes", "kinks"),
    [
        ([-1.0, 1.0], [3.1]),  # a point beyond the minimum becomes an end of the interval
        ([-1.0, 50.0], [0.37]),  # the cubic falls onto its left end
        ([-1.0, -50.0, 1.0], [0.79, 1.31]),  # and onto its right end
    ],
)
def test_a_minimum_in_a_kink_is_found_in_few_steps(slopes: list[float], kinks: list[float]) -> None:
    """Far from it the slope is too large for the Wolfe conditions."""
    count, line = 0, broken_line(slopes, kinks, 1e-2)

    def counted(weights: Tensor) -> tuple[float, Tensor]:
        nonlocal count
        count += 1
        return line(weights)

    start = begin(counted, torch.zeros(1, dtype=torch.float64))
    found = iterate(counted, start)
    assert found is not None
    assert found[0].loss < start.loss - 1e-4 * float(found[0].weights)
    assert abs(float(found[0].gradient)) <= 0.9 * abs(float(start.gradient))
    assert count <= 13
