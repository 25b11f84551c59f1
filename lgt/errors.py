"""The few exceptions that users meet, and the one warning of its own.

Every message says what was asked, what was found and what to do, on one line. The command line turns
each class into its exit status (`exit_status`), so that batch systems can act on it.
"""

from __future__ import annotations

from typing import ClassVar


class LgtError(Exception):
    """Base of all errors that lgt and lcnn raise on purpose.

    Parameters
    ----------
    asked
        What was asked for, e.g. ``"lattice 7x1"``.
    found
        What is the case instead, e.g. ``"an extent of 1"``.
    remedy
        What to do about it, e.g. ``"use extents of 2 or more"``.

    Examples
    --------
    >>> str(InputError("lattice 7x1", "an extent of 1", "use extents of 2 or more"))
    'lattice 7x1: found an extent of 1; use extents of 2 or more'
    """

    exit_status: ClassVar[int] = 2

    def __init__(self, asked: str, found: str, remedy: str) -> None:
        self.asked, self.found, self.remedy = asked, found, remedy
        super().__init__(f"{asked}: found {found}; {remedy}")

    def __reduce__(self) -> tuple[type[LgtError], tuple[str, str, str]]:
        return type(self), (self.asked, self.found, self.remedy)


class InputError(LgtError, ValueError):
    """Bad input: an option, a value in a file, an array of the wrong shape. Exit status 2."""


class ShapeError(InputError):
    """An array whose shape or dtype does not fit the layout that a function documents."""


class PhysicsError(InputError):
    """A combination without physical meaning, e.g. an update that does not apply to an action."""


class EnsembleError(InputError):
    """An ensemble file that cannot be used as asked: damaged, of another run, or of another format."""


class CheckError(LgtError, AssertionError):
    """A check that was run and failed: an axiom, a force, a symmetry, a checksum. Exit status 1."""

    exit_status = 1


class StoppedError(LgtError):
    """A run that stopped early, by SIGTERM or its time limit, and can be resumed. Exit status 3."""

    exit_status = 3


class StorageError(LgtError, OSError):
    """A disk that is full or fails. Configurations finished before it are intact. Exit status 4."""

    exit_status = 4


class SlowProcessorWarning(RuntimeWarning):
    """The processor has no fused multiply-add, on which the speed of the generator rests."""
