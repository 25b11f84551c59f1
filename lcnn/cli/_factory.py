"""Find a user's model by name: import ``package.module`` and call ``factory`` in it."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lcnn.testing.subject import blame, users_code
from lgt.errors import InputError


def model_of(target: str) -> Callable[..., Any]:
    """Import ``package.module:factory`` from the current folder or PYTHONPATH, and return ``factory()``.

    The global seeds of random, numpy and torch are set before, so that a network that draws its weights
    is the same one each time.

    Raises
    ------
    InputError
        If there is no such module or name, or if the user's code raises; then the message has the last
        line of its traceback and the place.
    """
    module_name, colon, name = target.partition(":")
    if not (colon and name and all(part.isidentifier() for part in module_name.split("."))):
        raise InputError(
            f"model {target!r}", "no package.module:factory", "write it as package.module:factory"
        )
    module = _module(module_name)
    found: Any = module
    for part in name.split("."):
        if not hasattr(found, part):
            close = difflib.get_close_matches(part, [n for n in dir(found) if not n.startswith("_")], 1)
            remedy = f"did you mean {close[0]!r}" if close else f"define it in {_file(module)}"
            raise InputError(f"factory {name!r} of module {module_name}", "no such name", remedy)
        found = getattr(found, part)
    if not callable(found):
        raise InputError(
            f"factory {target!r}",
            f"an object of type {type(found).__name__}",
            "name a function without arguments",
        )
    _seed_globals()
    try:
        with users_code():
            model = found()
    except (Exception, SystemExit) as error:
        remedy = "correct it"
        if isinstance(error, TypeError) and error.__traceback__ and error.__traceback__.tb_next is None:
            remedy = "name a function without arguments that returns the model, not the model itself"
        raise InputError(f"calling {target}()", blame(error), remedy) from None
    if isinstance(model, type):
        raise InputError(
            f"the model that {target}() returns", f"the class {model.__name__}", "return an instance"
        )
    if not callable(model):
        what = "None" if model is None else f"an object of type {type(model).__name__}"
        raise InputError(f"the model that {target}() returns", what, "return a callable or a torch module")
    return model  # type: ignore[no-any-return]


def _module(name: str) -> Any:
    """Import the module, from the current folder first."""
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    importlib.invalidate_caches()
    try:
        with users_code():
            module = importlib.import_module(name)
    except (Exception, SystemExit) as error:
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


def _seed_globals() -> None:
    import numpy as np
    import torch

    random.seed(0)
    np.random.seed(0)  # noqa: NPY002 - what the user's factory may draw from
    torch.manual_seed(0)
