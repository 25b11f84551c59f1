"""How a target moves when the links are rotated, reflected, translated or gauge transformed, found by trial.

A density that is anchored at a corner (the plaquette's) is no field that a reflection moves along, so labels
cannot be augmented by it; the clover's is. Rather than trusting a declaration, `find_parity` measures the
target on links and on transformed ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from lcnn.targets import Measured, Per
from lgt.errors import InputError
from lgt.field import space_transform, space_transform_sites
from lgt.group import SignedPermutation, SpaceElement, UnitaryGroup
from lgt.lattice import Lattice
from lgt.symmetry import LINKS, Gauge

_TOLERANCE = 1e-9
_SMALL = 4
_SITES = 4096  # what is measured in seconds, under a gradient flow too


def find_parity(
    target: Measured, group: UnitaryGroup, lattice: Lattice, per: Per, symmetries: Sequence[str]
) -> bool:
    """Whether the target is a pseudoscalar (True) or a scalar (False) under rotations and reflections.

    It is measured on hot configurations, on a box of at most 4 to 7 sites a direction whose extents are
    equal where the lattice's are, and on its transforms by generators of the symmetries.

    Parameters
    ----------
    symmetries
        Any of ``"translation"``, ``"hypercubic"``, ``"gauge"``; all are tried.

    Raises
    ------
    InputError
        If the target is moved along by one of them neither as a scalar nor as a pseudoscalar.

    Examples
    --------
    >>> from lcnn.targets import parse_target
    >>> from lgt.group import SU
    >>> charge = parse_target("topological_charge")
    >>> find_parity(charge, SU(2), Lattice((4, 4, 4, 8)), "site", ["hypercubic", "gauge"])
    True
    """
    box = _probe(lattice)
    rng = np.random.default_rng(7)
    links = LINKS.random(rng, group, box, batch=6)  # several: a charge may be zero on one
    before = _measure(target, links, box, per)
    if "gauge" in symmetries:
        moved = Gauge().act(Gauge().sample(rng, group, box), links, LINKS, box)
        if not _agree(_measure(target, moved, box, per), before):
            raise _refusal(target, per, "gauge transformations", "leave out gauge, or mend the target")
    if "translation" in symmetries:
        step = SpaceElement.of_translation((1,) * box.d)
        after = _measure(target, space_transform(links, step), box, per)
        if not _agree(after, _moved(before, step, box.d)):
            raise _refusal(target, per, "translations", "leave out translation")
    if "hypercubic" not in symmetries:
        return False
    signs = set()
    for g in _generators(box):
        after = _measure(target, space_transform(links, g), box, per)
        there = _moved(before, g, box.d)
        if _agree(after, there):
            signs.add(1)
        elif _agree(after, g.determinant * there):
            signs.add(g.determinant)
        else:
            remedy = "leave out hypercubic augmentation and data.parity, or use a target that is symmetric"
            remedy += " about its site (energy_clover)"
            remedy += ", or per = 'configuration'" if per == "site" else ""
            raise _refusal(target, per, f"the element {g} of the hypercubic group", remedy)
    if len(signs) > 1:
        raise _refusal(target, per, "the hypercubic group by one sign", "leave out hypercubic augmentation")
    return signs == {-1}


def _refusal(target: Measured, per: Per, what: str, remedy: str) -> InputError:
    found = f"values that {what} move along neither as a scalar nor as a pseudoscalar"
    return InputError(f"the symmetry of target {target.name!r} per {per}", found, remedy)


def _probe(lattice: Lattice) -> Lattice:
    """The box itself if it is not large, else a smaller one with the same pattern of equal extents.

    A loop that winds around a small box is covariant by accident, so the box is as large as it may be.
    """
    distinct = sorted(set(lattice.extents))
    box = lattice
    for small in range(max(distinct), _SMALL - 1, -1):
        large = [L for L in distinct if small <= L]
        shrunk = {L: min(L, small + k) for k, L in enumerate(large)}
        box = Lattice(tuple(shrunk.get(L, L) for L in lattice.extents))
        if box.volume <= _SITES:
            break
    return box


def _generators(box: Lattice) -> list[SignedPermutation]:
    """Reflections of each axis, and swaps of axes of equal extents."""
    d = box.d
    found = [
        SignedPermutation(tuple(range(d)), tuple(-1 if nu == mu else 1 for nu in range(d))) for mu in range(d)
    ]
    for mu, nu in combinations(range(d), 2):
        if box.extents[mu] == box.extents[nu]:
            order = list(range(d))
            order[mu], order[nu] = nu, mu
            found.append(SignedPermutation(tuple(order), (1,) * d))
    return found


def _measure(target: Measured, links: np.ndarray, box: Lattice, per: Per) -> np.ndarray:
    observable = target.observable
    measure = observable.density if per == "site" else observable.value
    return np.asarray(measure(links, box.d))


def _moved(values: np.ndarray, g: SignedPermutation | SpaceElement, d: int) -> np.ndarray:
    return space_transform_sites(values, g, d=d, trailing=0) if values.ndim > 1 else values


def _agree(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether they are equal but for rounding, however small the target is."""
    return bool(np.abs(a - b).max() <= _TOLERANCE * float(np.abs(b).max()))
