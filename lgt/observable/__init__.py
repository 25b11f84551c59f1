"""Named measurements of a configuration: ``parse_observable("wilson_1x2").value(links)``.

``NAME@SMEARING`` is an observable on smeared links, ``NAME@flow:TMAX:DT`` one along a flow. Functions of
means, `Derived` (``creutz_2x2``, ``t0``), are named alike and estimated by `lgt.analyse`.

Your own: a subclass of `Observable` with a method `density` in a module of yours is known by the name
``package.module:Name`` wherever a name is taken: ``lgt measure -o mine:Square``, `lgt.measure`, ``measure``
in RUN.toml. See `UserObservable`.
"""

from __future__ import annotations

from lgt.observable._base import (
    FAMILIES,
    Observable,
    Quantity,
    available_observables,
    parse_observable,
    parse_quantity,
)
from lgt.observable._user import UserObservable
from lgt.observable.derived import (
    CreutzRatio,
    Derived,
    FlowScale,
    PolyakovSusceptibility,
    Setting,
    TopologicalSusceptibility,
)
from lgt.observable.loops import (
    ActionDensity,
    Plaquette,
    Polyakov,
    WilsonLoop,
    polyakov_loops,
    rectangle_average,
    rectangles,
)
from lgt.observable.schwinger_dyson import SchwingerDyson, measured_beta, plaquettes_of_links, schwinger_dyson
from lgt.observable.smeared import Smeared, evaluate
from lgt.observable.topology import EnergyClover, EnergyPlaquette, TopologicalCharge

# A derived quantity takes its smearing itself, so it comes before names with an @, and these before names
# with a colon.
FAMILIES += [Plaquette, ActionDensity, WilsonLoop, Polyakov, TopologicalCharge, EnergyPlaquette, EnergyClover]
FAMILIES += [CreutzRatio, PolyakovSusceptibility, TopologicalSusceptibility, FlowScale]
FAMILIES += [Smeared, UserObservable]

__all__ = [
    "ActionDensity",
    "CreutzRatio",
    "Derived",
    "EnergyClover",
    "EnergyPlaquette",
    "FlowScale",
    "Observable",
    "Plaquette",
    "Polyakov",
    "PolyakovSusceptibility",
    "Quantity",
    "SchwingerDyson",
    "Setting",
    "Smeared",
    "TopologicalCharge",
    "TopologicalSusceptibility",
    "UserObservable",
    "WilsonLoop",
    "available_observables",
    "evaluate",
    "measured_beta",
    "parse_observable",
    "parse_quantity",
    "plaquettes_of_links",
    "polyakov_loops",
    "rectangle_average",
    "rectangles",
    "schwinger_dyson",
]
