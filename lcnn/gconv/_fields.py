"""Fields on grids: their types, their symmetries, and the looks at them that layers share."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from lcnn._points import Points, check_features
from lcnn.gconv._window import Window
from lgt.errors import InputError, ShapeError
from lgt.symmetry import SCALAR, CentredPointGroup, FieldType, PointGroup, Symmetry, Translation


def field_type(features: Points) -> FieldType:
    """Return the type of real fields (B, C P, *extents) whose channels are such features, for `lgt.testing`.

    Examples
    --------
    >>> from lgt.group import point_group, regular
    >>> field_type(regular(point_group("C_4", 2)))
    regular(C_4)
    """
    check_features(features)
    return SCALAR.transforming(features, repr(features))


def window_symmetries(window: Window) -> tuple[Symmetry[Any], ...]:
    """Return the symmetries of a layer that sees a field through such a window.

    On a periodic grid a point group acts about site 0, and translations by multiples of the stride are
    symmetries too: all of them for stride 1, which alone is what `lgt.symmetry.Translation` is.
    """
    if not window.circular:
        return (CentredPointGroup(window.group),)
    point = PointGroup(window.group)
    return (Translation(), point) if set(window.stride) == {1} else (point,)


def point_symmetries(features: Points) -> tuple[Symmetry[Any], ...]:
    """Return the symmetries of a layer that acts site by site: translations, turns about any centre."""
    return Translation(), PointGroup(features.group), CentredPointGroup(features.group)


def check_field(
    field: Tensor, d: int, P: int, channels: int | None = None, like: Tensor | None = None
) -> None:
    """Raise an error unless it is a field (B, C P, *extents) in d dimensions, of the weights' precision.

    Raises
    ------
    ShapeError
        If it has another number of axes or of channels.
    InputError
        If its precision is not that of the weights.
    """
    asked = f"a field in {d} dimensions"
    found = f"shape {tuple(field.shape)}"
    if field.ndim != d + 2:
        raise ShapeError(asked, found, f"give (B, C, {', '.join(['L'] * d)})")
    if channels is not None and field.shape[1] != channels * P:
        words = f"{channels} channels of {P} points" if P > 1 else f"{channels} channels"
        raise ShapeError(f"{asked} with {words}", found, f"give {channels * P} along axis 1")
    if field.shape[1] % P:
        raise ShapeError(f"{asked} with {P} points for each channel", found, f"give a multiple of {P}")
    if like is not None and field.dtype != like.dtype:
        given, kept = (str(t.dtype).removeprefix("torch.") for t in (field, like))
        remedy = "convert the field, or the layer by layer.to(dtype)"
        raise InputError(f"weights of {kept} on a field", f"a field of {given}", remedy)
