"""The subgroups of the hyperoctahedral group that lattice field theory uses, by name."""

from __future__ import annotations

import re
from dataclasses import replace

from lgt.errors import InputError
from lgt.group._finite import FiniteGroup, Subgroup
from lgt.group._hyperoctahedral import Hyperoctahedral, SignedPermutation

_KNOWN = "use B_d, SB_d, O_h x Z_2, Z_2^d, C_4, C_2, C_1, in the plane also D_1, D_2, D_4"


def point_group(name: str, d: int) -> FiniteGroup[SignedPermutation]:
    """Return a group of signed permutations of d axes by its name.

    Parameters
    ----------
    name
        ``"B_d"``, with d or its number: all 2^d d! rotations and reflections; ``"SB_d"`` (printed B_d+):
        the proper rotations; ``"B_k x Z_2"`` with k = d - 1, also ``"O_h x Z_2"`` at d = 4: those that keep
        the last axis, time, up to its reversal, for lattices of finite temperature; ``"B_k"``: those that
        keep the last axis as it is; ``"Z_2^d"``: reflections of the axes; ``"C_4"``, ``"C_2"``: quarter and
        half turns of axes 0 and 1; ``"C_1"`` or ``"1"``: the identity alone. In the plane, d = 2, also
        ``"D_4"``, which is B_2, ``"D_2"``, which is Z_2^2, and ``"D_1"``, which reflects axis 1.
    d
        The number of axes.

    Raises
    ------
    InputError
        If the name is unknown or does not fit d.

    Examples
    --------
    >>> [point_group(name, 4).order for name in ("B_4", "SB_4", "O_h x Z_2", "Z_2^4", "C_4", "1")]
    [384, 192, 96, 16, 4, 1]
    >>> point_group("B_d", 2), point_group("SB_d", 3)
    (B_2, B_3+)
    """
    full = Hyperoctahedral(d)
    text = re.sub(r"\s+", "", name).replace("*", "x")
    text = {"O_hxZ_2": "B_3xZ_2", "O_h": "B_3", "O": "SB_3"}.get(text, text)
    if d == 2:
        text = {"D_4": "B_2", "D_2": "Z_2^2"}.get(text, text)
    text = re.sub(r"^B_(\w+)\+", r"SB_\1", text)
    text = re.sub(r"(?<=[_^])d\b", str(d), text)
    if text == f"B_{d}":
        return full
    if text == f"SB_{d}":
        return full.rotations
    mirrors = [SignedPermutation.reflection(d, mu) for mu in range(d)]
    if text == f"Z_2^{d}":
        return _named(full.generate(*mirrors), f"Z_2^{d}")
    if text in ("1", "C_1"):
        return _named(full.generate(), "1")
    if text in ("C_4", "C_2") and d >= 2:
        quarter = SignedPermutation.rotation(d, 0, 1)
        return _named(full.generate(quarter if text == "C_4" else quarter * quarter), text)
    if text == "D_1" and d == 2:
        return _named(full.generate(mirrors[1]), "D_1")
    match = re.fullmatch(r"(S?)B_(\d+)(xZ_2)?", text)
    if match and int(match[2]) == d - 1 >= 1:
        last = d - 1
        kept = [g for g in full.elements if g.permutation[last] == last]
        if not match[3]:
            kept = [g for g in kept if g.signs[last] == 1]
        if match[1]:  # proper rotations of space, with or without reversal of time
            kept = [g for g in kept if g.determinant == g.signs[last]]
        shown = f"B_{last}" + "+" * bool(match[1]) + " x Z_2" * bool(match[3])
        return _named(full.subgroup(kept), shown)
    raise InputError(f"point group {name!r} of {d} axes", "no such group", _KNOWN)


def _named(group: Subgroup[SignedPermutation], name: str) -> Subgroup[SignedPermutation]:
    return replace(group, name=name)
