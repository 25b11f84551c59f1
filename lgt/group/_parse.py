"""Gauge groups by name."""

from __future__ import annotations

import re

from lgt.errors import InputError
from lgt.group._circle import U1
from lgt.group._special_unitary import SU
from lgt.group._unitary import UnitaryGroup
from lgt.group._unitary_full import U


def parse_group(text: str) -> UnitaryGroup:
    """Read the name of a gauge group.

    Parameters
    ----------
    text
        "SU3", "SU(3)", "U1", "U(1)", "U2", in upper or lower case.

    Raises
    ------
    InputError
        For anything else, SU1, SU0 and U0 included.

    Examples
    --------
    >>> parse_group("SU3"), parse_group("u(1)")
    (SU(3), U(1))
    """
    match = re.fullmatch(r"(S?U)(?:\(([0-9]{1,3})\)|([0-9]{1,3}))", text.strip().upper())
    if match is None:
        raise InputError(f"group {text!r}", "no such name", "use U1, SU2, SU3, ...")
    N = int(match[2] or match[3])
    if match[1] == "SU":
        return SU(N)
    return U1() if N == 1 else U(N)
