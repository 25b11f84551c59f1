"""Configurations and what is to be predicted from them, as batches of torch tensors.

`Data` is what a training needs. A `Dataset` holds configurations of one lattice with one target each, a
`MixedDataset` several of them on different lattices, of which no two share a batch.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Literal, Protocol, final

import numpy as np
import torch
from torch import Tensor

from lcnn._arguments import whole_number
from lcnn.augment import Augmentation
from lgt.errors import ShapeError

Per = Literal["site", "configuration"]

COMPLEX = {torch.float32: torch.complex64, torch.float64: torch.complex128}
"""The dtype of links beside real numbers of a dtype."""


class LinkSource(Protocol):
    """Where links come from: a tensor, or files read on demand."""

    def __getitem__(self, rows: Tensor, /) -> Tensor:
        """Return the links of these rows, (len(rows), d, *extents, N, N), complex."""
        ...


class Data(ABC):
    """Configurations with their targets, of one lattice or several: what `lcnn.fit.fit` trains on."""

    @abstractmethod
    def __len__(self) -> int: ...

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """The shape of one configuration, (d, *extents, N, N); on several lattices, of the first."""

    @property
    @abstractmethod
    def targets(self) -> Tensor:
        """All targets, (n, *extents) or (n,); on several lattices one after the other, (numbers,)."""

    @property
    @abstractmethod
    def per(self) -> Per:
        """Whether there is one target a site or one a configuration."""

    @property
    @abstractmethod
    def lattices(self) -> tuple[str, ...]:
        """The lattices, e.g. ``("8x8", "16x16")``."""

    @abstractmethod
    def batch(
        self,
        rows: Tensor,
        *,
        dtype: torch.dtype = torch.float32,
        device: torch.device | str = "cpu",
    ) -> tuple[Tensor, Tensor]:
        """Return links and targets of these rows, of one lattice, in the precision of the real `dtype`."""

    @abstractmethod
    def chunks(self, size: int, shuffle: torch.Generator | None = None) -> Iterator[Tensor]:
        """Run over the rows of all batches of one epoch, each of up to `size` rows of one lattice.

        Raises
        ------
        InputError
            If `size` is not a whole number of 1 or more.
        """

    @abstractmethod
    def steps(self, size: int) -> int:
        """The number of batches of one epoch; raises as `chunks` does."""

    @property
    def augmentation(self) -> Augmentation | None:
        """What is done to every shuffled batch; None, if nothing."""
        return None

    @property
    def d(self) -> int:
        """The number of directions."""
        return self.shape[0]

    @property
    def extents(self) -> tuple[int, ...]:
        """The lattice's extents; on several lattices, those of the first."""
        return self.shape[1:-2]

    @property
    def N(self) -> int:
        """The size of a link matrix."""
        return self.shape[-1]

    def batches(
        self,
        size: int,
        *,
        shuffle: torch.Generator | None = None,
        dtype: torch.dtype = torch.float32,
        device: torch.device | str = "cpu",
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Run over all configurations once: in order, or as `shuffle` draws them.

        Shuffled batches are augmented, if the data have an `augmentation`, by elements from `shuffle` too:
        the generator's state at the start of an epoch decides all of it.
        """
        for rows in self.chunks(size, shuffle):
            links, targets = self.batch(rows, dtype=dtype, device=device)
            if shuffle is not None and self.augmentation is not None:
                links, targets = self.augmentation(links, targets, shuffle)
            yield links, targets


@final
class Dataset(Data):
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
    augmentation
        How every shuffled batch is moved about.

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
        augmentation: Augmentation | None = None,
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
        self._shape = shape
        if tuple(targets.shape[1:]) not in ((), self.extents) or len(targets) == 0:
            raise ShapeError(f"targets of shape {tuple(targets.shape)}", f"extents {self.extents}",
                             "use (n, *extents) or (n,)")  # fmt: skip
        self._targets = targets
        self.betas = np.full(len(targets), np.nan) if betas is None else np.asarray(betas, dtype=float)
        self._links, self._augmentation = links, augmentation

    def __len__(self) -> int:
        return len(self._targets)

    def __repr__(self) -> str:
        return f"Dataset({len(self)} configurations, {self.lattices[0]}, N={self.N}, per {self.per})"

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one configuration, (d, *extents, N, N)."""
        return self._shape

    @property
    def targets(self) -> Tensor:
        """All targets, (n, *extents) or (n,)."""
        return self._targets

    @property
    def per(self) -> Per:
        """Whether there is one target a site or one a configuration."""
        return "site" if self._targets.ndim > 1 else "configuration"

    @property
    def lattices(self) -> tuple[str, ...]:
        """The lattice's name alone."""
        return ("x".join(map(str, self.extents)),)

    @property
    def augmentation(self) -> Augmentation | None:
        """What is done to every shuffled batch."""
        return self._augmentation

    def batch(
        self,
        rows: Tensor,
        *,
        dtype: torch.dtype = torch.float32,
        device: torch.device | str = "cpu",
    ) -> tuple[Tensor, Tensor]:
        """Return links and targets of these rows, in the precision of the real `dtype`."""
        links = self._links[rows].to(device=device, dtype=COMPLEX[dtype])
        return links, self._targets[rows].to(device=device, dtype=dtype)

    def chunks(self, size: int, shuffle: torch.Generator | None = None) -> Iterator[Tensor]:
        """Run over all rows, `size` at a time: in order, or as `shuffle` draws them."""
        size = whole_number("batch", size)
        rows = torch.arange(len(self)) if shuffle is None else torch.randperm(len(self), generator=shuffle)
        for start in range(0, len(rows), size):
            yield rows[start : start + size]

    def steps(self, size: int) -> int:
        """The number of batches of one epoch."""
        size = whole_number("batch", size)
        return math.ceil(len(self) / size)

    def select(self, rows: Tensor) -> Dataset:
        """Return the dataset of these rows alone."""
        return Dataset(self._links[rows], self._targets[rows], shape=self.shape,
                       betas=self.betas[rows.numpy()], augmentation=self._augmentation)  # fmt: skip

    def augmented(self, augmentation: Augmentation | None) -> Dataset:
        """Return the same data with another augmentation; nothing is copied."""
        return Dataset(self._links, self._targets, shape=self.shape, betas=self.betas,
                       augmentation=augmentation)  # fmt: skip


@final
class MixedDataset(Data):
    """Configurations of several lattices: a batch is always of one, and each comes as often as it is large.

    Rows are counted through the parts, in the order given. In one epoch every configuration comes once;
    shuffled, the batches of different lattices come in any order.

    Parameters
    ----------
    parts
        Datasets of the same d, N and kind of target.

    Raises
    ------
    ShapeError
        If there is none, or they differ in d, N or `per`; from `batch`, for rows of two lattices.

    Examples
    --------
    >>> parts = [Dataset(torch.ones(3, 2, L, L, 1, 1, dtype=torch.cfloat), torch.zeros(3)) for L in (4, 6)]
    >>> data = MixedDataset(parts)
    >>> len(data), data.lattices, data.steps(2)
    (6, ('4x4', '6x6'), 4)
    >>> [tuple(links.shape[:3]) for links, _ in data.batches(2)]
    [(2, 2, 4), (1, 2, 4), (2, 2, 6), (1, 2, 6)]
    """

    def __init__(self, parts: Sequence[Dataset]) -> None:
        if not parts:
            raise ShapeError("data of several lattices", "no part", "give one or more")
        for what in ("d", "N", "per"):
            found = [getattr(part, what) for part in parts]
            if len(set(found)) > 1:
                both = f"{what} = {found[0]} and {next(x for x in found if x != found[0])}"
                raise ShapeError("data of several lattices", both, f"use parts of one {what}")
        self.parts = tuple(parts)
        self._starts = [sum(map(len, parts[:k])) for k in range(len(parts))]

    def __len__(self) -> int:
        return sum(map(len, self.parts))

    def __repr__(self) -> str:
        return f"MixedDataset({', '.join(map(repr, self.parts))})"

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of a configuration of the first part."""
        return self.parts[0].shape

    @property
    def targets(self) -> Tensor:
        """The targets of all parts, one after the other, (numbers,)."""
        return torch.cat([part.targets.flatten() for part in self.parts])

    @property
    def per(self) -> Per:
        """Whether there is one target a site or one a configuration."""
        return self.parts[0].per

    @property
    def lattices(self) -> tuple[str, ...]:
        """The lattices of the parts."""
        return tuple(name for part in self.parts for name in part.lattices)

    @property
    def augmentation(self) -> Augmentation | None:
        """That of the parts."""
        return self.parts[0].augmentation

    def batch(
        self,
        rows: Tensor,
        *,
        dtype: torch.dtype = torch.float32,
        device: torch.device | str = "cpu",
    ) -> tuple[Tensor, Tensor]:
        """Return links and targets of these rows of one part, counted through all parts."""
        for start, part in zip(self._starts, self.parts, strict=True):
            if bool(((rows >= start) & (rows < start + len(part))).all()):
                return part.batch(rows - start, dtype=dtype, device=device)
        raise ShapeError("a batch of one lattice", "rows of several, or beyond the end", "use chunks()")

    def chunks(self, size: int, shuffle: torch.Generator | None = None) -> Iterator[Tensor]:
        """Run over the rows of all batches of one epoch, each of up to `size` rows of one part."""
        found = [
            start + rows
            for start, part in zip(self._starts, self.parts, strict=True)
            for rows in part.chunks(size, shuffle)
        ]
        order = range(len(found)) if shuffle is None else torch.randperm(len(found), generator=shuffle)
        for k in order:
            yield found[int(k)]

    def steps(self, size: int) -> int:
        """The number of batches of one epoch."""
        return sum(part.steps(size) for part in self.parts)
