"""Configurations and what is to be predicted from them, as torch tensors.

A `Dataset` holds configurations of one lattice with one target each. `open_dataset` reads it from HDF5
ensembles, `open_splits` cuts ensembles into training, validation and test parts, always by chain.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, final

import numpy as np
import torch
from torch import Tensor

from lcnn._before import Chains, split_chains
from lcnn.config import DataConfig
from lgt.errors import EnsembleError, InputError, ShapeError

if TYPE_CHECKING:
    from lgt.ensemble import Ensemble
    from lgt.observable import Observable

Per = Literal["site", "configuration"]

CACHE_BYTES = 2**31
"""Links of up to so many bytes are kept in memory; beyond it they are read batch by batch."""

_CHUNK_BYTES = 2**25
_COMPLEX = {torch.float32: torch.complex64, torch.float64: torch.complex128}


class LinkSource(Protocol):
    """Where links come from: a tensor, or files read on demand."""

    def __getitem__(self, rows: Tensor, /) -> Tensor:
        """Return the links of these rows, (len(rows), d, *extents, N, N), complex."""
        ...


@final
class Dataset:
    """Configurations of one lattice, each with its target.

    Parameters
    ----------
    links
        (n, d, *extents, N, N) complex: a tensor, or anything that returns one for a tensor of rows.
    targets
        (n, *extents) for one number a site, or (n,) for one a configuration; real.
    shape
        (d, *extents, N, N), needed where `links` is not a tensor.
    betas
        (n,) the coupling that each configuration was made at; NaN (the default) where unknown.

    Raises
    ------
    ShapeError
        If links and targets do not fit together.

    Examples
    --------
    >>> links = torch.ones(3, 2, 4, 6, 1, 1, dtype=torch.complex64)
    >>> data = Dataset(links, torch.zeros(3, 4, 6))
    >>> len(data), data.extents, data.d, data.N, data.per
    (3, (4, 6), 2, 1, 'site')
    >>> [len(target) for _, target in data.batches(2)]
    [2, 1]
    """

    def __init__(
        self,
        links: Tensor | LinkSource,
        targets: Tensor,
        *,
        shape: Sequence[int] | None = None,
        betas: np.ndarray | None = None,
    ) -> None:
        if shape is None:
            if not isinstance(links, Tensor):
                raise ShapeError("a dataset of stored links", "no shape", "give (d, *extents, N, N)")
            shape = tuple(links.shape[1:])
            if len(links) != len(targets):
                raise ShapeError(f"{len(links)} configurations", f"{len(targets)} targets", "one for each")
        shape = tuple(int(n) for n in shape)
        d = len(shape) - 3
        if d < 1 or shape[0] != d or shape[-1] != shape[-2]:
            raise ShapeError(f"links of shape (n, {', '.join(map(str, shape))})", "another layout",
                             "use (n, d, *extents, N, N)")  # fmt: skip
        self.shape = shape
        if tuple(targets.shape[1:]) not in ((), self.extents) or len(targets) == 0:
            raise ShapeError(f"targets of shape {tuple(targets.shape)}", f"extents {self.extents}",
                             "use (n, *extents) or (n,)")  # fmt: skip
        self.targets = targets
        self.betas = np.full(len(targets), np.nan) if betas is None else np.asarray(betas, dtype=float)
        self._links = links

    def __len__(self) -> int:
        return len(self.targets)

    def __repr__(self) -> str:
        box = "x".join(map(str, self.extents))
        return f"Dataset({len(self)} configurations, {box}, N={self.N}, per {self.per})"

    @property
    def d(self) -> int:
        """The number of directions."""
        return self.shape[0]

    @property
    def extents(self) -> tuple[int, ...]:
        """The lattice's extents."""
        return self.shape[1:-2]

    @property
    def N(self) -> int:
        """The size of a link matrix."""
        return self.shape[-1]

    @property
    def per(self) -> Per:
        """Whether there is one target a site or one a configuration."""
        return "site" if self.targets.ndim > 1 else "configuration"

    def batch(
        self,
        rows: Tensor,
        *,
        dtype: torch.dtype = torch.float32,
        device: torch.device | str = "cpu",
    ) -> tuple[Tensor, Tensor]:
        """Return links and targets of these rows, in the precision of the real `dtype`."""
        links = self._links[rows].to(device=device, dtype=_COMPLEX[dtype])
        return links, self.targets[rows].to(device=device, dtype=dtype)

    def batches(
        self,
        size: int,
        *,
        shuffle: torch.Generator | None = None,
        dtype: torch.dtype = torch.float32,
        device: torch.device | str = "cpu",
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Run over all configurations once: in order, or as `shuffle` draws them."""
        rows = torch.arange(len(self)) if shuffle is None else torch.randperm(len(self), generator=shuffle)
        for start in range(0, len(self), size):
            yield self.batch(rows[start : start + size], dtype=dtype, device=device)

    def select(self, rows: Tensor) -> Dataset:
        """Return the dataset of these rows alone."""
        return Dataset(
            self._links[rows], self.targets[rows], shape=self.shape, betas=self.betas[rows.numpy()]
        )


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

    train: Dataset
    validation: Dataset
    test: Dataset | None
    marks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def open_dataset(
    paths: Sequence[str | Path],
    target: str,
    *,
    per: Per = "site",
    dtype: torch.dtype = torch.float32,
    chains: Sequence[Sequence[int]] | None = None,
    cache_bytes: int = CACHE_BYTES,
) -> Dataset:
    """Read ensembles of one lattice and compute the target of every finished configuration.

    Targets are computed once, in float64 from the links, and kept in memory; so are the links, in the
    precision of `dtype`, if they take up to `cache_bytes`.

    Parameters
    ----------
    paths
        HDF5 ensembles of the same group and extents, e.g. of several couplings.
    target
        The name of an observable, e.g. ``"wilson_1x2"``.
    per
        Whether to keep the observable's value at every site or its lattice average.
    dtype
        The real dtype that a model will be trained in.
    chains
        For each ensemble the chains to take; all by default.
    cache_bytes
        How much memory links may take.

    Raises
    ------
    EnsembleError
        If the ensembles differ in group or extents, share a chain, or have no finished configuration.
    InputError
        If there is no such file or observable, or the observable has no value at a site.
    """
    from lgt.ensemble import Ensemble
    from lgt.observable import parse_observable

    observable = parse_observable(target)
    ensembles = [Ensemble.open(path) for path in paths]
    _require_equal(ensembles)
    rows: list[tuple[int, int, int]] = []
    for e, ensemble in enumerate(ensembles):
        wanted = range(ensemble.spec.chains) if chains is None else chains[e]
        found = [(e, c, int(k)) for c in wanted for k in np.flatnonzero(ensemble.finished[c])]
        if not found:
            asked = f"the configurations of {ensemble.path}"
            raise EnsembleError(
                asked, "none finished in the chains asked for", "resume the run that makes it"
            )
        rows += found
    shape = ensembles[0].spec.shape
    size = int(np.prod(shape))
    stored = _StoredLinks(ensembles, rows)
    keep = len(rows) * size * (8 if dtype == torch.float32 else 16) <= cache_bytes
    kept = torch.empty((len(rows), *shape), dtype=_COMPLEX[dtype]) if keep else None
    targets: list[np.ndarray] = []
    step = max(1, _CHUNK_BYTES // (size * 16))
    for start in range(0, len(rows), step):
        part = stored[torch.arange(start, min(start + step, len(rows)))]
        if kept is not None:
            kept[start : start + len(part)] = part
        targets.append(_target(observable, part.numpy(), per, shape[0]))
    betas = np.array([np.nan if (a := ensembles[e].action) is None else a.beta for e, _, _ in rows])
    if kept is not None:
        for ensemble in ensembles:
            ensemble.close()
    return Dataset(
        stored if kept is None else kept, torch.from_numpy(np.concatenate(targets)), shape=shape, betas=betas
    )


def open_splits(config: DataConfig, *, dtype: torch.dtype = torch.float32) -> Splits:
    """Cut ensembles into training, validation and test data by chain.

    Of every ensemble the last `test_chains` chains are test data, the `validation_chains` before them
    validation data, the rest training data.

    Raises
    ------
    EnsembleError
        If an ensemble has too few chains for it; and all that `open_dataset` raises.
    """
    chosen = split_chains(config)
    paths = list(chosen)
    opened = []
    for part in Chains._fields:
        chains: list[range] = [getattr(split, part) for split in chosen.values()]
        some = any(chains)
        opened.append(
            open_dataset(paths, config.target, per=config.per, dtype=dtype, chains=chains) if some else None
        )
    train_data, validation_data, test_data = opened
    assert train_data is not None
    assert validation_data is not None
    return Splits(train_data, validation_data, test_data, _marks(chosen))


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


def _target(observable: Observable, links: np.ndarray, per: Per, d: int) -> np.ndarray:
    if per == "configuration":
        return np.asarray(observable.value(links, d=d), dtype=np.float64)
    density = np.asarray(observable.density(links, d=d), dtype=np.float64)
    extents = links.shape[2:-2]
    if density.shape[1:] != extents:
        raise InputError(
            f"target {observable.name!r} per site",
            f"values of shape {density.shape[1:]} on a lattice {extents}",
            "use per = 'configuration'",
        )
    return density
