"""Assert that a function has a symmetry, on examples that hypothesis draws, or say how to see that not."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import HealthCheck, given, settings

from lgt.errors import CheckError, InputError
from lgt.group import parse_group
from lgt.lattice import Lattice
from lgt.symmetry import FIELD_TYPES, FieldType, Symmetry, parse_symmetry
from lgt.testing.case import Case
from lgt.testing.error import EquivarianceError, default_tolerance
from lgt.testing.strategies import cases, lattices

Kind = FieldType | str


def assert_equivariant(
    function: Callable[..., Any],
    symmetry: Symmetry[Any] | Sequence[Symmetry[Any]],
    *,
    input_types: Sequence[Kind],
    output_type: Kind,
    groups: Sequence[str] = ("SU3", "SU2", "U1"),
    dims: Sequence[int] = (2, 3, 4),
    smallest: int = 2,
    channels: int = 2,
    examples: int = 10,
    dtype: str = "complex128",
    tolerance: float | None = None,
    source: str | None = None,
) -> None:
    """Raise CheckError unless ``function(g inputs) = g function(inputs)``.

    Every symmetry and gauge group gets `examples` examples: hypothesis draws boxes of pairwise distinct
    extents, elements and seeds, and shrinks what fails. Inputs are random: Haar links, Gaussian matter.

    Parameters
    ----------
    function
        From batch-first arrays of `input_types` to an array of `output_type`.
    symmetry
        One, or several that are asserted in turn.
    input_types, output_type
        Field types or their names: links, adjoint, scalar, invariant, pseudoscalar, vector.
    groups, dims, smallest
        Gauge groups, numbers of directions and the smallest extent to draw boxes from.
    channels
        Copies of the representation in matter and scalar inputs.
    examples
        How many examples hypothesis draws for each symmetry and group.
    dtype, tolerance
        Precision of the inputs, and the largest `EquivarianceError.error` (default: by dtype).
    source
        What the reproducer calls the function, e.g. ``"package.module:name"``; found out by default.

    Raises
    ------
    CheckError
        If an example fails or the output is vacuous. The message has the symmetry, the element, the
        site, the error against the tolerance, the dtype and a line that repeats it.

    Examples
    --------
    >>> from lgt.symmetry import Gauge
    >>> from lgt.testing.mutants import correct, no_dagger
    >>> kinds = {"input_types": ("links", "adjoint"), "output_type": "adjoint"}
    >>> assert_equivariant(correct, Gauge(), **kinds, dims=(2,), examples=2)
    >>> assert_equivariant(no_dagger, Gauge(), **kinds, dims=(2,), examples=2)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    lgt.errors.CheckError: no_dagger equivariant under Gauge() of SU(3) on 2x3: found error ...
    """
    tolerance = default_tolerance(dtype) if tolerance is None else tolerance
    types, output = [_kind(k) for k in input_types], _kind(output_type)
    symmetries = [symmetry] if isinstance(symmetry, Symmetry) else list(symmetry)
    if not (symmetries and groups and examples > 0):
        raise InputError("an equivariance test", "no symmetry, group or example", "give at least one of each")

    called_as = source or _name(function)

    def check(case: Case) -> None:
        _verdict(case, function, called_as, types, output, dtype, tolerance)

    boxes = lattices(dims, smallest=smallest)
    for each in symmetries:
        for key in groups:
            draw = cases(each, group=parse_group(key), boxes=boxes, channels=channels)
            _run(check, draw, examples)


def _run(check: Callable[[Case], None], draw: Any, examples: int) -> None:
    """Let hypothesis find and shrink a failing case; raise its error without hypothesis's own story."""
    decorate: Any = given(draw)
    runner: Any = settings(
        max_examples=examples,
        deadline=None,
        database=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )(decorate(check))
    try:
        runner()
    except CheckError as error:
        raise CheckError(error.asked, error.found, error.remedy) from None


def reproduce(
    function: Callable[..., Any] | str,
    symmetry: str,
    *,
    group: str,
    lattice: str,
    seed: int,
    input_types: Sequence[Kind],
    output_type: Kind,
    element: str | None = None,
    batch: int = 2,
    channels: int = 2,
    dtype: str = "complex128",
    tolerance: float | None = None,
) -> EquivarianceError:
    """Repeat one example of `assert_equivariant`: the line that its message ends with.

    Parameters
    ----------
    function
        The function itself, or where to import it: ``"package.module:name"``.
    symmetry, group, lattice, seed, element, batch, channels
        The words of a `Case`, e.g. ``"hypercubic", group="SU3", lattice="2x3", seed=0, element="+1 -0"``.
    input_types, output_type, dtype, tolerance
        As in `assert_equivariant`.

    Returns
    -------
    EquivarianceError
        The error, where it is within the tolerance.

    Raises
    ------
    CheckError
        If it is not.

    Examples
    --------
    >>> reproduce("lgt.testing.mutants:no_dagger", "gauge", group="SU3", lattice="2x3", seed=0,
    ...           input_types=("links", "adjoint"), output_type="adjoint")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    lgt.errors.CheckError: no_dagger equivariant under Gauge() of SU(3) on 2x3: found error ...
    """
    called = imported(function) if isinstance(function, str) else function
    value = parse_symmetry(symmetry)
    moved = None if element is None else value.parse(element)
    case = Case(value, parse_group(group), Lattice.parse(lattice), seed, batch, channels, moved)
    types, output = [_kind(k) for k in input_types], _kind(output_type)
    source = function if isinstance(function, str) else _name(function)
    tolerance = default_tolerance(dtype) if tolerance is None else tolerance
    return _verdict(case, called, source, types, output, dtype, tolerance)


def imported(source: str) -> Any:
    """Import the object ``"package.module:name"``.

    Raises
    ------
    InputError
        If there is no such module or name.
    """
    module, _, name = source.partition(":")
    try:
        found = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError, ValueError) as error:
        raise InputError(f"function {source!r}", str(error), "write it as package.module:name") from None
    return found


def _verdict(
    case: Case,
    function: Callable[..., Any],
    source: str,
    types: Sequence[FieldType],
    output: FieldType,
    dtype: str,
    tolerance: float,
) -> EquivarianceError:
    """Measure a case; raise CheckError, with the line that repeats it, unless its error passes."""
    try:
        error = case.error(function, input_types=types, output_type=output, dtype=dtype)
        complaint = error.complaint(tolerance)
    except CheckError as unusable:  # NaN
        complaint = unusable.found
    if not complaint:
        return error
    words = [repr(source) if ":" in source else source, repr(case.symmetry.name)]
    words += [f"group={case.group.key!r}", f"lattice={str(case.lattice)!r}", f"seed={case.seed}"]
    words += [f"element={str(case.element)!r}"] if case.element is not None else []
    words += [f"channels={case.channels}"] if case.channels != 2 else []
    words += [f"input_types=[{', '.join(_word(k) for k in types)}]", f"output_type={_word(output)}"]
    words += [f"dtype={dtype!r}"] if dtype != "complex128" else []
    words += [f"tolerance={tolerance!r}"] if tolerance != default_tolerance(dtype) else []
    where = f"{case.symmetry!r} of {case.group!r} on {case.lattice}"
    raise CheckError(
        f"{source.rpartition(':')[2]} equivariant under {where}",
        complaint,
        f"repeat it with: import lgt.testing; lgt.testing.reproduce({', '.join(words)})",
    )


def _name(function: Callable[..., Any]) -> str:
    """``"module:name"`` where that finds the function again, else its bare name."""
    module = getattr(function, "__module__", None) or ""
    name = getattr(function, "__qualname__", "function")
    home: Any = sys.modules.get(module)
    for part in name.split("."):
        home = getattr(home, part, None)
    if home is function and module != "__main__":
        return f"{module}:{name}"
    return name if name.isidentifier() else "function"


def _kind(kind: Kind) -> FieldType:
    if isinstance(kind, FieldType):
        return kind
    if kind not in FIELD_TYPES:
        raise InputError(f"field type {kind!r}", "no such type", "use " + ", ".join(FIELD_TYPES))
    return FIELD_TYPES[kind]


def _word(kind: FieldType) -> str:
    """How a reproducer writes a field type: by its word, or as the variable the user has."""
    return repr(kind.name) if FIELD_TYPES.get(kind.name) is kind else kind.name.replace(" ", "_")
