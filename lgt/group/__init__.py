"""The group core: groups, their elements and their representations. Imports numpy alone."""

from lgt.group._base import Group, Representation
from lgt.group._characters import Character, characters
from lgt.group._circle import U1
from lgt.group._cyclic import Cyclic, Dihedral, PlanarElement, planar
from lgt.group._finite import FiniteGroup, Subgroup
from lgt.group._hyperoctahedral import (
    DeterminantRepresentation,
    Hyperoctahedral,
    SignedPermutation,
    VectorRepresentation,
)
from lgt.group._matrix_representation import MatrixRepresentation, as_matrices, intertwiners, natural
from lgt.group._parse import parse_group
from lgt.group._permutation import (
    PermutationRepresentation,
    direction_vectors,
    directions,
    moving,
    orbits_of_pairs,
    plane_vectors,
    planes,
    regular,
    trivial,
)
from lgt.group._point_group import point_group
from lgt.group._product import DirectProduct, SemidirectProduct, semidirect
from lgt.group._space import AffineRepresentation, SpaceElement, SpaceGroup
from lgt.group._special_unitary import SU
from lgt.group._table import TableGroup
from lgt.group._unitary import UnitaryGroup
from lgt.group._unitary_full import U
from lgt.group._unitary_representations import Adjoint, Defining
from lgt.group._words import in_words

__all__ = [
    "SU",
    "U1",
    "Adjoint",
    "AffineRepresentation",
    "Character",
    "Cyclic",
    "Defining",
    "DeterminantRepresentation",
    "Dihedral",
    "DirectProduct",
    "FiniteGroup",
    "Group",
    "Hyperoctahedral",
    "MatrixRepresentation",
    "PermutationRepresentation",
    "PlanarElement",
    "Representation",
    "SemidirectProduct",
    "SignedPermutation",
    "SpaceElement",
    "SpaceGroup",
    "Subgroup",
    "TableGroup",
    "U",
    "UnitaryGroup",
    "VectorRepresentation",
    "as_matrices",
    "characters",
    "direction_vectors",
    "directions",
    "in_words",
    "intertwiners",
    "moving",
    "natural",
    "orbits_of_pairs",
    "parse_group",
    "planar",
    "plane_vectors",
    "planes",
    "point_group",
    "regular",
    "semidirect",
    "trivial",
]
