"""Convolutional networks on grids that respect rotations and reflections: planar groups and B_d, d <= 4.

As in `lcnn.gauge.globalsym`, a layer is told what its channels are: functions on a finite set that a point
group K permutes, a `lgt.group.PermutationRepresentation`. ``regular(K)`` has a copy of each channel for every
element of K, ``trivial(K)`` has one. Fields are real, (B, C P, *extents) for C channels of P points, the
point running fastest: channel c, point p lies at c P + p, points in the order of the group's elements. They
transform as ``(g f)_c(g p, x) = f_c(p, g^-1 x)``. Functions of single entries, such as ReLU, and means over
all sites need no layer of their own.

The groups that are exact on pixels are those that map a grid to itself: C_n and D_n with n dividing 4 in
the plane, and B_d with its subgroups. Boxes of any shape are taken; a rotation maps a field on a box to one
on the permuted box. What would break the symmetry, an even window on a periodic grid or steps that do not
fit, is refused with the reason.

Examples
--------
>>> import torch
>>> from lgt.group import point_group, regular, trivial
>>> K = point_group("B_2", 2)
>>> network = torch.nn.Sequential(
...     GroupConv(trivial(K), regular(K), 1, 4, 3, padding_mode="zeros"),
...     BatchNorm(regular(K), 4),
...     torch.nn.ReLU(),
...     SpatialPool(K, 2),
...     GroupConv(regular(K), regular(K), 4, 2, 3, padding_mode="zeros"),
...     Pool(regular(K), "max"),
... )
>>> image = torch.randn(5, 1, 6, 6)
>>> turned = network(image.rot90(1, (2, 3)))
>>> torch.allclose(turned, network(image).rot90(1, (2, 3)), atol=1e-5)
True
"""

from lcnn.gconv._fields import field_type
from lcnn.gconv.conv import GroupConv
from lcnn.gconv.norm import BatchNorm
from lcnn.gconv.pool import Pool, SpatialPool

__all__ = ["BatchNorm", "GroupConv", "Pool", "SpatialPool", "field_type"]
