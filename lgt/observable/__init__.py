"""Named measurements of a configuration: ``parse_observable("wilson_1x2").value(links)``."""

from __future__ import annotations

from lgt.observable._base import FAMILIES, Observable, available_observables, parse_observable
from lgt.observable.loops import ActionDensity, Plaquette, Polyakov, WilsonLoop, polyakov_loops, rectangles
from lgt.observable.schwinger_dyson import SchwingerDyson, measured_beta, plaquettes_of_links, schwinger_dyson

FAMILIES += [Plaquette, ActionDensity, WilsonLoop, Polyakov]

__all__ = [
    "ActionDensity",
    "Observable",
    "Plaquette",
    "Polyakov",
    "SchwingerDyson",
    "WilsonLoop",
    "available_observables",
    "measured_beta",
    "parse_observable",
    "plaquettes_of_links",
    "polyakov_loops",
    "rectangles",
    "schwinger_dyson",
]
