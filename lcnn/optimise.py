"""How weights are found: the schedules of the learning rate, and L-BFGS whose whole state is a value.

`torch.optim.LBFGS` forgets every pair whose ``y.s`` is below 1e-10, however small the loss is, and keeps
its state half in tensors and half in lists. Here a pair is judged by its own size, so that a loss may fall
to rounding squared, and an iteration takes a frozen `Quasi` to the next: what is stored resumes to the bits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor, nn

from lcnn.config import TrainingConfig

Objective = Callable[[Tensor], tuple[float, Tensor]]
"""From weights (n,) to the loss and its gradient (n,)."""

_DECREASE, _CURVATURE = 1e-4, 0.9
_EVALUATIONS = 25


def learning_rate(config: TrainingConfig, step: int, steps: int, validation: Sequence[float] = ()) -> float:
    """Return the learning rate of a step.

    Parameters
    ----------
    config
        The schedule with its `decay`, `decay_epochs` and `warmup`.
    step
        The step, counted from 0 over all epochs.
    steps
        The number of steps in one epoch.
    validation
        The validation losses of the epochs that are done; only the plateau schedule looks at them.

    Examples
    --------
    >>> config = TrainingConfig(learning_rate=1.0, schedule="cosine", epochs=10)
    >>> [round(learning_rate(config, step, 1), 4) for step in (0, 5, 10, 20)]
    [1.0, 0.5005, 0.001, 0.001]
    >>> config = TrainingConfig(learning_rate=1.0, schedule="step", decay=0.5, decay_epochs=3)
    >>> [learning_rate(config, step, 1) for step in (0, 2, 3, 6)]
    [1.0, 1.0, 0.5, 0.25]
    >>> config = TrainingConfig(learning_rate=1.0, schedule="plateau", decay=0.5, decay_epochs=2)
    >>> learning_rate(config, 4, 1, [3.0, 2.0, 2.5, 2.0])
    0.5
    """
    rate, epoch = config.learning_rate, step / steps
    if config.warmup:
        rate *= min(1.0, (step + 1) / (config.warmup * steps))
    match config.schedule:
        case "constant":
            return rate
        case "cosine":
            return rate * (0.001 + 0.999 * 0.5 * (1 + math.cos(math.pi * min(epoch / config.epochs, 1.0))))
        case "exponential":
            return float(rate * config.decay ** (epoch / config.decay_epochs))
        case "step":
            return float(rate * config.decay ** (step // steps // config.decay_epochs))
        case "plateau":
            return float(rate * config.decay ** _plateaus(validation, config.decay_epochs))


def _plateaus(losses: Sequence[float], patience: int) -> int:
    """Count how often so many epochs passed in a row without a better loss."""
    best, waited, count = math.inf, 0, 0
    for loss in losses:
        best, waited = (loss, 0) if loss < best else (best, waited + 1)
        if waited == patience:
            waited, count = 0, count + 1
    return count


@final
@dataclass(frozen=True, eq=False)
class Quasi:
    """Where an L-BFGS minimisation is, and all that its next iteration depends on.

    Attributes
    ----------
    weights, gradient
        (n,), and `loss` the value there.
    moves, changes
        (m, n): the last m moves of the weights and the changes of the gradient along them, oldest first.
    """

    weights: Tensor
    loss: float
    gradient: Tensor
    moves: Tensor
    changes: Tensor


@dataclass(frozen=True, eq=False)
class _Trial:
    """A point on the line of a search: how far, the loss, its slope and its gradient there."""

    t: float
    loss: float
    slope: float
    gradient: Tensor


def begin(objective: Objective, weights: Tensor) -> Quasi:
    """Return the start of a minimisation, after one evaluation.

    Examples
    --------
    >>> start = begin(lambda x: (float(x.square().sum()), 2 * x), torch.tensor([3.0, 4.0]))
    >>> start.loss, start.moves.shape
    (25.0, torch.Size([0, 2]))
    """
    loss, gradient = objective(weights)
    none = weights.new_zeros(0, len(weights))
    return Quasi(weights, loss, gradient, none, none)


def iterate(objective: Objective, now: Quasi, *, memory: int = 100) -> tuple[Quasi, float] | None:
    """Do one iteration of L-BFGS with a line search to the strong Wolfe conditions.

    Parameters
    ----------
    objective
        Deterministic; it may leave the weights of a model anywhere.
    now
        Where the minimisation is.
    memory
        How many moves are remembered.

    Returns
    -------
    tuple or None
        The next state and the step along the direction; None where no direction, not the gradient itself
        either, leads further down: at a minimum, or where rounding hides the slope.

    Notes
    -----
    Nocedal and Wright, Numerical Optimization (2nd ed.), algorithms 7.4, 3.5 and 3.6.

    Examples
    --------
    >>> curved = lambda x: (float((x**4).sum()), 4 * x**3)
    >>> state = begin(curved, torch.tensor([1.0, 2.0], dtype=torch.float64))
    >>> for _ in range(40):
    ...     state, step = iterate(curved, state)
    >>> state.loss < 1e-12
    True
    """
    for moves, changes in ((now.moves, now.changes), (now.moves[:0], now.changes[:0])):
        direction = _direction(now.gradient, moves, changes)
        slope = float(now.gradient @ direction)
        if not (math.isfinite(slope) and slope < 0):
            continue
        first = 1.0 if len(moves) else _first_step(now, direction, slope)
        found = _search(objective, now, direction, slope, first)
        if found is not None:
            weights = now.weights + found.t * direction
            move, change = weights - now.weights, found.gradient - now.gradient
            if float(move @ change) > torch.finfo(move.dtype).eps * float(move.norm() * change.norm()):
                moves = torch.cat([moves, move[None]])[-memory:]
                changes = torch.cat([changes, change[None]])[-memory:]
            return Quasi(weights, found.loss, found.gradient, moves, changes), found.t
        if len(moves) == 0:
            return None
    return None


def _direction(gradient: Tensor, moves: Tensor, changes: Tensor) -> Tensor:
    """Return minus the inverse Hessian estimate times the gradient, by the two loops."""
    products = [float(s @ y) for s, y in zip(moves, changes, strict=True)]
    q, along = gradient.clone(), []
    for s, y, product in zip(reversed(list(moves)), reversed(list(changes)), reversed(products), strict=True):
        along.append(float(s @ q) / product)
        q -= along[-1] * y
    if products:
        q *= products[-1] / float(changes[-1] @ changes[-1])
    for s, y, product, a in zip(moves, changes, products, reversed(along), strict=True):
        q += s * (a - float(y @ q) / product)
    return -q


def _first_step(now: Quasi, direction: Tensor, slope: float) -> float:
    """Return a step for a direction of unknown length: to the end of a parabola that ends at zero loss.

    It moves no weight by more than a tenth of the largest one, or of 1.
    """
    furthest = 0.1 * max(float(now.weights.abs().max()), 1.0) / float(direction.abs().max())
    return min(2 * now.loss / -slope, furthest) if now.loss > 0 else furthest


def _search(objective: Objective, now: Quasi, direction: Tensor, slope: float, first: float) -> _Trial | None:
    """Find a step that obeys the strong Wolfe conditions, else the best that decreases, else None."""

    def at(t: float) -> _Trial:
        loss, gradient = objective(now.weights + t * direction)
        found = float(gradient @ direction)
        finite = math.isfinite(loss) and math.isfinite(found)
        return _Trial(t, loss if finite else math.inf, found if finite else math.nan, gradient)

    start = low = _Trial(0.0, now.loss, slope, now.gradient)
    high: _Trial | None = None
    smallest = torch.finfo(direction.dtype).eps * float(now.weights.abs().max() / direction.abs().max())
    t = first
    for _ in range(_EVALUATIONS):
        trial = at(t)
        if trial.loss > now.loss + _DECREASE * t * slope or trial.loss >= low.loss:
            high = trial
        elif abs(trial.slope) <= -_CURVATURE * slope:
            return trial
        elif high is None and trial.slope < 0:
            low, t = trial, min(max(_cubic(low, trial), 2 * t), 10 * t)
            continue
        else:
            if high is None or trial.slope * (high.t - low.t) >= 0:
                high = low
            low = trial
        if abs(high.t - low.t) <= smallest:
            break
        left, right = sorted((low.t, high.t))
        t = _cubic(low, high)
        t = min(max(t, left + 0.1 * (right - left)), right - 0.1 * (right - left))
    return None if low is start else low


def _cubic(a: _Trial, b: _Trial) -> float:
    """Return the minimum of the cubic through two losses and slopes; the middle where there is none."""
    middle = 0.5 * (a.t + b.t)
    if not math.isfinite(a.loss + b.loss + a.slope + b.slope) or a.t == b.t:
        return middle
    d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t)
    square = d1 * d1 - a.slope * b.slope
    if square < 0:
        return middle
    d2 = math.copysign(math.sqrt(square), b.t - a.t)
    below = b.slope - a.slope + 2 * d2
    return b.t - (b.t - a.t) * (b.slope + d2 - d1) / below if below else middle


def trainable(module: nn.Module) -> list[nn.Parameter]:
    """Return the parameters that training moves."""
    return [p for p in module.parameters() if p.requires_grad]


def flatten(tensors: Iterable[Tensor]) -> Tensor:
    """Return a copy of real or complex tensors as one real vector.

    Examples
    --------
    >>> flatten([torch.ones(2), torch.tensor([2 + 3j])])
    tensor([1., 1., 2., 3.])
    """
    return torch.cat([_real(tensor.detach()).reshape(-1) for tensor in tensors])


def assign(parameters: Iterable[Tensor], flat: Tensor) -> None:
    """Write a vector of `flatten` back into the parameters.

    Examples
    --------
    >>> layer = nn.Linear(1, 2)
    >>> assign(layer.parameters(), torch.arange(4.0))
    >>> layer.bias.tolist()
    [2.0, 3.0]
    """
    start = 0
    with torch.no_grad():
        for parameter in parameters:
            target = _real(parameter)
            target.copy_(flat[start : start + target.numel()].reshape(target.shape))
            start += target.numel()


def gradients(parameters: Iterable[Tensor]) -> Tensor:
    """Return the gradients as one real vector, zero where there is none."""
    return flatten(p.grad if p.grad is not None else torch.zeros_like(p) for p in parameters)


def _real(tensor: Tensor) -> Tensor:
    return torch.view_as_real(tensor) if tensor.is_complex() else tensor
