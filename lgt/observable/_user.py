"""Observables of users: imported by name, ``package.module:Name``, and held to what a measurement is."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar, Self, final

import numpy as np

from lgt.errors import InputError, LgtError
from lgt.field import Array, lattice_of
from lgt.lattice import Lattice
from lgt.observable._base import Observable, Real
from lgt.users import blame, find

_NAME = "package.module:Name"


@final
@dataclass(frozen=True)
class UserObservable(Observable):
    """An observable that is defined outside of lgt, under the name by which it is imported.

    `source` names a subclass of `Observable` that needs no arguments, a function without arguments that
    returns an observable, or an observable. The module is looked up in the current folder and PYTHONPATH.
    What it prints goes to stderr.

    Parameters
    ----------
    source
        ``"package.module:Name"``, which is the observable's name in files and tables, whatever it calls
        itself.
    observable
        What was found there.

    Examples
    --------
    A file ``mine.py`` in the current folder makes ``mine:Square`` an observable for ``lgt measure``,
    ``lgt generate --measure`` and `lgt.measure`:

    >>> from lgt.observable import Observable, rectangles
    >>> class Square(Observable):
    ...     def density(self, links, d=None):  # (..., d, *extents, N, N) -> (..., *extents)
    ...         return rectangles(links, 1, 1, d) ** 2

    Its `value` is the lattice average, unless the class says otherwise. Any other module will do:

    >>> UserObservable.parse("lgt.observable.loops:ActionDensity")
    UserObservable(source='lgt.observable.loops:ActionDensity')
    """

    source: str
    observable: Observable = field(compare=False, repr=False)

    pattern: ClassVar[str] = _NAME
    about: ClassVar[str] = "an observable of your own, see lgt.observable.UserObservable"

    @property
    def name(self) -> str:
        """The source."""
        return self.source

    @classmethod
    def parse(cls, name: str) -> Self | None:
        """Import the observable; None if the name has no colon.

        Raises
        ------
        InputError
            If there is no such module or name, it is no observable, or the user's code raises.
        """
        return cls(name, _load(name)) if ":" in name else None

    @property
    def reach(self) -> tuple[int, int] | None:
        """What the observable itself says."""
        return self.observable.reach

    def labels(self, lattice: Lattice) -> tuple[str, ...]:
        """What the observable itself says."""
        with _users_code(f"labels of {self.source}"):
            return tuple(map(str, self.observable.labels(lattice)))

    def validate(self, lattice: Lattice, *, open: tuple[int, ...] = ()) -> None:
        """What the observable itself refuses."""
        super().validate(lattice, open=open)
        with _users_code(f"{self.source} on the lattice {lattice}"):
            self.observable.validate(lattice, **_boundaries(open))

    def density(self, links: Array, d: int | None = None) -> Real:
        """The observable at every site, shape (..., *extents)."""
        lattice = lattice_of(links, d)
        shape = links.shape[: links.ndim - lattice.d - 3] + self.shape(lattice) + lattice.extents
        return self._checked("density", lambda: self.observable.density(links, lattice.d), shape)

    def value(self, links: Array, d: int | None = None, *, open: tuple[int, ...] = ()) -> Real:
        """Its value, shape (...)."""
        lattice = lattice_of(links, d)
        shape = links.shape[: links.ndim - lattice.d - 3] + self.shape(lattice)
        call = partial(self.observable.value, links, lattice.d, **_boundaries(open))
        return self._checked("value", call, shape)

    def _checked(self, what: str, call: Callable[[], Any], shape: tuple[int, ...]) -> Real:
        asked = f"{what} of {self.source}"
        with _users_code(asked):
            result = np.asarray(call())
        if result.dtype.kind not in "fiub":
            raise InputError(asked, f"the dtype {result.dtype}", "return real numbers")
        if result.shape != shape:
            raise InputError(asked, f"the shape {result.shape}", f"return {shape} for these links")
        if not np.isfinite(result).all():
            raise InputError(asked, "a number that is not finite", "return finite numbers")
        return result.astype(np.float64)


def _boundaries(open: tuple[int, ...]) -> dict[str, Any]:
    """The keyword that a class needs to know only where there are open boundaries."""
    return {"open": open} if open else {}


def _load(source: str) -> Observable:
    found = find(source, "observable", _NAME)
    if callable(found) and not isinstance(found, Observable):
        with _users_code(f"calling {source}()"):
            found = found()
    if not isinstance(found, Observable):
        raise InputError(
            f"observable {source!r}",
            f"an object of type {type(found).__name__}",
            "name a subclass of lgt.Observable, or a function without arguments that returns one's instance",
        )
    return found


@contextlib.contextmanager
def _users_code(asked: str) -> Iterator[None]:
    """Errors inside become an `InputError` with the place; stdout is kept for results."""
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    except LgtError:
        raise
    except (Exception, SystemExit) as error:
        raise InputError(asked, blame(error), "correct it") from error
