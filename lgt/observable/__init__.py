"""Named measurements of a configuration: ``parse_observable("wilson_1x2").value(links)``.

Your own: a subclass of `Observable` with a method `density` in a module of yours is known by the name
``package.module:Name`` wherever a name is taken: ``lgt measure -o mine:Square``, `lgt.measure`, ``measure``
in RUN.toml. See `UserObservable`.
"""

from __future__ import annotations

from lgt.observable._base import FAMILIES, Observable, available_observables, parse_observable
from lgt.observable._user import UserObservable
from lgt.observable.loops import ActionDensity, Plaquette, Polyakov, WilsonLoop, polyakov_loops, rectangles
from lgt.observable.schwinger_dyson import SchwingerDyson, measured_beta, plaquettes_of_links, schwinger_dyson

FAMILIES += [Plaquette, ActionDensity, WilsonLoop, Polyakov, UserObservable]

__all__ = [
    "ActionDensity",
    "Observable",
    "Plaquette",
    "Polyakov",
    "SchwingerDyson",
    "UserObservable",
    "WilsonLoop",
    "available_observables",
    "measured_beta",
    "parse_observable",
    "plaquettes_of_links",
    "polyakov_loops",
    "rectangles",
    "schwinger_dyson",
]
