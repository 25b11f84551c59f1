"""lgt: SU(N) lattice gauge configurations by Monte Carlo, and those of other programs.

`generate` makes ensembles, `measure` and `analyse` take numbers from them:

>>> import lgt, pathlib, tempfile
>>> folder = tempfile.TemporaryDirectory()
>>> out = pathlib.Path(folder.name) / "ensemble.h5"
>>> run = lgt.RunConfig(group="SU3", lattice="4x4x4x4", beta=6.0, configs=2, thermalise=5, out=out)
>>> ensemble = lgt.generate(run)

NERSC, ILDG, SciDAC, MILC and openQCD files are read, with checksums and plaquettes verified, and written;
`lgt.measure` takes them too:

>>> path = out.with_name("milc")
>>> lgt.write_configuration(path, ensemble.links(0, 1), format="milc")
>>> lgt.read_configuration(path)
Configuration(milc, SU(3), 4x4x4x4, 32 bits)
>>> lgt.measure(lgt.open_configurations([path]), "wilson_1x2")["wilson_1x2"].shape
(1, 1)
>>> ensemble.close()
>>> folder.cleanup()
"""

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
    SlowProcessorWarning,
    StoppedError,
    StorageError,
)

if TYPE_CHECKING:
    from lgt.action import DBW2, Action, Iwasaki, LoopAction, LuscherWeisz, Rectangle, Wilson, make_action
    from lgt.analysis import Estimate, estimate
    from lgt.chain import analyse, generate, measure
    from lgt.config import RunConfig
    from lgt.ensemble import Ensemble, EnsembleSpec
    from lgt.field import cold, gauge_transform, hot, instanton, lattice_of, space_transform
    from lgt.gradient_flow import SymanzikFlow, WilsonFlow, flow_history
    from lgt.group import SU, U1, Hyperoctahedral, SignedPermutation, SpaceElement, U, parse_group
    from lgt.interop import Configuration, open_configurations, read_configuration, write_configuration
    from lgt.lattice import Lattice
    from lgt.loops import loop_trace, ordered_product
    from lgt.observable import (
        Derived,
        Observable,
        available_observables,
        measured_beta,
        parse_observable,
        parse_quantity,
    )
    from lgt.path import Path, line, plaquette, rectangle
    from lgt.replicas import Replicas
    from lgt.rng import Stream
    from lgt.smear import APE, Cooling, GradientFlow, Stout, ape, cool, parse_smearing, stout
    from lgt.update import HMC, HeatBath, Metropolis, OverRelaxation, Sweep, make_updater

# Where each public name lives. Loaded on first use (PEP 562), so that `import lgt` costs numpy alone.
_HOMES = {
    "lgt.action": (
        "Action",
        "DBW2",
        "Iwasaki",
        "LoopAction",
        "LuscherWeisz",
        "Rectangle",
        "Wilson",
        "make_action",
    ),
    "lgt.analysis": ("Estimate", "estimate"),
    "lgt.chain": ("analyse", "generate", "measure"),
    "lgt.config": ("RunConfig",),
    "lgt.ensemble": ("Ensemble", "EnsembleSpec"),
    "lgt.field": ("cold", "gauge_transform", "hot", "instanton", "lattice_of", "space_transform"),
    "lgt.gradient_flow": ("SymanzikFlow", "WilsonFlow", "flow_history"),
    "lgt.group": ("Hyperoctahedral", "SU", "SignedPermutation", "SpaceElement", "U", "U1", "parse_group"),
    "lgt.interop": (
        "Configuration",
        "open_configurations",
        "read_configuration",
        "write_configuration",
    ),
    "lgt.lattice": ("Lattice",),
    "lgt.loops": ("loop_trace", "ordered_product"),
    "lgt.observable": (
        "Derived",
        "Observable",
        "available_observables",
        "measured_beta",
        "parse_observable",
        "parse_quantity",
    ),
    "lgt.path": ("Path", "line", "plaquette", "rectangle"),
    "lgt.replicas": ("Replicas",),
    "lgt.rng": ("Stream",),
    "lgt.smear": ("APE", "Cooling", "GradientFlow", "Stout", "ape", "cool", "parse_smearing", "stout"),
    "lgt.update": ("HMC", "HeatBath", "Metropolis", "OverRelaxation", "Sweep", "make_updater"),
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
    "APE",
    "DBW2",
    "HMC",
    "SU",
    "U1",
    "Action",
    "CheckError",
    "Configuration",
    "Cooling",
    "Derived",
    "Ensemble",
    "EnsembleError",
    "EnsembleSpec",
    "Estimate",
    "GradientFlow",
    "HeatBath",
    "Hyperoctahedral",
    "InputError",
    "Iwasaki",
    "Lattice",
    "LgtError",
    "LoopAction",
    "LuscherWeisz",
    "Metropolis",
    "Observable",
    "OverRelaxation",
    "Path",
    "PhysicsError",
    "Rectangle",
    "Replicas",
    "RunConfig",
    "ShapeError",
    "SignedPermutation",
    "SlowProcessorWarning",
    "SpaceElement",
    "StoppedError",
    "StorageError",
    "Stout",
    "Stream",
    "Sweep",
    "SymanzikFlow",
    "U",
    "Wilson",
    "WilsonFlow",
    "__version__",
    "analyse",
    "ape",
    "available_observables",
    "cold",
    "cool",
    "estimate",
    "flow_history",
    "gauge_transform",
    "generate",
    "hot",
    "instanton",
    "lattice_of",
    "line",
    "loop_trace",
    "make_action",
    "make_updater",
    "measure",
    "measured_beta",
    "open_configurations",
    "ordered_product",
    "parse_group",
    "parse_observable",
    "parse_quantity",
    "parse_smearing",
    "plaquette",
    "read_configuration",
    "rectangle",
    "space_transform",
    "stout",
    "write_configuration",
]
