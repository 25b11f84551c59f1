"""The irreducible representations of a finite group: unitary over the complex numbers, orthogonal over R."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from lgt.errors import CheckError
from lgt.group._character_table import character_table
from lgt.group._finite import FiniteGroup
from lgt.group._matrix_representation import MatrixRepresentation

E = TypeVar("E")


def irreps(group: FiniteGroup[E]) -> tuple[MatrixRepresentation[E], ...]:
    """Return the irreducible representations over the complex numbers, in the order of `character_table`.

    The matrices are unitary and complex128; those with Frobenius-Schur indicator 1 have no imaginary part.
    Their basis is made from random numbers of a fixed seed: it is always the same, but no special one.

    Examples
    --------
    >>> from lgt.group import Hyperoctahedral
    >>> [rho.dimension for rho in irreps(Hyperoctahedral(2))]
    [1, 1, 1, 1, 2]
    >>> irreps(Hyperoctahedral(2))[4]
    irrep_4(B_2)
    """
    return _irreps(group, repr(group))


@lru_cache(maxsize=32)
def _irreps(group: FiniteGroup[E], _: str) -> tuple[MatrixRepresentation[E], ...]:
    """Make `irreps` once; not for an equal group with another name."""
    table = character_table(group)
    made: list[MatrixRepresentation[E]] = []
    for i, dual in enumerate(table.duals):
        if dual < i:  # the conjugate of an earlier one
            matrices = made[dual].matrices.conj()
        else:
            matrices = _matrices(group, table.values[i], real=table.indicators[i] == 1)
        made.append(MatrixRepresentation(group, matrices.astype(np.complex128), f"irrep_{i}"))
    return tuple(made)


def real_irreps(group: FiniteGroup[E]) -> tuple[MatrixRepresentation[E], ...]:
    """Return the irreducible representations over the real numbers, orthogonal, float64.

    A complex representation with indicator 1 gives one of the same dimension; a pair of conjugate ones
    together, or one with indicator -1 alone, gives one of twice the dimension, the first half of whose
    components are the real parts. They come in the order of their first complex constituents: those of C_n
    by frequency, 0, 1, ..., n // 2, as turns by that multiple of the angle.

    Examples
    --------
    >>> from lgt.group import Cyclic
    >>> [rho.dimension for rho in real_irreps(Cyclic(4))]
    [1, 2, 1]
    >>> real_irreps(Cyclic(4))[1].matrices[1]
    array([[ 0., -1.],
           [ 1.,  0.]])
    """
    return _real_irreps(group, repr(group))


@lru_cache(maxsize=32)
def _real_irreps(group: FiniteGroup[E], _: str) -> tuple[MatrixRepresentation[E], ...]:
    """Make `real_irreps` once; not for an equal group with another name."""
    table = character_table(group)
    found: list[MatrixRepresentation[E]] = []
    for rho, i, dual, indicator in zip(
        irreps(group), range(group.order), table.duals, table.indicators, strict=False
    ):
        if dual >= i:
            matrices = rho.matrices.real if indicator == 1 else rho.as_real().matrices
            found.append(MatrixRepresentation(group, matrices, f"real_irrep_{len(found)}"))
    return tuple(found)


def _matrices(group: FiniteGroup[Any], chi: NDArray[np.complex128], real: bool) -> NDArray[Any]:
    """Return unitary matrices of an irreducible representation with character chi; orthogonal if real.

    The group acts from the left on the functions on itself. The part that belongs to chi holds d copies of
    the representation, of dimension d; a random hermitian combination of the actions from the right
    commutes with the left one, so that its eigenspaces are copies, one for each eigenvalue.

    If the columns of V span such a space, D(g) = V^+ L(g) V. An error e of the space, of the rounding of an
    eigenvector, makes D wrong by a change of basis alone, and D(g) D(h) - D(gh) of the order e^2.
    """
    identity = group.class_of[group.identity_index]
    d = round(float(chi[identity].real))
    values = (chi.real if real else chi)[group.class_of]
    if d == 1:
        return values[:, None, None]
    rng = np.random.default_rng(0)
    table, order = group.product_table, group.order
    # Rows i, columns j: chi(g_i g_j^-1) projects on the part, a(g_i^-1 g_j) acts from the right.
    projector = d / order * values.conj()[table[:, group.inverses]]
    part = _orthonormal(projector @ _orthonormal(projector @ _random(rng, (order, d * d), real)))
    a = _random(rng, (order,), real)
    right = (a + a[group.inverses].conj())[table[group.inverses]]
    eigenvalues, vectors = np.linalg.eigh(part.conj().T @ right @ part)
    copies = eigenvalues.reshape(d, d)
    gaps = np.concatenate([[np.inf], copies[1:, 0] - copies[:-1, -1], [np.inf]])
    best = int(np.minimum(gaps[1:], gaps[:-1]).argmax())  # the copy farthest from its neighbours
    V = part @ vectors[:, best * d : (best + 1) * d]
    # Fixed vectors projected on the copy: a basis that does not depend on the choice of eigenvectors.
    V = _orthonormal(V @ (V.conj().T @ _random(rng, (order, d), real)))
    D = np.empty((order, d, d), dtype=V.dtype)
    for g in range(order):
        D[g] = V.conj().T @ V[table[group.inverses[g]]]
    D[group.identity_index] = np.eye(d)
    wrong = np.abs(np.trace(D, axis1=1, axis2=2) - values).max()
    if not wrong < 1e-10:
        raise CheckError(
            f"an irreducible representation of {group!r}", f"traces off by {wrong:.3g}", "report it"
        )
    return D


def _random(rng: np.random.Generator, shape: tuple[int, ...], real: bool) -> NDArray[Any]:
    """Return normal variates, complex ones unless real."""
    out = rng.standard_normal(shape)
    return out if real else out + 1j * rng.standard_normal(shape)


def _orthonormal(columns: NDArray[Any]) -> NDArray[Any]:
    """Return an orthonormal basis of the span of the columns: that of Gram and Schmidt, which is unique."""
    Q, R = np.linalg.qr(columns)
    diagonal = np.diagonal(R)
    return np.asarray(Q * (diagonal / np.abs(diagonal)))
