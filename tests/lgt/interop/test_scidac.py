"""XML texts and the checksum of SciDAC."""

from __future__ import annotations

import numpy as np
import pytest
from oracle.foreign_files import scidac_sums

from lgt.interop._scidac import document, elements, scidac_checksum


@pytest.mark.parametrize("volume", [1, 29, 31, 100])
def test_checksum(volume: int) -> None:
    raw = np.random.default_rng(volume).integers(0, 256, 72 * volume, dtype=np.uint8)
    sites = [raw[72 * site : 72 * (site + 1)].tobytes() for site in range(volume)]
    assert scidac_checksum(raw, volume) == scidac_sums(sites)


def test_every_single_flip_changes_both_sums() -> None:
    raw = np.random.default_rng(0).integers(0, 256, 8 * 72, dtype=np.uint8)
    suma, sumb = scidac_checksum(raw, 8)
    changed = 0
    for place in range(0, raw.size, 5):
        raw[place] ^= 1 << place % 8
        other = scidac_checksum(raw, 8)
        changed += other[0] != suma and other[1] != sumb
        raw[place] ^= 1 << place % 8
    assert changed == len(range(0, raw.size, 5))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("<lx>4</lx>", ["4"]),
        ("<lx> 4\n</lx >", ["4"]),
        ("<lx>4</lx><lx>5</lx>", ["4", "5"]),
        ("<lxy>4</lxy><xlx>5</xlx>", []),
        ("<lx>4</ly>", []),
        ("<lx>4", []),
        ("<lx/>", []),
        ("<lx><a>4</a></lx>", []),
    ],
)
def test_elements(text: str, found: list[str]) -> None:
    assert elements(text, "lx") == found


def test_document() -> None:
    expected = b'<?xml version="1.0" encoding="UTF-8"?><a b="c"><d>1 &lt; 2 &amp; 3</d></a>\0'
    assert document("a", ("d", "1 < 2 & 3"), attributes=' b="c"') == expected
