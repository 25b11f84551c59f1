"""Pooling: over the points of features, to plain fields, and over the sites of windows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, final

import torch
from torch import Tensor, nn

from lcnn._arguments import one_of
from lcnn._convolution import padded
from lcnn._points import CharacterLike, Points, check_features, find_character, point_values
from lcnn.gconv._fields import check_field, field_type, point_symmetries, window_symmetries
from lcnn.gconv._window import Mode, Sizes, make_window
from lgt.group import FiniteGroup, SignedPermutation, trivial
from lgt.symmetry import SCALAR, FieldType, Symmetry


@final
class Pool(nn.Module):
    """``s_c(x) = 1/P sum_p chi(g_p) f_c(p, x)`` over the points p = g_p p_0, or their maximum.

    ``s[g f](x) = chi(g) s[f](g^-1 x)``: the trivial character gives scalars, the determinant pseudoscalars,
    which a mean over reflections would make 0.

    Parameters
    ----------
    features
        What the channels are. For sums, all points must be images of one, and features that are not
        ``regular(K)`` have only the characters that are 1 on the elements that keep a point.
    character
        ``"mean"``: the trivial one; ``"det"``: the determinant; a number in the list of
        `lgt.group.characters`; a character itself; or ``"max"`` for the maximum, which is a scalar. A
        complex one makes a complex field.

    Raises
    ------
    InputError
        If there is no such character, or the features have nothing that transforms by it.

    Examples
    --------
    >>> from lgt.group import point_group, regular
    >>> features, field = regular(point_group("Z_2^d", 1)), torch.tensor([[[1.0], [4.0]]])
    >>> [Pool(features, how)(field).item() for how in ("mean", "det", "max")]
    [2.5, -1.5, 4.0]
    """

    values: Tensor

    def __init__(self, features: Points, character: CharacterLike | Literal["max"] = "mean") -> None:
        super().__init__()
        check_features(features)
        self.features = features
        self.character = None if character == "max" else find_character(features, character)
        if self.character is not None:
            # No buffer: it would be rounded to the module's precision, and 1/P and roots of unity stay so.
            self.values = torch.from_numpy(point_values(features, self.character))
            if self.character.is_real:
                self.values = self.values.real

    @property
    def input_type(self) -> FieldType:
        """The type of its input, for `lgt.testing`."""
        return field_type(self.features)

    @property
    def output_type(self) -> FieldType:
        """The type of its output: scalars, or fields that transform by the character."""
        if self.character is None or set(self.character.values) == {1}:
            return field_type(trivial(self.features.group))
        return SCALAR.transforming(self.character, f"scalar of {self.character!r}")

    @property
    def symmetries(self) -> tuple[Symmetry[Any], ...]:
        """Translations and the point group, about site 0 and about the centre: it acts site by site."""
        return point_symmetries(self.features)

    def forward(self, field: Tensor) -> Tensor:
        """Return the field (B, C, *extents) of (B, C P, *extents).

        Raises
        ------
        ShapeError
            If the field does not fit the features.
        """
        P = self.features.dimension
        check_field(field, self.features.group.identity.d, P)
        points = field.reshape(len(field), -1, P, *field.shape[2:])
        if self.character is None:
            return points.amax(2)
        values = self.values.to(field.device, points.dtype if self.character.is_real else _complex(field))
        return torch.einsum("bcp...,p->bc...", points.to(values.dtype), values)

    def extra_repr(self) -> str:
        """Name the features and the character."""
        return f"{self.features}, {self.character or 'max'}"


@final
class SpatialPool(nn.Module):
    """The maximum or mean of a field in windows, where a point group carries windows to windows.

    On grids with edges the windows lie inside, and (L - kernel_size) must be a multiple of the stride along
    the axes that the group reverses; it acts about the centre. On periodic grids windows are centred at the
    multiples of the stride, which must divide L; it acts about site 0. Channels are pooled one by one, so
    that any features will do.

    Parameters
    ----------
    group
        The point group.
    kernel_size, stride
        Sites along each axis, one number or one for each; the stride is the kernel size if None.
    how
        ``"max"`` or ``"mean"``. The derivative of a maximum is spread evenly over equal values, so that it
        has the symmetry, too.
    padding_mode
        ``"zeros"`` for grids with edges (where nothing is padded) or ``"circular"``.

    Raises
    ------
    InputError
        If the group does not carry the window to itself; see `GroupConv`.

    Examples
    --------
    >>> from lgt.group import point_group
    >>> pool = SpatialPool(point_group("B_2", 2), 2)
    >>> pool(torch.arange(16.0).reshape(1, 1, 4, 4))
    tensor([[[[ 5.,  7.],
              [13., 15.]]]])
    >>> pool(torch.ones(1, 1, 5, 4))
    Traceback (most recent call last):
    lgt.errors.ShapeError: 2x2 stride=2 padding=0 on a grid of 5x4: found L + 2 padding - size = 3 along axis
    0, which steps of 2 do not divide, so that an element that reflects axis 0 would carry outputs between
    sites; use 4 or 6 sites there, or stride 1
    """

    def __init__(
        self,
        group: FiniteGroup[SignedPermutation],
        kernel_size: Sizes,
        stride: Sizes | None = None,
        how: Literal["max", "mean"] = "max",
        *,
        padding_mode: Mode = "zeros",
    ) -> None:
        super().__init__()
        one_of("how", how, ("max", "mean"))
        steps = kernel_size if stride is None else stride
        padding = 0 if padding_mode == "zeros" else None
        self.window, self.how = make_window(group, kernel_size, steps, padding, padding_mode), how

    @property
    def symmetries(self) -> tuple[Symmetry[Any], ...]:
        """Translations of a periodic grid, for stride 1, and the point group."""
        return window_symmetries(self.window)

    def output_extents(self, extents: Sequence[int]) -> tuple[int, ...]:
        """Return the extents of the output on a grid; see `GroupConv.output_extents`."""
        return self.window.output_extents(extents)

    def forward(self, field: Tensor) -> Tensor:
        """Return the field (B, C, *extents') of (B, C, *extents).

        Raises
        ------
        ShapeError
            If the field does not fit the layer, or its extents would break the symmetry.
        """
        window = self.window
        check_field(field, window.d, 1)
        window.output_extents(field.shape[2:])
        seen = padded(field, window.padding, window.after, True) if window.circular else field
        for mu, (size, step) in enumerate(zip(window.size, window.stride, strict=True)):
            seen = seen.unfold(2 + mu, size, step)
        axes = tuple(range(-window.d, 0))
        return seen.amax(axes) if self.how == "max" else seen.mean(axes)

    def extra_repr(self) -> str:
        """Name the window."""
        return f"{self.how}, {self.window}, {self.window.group}"


def _complex(field: Tensor) -> torch.dtype:
    return torch.complex128 if field.dtype == torch.float64 else torch.complex64
