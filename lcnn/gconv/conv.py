"""Group convolutions on grids: one torch convolution, whose weights are shared along orbits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, final

import torch
from torch import Generator, Tensor, nn

from lcnn._arguments import finite_number, whole_numbers
from lcnn._convolution import convolve
from lcnn._points import Points, check_features
from lcnn.gconv._fields import check_field, field_type, window_symmetries
from lcnn.gconv._window import Mode, Sizes, make_window
from lgt.group import moving, orbits_of_pairs, trivial
from lgt.symmetry import FieldType, Symmetry


@final
class GroupConv(nn.Module):
    """``f'_ip(x) = b_i + sum_jqo w[i, j, orbit(p, q, o)] f_jq(x + o)``, equivariant under a point group K.

    The sum runs over the points q of the input's features and the sites o of a window. Triples (p, q, o)
    that K carries onto each other have one weight, so that ``layer(g f) = g layer(f)`` for every g in K,
    whatever the weights. What the features are decides what it is:

    - ``trivial(K)`` to ``regular(K)`` is the lifting convolution, ``sum_o w[i, j, r^-1 o] f_j(x + o)``;
    - ``regular(K)`` to itself is the group convolution, ``sum_so w[i, j, s, r^-1 o] f_j(r s, x + o)``
      (Cohen and Welling, arXiv:1602.07576);
    - ``trivial(K)`` to itself is isotropic, with one weight for each orbit of sites, and other features,
      such as ``directions(K)``, lie in between.

    The weights are gathered into those of one torch convolution, of n_in P channels to n_out P', whose
    arithmetic is all that it costs.

    Parameters
    ----------
    source, target
        What the channels of input and output are.
    n_in, n_out
        Numbers of channels, each of as many arrays as source and target have points.
    kernel_size
        Sites along each axis, one number or one for each.
    stride
        Steps between outputs.
    padding
        Zeros around a grid with edges; None is (kernel_size - 1) // 2, which keeps its extents for odd sizes.
        An even size there has its outputs between the sites, one fewer along each axis.
    padding_mode
        ``"circular"``: the grid is periodic and K acts about site 0 (`lgt.symmetry.PointGroup`).
        ``"zeros"``: it has edges and K acts about its centre (`lgt.symmetry.CentredPointGroup`).
    bias
        Whether there is a constant b_i, one for each channel (and orbit of points).
    init_w
        The initial weights are Normal(0, init_w / sqrt(fan_in)), with the fan-in n_in P times the sites of
        the window that a point sums over. They keep the mean square of independent inputs; before a ReLU
        use 2 ** 0.5. Constants start at 0.
    generator
        Source of the initial weights; torch's global one if None.

    Attributes
    ----------
    weight
        Shape (n_out, n_in, orbits). To group features, ``weight.view(n_out, n_in, P, *kernel_size)`` is what
        the identity's output sums over, w[i, j, s, o].
    bias
        Shape (n_out, orbits of the target's points), or None.

    Raises
    ------
    InputError
        If source and target are of different groups, an argument is none of its choices, or K does not carry
        the window to itself; the message has the element.

    Examples
    --------
    >>> from lgt.group import point_group, regular, trivial
    >>> K = point_group("B_2", 2)
    >>> lift = GroupConv(trivial(K), regular(K), 3, 4, 3)
    >>> layer = GroupConv(regular(K), regular(K), 4, 2, 3)
    >>> lift.weight.shape, layer.weight.shape  # 9 sites; 8 elements s times 9 sites
    (torch.Size([4, 3, 9]), torch.Size([2, 4, 72]))
    >>> layer(lift(torch.ones(5, 3, 6, 8))).shape
    torch.Size([5, 16, 6, 8])
    >>> layer.symmetries
    (Translation(), PointGroup(B_2))
    """

    labels: Tensor
    kinds: Tensor

    def __init__(
        self,
        source: Points,
        target: Points,
        n_in: int,
        n_out: int,
        kernel_size: Sizes,
        *,
        stride: Sizes = 1,
        padding: Sizes | None = None,
        padding_mode: Mode = "circular",
        bias: bool = True,
        init_w: float = 1.0,
        generator: Generator | None = None,
    ) -> None:
        super().__init__()
        check_features(source)
        check_features(target)
        finite_number("init_w", init_w)
        self.source, self.target = source, target
        self.n_in, self.n_out = n_in, n_out = whole_numbers("n_in, n_out", (n_in, n_out))
        self.window = make_window(source.group, kernel_size, stride, padding, padding_mode)
        sites = moving(source.group, self.window.positions, "sites")
        labels, orbits = orbits_of_pairs(target, source.times(sites))
        # Row p of the labels: the orbits of (q, o), the sites running fastest, as in a torch weight.
        self.register_buffer("labels", torch.tensor(labels), persistent=False)
        kinds, count = orbits_of_pairs(target, trivial(target.group))
        self.register_buffer("kinds", torch.tensor(kinds[:, 0]), persistent=False)
        scale = init_w / math.sqrt(n_in * labels.shape[1])
        self.weight = nn.Parameter(torch.randn(n_out, n_in, orbits, generator=generator) * scale)
        self.bias = nn.Parameter(torch.zeros(n_out, count)) if bias else None

    @property
    def input_type(self) -> FieldType:
        """The type of its input, for `lgt.testing`."""
        return field_type(self.source)

    @property
    def output_type(self) -> FieldType:
        """The type of its output."""
        return field_type(self.target)

    @property
    def symmetries(self) -> tuple[Symmetry[Any], ...]:
        """Translations of a periodic grid, for stride 1, and the point group."""
        return window_symmetries(self.window)

    def output_extents(self, extents: Sequence[int]) -> tuple[int, ...]:
        """Return the extents of the output on a grid.

        Raises
        ------
        ShapeError
            If the layer cannot take such a grid, or would break its symmetry there.

        Examples
        --------
        >>> from lgt.group import point_group, regular
        >>> R = regular(point_group("C_4", 2))
        >>> layer = GroupConv(R, R, 1, 1, 3, stride=2, padding=0, padding_mode="zeros")
        >>> layer.output_extents((9, 5))
        (4, 2)
        >>> layer.output_extents((8, 5))
        Traceback (most recent call last):
        lgt.errors.ShapeError: 3x3 stride=2 padding=0 on a grid of 8x5: found L + 2 padding - size = 5 along
        axis 0, which steps of 2 do not divide, so that an element that reflects axes 0 and 1 would carry
        outputs between sites; use 7 or 9 sites there, or stride 1
        """
        return self.window.output_extents(extents)

    def expanded(self) -> Tensor:
        """The weights of the one torch convolution, shape (n_out P', n_in P, *kernel_size)."""
        n_out, n_in, orbits = self.weight.shape
        rows, columns = self.labels.shape
        index = self.labels[:, None].expand(n_out, rows, n_in, columns)
        full = self.weight[:, None].expand(n_out, rows, n_in, orbits).gather(3, index)
        return full.reshape(n_out * rows, -1, *self.window.size)

    def forward(self, field: Tensor) -> Tensor:
        """Return the field (B, n_out P', *extents') of (B, n_in P, *extents).

        Raises
        ------
        ShapeError
            If the field does not fit the layer, or its extents would break the symmetry.
        InputError
            If the weights are of another precision than the field.
        """
        check_field(field, self.window.d, self.source.dimension, self.n_in, self.weight)
        self.window.output_extents(field.shape[2:])
        return convolve(
            field,
            self.expanded(),
            None if self.bias is None else self.bias[:, self.kinds].flatten(),
            before=self.window.padding,
            after=self.window.after,
            stride=self.window.stride,
            circular=self.window.circular,
        )

    def extra_repr(self) -> str:
        """Name the features and the window."""
        words = f"{self.n_in} {self.source} -> {self.n_out} {self.target}, {self.window}"
        return words + ", bias=False" * (self.bias is None)
