"""Reading the schema back: the spec of a file, of which no attribute and no dataset is taken on trust."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import h5py
import numpy as np

from lgt.action import make_action
from lgt.ensemble import sidecar
from lgt.ensemble._schema import FORMAT, SLOTS, VERSION, EnsembleSpec
from lgt.errors import EnsembleError
from lgt.group import parse_group
from lgt.lattice import Lattice

_FIXED = ("format", "version", "group", "extents", "action", "beta", "action_parameters", "seed", "run")


class _BrokenError(Exception):
    """What is wrong with a file, in words."""


def read_spec(file: h5py.File) -> EnsembleSpec:
    """The spec of an open file, all of whose attributes and datasets fit each other.

    Raises
    ------
    EnsembleError
        If the file is HDF5 but not an ensemble, of a later version of the format, or broken.
    """
    try:
        return _read(file)
    except EnsembleError:
        raise
    except Exception as error:  # a damaged file can make the HDF5 library raise nearly anything
        found = " ".join(str(error).split()) or type(error).__name__
        raise EnsembleError(
            f"opening {file.filename}", f"a broken schema ({found})", "restore a copy, or make it again"
        ) from None


def _read(file: h5py.File) -> EnsembleSpec:
    attributes, asked = dict(file.attrs), f"opening {file.filename}"
    form = attributes.get("format")
    if isinstance(form, str) and form == sidecar.FORMAT:
        of = attributes.get("ensemble", "an ensemble")
        raise EnsembleError(asked, f"the measurements of {of}", "give the ensemble itself")
    if not (isinstance(form, str) and form == FORMAT):
        raise EnsembleError(asked, "HDF5 without our schema", "give a file of lgt generate")
    version = _attribute(attributes, "version", int, np.integer)
    if version > VERSION:
        raise EnsembleError(asked, f"version {version} of the format", "use a newer lgt")
    if version < 1:
        raise _BrokenError(f"version {version}")
    action = _attribute(attributes, "action", str)
    beta = float(_attribute(attributes, "beta", float, np.floating))
    crc, links = _dataset(file, "crc"), _dataset(file, "links")
    if crc.ndim != 2:
        raise _BrokenError(f"crc of shape {crc.shape}")
    chains, configs = crc.shape
    spec = EnsembleSpec(
        group=parse_group(_attribute(attributes, "group", str)),
        lattice=_lattice(attributes),
        configs=configs,
        chains=chains,
        action=make_action(action, beta, **_parameters(attributes)) if action else None,
        seed=int(_attribute(attributes, "seed", int, np.integer)),
        precision="float32" if links.dtype == np.dtype("<c8") else "float64",
        observables={name: _dataset(file, f"observables/{name}").shape[2:] for name in _observables(file)},
        resumable="state" in file,
        run=_run(attributes),
        provenance={key: str(value) for key, value in attributes.items() if key not in _FIXED},
    )
    _check_datasets(file, spec)
    _check_run(spec)
    return spec


def _attribute(attributes: Mapping[str, Any], name: str, *types: type) -> Any:
    if name not in attributes:
        raise _BrokenError(f"no attribute {name}")
    value = attributes[name]
    if not isinstance(value, types) or isinstance(value, bool | np.bool_):
        raise _BrokenError(f"attribute {name} of type {type(value).__name__}")
    return value


def _lattice(attributes: Mapping[str, Any]) -> Lattice:
    extents = _attribute(attributes, "extents", np.ndarray)
    if extents.ndim != 1 or not np.issubdtype(extents.dtype, np.integer):
        raise _BrokenError("attribute extents that is no list of whole numbers")
    return Lattice(tuple(int(extent) for extent in extents))


def _run(attributes: Mapping[str, Any]) -> dict[str, Any]:
    try:
        run = json.loads(_attribute(attributes, "run", str))
    except (ValueError, RecursionError):
        raise _BrokenError("attribute run that is no JSON") from None
    if not isinstance(run, dict):
        raise _BrokenError("attribute run that is no JSON object")
    return run


def _observables(file: h5py.File) -> list[str]:
    if not isinstance(file.get("observables"), h5py.Group):
        raise _BrokenError("no group observables")
    return list(file["observables"])


def _dataset(file: h5py.File, name: str) -> h5py.Dataset:
    data = file.get(name)
    if not isinstance(data, h5py.Dataset) or data.shape is None:
        raise _BrokenError(f"no dataset {name}")
    return data


def _check_datasets(file: h5py.File, spec: EnsembleSpec) -> None:
    """Compare the shape and type of every dataset with what the attributes say."""
    count, slots = (spec.chains, spec.configs), (SLOTS, spec.chains)
    expected: dict[str, tuple[tuple[int, ...], str]] = {
        "crc": (count, "<i8"),
        "links": (count + spec.shape, spec.dtype.str),
        "observables/plaquette": (count, "<f8"),
    }
    for name in _observables(file):
        expected[f"observables/{name}"] = (count + spec.observables[name], "<f8")
    if spec.resumable or "checkpoint" in spec.run:  # lgt generate never made one without
        for name in ("crc", "sweep", "exhausted"):
            expected[f"state/{name}"] = (slots, "<i8")
        expected["state/links"] = (slots + spec.shape, "<c16")
    for name, (shape, kind) in expected.items():
        data = _dataset(file, name)
        if data.shape != shape:
            raise _BrokenError(f"{name} of shape {data.shape}, not {shape}")
        if data.dtype != np.dtype(kind):
            raise _BrokenError(f"{name} of type {data.dtype}, not {np.dtype(kind)}")


def _parameters(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of the action beside beta; files of version 1 without the attribute have none."""
    try:
        parameters = json.loads(attributes.get("action_parameters", "{}"))
    except (TypeError, ValueError):
        parameters = None
    if not isinstance(parameters, dict):
        raise _BrokenError("action_parameters that are no JSON object")
    return {key: tuple(value) if isinstance(value, list) else value for key, value in parameters.items()}


def _check_run(spec: EnsembleSpec) -> None:
    """Compare the keys of the run with what they became."""
    facts: dict[str, Any] = {
        "group": spec.group.key,
        "lattice": str(spec.lattice),
        "seed": spec.seed,
        "chains": spec.chains,
        "configs": spec.configs,
        "precision": spec.precision,
        "action": spec.action.name if spec.action else "",
        "beta": spec.action.beta if spec.action else None,
    }
    for key, fact in facts.items():
        if spec.run.get(key, fact) != fact:
            raise _BrokenError(f"{key} = {spec.run[key]} in its run, but {fact} in the file")
