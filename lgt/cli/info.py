"""``lgt info``: what a file holds, or what this installation can do."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from lgt.cli._output import emit_json


def info(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="Ensemble file; none for the installation.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")] = False,
) -> None:
    """Print what an ensemble file holds, or versions and available names.

    lgt info ens.h5
    """
    facts = _installation() if file is None else _ensemble(file)
    if json:
        emit_json(facts)
        return
    lines = [(key, value) for key, value in _flat(facts) if value != ""]
    width = max(len(key) for key, _ in lines)
    for key, value in lines:
        typer.echo(f"{key:{width}}  {value}")


def _ensemble(path: Path) -> dict[str, Any]:
    from lgt.ensemble import Ensemble, sidecar

    with Ensemble.open(path) as ensemble:
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
    from lgt.observable import available_observables
    from lgt.update import INTEGRATORS, UPDATES

    return {
        "lgt": __version__,
        "python": platform.python_version(),
        "versions": {name: version(name) for name in ("numpy", "numba", "h5py", "pyerrors")},
        "platform": platform.platform(),
        "cpus": os.cpu_count(),
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
