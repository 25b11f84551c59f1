"""Networks by name: `build_model` turns plain values, as in a RUN.toml or a checkpoint, into a model.

Models are assemblies of layers; each says which symmetries it respects (`Model.symmetries`) and how to build
it again (`Model.spec`). ``lcnn models`` lists names and parameters. A model of your own has the name
``"package.module:factory"``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import nn

from lcnn._catalogue import check_names, is_users
from lcnn._user import call_factory, find_factory
from lcnn.models._base import Model, parity_doubts
from lcnn.models.baseline import CNN, cnn_links, cnn_traces
from lcnn.models.global_symmetry import GLCNN
from lcnn.models.published import published_models, topological_charge, wilson_loop
from lcnn.models.wilson_loop import LCNN
from lgt.errors import InputError

_BUILDERS: dict[str, Callable[..., Model]] = {
    "cnn_links": cnn_links,
    "cnn_traces": cnn_traces,
    "glcnn": GLCNN,
    "lcnn": LCNN,
    "topological_charge": topological_charge,
    "wilson_loop": wilson_loop,
}


def available_models() -> tuple[str, ...]:
    """Return the names that `build_model` knows.

    Examples
    --------
    >>> available_models()
    ('cnn_links', 'cnn_traces', 'glcnn', 'lcnn', 'topological_charge', 'wilson_loop')
    """
    return tuple(_BUILDERS)


def build_model(spec: Mapping[str, Any]) -> nn.Module:
    """Build a model, with fresh weights from torch's global generator.

    Parameters
    ----------
    spec
        The model's `name` and its parameters; what `Model.spec` returns, also after JSON or TOML. The name
        ``"package.module:factory"`` means a function or class of your own, looked up in the current folder
        and PYTHONPATH, which is called with the parameters as keywords and returns a torch module.

    Raises
    ------
    InputError
        If the name or a parameter is unknown, one is missing, or one has no valid value; or if your
        factory raises or returns something else.

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
    check_names(spec)
    parameters = dict(spec)
    name = parameters.pop("name")
    if is_users(name):
        model = call_factory(name, find_factory(name), parameters)
        if not isinstance(model, nn.Module):
            what = f"an object of type {type(model).__name__}"
            raise InputError(f"the model that {name}() returns", what, "return a torch.nn.Module")
        return model
    try:
        return _BUILDERS[name](**parameters)
    except InputError:
        raise
    except (TypeError, ValueError, RuntimeError) as error:
        found = " ".join(str(error).split())
        raise InputError(f"model {name!r}", found, "correct the value of that parameter") from None


__all__ = [
    "CNN",
    "GLCNN",
    "LCNN",
    "Model",
    "available_models",
    "build_model",
    "cnn_links",
    "cnn_traces",
    "parity_doubts",
    "published_models",
    "topological_charge",
    "wilson_loop",
]
