"""``lgt convert``: between ensembles and the files of other programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from lgt.cli._output import note

if TYPE_CHECKING:
    from lgt.action import Action


def convert(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="IN...",
            show_default=False,
            help="Files to read, of any format, told by their content. PATH#INDEX takes one configuration "
            "of a file with several. Several need --to hdf5, or an OUT with {config} in it.",
        ),
    ],
    out: Annotated[
        str,
        typer.Argument(
            metavar="OUT",
            show_default=False,
            help="File to make. {config} and {chain} in it become numbers, one file a configuration.",
        ),
    ],
    to: Annotated[
        str,
        typer.Option(
            "--to", show_default=False, help="hdf5, nersc, ildg, milc or openqcd. Example: --to ildg"
        ),
    ],
    lattice: Annotated[
        str | None,
        typer.Option("--lattice", help="Extents, time last, where IN has none. Example: --lattice 8x8x8x16"),
    ] = None,
    precision: Annotated[
        int | None,
        typer.Option(
            "--precision",
            help="Bits of the numbers in OUT, 64 or 32; by default those of IN, but 32 for milc.",
        ),
    ] = None,
    reduced: Annotated[
        bool, typer.Option("--reduced", help="Leave away the last row of each matrix (nersc).")
    ] = False,
    reunitarise: Annotated[
        bool, typer.Option("--reunitarise", help="Bring the links back onto the group; changes last digits.")
    ] = False,
    verify: Annotated[
        bool, typer.Option("--verify/--no-verify", help="Refuse files that fail a check.")
    ] = True,
    force: Annotated[bool, typer.Option("--force", help="Replace OUT if it exists.")] = False,
    action: Annotated[
        str | None,
        typer.Option(
            "--action",
            show_default="wilson",
            help="With --beta: the action, to be noted in OUT (hdf5). Example: --action iwasaki",
        ),
    ] = None,
    beta: Annotated[
        float | None, typer.Option("--beta", help="Coupling of the action, to be noted in OUT (hdf5).")
    ] = None,
) -> None:
    """Convert configurations between ensembles (hdf5) and the files of other programs.

    Checksums, plaquette and links of IN are checked first. All numbers keep their bits, unless --precision
    lowers it, or OUT is a milc file, which holds 32 of each; a note says so where they were 64. Files of
    other programs do not name the action with its boundaries and anisotropy; a note says what is left out.
    """
    from lgt.errors import InputError
    from lgt.interop import ConversionOptions, convert_configurations
    from lgt.lattice import Lattice

    stated = _stated(beta, action, to)
    if precision not in (None, 32, 64):
        raise InputError(f"--precision {precision}", "no such precision", "give 64 or 32")
    options = ConversionOptions(
        lattice=None if lattice is None else Lattice.parse(lattice),
        precision=32 if precision == 32 else 64 if precision == 64 else None,
        verify=verify,
        reduced=reduced,
        reunitarise=reunitarise,
        replace=force,
        action=stated,
    )
    for path in convert_configurations(inputs, out, to, options, warn=lambda text: note(f"note: {text}")):
        typer.echo(f"wrote {path}")


def _stated(beta: float | None, name: str | None, to: str) -> Action | None:
    """The action of the options."""
    from lgt.action import make_action
    from lgt.errors import InputError

    option = f"--beta {beta}" if name is None else f"--action {name}"
    if (beta, name) != (None, None) and to != "hdf5":
        found = "a format that does not name the action"
        raise InputError(f"{option} with --to {to}", found, f"leave {option} out")
    if beta is None and name is not None:
        raise InputError(option, "no --beta to go with it", "give --beta")
    if name == "rectangle":
        raise InputError(option, "no option for its c1", "leave --beta and --action out")
    return None if beta is None else make_action(name or "wilson", beta)
