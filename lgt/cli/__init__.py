"""The command ``lgt``: generate, measure, analyse, verify, info, convert, plot.

Adding a command: write ``lgt/cli/NAME.py`` with one plain function ``NAME`` whose parameters are
``typing.Annotated[type, typer.Argument(help=...)]`` or ``typer.Option``; import heavy modules (numpy, h5py,
numba, pyerrors, matplotlib) inside that function, so that ``lgt --help`` stays fast; then import the function
here and put it into ``_COMMANDS``. The function's docstring is the help text. It raises an
`lgt.errors.LgtError` for anything the user can mend, prints results by ``typer.echo`` or
`lgt.cli._output.emit_json` on stdout, and everything else by `lgt.cli._output.note` on stderr.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import Annotated, Any, NoReturn

import typer

from lgt._version import __version__
from lgt.cli.analyse import analyse
from lgt.cli.convert import convert
from lgt.cli.generate import generate
from lgt.cli.info import info
from lgt.cli.measure import measure
from lgt.cli.plot import plot
from lgt.cli.verify import verify
from lgt.errors import LgtError, StoppedError, StorageError

__all__ = ["app", "main"]

_COMMANDS: tuple[Callable[..., Any], ...] = (generate, measure, analyse, verify, info, convert, plot)

app = typer.Typer(
    name="lgt",
    help="SU(N) and U(1) lattice gauge configurations by Monte Carlo: make them, measure them, check them.",
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

for _command in _COMMANDS:
    app.command()(_command)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"lgt {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        context.fail("no command was given")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run ``lgt`` and leave the interpreter with its exit status.

    Parameters
    ----------
    arguments
        The words after ``lgt``; those of this process by default.

    Raises
    ------
    SystemExit
        0 done; 1 a check failed; 2 bad input; 3 stopped, resumable; 4 disk or I/O failure.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        # The words travel along, for commands that record how they were called.
        status = app(args=words, obj=words, prog_name="lgt", standalone_mode=False)
    except StoppedError as stop:  # not an error: the file is intact, the run goes on with --resume
        _leave(f"{stop.found.removeprefix('it ')}; {stop.remedy}", stop.exit_status)
    except LgtError as error:
        _fail(_spaced_lattice(words) or str(error), error.exit_status)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the interpreter complains at exit
        raise SystemExit(1) from None
    except OSError as error:
        file = f"{error.filename}: " if error.filename else ""
        _fail(f"{file}{error.strerror or error}", StorageError.exit_status)
    except MemoryError as error:
        _fail(f"this needs more memory than there is ({error}); use a smaller lattice or fewer chains", 2)
    except Exception as error:
        # A wrong option; the class lives in click or inside typer, depending on the version of typer.
        if not (hasattr(error, "format_message") and hasattr(error, "exit_code")):
            raise
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "lgt"
        message = _spaced_lattice(words) or f"{error.format_message()} (see {command} --help)"
        _fail(message, error.exit_code)
    raise SystemExit(status if isinstance(status, int) else 0)  # the status of typer.Exit comes back as value


def _spaced_lattice(words: Sequence[str]) -> str:
    """What to say to ``--lattice 8 8``, of which the second word is anything but an extent; else nothing."""
    for place, word in enumerate(words):
        flag, equals, first = word.partition("=")
        if flag == "--lattice":
            following = ([first] if equals else []) + list(words[place + 1 :])
            extents = list(takewhile(str.isdecimal, following))
            if len(extents) > 1:
                return (
                    f"--lattice {' '.join(extents)}: found no x between the extents; "
                    f"write --lattice {'x'.join(extents)}"
                )
    return ""


def _fail(message: str, status: int) -> NoReturn:
    _leave(f"error: {message}", status)


def _leave(message: str, status: int) -> NoReturn:
    typer.echo("lgt: " + " ".join(message.split()), err=True)
    raise SystemExit(status) from None
