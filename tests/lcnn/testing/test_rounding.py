"""Single precision inside is told from everything that double precision does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from lcnn.testing._rounding import NOISE, SMALLEST, is_rounded, is_single, roughness
from lgt.group import SU, U1, UnitaryGroup
from lgt.lattice import Lattice
from lgt.loops import plaquettes
from lgt.symmetry import LINKS
from lgt.testing import spread

Model = Callable[[Any], Any]
WHERE = [(SU(2), (3, 4)), (SU(3), (4, 6)), (SU(4), (3, 4)), (U1(), (4, 5)), (SU(3), (2, 3, 4))]


def _p(links: np.ndarray) -> np.ndarray:
    return plaquettes(links, d=links.ndim - 4)


def _one(links: np.ndarray) -> np.ndarray:
    return _p(links).sum(axis=1)


def _mean(field: np.ndarray) -> np.ndarray:
    return field.mean(axis=tuple(range(1, field.ndim)))


def _single(values: np.ndarray) -> np.ndarray:
    return values.astype(np.float32).astype(float)


def _residual() -> Model:
    torch.manual_seed(0)
    hidden = [nn.Linear(1, 1)]  # out of reach of a conversion

    def model(links: np.ndarray) -> np.ndarray:
        t = torch.as_tensor(_one(links))
        return np.asarray((t + hidden[0](t.float()[..., None])[..., 0].double())[:, None].detach())

    return model


def _network(slope: float) -> Model:
    torch.manual_seed(1)
    layers = [nn.Linear(1 if i == 0 else 32, 32).double() for i in range(12)]

    def model(links: np.ndarray) -> np.ndarray:
        x = torch.as_tensor(_one(links))[..., None]
        for layer in layers:
            x = nn.functional.leaky_relu(2 * layer(x + 0.5 * torch.roll(x, 1, dims=1)), slope)
        return _mean(np.asarray(x[..., :1].detach()))

    return model


ROUNDED: dict[str, Model] = {
    "mixed": lambda u: (_one(u) + 0.5 * _single(_one(u)) ** 2)[:, None],
    "channels": lambda u: np.stack([_one(u), (_one(u).astype(np.float32) ** 2).astype(float)], 1),
    "residual": _residual(),
    "a tenth": lambda u: _p(u) + 0.1 * _single(_p(u)),
    "mean": lambda u: 0.3 * _mean(_single(_p(u))),
    "half of the entries": lambda u: _p(u) + np.maximum(_single(_p(u)), 0),
    "offset": lambda u: _p(u) + _single(100 + _p(u)),
}
DOUBLE: dict[str, Model] = {
    "fields": _p,
    "means": lambda u: _mean(_p(u)),
    "offset": lambda u: 1e6 + _p(u),
    "offset and back": lambda u: (1e6 + _p(u)) - 1e6,
    "small": lambda u: 1e-9 * _p(u),
    "kinks": lambda u: np.maximum(_p(u), 0),
    "counts": lambda u: (_p(u) > 0.3).sum(axis=tuple(range(1, u.ndim - 2))),
    "many counts": lambda u: sum(_mean(1.0 * (_p(u) > t)) for t in np.linspace(-2, 2, 200)),
    "digits": lambda u: np.floor(1e4 * _p(u)),
    "threshold": lambda u: _p(u) * (_p(u) > 0.1),
    "stiff": lambda u: np.tanh(1e5 * _p(u)),
    "fast": lambda u: np.cos(1e4 * _p(u)),
    "very fast": lambda u: np.cos(1e5 * _mean(_p(u))),
    "curved": lambda u: np.exp(20 * _p(u)),
    "roots": lambda u: np.sqrt(np.abs(_p(u))),
    "complex": lambda u: _p(u) * (1 + 2j),
    "relu network": _network(0.0),
    "leaky network": _network(0.1),
}


def _links(group: UnitaryGroup, extents: tuple[int, ...], seed: int) -> np.ndarray:
    return LINKS.random(np.random.default_rng(seed), group, Lattice(extents), batch=3)


def _judge(model: Model, group: UnitaryGroup, extents: tuple[int, ...]) -> bool:
    pool = np.concatenate([np.asarray(model(_links(group, extents, seed))) for seed in range(4)])
    return is_rounded(model, group, _links(group, extents, 0), spread(pool.astype(complex)))


@pytest.mark.parametrize(("group", "extents"), WHERE)
@pytest.mark.parametrize("name", ROUNDED)
def test_single_precision_inside_is_seen(name: str, group: UnitaryGroup, extents: tuple[int, ...]) -> None:
    assert _judge(ROUNDED[name], group, extents)


@pytest.mark.parametrize(("group", "extents"), WHERE)
@pytest.mark.parametrize("name", DOUBLE)
def test_double_precision_is_no_alarm(name: str, group: UnitaryGroup, extents: tuple[int, ...]) -> None:
    assert not _judge(DOUBLE[name], group, extents)


def test_the_margin_of_smooth_outputs_is_wide() -> None:
    links = _links(SU(3), (4, 6), 0)
    rough, noise = roughness(_p, SU(3), links)
    assert rough.max() < 1e-2 * NOISE * noise.max()
    seen, _ = roughness(ROUNDED["mean"], SU(3), links)
    assert seen[0].min() > 2 * SMALLEST * np.ptp(ROUNDED["mean"](links))


def test_outputs_of_single_precision_are_known_by_their_digits() -> None:
    assert is_single(np.float32([0.1, 0.2]).astype(float))
    assert is_single(np.complex64([0.1, 0.2]).astype(complex))
    assert not is_single(np.array([0.1, 0.2]))
    assert not is_single(np.array([0.5, 2.0]))
