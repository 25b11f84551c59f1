"""Batch normalisation of features of a point group."""

from __future__ import annotations

from typing import Any, final

from torch import Tensor, nn

from lcnn._arguments import whole_number
from lcnn._points import Points, check_features
from lcnn.gconv._fields import check_field, field_type, point_symmetries
from lgt.errors import InputError
from lgt.group import orbits_of_pairs, trivial
from lgt.symmetry import FieldType, Symmetry


@final
class BatchNorm(nn.Module):
    """Batch normalisation with one mean, variance, factor and constant for all points of a channel.

    Torch's own would have one for each point, which rotations exchange.

    Parameters
    ----------
    features
        What the channels are; all points must be images of one.
    channels
        Their number.
    eps, momentum, affine
        As of `torch.nn.BatchNorm1d`, which is inside.

    Raises
    ------
    InputError
        If the points are not images of one, or the number is none.

    Examples
    --------
    >>> import torch
    >>> from lgt.group import point_group, regular
    >>> layer = BatchNorm(regular(point_group("C_4", 2)), 3)
    >>> layer(torch.randn(5, 12, 4, 6)).shape, layer.norm.weight.shape
    (torch.Size([5, 12, 4, 6]), torch.Size([3]))
    """

    def __init__(
        self,
        features: Points,
        channels: int,
        *,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
    ) -> None:
        super().__init__()
        check_features(features)
        if orbits_of_pairs(features, trivial(features.group))[1] > 1:
            found, remedy = "points that are not images of one", "normalise each orbit alone"
            raise InputError(f"batch normalisation of {features}", found, remedy)
        self.features, self.channels = features, whole_number("channels", channels)
        self.norm = nn.BatchNorm1d(self.channels, eps, momentum, affine)

    @property
    def input_type(self) -> FieldType:
        """The type of its input and of its output, for `lgt.testing`."""
        return field_type(self.features)

    @property
    def output_type(self) -> FieldType:
        """The type of its output."""
        return self.input_type

    @property
    def symmetries(self) -> tuple[Symmetry[Any], ...]:
        """Translations and the point group, about site 0 and about the centre."""
        return point_symmetries(self.features)

    def forward(self, field: Tensor) -> Tensor:
        """Return a field of the same shape, (B, C P, *extents).

        Raises
        ------
        ShapeError
            If the field does not fit the layer.
        InputError
            If it is of another precision.
        """
        weight = self.norm.weight if self.norm.affine else None
        check_field(field, self.features.group.identity.d, self.features.dimension, self.channels, weight)
        out: Tensor = self.norm(field.reshape(len(field), self.channels, -1))
        return out.reshape(field.shape)

    def extra_repr(self) -> str:
        """Name the features."""
        return f"{self.channels} {self.features}"
