"""What every model of the package can say about itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from torch import nn

from lgt.errors import InputError
from lgt.symmetry import Symmetry


class Model(nn.Module, ABC):
    """A network from links (B, d, *extents, N, N) to real numbers, at every site or one a configuration.

    No lattice size is stored, so one model takes every lattice.
    """

    @property
    @abstractmethod
    def spec(self) -> dict[str, Any]:
        """The name and all parameters as plain values, for JSON or TOML; `build_model` rebuilds from it."""

    @property
    @abstractmethod
    def symmetries(self) -> tuple[Symmetry[Any], ...]:
        """The symmetries that the output respects exactly, whatever the weights."""

    @property
    def weights(self) -> int:
        """The number of weights that training changes."""
        return sum(p.numel() for p in self.parameters() if p.requires_grad)


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
    >>> whole_numbers("widths", [8, 0])
    Traceback (most recent call last):
    lgt.errors.InputError: widths = [8, 0]: found no list of whole numbers; give whole numbers of 1 or more
    """
    fits = isinstance(values, Sequence) and not isinstance(values, str)
    if not fits or not all(type(value) is int and value >= least for value in values):  # type: ignore[attr-defined]
        remedy = f"give whole numbers of {least} or more"
        raise InputError(f"{what} = {values!r}", "no list of whole numbers", remedy)
    return tuple(values)  # type: ignore[arg-type]


def one_of(what: str, value: str, choices: Sequence[str]) -> None:
    """Raise InputError unless the value is one of the choices."""
    if value not in choices:
        raise InputError(f"{what} = {value!r}", "no such choice", "use " + ", ".join(choices))
