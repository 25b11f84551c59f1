"""Somebody else's code: find ``package.module:name``, run it, and blame the right line if it fails."""

from __future__ import annotations

import contextlib
import difflib
import importlib
import os
import sys
import sysconfig
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lgt.errors import InputError

_HERE = Path(__file__).resolve().parent
_OURS = (_HERE, _HERE.with_name("lcnn"))  # the two packages of one distribution
_INSTALLED = tuple(Path(sysconfig.get_path(key)).resolve() for key in ("stdlib", "purelib", "platlib"))


def blame(error: BaseException) -> str:
    """The last line of a traceback and where the user's own code was, on one line.

    Examples
    --------
    >>> blame(ValueError("too few"))
    'ValueError: too few'
    """
    said = " ".join("".join(traceback.format_exception_only(error)).split())
    if isinstance(error, SyntaxError):  # names its file and line itself
        return said
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if not _within(f.filename, _OURS + _INSTALLED)]
    libraries = [f for f in frames if not _within(f.filename, _OURS)]
    if not libraries:
        return said
    frame = (own or libraries)[-1]
    return f"{said} ({frame.filename}:{frame.lineno} in {frame.name})"


def _within(filename: str, roots: tuple[Path, ...]) -> bool:
    if filename.startswith("<"):  # a frozen module of the import system
        return roots is not _OURS
    return any(Path(filename).resolve().is_relative_to(root) for root in roots)


@contextlib.contextmanager
def users_code() -> Iterator[None]:
    """Run somebody else's code: what it prints goes to stderr, since stdout is for results.

    That holds for what bypasses Python's stdout too: file descriptor 1 and the processes that inherit it.
    """
    with _descriptor_to_stderr(), contextlib.redirect_stdout(sys.stderr):
        yield


@contextlib.contextmanager
def _descriptor_to_stderr() -> Iterator[None]:
    """Point file descriptor 1 at stderr; without one of the two, leave all as it is."""
    _flush()
    try:
        kept = os.dup(1)
    except OSError:
        yield
        return
    try:
        with contextlib.suppress(OSError):
            os.dup2(2, 1)
        yield
    finally:
        _flush()  # what was written to sys.__stdout__ meanwhile
        os.dup2(kept, 1)
        os.close(kept)


def _flush() -> None:
    for stream in {id(s): s for s in (sys.stdout, sys.__stdout__)}.values():
        if stream is not None:
            with contextlib.suppress(OSError, ValueError):
                stream.flush()


def split_target(target: str, kind: str, form: str) -> tuple[str, str]:
    """Return module and name of ``package.module:name``; `kind` and `form` as for `find`.

    Raises
    ------
    InputError
        If it is not of that form; a path such as ``folder/module.py:name`` is translated in the message.

    Examples
    --------
    >>> split_target("package.module:net", "model", "package.module:factory")
    ('package.module', 'net')
    >>> split_target("models/mine.py:net", "model", "package.module:factory")
    Traceback (most recent call last):
    lgt.errors.InputError: model 'models/mine.py:net': found a path; did you mean 'models.mine:net'?
    """
    module, colon, name = target.partition(":")
    if module.endswith(".py") or "/" in module:
        words = ".".join(part for part in Path(module).with_suffix("").parts if part not in (".", "/"))
        raise InputError(f"{kind} {target!r}", "a path", f"did you mean {f'{words}:{name}'!r}?")
    parts = (*module.split("."), *name.split("."))
    if not (colon and all(part.isidentifier() for part in parts)):
        raise InputError(f"{kind} {target!r}", f"no {form}", f"write it as {form}")
    return module, name


def find(target: str, kind: str, form: str) -> Any:
    """Import ``package.module:name``, from the current folder first, then from PYTHONPATH.

    Parameters
    ----------
    target
        The name; it may have dots, for something inside a class.
    kind, form
        What it is and how it is written, for messages: ``"model"``, ``"package.module:factory"``.

    Raises
    ------
    InputError
        If there is no such module or name, or if importing it raises.

    Examples
    --------
    >>> find("lgt.users:blame", "function", "package.module:name") is blame
    True
    """
    module_name, name = split_target(target, kind, form)
    module = _module(module_name)
    found: Any = module
    for part in name.split("."):
        if not hasattr(found, part):
            close = difflib.get_close_matches(part, [n for n in dir(found) if not n.startswith("_")], 1)
            remedy = f"did you mean {close[0]!r}?" if close else "define it there"
            raise InputError(f"{kind} {target!r}", f"no such name in {_file(module)}", remedy)
        found = getattr(found, part)
    return found


def _module(name: str) -> Any:
    """Import the module, from the current folder first."""
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    importlib.invalidate_caches()
    try:
        with users_code():
            module = importlib.import_module(name)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit too
        missing = error.name if isinstance(error, ModuleNotFoundError) else None
        if missing is not None and f"{name}.".startswith(f"{missing}."):
            remedy = f"run in its folder ({here} was searched) or set PYTHONPATH"
            raise InputError(f"module {name!r}", "no such module", remedy) from None
        raise InputError(f"importing {name}", blame(error), "correct it") from None
    wanted = Path(here, *name.split(".")).with_suffix(".py")
    if wanted.is_file() and Path(_file(module)).resolve() != wanted.resolve():
        raise InputError(f"module {name!r} of {here}", f"{_file(module)} in its place", "rename yours")
    return module


def _file(module: Any) -> str:
    return str(getattr(module, "__file__", None) or module.__name__)
