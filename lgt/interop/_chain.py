"""Files of other programs as a chain of configurations, to be measured like an ensemble."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import final

import numpy as np
from numpy.typing import NDArray

from lgt.action import Action
from lgt.errors import InputError
from lgt.group import UnitaryGroup
from lgt.interop._base import Complex
from lgt.interop._convert import Item, items_of
from lgt.interop._files import read_configuration
from lgt.lattice import Lattice


@final
class ConfigurationFiles:
    """Configurations from files of other programs, one chain in the order given. See `open_configurations`.

    `lgt.measure` takes it like an ensemble. Links are read when they are asked for.

    Attributes
    ----------
    lattice, group
        Of all of them.
    action
        The action that they follow; None where nobody said.
    names
        Where each one is, ``PATH`` or ``PATH#INDEX``.
    """

    def __init__(self, lattice: Lattice, group: UnitaryGroup, action: Action | None = None) -> None:
        self.lattice, self.group, self.action = lattice, group, action
        self._items: list[Item] = []
        self._last: tuple[int, Complex] | None = None

    def __repr__(self) -> str:
        return f"ConfigurationFiles({self.group}, {self.lattice}, {len(self._items)} configurations)"

    def __len__(self) -> int:
        return len(self._items)

    @property
    def names(self) -> tuple[str, ...]:
        """Where each configuration is."""
        return tuple(
            f"{item.path}#{item.config}" if item.of_several else str(item.path) for item in self._items
        )

    @property
    def finished(self) -> NDArray[np.bool_]:
        """All of them: shape (1, number of configurations)."""
        return np.ones((1, len(self)), dtype=bool)

    def links(self, chain: int, config: int) -> Complex:
        """Links of one configuration, shape (d, *extents, N, N), complex128; chain 0 is the only one.

        Raises
        ------
        InputError
            If there is no such configuration.
        EnsembleError
            If the file is damaged.
        """
        if chain != 0 or not 0 <= config < len(self):
            found = f"chain 0 with configurations 0 to {len(self) - 1}"
            raise InputError(f"configuration {config} of chain {chain}", found, "count from 0")
        if self._last is None or self._last[0] != config:
            item = self._items[config]
            read = read_configuration(item.path, lattice=self.lattice, index=item.config)
            if (read.lattice, read.group) != (self.lattice, self.group):
                found = f"{read.group} on {read.lattice}, which it was not before"
                raise InputError(f"reading {item.path}", found, "leave files alone while they are measured")
            self._last = config, read.links
        return self._last[1]

    def _append(self, item: Item, links: Complex) -> None:
        self._last = len(self), links
        self._items.append(item)


PathLike = str | os.PathLike[str]


def group_configurations(
    paths: Iterable[PathLike], *, lattice: Lattice | None = None, action: Action | None = None
) -> list[ConfigurationFiles]:
    """Files of other programs, sorted by lattice and gauge group into chains, each in the order given.

    Every file is read and checked once here, so that a damaged one is found before anything is measured.

    Parameters
    ----------
    paths
        Files of any format of `read_configuration`; ``PATH#INDEX`` takes one configuration of several.
    lattice
        The extents, for files that do not tell them.
    action
        The action that the configurations follow, where it is known.

    Raises
    ------
    EnsembleError
        If a file is damaged or of no known format.
    InputError
        If a file does not exist, needs `lattice`, or is an ensemble of ours.
    """
    chains: dict[tuple[Lattice, UnitaryGroup], ConfigurationFiles] = {}
    for path in paths:
        for item in items_of(os.fspath(path)):
            read = read_configuration(item.path, lattice=lattice, index=item.config)
            key = read.lattice, read.group
            chains.setdefault(key, ConfigurationFiles(*key, action))._append(item, read.links)
    return list(chains.values())


def open_configurations(
    paths: PathLike | Iterable[PathLike], *, lattice: Lattice | None = None, action: Action | None = None
) -> ConfigurationFiles:
    """Open files of other programs as one chain, to be measured like an ensemble.

    Parameters
    ----------
    paths
        One file, or several of one lattice and gauge group, in the order of the Markov chain.
    lattice
        The extents, for files that do not tell them.
    action
        The action that the configurations follow, where it is known; it says which boundaries are open.

    Raises
    ------
    EnsembleError
        If a file is damaged or of no known format.
    InputError
        If there is no file, one needs `lattice`, or they are of several lattices or groups.

    Examples
    --------
    >>> import lgt, pathlib, tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> paths = [pathlib.Path(folder.name) / f"hot.{k}" for k in range(6)]
    >>> for k, path in enumerate(paths):
    ...     links = lgt.hot(lgt.Lattice((2, 2, 2, 4)), lgt.SU(3), lgt.Stream(seed=1, chain=k))
    ...     lgt.write_configuration(path, links, format="ildg")
    >>> chain = lgt.open_configurations(paths)
    >>> chain
    ConfigurationFiles(SU(3), 2x2x2x4, 6 configurations)
    >>> lgt.estimate(lgt.measure(chain, "plaquette")["plaquette"]).n
    6
    >>> folder.cleanup()
    """
    given = [paths] if isinstance(paths, (str, os.PathLike)) else list(paths)
    chains = group_configurations(given, lattice=lattice, action=action)
    if len(chains) != 1:
        kinds = " and ".join(f"{each.group} on {each.lattice} ({each.names[0]})" for each in chains)
        raise InputError(
            f"a chain of {len(given)} files", kinds or "no file", "give files of one lattice and group"
        )
    return chains[0]
