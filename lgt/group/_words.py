"""What a signed permutation does, in words."""

from __future__ import annotations

from lgt.group._hyperoctahedral import SignedPermutation


def in_words(element: SignedPermutation) -> str:
    """Reflections, swaps and rotations by their axes, e.g. "swaps axes 0 and 1".

    Examples
    --------
    >>> in_words(SignedPermutation.parse("+1 +0")), in_words(SignedPermutation.parse("+0 -1"))
    ('swaps axes 0 and 1', 'reflects axis 1')
    >>> in_words(SignedPermutation.parse("+1 -0 -2"))
    'turns axis 0 into axis 1 and reflects axis 2'
    """
    words, flipped = [], []
    for cycle in _cycles(element.permutation):
        signs = [element.signs[mu] for mu in cycle]
        if len(cycle) == 1:
            flipped += cycle if signs == [-1] else []
        elif len(cycle) == 2 and signs[0] != signs[1]:
            first, last = cycle if signs[0] > 0 else cycle[::-1]
            words.append(f"turns axis {first} into axis {last}")
        elif len(cycle) == 2:
            words.append(f"swaps axes {cycle[0]} and {cycle[1]}" + " and reflects both" * (signs[0] < 0))
        else:
            ends = (
                f"{'+' if s > 0 else '-'}{element.permutation[mu]}"
                for mu, s in zip(cycle, signs, strict=True)
            )
            words.append(
                "takes axes " + ", ".join(f"{mu} to {end}" for mu, end in zip(cycle, ends, strict=True))
            )
    if flipped:
        words.append(f"reflects {'axis' if len(flipped) == 1 else 'axes'} {' and '.join(map(str, flipped))}")
    return " and ".join(words) or "moves nothing"


def _cycles(permutation: tuple[int, ...]) -> list[list[int]]:
    """The cycles of a permutation, each from its smallest number on."""
    found: list[list[int]] = []
    for start in range(len(permutation)):
        if not any(start in cycle for cycle in found):
            cycle = [start]
            while (following := permutation[cycle[-1]]) != start:
                cycle.append(following)
            found.append(cycle)
    return found
