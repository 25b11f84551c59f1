"""From features on points to plain matter: sums weighted by a character."""

from __future__ import annotations

from typing import Literal, final

import numpy as np
import torch
from torch import Tensor, nn

from lcnn.gauge.globalsym.conv import Points, check_features
from lcnn.gauge.globalsym.pointwise import split_points
from lgt.errors import InputError
from lgt.group import Character, DeterminantRepresentation, SignedPermutation, characters


def find_character(
    features: Points, character: Literal["mean", "det"] | int | Character[SignedPermutation]
) -> Character[SignedPermutation]:
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


@final
class Pool(nn.Module):
    """``S_c(x) = 1/P sum_p chi(g_p) W_c(p, x)`` over the points p = g_p p_0: matter that transforms by chi.

    ``S[gU](x) = chi(g) S[U](g^-1 x)``: the trivial character gives scalars, the determinant pseudoscalars
    such as the topological charge density, which a mean over reflections would make 0.

    Parameters
    ----------
    features
        What the channels are; all points must be images of one. Features that are not ``regular(K)`` have
        only the characters that are 1 on the elements that keep a point.
    character
        See `find_character`. A complex one multiplies the matter by phases.

    Raises
    ------
    InputError
        If there is no such character, or the features have nothing that transforms by it.

    Examples
    --------
    >>> import torch
    >>> from lgt.group import point_group, regular
    >>> W = torch.arange(2.0).to(torch.complex64).reshape(1, 2, 1, 1, 1)
    >>> Pool(regular(point_group("Z_2^d", 1)), "det")(W).real.flatten()
    tensor([-0.5000])
    """

    values: Tensor

    def __init__(
        self,
        features: Points,
        character: Literal["mean", "det"] | int | Character[SignedPermutation] = "mean",
    ) -> None:
        super().__init__()
        check_features(features)
        self.features, self.character = features, find_character(features, character)
        chi = np.array(self.character.values)
        start = features.images[:, 0]
        at_point = [set(chi[start == p].tolist()) for p in range(features.dimension)]
        if any(len(values) == 0 for values in at_point):
            raise InputError(
                f"pooling {features}", "points that are not images of one", "pool each orbit alone"
            )
        if any(len(values) > 1 for values in at_point):
            raise InputError(
                f"pooling {features} by {self.character}",
                "elements that keep a point and change the sign",
                "use group features, regular(K)",
            )
        # No buffer: it would be rounded to the module's precision, and 1/P and roots of unity stay so.
        self.values = torch.tensor([next(iter(v)) for v in at_point], dtype=torch.complex128)
        self.values /= features.dimension

    def forward(self, matter: Tensor) -> Tensor:
        """Return matter (B, C, *extents, N, N) from (B, C P, *extents, N, N).

        Raises
        ------
        ShapeError
            If it is no matter, or the number of channels no multiple of the number P of points.
        """
        points = split_points(matter, self.features)
        return torch.einsum("bcp...,p->bc...", points, self.values.to(points))

    def extra_repr(self) -> str:
        """Name the features and the character."""
        return f"{self.features}, {self.character}"
