"""Torch modules as functions of numpy arrays, which the toolkit of `lgt.testing` can hold to account."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from lcnn.field import set_precision
from lgt.errors import InputError

Array = NDArray[Any]
__all__ = ["as_numpy", "modules_in", "set_precision", "to_numpy"]

Kind = str
"""What a model takes: "numpy" arrays or "torch" tensors."""


def modules_in(model: Callable[..., Any]) -> Iterator[nn.Module]:
    """The torch modules that a callable is, is bound to, holds as attributes, closes over or names.

    They are found on their own and in a list, tuple or dict.

    Examples
    --------
    >>> layer = nn.Linear(2, 1)
    >>> [m is layer for m in modules_in(lambda x: layer(x))]
    [True]
    """
    if isinstance(model, nn.Module):
        yield model
        return
    held = [getattr(model, "__self__", None), getattr(model, "func", None), *_attributes(model)]
    for cell in getattr(model, "__closure__", None) or ():
        try:
            held.append(cell.cell_contents)
        except ValueError:  # not assigned yet
            continue
    code = getattr(model, "__code__", None)
    if code is not None:
        held += [getattr(model, "__globals__", {}).get(name) for name in code.co_names]
    for value in list(held):
        held += (
            value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ()
        )
    yield from {id(value): value for value in held if isinstance(value, nn.Module)}.values()


def _attributes(model: Any) -> list[Any]:
    return list(vars(model).values()) if hasattr(model, "__dict__") else []


def as_numpy(model: Callable[..., Any], kind: Kind | None = None) -> Callable[..., Array]:
    """Wrap a model as a function from numpy arrays to one numpy array.

    Parameters
    ----------
    model
        A torch module, or a callable of tensors or of arrays.
    kind
        What it takes, "torch" or "numpy"; None means torch for modules and for what holds modules.

    Returns
    -------
    callable
        Gives the model tensors on its own device, and detaches what comes back. Gradients stay possible
        inside, for models that differentiate on the way.

    Examples
    --------
    >>> as_numpy(nn.Identity())(np.ones(2))
    array([1., 1.])
    """
    modules = list(modules_in(model))
    tensors = bool(modules) if kind is None else kind == "torch"
    first = next((p for m in modules for p in (*m.parameters(), *m.buffers())), None)

    def function(*arrays: Array) -> Array:
        if not tensors:
            return to_numpy(model(*arrays))
        device = first.device if first is not None else None
        return to_numpy(model(*(torch.from_numpy(a).to(device) for a in arrays)))

    return function


def to_numpy(output: Any) -> Array:
    """What a model returned, as a numpy array.

    Raises
    ------
    InputError
        If it is not one tensor, array or number.
    """
    if isinstance(output, Tensor):
        output = output.detach().cpu().resolve_conj().resolve_neg()
        if output.dtype in (torch.bfloat16, torch.float8_e4m3fn, torch.float8_e5m2):  # unknown to numpy
            output = output.float()
        return np.asarray(output.numpy())
    if isinstance(output, (np.ndarray, np.generic, int, float, complex)):
        return np.asarray(output)
    raise InputError(
        "the model's output",
        f"an object of type {type(output).__name__}",
        "return one tensor or array of numbers",
    )
