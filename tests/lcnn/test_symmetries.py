"""Every layer and every model under gauge, translations and, where it holds, B_d.

Each entry names what it covers; the last tests fail for a public layer or model that no entry covers.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import lcnn.gauge
import lcnn.models
import lcnn.transport
from lcnn.field import dagger
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
from lcnn.models import Model, available_models, build_model
from lcnn.testing import assert_symmetric, symmetries_of
from lcnn.transport import transport
from lgt.errors import CheckError
from lgt.group import U1, U
from lgt.symmetry import (
    ADJOINT,
    INVARIANT,
    LINKS,
    PSEUDOSCALAR,
    SCALAR,
    FieldType,
    Gauge,
    PointGroup,
    Symmetry,
    Translation,
)

GROUPS = ("SU3", "SU2", "U1", "U2")
LOCAL: tuple[Symmetry[Any], ...] = (Gauge(), Translation())
ALL: tuple[Symmetry[Any], ...] = (*LOCAL, PointGroup())
Build = Callable[[int], nn.Module]


class Function(nn.Module):
    """A function as a module."""

    def __init__(self, function: Callable[..., Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *inputs: Tensor) -> Tensor:
        return self.function(*inputs)


class Isotropic(nn.Module):
    """A convolution whose weights do not know the direction: the mean over all of them."""

    def __init__(self, layer: LConv | LCB) -> None:
        super().__init__()
        self.layer = layer
        with torch.no_grad():
            self.layer.weight[...] = _tied(layer)

    def forward(self, links: Tensor, matter: Tensor) -> Tensor:
        return self.layer(links, matter)


def _tied(layer: LConv | LCB) -> Tensor:
    """The weight with one value for all paths of the same number of hops."""
    n, offsets, weight = layer.n_in, layer.stencil.offsets, layer.weight.detach().clone()
    hops = [abs(steps) for _, steps in offsets]
    for dagger_part in range(1 + layer.adjoint):
        start = dagger_part * n * len(offsets)
        slots = weight[..., start : start + n * len(offsets)].unflatten(-1, (len(offsets), n))
        for distance in set(hops):
            same = [i for i, hop in enumerate(hops) if hop == distance]
            slots[..., same, :] = slots[..., same, :].mean(-2, keepdim=True)
        weight[..., start : start + n * len(offsets)] = slots.flatten(-2)
    return weight


@dataclass(frozen=True)
class Entry:
    """A layer in d dimensions for inputs of two channels, and what it is held to."""

    name: str
    covers: Any
    build: Build
    inputs: tuple[FieldType, ...]
    output: FieldType
    symmetries: tuple[Symmetry[Any], ...] = LOCAL
    dims: tuple[int, ...] = (2, 3, 4)
    groups: tuple[str, ...] = GROUPS
    broken: tuple[Symmetry[Any], ...] = ()
    """What must be found broken: the negative control."""


def _hops(links: Tensor, matter: Tensor) -> Tensor:
    """One and two hops in the first and the last direction, both ways."""
    last = links.shape[1] - 1
    carried = [transport(links, matter, mu, steps) for mu in (0, last) for steps in (-2, -1, 1, 2)]
    return torch.cat(carried, dim=1)


def _all_hops(links: Tensor, matter: Tensor) -> Tensor:
    d = links.shape[1]
    return sum(transport(links, matter, mu, steps) for mu in range(d) for steps in (-2, 2))  # type: ignore[return-value]


def _sum(loops: Tensor) -> Tensor:
    """The sum over all loops of both orientations: carried to itself by B_d."""
    return (loops + dagger(loops)).sum(dim=1, keepdim=True)


def _mean(loops: Tensor) -> Tensor:
    """The lattice mean of the sum of all Re tr."""
    traces = Trace()(loops)[:, ::2]
    return site_mean(traces.sum(dim=1, keepdim=True))


class Whole(nn.Module):
    """A layer whose group is U(N), with the N that its input has: the trace of the algebra is kept."""

    def __init__(self, layer: Callable[..., nn.Module], *options: Any, **more: Any) -> None:
        super().__init__()
        self.layers = nn.ModuleDict()
        for N in (1, 2, 3):
            torch.manual_seed(N)
            group = U(N) if N > 1 else U1()
            self.layers[str(N)] = layer(*options, **more, group=group)

    def forward(self, *inputs: Tensor) -> Tensor:
        out: Tensor = self.layers[str(inputs[0].shape[-1])](*inputs)
        return out


def uneven(layer: LStout) -> LStout:
    """Weights that differ from plane to plane."""
    with torch.no_grad():
        layer.rho += torch.linspace(-0.1, 0.2, layer.rho.numel()).reshape(layer.rho.shape)
    return layer


PLAIN: dict[str, Any] = {"adjoint": False, "unit": False}
FROM_LINKS, MATTER, TWICE, BOTH = (LINKS,), (ADJOINT,), (ADJOINT, ADJOINT), (LINKS, ADJOINT)


def _of(function: Callable[..., Tensor]) -> Build:
    return lambda d: Function(function)


def _tied_up(build: Build) -> Build:
    return lambda d: Isotropic(build(d))  # type: ignore[arg-type]


def _conv(**options: Any) -> Build:
    return lambda d: LConv(2, 3, 3, d=d, **options)


def _cb(**options: Any) -> Build:
    return lambda d: LCB(2, 3, 3, d=d, **options)


ENTRIES: list[Entry] = [
    Entry("transport", transport, _of(_hops), BOTH, ADJOINT),
    Entry("transport all ways", transport, _of(_all_hops), BOTH, ADJOINT, ALL),
    Entry("LConv", LConv, _conv(), BOTH, ADJOINT, broken=(PointGroup(),)),
    Entry("LConv forward", LConv, _conv(directions="positive", centre=False, unit=False), BOTH, ADJOINT),
    Entry("LConv dilated", LConv, _conv(adjoint=True, dilation=2), BOTH, ADJOINT),
    Entry("LConv isotropic", LConv, _tied_up(_conv(adjoint=True)), BOTH, ADJOINT, ALL),
    Entry("LCB", LCB, _cb(), BOTH, ADJOINT, broken=(PointGroup(),)),
    Entry("LCB both ways", LCB, _cb(directions="both", centre=False, adjoint=False), BOTH, ADJOINT),
    Entry("LCB dilated", LCB, _cb(dilation=2, unit=False, init="published"), BOTH, ADJOINT),
    Entry("LCB isotropic", LCB, _tied_up(_cb(directions="both")), BOTH, ADJOINT, ALL),
    Entry("LBilinear", LBilinear, lambda d: LBilinear(2, 2, 3), TWICE, ADJOINT, ALL),
    Entry("LBilinear plain", LBilinear, lambda d: LBilinear(2, 2, 3, **PLAIN), TWICE, ADJOINT, ALL),
    Entry("LAct relu", LAct, lambda d: LAct("relu"), MATTER, ADJOINT, ALL),
    Entry("LAct smooth", LAct, lambda d: LAct("smooth"), MATTER, ADJOINT, ALL),
    Entry("LPolynomialAct", LPolynomialAct, lambda d: LPolynomialAct(2, 3, relu=True), MATTER, ADJOINT, ALL),
    Entry("LLinear", LLinear, lambda d: LLinear(2, 3), MATTER, ADJOINT, ALL),
    Entry("LLinear plain", LLinear, lambda d: LLinear(2, 3, **PLAIN), MATTER, ADJOINT, ALL),
    Entry("AntiHermitian", AntiHermitian, lambda d: AntiHermitian(), MATTER, ADJOINT, ALL),
    Entry("AntiHermitian U(N)", AntiHermitian, lambda d: Whole(AntiHermitian), MATTER, ADJOINT, ALL),
    Entry("TrNorm", TrNorm, lambda d: TrNorm(), MATTER, ADJOINT, ALL),
    Entry("TrNorm trace", TrNorm, lambda d: TrNorm("trace"), MATTER, ADJOINT, ALL),
    Entry("LExp", LExp, lambda d: LExp(2, d=d, init_w=1), BOTH, LINKS, broken=(PointGroup(),)),
    Entry("LExp U(N)", LExp, lambda d: Whole(LExp, 2, d=d, init_w=1), BOTH, LINKS),
    Entry("LStout", LStout, lambda d: LStout(), FROM_LINKS, LINKS, ALL),
    Entry("LStout U(N)", LStout, lambda d: Whole(LStout, 0.3, learnable=False), FROM_LINKS, LINKS, ALL),
    Entry("LStout planes", LStout, lambda d: uneven(LStout(d=d)), FROM_LINKS, LINKS, broken=(PointGroup(),)),
    Entry("Plaquettes", Plaquettes, lambda d: Plaquettes(), FROM_LINKS, ADJOINT, broken=(PointGroup(),)),
    Entry("Plaquettes back", Plaquettes, lambda d: Plaquettes("negative"), FROM_LINKS, ADJOINT),
    Entry("Plaquettes both", Plaquettes, lambda d: Plaquettes("both"), FROM_LINKS, ADJOINT),
    Entry("plaquettes mean", plaquettes, _of(lambda u: _mean(plaquettes(u))), FROM_LINKS, INVARIANT, ALL),
    Entry("CloverLeaves", CloverLeaves, lambda d: CloverLeaves(), FROM_LINKS, ADJOINT),
    Entry("clover_leaves", clover_leaves, _of(lambda u: _sum(clover_leaves(u))), FROM_LINKS, ADJOINT, ALL),
    Entry("PolyakovLoops", PolyakovLoops, lambda d: PolyakovLoops(), FROM_LINKS, ADJOINT),
    Entry("polyakov_loops", polyakov_loops, _of(lambda u: _sum(polyakov_loops(u))), FROM_LINKS, ADJOINT, ALL),
    Entry("GaugeInput", GaugeInput, lambda d: GaugeInput("clover", polyakov=True), FROM_LINKS, ADJOINT),
    Entry("GaugeInput lines", GaugeInput, lambda d: GaugeInput("none", polyakov=True), FROM_LINKS, ADJOINT),
    Entry("Trace", Trace, lambda d: Trace(), MATTER, SCALAR, ALL),
    Entry("Standardise", Standardise, lambda d: Standardise(2), (SCALAR,), SCALAR, ALL),
    Entry("SiteHead", SiteHead, lambda d: SiteHead(2, 3), (SCALAR,), SCALAR, ALL),
    Entry("site_mean", site_mean, _of(site_mean), (SCALAR,), INVARIANT, ALL),
]


def _hold(entry: Entry, symmetry: Symmetry[Any], d: int, group: str, examples: int = 3) -> None:
    torch.manual_seed(d)
    assert_symmetric(
        entry.build(d),
        symmetry,
        input_types=entry.inputs,
        output_type=entry.output,
        groups=(group,),
        dims=(d,),
        examples=examples,
        tolerance=1e-10,
    )


@pytest.mark.parametrize("entry", ENTRIES, ids=[entry.name for entry in ENTRIES])
def test_symmetries_of_layers_hold(entry: Entry) -> None:
    held = 0
    for d in entry.dims:
        for group in entry.groups:
            for symmetry in entry.symmetries:
                _hold(entry, symmetry, d, group)
                held += 1
    assert held >= 4 * 3 * 2


BROKEN = [entry for entry in ENTRIES if entry.broken]


@pytest.mark.parametrize("entry", BROKEN, ids=[entry.name for entry in BROKEN])
def test_symmetries_that_do_not_hold_are_found_broken(entry: Entry) -> None:
    for symmetry in entry.broken:
        with pytest.raises(CheckError, match="> tolerance 1e-10"):
            _hold(entry, symmetry, 2, "SU3", examples=10)


@dataclass(frozen=True)
class ModelEntry:
    """A model by its spec, which may depend on d and N."""

    spec: Callable[[int, int], dict[str, Any]]
    output: FieldType
    dims: tuple[int, ...] = (2, 3, 4)


WILSON_LOOP: dict[str, Any] = {"name": "wilson_loop", "loop": "2x2", "size": "small"}
MODELS: dict[str, list[ModelEntry]] = {
    "lcnn": [
        ModelEntry(
            lambda d, N: {
                "name": "lcnn",
                "layers": [(2, d * (d - 1) // 2 + d, 3), (3, 3, 2)],
                "d": d,
                "polyakov": True,
                "activation": "relu",
                "n_out": 2,
            },
            SCALAR,
        ),
        ModelEntry(
            lambda d, N: {
                "name": "lcnn",
                "layers": [(2, 2 * d * (d - 1), 2)],
                "d": d,
                "plaquettes": "clover",
                "directions": "both",
                "activation": "smooth",
            },
            SCALAR,
        ),
        ModelEntry(
            lambda d, N: {
                "name": "lcnn",
                "layers": [(2, d * (d - 1) // 2, 2), (1, 2, 1)],
                "d": d,
                "activation": "polynomial",
                "norm": "frobenius",
                "stout": 2,
                "exponential": 1,
                "standardise": True,
            },
            SCALAR,
        ),
    ],
    "glcnn": [
        ModelEntry(
            lambda d, N: {
                "name": "glcnn",
                "layers": [(2, 1, 2), (1, 2, 1)],
                "d": d,
                "group": "B_d" if d < 4 else "C_4",
                "elements": "generators",
                "loops": "both",
                "activation": "smooth",
                "n_out": 2,
            },
            SCALAR,
        ),
        ModelEntry(
            lambda d, N: {"name": "glcnn", "layers": [(2, 2, 1)], "d": d, "features": "trivial"}, SCALAR
        ),
        ModelEntry(
            lambda d, N: {"name": "glcnn", "layers": [(2, 1, 1)], "d": d, "pool": "det", "group": "Z_2^d"},
            PSEUDOSCALAR,
        ),
        ModelEntry(
            lambda d, N: {
                "name": "glcnn",
                "layers": [(1, 2, 1)],
                "d": d,
                "pool": "det",
                "group": "Z_2^d",
                "stout": 2,
                "standardise": True,
            },
            PSEUDOSCALAR,
        ),
    ],
    "topological_charge": [
        ModelEntry(lambda d, N: {"name": "topological_charge", "size": "small"}, SCALAR, (4,)),
    ],
    "wilson_loop": [
        ModelEntry(lambda d, N: {"name": "wilson_loop", "loop": "2x2", "size": "small"}, SCALAR, (2,)),
        ModelEntry(
            lambda d, N: {"name": "wilson_loop", "loop": "2x2", "size": "small", "d": d}, SCALAR, (4,)
        ),
    ],
    "cnn_links": [
        ModelEntry(lambda d, N: {"name": "cnn_links", "widths": [4, 4], "d": d, "N": N}, INVARIANT, (2, 3)),
    ],
    "cnn_traces": [
        ModelEntry(lambda d, N: {"name": "cnn_traces", "widths": [4, 4], "d": d}, INVARIANT, (2, 3)),
        ModelEntry(
            lambda d, N: {"name": "cnn_traces", "widths": [4], "d": d, "pooling": "max", "dense": [3]},
            INVARIANT,
        ),
        ModelEntry(
            lambda d, N: {
                "name": "cnn_traces",
                "widths": [4],
                "d": d,
                "pooling": "none",
                "parts": "complex",
            },
            SCALAR,
        ),
    ],
}
NUMBERED = [(f"{name} {i}", entry) for name, entries in MODELS.items() for i, entry in enumerate(entries)]


@pytest.mark.parametrize(("name", "entry"), NUMBERED, ids=[name for name, _ in NUMBERED])
def test_models_have_the_symmetries_that_they_declare(name: str, entry: ModelEntry) -> None:
    checked = 0
    for d in entry.dims:
        for N, group in ((3, "SU3"), (2, "SU2"), (1, "U1"), (2, "U2")):
            torch.manual_seed(1)
            model = build_model(entry.spec(d, N))
            assert Translation() in symmetries_of(model)
            assert repr(model.output_type) == repr(entry.output)
            assert_symmetric(
                model, output_type=entry.output, groups=(group,), dims=(d,), examples=3, tolerance=1e-10
            )
            checked += 1
    assert checked == 4 * len(entry.dims)


def test_a_cnn_on_links_is_found_out_under_gauge_transformations() -> None:
    model = build_model({"name": "cnn_links", "widths": [4], "d": 2, "N": 3})
    assert Gauge() not in symmetries_of(model)
    with pytest.raises(CheckError, match=r"under Gauge\(\)"):
        assert_symmetric(model, Gauge(), output_type=INVARIANT, groups=("SU3",), dims=(2,))


def test_every_layer_is_covered() -> None:
    public = {getattr(lcnn.gauge, name) for name in lcnn.gauge.__all__}
    assert public <= {entry.covers for entry in ENTRIES}
    for module in pkgutil.iter_modules(lcnn.gauge.__path__, "lcnn.gauge."):
        members = inspect.getmembers(importlib.import_module(module.name), inspect.isclass)
        layers = {layer for _, layer in members if issubclass(layer, nn.Module)}
        own = {layer for layer in layers if layer.__module__ == module.name}
        assert own <= public, module.name
    assert transport in {entry.covers for entry in ENTRIES}


def test_every_model_is_covered() -> None:
    assert set(MODELS) == set(available_models())
    assert {cls for cls in Model.__subclasses__() if cls.__module__.startswith("lcnn.")} == {
        type(build_model(entries[0].spec(2, 3))) for entries in MODELS.values()
    }


def test_all_groups_and_dimensions_are_covered() -> None:
    assert all(set(entry.groups) == set(GROUPS) and entry.dims == (2, 3, 4) for entry in ENTRIES)
    assert all(set(LOCAL) <= set(entry.symmetries) for entry in ENTRIES)
    hypercubic = {entry.covers for entry in ENTRIES if PointGroup() in entry.symmetries}
    assert {LConv, LCB, LBilinear, LAct, LPolynomialAct, Trace, SiteHead} <= hypercubic
    assert {LLinear, TrNorm, LStout} <= hypercubic
    assert {entry.covers for entry in BROKEN} == {LConv, LCB, Plaquettes, LExp, LStout}
