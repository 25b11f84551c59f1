"""Find the model that ``lcnn check`` is told: a factory of the user's, or a trained checkpoint."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lcnn._user import call_factory, find_factory


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
    factory = find_factory(target)
    _seed_globals()
    return call_factory(target, factory, {})


def is_checkpoint(target: str) -> bool:
    """Whether the words name a folder or TOML file of ``lcnn train`` rather than a factory."""
    return target.endswith(".toml") or (":" not in target and Path(target).is_dir())


def _seed_globals() -> None:
    import numpy as np
    import torch

    random.seed(0)
    np.random.seed(0)  # noqa: NPY002 - what the user's factory may draw from
    torch.manual_seed(0)
