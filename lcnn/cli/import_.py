"""``lcnn import``: trained weights and data of the authors' own code."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lcnn.cli._output import emit_json, note
from lgt.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable


def import_(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="One checkpoint, or HDF5 files of data.")
    ],
    out: Annotated[Path, typer.Option(help="A folder that does not exist yet.", show_default=False)],
    group: Annotated[
        str | None, typer.Option(help="Weights: the gauge group, e.g. SU2.", show_default=False)
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            help="Weights: what they predict, as in a RUN.toml, e.g. wilson_1x2.", show_default=False
        ),
    ] = None,
    d: Annotated[
        int | None,
        typer.Option(
            "--d", help="Weights: number of directions, where shapes leave it open.", show_default=False
        ),
    ] = None,
    directions: Annotated[
        str | None,
        typer.Option(help="Weights: hops positive or both, where shapes leave it open.", show_default=False),
    ] = None,
    dilation: Annotated[
        int | None,
        typer.Option(min=1, help="Weights: sites from one hop to the next.", show_default="1"),
    ] = None,
    planes: Annotated[
        str,
        typer.Option(help="Weights: input plaquettes official (P_ij, i > j) or increasing (P_ij, i < j)."),
    ] = "official",
    chains: Annotated[
        int | None,
        typer.Option(min=1, help="Data: cut the samples of a file into chains.", show_default="1"),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Import files of the authors' own code (arXiv:2012.12901).

    A checkpoint (a Lightning file or a state dict) becomes a folder that
    lcnn evaluate takes, with model.toml and its weights as .safetensors.
    Nothing in it is executed. HDF5 files of their generate_configs.py become
    one ensemble for each beta, beta-B.h5, with the labels in labels/beta-B.h5;
    each file has chains of its own. Which of the two a file is shows by its
    content.

    lcnn import best.ckpt --out net --group SU2 --target wilson_1x2

    lcnn import train.hdf5 val.hdf5 test.hdf5 --out data

    With --json: kind (weights or data) and, for weights, checkpoint, weights
    (their number), dtype, model and inferred (what the shapes told); for
    data, ensembles, configurations, targets (as in a RUN.toml) and checked
    (what agrees with the links).
    """
    import h5py

    kinds = set()
    for path in files:
        if not path.is_file():
            raise InputError(f"importing {path}", "no such file", "give a checkpoint or HDF5 files")
        kinds.add(bool(h5py.is_hdf5(path)))
    if len(kinds) > 1 or (kinds == {False} and len(files) > 1):
        found = "HDF5 and other files" if len(kinds) > 1 else f"{len(files)} files that are not HDF5"
        raise InputError("one import", found, "give one checkpoint, or HDF5 files")
    if True in kinds:
        given = {"group": group, "target": target, "d": d, "directions": directions, "dilation": dilation}
        wrong = [name for name, value in given.items() if value is not None]
        if planes != "official":
            wrong.append("planes")
        _refuse(wrong, "HDF5 data")
        document = _import_data(files, out, chains or 1)
    else:
        _refuse(["chains"] if chains is not None else [], "a checkpoint")
        options = {"d": d, "directions": directions, "dilation": dilation, "planes": planes}
        document = _import_weights(files[0], out, group, target, options)
    if json:
        emit_json(document)
        return
    for key, value in document.items():
        if key == "model":
            value = ", ".join(f"{name} {what}" for name, what in value.items())
        for line in value if isinstance(value, list) else [value]:
            typer.echo(f"{key:15} {line}")


def _refuse(options: list[str], what: str) -> None:
    if options:
        asked = " and ".join(f"--{name}" for name in options)
        raise InputError(f"{asked} for {what}", "an option of the other kind of file", "leave it away")


def _import_weights(
    file: Path, out: Path, group: str | None, target: str | None, options: dict[str, Any]
) -> dict[str, Any]:
    for name, choices in (("directions", (None, "positive", "both")), ("planes", ("official", "increasing"))):
        if options[name] not in choices:
            wanted = " or ".join(choice for choice in choices if choice)
            raise InputError(f"--{name} {options[name]}", "no such choice", f"use {wanted}")
    for name, value in (("group", group), ("target", target)):
        if value is None:
            example = "--group SU2 --target wilson_1x2"
            raise InputError(f"weights {file}", f"no {name}, which they do not say", f"give {example}")
    from lcnn.official import read_weights, write_model
    from lgt.group import parse_group

    parsed = parse_group(str(group))
    imported = read_weights(file, **options)
    path = write_model(out, imported, group=parsed, target=str(target), source=file.name)
    return {
        "kind": "weights",
        "checkpoint": str(path),
        "weights": imported.model.weights,
        "dtype": imported.dtype,
        "model": imported.model.spec,
        "inferred": list(imported.inferred),
    }


def _import_data(files: list[Path], out: Path, chains: int) -> dict[str, Any]:
    from lcnn.official import import_data

    found = import_data(files, out, chains=chains, progress=_say())
    if found.ignored:
        note(f"note: left out, not known: {', '.join(found.ignored)}")
    if found.unchecked:
        note(f"note: not compared with the links: {', '.join(found.unchecked)}")
    note("note: axes are kept; time is axis 0 in the authors' code and the last one here")
    return {
        "kind": "data",
        "ensembles": [str(path) for path in found.ensembles],
        "configurations": found.configurations,
        "targets": list(found.targets),
        "checked": list(found.checked),
    }


def _say(every: float = 5.0) -> Callable[[int, int], None]:
    """Note how far it is, at most every so many seconds."""
    last = time.monotonic()

    def say(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last >= every:
            last = time.monotonic()
            note(f"{done} of {total} configurations")

    return say
