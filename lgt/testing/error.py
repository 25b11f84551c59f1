"""The equivariance error: how far a function is from commuting with a symmetry, and where."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, final

import numpy as np
from numpy.typing import NDArray

from lgt.errors import CheckError, InputError, ShapeError
from lgt.group import SU, U1, UnitaryGroup
from lgt.lattice import Lattice
from lgt.symmetry import FieldType, Symmetry

Array = NDArray[Any]
E = TypeVar("E")

_TOLERANCES = {"complex128": 1e-10, "complex64": 1e-4}


def default_tolerance(dtype: str) -> float:
    """The error that rounding alone stays well below: 1e-10 for complex128, 1e-4 for complex64.

    Raises
    ------
    InputError
        For any other dtype.

    Examples
    --------
    >>> default_tolerance("complex128")
    1e-10
    """
    if dtype not in _TOLERANCES:
        raise InputError(f"dtype {dtype!r}", "no such precision", "use " + " or ".join(_TOLERANCES))
    return _TOLERANCES[dtype]


@final
@dataclass(frozen=True)
class Place:
    """Where in an output array something is; `site` is None for outputs without sites."""

    batch: int
    channel: int | None
    site: tuple[int, ...] | None

    def __str__(self) -> str:
        words = [f"batch {self.batch}"]
        words += [f"channel {self.channel}"] if self.channel is not None else []
        words += [f"site {self.site}"] if self.site is not None else []
        return ", ".join(words)


@final
@dataclass(frozen=True)
class EquivarianceError:
    """How far f(gU) is from g f(U), as a number with its place; `float` of it is `error`.

    The scale is the *spread between independent inputs*: the rms, over batch and sites, of a channel's
    deviation from its batch mean. A constant offset therefore hides nothing. A channel is not measured
    below eps^(1/4) of the widest one, where rounding would be all that is seen, and a batch of one, which
    has no spread, is measured by its rms.

    Attributes
    ----------
    error
        The largest |f(gU) - g f(U)| over the scale of its channel.
    difference, scale
        Numerator and denominator at that place.
    size, spread
        The largest |f(U)|, and the scale of the widest channel.
    place
        Batch index, channel and site (on the box where g f(U) lives).
    symmetry, element
        What was asked of the function.
    dtype
        The precision in which the function was given its inputs.
    """

    error: float
    difference: float
    scale: float
    size: float
    spread: float
    place: Place
    symmetry: Symmetry[Any]
    element: Any
    dtype: str

    def __float__(self) -> float:
        return self.error

    def __str__(self) -> str:
        return f"{self.error:.3g} at {self.place} under {self.element!r}"

    def vacuous(self, tolerance: float) -> bool:
        """Whether the output's dependence on its inputs is too small to be judged at this tolerance.

        An output that is zero or constant passes every symmetry and says nothing. The limit is where
        the rounding of the constant part reaches the tolerance: spread * tolerance <= eps * size.
        """
        return bool(self.spread * tolerance <= np.finfo(self.dtype).eps * self.size)

    def passes(self, tolerance: float | None = None) -> bool:
        """Whether the error is within the tolerance (default: by dtype) and the output is not vacuous."""
        tolerance = default_tolerance(self.dtype) if tolerance is None else tolerance
        return self.error <= tolerance and not self.vacuous(tolerance)

    def complaint(self, tolerance: float | None = None) -> str:
        """What is wrong, in words; empty where nothing is."""
        tolerance = default_tolerance(self.dtype) if tolerance is None else tolerance
        if self.passes(tolerance):
            return ""
        if self.vacuous(tolerance):
            return (
                f"a vacuous output: it changes by {self.spread:.2g} between independent inputs at a size of "
                f"{self.size:.2g}, so that a tolerance of {tolerance:g} sees nothing in {self.dtype}"
            )
        words = self.symmetry.in_words(self.element)
        return (
            f"error {self.error:.3g} of the output's spread > tolerance {tolerance:g} in {self.dtype} "
            f"at {self.place} under {self.element!r}" + (f", which {words}" if words else "")
        )


def equivariance_error(
    function: Callable[..., Any],
    symmetry: Symmetry[E],
    inputs: Sequence[Array],
    *,
    input_types: Sequence[FieldType],
    output_type: FieldType,
    element: E | None = None,
    seed: int | np.random.Generator = 0,
    dtype: str = "complex128",
    scale: Array | None = None,
) -> EquivarianceError:
    """Measure how far ``function(g inputs)`` is from ``g function(inputs)``.

    Parameters
    ----------
    function
        From arrays of `input_types` to one array of `output_type`, anything that `numpy.asarray` reads.
    symmetry
        What it is held to.
    inputs
        One array for each input type, batch first; independent entries along the batch set the scale.
    element
        The transformation; drawn from `seed`, a number or a Generator, where it is None.
    dtype
        Precision of the inputs that the function sees, "complex128" or "complex64". Elements are made
        and applied in complex128 whatever it is.
    scale
        The `spread` of each channel, shape (channel,), where it is known better than from this batch.

    Returns
    -------
    EquivarianceError
        The number with its place; see there how the scale is defined.

    Raises
    ------
    ShapeError
        If an input or the output is not of its type.
    CheckError
        If the output holds NaN or infinities.
    InputError
        If the entries along the batch are all the same, so that they set no scale.

    Examples
    --------
    >>> from lgt.lattice import Lattice
    >>> from lgt.loops import plaquettes
    >>> from lgt.symmetry import LINKS, SCALAR, Gauge
    >>> links = LINKS.random(np.random.default_rng(0), SU(3), Lattice((4, 6)))
    >>> error = equivariance_error(
    ...     lambda links: plaquettes(links, d=2), Gauge(), [links], input_types=[LINKS], output_type=SCALAR
    ... )
    >>> error.error < 1e-14, error.passes()
    (True, True)
    """
    default_tolerance(dtype)
    lattice, group = _setting(inputs, input_types)
    if scale is None and all(len(a) > 1 and (a == a[:1]).all() for a in map(np.asarray, inputs)):
        remedy = "give independent inputs, whose spread is the scale, or a batch of one"
        raise InputError("an equivariance error", "the same input at every place of the batch", remedy)
    if element is None:
        element = symmetry.sample(np.random.default_rng(seed), group, lattice)
    moved = [symmetry.act(element, a, kind, lattice) for a, kind in zip(inputs, input_types, strict=True)]
    before = evaluate(function, inputs, output_type, lattice, dtype)
    expected = symmetry.act(element, before, output_type, lattice)
    found = evaluate(function, moved, output_type, symmetry.image(element, lattice), dtype)
    if found.shape != expected.shape:
        raise ShapeError(
            "the output on transformed inputs",
            f"the shape {found.shape}",
            f"return {expected.shape}, as before",
        )
    difference = np.abs(found - expected)
    widths = spread(before) if scale is None else np.asarray(scale)
    widest = float(widths.max())
    scales = np.maximum(widths, float(np.finfo(dtype).eps) ** 0.25 * widest)
    scales = scales.reshape((1, -1) + (1,) * (before.ndim - 2)) if before.ndim > 1 else scales
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(difference == 0.0, 0.0, difference / scales)
    worst = tuple(int(i) for i in np.unravel_index(int(relative.argmax()), relative.shape))
    return EquivarianceError(
        error=float(relative[worst]),
        difference=float(difference[worst]),
        scale=float(np.broadcast_to(scales, relative.shape)[worst]),
        size=float(np.abs(before).max()),
        spread=widest,
        place=place_of(worst, output_type, lattice.d),
        symmetry=symmetry,
        element=element,
        dtype=dtype,
    )


def evaluate(
    function: Callable[..., Any], inputs: Sequence[Array], kind: FieldType, lattice: Lattice, dtype: str
) -> Array:
    """Call the function on copies in the asked precision; return finite numbers of the asked type."""
    output = np.asarray(function(*(cast(a, dtype) for a in inputs)))
    if output.dtype.kind not in "biufc":
        raise ShapeError(
            "an array of numbers as output", f"dtype {output.dtype}", "return one array of numbers"
        )
    output = output.astype(np.complex128 if output.dtype.kind == "c" else np.float64)
    if kind.on_sites and output.ndim <= 2 and len(output):
        word = "pseudoinvariant" if kind.name.startswith("pseudo") else "invariant"
        raise ShapeError(
            f"an array of type {kind} on the lattice {lattice}",
            f"the shape {output.shape}",
            f"give {kind.layout(lattice)}, or for averages say output_type={word!r}",
        )
    kind.check(output, lattice)
    if output.size == 0:
        raise ShapeError(
            f"an output of type {kind}", f"the empty shape {output.shape}", "return some numbers"
        )
    if not np.isfinite(output).all():
        bad = tuple(int(i) for i in np.argwhere(~np.isfinite(output))[0])
        raise CheckError(
            "a finite output",
            f"{output[bad]} at {place_of(bad, kind, lattice.d)}",
            "look for a division by zero, or a root or logarithm of a negative number",
        )
    return output


def cast(array: Array, dtype: str) -> Array:
    """A copy in the given precision: complex stays complex, real stays real."""
    complex_dtype = np.dtype(dtype)
    return np.array(
        array, dtype=complex_dtype if np.iscomplexobj(array) else complex_dtype.type(0).real.dtype
    )


def spread(outputs: Array) -> Array:
    """The rms deviation of each channel from its batch mean, shape (channel,); see `EquivarianceError`.

    Examples
    --------
    >>> spread(np.array([[0.0, 1.0], [2.0, 1.0]]))
    array([1.41421356, 0.        ])
    """
    batch = len(outputs)
    deviation = outputs - outputs.mean(axis=0) if batch > 1 else outputs
    squares = np.abs(deviation) ** 2
    axes = tuple(axis for axis in range(squares.ndim) if axis != 1)
    return np.atleast_1d(np.sqrt(squares.mean(axis=axes) * (batch / max(batch - 1, 1))))


def place_of(index: tuple[int, ...], kind: FieldType, d: int) -> Place:
    """Name the axes of an index into an output."""
    channel = index[1] if len(index) > 1 else None
    return Place(index[0], channel, tuple(index[2 : 2 + d]) if kind.on_sites else None)


def _setting(inputs: Sequence[Array], input_types: Sequence[FieldType]) -> tuple[Lattice, UnitaryGroup]:
    """The lattice and the gauge group that the inputs live on (SU(N) for N > 1, else U(1))."""
    if len(inputs) != len(input_types):
        raise InputError("one input for each type", f"{len(inputs)} and {len(input_types)}", "give as many")
    lattices = [kind.lattice_of(np.asarray(a)) for a, kind in zip(inputs, input_types, strict=True)]
    lattice = next((box for box in lattices if box is not None), None)
    if lattice is None:
        raise InputError("an equivariance error", "no input with sites", "give links, matter or a field")
    sizes = [a.shape[-1] for a, kind in zip(inputs, input_types, strict=True) if kind.trailing]
    return lattice, SU(sizes[0]) if sizes and sizes[0] > 1 else U1()
