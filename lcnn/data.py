"""Ensembles as data for training: read, measured, split by chain.

`open_dataset` reads ensembles of one lattice, `open_splits` cuts ensembles into training, validation and test
data, always by chain. What a batch is, `lcnn.dataset` says; what can be predicted, `lcnn.targets`.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, final

import numpy as np
import torch
from torch import Tensor

from lcnn import _target_cache
from lcnn._before import Chains, check_data, split_chains
from lcnn.augment import Augmentation
from lcnn.config import DataConfig
from lcnn.dataset import COMPLEX, Data, Dataset, LinkSource, MixedDataset, Per
from lcnn.distributed import World
from lcnn.targets import Measured, Target, parse_target
from lgt.errors import EnsembleError, InputError

if TYPE_CHECKING:
    from lgt.ensemble import Ensemble

__all__ = [
    "CACHE_BYTES",
    "Data",
    "Dataset",
    "LinkSource",
    "Measuring",
    "MixedDataset",
    "Per",
    "Splits",
    "group_by_lattice",
    "mark",
    "open_dataset",
    "open_first",
    "open_splits",
]

log = logging.getLogger(__name__)

CACHE_BYTES = 2**31
"""Links of up to so many bytes are kept in memory; beyond it they are read batch by batch."""

Measuring = Callable[[int, int], None]
"""Told how many targets are computed, and of how many, while that takes long."""

_CHUNK_BYTES = 2**25
_SMEARED_BYTES = 2**24  # smearing takes minutes: report oftener


@final
class _StoredLinks:
    """Links that stay in their HDF5 files until a batch asks for them."""

    def __init__(self, ensembles: Sequence[Ensemble], rows: Sequence[tuple[int, int, int]]) -> None:
        self._ensembles, self._rows = ensembles, rows

    def __getitem__(self, rows: Tensor, /) -> Tensor:
        picked = [self._rows[int(row)] for row in rows]
        links = [self._ensembles[e].links(chain, config) for e, chain, config in picked]
        return torch.from_numpy(np.stack(links))


@dataclass(frozen=True)
class Splits:
    """The parts of ensembles, no two of which share a chain; `test` is None if none was asked for.

    `marks` recognises the chains of each part, see `mark`.
    """

    train: Data
    validation: Data
    test: Data | None
    marks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def open_dataset(
    paths: Sequence[str | Path],
    target: str,
    *,
    per: Per = "site",
    dtype: torch.dtype = torch.float32,
    chains: Sequence[Sequence[int]] | None = None,
    cache_bytes: int = CACHE_BYTES,
    cache: str | Path = "",
    progress: Measuring | None = None,
    world: World = World(),  # noqa: B008
) -> Dataset:
    """Read ensembles of one lattice and compute the target of every finished configuration.

    Targets are computed once, in float64 from the links, and kept in memory; so are the links, in the
    precision of `dtype`, if they take up to `cache_bytes`.

    Parameters
    ----------
    paths
        HDF5 ensembles of the same group and extents, e.g. of several couplings.
    target
        Its name, e.g. ``"wilson_1x2"`` or ``"energy_clover@flow:1"``; see `lcnn.targets.parse_target`.
    per
        Whether to keep the target at every site, or the observable's value for each configuration: for most
        the lattice average, for the topological charge the sum over the lattice.
    dtype
        The real dtype that a model will be trained in.
    chains
        For each ensemble the chains to take; all by default.
    cache_bytes
        How much memory links may take.
    cache
        A folder that keeps targets on smeared links for the next time; empty: none.
    progress
        Told how many configurations are measured, after each part of them.
    world
        Processes that all open the same data: the first one measures and sends the others what it found.

    Raises
    ------
    EnsembleError
        If the ensembles differ in group or extents, share a chain, or have no finished configuration.
    InputError
        If there is no such file or target, the target has no value at a site, or a column does not fit.
    StorageError
        If targets cannot be written to `cache`.
    """
    from lgt.ensemble import Ensemble

    wanted = parse_target(target)
    wanted.require_apart(len(paths))
    ensembles = [Ensemble.open(path) for path in paths]
    _require_equal(ensembles)
    rows: list[tuple[int, int, int]] = []
    for e, ensemble in enumerate(ensembles):
        wanted.check(ensemble, per)
        picked = range(ensemble.spec.chains) if chains is None else chains[e]
        found = [(e, c, int(k)) for c in picked for k in np.flatnonzero(ensemble.finished[c])]
        if not found:
            asked = f"the configurations of {ensemble.path}"
            raise EnsembleError(
                asked, "none finished in the chains asked for", "resume the run that makes it"
            )
        rows += found
    shape = ensembles[0].spec.shape
    stored = _StoredLinks(ensembles, rows)
    keep = len(rows) * int(np.prod(shape)) * (8 if dtype == torch.float32 else 16) <= cache_bytes
    kept = torch.empty((len(rows), *shape), dtype=COMPLEX[dtype]) if keep else None
    folder = Path(cache) if cache else None
    targets = _measure(wanted, per, ensembles, rows, stored, kept, folder, progress, world)
    betas = np.array([np.nan if (a := ensembles[e].action) is None else a.beta for e, _, _ in rows])
    if kept is not None:
        for ensemble in ensembles:
            ensemble.close()
    return Dataset(stored if kept is None else kept, torch.from_numpy(targets), shape=shape, betas=betas)


def _measure(
    target: Target,
    per: Per,
    ensembles: Sequence[Ensemble],
    rows: Sequence[tuple[int, int, int]],
    stored: _StoredLinks,
    kept: Tensor | None,
    folder: Path | None,
    progress: Measuring | None,
    world: World,
) -> np.ndarray:
    """Return the targets of all rows, chain by chain, and fill `kept` with the links on the way.

    The first process sends each part as soon as it is measured, so that the others never wait for long.
    """
    costly = isinstance(target, Measured) and target.is_costly
    save = folder if costly and isinstance(target, Measured) and target.is_named else None
    size = int(np.prod(ensembles[0].spec.shape)) * 16
    step = max(1, (_SMEARED_BYTES if costly else _CHUNK_BYTES) // size)
    found: list[np.ndarray] = []
    start, began = 0, time.monotonic()
    while start < len(rows):
        e, chain, _ = rows[start]
        end = next((i for i in range(start, len(rows)) if rows[i][:2] != (e, chain)), len(rows))
        file = (
            None if save is None else _target_cache.target_file(save, ensembles[e], chain, target.name, per)
        )
        known = None if file is None else world.lead(partial(_target_cache.load, file, end - start))
        pieces = [] if known is None else [known]
        for first in range(start, end, step):
            last = min(first + step, end)
            links = None
            if kept is not None or (known is None and target.needs_links and world.leads):
                links = stored[torch.arange(first, last)]
            if kept is not None and links is not None:
                kept[first:last] = links
            if known is None:
                numbers = [(c, k) for _, c, k in rows[first:last]]
                array = None if links is None else links.numpy()
                pieces.append(world.lead(partial(target.values, ensembles[e], numbers, per, array)))
                if progress is not None:
                    progress(last, len(rows))
        found.append(np.concatenate(pieces))
        if file is not None and known is None:
            world.lead(partial(_target_cache.save, file, found[-1]))
        start = end
    if costly and folder is None and time.monotonic() - began > 60:
        log.warning("computing %s took %.0f s: data.cache = FOLDER keeps it", target.name,
                    time.monotonic() - began)  # fmt: skip
    return np.concatenate(found)


def open_first(config: DataConfig, *, dtype: torch.dtype = torch.float32) -> Dataset:
    """Read one configuration, with zeros for its target: enough to see whether a model fits the data.

    Raises
    ------
    EnsembleError
        If the first ensemble has no finished configuration.
    """
    from lgt.ensemble import Ensemble

    with Ensemble.open(config.paths()[0]) as ensemble:
        finished = np.argwhere(ensemble.finished)
        if len(finished) == 0:
            asked = f"the configurations of {ensemble.path}"
            raise EnsembleError(asked, "none finished", "resume the run that makes it")
        chain, number = map(int, finished[0])
        links = torch.from_numpy(ensemble.links(chain, number)[None]).to(COMPLEX[dtype])
    return Dataset(links, torch.zeros((1, *links.shape[2:-2]) if config.per == "site" else (1,)))


def open_splits(
    config: DataConfig,
    *,
    dtype: torch.dtype = torch.float32,
    progress: Measuring | None = None,
    world: World = World(),  # noqa: B008
) -> Splits:
    """Cut ensembles into training, validation and test data by chain.

    Of every ensemble the last `test_chains` chains are test data, the `validation_chains` before them
    validation data, the rest training data, which alone is augmented. Ensembles of several lattices become
    a `MixedDataset`. Of several processes that do this the first one measures, as in `open_dataset`.

    Raises
    ------
    EnsembleError
        If an ensemble has too few chains for it; and all that `open_dataset` raises.
    InputError
        If the target is the same for all training configurations, or cannot be augmented.
    ShapeError
        If lattices of different dimensions or groups are mixed.
    """
    pseudoscalar = check_data(config)
    chosen = split_chains(config)
    groups = group_by_lattice(list(chosen))
    opened: dict[str, Data | None] = {}
    for part in Chains._fields:
        datasets = []
        for files in groups.values():
            chains: list[range] = [getattr(chosen[Path(path)], part) for path in files]
            if not any(chains):
                continue
            data = open_dataset(files, config.target, per=config.per, dtype=dtype, chains=chains,
                                cache=config.cache, progress=progress, world=world)  # fmt: skip
            augment = config.augment if part == "train" else ()
            datasets.append(data.augmented(Augmentation(augment, pseudoscalar)) if augment else data)
        mixed = MixedDataset(datasets) if len(datasets) > 1 else None
        opened[part] = mixed or (datasets[0] if datasets else None)
    train, validation, test = (opened[part] for part in Chains._fields)
    assert train is not None
    assert validation is not None
    _require_varying(train.targets, config.target, dtype)
    return Splits(train, validation, test, _marks(chosen))


def _require_varying(targets: Tensor, name: str, dtype: torch.dtype) -> None:
    """Refuse a target that is the same everywhere, and warn of one that rounding hides."""
    low, high = float(targets.min()), float(targets.max())
    size = max(abs(low), abs(high))
    if high - low <= 1e-12 * size:
        raise InputError(f"target {name!r}", f"the same value {low:.6g} everywhere in the training data",
                         "choose a target that varies")  # fmt: skip
    if float(targets.std()) < 100 * torch.finfo(dtype).eps * size:
        log.warning("target %r varies by %.1e about %.6g, which %s hardly resolves: use float64", name,
                    float(targets.std()), float(targets.mean()), dtype)  # fmt: skip


def mark(ensemble: Ensemble, chain: int) -> str:
    """Return what a chain is recognised by, in a copy of its file too: a hash of its first configuration.

    Storage precision does not matter. A chain without a finished configuration has the mark "".
    """
    finished = np.flatnonzero(ensemble.finished[chain])
    if len(finished) == 0:
        return ""
    links = ensemble.links(chain, int(finished[0])).astype(np.complex64)
    return hashlib.sha256(links.tobytes()).hexdigest()[:16]


def _marks(chosen: Mapping[Path, Chains]) -> dict[str, tuple[str, ...]]:
    """Return the marks of the chains of each part."""
    from lgt.ensemble import Ensemble

    found: dict[str, list[str]] = {part: [] for part in Chains._fields}
    for path, split in chosen.items():
        with Ensemble.open(path) as ensemble:
            for part, chains in split._asdict().items():
                found[part] += [mark(ensemble, chain) for chain in chains]
    return {part: tuple(marks) for part, marks in found.items()}


def group_by_lattice(paths: Sequence[str | Path]) -> dict[str, list[str | Path]]:
    """Return the ensembles by lattice, e.g. ``{"8x8": [...], "16x16": [...]}``, smallest first."""
    from lgt.ensemble import Ensemble

    lattices = {}
    for path in paths:
        with Ensemble.open(path) as ensemble:
            lattices[path] = ensemble.lattice
    grouped: dict[str, list[str | Path]] = {}
    for path in sorted(paths, key=lambda path: (lattices[path].volume, lattices[path].extents)):
        grouped.setdefault(str(lattices[path]), []).append(path)
    return grouped


def _require_equal(ensembles: Sequence[Ensemble]) -> None:
    """Refuse ensembles that cannot share a batch, and a run that is there twice."""
    first = ensembles[0]
    seen: dict[object, Path] = {}
    for ensemble in ensembles:
        for what in ("lattice", "group"):
            ours, theirs = getattr(ensemble, what), getattr(first, what)
            if ours != theirs:
                raise EnsembleError(
                    f"{ensemble.path} together with {first.path}",
                    f"{what} {ours} beside {theirs}",
                    f"use ensembles of one {what} in one dataset",
                )
        if not ensemble.spec.run:  # made elsewhere: its seed says nothing
            continue
        identity = (ensemble.seed, ensemble.action)
        if identity in seen:
            raise EnsembleError(
                f"{ensemble.path} together with {seen[identity]}",
                f"the same seed {ensemble.seed} and action {ensemble.action}, so the same Markov chains",
                "use one of them, or generate with another seed",
            )
        seen[identity] = ensemble.path
