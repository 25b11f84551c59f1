"""Named measurements of a configuration: ``parse_observable("wilson_1x2").value(links)``."""

from __future__ import annotations

from lgt.observable._base import FAMILIES, Observable, available_observables, parse_observable
from lgt.observable.loops import ActionDensity, Plaquette, Polyakov, WilsonLoop, polyakov_loops, rectangles

FAMILIES += [Plaquette, ActionDensity, WilsonLoop, Polyakov]

__all__ = [
    "ActionDensity",
    "Observable",
    "Plaquette",
    "Polyakov",
    "WilsonLoop",
    "available_observables",
    "parse_observable",
    "polyakov_loops",
    "rectangles",
]
