"""``lcnn check``: hold a user's own model to the symmetries of the lattice."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lcnn.cli._output import emit_json, note
from lgt.errors import InputError

if TYPE_CHECKING:
    from torch import nn

    from lcnn.testing.examine import Finding


def check(
    target: Annotated[
        str,
        typer.Argument(
            metavar="PACKAGE.MODULE:FACTORY",
            help="A function without arguments that returns the model; its module is looked up in the "
            "current folder and PYTHONPATH. Or the folder of a training.",
        ),
    ],
    group: Annotated[
        str | None,
        typer.Option(help="Gauge group: U1, SU2, SU3, ...", show_default="of a training: its own"),
    ] = None,
    lattice: Annotated[
        str | None,
        typer.Option(
            help="Extents, e.g. 4x6; distinct ones see swapped axes.", show_default="of a training: its own"
        ),
    ] = None,
    hypercubic: Annotated[
        bool, typer.Option("--hypercubic", help="Hold it to rotations and reflections too.")
    ] = False,
    symmetry: Annotated[
        str | None, typer.Option(help="Only this one: gauge, translation or hypercubic.")
    ] = None,
    pseudoscalar: Annotated[
        bool, typer.Option("--pseudoscalar", help="Its outputs change sign under reflections.")
    ] = False,
    dtype: Annotated[
        str, typer.Option(help="Precision of the links: complex128 or complex64.")
    ] = "complex128",
    tolerance: Annotated[
        float | None,
        typer.Option(
            help="Largest error relative to the output's spread between configurations.",
            show_default="1e-10, complex64 1e-4",
        ),
    ] = None,
    examples: Annotated[int, typer.Option(help="Random examples for each symmetry.")] = 10,
    seed: Annotated[int, typer.Option(help="Example i draws from the seed SEED + i.")] = 0,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Check the symmetries of your own model, gauge and translation, with --hypercubic B_d too.

    FACTORY() gives a callable or torch module from links (batch, d, *extents, N, N) to scalars (batch,) or
    fields (batch, channel, *extents), as numpy or torch. Exit status: 0 all hold, 1 something does not, 2 the
    model could not be checked. The folder of a training in its place means the model trained in it.
    """
    from lcnn._before import read_header
    from lcnn._user import check_target
    from lcnn.cli._factory import is_checkpoint, model_of
    from lgt.group import parse_group
    from lgt.lattice import Lattice
    from lgt.symmetry import parse_symmetry
    from lgt.testing import default_tolerance

    names = [symmetry] if symmetry else ["gauge", "translation", *(["hypercubic"] if hypercubic else [])]
    symmetries = [parse_symmetry(name) for name in names]
    if tolerance is not None and not 0 < tolerance < float("inf"):
        raise InputError(f"tolerance {tolerance:g}", "no positive, finite number", "use e.g. 1e-10")
    if not 0 <= seed < 2**32:
        raise InputError(f"seed {seed}", "a number out of range", "use 0 to 2^32 - 1")
    trained = is_checkpoint(target)
    if trained:
        about = read_header(target)[1]
        group = group or about.get("group")
        lattice = lattice or "x".join(map(str, about.get("extents", ()))) or None
    else:
        check_target(target)
    if group is None or lattice is None:
        missing = [f"--{key}" for key, value in (("group", group), ("lattice", lattice)) if value is None]
        raise InputError("a check", f"no {' and no '.join(missing)}", "give e.g. --group SU3 --lattice 4x6")
    gauge_group, box = parse_group(group), Lattice.parse(lattice)
    default_tolerance(dtype)  # refuses an unknown one before the user's code runs
    model = _trained(target, dtype) if trained else model_of(target)
    from lcnn.testing.examine import examine  # torch loads only now

    report = examine(
        model,
        gauge_group,
        box,
        symmetries,
        dtype=dtype,
        tolerance=tolerance,
        examples=examples,
        seed=seed,
        odd=pseudoscalar,
    )
    fixed = ["--group", gauge_group.key]
    fixed += ["--pseudoscalar"] if pseudoscalar else []
    fixed += ["--dtype", dtype] if dtype != "complex128" else []
    fixed += ["--tolerance", repr(tolerance)] if tolerance is not None else []
    lines = {
        finding: _reproducer(target, finding, fixed, seed, names, examples) for finding in report.findings
    }
    if json:
        emit_json(
            {
                "model": target,
                "group": gauge_group.key,
                "lattice": str(box),
                "dtype": dtype,
                "tolerance": report.tolerance,
                "examples": examples,
                "ok": report.ok,
                "checks": [_entry(finding, line) for finding, line in lines.items()],
                "notes": list(report.notes),
            }
        )
    else:
        typer.echo(
            f"{target} on {gauge_group!r}, {dtype}: {examples} examples for each symmetry, "
            f"tolerance {report.tolerance:g}"
        )
        for finding, line in lines.items():
            typer.echo(_line(finding))
            if not finding.ok and not finding.skipped:
                typer.echo(f"      repeat it with: {line}")
    for words in report.notes:
        note(f"note: {words}")
    if not report.ok:
        raise typer.Exit(1)


def _trained(path: str, dtype: str) -> nn.Module:
    """What the model of a checkpoint predicts, in the precision of the links."""
    from lcnn.checkpoint import load_model
    from lcnn.evaluate import Prediction
    from lcnn.testing import set_precision

    model, about = load_model(path)
    prediction = Prediction(model, about.get("per", "site")).eval()
    set_precision(prediction, dtype)
    return prediction


def _line(finding: Finding) -> str:
    what = f"{'pass' if finding.ok else 'FAIL'}  {finding.name} on {finding.lattice}"
    if finding.reason:
        return f"{what}: {finding.reason}"
    return what if finding.error is None else f"{what}: worst error {finding.error:.2g}"


def _reproducer(
    target: str, finding: Finding, fixed: list[str], seed: int, names: list[str], examples: int
) -> str:
    """The command that repeats one finding: with one example, but all calls where their number matters."""
    if finding.name in ("deterministic", "input untouched"):
        which = ["--symmetry", names[0]] if len(names) == 1 else ["--hypercubic"] * ("hypercubic" in names)
        words = ["lcnn", "check", target, *fixed, "--lattice", str(finding.lattice), *which]
        return shlex.join([*words, "--seed", str(seed), "--examples", str(examples)])
    name = finding.name if finding.name in names else names[0]
    words = ["lcnn", "check", target, *fixed, "--lattice", str(finding.lattice), "--symmetry", name]
    number = seed if finding.seed is None else finding.seed
    return shlex.join([*words, "--seed", str(number), "--examples", "1"])


def _entry(finding: Finding, line: str) -> dict[str, Any]:
    return {
        "name": finding.name,
        "lattice": str(finding.lattice),
        "ok": finding.ok,
        "error": finding.error,
        "element": finding.element,
        "seed": finding.seed,
        "reason": finding.reason,
        "reproducer": None if finding.ok or finding.skipped else line,
    }
