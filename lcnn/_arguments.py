"""Looks at arguments that layers and models share."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from lgt.errors import InputError


def whole_number(what: str, value: object, least: int = 1) -> int:
    """Return a whole number of at least `least`.

    Raises
    ------
    InputError
        For anything else.

    Examples
    --------
    >>> whole_number("stout", -1, 0)
    Traceback (most recent call last):
    lgt.errors.InputError: stout = -1: found no such whole number; give one of 0 or more
    """
    if not _is_whole(value, least):
        raise InputError(f"{what} = {value!r}", "no such whole number", f"give one of {least} or more")
    return int(value)  # type: ignore[call-overload, no-any-return]


def whole_numbers(what: str, values: object, least: int = 1) -> tuple[int, ...]:
    """Return whole numbers of at least `least` as a tuple.

    Raises
    ------
    InputError
        For anything else.

    Examples
    --------
    >>> whole_numbers("widths", [8, 8])
    (8, 8)
    >>> whole_numbers("n_in, n_out", (8, 0))
    Traceback (most recent call last):
    lgt.errors.InputError: n_in, n_out = (8, 0): found 0; give whole numbers of 1 or more
    """
    remedy = f"give whole numbers of {least} or more"
    if not isinstance(values, Sequence) or isinstance(values, str):
        raise InputError(f"{what} = {values!r}", "no list of whole numbers", remedy)
    for value in values:
        if not _is_whole(value, least):
            raise InputError(f"{what} = {values!r}", repr(value), remedy)
    return tuple(map(int, values))


def finite_number(what: str, value: object) -> float:
    """Return a finite number.

    Raises
    ------
    InputError
        For anything else.

    Examples
    --------
    >>> finite_number("init_w", float("nan"))
    Traceback (most recent call last):
    lgt.errors.InputError: init_w = nan: found no finite number; use a number such as 1.0
    """
    if not isinstance(value, int | float) or not math.isfinite(value):
        raise InputError(f"{what} = {value!r}", "no finite number", "use a number such as 1.0")
    return value


def one_of(what: str, value: object, choices: Sequence[str]) -> None:
    """Raise InputError unless the value is one of the choices.

    Examples
    --------
    >>> one_of("gate", "relux", ("relu", "smooth"))
    Traceback (most recent call last):
    lgt.errors.InputError: gate = 'relux': found no such choice; use relu or smooth
    """
    if value not in choices:
        remedy = "use " + " or ".join(filter(None, (", ".join(choices[:-1]), choices[-1])))
        raise InputError(f"{what} = {value!r}", "no such choice", remedy)


def _is_whole(value: object, least: int) -> bool:
    """Whether it is a Python or numpy integer that is large enough; True is none."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool) and bool(value >= least)
