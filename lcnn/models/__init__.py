"""Networks by name: `build_model` turns plain values, as in a RUN.toml or a checkpoint, into a model.

Models are assemblies of layers; each says which symmetries it respects (`Model.symmetries`) and how to build
it again (`Model.spec`).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from lcnn.models._base import Model
from lcnn.models.baseline import CNN, cnn_links, cnn_traces
from lcnn.models.wilson_loop import LCNN, published_models, wilson_loop
from lgt.errors import InputError

_BUILDERS: dict[str, Callable[..., Model]] = {
    "cnn_links": cnn_links,
    "cnn_traces": cnn_traces,
    "lcnn": LCNN,
    "wilson_loop": wilson_loop,
}


def available_models() -> tuple[str, ...]:
    """Return the names that `build_model` knows.

    Examples
    --------
    >>> available_models()
    ('cnn_links', 'cnn_traces', 'lcnn', 'wilson_loop')
    """
    return tuple(_BUILDERS)


def build_model(spec: Mapping[str, Any]) -> Model:
    """Build a model, with fresh weights from torch's global generator.

    Parameters
    ----------
    spec
        The model's `name` and its parameters; what `Model.spec` returns, also after JSON or TOML.

    Raises
    ------
    InputError
        If the name or a parameter is unknown, one is missing, or one has no valid value.

    Examples
    --------
    >>> model = build_model({"name": "wilson_loop", "loop": "1x2", "size": "small"})
    >>> build_model(model.spec).spec == model.spec
    True
    >>> build_model({"name": "wilson_loop", "loop": "1x2", "colour": "red"})
    Traceback (most recent call last):
    lgt.errors.InputError: model 'wilson_loop' with loop, colour: found missing size, unknown colour; give it
    loop, size and if you like d, centre, n_out, init, init_w
    """
    parameters = dict(spec)
    name = parameters.pop("name", None)
    if name not in _BUILDERS:
        raise InputError(f"model {name!r}", "no such name", "use " + ", ".join(_BUILDERS))
    known = inspect.signature(_BUILDERS[name]).parameters
    required = [key for key, value in known.items() if value.default is inspect.Parameter.empty]
    wrong = [f"missing {key}" for key in required if key not in parameters]
    wrong += [f"unknown {key}" for key in parameters if key not in known]
    if wrong:
        optional = ", ".join(key for key in known if key not in required)
        raise InputError(
            f"model {name!r} with {', '.join(parameters) or 'no parameters'}",
            ", ".join(wrong),
            f"give it {', '.join(required)} and if you like {optional}",
        )
    try:
        return _BUILDERS[name](**parameters)
    except InputError:
        raise
    except (TypeError, ValueError, RuntimeError) as error:
        found = " ".join(str(error).split())
        raise InputError(f"model {name!r}", found, "correct the value of that parameter") from None


__all__ = [
    "CNN",
    "LCNN",
    "Model",
    "available_models",
    "build_model",
    "cnn_links",
    "cnn_traces",
    "published_models",
    "wilson_loop",
]
