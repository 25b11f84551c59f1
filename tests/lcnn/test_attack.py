"""Gauge attacks: what is invariant stays, what is not moves, and further under an adversary."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from lcnn.attack import Attack, adversarial_attack, random_attack
from lcnn.field import dagger, shift, trace
from lgt.errors import InputError
from lgt.group import SU, U1


def hot(N: int, dtype: torch.dtype = torch.complex64) -> Tensor:
    group = U1() if N == 1 else SU(N)
    links = group.haar(np.random.default_rng(3), (4, 2, 3, 4))
    return torch.from_numpy(links).to(dtype)


class Plaquette(nn.Module):
    def forward(self, links: Tensor) -> Tensor:
        a, b = links[:, :1], links[:, 1:]
        return trace(a @ shift(b, 0) @ dagger(shift(a, 1)) @ dagger(b)).real[:, 0] + 3.0


class Leaky(nn.Module):
    """The plaquette with a little of a link's trace in it: the negative control."""

    def __init__(self, amount: float) -> None:
        super().__init__()
        self.amount = amount

    def forward(self, links: Tensor) -> Tensor:
        return Plaquette()(links) + self.amount * trace(links).real[:, 0]


@pytest.mark.parametrize("N", [1, 2, 3])
def test_an_invariant_function_moves_at_rounding_and_a_variant_one_by_its_leak(N: int) -> None:
    for dtype, noise in ((torch.complex64, 3e-7), (torch.complex128, 1e-15)):
        links = hot(N, dtype)
        for attack in (random_attack, adversarial_attack):
            keys = {"tries": 5} if attack is random_attack else {"steps": 10}
            assert attack(Plaquette(), links, scale=0.1, **keys).largest < noise
            moved = attack(Leaky(1e-2), links, scale=0.1, **keys).largest
            assert 1e-4 < moved < 1e-1


def test_the_adversary_goes_further_than_chance() -> None:
    links = hot(2)
    chance = random_attack(Leaky(0.1), links, scale=0.1, tries=10)
    adversary = adversarial_attack(Leaky(0.1), links, scale=0.1, steps=200)
    assert (adversary.change > 2 * chance.change).all()
    # Every link's trace alone could be moved to -2 or 2, so no attack moves the average further than this.
    assert adversary.largest < 0.1 * 4 / 3


def test_more_tries_never_move_less_and_a_seed_decides() -> None:
    links = hot(2)
    few, more = (random_attack(Leaky(0.1), links, scale=0.1, tries=n, seed=7) for n in (3, 12))
    assert (more.change >= few.change).all()
    assert (more.change > few.change).any()
    again = random_attack(Leaky(0.1), links, scale=0.1, tries=3, seed=7)
    assert np.array_equal(few.after, again.after)


def test_the_relative_change_has_a_floor() -> None:
    attack = Attack("random", np.array([1e-9, 2.0]), np.array([0.1, 1.0]), scale=0.5)
    assert attack.change == pytest.approx([0.2, 0.5])
    assert attack.largest == pytest.approx(0.5)


def test_an_attack_needs_a_try() -> None:
    with pytest.raises(InputError, match="tries = 0"):
        random_attack(Plaquette(), hot(2), scale=1.0, tries=0)
    with pytest.raises(InputError, match="steps = 0"):
        adversarial_attack(Plaquette(), hot(2), scale=1.0, steps=0)
