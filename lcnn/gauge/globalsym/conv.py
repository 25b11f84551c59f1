"""Convolutions whose weights are shared along the orbits of a point group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, final

import numpy as np
import torch
from torch import Generator, Tensor, nn

from lcnn._arguments import one_of, whole_numbers
from lcnn._points import Points, check_features
from lcnn.field import pack, unpack
from lcnn.gauge._channels import check_input, linear
from lcnn.gauge._weights import check_scale, orthogonal_rows
from lcnn.transport import Offset, Stencil, Transporter, transporter
from lgt.errors import InputError
from lgt.group import FiniteGroup, SignedPermutation, moving, orbits_of_pairs

_CHOICES = ("all", "generators", "identity")
_REST = 0.1
"""The share of all but each point's own field in the mean square of the initial weights."""

Elements = Literal["all", "generators", "identity"] | Sequence[SignedPermutation]
"""Which s = r^-1 r' a convolution between group features sums over: see `PointConv`."""


@final
class PointConv(nn.Module):
    """``W'_ip(x) = sum_jqo w[i, j, orbit(p, q, o)] T(x, o) W_jq(x + o) T(x, o)^+``, equivariant under K.

    The sum runs over the input's points q and the straight paths o of up to kernel_size - 1 hops along every
    direction. Triples (p, q, o) that K carries onto each other have one weight. Between group features this
    is the group convolution ``sum_s,o w[i, j, s, r^-1 o] T W_j(r s, x + o) T^+`` (arXiv:2303.11448); from
    ``trivial(K)`` to itself it is the isotropic convolution, one weight for each number of hops; with
    kernel_size = 1 it is a linear map at each site, for example to vectors, ``directions(K)``.

    Parameters
    ----------
    source, target
        What the channels of input and output are.
    n_in, n_out
        Numbers of channels, each of as many matrices as source and target have points.
    kernel_size
        K of the Letter: hops 0, ..., K - 1 along each direction, both ways.
    centre
        Whether the site itself is among the paths; with K = 1 it is.
    elements
        Between group features, for which s the weights are there: ``"all"``, ``"identity"`` (each r sees
        itself alone, the cheapest), ``"generators"`` (the identity and a few elements that generate K), or a
        sequence of elements. The layer is equivariant for any choice. For other features: ``"all"``.
    init_w
        A factor for the initial weights. Nine tenths of their mean square carry each point's own field on,
        by orthogonal matrices between the channels (where there is no such weight, one orbit for each
        channel), the rest is Gaussian, so that deep stacks keep the size of smooth and of rough fields.
    generator
        Source of the initial weights; torch's global one if None.

    Attributes
    ----------
    weight
        Real, (n_out, n_in, orbits).

    Raises
    ------
    InputError
        If source and target are of different groups, or an argument is none of its choices.

    Examples
    --------
    >>> from lgt.group import point_group, regular, trivial
    >>> K = point_group("B_2", 2)
    >>> PointConv(regular(K), regular(K), 2, 3, kernel_size=2).weight.shape  # 8 s, 1 + 4 paths
    torch.Size([3, 2, 40])
    >>> PointConv(regular(K), regular(K), 2, 3, kernel_size=2, elements="identity").weight.shape
    torch.Size([3, 2, 5])
    >>> PointConv(trivial(K), trivial(K), 2, 3, kernel_size=3).weight.shape
    torch.Size([3, 2, 3])
    """

    labels: Tensor
    partners: Tensor

    def __init__(
        self,
        source: Points,
        target: Points,
        n_in: int,
        n_out: int,
        kernel_size: int = 1,
        *,
        centre: bool = True,
        elements: Elements = "all",
        init_w: float = 1.0,
        generator: Generator | None = None,
    ) -> None:
        super().__init__()
        check_features(source)
        check_features(target)
        self.source, self.target = source, target
        self.n_in, self.n_out = n_in, n_out = whole_numbers("n_in, n_out", (n_in, n_out))
        check_scale(init_w)
        self.stencil = Stencil(source.group.identity.d, kernel_size, centre, "both")
        paths = moving(source.group, _vectors(self.stencil.offsets, self.stencil.d), "paths")
        labels, _ = orbits_of_pairs(target, paths.times(source))
        kept = _kept(source, target, elements)
        mask = np.broadcast_to(kept[:, None, :], (len(kept), paths.dimension, source.dimension))
        labels = np.where(mask.reshape(labels.shape), labels, -1)
        found = np.unique(labels[labels >= 0])
        numbers = np.searchsorted(found, labels)
        # Labels (target point, path, source point); pairs without weights get the number behind the last one.
        numbers = np.where(labels >= 0, numbers, len(found))
        self.orbits = len(found)
        self.sparse = not bool(kept.all())
        self.register_buffer("labels", torch.from_numpy(numbers).view(mask.shape), persistent=False)
        # Each target point sees equally many source points: column k has one of them for each.
        partners = np.nonzero(kept)[1].reshape(len(kept), -1)
        self.register_buffer("partners", torch.from_numpy(partners), persistent=False)
        same = np.array_equal(source.images, target.images) and self.stencil.offsets[0] == (0, 0)
        table = numbers.reshape(mask.shape)
        own = {int(table[p, 0, p]) for p in range(len(table))} - {self.orbits} if same else set()
        weight = _start(numbers, self.orbits, n_out, n_in, sorted(own), generator)
        self.weight = nn.Parameter(weight * init_w)

    def forward(self, links: Tensor | Transporter, matter: Tensor) -> Tensor:
        """Return matter (B, n_out target points, *extents, N, N) from (B, n_in source points, ...).

        Raises
        ------
        ShapeError
            If links and matter do not fit together or to the layer.
        InputError
            If the weights are of another precision than the matter.
        """
        carrier = transporter(links)
        channels = self.n_in * self.source.dimension
        check_input(self.weight, matter, channels, carrier.links, self.stencil.d)
        slots = carrier.carry(pack(matter), self.stencil.offsets)
        return unpack(self._thin(slots) if self.sparse else self._dense(slots))

    def _dense(self, slots: list[Tensor]) -> Tensor:
        """All pairs of points at once, one matrix product."""
        full = self.weight[:, :, self.labels]  # (out, in, target, path, source)
        matrix = full.permute(0, 2, 3, 1, 4).reshape(self.n_out * self.target.dimension, -1)
        return linear(matrix, torch.cat(slots, dim=-1))

    def _thin(self, slots: list[Tensor]) -> Tensor:
        """Each target point with the few source points that it sees: a product for every target point."""
        P, shape = self.source.dimension, slots[0].shape
        stack = torch.stack([slot.reshape(-1, self.n_in, P) for slot in slots], dim=1)
        total = None
        rows = torch.arange(self.target.dimension, device=self.labels.device)
        for partner in self.partners.unbind(1):
            labels = self.labels[rows, :, partner]  # (target, path)
            factor = self.weight[:, :, labels].permute(2, 3, 1, 0).flatten(1, 2)  # target, (path, in), out
            field = stack[..., partner].permute(3, 0, 1, 2).flatten(2)  # target, site, (path, in)
            part = field @ factor
            total = part if total is None else total + part
        assert total is not None
        return total.permute(1, 2, 0).reshape(*shape[:-1], -1)

    def extra_repr(self) -> str:
        """Name the features and the stencil."""
        return f"{self.n_in} {self.source} -> {self.n_out} {self.target}, {self.stencil}"


def _start(
    rows: np.ndarray[Any, Any],
    orbits: int,
    n_out: int,
    n_in: int,
    own: list[int],
    generator: Generator | None,
) -> Tensor:
    """Draw weights (n_out, n_in, orbits).

    `rows` holds the orbits of the terms of each target point, `own` those of each point to itself.
    """
    many, weight = torch.ones(orbits), torch.zeros(n_out, n_in, orbits)
    for row in rows:
        seen, counts = np.unique(row[row < orbits], return_counts=True)
        many[seen] = torch.from_numpy(counts).float()
        if weight[..., seen].any():  # a point like one before
            continue
        rest = torch.randn(n_out, n_in, len(seen), generator=generator)
        weight[..., seen] = rest * _REST**0.5 / rest.square().sum((1, 2), keepdim=True).sqrt()
        # In a smooth field the terms of an orbit add up, in a rough one their squares do.
        weight[..., seen] /= many[seen]
        leading = (1 - _REST) ** 0.5
        kept = [label for label in own if label in seen]
        if kept:
            weight[..., kept] = orthogonal_rows(n_out, n_in, generator)[..., None] * leading
            continue
        chosen = torch.randperm(n_in * len(seen), generator=generator)
        for u in range(n_out):
            channel, k = divmod(int(chosen[u % len(chosen)]), len(seen))
            weight[u, channel, seen[k]] = leading / many[seen[k]] ** 0.75
    return weight


def generators(group: FiniteGroup[SignedPermutation]) -> tuple[SignedPermutation, ...]:
    """Return the identity and a few elements that generate the group with their inverses.

    Examples
    --------
    >>> from lgt.group import point_group
    >>> [len(generators(point_group(name, 4))) for name in ("1", "C_4", "B_4")]
    [1, 3, 4]
    """
    chosen = [group.identity]
    reached = group.generate()
    while reached.order < group.order:
        # The element that brings the largest subgroup, the first of them: few suffice.
        inside = set(reached.elements)
        outside = [g for g in group.elements if g not in inside]
        best = max(outside, key=lambda g: (group.generate(*chosen, g).order, -group.index(g)))
        chosen += [best] if best == best.inverse() else [best, best.inverse()]
        reached = group.generate(*chosen)
    return tuple(chosen)


def _vectors(offsets: Sequence[Offset], d: int) -> np.ndarray[Any, Any]:
    """The end of each path, (n, d)."""
    ends = np.zeros((len(offsets), d), dtype=np.int64)
    for row, (mu, steps) in enumerate(offsets):
        ends[row, mu] = steps
    return ends


def _kept(source: Points, target: Points, elements: Elements) -> np.ndarray[Any, Any]:
    """Which source points each target point sees, (target points, source points)."""
    kept = np.ones((target.dimension, source.dimension), dtype=bool)
    if not isinstance(elements, Sequence) or isinstance(elements, str):
        one_of("elements", elements, (*_CHOICES, "a list of elements"))
    elif not elements or not all(isinstance(s, SignedPermutation) for s in elements):
        remedy = f"list signed permutations, or use {', '.join(_CHOICES)}"
        raise InputError(f"elements {elements!r}", "no list of elements", remedy)
    if elements == "all":
        return kept
    group = source.group
    if not all(np.array_equal(points.images, group.product_table) for points in (source, target)):
        raise InputError(f"a sum over {elements!r} between {source} and {target}", "no group features",
                         "use elements = 'all'")  # fmt: skip
    if isinstance(elements, str):
        chosen = (group.identity,) if elements == "identity" else generators(group)
    else:
        chosen = tuple(elements)
    kept[:] = False
    rows = np.arange(group.order)
    for s in chosen:
        kept[rows, group.product_table[rows, group.index(s)]] = True
    return kept
