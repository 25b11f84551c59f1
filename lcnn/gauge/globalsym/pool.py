"""From features on points to plain matter: sums weighted by a character."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor, nn

from lcnn._points import CharacterLike, Points, check_features, find_character, point_values
from lcnn.gauge.globalsym.pointwise import split_points


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
        ``"mean"``: the trivial one; ``"det"``: the determinant; a number in the list of
        `lgt.group.characters`; or a character itself. A complex one multiplies the matter by phases.

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

    def __init__(self, features: Points, character: CharacterLike = "mean") -> None:
        super().__init__()
        check_features(features)
        self.features, self.character = features, find_character(features, character)
        # No buffer: it would be rounded to the module's precision, and 1/P and roots of unity stay so.
        self.values = torch.from_numpy(point_values(features, self.character))

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
