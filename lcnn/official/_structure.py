"""Which network the shapes of the authors' weights belong to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal, final

from lcnn.models._base import Row
from lgt.errors import InputError

Shape = tuple[int, int, int]
"""(n_out, a, b) of the weights of one layer."""
Choice = Literal["positive", "both"]
_LARGEST_D = 6


@final
@dataclass(frozen=True)
class Structure:
    """A network that has weights of the given shapes.

    Attributes
    ----------
    d
        Number of directions.
    daggers
        Whether the daggers of the plaquettes are channels of the input too.
    centre
        Whether the transported fields hold the local one.
    directions
        Hops ``"positive"`` or ``"both"`` ways.
    rows
        (K, N_in, N_out) of each layer.
    """

    d: int
    daggers: bool
    centre: bool
    directions: Choice
    rows: tuple[Row, ...]

    def __str__(self) -> str:
        plaquettes = "plaquettes and their daggers" if self.daggers else "plaquettes"
        layers = " ".join(f"({K},{a},{b})" for K, a, b in self.rows)
        centre = "with" if self.centre else "without"
        return f"d = {self.d}, {plaquettes}, layers {layers}, {centre} centre, directions {self.directions}"


def find_structure(
    shapes: Sequence[Shape],
    *,
    d: int | None = None,
    directions: Choice | None = None,
    kernel_sizes: Sequence[int] | None = None,
) -> tuple[Structure, bool]:
    """Return the only network that has weights of these shapes, and whether they have columns for 1.

    Parameters
    ----------
    shapes
        (n_out, a, b) of each layer: a = 2 C + 1 and b = 2 C S + 1 for C channels and S slots.
    d, directions, kernel_sizes
        What is known from elsewhere.

    Raises
    ------
    InputError
        If no network has them, or several have.

    Examples
    --------
    >>> print(find_structure([(8, 3, 13), (8, 17, 97)])[0])
    d = 2, plaquettes, layers (4,1,8) (4,8,8), without centre, directions positive
    >>> find_structure([(2, 9, 9)])
    Traceback (most recent call last):
    lgt.errors.InputError: weights of shapes (2, 9, 9): found no network that has them; give the weights of an
    unchanged LConvBilin network
    """
    asked = "weights of shapes " + ", ".join(map(str, shapes))
    counted, unit = _slots(shapes, asked)
    every = set(_candidates(counted))
    if not every:
        raise InputError(
            asked, "no network that has them", "give the weights of an unchanged LConvBilin network"
        )
    fits = [
        one
        for one in every
        if d in (None, one.d)
        and directions in (None, one.directions)
        and (kernel_sizes is None or [K for K, _, _ in one.rows] == list(kernel_sizes))
    ]
    texts = sorted(map(str, fits or every))
    if not fits:
        raise InputError(asked, f"only {'; '.join(texts)}", "correct the options")
    if len(fits) > 1:
        wanted = [
            name
            for name, values in (("d", {one.d for one in fits}), ("directions", {o.directions for o in fits}))
            if len(values) > 1
        ]
        raise InputError(
            asked, f"the shapes of {len(fits)} networks: {'; '.join(texts)}", f"give {' and '.join(wanted)}"
        )
    return fits[0], unit


def official_planes(d: int) -> list[tuple[int, int]]:
    """The planes (j, i), j < i, in the order of the authors' plaquettes P_ij, which turn from i to j.

    Examples
    --------
    >>> official_planes(4)
    [(0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3)]
    """
    return [(j, i) for i in range(d) for j in range(i)]


def channel_order(d: int, daggers: bool) -> list[int]:
    """Where each of our plaquette channels is among the authors'.

    Ours are the planes (0, 1), (0, 2), ..., (1, 2), ...: P_ij alone for ``plaquettes="negative"``, or first
    P_ji, then P_ij for ``"both"``; theirs are P_ij, then P_ji.

    Examples
    --------
    >>> channel_order(4, daggers=False)
    [0, 1, 3, 2, 4, 5]
    >>> channel_order(2, daggers=True)
    [1, 0]
    """
    theirs = official_planes(d)
    single = [theirs.index(plane) for plane in combinations(range(d), 2)]
    return [c + len(theirs) for c in single] + single if daggers else single


def _slots(shapes: Sequence[Shape], asked: str) -> tuple[list[tuple[int, int, int]], bool]:
    """(S, N_in, N_out) of each layer, and whether there are columns for 1."""
    counted: list[tuple[int, int, int]] = []
    unit = shapes[0][1] % 2 == 1
    before: int | None = None
    for number, (n_out, a, b) in enumerate(shapes):
        C, rest = divmod(a - unit, 2)
        slots, odd = divmod(b - unit, 2 * C) if C > 0 else (0, 1)
        if rest or odd or slots < 1:
            found = f"{a} x {b} columns in convs.{number}, which are not (2 C + 1) x (2 C S + 1)"
            raise InputError(asked, found, "give the weights of an unchanged LConvBilin network")
        if before not in (None, C):
            found = f"convs.{number} with {C} channels after a layer of {before}"
            raise InputError(asked, found, "give a file with all layers")
        before = n_out
        counted.append((slots, C, n_out))
    return counted, unit


def _candidates(counted: Sequence[tuple[int, int, int]]) -> Iterator[Structure]:
    C = counted[0][1]
    for d in range(2, _LARGEST_D + 1):
        planes = d * (d - 1) // 2
        if C not in (planes, 2 * planes):
            continue
        choices: tuple[tuple[bool, Choice], ...] = ((True, "positive"), (False, "positive"), (True, "both"))
        for centre, directions in choices:
            rows: list[Row] = []
            for slots, n_in, n_out in counted:
                ends, rest = divmod(slots - centre, 2 * d if directions == "both" else d)
                if slots == 1:
                    ends, rest = 0, 0  # K = 1 is the local field alone, whatever the options
                if rest or (ends == 0 and slots > 1):
                    break
                rows.append((ends + 1, n_in, n_out))
            else:
                local = all(K == 1 for K, _, _ in rows)
                yield Structure(
                    d, planes != C, centre or local, "positive" if local else directions, tuple(rows)
                )
