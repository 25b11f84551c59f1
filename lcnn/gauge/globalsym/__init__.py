"""L-CNN layers that respect rotations and reflections of the lattice too (arXiv:2303.11448).

A layer is told a point group K <= B_d and what its channels are: functions on a finite set that K permutes,
a `lgt.group.PermutationRepresentation`. ``regular(K)`` has a copy of each channel for every element r of K,
W_c(r, x), and may learn any dependence on direction; ``trivial(K)`` has one copy and cannot tell directions
apart, which costs a small part. Their weights are shared between all that K carries onto each other, so that
``net(gU) = g net(U)`` for every g in K, whatever the weights, on boxes of any shape.

Matter is (B, C P, *extents, N, N) for C channels of P points, the point running fastest: channel c, point p
lies at c P + p. It transforms as ``(gW)_c(g p, x) = W_c(p, g^-1 x)``.

Examples
--------
>>> import torch
>>> from lgt.group import point_group, regular
>>> K = point_group("B_2", 2)
>>> links = torch.eye(3, dtype=torch.complex64).expand(5, 2, 4, 6, 3, 3)
>>> lift, conv = Lift(regular(K), 2), PointConv(regular(K), regular(K), 2, 3, kernel_size=2)
>>> Pool(regular(K), "det")(conv(links, lift(links))).shape
torch.Size([5, 3, 4, 6, 3, 3])
"""

from lcnn.gauge.globalsym.conv import Elements, PointConv
from lcnn.gauge.globalsym.exponential import SymmetricLExp
from lcnn.gauge.globalsym.lift import Lift, oriented_plaquettes, oriented_polyakov_loops
from lcnn.gauge.globalsym.pointwise import Pointwise
from lcnn.gauge.globalsym.pool import Pool

__all__ = [
    "Elements",
    "Lift",
    "PointConv",
    "Pointwise",
    "Pool",
    "SymmetricLExp",
    "oriented_plaquettes",
    "oriented_polyakov_loops",
]
