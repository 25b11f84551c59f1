"""The group core: groups, their elements and their representations. Imports numpy alone."""

from lgt.group import quaternion
from lgt.group._base import Group, Representation
from lgt.group._character_table import CharacterTable, character_table, frobenius_schur
from lgt.group._characters import Character, characters
from lgt.group._circle import U1
from lgt.group._clebsch_gordan import clebsch_gordan, clebsch_gordan_exact
from lgt.group._cyclic import Cyclic, Dihedral, PlanarElement, planar
from lgt.group._finite import FiniteGroup, Subgroup
from lgt.group._homogeneous import (
    HomogeneousSpace,
    InducedRepresentation,
    frobenius_map,
    frobenius_reciprocity,
)
from lgt.group._hyperoctahedral import (
    DeterminantRepresentation,
    Hyperoctahedral,
    SignedPermutation,
    VectorRepresentation,
)
from lgt.group._irreps import irreps, real_irreps
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
from lgt.group._planar import O2, SO2, PlanarIsometry
from lgt.group._planar_irreps import O2Irrep, SO2Irrep
from lgt.group._point_group import point_group
from lgt.group._polyhedral import Polyhedral, PolyhedralElement, icosahedral, octahedral, tetrahedral
from lgt.group._product import DirectProduct, SemidirectProduct, semidirect
from lgt.group._rotation import O3, SO3, Rotation, RotoInversion
from lgt.group._rotation_irreps import O3Irrep, SO3Irrep, SU2Irrep
from lgt.group._space import AffineRepresentation, SpaceElement, SpaceGroup
from lgt.group._special_unitary import SU
from lgt.group._table import TableGroup
from lgt.group._unitary import UnitaryGroup
from lgt.group._unitary_full import U
from lgt.group._unitary_representations import Adjoint, Defining
from lgt.group._wigner import real_basis, wigner_D, wigner_d
from lgt.group._words import in_words

__all__ = [
    "O2",
    "O3",
    "SO2",
    "SO3",
    "SU",
    "U1",
    "Adjoint",
    "AffineRepresentation",
    "Character",
    "CharacterTable",
    "Cyclic",
    "Defining",
    "DeterminantRepresentation",
    "Dihedral",
    "DirectProduct",
    "FiniteGroup",
    "Group",
    "HomogeneousSpace",
    "Hyperoctahedral",
    "InducedRepresentation",
    "MatrixRepresentation",
    "O2Irrep",
    "O3Irrep",
    "PermutationRepresentation",
    "PlanarElement",
    "PlanarIsometry",
    "Polyhedral",
    "PolyhedralElement",
    "Representation",
    "Rotation",
    "RotoInversion",
    "SO2Irrep",
    "SO3Irrep",
    "SU2Irrep",
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
    "character_table",
    "characters",
    "clebsch_gordan",
    "clebsch_gordan_exact",
    "direction_vectors",
    "directions",
    "frobenius_map",
    "frobenius_reciprocity",
    "frobenius_schur",
    "icosahedral",
    "in_words",
    "intertwiners",
    "irreps",
    "moving",
    "natural",
    "octahedral",
    "orbits_of_pairs",
    "parse_group",
    "planar",
    "plane_vectors",
    "planes",
    "point_group",
    "quaternion",
    "real_basis",
    "real_irreps",
    "regular",
    "semidirect",
    "tetrahedral",
    "trivial",
    "wigner_D",
    "wigner_d",
]
