"""Whether a checkpoint is of the run that wants to go on from it."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lcnn.config import TrainingConfig
from lgt.errors import InputError

log = logging.getLogger("lcnn.fit")

_CIRCUMSTANCES = {"lcnn": None, "torch": None, "threads": None, "device": None, "processes": 1}
"""What may differ, at the price of other bits, and what it was where a checkpoint does not say."""

_FREE = {"device", "threads", "checkpoint", "checkpoint_seconds", "time_limit", "seeds", "start",
         "equivariance", "equivariance_every"}  # fmt: skip
_LENGTHS = ("training.epochs", "training.lbfgs")


def describe(config: TrainingConfig) -> dict[str, Any]:
    """Return the values of a configuration that decide the weights."""
    return config.model_dump(mode="json", exclude=_FREE)


def require_same(saved: Mapping[str, Any], ours: Mapping[str, Any], path: str | Path) -> None:
    """Raise InputError, with both values of what differs, unless a checkpoint can go on as our run.

    More iterations of L-BFGS than before are no difference, and more epochs none where the rate does not
    depend on their number and L-BFGS has not begun.
    """
    keys = [key for key in ours if key not in (*_CIRCUMSTANCES, "chains")]
    before = _flat({"training": describe(TrainingConfig())}) if "training" in saved else {}
    if "start" in ours:  # what a checkpoint means that does not say
        before["start"] = "fresh weights"
    wanted = _flat({key: ours[key] for key in keys})
    there = before | _flat({key: saved[key] for key in keys if key in saved})
    different = [key for key in {**wanted, **there} if wanted.get(key) != there.get(key)]
    longer = [key for key in _LENGTHS if key in wanted and wanted[key] > there.get(key, math.inf)]
    if "training.lbfgs" in longer:
        different.remove("training.lbfgs")
    if (epochs := "training.epochs") in longer:
        begun = "lbfgs_loss" in saved
        if wanted["training.schedule"] != "cosine" and not begun:
            different.remove(epochs)
        elif different == [epochs]:
            why = "L-BFGS begun after them" if begun else (
                "the cosine schedule, whose rates depend on it from the first step"
            )  # fmt: skip
            raise InputError(
                f"resuming {path} with {epochs} = {wanted[epochs]}",
                f"{epochs} = {there[epochs]} there and {why}",
                "train into another folder, or with another schedule, which can be extended",
            )
    if different:
        here = ", ".join(f"{key} = {wanted.get(key, 'nothing')}" for key in different)
        found = ", ".join(f"{key} = {there.get(key, 'nothing')}" for key in different)
        remedy = "resume with the run that it was started with, or train into another folder"
        raise InputError(f"resuming {path} with {here}", f"{found} there", remedy)


def warn_of_circumstances(saved: Mapping[str, Any], ours: Mapping[str, Any]) -> None:
    """Say what is different now and can change the bits."""
    for key, default in _CIRCUMSTANCES.items():
        if key in ours and (begun := saved.get(key, default)) != ours[key]:
            log.warning("resumed with %s %s, begun with %s: the bits may differ", key, ours[key], begun)


def _flat(values: Mapping[str, Any], start: str = "") -> dict[str, Any]:
    """Return nested values under names with dots."""
    found: dict[str, Any] = {}
    for key, value in values.items():
        found |= _flat(value, f"{start}{key}.") if isinstance(value, Mapping) else {start + key: value}
    return found
