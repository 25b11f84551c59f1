"""``lgt plot`` writes a picture, or says why not."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("name", "signature"), [("x.png", b"\x89PNG"), ("x.pdf", b"%PDF"), ("x.svg", b"<?xml")]
)
def test_pictures(lgt, ensemble_file: Path, name: str, signature: bytes) -> None:
    out = ensemble_file.with_name(name)
    assert lgt("plot", ensemble_file, "--out", out).status == 0
    assert out.read_bytes().startswith(signature)
    assert out.stat().st_size > 5000


def test_another_observable(lgt, ensemble_file: Path) -> None:
    out = ensemble_file.with_name("x.png")
    refused = lgt("plot", ensemble_file, "--out", out, "--observable", "polyakov_abs")
    assert refused.status == 2
    assert "lgt measure" in refused.err
    assert lgt("measure", ensemble_file, "-o", "polyakov_abs").status == 0
    assert lgt("plot", ensemble_file, "--out", out, "--observable", "polyakov_abs").status == 0
    assert out.exists()


def test_an_unknown_ending_is_refused_and_leaves_nothing(lgt, ensemble_file: Path) -> None:
    before = set(ensemble_file.parent.iterdir())
    result = lgt("plot", ensemble_file, "--out", ensemble_file.with_name("x.doc"))
    assert result.status == 2
    assert ".png" in result.err
    assert set(ensemble_file.parent.iterdir()) == before
