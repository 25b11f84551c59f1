"""The states from which the chains of a run begin."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import final

import numpy as np

from lgt.config import RunConfig
from lgt.ensemble import ChainState, Ensemble
from lgt.errors import CheckError, EnsembleError, InputError
from lgt.field import cold, hot, reunitarise
from lgt.rng import Stream

#: No file has as many configurations as a number of more digits says.
_DIGITS = 18


@final
@dataclass(frozen=True, eq=False)
class Start:
    """One state for each chain, and where they come from."""

    states: tuple[ChainState, ...]
    origin: str


def start_of(config: RunConfig) -> Start:
    """The start that a run asks for: cold, hot (each chain from its own stream), or one of a file for all.

    Raises
    ------
    InputError
        If the file does not exist, or its group, its lattice or the index do not fit.
    """
    chains = range(config.chains)
    if config.start == "cold":
        links = cold(config.box, config.gauge_group)
        return Start(tuple(ChainState(links) for _ in chains), "cold")
    if config.start == "hot":
        streams = [Stream(config.seed, chain) for chain in chains]
        return Start(
            tuple(ChainState(hot(config.box, config.gauge_group, stream)) for stream in streams), "hot"
        )
    state, origin = _from_file(config)
    return Start((state,) * config.chains, origin)


def _is_file(path: str) -> bool:
    """Whether there is such a file; a name that the system cannot have is none."""
    return os.path.isfile(path)  # noqa: PTH113 - Path.is_file raises for such names


def _from_file(config: RunConfig) -> tuple[ChainState, str]:
    path, _, tail = config.start.rpartition("#")
    if not path or not (tail.isascii() and tail.isdecimal()) or _is_file(config.start):
        path, tail = config.start, ""
    asked = f"start {config.start}"
    if not _is_file(path):
        raise InputError(asked, "no such file", "give cold, hot, or an ensemble file as PATH or PATH#INDEX")
    with Ensemble.open(path) as ensemble:
        if ensemble.group != config.gauge_group or ensemble.lattice != config.box:
            found = f"{ensemble.group} on {ensemble.lattice}"
            raise InputError(asked, found, f"give a file of {config.gauge_group} on {config.box}")
        finished = np.flatnonzero(ensemble.finished[0])
        last = int(finished[-1]) if finished.size else 0
        index = last if not tail else int(tail) if len(tail) <= _DIGITS else -1
        if index not in finished:
            raise InputError(asked, f"{finished.size} finished configurations", "give an index from 0 on")
        try:
            ensemble.verify_checksum(0, index)
        except CheckError as error:
            raise EnsembleError(asked, error.found, error.remedy) from None
        links = ensemble.links(0, index)
        if ensemble.spec.precision != "float64":
            links = reunitarise(links, ensemble.group)
        origin = f"{path}#{index}: {ensemble.action or 'unknown action'}, seed {ensemble.seed}"
    return ChainState(np.ascontiguousarray(links)), origin
