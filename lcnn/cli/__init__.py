"""The command ``lcnn``: train, evaluate, check, import, models.

Adding a command: write ``lcnn/cli/NAME.py`` with one plain function ``NAME`` whose parameters are
``typing.Annotated[type, typer.Argument(help=...)]`` or ``typer.Option``; import heavy modules (torch, numpy,
matplotlib) inside that function, so that ``lcnn --help`` stays fast; then import the function here and put it
into ``_COMMANDS``. The function's docstring is the help text. It raises an `lgt.errors.LgtError` for anything
the user can mend, prints results by ``typer.echo`` or `lcnn.cli._output.emit_json` on stdout, and everything
else by `lcnn.cli._output.note` on stderr.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import Annotated, Any, NoReturn

import typer

from lcnn.cli.check import check
from lcnn.cli.evaluate import evaluate
from lcnn.cli.import_ import import_
from lcnn.cli.models import models
from lcnn.cli.train import train
from lgt._version import __version__
from lgt.disk import reason
from lgt.errors import LgtError, StorageError

__all__ = ["app", "main"]

_COMMANDS: tuple[Callable[..., Any], ...] = (train, evaluate, check, import_, models)

app = typer.Typer(
    name="lcnn",
    help="Gauge-equivariant networks on lattice configurations: train them, evaluate them, check symmetries.",
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

for _command in _COMMANDS:
    app.command(_command.__name__.strip("_"))(_command)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"lcnn {__version__}")
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
    """Run ``lcnn`` and leave the interpreter with its exit status.

    Parameters
    ----------
    arguments
        The words after ``lcnn``; those of this process by default.

    Raises
    ------
    SystemExit
        0 done; 1 a check failed; 2 bad input; 3 stopped, resumable; 4 disk or I/O failure.
    """
    try:
        status = app(
            args=None if arguments is None else list(arguments), prog_name="lcnn", standalone_mode=False
        )
    except LgtError as error:
        _fail(str(error), error.exit_status)
    except ModuleNotFoundError as error:
        if error.name not in ("torch", "safetensors"):
            raise
        _fail(f"{error.name}: found no such package; pip install 'lgt-lcnn[torch]'", 2)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the interpreter complains at exit
        raise SystemExit(1) from None
    except OSError as error:
        file = f"{error.filename}: " if error.filename else ""
        _fail(f"{file}{reason(error)}", StorageError.exit_status)
    except Exception as error:
        # A wrong option; the class lives in click or inside typer, depending on the version of typer.
        if not (hasattr(error, "format_message") and hasattr(error, "exit_code")):
            raise
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "lcnn"
        _fail(f"{error.format_message()} (see {command} --help)", error.exit_code)
    raise SystemExit(status if isinstance(status, int) else 0)  # the status of typer.Exit comes back as value


def _fail(message: str, status: int) -> NoReturn:
    typer.echo("lcnn: error: " + " ".join(message.split()), err=True)
    raise SystemExit(status) from None
