"""Derivatives of every layer against differences: in matter, in weights, and along the links' algebra.

Links move as U(c) = exp(c_a T^a) U, so that an operator may use that they are unitary.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.autograd import gradcheck, gradgradcheck
from torch.autograd.gradcheck import GradcheckError
from torch.func import functional_call

import lcnn.gauge
from lcnn.field import dagger, exp, exp_antihermitian, gauge_transform, gauge_transform_matter, project
from lcnn.gauge import (
    LCB,
    AntiHermitian,
    CloverLeaves,
    GaugeInput,
    LAct,
    LBilinear,
    LConv,
    LExp,
    LLinear,
    LPolynomialAct,
    LStout,
    Plaquettes,
    PolyakovLoops,
    SiteHead,
    Standardise,
    Trace,
    TrNorm,
    clover_leaves,
    plaquettes,
    polyakov_loops,
    site_mean,
)
from lcnn.transport import transport
from lgt.group import SU, U1, U, UnitaryGroup

GROUPS: tuple[UnitaryGroup, ...] = (SU(2), SU(3), U1(), U(2))
EXTENTS = (2, 3)
Call = Callable[..., Tensor]


@dataclass(frozen=True)
class Entry:
    """An operator of links, matter of two channels, or features, and whether it has two derivatives."""

    name: str
    covers: Any
    build: Callable[[UnitaryGroup], Call]
    inputs: tuple[str, ...]
    twice: bool = True


def _of(operator: Call) -> Callable[[UnitaryGroup], Call]:
    return lambda group: operator


def _layer(build: Callable[..., nn.Module], *sizes: int, **options: Any) -> Callable[[UnitaryGroup], Call]:
    return lambda group: build(*sizes, **options).double()


def _with_group(build: Callable[..., nn.Module], *sizes: int, **options: Any) -> Callable[..., Call]:
    return lambda group: build(*sizes, **options, group=group).double()


LINKS, MATTER, BOTH = ("links",), ("matter",), ("links", "matter")
ENTRIES = [
    Entry("transport", transport, _of(lambda u, W: transport(u, W, 0, 2) + transport(u, W, 1, -1)), BOTH),
    Entry("LConv", LConv, _layer(LConv, 2, 1, 2, d=2, adjoint=True), BOTH),
    Entry("LCB", LCB, _layer(LCB, 2, 1, 2, d=2), BOTH),
    Entry("LCB both ways", LCB, _layer(LCB, 2, 1, 2, d=2, directions="both", unit=False), BOTH),
    Entry("LBilinear", LBilinear, _layer(LBilinear, 2, 2, 1), ("matter", "matter")),
    Entry("LLinear", LLinear, _layer(LLinear, 2, 2), MATTER),
    Entry("LAct relu", LAct, _layer(LAct), MATTER, twice=False),
    Entry("LAct smooth", LAct, lambda group: LAct("smooth"), MATTER),
    Entry("LPolynomialAct", LPolynomialAct, _layer(LPolynomialAct, 2, 2, smooth=True), MATTER),
    Entry("LPolynomialAct relu", LPolynomialAct, _layer(LPolynomialAct, 2, 1, relu=True), MATTER, False),
    Entry("TrNorm", TrNorm, _layer(TrNorm), MATTER),
    Entry("TrNorm trace", TrNorm, lambda group: TrNorm("trace"), MATTER),
    Entry("AntiHermitian", AntiHermitian, _with_group(AntiHermitian), MATTER),
    Entry("LExp", LExp, _with_group(LExp, 2, d=2, init_w=0.5), BOTH),
    Entry("LStout", LStout, _with_group(LStout), LINKS),
    Entry("LStout planes", LStout, _with_group(LStout, d=2), LINKS),
    Entry("Plaquettes", Plaquettes, lambda group: Plaquettes("both"), LINKS),
    Entry("plaquettes", plaquettes, _of(plaquettes), LINKS),
    Entry("CloverLeaves", CloverLeaves, _layer(CloverLeaves), LINKS),
    Entry("clover_leaves", clover_leaves, _of(clover_leaves), LINKS),
    Entry("PolyakovLoops", PolyakovLoops, _layer(PolyakovLoops), LINKS),
    Entry("polyakov_loops", polyakov_loops, _of(polyakov_loops), LINKS),
    Entry("GaugeInput", GaugeInput, lambda group: GaugeInput("clover", polyakov=True), LINKS),
    Entry("Trace", Trace, _layer(Trace), MATTER),
    Entry("Standardise", Standardise, _layer(Standardise, 2), ("features",)),
    Entry("SiteHead", SiteHead, _layer(SiteHead, 2, 2), ("features",)),
    Entry("site_mean", site_mean, _of(site_mean), ("features",)),
    Entry("gauge_transform", gauge_transform, _of(lambda u: gauge_transform(u, u[:, 1])), LINKS),
    Entry(
        "gauge_transform_matter",
        gauge_transform_matter,
        _of(lambda u, W: gauge_transform_matter(W, u[:, 0])),
        BOTH,
    ),
    Entry(
        "exp_antihermitian",
        exp_antihermitian,
        _of(lambda W: exp_antihermitian((W - dagger(W)) / 2)),
        MATTER,
    ),
    Entry("project", project, lambda group: lambda u: project(u + 0.2 * u @ u, group), LINKS),
]


def _inputs(kinds: tuple[str, ...], group: UnitaryGroup) -> tuple[list[Tensor], Tensor]:
    """What is differentiated, the links by their coordinates c, and the links at c = 0."""
    generator = torch.Generator().manual_seed(group.N)
    draw = partial(torch.randn, generator=generator, dtype=torch.float64)
    start = exp(draw(1, 2, *EXTENTS, group.dimension), group)
    shapes = {"links": (group.dimension,), "matter": (group.N, group.N), "features": ()}
    found = []
    for kind in kinds:
        shape = (1, 2, *EXTENTS, *shapes[kind])
        tensor = torch.complex(draw(shape), draw(shape)) if kind == "matter" else 0.1 * draw(shape)
        found.append(tensor.requires_grad_())
    return found, start


def function_of(operator: Call, kinds: tuple[str, ...], group: UnitaryGroup) -> tuple[Call, list[Tensor]]:
    """The operator as a function of coordinates, matter and all its weights; and a point to look at."""
    inputs, start = _inputs(kinds, group)
    weights = dict(operator.named_parameters()) if isinstance(operator, nn.Module) else {}

    def function(*arguments: Tensor) -> Tensor:
        fields, values = arguments[: len(kinds)], arguments[len(kinds) :]
        moved = [
            exp(f, group) @ start if kind == "links" else f for f, kind in zip(fields, kinds, strict=True)
        ]
        if isinstance(operator, nn.Module):
            out: Tensor = functional_call(operator, dict(zip(weights, values, strict=True)), tuple(moved))
            return out
        return operator(*moved)

    return function, [*inputs, *(w.detach().clone().requires_grad_() for w in weights.values())]


@pytest.mark.parametrize("group", GROUPS, ids=repr)
@pytest.mark.parametrize("entry", ENTRIES, ids=[entry.name for entry in ENTRIES])
def test_derivatives_are_those_of_differences(entry: Entry, group: UnitaryGroup) -> None:
    function, at = function_of(entry.build(group), entry.inputs, group)
    assert gradcheck(function, at, fast_mode=True)
    if entry.twice:
        assert gradgradcheck(function, at, fast_mode=True)


def test_every_public_operator_has_an_entry() -> None:
    covered = {entry.covers for entry in ENTRIES}
    assert {getattr(lcnn.gauge, name) for name in lcnn.gauge.__all__} <= covered
    for module in pkgutil.iter_modules(lcnn.gauge.__path__, "lcnn.gauge."):
        if module.ispkg:
            continue  # the layers with global symmetry have a test of their own
        for _, layer in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if issubclass(layer, nn.Module) and layer.__module__ == module.name:
                assert layer in covered, layer
    assert transport in covered


def _detached_links(u: Tensor, W: Tensor) -> Tensor:
    return u[:, :1].detach() @ W @ dagger(u[:, :1])


def _detached_matter(u: Tensor, W: Tensor) -> Tensor:
    return transport(u, W, 0) @ W.detach()


class _DetachedWeight(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones((), dtype=torch.float64))

    def forward(self, u: Tensor, W: Tensor) -> Tensor:
        return self.weight * self.weight.detach() * W


@pytest.mark.parametrize(
    "operator", [_detached_links, _detached_matter, _DetachedWeight()], ids=["links", "matter", "weight"]
)
def test_a_detached_factor_is_found(operator: Call) -> None:
    function, at = function_of(operator, BOTH, SU(2))
    with pytest.raises(GradcheckError):
        gradcheck(function, at, fast_mode=True)


def test_a_second_derivative_that_is_lost_is_found() -> None:
    def once(u: Tensor, W: Tensor) -> Tensor:
        return Once.apply(W)  # type: ignore[no-any-return]

    function, at = function_of(once, BOTH, SU(2))
    assert gradcheck(function, at, fast_mode=True)
    with pytest.raises((GradcheckError, RuntimeError)):
        gradgradcheck(function, at, fast_mode=True)


class Once(torch.autograd.Function):
    """A square whose backward detaches."""

    @staticmethod
    def forward(ctx: Any, W: Tensor) -> Tensor:
        ctx.save_for_backward(W)
        return W * W

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (W,) = ctx.saved_tensors
        return 2 * W.detach().conj() * gradient
