"""Assert that a function has a symmetry, on examples that hypothesis draws, or say how to see that not."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, final

from hypothesis import HealthCheck, Phase, given, settings

from lgt.errors import CheckError, InputError, LgtError
from lgt.group import parse_group
from lgt.lattice import Lattice
from lgt.symmetry import FIELD_TYPES, FieldType, Symmetry, parse_symmetry
from lgt.testing.case import OFF_CENTRE, Case
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
    home: str = "lgt.testing",
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
        Field types or their names: links, adjoint, scalar (a number a site), invariant (a number an
        input, e.g. a lattice average), pseudoscalar, pseudoinvariant, vector.
    groups, dims, smallest
        Gauge groups, numbers of directions and the smallest extent to draw boxes from. A function for two
        dimensions alone takes ``dims=(2,)``.
    channels
        Copies of the representation in matter and scalar inputs.
    examples
        How many examples hypothesis draws for each symmetry and group.
    dtype, tolerance
        Precision of the inputs, and the largest `EquivarianceError.error` (default: by dtype).
    source
        What the reproducer calls the function, e.g. ``"package.module:name"``; found out by default.
    home
        The module whose `reproduce` repeats an example.

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
    symmetries = [symmetry] if isinstance(symmetry, Symmetry) else list(symmetry)
    if not (symmetries and groups and dims and examples > 0):
        remedy = "give at least one of each"
        raise InputError("an equivariance test", "no symmetry, group or example, or no dims", remedy)
    trial = Trial.of(function, source, home, input_types, output_type, dtype, tolerance)
    boxes = lattices(dims, smallest=smallest)
    # A sum over the box is one number an input: two of them may agree by chance, and the scale is lost.
    batch = 2 if trial.output_type.on_sites else 4
    for each in symmetries:
        for key in groups:
            draw = cases(each, group=parse_group(key), boxes=boxes, batch=batch, channels=channels)
            _run(trial, draw, examples, dims)


@final
@dataclass(frozen=True)
class Trial:
    """A function and what is asked of it: judges a `Case`, and knows how to say that the verdict is bad."""

    function: Callable[..., Any]
    source: str
    home: str
    input_types: tuple[FieldType, ...]
    output_type: FieldType
    dtype: str
    tolerance: float

    @classmethod
    def of(
        cls,
        function: Callable[..., Any],
        source: str | None,
        home: str,
        input_types: Sequence[Kind],
        output_type: Kind,
        dtype: str,
        tolerance: float | None,
    ) -> Trial:
        """Fill in what was left open: the function's name, the words for types, the tolerance."""
        types = tuple(_kind(k) for k in input_types)
        tolerance = default_tolerance(dtype) if tolerance is None else tolerance
        return cls(function, source or _name(function), home, types, _kind(output_type), dtype, tolerance)

    def judge(self, case: Case) -> EquivarianceError:
        """Measure a case; raise CheckError, with the line that repeats it, unless its error passes."""
        try:
            error = case.error(
                self.function, input_types=self.input_types, output_type=self.output_type, dtype=self.dtype
            )
            complaint = error.complaint(self.tolerance)
            if complaint and self._is_off_centre(case):
                complaint += f"; {OFF_CENTRE}"
        except CheckError as unusable:  # NaN
            complaint = unusable.found
        if not complaint:
            return error
        name = self.source.rpartition(":")[2]
        raise CheckError(
            f"{name} equivariant under {case.symmetry!r} of {case.group!r} on {case.lattice}",
            complaint,
            f"repeat it with: import {self.home}; {self.home}.reproduce({', '.join(self._words(case))})",
        )

    def _is_off_centre(self, case: Case) -> bool:
        kinds: dict[str, Any] = {"input_types": self.input_types, "output_type": self.output_type}
        try:
            return case.off_centre(self.function, **kinds, dtype=self.dtype, tolerance=self.tolerance)
        except Exception:  # the function may not take another batch: then there is no hint
            return False

    def _words(self, case: Case) -> list[str]:
        """The arguments of `reproduce` for a case; what has its default is left out."""
        words = [repr(self.source) if ":" in self.source else self.source, repr(case.symmetry.name)]
        words += [f"group={case.group.key!r}", f"lattice={str(case.lattice)!r}", f"seed={case.seed}"]
        words += [f"element={str(case.element)!r}"] if case.element is not None else []
        words += [f"batch={case.batch}"] if case.batch != 2 else []
        words += [f"channels={case.channels}"] if case.channels != 2 else []
        words += [f"input_types=[{', '.join(_word(k) for k in self.input_types)}]"]
        words += [f"output_type={_word(self.output_type)}"]
        words += [f"dtype={self.dtype!r}"] if self.dtype != "complex128" else []
        words += [f"tolerance={self.tolerance!r}"] if self.tolerance != default_tolerance(self.dtype) else []
        return words


def _run(trial: Trial, draw: Any, examples: int, dims: Sequence[int]) -> None:
    """Let hypothesis find and shrink a failing case; raise its error without hypothesis's own story."""
    last: list[Case] = []

    def check(case: Case) -> None:
        last[:] = [case]
        trial.judge(case)

    decorate: Any = given(draw)
    runner: Any = settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),  # to explain takes a hundred examples more
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )(decorate(check))
    try:
        runner()
    except CheckError as error:
        # Examples shrink towards the first number of directions, so that it seems to pass there.
        elsewhere = last[0].lattice.d != dims[0]
        hint = f"; if it is for d = {dims[0]} alone, say dims=({dims[0]},)" if elsewhere else ""
        raise CheckError(error.asked, error.found + hint, error.remedy) from None
    except Exception as error:
        if len(dims) == 1 or not last:
            raise
        hint = f"this was at d = {last[0].lattice.d}: if the function is for some d alone, say e.g. dims=(2,)"
        if isinstance(error, LgtError):
            raise type(error)(error.asked, error.found, f"{error.remedy}; {hint}") from error
        error.add_note(hint)
        raise


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
    source: str | None = None,
    home: str = "lgt.testing",
) -> EquivarianceError:
    """Repeat one example of `assert_equivariant`: the line that its message ends with.

    Parameters
    ----------
    function
        The function itself, or where to import it: ``"package.module:name"``.
    symmetry, group, lattice, seed, element, batch, channels
        The words of a `Case`, e.g. ``"hypercubic", group="SU3", lattice="2x3", seed=0, element="+1 -0"``.
    input_types, output_type, dtype, tolerance, source, home
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
    if isinstance(function, str) and source is None:
        source = function
    return Trial.of(called, source, home, input_types, output_type, dtype, tolerance).judge(case)


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
