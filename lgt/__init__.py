"""lgt: SU(N) lattice gauge configurations by Monte Carlo."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from lgt._version import __version__
from lgt.errors import (
    CheckError,
    EnsembleError,
    InputError,
    LgtError,
    PhysicsError,
    ShapeError,
    StoppedError,
    StorageError,
)

if TYPE_CHECKING:
    from lgt.action import Action, Wilson, make_action
    from lgt.chain import generate
    from lgt.config import RunConfig
    from lgt.ensemble import Ensemble, EnsembleSpec
    from lgt.field import cold, gauge_transform, hot, lattice_of, space_transform
    from lgt.group import SU, U1, Hyperoctahedral, SignedPermutation, SpaceElement, parse_group
    from lgt.lattice import Lattice
    from lgt.loops import loop_trace, ordered_product
    from lgt.path import Path, line, plaquette, rectangle
    from lgt.rng import Stream

# Where each public name lives. Loaded on first use (PEP 562), so that `import lgt` costs numpy alone.
_HOMES = {
    "lgt.action": ("Action", "Wilson", "make_action"),
    "lgt.chain": ("generate",),
    "lgt.config": ("RunConfig",),
    "lgt.ensemble": ("Ensemble", "EnsembleSpec"),
    "lgt.field": ("cold", "gauge_transform", "hot", "lattice_of", "space_transform"),
    "lgt.group": ("SU", "U1", "Hyperoctahedral", "SignedPermutation", "SpaceElement", "parse_group"),
    "lgt.lattice": ("Lattice",),
    "lgt.loops": ("loop_trace", "ordered_product"),
    "lgt.path": ("Path", "line", "plaquette", "rectangle"),
    "lgt.rng": ("Stream",),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'lgt' has no attribute {name!r}")
    value = getattr(import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


__all__ = [
    "SU",
    "U1",
    "Action",
    "CheckError",
    "Ensemble",
    "EnsembleError",
    "EnsembleSpec",
    "Hyperoctahedral",
    "InputError",
    "Lattice",
    "LgtError",
    "Path",
    "PhysicsError",
    "RunConfig",
    "ShapeError",
    "SignedPermutation",
    "SpaceElement",
    "StoppedError",
    "StorageError",
    "Stream",
    "Wilson",
    "__version__",
    "cold",
    "gauge_transform",
    "generate",
    "hot",
    "lattice_of",
    "line",
    "loop_trace",
    "make_action",
    "ordered_product",
    "parse_group",
    "plaquette",
    "rectangle",
    "space_transform",
]
