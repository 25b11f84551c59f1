"""Every loop, action and observable under gauge, translations and, where it holds, B_d.

Each entry of the table names what it covers; the last tests fail for a public one that no entry covers.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lgt.action
import lgt.clover
import lgt.gradient_flow
import lgt.loops
import lgt.observable
import lgt.smear
from lgt.action import (
    ACTIONS,
    DBW2,
    Action,
    Iwasaki,
    LoopAction,
    LuscherWeisz,
    Rectangle,
    RectangleAction,
    Wilson,
)
from lgt.clover import energy_clover, energy_plaquette, field_strength
from lgt.errors import CheckError
from lgt.field import dagger, shift
from lgt.gradient_flow import FLOWS, SymanzikFlow, WilsonFlow, flow_history, gradient_flow
from lgt.group import Hyperoctahedral, Representation, SignedPermutation, Subgroup, parse_group
from lgt.lattice import Lattice
from lgt.loops import loop_trace, ordered_product, plaquettes
from lgt.observable import (
    ActionDensity,
    Derived,
    EnergyClover,
    EnergyPlaquette,
    Observable,
    Plaquette,
    Polyakov,
    Smeared,
    TopologicalCharge,
    TopologicalSusceptibility,
    WilsonLoop,
    parse_observable,
    parse_quantity,
    plaquettes_of_links,
    polyakov_loops,
    rectangle_average,
    rectangles,
    schwinger_dyson,
)
from lgt.observable._user import UserObservable
from lgt.path import Path, line
from lgt.smear import APE, SMEARINGS, Cooling, GradientFlow, Smearing, Stout, ape, stout
from lgt.symmetry import (
    ADJOINT,
    INVARIANT,
    LINKS,
    PSEUDOINVARIANT,
    PSEUDOSCALAR,
    SCALAR,
    FieldType,
    Gauge,
    PointGroup,
    Symmetry,
    Translation,
    parse_symmetry,
)
from lgt.testing import Case, assert_equivariant
from lgt.testing.strategies import cases, lattices, paths

Array = Any
GROUPS = ("SU3", "SU2", "U1")
LOCAL: tuple[Symmetry[Any], ...] = (Gauge(), Translation())
ALL: tuple[Symmetry[Any], ...] = (*LOCAL, PointGroup())


@dataclass(frozen=True)
class TimeReversal(Representation[SignedPermutation]):
    """The sign of the last axis, for elements that keep it."""

    group: Subgroup[SignedPermutation]  # type: ignore[assignment]
    dimension: int = 1  # type: ignore[misc]

    def matrix(self, g: SignedPermutation) -> Array:
        return np.array([[g.signs[-1]]])


def _keeping_time(d: int) -> Subgroup[SignedPermutation]:
    """B_{d-1} on space, and time reversal."""
    group = Hyperoctahedral(d)
    return group.subgroup(g for g in group.elements if g.permutation[-1] == d - 1)


def _time_odd(d: int) -> FieldType:
    return INVARIANT.transforming(TimeReversal(_keeping_time(d)), "time odd")


@dataclass(frozen=True)
class Entry:
    """A function of links, how its output transforms, and under what."""

    name: str
    covers: Any
    function: Callable[[Array], Array]
    output: FieldType
    symmetries: tuple[Symmetry[Any], ...] = ALL
    dims: tuple[int, ...] = (2, 3, 4)
    groups: tuple[str, ...] = GROUPS
    broken: tuple[Symmetry[Any], ...] = field(default=())
    """What must be found broken: the negative control."""


def _d(links: Array) -> int:
    return links.ndim - 4


def _summed(field: Array) -> Array:
    return field.reshape(len(field), -1).sum(axis=1)


def _observable(observable: Observable, *symmetries: Symmetry[Any], **options: Any) -> list[Entry]:
    """The value and the density, whose symmetries are gauge and translations at the least."""
    groups, broken = options.pop("groups", GROUPS), options.pop("broken", ())

    def value(links: Array) -> Array:
        return observable.value(links, _d(links))

    def density(links: Array) -> Array:
        return observable.density(links, _d(links))[:, None]

    name, covers, held = observable.name, type(observable), (*LOCAL, *symmetries)
    entries = [Entry(f"{name} value", covers, value, INVARIANT, held, groups=groups, broken=broken)]
    if options.pop("density", True):
        entries.append(Entry(f"{name} density", covers, density, SCALAR, LOCAL, groups=groups))
    return entries


def _polyakov(d: int, part: str, odd: bool = False) -> list[Entry]:
    """Around time: invariant in space; the imaginary part is odd under time reversal."""
    kept = PointGroup(_keeping_time(d))
    observable = Polyakov(part)  # type: ignore[arg-type]
    groups = ("SU3", "U1") if part == "im" else GROUPS  # SU(2) traces are real

    def value(links: Array) -> Array:
        return observable.value(links, d)

    output = _time_odd(d) if odd else INVARIANT
    broken = (PointGroup(),) if d == 3 else ()
    return [Entry(f"{observable.name} d={d}", Polyakov, value, output, (*LOCAL, kept), (d,), groups, broken)]


def _lines(links: Array) -> Array:
    """Polyakov lines of every direction by the path algebra, as matter."""
    d = _d(links)
    products = [ordered_product(links, line(mu, links.shape[2 + mu]), d) for mu in range(d)]
    return np.stack(products, axis=1)


def _clover(links: Array) -> Array:
    """The sum of all oriented plaquettes at a site: adjoint, and carried to itself by B_d."""
    d, total = _d(links), 0
    for mu in range(-d, d):
        for nu in range(-d, d):
            if mu not in (nu, ~nu):
                total = total + ordered_product(links, Path((mu, nu, ~mu, ~nu)), d)
    return total[:, None]  # type: ignore[index]


def _charge() -> list[Entry]:
    """Q is a pseudoscalar; its clover density at a site as well, while a plaquette's has its corner at x.

    In two dimensions Q itself, an integer that is often the same on all configurations, has its own test.
    """
    charge = TopologicalCharge()

    def value(links: Array) -> Array:
        return charge.value(links, _d(links))

    def density(links: Array) -> Array:
        return charge.density(links, _d(links))[:, None]

    reflected, four = (PointGroup(),), (4,)
    return [
        Entry("topological_charge", type(charge), value, PSEUDOINVARIANT, ALL, four),
        Entry("topological_charge no scalar", type(charge), value, INVARIANT, LOCAL, four, broken=reflected),
        Entry("topological_charge density", type(charge), density, PSEUDOSCALAR, ALL, four),
        Entry("topological_charge 2D", type(charge), density, SCALAR, LOCAL, (2,), ("U1",)),
    ]


def _smeared(name: str, output: FieldType = SCALAR, **options: Any) -> list[Entry]:
    """On links that move with the lattice as they are smeared; the density is one at sites."""
    observable = parse_observable(name)

    def value(links: Array) -> Array:
        return observable.value(links, _d(links))

    def density(links: Array) -> Array:
        found = observable.density(links, _d(links))
        return found if found.ndim > 1 + _d(links) else found[:, None]

    kind = INVARIANT if output is SCALAR else PSEUDOINVARIANT
    return [
        Entry(f"{name} value", Smeared, value, kind, **options),
        Entry(f"{name} density", Smeared, density, output, **options),
    ]


def _smearing(value: Smearing) -> Entry:
    """Smeared links are links."""
    return Entry(str(value), type(value), lambda u: value.apply(u, _d(u)), LINKS)


def _history(links: Array) -> Array:
    """The last links of a history, by steps that the flow chooses."""
    *_, (_, flowed) = flow_history(links, [0.05, 0.1], tolerance=1e-3, action=WilsonFlow(), d=_d(links))
    return flowed


def _derived(name: str, *symmetries: Symmetry[Any], **options: Any) -> Entry:
    """What a function of means is made of: the series of its inputs, whose mean alone enters."""
    quantity = parse_quantity(name)
    assert isinstance(quantity, Derived)

    def primaries(links: Array) -> Array:
        samples = [each.value(links, _d(links))[:, None] for each in quantity.inputs]
        return np.concatenate(quantity.primaries(samples), axis=1)

    return Entry(name, type(quantity), primaries, INVARIANT, (*LOCAL, *symmetries), **options)


ACTION = Wilson(2.3)


OTHERS = [LuscherWeisz(2.3), Iwasaki(2.3), DBW2(2.3), Rectangle(2.3, c1=-0.2, c0=0.7)]


def _value_of(action: Action) -> Callable[[Array], Array]:
    return lambda u: action.value(u, _d(u))


def _force_of(action: Action) -> Callable[[Array], Array]:
    return lambda u: action.force(u, _d(u))


ENTRIES: list[Entry] = [
    Entry("plaquettes", plaquettes, lambda u: plaquettes(u, _d(u)), SCALAR, LOCAL),
    Entry(
        "plaquettes summed", plaquettes, lambda u: plaquettes(u, _d(u)).reshape(len(u), -1).sum(1), INVARIANT
    ),
    Entry("clover", ordered_product, _clover, ADJOINT),
    Entry("lines", ordered_product, _lines, ADJOINT, LOCAL),
    Entry(
        "knotted loop",
        loop_trace,
        lambda u: loop_trace(u, Path.parse("+0 +1 +1 -0 -1 +0 +0 -1 -0 -0"), _d(u))[:, None],
        SCALAR,
        LOCAL,
        broken=(PointGroup(),),
    ),
    Entry("rectangles", rectangles, lambda u: rectangles(u, 2, 1, _d(u))[:, None], SCALAR, LOCAL),
    Entry("rectangle_average", rectangle_average, lambda u: rectangle_average(u, 2, 2, _d(u)), INVARIANT),
    Entry("polyakov_loops", polyakov_loops, lambda u: polyakov_loops(u, 0, _d(u))[:, None], SCALAR, LOCAL),
    Entry("action value", Wilson, lambda u: ACTION.value(u, _d(u)), INVARIANT),
    # S_link = -(beta/N) Re tr(U A): the dagger of a staple lies beside the link, from x to x + mu.
    Entry("staple", Wilson, lambda u: dagger(ACTION.staple(u, _d(u))), LINKS),
    Entry("force", Wilson, lambda u: ACTION.force(u, _d(u)), ADJOINT, LOCAL),
    *[Entry(f"value of {action}", type(action), _value_of(action), INVARIANT) for action in OTHERS],
    *[Entry(f"force of {action}", type(action), _force_of(action), ADJOINT, LOCAL) for action in OTHERS],
    # The tangent vector F U at the link moves with it, also where a direction is reversed.
    Entry("force at the link", Wilson, lambda u: ACTION.force(u, _d(u)) @ u, LINKS),
    Entry(
        "plaquettes of links", plaquettes_of_links, lambda u: plaquettes_of_links(u, _d(u)), ADJOINT, LOCAL
    ),
    Entry("rotation side", schwinger_dyson, lambda u: schwinger_dyson(u, _d(u)).rotation, INVARIANT),
    Entry("force side", schwinger_dyson, lambda u: schwinger_dyson(u, _d(u)).force, INVARIANT),
    *_observable(Plaquette(), PointGroup()),
    *_observable(ActionDensity(), PointGroup()),
    *_observable(WilsonLoop(2, 2), PointGroup()),
    *_observable(UserObservable("lgt.observable:Plaquette", Plaquette()), PointGroup()),
    *_observable(WilsonLoop(1, 2), broken=(PointGroup(),)),
    *_observable(WilsonLoop(1, 2, symmetric=True), PointGroup()),
    *_observable(Polyakov("re"), broken=(PointGroup(),)),
    *_observable(Polyakov("im", 1), groups=("SU3", "U1")),
    *_observable(Polyakov("abs", 0), density=False),
    *_observable(EnergyPlaquette(), PointGroup()),
    *_observable(EnergyClover(), PointGroup()),
    Entry("E(x)", EnergyClover, lambda u: EnergyClover().density(u, _d(u))[:, None], SCALAR),
    *_charge(),
    Entry("field_strength", field_strength, lambda u: field_strength(u, _d(u)), ADJOINT, LOCAL),
    Entry("energy_clover", energy_clover, lambda u: energy_clover(u, _d(u))[:, None], SCALAR),
    Entry("E of plaquettes", energy_plaquette, lambda u: energy_plaquette(u, _d(u))[:, None], SCALAR, LOCAL),
    *(_smearing(value) for value in (Stout(0.1, 2), APE(0.5, 2), GradientFlow(0.1))),
    _smearing(GradientFlow(0.05, SymanzikFlow())),
    Entry("stout", stout, lambda u: stout(u, 0.1, d=_d(u)), LINKS),
    Entry("ape", ape, lambda u: ape(u, 0.5, d=_d(u)), LINKS),
    Entry("gradient_flow", gradient_flow, lambda u: gradient_flow(u, 0.1, step=0.05, d=_d(u)), LINKS),
    Entry("flow_history", flow_history, _history, LINKS),
    *_smeared("energy_clover@stout:0.1x2"),
    *_smeared("energy_clover@ape:0.5x2"),
    *_smeared("energy_clover@flow:0.1:0.05"),
    *_smeared("topological_charge@symanzik_flow:0.05", PSEUDOSCALAR, dims=(4,)),
    _derived("creutz_2x2", PointGroup()),
    _derived("creutz_1x3@stout:0.1x1", PointGroup()),
    _derived("polyakov_susceptibility", broken=(PointGroup(),)),
    _derived("topological_susceptibility", PointGroup(), dims=(4,)),
    _derived("t0@flow:0.1:0.05", PointGroup()),
    _derived("w0_plaquette@symanzik_flow:0.1:0.05", PointGroup()),
    *(entry for d in (2, 3, 4) for part in ("re", "abs") for entry in _polyakov(d, part)),
    *(entry for d in (2, 3, 4) for entry in _polyakov(d, "im", odd=True)),
]

#: What an action may give up.
LESS_SYMMETRIC = [
    Entry(
        "force with an anisotropy",
        LoopAction,
        lambda u: Wilson(2.3, anisotropy=2.0).force(u, _d(u)) @ u,
        LINKS,
        LOCAL,
        (3, 4),
        broken=(PointGroup(),),
    ),
    Entry(
        "force with open boundaries",
        RectangleAction,
        lambda u: LuscherWeisz(2.3, open=(-1,)).force(u, _d(u)) @ u,
        LINKS,
        (Gauge(),),
        broken=(Translation(), PointGroup()),
    ),
]


@pytest.mark.parametrize("entry", ENTRIES + LESS_SYMMETRIC, ids=lambda entry: entry.name)
def test_symmetries_hold(entry: Entry) -> None:
    for d in entry.dims:
        for symmetry in entry.symmetries:
            assert_equivariant(
                entry.function,
                symmetry,
                input_types=[LINKS],
                output_type=entry.output,
                groups=entry.groups,
                dims=(d,),
                examples=3,
                tolerance=1e-10,
                source=entry.name.replace(" ", "_"),
            )


BROKEN = [entry for entry in ENTRIES + LESS_SYMMETRIC if entry.broken]


@pytest.mark.parametrize("entry", BROKEN, ids=[entry.name for entry in BROKEN])
def test_symmetries_that_do_not_hold_are_found_broken(entry: Entry) -> None:
    for symmetry in entry.broken:
        with pytest.raises(CheckError, match="> tolerance 1e-10"):
            assert_equivariant(
                entry.function,
                symmetry,
                input_types=[LINKS],
                output_type=entry.output,
                groups=entry.groups,
                dims=entry.dims[:1],
                examples=30,  # some elements of B_d keep some loops
            )


@settings(max_examples=60)
@given(st.data(), st.sampled_from((2, 3, 4)), st.sampled_from(GROUPS))
def test_any_path_is_carried_from_its_end_to_its_start(data: st.DataObject, d: int, group: str) -> None:
    """U[path] -> Om(x) U[path] Om(x + displacement)^+, closed or not."""
    path = data.draw(paths(d, closed=data.draw(st.booleans())))
    case = data.draw(cases(Gauge(), group=parse_group(group), boxes=lattices((d,))))
    (links,) = case.inputs([LINKS])
    omega = case.transformation.omega
    moved = ordered_product(Gauge().act(case.transformation, links, LINKS, case.lattice), path, d)
    expected = omega @ ordered_product(links, path, d) @ dagger(shift(omega, path.displacement(d)))
    assert np.abs(moved - expected).max() <= 1e-12
    assert not path.closed or np.abs(np.trace(moved - expected, axis1=-2, axis2=-1)).max() <= 1e-12


@settings(max_examples=60)
@given(st.data(), st.sampled_from((2, 3, 4)), st.sampled_from(("hypercubic", "translation")))
def test_any_path_moves_with_the_lattice(data: st.DataObject, d: int, symmetry: str) -> None:
    """(gU)[g path](x) = U[path](g^-1 x), between a box and its permuted box."""
    path = data.draw(paths(d))
    case: Case = data.draw(cases(parse_symmetry(symmetry), boxes=lattices((d,))))
    (links,) = case.inputs([LINKS])
    g, space = case.element, case.symmetry
    image = path.transformed(g) if isinstance(g, SignedPermutation) else path
    left = ordered_product(space.act(g, links, LINKS, case.lattice), image, d)
    right = space.act(g, ordered_product(links, path, d)[:, None], ADJOINT, case.lattice)[:, 0]
    assert np.abs(left - right).max() <= 1e-13


def test_a_path_left_where_it_was_is_found_out() -> None:
    """Negative control of the law above."""
    case = Case(
        PointGroup(), parse_group("SU3"), Lattice((3, 4)), 0, element=SignedPermutation.parse("+1 -0")
    )
    (links,) = case.inputs([LINKS])
    path = Path.parse("+0 +0 +1")
    left = ordered_product(case.symmetry.act(case.element, links, LINKS, case.lattice), path, 2)
    right = case.symmetry.act(case.element, ordered_product(links, path, 2)[:, None], ADJOINT, case.lattice)
    assert np.abs(left - right[:, 0]).max() > 0.1


def _public_functions(module: Any) -> set[Any]:
    found = {f for name, f in inspect.getmembers(module, inspect.isfunction) if not name.startswith("_")}
    return {f for f in found if f.__module__.startswith(module.__name__)}


def test_every_loop_is_covered() -> None:
    assert _public_functions(lgt.loops) <= {entry.covers for entry in ENTRIES}


def test_every_observable_is_covered() -> None:
    covered = {entry.covers for entry in ENTRIES}
    for module in pkgutil.iter_modules(lgt.observable.__path__, "lgt.observable."):
        importlib.import_module(module.name)
    kinds = (*Observable.__subclasses__(), *Derived.__subclasses__())
    families = {f for f in kinds if f.__module__.startswith("lgt.")}
    assert families == set(lgt.observable.FAMILIES)
    assert families <= covered
    apart = {
        lgt.observable.parse_observable,
        lgt.observable.parse_quantity,
        lgt.observable.evaluate,  # the values of those that are covered
        lgt.observable.available_observables,
        lgt.observable.measured_beta,  # the ratio of the two sides of schwinger_dyson
    }
    assert _public_functions(lgt.observable) - apart <= covered


def test_every_action_is_covered() -> None:
    actions = {a for _, a in inspect.getmembers(lgt.action, inspect.isclass) if issubclass(a, Action)}
    assert actions - {Action, LoopAction, RectangleAction} == set(ACTIONS.values())
    assert set(ACTIONS.values()) <= {entry.covers for entry in ENTRIES}


def test_every_smearing_is_covered() -> None:
    covered = {entry.covers for entry in ENTRIES}
    assert set(SMEARINGS) == {f for f in Smearing.__subclasses__() if f.__module__.startswith("lgt.")}
    # Cooling visits the links in an order of its own; what it keeps is held in test_smear.py.
    assert set(SMEARINGS) - {Cooling} <= covered
    assert set(FLOWS.values()) == {WilsonFlow, SymanzikFlow}
    functions = {f for m in (lgt.clover, lgt.smear, lgt.gradient_flow) for f in _public_functions(m)}
    apart = {lgt.smear.cool, lgt.smear.parse_smearing, lgt.gradient_flow.make_flow}
    # A step of the flow works on packed links.
    assert functions - apart - {lgt.gradient_flow.runge_kutta} <= covered


#: In two dimensions there is a charge of U(1) alone, in three none.
CHARGES = (TopologicalCharge, TopologicalSusceptibility)


def test_all_groups_and_dimensions_are_covered() -> None:
    entries = [entry for entry in ENTRIES if entry.covers not in CHARGES]
    covered = {(entry.covers, d) for entry in entries for d in entry.dims}
    assert covered == {(c, d) for c in {entry.covers for entry in entries} for d in (2, 3, 4)}
    assert all({"SU3", "U1"} <= set(entry.groups) for entry in entries)
    charges = {(e.covers, e.dims, g) for e in ENTRIES if e.covers in CHARGES for g in e.groups}
    assert charges == {(c, (4,), g) for c in CHARGES for g in GROUPS} | {(TopologicalCharge, (2,), "U1")}
    assert all(set(LOCAL) <= set(entry.symmetries) for entry in ENTRIES)
    assert sum(any(isinstance(s, PointGroup) for s in entry.symmetries) for entry in ENTRIES) >= 10
    assert len(BROKEN) >= 4
