"""Local layers at every point of a feature: bilinear maps, activations, norms."""

from __future__ import annotations

from typing import final

from torch import Tensor, nn

from lcnn._points import Points, check_features
from lcnn.field import extents_of
from lgt.errors import ShapeError


@final
class Pointwise(nn.Module):
    """The same layer of `lcnn.gauge` at each point p: ``W'(p, x) = layer(W(p, x), ...)``.

    Any layer will do that maps matter of C channels at a site to matter at that site: `LBilinear`, `LAct`,
    `LPolynomialAct`, linear maps, norms. The points are put beside the batch, so the layer does not know of
    them.

    Parameters
    ----------
    layer
        From one or several fields (B, C, *extents, N, N) to one.
    features
        What the channels are.

    Examples
    --------
    >>> import torch
    >>> from lcnn.gauge import LBilinear
    >>> from lgt.group import point_group, regular
    >>> layer = Pointwise(LBilinear(2, 2, 3), regular(point_group("B_2", 2)))
    >>> W = torch.ones(5, 16, 4, 6, 3, 3, dtype=torch.complex64)
    >>> layer(W, W).shape
    torch.Size([5, 24, 4, 6, 3, 3])
    """

    def __init__(self, layer: nn.Module, features: Points) -> None:
        super().__init__()
        check_features(features)
        self.layer, self.features = layer, features

    def forward(self, *fields: Tensor) -> Tensor:
        """Return matter (B, C' P, *extents, N, N) from fields (B, C P, *extents, N, N), P points.

        Raises
        ------
        ShapeError
            If the number of channels is no multiple of P.
        """
        beside = [split_points(field, self.features).transpose(1, 2).flatten(0, 1) for field in fields]
        out: Tensor = self.layer(*beside)
        return out.reshape(-1, self.features.dimension, *out.shape[1:]).transpose(1, 2).flatten(1, 2)


def split_points(matter: Tensor, features: Points) -> Tensor:
    """Return matter (B, C P, ...) as (B, C, P, ...) for features of P points.

    Raises
    ------
    ShapeError
        If it is no matter, or the number of channels no multiple of P.
    """
    extents_of(matter)
    P, channels = features.dimension, matter.shape[1]
    if channels % P:
        raise ShapeError(f"matter that is {features}", f"{channels} channels", f"give a multiple of {P}")
    return matter.reshape(len(matter), -1, P, *matter.shape[2:])
