"""Models of users: find ``package.module:factory`` and call it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from lgt.errors import InputError
from lgt.users import blame, find, split_target, users_code

_KIND, _FORM = "model", "package.module:factory"


def check_target(target: str) -> None:
    """Refuse what is not of the form ``package.module:factory``; nothing is imported.

    Raises
    ------
    InputError
        With what was meant, if that can be guessed.
    """
    split_target(target, _KIND, _FORM)


def find_factory(target: str) -> Callable[..., Any]:
    """Import ``package.module:factory``, from the current folder first, then from PYTHONPATH.

    Raises
    ------
    InputError
        If there is no such module or name, if importing it raises, or if it cannot be called.
    """
    found = find(target, _KIND, _FORM)
    if not callable(found):
        what = f"an object of type {type(found).__name__}"
        raise InputError(f"factory {target!r}", what, "name a function or class that gives the model")
    return found  # type: ignore[no-any-return]


def call_factory(
    target: str, factory: Callable[..., Any], parameters: Mapping[str, Any]
) -> Callable[..., Any]:
    """Return ``factory(**parameters)``, a callable.

    Raises
    ------
    InputError
        If the parameters do not fit, the user's code raises, or what it returns cannot be called; the
        message has the last line of the user's traceback and its place.
    """
    try:
        inspect.signature(factory).bind(**parameters)
    except TypeError as error:
        keys = ", ".join(inspect.signature(factory).parameters) or "none"
        remedy = f"it takes the parameters {keys}"
        if not parameters:
            remedy = f"name a function without arguments that returns the model ({remedy})"
        raise InputError(f"calling {target}({', '.join(parameters)})", str(error), remedy) from None
    except ValueError:  # a builtin without a signature
        pass
    try:
        with users_code():
            model = factory(**parameters)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit too
        raise InputError(f"calling {target}()", blame(error), "correct it") from None
    if isinstance(model, type):
        raise InputError(
            f"the model that {target}() returns", f"the class {model.__name__}", "return an instance"
        )
    if not callable(model):
        what = "None" if model is None else f"an object of type {type(model).__name__}"
        raise InputError(f"the model that {target}() returns", what, "return a callable or a torch module")
    return model  # type: ignore[no-any-return]
