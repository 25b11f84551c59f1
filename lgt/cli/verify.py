"""``lgt verify``: whether files are what they say."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from lgt.cli._output import emit_json
from lgt.errors import CheckError, EnsembleError, InputError, LgtError

if TYPE_CHECKING:
    from lgt.action import Action
    from lgt.analysis import Estimate
    from lgt.ensemble import Ensemble
    from lgt.lattice import Lattice


class _Stated(NamedTuple):
    """What a user says that configurations were made at."""

    beta: float
    action: Action | None


#: A measured beta may be this many standard errors away from the one asked for.
SIGMAS = 4.0


def verify(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Files with configurations.")],
    beta: Annotated[
        float | None,
        typer.Option(
            "--beta",
            help="Hold the configurations to this beta, by the Schwinger-Dyson identity. Example: --beta 6.0",
        ),
    ] = None,
    action: Annotated[
        str | None,
        typer.Option(
            "--action",
            help="With --beta: the action, by default the one that the file names, else wilson. "
            "Example: --action iwasaki",
        ),
    ] = None,
    lattice: Annotated[
        str | None,
        typer.Option(
            "--lattice", help="The extents to expect, or where a file has none. Example: --lattice 4x4x4x4"
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")] = False,
) -> None:
    """Check files with configurations; exit status 1 if any is not accepted.

    lgt verify ens.h5 --beta 6.0

    Checks the checksums of every configuration, that its links are in the
    group (unitary, determinant 1) and that the stored plaquette is theirs;
    with --beta also that they were made at this beta, with the action that an
    ensemble names and else with --action. A file of measurements
    (ens.measured.h5) is recognised, and skipped. Formats: ensembles (HDF5),
    NERSC, ILDG and SciDAC, MILC, openQCD, told from the content of a file,
    never from its name.
    """
    from lgt.action import make_action
    from lgt.lattice import Lattice

    if action is not None and beta is None:
        raise InputError(f"--action {action}", "no --beta to hold the configurations to", "give --beta")
    if beta is not None and not (math.isfinite(beta) and beta >= 0):
        raise InputError(f"--beta {beta}", "not a finite number >= 0", "give a coupling like 6.0")
    expected = None if lattice is None else Lattice.parse(lattice)
    stated = None if beta is None else _Stated(beta, None if action is None else make_action(action, beta))
    missing = [str(path) for path in files if not path.is_file()]
    if missing:
        remedy = "check the path" if len(missing) == 1 else "check the paths"
        raise InputError(f"verifying {', '.join(missing)}", "no such file", remedy)
    reports = [_report(path, stated, expected) for path in files]
    if json:
        emit_json(reports)
    else:
        for report in reports:
            typer.echo(_line(report))
    if not all(report["ok"] for report in reports):
        raise typer.Exit(CheckError.exit_status)


def _report(path: Path, stated: _Stated | None, expected: Lattice | None) -> dict[str, Any]:
    """One entry of the list that is printed; whatever a broken file does to the reader becomes its reason."""
    from lgt.interop import detect_format

    report: dict[str, Any] = {
        "file": str(path),
        "format": "unknown",
        "group": None,
        "lattice": None,
        "plaquette": None,
        "ok": False,
        "reason": "",
    }
    from lgt.disk import reason

    try:
        report["format"] = detect_format(path)
    except EnsembleError as error:
        return report | {"reason": f"unknown format: {error.found}"}
    try:
        if report["format"] == "hdf5":
            measurements = _ensemble(path, report, stated, expected)
            if measurements is not None:
                return report | {"ok": True, "reason": f"{measurements}, no configurations to verify"}
        else:
            _foreign(path, report, stated, expected)
    except LgtError as error:
        return report | {"reason": str(error)}
    except Exception as error:  # a damaged file can make the HDF5 library raise nearly anything
        return report | {"reason": f"unreadable: {reason(error) or type(error).__name__}"}
    return report | {"ok": True}


def _ensemble(
    path: Path, report: dict[str, Any], stated: _Stated | None, expected: Lattice | None
) -> object | None:
    """Check an ensemble of ours and fill in the report; what the file is if it holds measurements instead."""
    from lgt.ensemble import Ensemble, sidecar

    measurements = sidecar.check(path)
    if measurements is not None:
        return measurements
    with Ensemble.open(path) as ensemble:
        report |= {"group": ensemble.group.key, "lattice": str(ensemble.lattice)}
        _check(ensemble, expected)
        report["plaquette"] = float(ensemble.observable("plaquette").mean())
        if stated is not None:
            measured = _beta(ensemble, stated.action or ensemble.action)
            named = f" ({ensemble.action} in the file)" if ensemble.action else ""
            _hold_to(stated.beta, measured, path, report, named)
    return None


def _foreign(path: Path, report: dict[str, Any], stated: _Stated | None, expected: Lattice | None) -> None:
    """Check a file of another program and fill in the report."""
    from lgt.interop import Configuration, count_configurations, inspect_configuration
    from lgt.observable import measured_beta

    def configurations() -> Iterator[Configuration]:
        for index in range(count_configurations(path)):
            yield inspect_configuration(path, lattice=expected, index=index)

    plaquettes = []
    for configuration in configurations():
        plaquettes.append(configuration.metadata.plaquette.computed)
        report |= {"group": configuration.group.key, "lattice": str(configuration.lattice)}
        if configuration.metadata.problems:
            found = ", ".join(configuration.metadata.problems)
            raise CheckError(f"verifying {path}", found, "take another copy of the file")
    report["plaquette"] = math.fsum(plaquette or 0.0 for plaquette in plaquettes) / len(plaquettes)
    if stated is not None:
        chain = (configuration.links for configuration in configurations())
        measured = measured_beta([chain], configuration.lattice.d, action=stated.action)
        _hold_to(stated.beta, measured, path, report)


def _hold_to(beta: float, measured: Estimate, path: Path, report: dict[str, Any], stated: str = "") -> None:
    report |= {"beta": measured.value, "beta_error": measured.error}
    if not abs(measured.value - beta) <= SIGMAS * measured.error:
        raise CheckError(
            f"{path} at beta {beta:g}", f"beta {measured} by Schwinger-Dyson{stated}", "check beta"
        )


def _check(ensemble: Ensemble, expected: Lattice | None) -> None:
    path = ensemble.path
    if expected is not None and expected != ensemble.lattice:
        raise CheckError(f"{path} on the lattice {expected}", f"{ensemble.lattice}", "check --lattice")
    if ensemble.length == 0:
        raise EnsembleError(f"verifying {path}", "no configuration finished in every chain", "resume the run")
    ensemble.verify()
    for chain in range(ensemble.spec.chains):
        if ensemble.damaged_slots(chain):
            raise CheckError(f"the state of chain {chain} of {path}", "damaged bytes", "restore a copy")


def _beta(ensemble: Ensemble, action: Action | None) -> Estimate:
    from lgt.chain import separation_of
    from lgt.observable import measured_beta

    chains = (
        (ensemble.links(chain, config) for config in range(ensemble.length))
        for chain in range(ensemble.spec.chains)
    )
    return measured_beta(chains, ensemble.lattice.d, separation_of(ensemble), action)


def _line(report: dict[str, Any]) -> str:
    if not report["ok"]:
        return f"{report['file']}: NOT OK ({report['format']}): {report['reason']}"
    if report["reason"]:
        return f"{report['file']}: skipped ({report['format']}): {report['reason']}"
    beta = ""
    if "beta" in report:
        from lgt.analysis import in_brackets

        beta = f", beta {in_brackets(report['beta'], report['beta_error'])}"
    return (
        f"{report['file']}: ok ({report['format']}), {report['group']} on {report['lattice']}, "
        f"plaquette {report['plaquette']:.6f}{beta}"
    )
