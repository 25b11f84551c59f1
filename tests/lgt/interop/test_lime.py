"""The chain of LIME records."""

from __future__ import annotations

from pathlib import Path

import pytest
from oracle.foreign_files import lime_record

from lgt.errors import EnsembleError
from lgt.interop._lime import encode_records, read_records
from lgt.interop._source import open_source

MESSAGES = [[("a", b"12345"), ("b", b"")], [("c", b"12345678")]]
BYTES = (
    lime_record("a", b"12345", begin=True)
    + lime_record("b", b"", end=True)
    + lime_record("c", b"12345678", True, True)
)


def test_bytes_are_those_of_the_description() -> None:
    assert b"".join(bytes(piece) for piece in encode_records(MESSAGES)) == BYTES


def test_records_are_found_again(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(BYTES)
    with open_source(path) as source:
        records = read_records(source)
        texts = [record.text(source) for record in records]
    assert texts == ["12345", "", "12345678"]
    assert [(record.type, record.message, record.ends_message) for record in records] == [
        ("a", 1, False),
        ("b", 1, True),
        ("c", 2, True),
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (BYTES[:100], "truncated"),
        (BYTES[:147], "truncated"),
        (BYTES[:160], "truncated"),
        (BYTES + b"x", "1 bytes after the last"),
        (BYTES[:152] + b"x" + BYTES[153:], "no LIME record at byte 152"),
        (BYTES[:5] + b"\2" + BYTES[6:], "version 2"),
        (BYTES[:8] + b"\xff" * 8 + BYTES[16:], "18446744073709551615 bytes"),
    ],
)
def test_broken_chains_are_refused(content: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(content)
    with open_source(path) as source, pytest.raises(EnsembleError, match=reason):
        read_records(source)


def test_padding_may_be_missing_or_more_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "a"
    for content in (lime_record("a", b"12345")[:-3], BYTES + bytes(12)):
        path.write_bytes(content)
        with open_source(path) as source:
            assert read_records(source)[0].size == 5


def test_very_many_records_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(lime_record("a", b"") * 10_001)
    with open_source(path) as source, pytest.raises(EnsembleError, match="more than 10000"):
        read_records(source)
