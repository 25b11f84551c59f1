"""Derivatives of every layer with global symmetry: in matter, in weights, and along the links' algebra."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.autograd import gradcheck, gradgradcheck

import lcnn.gauge.globalsym as globalsym
from lcnn.field import exp
from lcnn.gauge import LBilinear
from lcnn.gauge.globalsym import (
    Lift,
    PointConv,
    Pointwise,
    Pool,
    SymmetricLExp,
    oriented_plaquettes,
    oriented_polyakov_loops,
)
from lgt.group import SU, U1, UnitaryGroup, characters, point_group, regular, trivial

R = regular(point_group("C_4", 2))
GROUPS = (SU(2), SU(3), U1())
Call = Callable[[Tensor, Tensor], Tensor]


def _layer(kind: str) -> tuple[Call, list[nn.Module]]:
    """A function of links and group features of one channel, and the modules in it."""
    torch.manual_seed(1)
    if kind == "PointConv all":
        every = PointConv(R, R, 1, 1, 2)
        return every, [every]
    if kind == "PointConv identity":
        own = PointConv(R, R, 1, 1, 2, elements="identity")
        return own, [own]
    if kind == "Lift":
        lift = Lift(trivial(R.group), 1, loops="both")
        return lambda links, W: lift(links), [lift]
    if kind == "Pointwise":
        local = Pointwise(LBilinear(1, 1, 1), R)
        return lambda links, W: local(W, W), [local]
    if kind == "Pool":
        pool = Pool(R, characters(R.group)[2])
        return lambda links, W: pool(W), [pool]
    if kind == "SymmetricLExp":
        layer = SymmetricLExp(R, 1, init_w=0.5)
        return layer, [layer]
    functions = {
        "oriented_plaquettes": oriented_plaquettes,
        "oriented_polyakov_loops": oriented_polyakov_loops,
    }
    return lambda links, W: functions[kind](links), []


KINDS = (
    "PointConv all",
    "PointConv identity",
    "Lift",
    "Pointwise",
    "Pool",
    "SymmetricLExp",
    "oriented_plaquettes",
    "oriented_polyakov_loops",
)


def _case(kind: str, group: UnitaryGroup) -> tuple[Callable[..., Tensor], tuple[Tensor, ...]]:
    """A real function of algebra coordinates of the links, matter, and weights."""
    call, modules = _layer(kind)
    for module in modules:
        module.double()
    generator = torch.Generator().manual_seed(2)
    box, N = (2, 1), group.N
    start = exp(torch.randn(1, 2, *box, group.dimension, dtype=torch.float64, generator=generator), group)
    c = torch.zeros(1, 2, *box, group.dimension, dtype=torch.float64, requires_grad=True)
    W = torch.randn(1, 4, *box, N, N, dtype=torch.complex128, generator=generator, requires_grad=True)
    probe: list[Tensor] = []

    def function(c: Tensor, W: Tensor, *weights: Tensor) -> Tensor:
        out = call(exp(c, group) @ start, W)
        if not probe:  # one number: a random linear map of the output
            probe.append(torch.randn(out.shape, dtype=out.dtype, generator=generator))
        return (out * probe[0]).sum().real

    weights = tuple(p for module in modules for p in module.parameters())
    return function, (c, W, *weights)


@pytest.mark.parametrize("group", GROUPS, ids=repr)
@pytest.mark.parametrize("kind", KINDS)
def test_first_derivatives(kind: str, group: UnitaryGroup) -> None:
    function, inputs = _case(kind, group)
    assert gradcheck(function, inputs, atol=1e-7, rtol=1e-6, fast_mode=False)


@pytest.mark.parametrize("kind", KINDS)
def test_second_derivatives(kind: str) -> None:
    function, inputs = _case(kind, SU(2))
    assert gradgradcheck(function, inputs, atol=1e-6, rtol=1e-5)


def test_a_detached_factor_is_found() -> None:
    function, inputs = _case("PointConv all", SU(2))

    def cut(c: Tensor, *rest: Tensor) -> Tensor:
        return function(c.detach() + 0 * c, *rest)

    with pytest.raises(RuntimeError, match="Jacobian mismatch"):
        gradcheck(cut, inputs, atol=1e-7, rtol=1e-6)


def test_all_that_is_public_is_checked() -> None:
    names = {kind.split()[0] for kind in KINDS} | {"Elements"}
    assert set(globalsym.__all__) <= names
