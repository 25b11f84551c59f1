"""The characters of a finite group, exactly: Burnside's method in Dixon's form, modulo a prime.

J. D. Dixon, High speed computation of group characters, Numer. Math. 10 (1967) 446. For an irreducible
character chi of degree d, omega(C) = |C| chi(C) / d turns products of class sums into products of numbers,
so that the vectors (omega(C)) are the common eigenvectors of the matrices of class constants. If the prime p
is 1 modulo the exponent of the group, all of them lie in the integers modulo p, where nothing is rounded;
p > 2 sqrt(order) tells the degrees apart. Dixon splits eigenspaces class by class; here p is larger, and one
random combination of all class matrices has different eigenvalues on all of them.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lgt.group._finite import FiniteGroup, Indices


def exact_characters(group: FiniteGroup[Any]) -> tuple[Indices, list[Indices]]:
    """Return the irreducible characters by the multiplicities of their eigenvalues.

    Returns
    -------
    degrees
        Shape (number of classes,), in no special order of the irreducible representations.
    multiplicities
        For each class, of elements of order n, an integer array of shape (number of classes, n): how
        often exp(2 pi i s / n) is an eigenvalue of its elements, for each irreducible representation.

    Raises
    ------
    CheckError
        If the axioms do not hold: the search below ends only for a group.
    """
    group.check_axioms(np.random.default_rng(0), samples=0)
    k, sizes = len(group.classes), group.class_sizes
    first = np.array([members[0] for members in group.classes])
    orders = group.element_orders[first]
    exponent = math.lcm(*orders.tolist())
    p = _prime(exponent, max(8 * k * k, 2 * math.isqrt(group.order) + 3))
    omega = _eigenvectors(group, first, p)
    # sum over g of chi(g) chi(g^-1) = order gives the degree
    inverse_class = group.class_of[group.inverses[first]]
    per_element = omega * _inverses(sizes, p) % p
    squares = group.order * _inverses((per_element * omega[:, inverse_class] % p).sum(axis=1) % p, p) % p
    root_of = {d * d % p: d for d in range(1, math.isqrt(group.order) + 1)}
    degrees = np.array([root_of[int(square)] for square in squares], dtype=np.int64)
    chi = degrees[:, None] * per_element % p
    z = _root_of_unity(exponent, p)
    multiplicities = []
    for c, n in enumerate(orders.tolist()):
        powers = [group.identity_index]
        for _ in range(n - 1):
            powers.append(int(group.product_table[powers[-1], first[c]]))
        roots = [pow(z, -exponent // n * j, p) for j in range(n)]
        fourier = np.array(roots)[np.outer(np.arange(n), np.arange(n)) % n]
        multiplicities.append(chi[:, group.class_of[powers]] @ fourier % p * pow(n, -1, p) % p)
    return degrees, multiplicities


def _eigenvectors(group: FiniteGroup[Any], first: Indices, p: int) -> Indices:
    """Return omega of each class modulo p, a row for each irreducible character."""
    k = len(first)
    rng = np.random.default_rng(0)
    # x^-1 z for each x, and z the first element of each class: to which class it belongs
    labels = group.class_of[group.product_table[group.inverses][:, first]]
    cells = labels * k + np.arange(k)
    while True:
        weights = rng.integers(p, size=k)[group.class_of]
        # M_jl = sum over i of weight_i times the number of ways to write z_l = x y, x in C_i, y in C_j
        flat = np.bincount(cells.ravel(), np.repeat(weights, k).astype(np.float64), minlength=k * k)
        M = flat.astype(np.int64).reshape(k, k) % p
        krylov = np.empty((k + 1, k), dtype=np.int64)
        krylov[0] = rng.integers(p, size=k)
        for j in range(k):
            krylov[j + 1] = M @ krylov[j] % p
        relation = _solve(krylov[:k].T, krylov[k], p)
        if relation is None:
            continue
        polynomial = np.append(-relation % p, 1)  # of lowest degree with polynomial(M) v = 0
        values, x = np.zeros(p, dtype=np.int64), np.arange(p)
        for coefficient in polynomial[::-1]:
            values = (values * x + coefficient) % p
        eigenvalues = np.flatnonzero(values == 0)
        if len(eigenvalues) < k:
            continue
        quotients = np.empty((k, k), dtype=np.int64)  # polynomial / (x - eigenvalue), lowest power first
        quotients[:, -1] = 1
        for j in range(k - 1, 0, -1):
            quotients[:, j - 1] = (polynomial[j] + eigenvalues * quotients[:, j]) % p
        omega = quotients @ krylov[:k] % p
        scale = _inverses(omega[:, group.class_of[group.identity_index]], p)
        return np.asarray(omega * scale[:, None] % p)


def _solve(A: Indices, b: Indices, p: int) -> Indices | None:
    """Return the x with A x = b modulo p by elimination, None if A is singular."""
    rows = np.column_stack([A, b]) % p
    for c in range(len(A)):
        pivots = np.flatnonzero(rows[c:, c])
        if not len(pivots):
            return None
        rows[[c, c + pivots[0]]] = rows[[c + pivots[0], c]]
        rows[c] = rows[c] * pow(int(rows[c, c]), -1, p) % p
        factors = rows[:, c].copy()
        factors[c] = 0
        rows = (rows - factors[:, None] * rows[c]) % p
    return rows[:, -1]


def _inverses(values: Indices, p: int) -> Indices:
    """Return the inverses modulo p."""
    return np.array([pow(int(v), -1, p) for v in values], dtype=np.int64)


def _prime(step: int, at_least: int) -> int:
    """Return the smallest prime >= at_least that is 1 modulo step."""
    p = (at_least + step - 2) // step * step + 1
    while p < 2 or any(p % q == 0 for q in range(2, math.isqrt(p) + 1)):
        p += step
    return p


def _root_of_unity(n: int, p: int) -> int:
    """Return a number whose powers modulo p are all n-th roots of 1; n divides p - 1."""
    primes = [q for q in range(2, n + 1) if n % q == 0 and all(q % r for r in range(2, math.isqrt(q) + 1))]
    x = 2
    while True:
        z = pow(x, (p - 1) // n, p)
        if all(pow(z, n // q, p) != 1 for q in primes):
            return z
        x += 1
