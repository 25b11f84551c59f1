"""Estimates of what was stored and measured: means, functions of means, and warnings about both."""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from lgt.analysis import Estimate, chain_warning, estimate
from lgt.chain._measure import Series, quantities_of, setting_of
from lgt.ensemble import Ensemble, sidecar
from lgt.errors import EnsembleError, InputError, PhysicsError
from lgt.lattice import Lattice
from lgt.observable import Derived, Quantity, Setting, parse_observable
from lgt.thermalisation import thermalisation_warning

Warn = Callable[[str], Any]


def analyse(
    ensemble: Ensemble | str | os.PathLike[str],
    names: str | Iterable[str] | None = None,
    *,
    warn: Warn | None = None,
) -> dict[str, Estimate]:
    """Means of observables and derived quantities of an ensemble, with Gamma-method errors.

    Parameters
    ----------
    ensemble
        The ensemble, or the path of its file.
    names
        Observables that are stored or measured (`lgt.measure`) and derived quantities whose inputs are; a
        sequence, or one text with commas. By default all observables.
    warn
        Called with a line about each chain that is too short, not thermalised, or at odds with the others,
        and about each quantity that does not exist; ``logging.getLogger("lgt").warning`` by default.

    Returns
    -------
    dict[str, Estimate]
        By name, ``NAME[LABEL]`` for each number of an observable with several. A derived quantity that does
        not exist, like the logarithm of a negative loop, has the value NaN.

    Raises
    ------
    InputError
        If there is no such quantity.
    EnsembleError
        If there is no finished configuration, or what is asked for was not measured on all of them.

    Examples
    --------
    >>> import lgt, pathlib, tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> out = pathlib.Path(folder.name) / "ensemble.h5"
    >>> run = lgt.RunConfig(group="SU2", lattice="4x4", beta=2.0, configs=500, separation=1, out=out)
    >>> lgt.generate(run).close()
    >>> list(lgt.analyse(out))
    ['plaquette']
    >>> folder.cleanup()
    """
    if not isinstance(ensemble, Ensemble):
        with Ensemble.open(ensemble) as opened:
            return analyse(opened, names, warn=warn)
    quantities = None if names is None else quantities_of(names)
    series = series_of(ensemble, None if quantities is None else quantities.values())
    warn = logging.getLogger("lgt").warning if warn is None else warn
    return estimates_of(series, quantities, setting_of(ensemble), separation_of(ensemble), warn)


def separation_of(ensemble: Ensemble) -> int:
    """Sweeps between configurations; 1 where the file does not know."""
    return int(ensemble.spec.run.get("separation", 1))


def series_of(ensemble: Ensemble, quantities: Iterable[Quantity] | None = None) -> dict[str, Series]:
    """The series of observables stored or measured, (chains, configurations finished in every chain, ...).

    Parameters
    ----------
    quantities
        Those to take, and the inputs of derived ones; all that are there by default.

    Raises
    ------
    EnsembleError
        If there is no finished configuration, or one that is asked for was not measured on all of them.
    """
    length = ensemble.length
    if length == 0:
        raise EnsembleError(
            f"the observables of {ensemble.path}",
            "no configuration finished in every chain",
            f"resume the run: lgt generate --out {ensemble.path} --resume",
        )
    measured = {name: values[:, :length] for name, values in sidecar.read(ensemble).items()}
    stored = ensemble.spec.observables
    available = {name: ensemble.observable(name) for name in stored} | {
        name: values for name, values in measured.items() if name not in stored and np.isfinite(values).all()
    }
    if quantities is None:
        return available
    found = {}
    for quantity in quantities:
        inputs = quantity.inputs if isinstance(quantity, Derived) else (quantity,)
        for name in (each.name for each in inputs):
            if name not in available:
                raise EnsembleError(
                    f"observable {name!r} of {ensemble.path}",
                    f"only {', '.join(available)}",
                    f"measure it: lgt measure {ensemble.path} --observable {quantity.name}",
                )
            found[name] = available[name]
    return found


def estimates_of(
    series: Mapping[str, Series],
    quantities: Mapping[str, Quantity] | None,
    setting: Setting,
    separation: int,
    warn: Warn,
) -> dict[str, Estimate]:
    """The estimates of quantities from the series of their observables.

    Parameters
    ----------
    series
        By name, (chains, n) or (chains, n, labels).
    quantities
        Which; all observables of `series` by default.
    setting
        Where they were measured.
    separation
        Sweeps between two samples.
    warn
        Called with each warning.
    """
    results: dict[str, Estimate] = {}
    for name in series if quantities is None else quantities:
        quantity = None if quantities is None else quantities[name]
        if isinstance(quantity, Derived):
            results[name] = _derived(quantity, series, setting, separation, warn)
        else:
            results |= _means(name, series[name], setting.lattice, separation, warn)
    for name in series:
        text = thermalisation_warning(series[name], separation, name)
        if text:
            warn(text)
    return results


def labels_of(name: str, values: Series, lattice: Lattice) -> tuple[str, ...]:
    """The labels of a stored observable: its own, or numbers if it is not known here; none for a scalar."""
    if values.ndim == 2:
        return ()
    try:
        labels = parse_observable(name).labels(lattice)
    except InputError:  # a user's module that is not here now
        labels = ()
    count = math.prod(values.shape[2:])
    return labels if len(labels) == count else tuple(map(str, range(count)))


def _means(name: str, values: Series, lattice: Lattice, separation: int, warn: Warn) -> dict[str, Estimate]:
    labels = labels_of(name, values, lattice)
    if not labels:
        results = {name: estimate(values, separation)}
    else:
        flat = values.reshape(*values.shape[:2], -1)
        results = {
            f"{name}[{label}]": estimate(flat[..., place], separation) for place, label in enumerate(labels)
        }
    # Of many numbers of one observable the slowest speaks for all.
    slowest = max(results, key=lambda key: np.nan_to_num(results[key].tau_int, nan=np.inf))
    text = chain_warning(results[slowest], slowest)
    if text:
        warn(text)
    return results


def _derived(
    quantity: Derived, series: Mapping[str, Series], setting: Setting, separation: int, warn: Warn
) -> Estimate:
    samples = [series[each.name] for each in quantity.inputs]
    chains, n = samples[0].shape[:2]
    try:
        quantity.validate(setting)
        result = quantity.estimate(samples, setting, separation)
    except PhysicsError as error:
        warn(str(error))
        return Estimate(math.nan, math.nan, math.nan, math.nan, chains * n, chains, separation, closed=False)
    text = chain_warning(result, quantity.name)
    if text:
        warn(text)
    return result
