"""What layers with point groups share: their features, and the characters they are pooled by."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lgt.errors import InputError
from lgt.group import (
    Character,
    DeterminantRepresentation,
    PermutationRepresentation,
    SignedPermutation,
    characters,
)

Points = PermutationRepresentation[SignedPermutation]
"""What channels are: functions on points that a point group permutes."""

CharacterLike = Literal["mean", "det"] | int | Character[SignedPermutation]
"""How a character is chosen: see `find_character`."""


def check_features(features: object) -> None:
    """Raise InputError unless it is a permutation representation of signed permutations.

    Examples
    --------
    >>> from lgt.group import point_group
    >>> check_features(point_group("C_4", 2))
    Traceback (most recent call last):
    lgt.errors.InputError: features C_4: found no points that a point group permutes; give regular(K) or
    trivial(K) for a point group K
    """
    known = isinstance(features, PermutationRepresentation)
    if not known or not isinstance(features.group.elements[0], SignedPermutation):  # type: ignore[attr-defined]
        found = "no points that a point group permutes"
        raise InputError(f"features {features!r}", found, "give regular(K) or trivial(K) for a point group K")


def find_character(features: Points, character: CharacterLike) -> Character[SignedPermutation]:
    """Return a one-dimensional character of the features' group.

    Parameters
    ----------
    character
        ``"mean"``: the trivial one; ``"det"``: the determinant; a number in the list of
        `lgt.group.characters`; or a character itself.

    Raises
    ------
    InputError
        If there is no such character, or it is of another group.

    Examples
    --------
    >>> from lgt.group import point_group, regular
    >>> find_character(regular(point_group("Z_2^d", 1)), "det").values
    (1, -1)
    """
    group = features.group
    known = characters(group)
    if isinstance(character, Character):
        if character.group != group:
            raise InputError(f"pooling {features}", f"a character of {character.group!r}", "use one group")
        return character
    if character == "mean":
        return known[0]
    if character == "det":
        det = DeterminantRepresentation(group)
        return Character(group, tuple(int(det.matrix(g)[0, 0]) for g in group.elements))
    if isinstance(character, int) and not isinstance(character, bool) and 0 <= character < len(known):
        return known[character]
    remedy = f"use 'mean', 'det' or a number below {len(known)}"
    raise InputError(f"character {character!r} of {group!r}", "no such character", remedy)


def point_values(features: Points, character: Character[SignedPermutation]) -> NDArray[Any]:
    """Return chi(g_p) / P of each point p = g_p p_0, shape (P,), complex128.

    Raises
    ------
    InputError
        If the points are not images of one, or elements that keep a point have another character than 1.

    Examples
    --------
    >>> from lgt.group import point_group, regular
    >>> features = regular(point_group("Z_2^d", 1))
    >>> point_values(features, find_character(features, "det"))
    array([ 0.5+0.j, -0.5+0.j])
    """
    chi = np.array(character.values)
    start = features.images[:, 0]
    at_point = [set(chi[start == p].tolist()) for p in range(features.dimension)]
    if any(len(values) == 0 for values in at_point):
        raise InputError(f"pooling {features}", "points that are not images of one", "pool each orbit alone")
    if any(len(values) > 1 for values in at_point):
        raise InputError(
            f"pooling {features} by {character}",
            "elements that keep a point and change the sign",
            "use group features, regular(K)",
        )
    return np.array([next(iter(v)) for v in at_point], dtype=np.complex128) / features.dimension
