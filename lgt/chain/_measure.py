"""Measurements on configurations that exist already."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lgt.action import Action
from lgt.ensemble import Ensemble, sidecar
from lgt.group import UnitaryGroup
from lgt.lattice import Lattice
from lgt.observable import Derived, Observable, Quantity, Setting, evaluate, parse_quantity

Series = NDArray[np.float64]
Measured = dict[str, Series]
Progress = Callable[[int, int], None]

#: A long measurement is stored so often, so that whatever ends it costs little.
STORE_SECONDS = 60.0


class Configurations(Protocol):
    """What can be measured: configurations in chains, of an ensemble (`Ensemble` is one) or other files."""

    @property
    def lattice(self) -> Lattice:
        """The lattice."""

    @property
    def group(self) -> UnitaryGroup:
        """The gauge group."""

    @property
    def action(self) -> Action | None:
        """The action that they follow; None where it is not known."""

    @property
    def finished(self) -> NDArray[np.bool_]:
        """Which there are, shape (chains, configs)."""

    def links(self, chain: int, config: int) -> NDArray[np.complex128]:
        """One configuration, shape (d, *extents, N, N)."""


def setting_of(source: Configurations) -> Setting:
    """Lattice, group and boundaries of some configurations."""
    d, action = source.lattice.d, source.action
    return Setting(source.lattice, source.group, action.open_directions(d) if action else ())


def quantities_of(names: str | Iterable[str]) -> dict[str, Quantity]:
    """The quantities of these names (or of one text with commas), by their names, each once.

    Raises
    ------
    InputError
        If there is no such quantity.

    Examples
    --------
    >>> list(quantities_of("plaquette, t0,plaquette"))
    ['plaquette', 't0']
    """
    words = names.split(",") if isinstance(names, str) else names
    quantities = (parse_quantity(word.strip()) for word in words)
    return {quantity.name: quantity for quantity in quantities}


def observables_of(quantities: Iterable[Quantity]) -> dict[str, Observable]:
    """What must be measured for these: observables themselves, and the inputs of derived quantities.

    Examples
    --------
    >>> list(observables_of(quantities_of("plaquette,creutz_1x1,creutz_1x2").values()))
    ['plaquette', 'wilson_1x1', 'wilson_2x1_symmetric']
    """
    found: dict[str, Observable] = {}
    for quantity in quantities:
        inputs = quantity.inputs if isinstance(quantity, Derived) else (quantity,)
        found |= {each.name: each for each in inputs if isinstance(each, Observable)}
    return found


def validate(quantities: Iterable[Quantity], setting: Setting) -> None:
    """Refuse what makes no sense on these configurations.

    Raises
    ------
    InputError
        If a quantity has no value there.
    """
    for quantity in quantities:
        if isinstance(quantity, Derived):
            quantity.validate(setting)
        elif isinstance(quantity, Observable):
            quantity.validate(setting.lattice, open=setting.open)


def measure_into(
    measured: Measured,
    source: Configurations,
    observables: Mapping[str, Observable],
    *,
    progress: Progress | None = None,
    store: Callable[[], object] | None = None,
) -> None:
    """Measure what is missing.

    Parameters
    ----------
    measured
        Values by name, (chains, configs, *shape), NaN where they are missing; filled in place.
    source
        The configurations.
    observables
        What to measure, by name.
    progress
        Called after each configuration with the number of those done and of those to do.
    store
        Called now and then, and at the end, whatever ends it, if anything was measured.
    """
    setting, finished = setting_of(source), source.finished
    lattice = setting.lattice
    missing = np.zeros((len(observables), *finished.shape), dtype=bool)
    for place, (name, observable) in enumerate(observables.items()):
        shape = (*finished.shape, *observable.shape(lattice))
        if name not in measured or measured[name].shape != shape:
            measured[name] = np.full(shape, np.nan)
        there = np.isfinite(measured[name].reshape(*finished.shape, -1)).all(axis=-1)
        missing[place] = finished & ~there
    places = np.argwhere(missing.any(axis=0))
    stored, unstored = time.monotonic(), False
    try:
        for done, (chain, config) in enumerate(places, start=1):
            due = [each for k, each in enumerate(observables.values()) if missing[k, chain, config]]
            values = evaluate(due, source.links(chain, config), lattice.d, open=setting.open)
            for observable, value in values.items():
                measured[observable.name][chain, config] = value
            unstored = True
            if progress is not None:
                progress(done, len(places))
            if store is not None and time.monotonic() - stored > STORE_SECONDS:
                store()
                stored, unstored = time.monotonic(), False
    finally:
        if store is not None and unstored:
            store()


def measure(
    ensemble: Ensemble | Configurations | str | os.PathLike[str],
    names: str | Sequence[str],
    *,
    progress: Progress | None = None,
) -> Measured:
    """Measure observables on every finished configuration of an ensemble, or of files of other programs.

    The numbers go into a file beside the ensemble, ``ens.measured.h5``, from which `Ensemble.observable`
    and the commands read them; the ensemble itself is not changed. What is there already is kept, so after
    more configurations only these are measured. Nothing is stored of what `lgt.open_configurations` opened.

    Parameters
    ----------
    ensemble
        The ensemble, or the path of its file; or files of other programs (`lgt.open_configurations`).
    names
        Names of observables as `lgt.parse_observable` takes them: a sequence, or one text with commas. For
        a derived quantity (``creutz_2x2``, ``t0``) its inputs are measured; `lgt.analyse` makes it of them.
    progress
        Called after each configuration with the number of those done and of those to do.

    Returns
    -------
    dict[str, NDArray[np.float64]]
        For each observable what `Ensemble.observable` says: the configurations that are finished in every
        chain, shape (chains, length), or (chains, length, labels) for one with several numbers.

    Raises
    ------
    InputError
        If there is no such observable, or it has no value on this lattice.
    EnsembleError
        If the file cannot be read.
    StorageError
        If the disk is full or fails.

    Examples
    --------
    >>> import lgt, pathlib, tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> out = pathlib.Path(folder.name) / "ensemble.h5"
    >>> run = lgt.RunConfig(group="SU2", lattice="4x4", beta=2.0, configs=5, chains=2, thermalise=10, out=out)
    >>> lgt.generate(run).close()
    >>> {name: values.shape for name, values in lgt.measure(out, "wilson_1x2,creutz_1x1").items()}
    {'wilson_1x2': (2, 5), 'wilson_1x1': (2, 5)}
    >>> folder.cleanup()
    """
    if isinstance(ensemble, (str, os.PathLike)):
        with Ensemble.open(ensemble) as opened:
            return measure(opened, names, progress=progress)
    quantities = quantities_of(names)
    validate(quantities.values(), setting_of(ensemble))
    wanted = observables_of(quantities.values())
    if not isinstance(ensemble, Ensemble):
        found: Measured = {}
        measure_into(found, ensemble, wanted, progress=progress)
        return found
    observables = {name: each for name, each in wanted.items() if name not in ensemble.spec.observables}
    if observables:
        measured = sidecar.read(ensemble)
        measure_into(
            measured,
            ensemble,
            observables,
            progress=progress,
            store=lambda: sidecar.write(ensemble, measured),
        )
    return {name: ensemble.observable(name) for name in wanted}
