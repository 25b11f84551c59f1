"""``lgt info``: what a file holds, or what this installation can do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lgt.cli import _foreign
from lgt.cli._output import emit_json, note

if TYPE_CHECKING:
    from lgt.lattice import Lattice


def info(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE", help="Ensemble, or a file of another program; none for the installation."
        ),
    ] = None,
    lattice: Annotated[str | None, typer.Option("--lattice", help=_foreign.LATTICE_HELP)] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")] = False,
) -> None:
    """Print what a file holds, or versions and available names.

    lgt info ens.h5

    Of files of other programs all that they say is printed, beside what their
    data give, and what is wrong with them (lgt verify tells it by its exit
    status).
    """
    facts = _installation() if file is None else _file(file, lattice)
    if json:
        emit_json(facts)
        return
    lines = [(key, " ".join(value.split())) for key, value in _flat(facts) if value != ""]
    width = max(len(key) for key, _ in lines)
    for key, value in lines:
        typer.echo(f"{key:{width}}  {value}")


def _file(path: Path, lattice: str | None) -> dict[str, Any]:
    extents = _foreign.parsed(lattice)
    _, foreign = _foreign.separated([path])
    return _foreign.facts(path, extents) if foreign else _ensemble(path, extents)


def _ensemble(path: Path, lattice: Lattice | None) -> dict[str, Any]:
    from lgt.ensemble import Ensemble, sidecar

    with Ensemble.open(path) as ensemble:
        _foreign.agree(ensemble, lattice)
        spec = ensemble.spec
        return {
            "file": str(path),
            "bytes": path.stat().st_size,
            "group": spec.group.key,
            "lattice": str(spec.lattice),
            "action": str(spec.action) if spec.action else "unknown",
            "seed": spec.seed,
            "chains": spec.chains,
            "configs": spec.configs,
            "finished": int(ensemble.finished.sum()),
            "precision": spec.precision,
            "observables": list(spec.observables),
            "measured": list(sidecar.read(ensemble)),
            "run": dict(spec.run),
            "provenance": dict(spec.provenance),
        }


def _installation() -> dict[str, Any]:
    import os
    import platform
    from importlib.metadata import version

    from lgt._version import __version__
    from lgt.action import ACTIONS
    from lgt.kernels._cpu import has_fma, slowness, this_processor
    from lgt.observable import available_observables
    from lgt.update import INTEGRATORS, UPDATES

    slow = slowness(*this_processor())
    if slow:
        note(f"warning: {slow}")
    return {
        "lgt": __version__,
        "python": platform.python_version(),
        "versions": {name: version(name) for name in ("numpy", "numba", "h5py", "pyerrors")},
        "platform": platform.platform(),
        "cpus": os.cpu_count(),
        "fused_multiply_add": has_fma(*this_processor()),
        "groups": ["U1", "SU2", "SU3", "..."],
        "actions": list(ACTIONS),
        "updates": list(UPDATES),
        "integrators": list(INTEGRATORS),
        "observables": available_observables(),
    }


def _flat(facts: dict[str, Any]) -> list[tuple[str, str]]:
    """Keys and values as text, nested keys joined by a dot."""
    out: list[tuple[str, str]] = []
    for key, value in facts.items():
        if isinstance(value, dict):
            out += [(f"{key}.{inner}", text) for inner, text in _flat(value)]
        else:
            out.append((key, ", ".join(map(str, value)) if isinstance(value, list) else str(value)))
    return out
