"""The small XML texts of SciDAC and ILDG records, and the SciDAC checksum."""

from __future__ import annotations

import re
import zlib

import numpy as np

from lgt.interop._layout import Bytes, rotated_xor


def elements(text: str, name: str) -> list[str]:
    r"""The texts of all elements of this name that have no elements inside.

    Found by a pattern and not by a parser, as files with broken attributes are around.

    Examples
    --------
    >>> elements("<dims>4 4 4 8 </dims><q:lx a='1'>\n 16</q:lx>", "lx")
    ['16']
    """
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    name = re.escape(name)
    return [
        found.strip()
        for found in re.findall(rf"<(?:\w+:)?{name}(?:\s[^<>]*)?>([^<]*)</(?:\w+:)?{name}\s*>", text)
    ]


def element(name: str, text: str) -> str:
    """One element without attributes, its text escaped.

    Examples
    --------
    >>> element("info", "a < b")
    '<info>a &lt; b</info>'
    """
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"<{name}>{escaped}</{name}>"


def document(root: str, *children: tuple[str, str], attributes: str = "", text: str = "") -> bytes:
    """An XML document of one level, ended by the NUL that QIO writes."""
    inside = text + "".join(element(name, value) for name, value in children)
    document = f'<?xml version="1.0" encoding="UTF-8"?><{root}{attributes}>{inside}</{root}>'
    return document.encode("utf-8") + b"\0"


def scidac_checksum(raw: Bytes, volume: int) -> tuple[int, int]:
    """Return suma and sumb of the data of `volume` sites.

    The CRC-32 of each site's bytes, rotated left by (site number mod 29) bits for suma or mod 31 for sumb,
    combined by XOR. The site number counts the first coordinate fastest, the order of the data.
    """
    per_site = raw.size // volume
    data = raw.data
    ends = range(per_site, raw.size + 1, per_site)
    crcs = np.fromiter((zlib.crc32(data[end - per_site : end]) for end in ends), np.uint32, count=volume)
    return rotated_xor(crcs, 29), rotated_xor(crcs, 31)
