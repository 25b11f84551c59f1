"""What is to be predicted, by its name, which `parse_target` turns into a `Target`.

- ``"wilson_1x2"``: an observable of `lgt`, as ``lgt measure`` knows it (`Measured`).
- ``"energy_clover@flow:1"``, ``"plaquette@stout:0.1x3"``: one after gradient flow or smearing.
- ``"package.module:name"``: an observable or a function of links of your own (`Function`), from the current
  folder or PYTHONPATH; ``"package.module:name@flow:1"`` on flowed links.
- ``"labels.csv:NAME"``, ``"labels.npy"``, ``"labels.npz:NAME"``, ``"labels.h5:path/in/file"``: numbers of
  your own (`Listed`), see `lcnn.columns`. ``{ensemble}`` in the file's name stands for that of the ensemble,
  without folder and suffix: ``"labels/{ensemble}.npy"`` for one file each.

A target's values are float64, one a site or one a configuration: the lattice average of most observables, the
sum over the lattice of the topological charge. torch is not needed here.
"""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, final

import numpy as np
from numpy.typing import NDArray

from lcnn.columns import Column, split_column
from lgt.errors import InputError, PhysicsError
from lgt.field import Array, lattice_of
from lgt.observable import Observable, Smeared, UserObservable, parse_observable
from lgt.observable.smeared import parse_preparation
from lgt.users import blame, find, users_code

if TYPE_CHECKING:
    from lgt.ensemble import Ensemble

Per = Literal["site", "configuration"]
Real = NDArray[np.float64]
Rows = Sequence[tuple[int, int]]
"""Configurations of an ensemble by the numbers of chain and configuration."""


class Target(ABC):
    """What is to be predicted for each configuration."""

    name: str

    @property
    @abstractmethod
    def needs_links(self) -> bool:
        """Whether the values are computed from the links."""

    @abstractmethod
    def check(self, ensemble: Ensemble, per: Per) -> None:
        """Raise an error unless the ensemble has such values."""

    def require_apart(self, count: int) -> None:  # noqa: B027
        """Raise an error if it cannot tell several ensembles apart; what is measured always can."""

    @abstractmethod
    def values(self, ensemble: Ensemble, rows: Rows, per: Per, links: Array | None = None) -> Real:
        """The values of these configurations, (len(rows), *extents) or (len(rows),).

        Parameters
        ----------
        links
            Those of the rows, (len(rows), d, *extents, N, N), if `needs_links`.
        """


@final
@dataclass(frozen=True)
class Measured(Target):
    """An observable of the links.

    Per configuration it is the observable's value: for most the lattice average, for the topological
    charge the sum over the lattice.
    """

    name: str
    observable: Observable

    @property
    def needs_links(self) -> bool:
        """Always."""
        return True

    @property
    def is_costly(self) -> bool:
        """Whether the links are smeared first, which takes far longer than to read them."""
        return isinstance(self.observable, Smeared)

    @property
    def is_named(self) -> bool:
        """Whether the name alone decides the values, which code of the user's own does not."""
        return not isinstance(_innermost(self.observable), (Function, UserObservable))

    def check(self, ensemble: Ensemble, per: Per) -> None:
        """Raise what the observable raises on the lattice, and for one with several numbers.

        Raises
        ------
        InputError
            For several numbers a configuration.
        PhysicsError
            If the observable makes no sense there.
        """
        open_axes = _open(ensemble)
        self.observable.validate(ensemble.lattice, open=open_axes if per == "configuration" else ())
        labels = self.observable.labels(ensemble.lattice)
        if labels:
            asked = f"target {self.name!r}"
            remedy = (
                f"choose one: {_one_of(self.name)}" if "flow:" in self.name else "choose one of one number"
            )
            raise InputError(asked, f"{len(labels)} numbers, {labels[0]} to {labels[-1]}", remedy)
        if per == "site" and open_axes and self.is_costly:
            raise PhysicsError(
                f"target {self.name!r} per site of {ensemble.path}",
                "open boundaries, which smearing per site does not know",
                "use per = 'configuration'",
            )

    def values(self, ensemble: Ensemble, rows: Rows, per: Per, links: Array | None = None) -> Real:
        """Measure the links.

        Raises
        ------
        InputError
            If the observable has no value at a site, or a value is not finite.
        """
        assert links is not None
        d, extents = ensemble.lattice.d, ensemble.lattice.extents
        if per == "configuration":
            open_axes = _open(ensemble)
            more = {"open": open_axes} if open_axes else {}
            found = np.asarray(self.observable.value(links, d=d, **more), dtype=np.float64)
        else:
            found = np.asarray(self.observable.density(links, d=d), dtype=np.float64)
        wanted = (len(rows), *(extents if per == "site" else ()))
        if found.shape != wanted:
            raise InputError(
                f"target {self.name!r} per {per}",
                f"values of shape {found.shape[1:]} on a lattice {extents}",
                "use per = 'configuration'" if per == "site" else "use a target of one number",
            )
        bad = [row for row, value in zip(rows, found, strict=True) if not np.isfinite(value).all()]
        if bad:
            raise InputError(f"target {self.name!r} of {ensemble.path}", f"a value that is not finite in "
                             f"chain {bad[0][0]}, configuration {bad[0][1]}", "look at it")  # fmt: skip
        return found


@final
@dataclass(frozen=True)
class Listed(Target):
    """A column of the user's own, see `lcnn.columns`."""

    name: str
    column: Column

    @property
    def needs_links(self) -> bool:
        """Never."""
        return False

    def require_apart(self, count: int) -> None:
        """Raise InputError if one file without names would serve several ensembles."""
        self.column.require_apart(count)

    def check(self, ensemble: Ensemble, per: Per) -> None:
        """Raise InputError unless the column fits every finished configuration of the ensemble."""
        rows = [(int(c), int(k)) for c, k in np.argwhere(ensemble.finished)]
        self.values(ensemble, rows, per)

    def values(self, ensemble: Ensemble, rows: Rows, per: Per, links: Array | None = None) -> Real:
        """Look them up."""
        return self.column.values(ensemble, rows, per)


@final
@dataclass(frozen=True)
class Function(Observable):
    """A function of the user's own as an observable: ``package.module:function``, links to numbers.

    It is called with links (n, d, *extents, N, N), complex128, and returns (n, *extents), or (n,) where
    only one number a configuration is meant; the lattice average of the former is the value.

    Parameters
    ----------
    source
        Its name.
    function
        The function itself.

    Examples
    --------
    >>> square = Function("mine:square", lambda links: links[:, 0, ..., 0, 0].real ** 2)
    >>> square.density(np.ones((3, 2, 4, 6, 1, 1), complex), d=2).shape
    (3, 4, 6)
    >>> square.value(np.ones((3, 2, 4, 6, 1, 1), complex), d=2).tolist()
    [1.0, 1.0, 1.0]
    """

    source: str
    function: Callable[[Array], Any] = field(compare=False, repr=False)

    @property
    def name(self) -> str:
        """The source."""
        return self.source

    def density(self, links: Array, d: int | None = None) -> Real:
        """What the function gives at every site, (..., *extents).

        Raises
        ------
        InputError
            If it raises, or gives something else.
        """
        found, _, extents = self._call(links, d)
        if found.ndim == 1:
            raise InputError(f"target {self.source!r} per site", "one number a configuration",
                             "use per = 'configuration'")  # fmt: skip
        return found.reshape(*links.shape[: links.ndim - len(extents) - 3], *extents)

    def value(self, links: Array, d: int | None = None, *, open: tuple[int, ...] = ()) -> Real:
        """What the function gives for each configuration, or the average of its values at the sites."""
        if open:
            raise PhysicsError(f"target {self.source!r}", "open boundaries, of which it is not told",
                               "write a subclass of lgt.Observable")  # fmt: skip
        found, batch, _ = self._call(links, d)
        return np.asarray(found.reshape(len(found), -1).mean(axis=1)).reshape(batch)

    def _call(self, links: Array, d: int | None) -> tuple[Real, tuple[int, ...], tuple[int, ...]]:
        lattice = lattice_of(links, d)
        batch = links.shape[: links.ndim - lattice.d - 3]
        flat = links.reshape(-1, *links.shape[links.ndim - lattice.d - 3 :])
        asked = f"target {self.source!r}"
        try:
            with users_code():
                found = np.asarray(self.function(flat.copy()))
        except Exception as error:
            raise InputError(asked, blame(error), "correct it") from None
        shapes = ((len(flat),), (len(flat), *lattice.extents))
        if found.shape not in shapes or found.dtype.kind not in "fiub":
            remedy = f"return real numbers of shape {shapes[1]} or {shapes[0]} for these links"
            raise InputError(asked, f"the shape {found.shape}, {found.dtype}", remedy)
        return found.astype(np.float64), batch, lattice.extents


def parse_target(name: str) -> Target:
    """The target of a name.

    Parameters
    ----------
    name
        An observable of `lgt` (``"wilson_1x2"``), one on smeared links (``"energy_clover@flow:1"``,
        ``"plaquette@stout:0.1x3"``), a column (``"labels.csv:NAME"``, ``"labels/{ensemble}.npy"``), or
        ``"package.module:function"``, an `Observable` or a function of links of your own, which may be
        smeared as well: ``"mine:square@flow:1"``.

    Raises
    ------
    InputError
        If there is no such thing.

    Examples
    --------
    >>> parse_target("energy_clover@flow:1").name
    'energy_clover@flow:1'
    >>> parse_target("labels/{ensemble}.csv:Q").column
    Column(file='labels/{ensemble}.csv', key='Q')
    >>> parse_target("labels.csv")
    Traceback (most recent call last):
    lgt.errors.InputError: target 'labels.csv': found no column; write 'labels.csv:NAME'
    """
    column = split_column(name)
    return Measured(name, _observable(name)) if column is None else Listed(name, column)


def _observable(name: str) -> Observable:
    inner, at, text = name.rpartition("@")
    if at:
        return Smeared(_observable(inner), parse_preparation(text))
    if ":" in name:
        found = find(name, "target", "package.module:function")
        if inspect.isroutine(found) and _takes_links(found):
            return Function(name, found)
    return parse_observable(name)


def _takes_links(function: Callable[..., Any]) -> bool:
    """Whether it wants one argument; a function without any makes an observable (`UserObservable`)."""
    try:
        inspect.signature(function).bind()
    except TypeError:
        return True
    except ValueError:
        return True
    return False


def _innermost(observable: Observable) -> Observable:
    return _innermost(observable.observable) if isinstance(observable, Smeared) else observable


def _open(ensemble: Ensemble) -> tuple[int, ...]:
    """The directions with open boundaries."""
    return () if ensemble.action is None else tuple(ensemble.action.open_directions(ensemble.lattice.d))


def _one_of(name: str) -> str:
    """The name of a flow curve with its last time alone."""
    inner, _, text = name.rpartition("@")
    flow, end = text.split(":")[:2]
    return f"{inner}@{flow}:{end}"
