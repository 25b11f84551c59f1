"""Columns of the user's own as targets: numbers from a CSV, npy, npz or HDF5 file, one for a configuration.

- ``labels.csv:NAME``: a table with a header. With columns ``chain`` and ``config`` (from 0) rows are matched
  by number, in any order; without them there is a row for every finished configuration, chain after chain.
  With a column ``ensemble`` one file serves several, rows of other ensembles are passed over; a row for a
  configuration that the ensemble does not have is refused.
- ``labels.npy``, ``labels.npz:NAME``, ``labels.h5:path/in/file``: an array (chains, configs[, *extents]), or
  (n[, *extents]) in the order of the finished configurations, chain after chain.

``{ensemble}`` in the file's name stands for the ensemble's, without folder and suffix. A file that holds a
column ``plaquette`` beside the target is held to the ensemble's own plaquettes, so that labels of other
configurations are refused.
"""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, final

import numpy as np
from numpy.typing import NDArray

from lgt.disk import reason
from lgt.errors import EnsembleError, InputError

if TYPE_CHECKING:
    from lgt.ensemble import Ensemble

Real = NDArray[np.float64]

SUFFIXES = (".csv", ".npy", ".npz", ".h5", ".hdf5")
_CHECK = "plaquette"
_TOLERANCE = 2e-4  # labels are often printed with few digits; two configurations differ by more


@final
@dataclass(frozen=True)
class Column:
    """Where numbers are kept: a file, and what of it.

    Parameters
    ----------
    file
        Its path, ``{ensemble}`` standing for the name of the ensemble.
    key
        The column, array or HDF5 dataset; empty for ``.npy``.
    """

    file: str
    key: str = ""

    @property
    def is_general(self) -> bool:
        """Whether the file's name follows the ensemble's."""
        return "{ensemble}" in self.file

    def require_apart(self, count: int) -> None:
        """Raise InputError if the same numbers would be taken for the configurations of several ensembles.

        A file of its own for each tells them apart, and so do a column ``ensemble`` and plaquettes beside the
        target.
        """
        if count < 2 or self.is_general:
            return
        table = _read(Path(self.file), self.key)
        named = table.numbers is not None and all(name for name, _, _ in table.numbers)
        if not named and not (_CHECK in table.columns and self.key != _CHECK):
            raise InputError(
                f"target {self.file}{':' * bool(self.key)}{self.key} for {count} ensembles",
                "nothing in it that tells them apart, so that all would be given the same numbers",
                "write {ensemble} in the file's name and give each ensemble its file, or add a column "
                "'ensemble' to a CSV with chain and config",
            )

    def path(self, ensemble: Ensemble) -> Path:
        """The file for this ensemble."""
        return Path(self.file.replace("{ensemble}", ensemble.path.stem))

    def values(
        self, ensemble: Ensemble, rows: Sequence[tuple[int, int]], per: Literal["site", "configuration"]
    ) -> Real:
        """The numbers of these configurations, (len(rows), *extents) or (len(rows),), float64.

        Numbers at the sites are averaged for ``per="configuration"``.

        Raises
        ------
        InputError
            If there is no such file or column, it does not fit the ensemble, has no number for one of the
            rows, or belongs to other configurations; a table also if it has rows for more of them.
        """
        table = _read(self.path(ensemble), self.key)
        asked = (
            f"target {self.file.replace('{ensemble}', ensemble.path.stem)}{':' * bool(self.key)}{self.key}"
        )
        found = self._matched(table, self.key, asked, ensemble, rows)
        extents = ensemble.lattice.extents
        if per == "site" and found.shape[1:] != extents:
            shown = f"numbers of shape {found.shape[1:]}" if found.ndim > 1 else "one number a configuration"
            raise InputError(f"{asked} per site of the lattice {ensemble.lattice}", shown,
                             "use per = 'configuration', or give a number at every site")  # fmt: skip
        for row, value in zip(rows, found, strict=True):
            if not np.isfinite(value).all():
                place = f"no finite number in chain {row[0]}, configuration {row[1]}"
                raise InputError(asked, place, "give every finished configuration one")
        if _CHECK in table.columns and self.key != _CHECK:
            self._compare(self._matched(table, _CHECK, asked, ensemble, rows), asked, ensemble, rows)
        return found if per == "site" or found.ndim == 1 else found.reshape(len(found), -1).mean(axis=1)

    def _matched(
        self, table: _Table, key: str, asked: str, ensemble: Ensemble, rows: Sequence[tuple[int, int]]
    ) -> Real:
        """The numbers of the rows, whatever the layout."""
        array = table.columns[key]
        if table.numbers is not None:
            return _by_number(array, table.numbers, asked, ensemble, rows)
        finished, extents = ensemble.finished, ensemble.lattice.extents
        chains, room = finished.shape
        places = [tuple(map(int, place)) for place in np.argwhere(finished)]
        for rest in ((), extents):
            if array.shape == (len(places), *rest):
                order = {place: i for i, place in enumerate(places)}
                return np.asarray(array[[order[row] for row in rows]])
            for configs in (room, ensemble.length):
                if array.shape == (chains, configs, *rest) and all(k < configs for _, k in rows):
                    return np.stack([array[c, k] for c, k in rows])
        raise InputError(
            f"{asked} for {len(places)} configurations of {ensemble.path}",
            f"{len(array)} rows" if array.ndim == 1 else f"an array {array.shape}",
            f"give ({chains}, {room}) or ({len(places)},) of them, followed by the extents {extents} for "
            "numbers at the sites",
        )

    def _compare(
        self, plaquettes: Real, asked: str, ensemble: Ensemble, rows: Sequence[tuple[int, int]]
    ) -> None:
        """Raise InputError unless the plaquettes beside the labels are the ensemble's."""
        try:
            own = ensemble.observable(_CHECK)
        except EnsembleError:
            return
        for row, value in zip(rows, plaquettes, strict=True):
            if row[1] >= own.shape[1]:
                continue
            there, here = float(np.mean(value)), float(own[row])
            if not abs(there - here) <= _TOLERANCE:
                raise InputError(
                    f"{asked} for {ensemble.path}",
                    f"plaquette {there:.6g} beside it in chain {row[0]}, configuration {row[1]}, where the "
                    f"ensemble has {here:.6g}",
                    "give the labels of these configurations",
                )


@final
@dataclass(frozen=True)
class _Table:
    """What a file holds: arrays by name, and for a table with numbers the (chain, config) of each row."""

    columns: Mapping[str, Real]
    numbers: list[tuple[str, int, int]] | None = None


def split_column(name: str) -> Column | None:
    """The column that a target's name means; None if it is the name of something else.

    Raises
    ------
    InputError
        If the column of the file is not named.

    Examples
    --------
    >>> split_column("labels.npz:Q"), split_column("labels.npy")
    (Column(file='labels.npz', key='Q'), Column(file='labels.npy', key=''))
    >>> split_column("mine:square") is None
    True
    """
    for suffix in SUFFIXES:
        at = name.lower().find(suffix)
        end = at + len(suffix)
        if at < 1 or name[end : end + 1] not in ("", ":"):
            continue
        file, key = name[:end], name[end + 1 :]
        if suffix == ".npy" and key:
            raise InputError(f"target {name!r}", "a name after a file of one array", f"write {file!r}")
        if suffix != ".npy" and not key:
            raise InputError(f"target {name!r}", "no column", f"write '{file}:NAME'")
        return Column(file, key)
    return None


def _read(path: Path, key: str) -> _Table:
    """The column and what goes with it."""
    asked = f"target {path}{':' * bool(key)}{key}"
    if not path.is_file():
        raise InputError(asked, "no such file", "give the path of a CSV, npy, npz or HDF5 file")
    state = path.stat()
    return _read_once(path, key, asked, (state.st_mtime_ns, state.st_size))


@lru_cache(maxsize=2)
def _read_once(path: Path, key: str, asked: str, state: tuple[int, int]) -> _Table:
    """Read the file; `state` tells it from what stood there before."""
    try:
        if path.suffix.lower() == ".csv":
            return _read_csv(path, key, asked)
        if path.suffix.lower() == ".npy":
            with path.open("rb") as npy:
                return _Table({key: _real(np.load(npy, allow_pickle=False), asked)})
        wanted = {key, str(Path(key).with_name(_CHECK)) if "/" in key else _CHECK}
        if path.suffix.lower() == ".npz":
            with path.open("rb") as npz, np.load(npz, allow_pickle=False) as arrays:
                names, found = list(arrays), {name: arrays[name] for name in wanted & set(arrays)}
        else:
            import h5py

            with h5py.File(path, "r") as file:
                names, found = [], {}
                file.visititems(lambda name, item: names.append(name) if hasattr(item, "shape") else None)
                found = {name: np.asarray(file[name]) for name in wanted & set(names)}
    except InputError:
        raise
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, csv.Error) as error:
        told = isinstance(error, (OSError, UnicodeDecodeError, csv.Error))  # numpy speaks of pickles
        why = reason(error) if told else f"no {path.suffix} file of numbers"
        raise InputError(asked, why, "give a CSV, npy, npz or HDF5 file of numbers") from None
    _require(key, names, asked)
    return _Table({name.rpartition("/")[2] if name != key else name: _real(array, asked)
                   for name, array in found.items()})  # fmt: skip


def _read_csv(path: Path, key: str, asked: str) -> _Table:
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = csv.DictReader(file, skipinitialspace=True)
        heads = [head.strip() for head in lines.fieldnames or []]
        lines.fieldnames = heads
        rows = list(lines)
    _require(key, heads, asked)
    columns = {}
    for name in {key, _CHECK} & set(heads):
        columns[name] = np.array([_number(row[name], asked, k + 2) for k, row in enumerate(rows)])
    if not {"chain", "config"} & set(heads):
        return _Table(columns)
    for name in ("chain", "config"):
        _require(name, heads, asked)
    numbers = [
        (
            (row.get("ensemble") or "").strip(),
            _whole(row["chain"], asked, k + 2),
            _whole(row["config"], asked, k + 2),
        )
        for k, row in enumerate(rows)
    ]
    return _Table(columns, numbers)


def _by_number(
    array: Real,
    numbers: list[tuple[str, int, int]],
    asked: str,
    ensemble: Ensemble,
    rows: Sequence[tuple[int, int]],
) -> Real:
    """Match by the numbers of chain and configuration, and by the ensemble's name where there is one."""
    ours = ("", ensemble.path.name, ensemble.path.stem, str(ensemble.path))
    place: dict[tuple[int, int], int] = {}
    for k, (name, chain, config) in enumerate(numbers):
        if name not in ours:
            continue
        if (chain, config) in place:
            twice = (
                f"chain {chain}, configuration {config} twice (lines {place[chain, config] + 2} and {k + 2})"
            )
            raise InputError(asked, twice, "give every configuration one row, or a column 'ensemble'")
        place[chain, config] = k
    chains, configs = ensemble.finished.shape
    surplus = [(c, k) for c, k in place if not (0 <= c < chains and 0 <= k < configs)]
    if surplus:
        raise InputError(
            f"{asked} for {chains} chains of {configs} configurations of {ensemble.path}",
            f"a row for chain {surplus[0][0]}, configuration {surplus[0][1]} "
            f"(line {place[surplus[0]] + 2}), which it does not have",
            "give the labels of this ensemble (both count from 0)",
        )
    missing = [row for row in rows if row not in place]
    if missing:
        raise InputError(
            f"{asked} for {len(rows)} configurations of {ensemble.path}",
            f"{len(place)} rows, none for chain {missing[0][0]}, configuration {missing[0][1]}",
            "give one for each (both count from 0)",
        )
    return np.asarray(array[[place[row] for row in rows]])


def _require(key: str, names: Sequence[str], asked: str) -> None:
    if key not in names:
        raise InputError(asked, f"only {', '.join(names) or 'nothing'} in it", "name one of these")


def _number(text: str | None, asked: str, line: int) -> float:
    try:
        return float(text or "nan")
    except ValueError:
        raise InputError(asked, f"{text!r} in line {line}", "give a number") from None


def _whole(text: str | None, asked: str, line: int) -> int:
    try:
        return int(text or "")
    except ValueError:
        raise InputError(asked, f"{text!r} in line {line}", "number chains and configurations") from None


def _real(array: Any, asked: str) -> Real:
    array = np.asarray(array)
    if array.dtype.kind not in "fiub":
        raise InputError(asked, f"the dtype {array.dtype}", "give real numbers")
    return np.asarray(array, dtype=np.float64)
