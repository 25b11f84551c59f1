"""Hypothesis strategies that draw structure and a seed; the numbers come from a Generator of that seed.

Structure shrinks well (a small box, the first group, a simple element, seed 0), arrays do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from hypothesis import strategies as st

from lgt.group import Hyperoctahedral, SignedPermutation, SpaceElement, UnitaryGroup, parse_group
from lgt.lattice import Lattice
from lgt.path import Path, line
from lgt.symmetry import CentredPointGroup, PointGroup, Symmetry, Translation
from lgt.testing.case import Case

E = TypeVar("E")
LARGEST_EXTENT = {1: 8, 2: 6, 3: 5}


def seeds() -> st.SearchStrategy[int]:
    """Seeds of numpy Generators."""
    return st.integers(0, 2**32 - 1)


def groups(keys: Sequence[str] = ("SU3", "SU2", "U1")) -> st.SearchStrategy[UnitaryGroup]:
    """Gauge groups by their keys. SU(3) leads: SU(2) hides a missing dagger, U(1) hides the order too."""
    return st.sampled_from([parse_group(key) for key in keys])


@st.composite
def lattices(
    draw: st.DrawFn, dims: Sequence[int] = (2, 3, 4), *, smallest: int = 2, largest: int | None = None
) -> Lattice:
    """Boxes of pairwise distinct extents, hence odd ones among them; equal extents hide swapped axes.

    Examples
    --------
    >>> from hypothesis import find
    >>> find(lattices(dims=(3,)), lambda box: True)
    2x3x4
    """
    d = draw(st.sampled_from(list(dims)))
    top = max(largest or LARGEST_EXTENT.get(d, d + 1), smallest + d - 1)
    return Lattice(tuple(draw(st.lists(st.integers(smallest, top), min_size=d, max_size=d, unique=True))))


def point_elements(d: int) -> st.SearchStrategy[SignedPermutation]:
    """Elements of B_d, simple ones first."""
    return st.sampled_from(sorted(Hyperoctahedral(d).elements, key=_effort))


def _effort(g: SignedPermutation) -> int:
    """How many axes an element moves or flips: what hypothesis shrinks towards."""
    return sum(p != mu or s < 0 for mu, (p, s) in enumerate(zip(g.permutation, g.signs, strict=True)))


def translations(lattice: Lattice) -> st.SearchStrategy[SpaceElement]:
    """Displacements within the box."""
    return st.tuples(*(st.integers(0, L - 1) for L in lattice.extents)).map(SpaceElement.of_translation)


@st.composite
def paths(draw: st.DrawFn, d: int, *, max_steps: int = 6, closed: bool = False) -> Path:
    """Walks of at most `max_steps` steps; closed ones return by straight lines, in a drawn order of axes."""
    steps = draw(st.lists(st.integers(-d, d - 1), min_size=1, max_size=max_steps))
    walk = Path(tuple(steps))
    if not closed:
        return walk
    away = walk.displacement(d)
    for mu in draw(st.permutations(range(d))):
        walk = walk + line(mu, -away[mu])
    return walk


@st.composite
def cases(
    draw: st.DrawFn,
    symmetry: Symmetry[Any],
    *,
    group: UnitaryGroup | None = None,
    boxes: st.SearchStrategy[Lattice] | None = None,
    batch: int = 2,
    channels: int = 2,
) -> Case:
    """Cases of a symmetry: a box, a group, a seed, an element that moves something (gauge: from the seed)."""
    lattice = draw(lattices() if boxes is None else boxes)
    gauge_group = draw(groups()) if group is None else group
    element: Any = None
    if isinstance(symmetry, Translation):
        element = draw(translations(lattice).filter(lambda g: any(g.translation)))
    elif isinstance(symmetry, PointGroup | CentredPointGroup):
        elements = sorted(symmetry.elements(lattice.d)[1:], key=_effort)
        element = draw(st.sampled_from(elements)) if elements else None
    return Case(symmetry, gauge_group, lattice, draw(seeds()), batch, channels, element)
