"""Gauge attacks: how far gauge transformations, which change nothing physical, can move a prediction.

Both attacks are those of the Letter (M. Favoni et al., Phys. Rev. Lett. 128 (2022) 032003, Fig. 4): random
transformations, the worst of several, and ``Om(x) = exp(chi_a(x) T^a)`` optimised by Adam so that the
prediction moves as far as it can. Transformations are carried out in double precision and the links are
rounded to the model's precision only then, so that what moves is the model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from lcnn.evaluate import predict
from lcnn.field import exp, gauge_transform
from lgt.errors import InputError
from lgt.group import SU, U1, UnitaryGroup


@dataclass(frozen=True)
class Attack:
    """What an attack reached on each of n configurations.

    `before` and `after`, (n,) float64, are the predicted lattice averages of the configuration and of its
    transform that moved furthest. The relative change is ``|after - before| / max(|before|, scale)``:
    without the floor `scale` a prediction near zero would look infinitely sensitive. Take the same scale
    for all models, e.g. the standard deviation of the labels.
    """

    kind: Literal["random", "adversarial"]
    before: np.ndarray
    after: np.ndarray
    scale: float

    @property
    def change(self) -> np.ndarray:
        """The relative change of each prediction, (n,)."""
        return np.asarray(np.abs(self.after - self.before) / np.maximum(np.abs(self.before), self.scale))

    @property
    def largest(self) -> float:
        """The largest relative change of a prediction."""
        return float(self.change.max())


def random_attack(model: nn.Module, links: Tensor, *, scale: float, tries: int = 20, seed: int = 1) -> Attack:
    """Draw Haar-random transformations of every configuration and keep the worst.

    Parameters
    ----------
    model
        A module from links to a scalar field or a scalar, as `lcnn.evaluate.predict` takes it.
    links
        (n, d, *extents, N, N), complex in the model's precision.
    scale
        The floor of the relative change; see `Attack`.
    tries
        Transformations of each configuration.
    seed
        Seed of the transformations: the same for every model.
    """
    group, rng = _group(links), np.random.default_rng(seed)
    before = _predict(model, links)
    after = before.clone()
    shape = (links.shape[0], *links.shape[2:-2])
    for _ in range(_at_least_one(tries, "tries")):
        omega = torch.from_numpy(group.haar(rng, shape)).to(links.device)
        with torch.no_grad():
            _keep_worst(before, after, _predict(model, _transformed(links, omega)))
    return Attack("random", before.cpu().numpy(), after.cpu().numpy(), scale)


def adversarial_attack(
    model: nn.Module,
    links: Tensor,
    *,
    scale: float,
    steps: int = 100,
    learning_rate: float = 0.1,
    seed: int = 1,
) -> Attack:
    """Optimise one transformation for each configuration so that its prediction moves furthest.

    Parameters
    ----------
    model, links, scale, seed
        As for `random_attack`; the seed draws where the optimisation starts.
    steps
        Steps of Adam.
    learning_rate
        Its rate, in units of the coordinates chi_a of the transformation.
    """
    group = _group(links)
    before = _predict(model, links)
    after = before.clone()
    shape = (links.shape[0], *links.shape[2:-2], group.dimension)
    start = np.random.default_rng(seed).normal(size=shape)
    chi = torch.from_numpy(start).to(links.device).requires_grad_()
    optimizer = torch.optim.Adam([chi], lr=learning_rate)
    for step in range(_at_least_one(steps, "steps") + 1):
        y = _predict(model, _transformed(links, exp(chi, group)))
        _keep_worst(before, after, y.detach())
        if step < steps:
            # Where nothing moved yet, either direction will do: |y - before| itself has no slope there.
            outwards = torch.where(y.detach() < before, -1.0, 1.0)
            (chi.grad,) = torch.autograd.grad(-(outwards * y).sum(), [chi])
            optimizer.step()
    return Attack("adversarial", before.cpu().numpy(), after.cpu().numpy(), scale)


def _predict(model: nn.Module, links: Tensor) -> Tensor:
    """Return the predicted lattice averages, summed over sites in double precision.

    In single precision the mean over many sites would itself move with their order of magnitude.
    """
    gradient = torch.is_grad_enabled() and links.requires_grad
    with torch.set_grad_enabled(gradient):
        return predict(_Double(model), links, "configuration")


class _Double(nn.Module):
    """A model whose output is turned to double precision."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, links: Tensor) -> Tensor:
        out: Tensor = self.model(links)
        return out.double()


def _transformed(links: Tensor, omega: Tensor) -> Tensor:
    return gauge_transform(links.to(torch.complex128), omega).to(links.dtype)


def _keep_worst(before: Tensor, after: Tensor, new: Tensor) -> None:
    further = (new - before).abs() > (after - before).abs()
    after[further] = new[further]


def _group(links: Tensor) -> UnitaryGroup:
    N = int(links.shape[-1])
    return U1() if N == 1 else SU(N)


def _at_least_one(count: int, name: str) -> int:
    if count < 1:
        raise InputError(f"{name} = {count}", "no attack", "use 1 or more")
    return count
