"""A stranger's model under examination: find out how to call it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from lcnn.testing.model import as_numpy, modules_in, set_precision
from lgt.errors import InputError, ShapeError
from lgt.symmetry import INVARIANT, PSEUDOINVARIANT, PSEUDOSCALAR, SCALAR, FieldType
from lgt.users import blame, users_code

Array = NDArray[Any]
_OTHER = {"complex128": "complex64", "complex64": "complex128"}


@final
class Subject:
    """A model as a function from links (batch, d, *extents, N, N) to numbers, both numpy.

    Modules are put into eval mode. The model is tried on numpy arrays and on torch tensors as it is, then
    with its modules converted to the precision of the links; the first way that gives an output of the
    right layout is kept.

    Parameters
    ----------
    model
        A torch module, or a callable of arrays or of tensors.
    links
        Sample input, complex128.
    dtype
        Precision of the links that the model will be given.
    odd
        Whether the outputs change sign under reflections.

    Raises
    ------
    InputError
        If no way works; the message has the last line of the user's traceback and its place.

    Examples
    --------
    >>> links = np.ones((2, 2, 3, 4, 1, 1), complex)
    >>> subject = Subject(lambda u: u[:, :1, ..., 0, 0].real, links)
    >>> subject.kind, subject.takes, subject(links).shape
    (scalar, 'numpy', (2, 1, 3, 4))
    """

    def __init__(
        self, model: Callable[..., Any], links: Array, dtype: str = "complex128", *, odd: bool = False
    ) -> None:
        self.model, self.dtype, self.odd = model, dtype, odd
        self.notes: list[str] = []
        self.kind: FieldType = SCALAR
        self.takes = "numpy"
        self.changes_input = False
        self._modules = list(modules_in(model))
        for module in self._modules:
            module.eval()
        self._function = as_numpy(model, "numpy")
        self._choose(links)

    def _choose(self, links: Array) -> None:
        """Try the ways to call the model until one works."""
        is_module = bool(self._modules) and self._modules[0] is self.model
        failures: dict[str, InputError] = {}
        for takes in ("torch",) if is_module else ("numpy", "torch"):
            failure = self._try(takes, links, self.dtype)
            if failure is None:
                return
            failures[takes] = failure
        if self._modules:
            for module in self._modules:
                set_precision(module, self.dtype)
            if self._try("torch", links, self.dtype) is None:
                self.notes.append(f"the model's parameters were converted to fit {self.dtype} links")
                return
        other = _OTHER[self.dtype]
        if any(self._try(takes, links, other) is None for takes in failures):
            found = next(iter(failures.values())).found
            raise InputError(
                f"the model on {self.dtype} links", found, f"it takes {other} links: {self._remedy(other)}"
            )
        for failure in failures.values():
            if isinstance(failure, ShapeError) or len({f.found for f in failures.values()}) == 1:
                raise failure
        found = "; ".join(f"on {takes} input {failure.found}" for takes, failure in failures.items())
        raise InputError("the model's output", found, "correct the model")

    def _remedy(self, other: str) -> str:
        """What to do about a model of the other precision; torch modules out of sight stay as they are."""
        if self.takes == "numpy" or self._modules:
            return f"use --dtype {other}"
        return (
            f"use --dtype {other}, or keep its torch modules in a torch module (nn.ModuleList, "
            f"nn.ModuleDict), which is converted to fit {self.dtype} links"
        )

    def _try(self, takes: str, links: Array, dtype: str) -> InputError | None:
        self._function, self.takes, self.changes_input = as_numpy(self.model, takes), takes, False
        try:
            output = self(links.astype(dtype))
        except InputError as failure:
            return failure
        self.kind = _kind(output, self.odd)
        return None

    def __call__(self, links: Array) -> Array:
        """Return the model's output for links in the chosen precision; `changes_input` tells if they changed.

        Raises
        ------
        InputError
            If the model raises, or returns NaN or something that is no array.
        ShapeError
            If the output has another layout than (batch,), (batch, n) or (batch, channel, *extents).
        """
        box, given = "x".join(map(str, links.shape[2:-2])), links.copy()
        try:
            with users_code():
                output = self._function(given)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # SystemExit too, and what users derive from BaseException
            if isinstance(error, InputError) and error.asked == "the model's output":
                raise  # ours: not an array
            raise InputError(f"the model on the lattice {box}", blame(error), "correct the model") from None
        self.changes_input |= not np.array_equal(given, links)
        batch, extents = len(links), links.shape[2:-2]
        fits = output.shape[:1] == (batch,) and (output.ndim <= 2 or output.shape[2:] == extents)
        if not fits or output.size == 0 or output.dtype.kind not in "biufc":
            fields = ", ".join(map(str, (batch, "channel", *extents)))
            wanted = f"return ({batch},) or ({fields}), numbers"
            what = f"shape {output.shape}, {output.dtype}"
            raise ShapeError(f"the model's output for {len(links)} configurations of {box}", what, wanted)
        if not np.isfinite(output).all():
            bad = tuple(int(i) for i in np.argwhere(~np.isfinite(output))[0])
            found = f"{output[bad]} at index {bad}"
            raise InputError(f"the model's output on the lattice {box}", found, "make it finite")
        return output


def _kind(output: Array, odd: bool) -> FieldType:
    if output.ndim <= 2:  # also (batch, n), several numbers a configuration
        return PSEUDOINVARIANT if odd else INVARIANT
    return PSEUDOSCALAR if odd else SCALAR
