"""The group core: groups, their elements and their representations. Imports numpy alone."""

from lgt.group._base import Group, Representation
from lgt.group._finite import FiniteGroup, RegularRepresentation, Subgroup, TableGroup
from lgt.group._hyperoctahedral import (
    DeterminantRepresentation,
    Hyperoctahedral,
    SignedPermutation,
    VectorRepresentation,
)
from lgt.group._space import AffineRepresentation, SpaceElement, SpaceGroup
from lgt.group._unitary import SU, U1, Adjoint, Defining, UnitaryGroup, parse_group

__all__ = [
    "SU",
    "U1",
    "Adjoint",
    "AffineRepresentation",
    "Defining",
    "DeterminantRepresentation",
    "FiniteGroup",
    "Group",
    "Hyperoctahedral",
    "RegularRepresentation",
    "Representation",
    "SignedPermutation",
    "SpaceElement",
    "SpaceGroup",
    "Subgroup",
    "TableGroup",
    "UnitaryGroup",
    "VectorRepresentation",
    "parse_group",
]
