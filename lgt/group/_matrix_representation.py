"""Representations of finite groups by explicit matrices: sums, products, duals, maps between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lgt.errors import InputError, ShapeError
from lgt.group._base import Representation
from lgt.group._finite import FiniteGroup, Subgroup

E = TypeVar("E")


@final
@dataclass(frozen=True, eq=False, repr=False)
class MatrixRepresentation(Representation[E], Generic[E]):
    """A finite group by one invertible matrix for each element: D(gh) = D(g) D(h).

    Two are equal if their groups and all entries are; the name does not count.

    Parameters
    ----------
    group
        The group.
    matrices
        D of each element by its number, shape (order, n, n), real or complex; kept as a read-only copy,
        float64 or complex128.
    name
        What it prints as.

    Raises
    ------
    ShapeError
        If the shape is another one.
    InputError
        If an entry is no finite number, or the matrices are no representation to 1e-9.

    Examples
    --------
    >>> from lgt.group import Hyperoctahedral
    >>> vector = natural(Hyperoctahedral(2))
    >>> vector, (vector + vector).dimension, (vector * vector).dimension, vector.is_irreducible
    (natural(B_2), 4, 4, True)
    >>> vector.character
    array([ 2.,  0., -2.,  0.,  0.])
    """

    group: FiniteGroup[E]
    matrices: NDArray[Any]
    name: str = "matrices"

    def __post_init__(self) -> None:
        group, D = self.group, np.array(self.matrices)
        asked = f"matrices for the {group.order} elements of {group!r}"
        if D.ndim != 3 or len(D) != group.order or D.shape[1] != D.shape[2] or D.shape[1] == 0:
            raise ShapeError(asked, f"an array of shape {D.shape}", "give (order, n, n)")
        if D.dtype.kind not in "bifuc" or not np.isfinite(D).all():
            raise InputError(asked, "entries that are no finite numbers", "give real or complex numbers")
        D = D.astype(np.complex128 if D.dtype.kind == "c" else np.float64) + 0.0  # no -0.0: equal is equal
        D.setflags(write=False)
        object.__setattr__(self, "matrices", D)
        # D(gs) = D(g) D(s) for all g and for s in a generating set implies it for all s.
        wrong = np.abs(D[group.identity_index] - np.eye(D.shape[1])).max()
        for s in group.generating_indices:
            wrong = max(wrong, np.abs(D[group.product_table[:, s]] - D @ D[s]).max())
        if not wrong <= 1e-9 * max(1.0, np.abs(D).max()):
            found = f"D(gh) unlike D(g) D(h), or D(e) unlike 1, by {wrong:.3g}"
            raise InputError(asked, found, "give a homomorphism")

    def __repr__(self) -> str:
        return f"{self.name}({self.group!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, MatrixRepresentation):
            return NotImplemented
        return self.group == other.group and np.array_equal(self.matrices, other.matrices)

    def __hash__(self) -> int:
        # not the bytes: equal real and complex matrices must have equal hashes
        return hash((self.group, self.matrices.shape, complex(self.matrices[-1, 0, 0])))

    def __setstate__(self, state: dict[str, Any]) -> None:
        # numpy forgets on pickling that an array is read-only
        self.__dict__.update(state)
        self.matrices.setflags(write=False)

    @property
    def dimension(self) -> int:
        """The number of rows of each matrix."""
        return int(self.matrices.shape[1])

    @property
    def is_real(self) -> bool:
        """Whether all entries are real, to 1e-12."""
        return not np.iscomplexobj(self.matrices) or bool(np.abs(self.matrices.imag).max() <= 1e-12)

    @property
    def is_unitary(self) -> bool:
        """Whether D(g) D(g)^+ = 1 to 1e-9 for all g; for real matrices: whether they are orthogonal."""
        squares = self.matrices @ self.matrices.conj().swapaxes(1, 2)
        return bool(np.abs(squares - np.eye(self.dimension)).max() <= 1e-9)

    @property
    def is_irreducible(self) -> bool:
        """Whether no proper subspace is invariant over the complex numbers: whether <chi, chi> = 1."""
        chi = self.character
        return bool(abs((np.abs(chi) ** 2 * self.group.class_sizes).sum() / self.group.order - 1) < 1e-6)

    @property
    def character(self) -> NDArray[Any]:
        """The trace of D on each conjugacy class, shape (number of classes,)."""
        first = [members[0] for members in self.group.classes]
        return np.asarray(np.trace(self.matrices[first], axis1=1, axis2=2))

    @property
    def dual(self) -> MatrixRepresentation[E]:
        """The representation on linear forms, D(g^-1)^T: the complex conjugate if D is unitary."""
        matrices = self.matrices[self.group.inverses].swapaxes(1, 2)
        return MatrixRepresentation(self.group, matrices, f"dual {self.name}")

    def matrix(self, g: E) -> NDArray[Any]:
        """Return D(g), shape (dimension, dimension), read-only."""
        out: NDArray[Any] = self.matrices[self.group.index(g)]
        return out

    def __add__(self, other: MatrixRepresentation[E]) -> MatrixRepresentation[E]:
        """Return the direct sum: blocks on the diagonal, the own one first."""
        self._same_group(other)
        n, m = self.dimension, other.dimension
        dtype = np.result_type(self.matrices, other.matrices)
        matrices = np.zeros((self.group.order, n + m, n + m), dtype=dtype)
        matrices[:, :n, :n], matrices[:, n:, n:] = self.matrices, other.matrices
        return MatrixRepresentation(self.group, matrices, f"[{self.name} + {other.name}]")

    def __mul__(self, other: MatrixRepresentation[E]) -> MatrixRepresentation[E]:
        """Return the tensor product; the pair (i, j) has the number i * other.dimension + j."""
        self._same_group(other)
        size = self.dimension * other.dimension
        matrices = np.einsum("gij,gkl->gikjl", self.matrices, other.matrices).reshape(-1, size, size)
        return MatrixRepresentation(self.group, matrices, f"[{self.name} * {other.name}]")

    def restricted(self, subgroup: Subgroup[E]) -> MatrixRepresentation[E]:
        """Return the representation of a subgroup by the same matrices.

        Raises
        ------
        InputError
            If it is a subgroup of another group.
        """
        if subgroup.parent != self.group:
            asked = f"{self!r} restricted to {subgroup!r}"
            raise InputError(asked, "another parent", "use a subgroup of the same group")
        return MatrixRepresentation(subgroup, self.matrices[list(subgroup.members)], self.name)

    def in_basis(self, basis: ArrayLike) -> MatrixRepresentation[E]:
        """Return S^-1 D(g) S for an invertible matrix S, whose columns are the new basis vectors."""
        S = np.asarray(basis)
        if S.shape != (self.dimension, self.dimension):
            raise ShapeError(f"a basis for {self!r}", f"shape {S.shape}", f"give {(self.dimension,) * 2}")
        try:
            inverse = np.linalg.inv(S)
        except np.linalg.LinAlgError:
            raise InputError(f"a basis for {self!r}", "a singular matrix", "give a basis") from None
        return MatrixRepresentation(self.group, inverse @ self.matrices @ S, self.name)

    def as_real(self) -> MatrixRepresentation[E]:
        """Return the same space over the real numbers, all real parts first: twice the dimension."""
        D = self.matrices
        matrices = np.concatenate(
            [np.concatenate([D.real, -D.imag], axis=2), np.concatenate([D.imag, D.real], axis=2)], axis=1
        )
        return MatrixRepresentation(self.group, matrices, f"real {self.name}")

    def _same_group(self, other: MatrixRepresentation[E]) -> None:
        """Refuse a representation of another group."""
        if not isinstance(other, MatrixRepresentation) or other.group != self.group:
            raise InputError(f"{self!r} together with {other!r}", "different groups", "use one group")


def as_matrices(representation: Representation[E]) -> MatrixRepresentation[E]:
    """Return any representation of a finite group by its matrices.

    Raises
    ------
    InputError
        If the group is not finite, or the representation none.

    Examples
    --------
    >>> from lgt.group import Hyperoctahedral, directions
    >>> as_matrices(directions(Hyperoctahedral(2))).character
    array([4., 2., 0., 0., 0.])
    """
    if isinstance(representation, MatrixRepresentation):
        return representation
    group = representation.group
    if not isinstance(group, FiniteGroup):
        raise InputError(f"all matrices of {representation!r}", f"the group {group!r}", "use a finite group")
    name = getattr(representation, "name", type(representation).__name__)
    matrices = np.stack([representation.matrix(g) for g in group.elements])
    return MatrixRepresentation(group, matrices, name)


def natural(group: FiniteGroup[E]) -> MatrixRepresentation[E]:
    """Return a group of matrices as it is: D(g) = g.matrix(), for elements that have one.

    Raises
    ------
    InputError
        If the elements are no matrices.

    Examples
    --------
    >>> from lgt.group import Cyclic
    >>> natural(Cyclic(4)).matrices[1]
    array([[ 0., -1.],
           [ 1.,  0.]])
    """
    if not hasattr(group.identity, "matrix"):
        remedy = "give the matrices to MatrixRepresentation"
        raise InputError(f"the matrices of {group!r}", "elements without matrix()", remedy)
    return MatrixRepresentation(group, np.stack([_matrix_of(g) for g in group.elements]), "natural")


def intertwiners(
    source: MatrixRepresentation[E], target: MatrixRepresentation[E]
) -> NDArray[np.float64] | NDArray[np.complex128]:
    """Return a basis of the linear maps T with T D(g) = D'(g) T for all g, by averaging over the group.

    Parameters
    ----------
    source, target
        D and D', of one group.

    Returns
    -------
    ndarray
        Shape (how many, target.dimension, source.dimension), orthonormal under tr(T^+ T'); float64 if
        both representations are, complex128 otherwise.

    Examples
    --------
    >>> from lgt.group import Hyperoctahedral
    >>> vector = natural(Hyperoctahedral(3))
    >>> intertwiners(vector, vector + vector).shape
    (2, 6, 3)
    """
    source._same_group(target)
    n, m = source.dimension, target.dimension
    back = source.matrices[source.group.inverses]
    # The average of T -> D'(g) T D(g^-1) is a projector on the space of all T, row (a, d), column (b, c).
    mean = np.tensordot(target.matrices, back, axes=(0, 0)) / source.group.order
    projector = mean.transpose(0, 3, 1, 2).reshape(m * n, m * n)
    count = round(float(np.trace(projector).real))
    return np.linalg.svd(projector)[0][:, :count].T.reshape(count, m, n).copy()


def _matrix_of(g: Any) -> NDArray[Any]:
    return np.asarray(g.matrix())
