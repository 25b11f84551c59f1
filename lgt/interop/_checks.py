"""What links give: averages that files state, and how far the links are off their group."""

from __future__ import annotations

import dataclasses
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from lgt.action import group_of
from lgt.interop._base import (
    Comparison,
    Complex,
    Configuration,
    Content,
    Metadata,
    Precision,
)
from lgt.loops import plaquettes

#: Averages that files state. Plaquettes are means of (1/N) Re tr P over sites and planes; those of the
#: planes with time are temporal, the others spatial. The link trace is the mean of (1/N) Re tr U.
AVERAGES = ("plaquette", "spatial plaquette", "temporal plaquette", "link trace")


def averages(links: Complex) -> dict[str, float]:
    """All of `AVERAGES`, of links of shape (d, *extents, N, N).

    Examples
    --------
    >>> averages(np.ones((2, 4, 4, 1, 1), dtype=complex))["temporal plaquette"]
    1.0
    """
    d = links.shape[0]
    planes = plaquettes(links, d).reshape(d * (d - 1) // 2, -1).mean(axis=-1)
    temporal = np.array([nu == d - 1 for _, nu in combinations(range(d), 2)])
    values = (
        planes.mean(),
        planes[~temporal].mean() if d > 2 else np.nan,
        planes[temporal].mean(),
        np.einsum("xii->", links.reshape(-1, *links.shape[-2:])).real / links[..., 0].size,
    )
    return dict(zip(AVERAGES, map(float, values), strict=True))


def examined(content: Content, name: str) -> Configuration:
    """A configuration whose numbers were all recomputed; what does not fit is listed as its problems."""
    with np.errstate(all="ignore"):  # damaged numbers may overflow, or not be numbers
        found = averages(content.links)
        defect = group_of(content.links).defect(content.links)
    tolerance = group_tolerance(defect, content.precision)
    stated = {key: Comparison(key, value, found[key], tolerance) for key, value, tolerance in content.stated}
    plaquette = stated.pop("plaquette", Comparison("plaquette", None, found["plaquette"]))
    metadata = Metadata(
        precision=content.precision,
        byte_order=content.byte_order,
        plaquette=plaquette,
        measured=tuple(stated.values()),
        checksums=content.checksums,
        defect=float(np.max(defect)),
        tolerance=tolerance,
        header=content.header,
    )
    comparisons = (*content.checksums, plaquette, *stated.values())
    problems = tuple(str(comparison) for comparison in comparisons if not comparison.agrees)
    if not np.all(defect <= tolerance):
        problems += (off_group(content.links, tolerance),)
    return Configuration(content.links, name, dataclasses.replace(metadata, problems=problems))


def unexamined(content: Content, name: str) -> Configuration:
    """A configuration as it lies in the file: only what the file states, nothing recomputed."""
    stated = {key: Comparison(key, value, None, tolerance) for key, value, tolerance in content.stated}
    metadata = Metadata(
        precision=content.precision,
        byte_order=content.byte_order,
        plaquette=stated.pop("plaquette", Comparison("plaquette", None, None)),
        measured=tuple(stated.values()),
        checksums=content.checksums,
        header=content.header,
    )
    return Configuration(content.links, name, metadata)


def group_tolerance(defect: NDArray[np.float64], precision: Precision) -> float:
    """How far a link may be off the group, told from how far all links are.

    1e-5 is what single precision leaves after a long run, and links that were once in single precision may be
    in a file of double precision. But where most links are in the group to double precision, one that is not
    was damaged: none may be farther off than 10^4 times the median, or 1e-11.

    Examples
    --------
    >>> print(f"{group_tolerance(np.array([1e-15, 2e-15, 1e-7]), 64):.1e}")
    2.0e-11
    """
    if precision == 32:
        return 1e-5
    return float(np.clip(1e4 * np.median(np.nan_to_num(defect, nan=np.inf)), 1e-11, 1e-5))


def off_group(links: Complex, tolerance: float) -> str:
    """How many links are off the group by more than `tolerance`, and how far, in words.

    Examples
    --------
    >>> off_group(2.0 * np.ones((2, 4, 4, 1, 1)), 1e-5)
    '32 of 32 links off U(1) by up to 3'
    """
    group = group_of(links)
    with np.errstate(all="ignore"):
        defect = group.defect(links)
        determinant = np.abs(np.linalg.det(links) - 1.0)
    bad = ~(defect <= tolerance)
    if not np.isfinite(links).all():
        return f"{bad.sum()} of {bad.size} links with entries that are not numbers"
    text = f"{bad.sum()} of {bad.size} links off {group} by up to {np.max(defect):.2g}"
    if links.shape[-1] == 1:
        return text
    return text + f" (determinants by up to {np.max(determinant):.2g})"
