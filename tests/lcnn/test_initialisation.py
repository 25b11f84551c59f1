"""Fields keep their size through eight layers at the start, whatever the options, group and ensemble.

The size is the rms Frobenius norm; it must stay within 0.1 to 10 of the input's.
"""

from __future__ import annotations

from functools import cache
from itertools import cycle, islice, pairwise, product
from typing import Any

import pytest
import torch
from torch import Tensor

from lcnn.gauge import GaugeInput, LAct
from lcnn.models.wilson_loop import LCNN
from lgt.action import Wilson
from lgt.field import cold, hot
from lgt.group import SU
from lgt.lattice import Lattice
from lgt.rng import Stream
from lgt.update import HeatBath

SEEDS = 20
FIELDS = [(N, d, kind) for N in (2, 3, 4) for d in (2, 4) for kind in ("hot", "thermalised")]
AFTER = list(product(("none", "relu", "smooth", "polynomial"), ("none", "frobenius")))
SLOTS = list(product((True, False), (True, False), ("positive", "both")))
INPUTS = list(product((2, 3, 4), ("positive", "both", "clover"), (True, False), (1, 2, 4)))


def options_of(i: int) -> dict[str, Any]:
    """The i-th option set: a walk through all values of each option, in steps that mix them."""
    activation, norm = AFTER[i % len(AFTER)]
    centre, adjoint, directions = SLOTS[(3 * i + i // 8) % len(SLOTS)]
    kernel_size, plaquettes, polyakov, channels = next(islice(cycle(INPUTS), 5 * i, None))
    return {
        "activation": activation,
        "norm": norm,
        "centre": centre,
        "adjoint": adjoint,
        "directions": directions,
        "kernel_size": kernel_size,
        "plaquettes": plaquettes,
        "polyakov": polyakov,
        "channels": channels,
    }


OPTIONS = [options_of(i) for i in range(24)]
PLAIN: dict[str, Any] = {"kernel_size": 2, "plaquettes": "positive", "polyakov": False, "channels": 4}


@cache
def links_of(N: int, d: int, kind: str) -> Tensor:
    """Two configurations, (2, d, *extents, N, N), complex64; 4 x 6 or 2 x 3 x 2 x 2."""
    lattice, group = Lattice((4, 6) if d == 2 else (2, 3, 2, 2)), SU(N)
    found = []
    for chain in range(2):
        stream = Stream(seed=N, chain=chain)
        links = hot(lattice, group, stream) if kind == "hot" else cold(lattice, group)
        for sweep in range(0 if kind == "hot" else 10):
            HeatBath().update(links, Wilson(2.0 * N), stream, sweep)
        found.append(torch.tensor(links))
    return torch.stack(found).to(torch.complex64)


def network(d: int, seed: int, *, kernel_size: int, channels: int, **options: Any) -> LCNN:
    """Eight layers; in four dimensions of one hop each, to be fast."""
    torch.manual_seed(seed)
    loops = GaugeInput(options["plaquettes"], options["polyakov"]).channels(d)
    hops = kernel_size if d == 2 else 2
    return LCNN([(hops, a, b) for a, b in pairwise([loops] + [channels] * 8)], d=d, **options)


def growth(model: LCNN, links: Tensor) -> float:
    """The size after the last layer over that of the input."""
    with torch.no_grad():
        before, after = (W.abs().square().mean() for W in (model.input(links), model.features(links)))
    return float((after / before).sqrt())


def growths(start: int = 0, step: int = 5, **options: Any) -> list[float]:
    """Over all seeds and every `step`-th field, starting elsewhere for each seed."""
    return [
        growth(network(field[1], seed, **options), links_of(*field))
        for seed in range(SEEDS)
        for field in FIELDS[(seed + start) % step :: step]
    ]


@pytest.mark.parametrize("i", range(len(OPTIONS)))
def test_fields_keep_their_size_with_every_option(i: int) -> None:
    ratios = growths(start=i, **OPTIONS[i])
    assert len(ratios) == SEEDS * len(FIELDS) / 5
    assert 0.1 < min(ratios) <= max(ratios) < 10, OPTIONS[i]


def test_every_value_of_every_option_is_covered() -> None:
    for name, values in {
        "activation": {"none", "relu", "smooth", "polynomial"},
        "norm": {"none", "frobenius"},
        "centre": {True, False},
        "adjoint": {True, False},
        "directions": {"positive", "both"},
        "kernel_size": {2, 3, 4},
        "plaquettes": {"positive", "both", "clover"},
        "polyakov": {True, False},
        "channels": {1, 2, 4},
    }.items():
        assert {o[name] for o in OPTIONS if name == "norm" or o["norm"] == "none"} == values, name


def test_fields_keep_their_size_in_every_field_for_every_seed() -> None:
    ratios = growths(step=1, **PLAIN)
    assert len(ratios) == SEEDS * len(FIELDS)
    assert 0.1 < min(ratios) <= max(ratios) < 10


@pytest.mark.parametrize("init", ["balanced", "published"])
@pytest.mark.parametrize("adjoint", [True, False])
def test_without_unit_elements_the_norm_keeps_the_size(init: str, adjoint: bool) -> None:
    ratios = growths(**PLAIN, unit=False, norm="frobenius", init=init, adjoint=adjoint)
    assert 0.1 < min(ratios) <= max(ratios) < 10


@pytest.mark.parametrize("init", ["published", "master"])
def test_the_published_start_does_not_keep_the_size(init: str) -> None:
    ratios = growths(**PLAIN, init=init)
    outside = [ratio for ratio in ratios if not 0.1 < ratio < 10]
    assert len(outside) > len(ratios) / 2


def test_a_gate_of_full_strength_does_not_keep_the_size() -> None:
    model = network(2, 0, **PLAIN)
    model.activations = torch.nn.ModuleList(LAct("smooth") for _ in range(8))
    assert not growth(model, links_of(3, 2, "thermalised")) < 10
