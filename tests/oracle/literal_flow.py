"""Flow, smearing and clover charge written out site by site: the oracle of the packed and vectorised ones.

It shares no code with the package. One configuration of shape (d, *extents, N, N); slow on purpose.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

Complex = NDArray[np.complex128]
Site = tuple[int, ...]


def sites(links: Complex) -> Iterator[Site]:
    return product(*(range(extent) for extent in links.shape[1:-2]))


def walk(links: Complex, start: Site, steps: tuple[int, ...]) -> Complex:
    """The product of links along steps: mu forward, ~mu backward."""
    extents, x = links.shape[1:-2], list(start)
    result = np.eye(links.shape[-1], dtype=complex)
    for step in steps:
        mu = step if step >= 0 else ~step
        if step < 0:
            x[mu] = (x[mu] - 1) % extents[mu]
        U = links[(mu, *x)]
        result = result @ (U if step >= 0 else U.conj().T)
        if step >= 0:
            x[mu] = (x[mu] + 1) % extents[mu]
    return result


def loops_through(mu: int, d: int, c1: float) -> list[tuple[float, tuple[int, ...]]]:
    """Weights and steps of all plaquettes and 2 x 1 rectangles that begin with the link in direction mu."""
    found = []
    for axis in range(d):
        for nu in (axis, ~axis):
            if axis != mu:
                found.append((1 - 8 * c1, (mu, nu, ~mu, ~nu)))
                if c1:
                    found.append((c1, (mu, mu, nu, ~mu, ~mu, ~nu)))
                    found.append((c1, (mu, nu, ~mu, ~mu, ~nu, mu)))
                    found.append((c1, (mu, nu, nu, ~mu, ~nu, ~nu)))
    return found


def algebra_part(M: Complex) -> Complex:
    N = len(M)
    A = (M - M.conj().T) / 2
    return A if N == 1 else A - np.trace(A) / N * np.eye(N)


def descent(links: Complex, c1: float = 0.0) -> Complex:
    """Z = -TA(X) of every link."""
    Z, d = np.empty_like(links), len(links)
    for mu in range(d):
        loops = loops_through(mu, d, c1)
        for x in sites(links):
            X = sum(weight * walk(links, x, steps) for weight, steps in loops)
            Z[(mu, *x)] = -algebra_part(np.asarray(X))
    return Z


def moved(links: Complex, X: Complex) -> Complex:
    """exp(X) U of every link, by scipy."""
    result = np.empty_like(links)
    for mu in range(len(links)):
        for x in sites(links):
            result[(mu, *x)] = scipy.linalg.expm(X[(mu, *x)]) @ links[(mu, *x)]
    return result


def runge_kutta(links: Complex, step: float, c1: float = 0.0) -> Complex:
    """One step of Luscher's scheme, as printed (JHEP 08 (2010) 071, eq. C.4)."""
    Z0 = descent(links, c1)
    W1 = moved(links, step / 4 * Z0)
    Z1 = descent(W1, c1)
    W2 = moved(W1, step * (8 / 9 * Z1 - 17 / 36 * Z0))
    Z2 = descent(W2, c1)
    return moved(W2, step * (3 / 4 * Z2 - 8 / 9 * Z1 + 17 / 36 * Z0))


def stout(links: Complex, rho: float) -> Complex:
    return moved(links, rho * descent(links))


def projected(M: Complex) -> Complex:
    """The polar factor, then its determinant's phase shared out among the rows."""
    W, _ = scipy.linalg.polar(M)
    N = len(M)
    return np.asarray(W if N == 1 else W * np.exp(-1j * np.angle(np.linalg.det(W)) / N))


def ape(links: Complex, alpha: float, directions: tuple[int, ...]) -> Complex:
    """Links of the directions averaged with their staples within these directions."""
    result = links.copy()
    for mu in directions:
        sides = [nu for axis in directions if axis != mu for nu in (axis, ~axis)]
        for x in sites(links):
            total = sum(walk(links, x, (nu, mu, ~nu)) for nu in sides)
            U = (1 - alpha) * links[(mu, *x)] + alpha / len(sides) * np.asarray(total)
            result[(mu, *x)] = projected(U)
    return result


def field_strength(links: Complex, x: Site, mu: int, nu: int) -> Complex:
    """TA of the mean of the four leaves."""
    leaves = ((mu, nu, ~mu, ~nu), (nu, ~mu, ~nu, mu), (~mu, ~nu, mu, nu), (~nu, mu, nu, ~mu))
    return algebra_part(np.asarray(sum(walk(links, x, leaf) for leaf in leaves))) / 4


def energy_plaquette(links: Complex) -> float:
    """Mean over sites of 2 sum Re tr(1 - P)."""
    d, N, total, volume = len(links), links.shape[-1], 0.0, 0
    for x in sites(links):
        volume += 1
        for mu in range(d):
            for nu in range(mu):
                total += 2 * (N - np.trace(walk(links, x, (mu, nu, ~mu, ~nu))).real)
    return total / volume


def energy_clover(links: Complex) -> float:
    """Mean over sites of -sum tr F F."""
    d, total, volume = len(links), 0.0, 0
    for x in sites(links):
        volume += 1
        for mu in range(d):
            for nu in range(mu):
                F = field_strength(links, x, mu, nu)
                total -= np.trace(F @ F).real
    return total / volume


def charge(links: Complex) -> float:
    """-(1/32 pi^2) sum epsilon_{klmn} tr F_kl F_mn in four dimensions."""
    total = 0.0
    for x in sites(links):
        F = {(mu, nu): field_strength(links, x, mu, nu) for mu in range(4) for nu in range(4) if mu != nu}
        for mu, nu, rho, sigma in product(range(4), repeat=4):
            sign = int(np.linalg.det(np.eye(4)[[mu, nu, rho, sigma]]).round())
            if sign:
                total -= sign * np.trace(F[mu, nu] @ F[rho, sigma]).real
    return total / (32 * np.pi**2)


def largest_trace(U: Complex, A: Complex) -> Complex:
    """The V near U with the largest Re tr(V A): the best of each SU(2) subgroup in turn, many times over."""
    N = len(U)
    if N == 1:
        return A.conj() / abs(A)
    for _ in range(300):
        for i in range(N):
            for j in range(i + 1, N):
                X = (U @ A)[np.ix_((i, j), (i, j))]
                # Re tr(g X) over g in SU(2) is largest at the dagger of the part of X in R SU(2).
                part = (X + np.array([[X[1, 1], -X[1, 0]], [-X[0, 1], X[0, 0]]]).conj()) / 2
                g = np.eye(N, dtype=complex)
                g[np.ix_((i, j), (i, j))] = part.conj().T / np.sqrt(np.linalg.det(part).real)
                U = g @ U
    return U


def cooled(links: Complex) -> Complex:
    """Every link once, direction by direction, even sites before odd ones; extents must be even."""
    links, d = links.copy(), len(links)
    assert all(extent % 2 == 0 for extent in links.shape[1:-2])
    for mu in range(d):
        for parity in (0, 1):
            for x in sites(links):
                if sum(x) % 2 == parity:
                    end = tuple((n + (k == mu)) % links.shape[1 + k] for k, n in enumerate(x))
                    loops = loops_through(mu, d, 0.0)
                    A = np.asarray(sum(walk(links, end, steps[1:]) for _, steps in loops))
                    links[(mu, *x)] = largest_trace(links[(mu, *x)], A)
    return links
