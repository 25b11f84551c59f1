"""The examination behind ``lcnn check``: a model from links to numbers, held to its symmetries.

Before the symmetries come the properties without which they say nothing: the same input gives the same
output, the output depends on the links, and a configuration's output not on its neighbours in the batch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from lcnn.testing._rounding import is_rounded, is_single
from lcnn.testing.subject import Subject
from lgt.errors import InputError
from lgt.group import SU, UnitaryGroup
from lgt.lattice import Lattice
from lgt.symmetry import LINKS, Gauge, Symmetry
from lgt.testing import Case, EquivarianceError, default_tolerance, spread
from lgt.testing.case import OFF_CENTRE

Array = NDArray[Any]
SINGLE_EPS = float(np.finfo(np.float32).eps)
LARGEST_INPUT = 2**31
"""Bytes of one batch of links; a check needs a few copies of it."""


@final
@dataclass(frozen=True)
class Finding:
    """One thing that was examined.

    Attributes
    ----------
    name
        A symmetry's name, or ``deterministic``, ``input untouched``, ``depends on the links``,
        ``batch independent``.
    lattice, ok, reason
        Where it was examined, whether it holds, and if not why.
    error, element, seed
        Of the worst example, where there is one.
    skipped
        Whether it could not be judged, because of an earlier finding.
    """

    name: str
    lattice: Lattice
    ok: bool
    reason: str = ""
    error: float | None = None
    element: str | None = None
    seed: int | None = None
    skipped: bool = False


@final
@dataclass(frozen=True)
class Report:
    """All findings about a model, and what one should know beside them."""

    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    tolerance: float

    @property
    def ok(self) -> bool:
        """Whether everything holds."""
        return all(finding.ok for finding in self.findings)


def examine(
    model: Callable[..., Any],
    group: UnitaryGroup,
    lattice: Lattice,
    symmetries: Sequence[Symmetry[Any]],
    *,
    dtype: str = "complex128",
    tolerance: float | None = None,
    examples: int = 10,
    seed: int = 0,
    odd: bool = False,
) -> Report:
    """Hold a model to symmetries, on random links of the given lattice.

    Parameters
    ----------
    model
        From links (batch, d, *extents, N, N) to (batch,) or (batch, channel, *extents): a torch module,
        or a callable of tensors or arrays.
    group, lattice
        Of the links. If two extents are equal, a box of distinct ones is examined too.
    symmetries
        What the model is held to.
    dtype, tolerance
        Precision of the links, and the largest error relative to the output's spread between
        independent configurations (default: by dtype).
    examples, seed
        Example i of each symmetry draws its links and its element from the seed `seed` + i.
    odd
        Whether outputs change sign under reflections, as a topological charge does.

    Returns
    -------
    Report
        What holds and what does not.

    Raises
    ------
    InputError
        If the model cannot be called, raises, or returns NaN or another layout.

    Examples
    --------
    >>> from lgt.group import SU
    >>> from lgt.loops import plaquettes
    >>> report = examine(lambda links: plaquettes(links, d=2), SU(3), Lattice((3, 4)), [Gauge()], examples=2)
    >>> report.ok, [finding.name for finding in report.findings][-1]
    (True, 'gauge')
    """
    tolerance = default_tolerance(dtype) if tolerance is None else tolerance
    if examples < 1 or not 0 < tolerance < float("inf"):
        found = f"{examples} examples, tolerance {tolerance:g}"
        raise InputError("a check", found, "use positive, finite numbers")
    _affordable(group, lattice)
    subject = Subject(model, _links(group, lattice, 0), dtype, odd=odd)
    exam = _Examination(subject, group, tuple(symmetries), dtype, tolerance, examples, seed)
    findings, notes = exam.on(lattice), []
    variant = distinct(lattice)
    if variant != lattice and not all(finding.ok for finding in findings):
        notes.append(f"equal extents hide swapped axes: a box like {variant} sees more")
    elif variant != lattice:
        notes.append(f"equal extents hide swapped axes: {variant} was examined too")
        try:
            findings += exam.on(variant)
        except InputError as error:
            notes[-1] = f"equal extents hide swapped axes, and {variant} cannot be examined: {error}"
    notes += [*subject.notes, *_blind_spots(group, lattice, dtype)]
    return Report(tuple(findings), tuple(dict.fromkeys(notes)), tolerance)


def distinct(lattice: Lattice) -> Lattice:
    """A box of similar, pairwise distinct extents: repeated ones become the nearest free number from 3 on.

    Examples
    --------
    >>> distinct(Lattice((4, 4, 4, 8))), distinct(Lattice((4, 6)))
    (4x3x5x8, 4x6)
    """
    taken: list[int] = []
    for index, extent in enumerate(lattice.extents):
        free = extent
        if extent in taken:
            later = lattice.extents[index + 1 :]
            near = sorted(range(3, extent + 2 * lattice.d + 3), key=lambda n: (abs(n - extent), n))
            free = next(n for n in near if n not in taken and n not in later)
        taken.append(free)
    return Lattice(tuple(taken))


@final
@dataclass(frozen=True)
class _Examination:
    """What is held fixed while lattices change."""

    subject: Subject
    group: UnitaryGroup
    symmetries: tuple[Symmetry[Any], ...]
    dtype: str
    tolerance: float
    examples: int
    seed: int

    def on(self, lattice: Lattice) -> list[Finding]:
        """Examine the model on one lattice."""
        links = self._given(lattice, 0)
        output = self.subject(links)
        again = self.subject(links)
        pool = np.concatenate([output, *(self.subject(self._given(lattice, i)) for i in (1, 2, 3))])
        scale, size = spread(pool.astype(complex)), float(np.abs(pool).max())
        widest = float(scale.max())
        allowed = self.tolerance * max(widest, size * 1e-6)
        drift = float(np.abs(again.astype(complex) - output).max())
        if drift > allowed:
            reason = f"the same links twice differ by {drift:.3g}: take out what is random"
            return [
                Finding("deterministic", lattice, False, reason),
                *self._not_judged(lattice, "random output"),
            ]
        findings: list[Finding] = []
        if widest * self.tolerance <= np.finfo(self.dtype).eps * size:
            reason = (
                f"a vacuous output: it changes by {widest:.2g} between {len(pool)} independent "
                f"configurations, at a size of {size:.2g}"
            )
            findings.append(Finding("depends on the links", lattice, False, reason))
            findings += self._not_judged(lattice, "vacuous output")
            return [Finding("deterministic", lattice, True), self._input_untouched(lattice), *findings]
        findings.append(Finding("depends on the links", lattice, True))
        findings.append(self._batch_independent(lattice, links, output, scale))
        rounded = self.dtype == "complex128" and self.tolerance < SINGLE_EPS
        rounded = rounded and (is_single(pool) or is_rounded(self.subject, self.group, links, scale))
        for count, symmetry in enumerate(self.symmetries):
            findings.append(self._symmetric(symmetry, lattice, scale, rounded))
            drift = float(np.abs(self.subject(links).astype(complex) - output).max())
            if drift > allowed:  # what it answered to this symmetry says nothing, nor what it would to others
                reason = f"the same links later differ by {drift:.3g}: earlier calls must leave no trace"
                kept = findings[: len(findings) - count - 1]
                return [
                    Finding("deterministic", lattice, False, reason),
                    self._input_untouched(lattice),
                    *kept,
                    *self._not_judged(lattice, "output that depends on earlier calls"),
                ]
        return [Finding("deterministic", lattice, True), self._input_untouched(lattice), *findings]

    def _given(self, lattice: Lattice, number: int) -> Array:
        return _links(self.group, lattice, number).astype(self.dtype)

    def _not_judged(self, lattice: Lattice, why: str) -> list[Finding]:
        reason = f"not judged: {why}"
        return [Finding(s.name, lattice, False, reason, skipped=True) for s in self.symmetries]

    def _input_untouched(self, lattice: Lattice) -> Finding:
        reason = "the model changes the links it is given: copy them first"
        touched = self.subject.changes_input
        return Finding("input untouched", lattice, not touched, reason if touched else "")

    def _batch_independent(self, lattice: Lattice, links: Array, output: Array, scale: Array) -> Finding:
        """Compare outputs of a configuration in another order and alone."""
        name, widest = "batch independent", float(scale.max())
        reversed_order = float(np.abs(self.subject(links[::-1])[::-1].astype(complex) - output).max())
        try:
            alone = float(np.abs(self.subject(links[:1]).astype(complex) - output[:1]).max())
        except InputError as error:
            self.subject.notes.append(f"a batch of one could not be tried: {error}")
            alone = 0.0
        worst = max(reversed_order, alone) / widest
        if worst <= self.tolerance:
            return Finding(name, lattice, True, error=worst)
        how = "alone" if alone >= reversed_order else "in another order"
        reason = f"the output for a configuration changes by {worst:.3g} of its spread if it comes {how}"
        return Finding(name, lattice, False, reason, worst)

    def _is_off_centre(self, worst: EquivarianceError, seed: int, lattice: Lattice) -> bool:
        """Whether a field that B_d does not carry to itself has an invariant sum all the same."""
        case = Case(worst.symmetry, self.group, lattice, seed, element=worst.element)
        kinds: dict[str, Any] = {"input_types": [LINKS], "output_type": self.subject.kind}
        return case.off_centre(self.subject, **kinds, dtype=self.dtype, tolerance=self.tolerance)

    def _symmetric(self, symmetry: Symmetry[Any], lattice: Lattice, scale: Array, rounded: bool) -> Finding:
        """Hold the model to one symmetry and keep the worst example."""
        worst: EquivarianceError | None = None
        for seed in range(self.seed, self.seed + self.examples):
            case = Case(symmetry, self.group, lattice, seed, _batch(lattice))
            element = case.transformation
            image = symmetry.image(element, lattice)
            try:
                error = case.error(
                    self.subject,
                    input_types=[LINKS],
                    output_type=self.subject.kind,
                    dtype=self.dtype,
                    scale=scale,
                )
            except InputError as failure:
                if image == lattice:
                    raise
                reason = f"not defined on the permuted lattice {image}: {failure}"
                return Finding(symmetry.name, lattice, False, reason, None, repr(element), seed)
            if worst is None or not error.error <= worst.error:
                worst, worst_seed = error, seed
        assert worst is not None
        reason = worst.complaint(self.tolerance)
        if not reason and rounded:
            reason = (
                "somewhere inside, numbers are rounded to single precision, which hides errors below "
                f"{SINGLE_EPS:.1g}: compute in double, or use --dtype complex64"
            )
        elif reason and self.dtype == "complex128" and worst.error < 1e-4:
            reason += "; the size of single precision inside, or of a small symmetry-breaking term"
        if reason and self._is_off_centre(worst, worst_seed, lattice):
            reason += f"; {OFF_CENTRE}"
        return Finding(
            symmetry.name, lattice, not reason, reason, worst.error, repr(worst.element), worst_seed
        )


def _links(group: UnitaryGroup, lattice: Lattice, number: int) -> Array:
    """Batch `number` of the links that set the scale, the same for every seed and number of examples."""
    return Case(Gauge(), group, lattice, 2**32 + number, _batch(lattice)).inputs([LINKS])[0]


def _batch(lattice: Lattice) -> int:
    """Configurations at a time: another number than d, so that exchanged axes show."""
    return 2 if lattice.d == 3 else 3


def _affordable(group: UnitaryGroup, lattice: Lattice) -> None:
    if min(lattice.extents) < 2:
        raise InputError(f"lattice {lattice}", "an extent of 1", "use extents of 2 or more, better 3 or more")
    if (size := 16 * _batch(lattice) * lattice.d * lattice.volume * group.N**2) > LARGEST_INPUT:
        raise InputError(
            f"a check on {lattice}",
            f"{size / 2**30:.1f} GiB of links",
            "use a small lattice: symmetries are local",
        )


def _blind_spots(group: UnitaryGroup, lattice: Lattice, dtype: str) -> list[str]:
    """What this setting cannot see."""
    notes = []
    if group.N == 1:
        notes.append("in U(1) matrices commute, which hides their order: check with SU3 too")
    if group == SU(2):
        notes.append(
            "in SU(2) a loop and its dagger have the same trace, which hides bugs: check with SU3 too"
        )
    if min(lattice.extents) == 2:
        notes.append("on two sites x + mu and x - mu are one: use extents of 3 or more")
    if dtype == "complex64":
        notes.append("in complex64 what is smaller than 1e-4 is not seen")
    return notes
