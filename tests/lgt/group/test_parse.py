"""Gauge groups by name."""

from __future__ import annotations

import pytest

from lgt.errors import InputError
from lgt.group import SU, U1, U, UnitaryGroup, parse_group


@pytest.mark.parametrize(
    ("text", "group"),
    [
        ("SU2", SU(2)),
        ("SU3", SU(3)),
        ("SU(3)", SU(3)),
        ("su(4)", SU(4)),
        (" SU10 ", SU(10)),
        ("U1", U1()),
        ("U(1)", U1()),
        ("u1", U1()),
        ("U2", U(2)),
        ("u(12)", U(12)),
    ],
)
def test_names(text: str, group: UnitaryGroup) -> None:
    assert parse_group(text) == group
    assert parse_group(group.key) == parse_group(repr(group)) == group


@pytest.mark.parametrize(
    "text",
    [
        "SU1",
        "SU0",
        "SU(1)",
        "SU",
        "",
        "U0",
        "U",
        "UU2",
        "SO3",
        "SU-2",
        "SU2.0",
        "SU(3",
        "SU3)",
        "3",
        "SU3x",
        "SU٣",
    ],
)
def test_other_names_are_refused(text: str) -> None:
    with pytest.raises(InputError) as error:
        parse_group(text)
    assert "\n" not in str(error.value)
