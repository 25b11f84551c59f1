"""Lattice actions: value, staple and force of S[U], and a check of the force against the value.

An action is a frozen value, ``Wilson(beta=6.0)``. `LoopAction` makes one from any list of closed loops, with
anisotropic couplings and open boundaries.
"""

from lgt.action._base import Action, group_of
from lgt.action._loops import LoopAction
from lgt.action._named import (
    ACTIONS,
    DBW2,
    Iwasaki,
    LuscherWeisz,
    Rectangle,
    RectangleAction,
    Wilson,
    make_action,
)
from lgt.action._shape import LoopShape, shape_of, shortest_extent

__all__ = [
    "ACTIONS",
    "DBW2",
    "Action",
    "Iwasaki",
    "LoopAction",
    "LoopShape",
    "LuscherWeisz",
    "Rectangle",
    "RectangleAction",
    "Wilson",
    "group_of",
    "make_action",
    "shape_of",
    "shortest_extent",
]
