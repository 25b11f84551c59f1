"""Measurements on the configurations that an ensemble holds already."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from lgt.ensemble import Ensemble, sidecar
from lgt.observable import parse_observable


def measure(
    ensemble: Ensemble | str | os.PathLike[str],
    names: str | Sequence[str],
    *,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, NDArray[np.float64]]:
    """Measure observables on every finished configuration of an ensemble.

    The numbers go into a file beside the ensemble, ``ens.measured.h5``, from which `Ensemble.observable`
    and the commands read them; the ensemble itself is not changed. What is there already is kept, so after
    more configurations only these are measured.

    Parameters
    ----------
    ensemble
        The ensemble, or the path of its file.
    names
        Names of observables as `lgt.parse_observable` takes them: a sequence, or one text with commas.
    progress
        Called after each configuration with the number of those done and of those to do.

    Returns
    -------
    dict[str, NDArray[np.float64]]
        For each name what `Ensemble.observable` says: the configurations that are finished in every chain,
        shape (chains, length).

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
    >>> lgt.measure(out, "wilson_1x2,polyakov_abs")["wilson_1x2"].shape
    (2, 5)
    >>> folder.cleanup()
    """
    if not isinstance(ensemble, Ensemble):
        with Ensemble.open(ensemble) as opened:
            return measure(opened, names, progress=progress)
    names = [name.strip() for name in (names.split(",") if isinstance(names, str) else names)]
    stored = ensemble.spec.observables
    observables = {name: parse_observable(name) for name in dict.fromkeys(names) if name not in stored}
    for observable in observables.values():
        observable.validate(ensemble.lattice)
    measured = sidecar.read(ensemble) if observables else {}
    for name in observables:
        measured.setdefault(name, np.full(ensemble.finished.shape, np.nan))
    missing = [np.isnan(measured[name]) for name in observables]
    places = np.argwhere(ensemble.finished & np.any(missing, axis=0)) if missing else ()
    for done, (chain, config) in enumerate(places, start=1):
        links = ensemble.links(chain, config)
        for name, observable in observables.items():
            measured[name][chain, config] = observable.value(links, ensemble.lattice.d)
        if progress is not None:
            progress(done, len(places))
    if len(places):
        sidecar.write(ensemble, measured)
    return {name: ensemble.observable(name) for name in dict.fromkeys(names)}
