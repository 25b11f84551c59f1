"""Heat bath, Metropolis and over-relaxation written a second time, slowly, with whole matrices and numpy.

The oracle of the kernels in `lgt.update`: the random numbers come from `lgt.rng` (plain numpy, held to the
published vectors), the staples from `lgt.action` (the loop code), and nothing from `lgt.kernels`.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from lgt.action import Wilson
from lgt.lattice import Lattice
from lgt.rng import Purpose, Stream

PAULI = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])


def nearest_su2(w: np.ndarray) -> tuple[float, np.ndarray]:
    """k and v in SU(2) with ``Re tr(g w) = k Re tr(g v)`` for all g in SU(2): x_mu = Re tr(sigma_mu w)/2."""
    x = np.array([np.trace(w).real, *(np.trace(-1j * s @ w).real for s in PAULI)]) / 2
    k = float(np.linalg.norm(x))
    return k, (x[0] * np.eye(2) + 1j * np.tensordot(x[1:], PAULI, axes=1)) / k


def drawn_su2(a: float, attempts: int, **address: object) -> np.ndarray | None:
    """Kennedy-Pendleton for a >= 1.6, Creutz below, with the counters of the recipe."""
    stream: Stream = address.pop("stream")  # type: ignore[assignment]
    for attempt in range(attempts):
        r1, r2 = stream.uniform(**address, block=0, attempt=attempt)
        if a >= 1.6:
            r3, r4 = stream.uniform(**address, block=1, attempt=attempt)
            d = -np.log(r2) / a - np.log(r1) / a * np.cos(2 * np.pi * r3) ** 2
            x0, accepted = 1 - d, r4**2 <= 1 - d / 2
        else:
            x0 = 1 + np.log(r1 + (1 - r1) * np.exp(-2 * a)) / a if a > 0 else 2 * r1 - 1
            accepted = r2**2 <= 1 - x0**2
        if accepted:
            u, v = stream.uniform(**address, block=2, attempt=0)
            z = 2 * u - 1
            n = np.array(
                [np.sqrt(1 - z**2) * np.cos(2 * np.pi * v), np.sqrt(1 - z**2) * np.sin(2 * np.pi * v), z]
            )
            return x0 * np.eye(2) + 1j * np.sqrt(1 - x0**2) * np.tensordot(n, PAULI, axes=1)
    return None


def drawn_angle(kappa: float, attempts: int, **address: object) -> float | None:
    """Best and Fisher's algorithm as they print it, for the von Mises distribution."""
    stream: Stream = address.pop("stream")  # type: ignore[assignment]
    tau = 1 + np.sqrt(1 + 4 * kappa**2)
    rho = (tau - np.sqrt(2 * tau)) / (2 * kappa)
    r = (1 + rho**2) / (2 * rho)
    for attempt in range(attempts):
        u1, u2 = stream.uniform(**address, block=0, attempt=attempt)
        phi = np.pi * (2 * u1 - 1)
        f = (1 + r * np.cos(phi)) / (r + np.cos(phi))
        c = kappa * (r - f)
        if np.log(c / u2) + 1 - c >= 0:
            return float(np.sign(phi) * np.arccos(f))
    return None


def heated_link(
    u: np.ndarray, staple: np.ndarray, beta: float, attempts: int = 64, **address: object
) -> np.ndarray:
    """One link after its heat bath."""
    N = u.shape[0]
    if N == 1:
        angle = drawn_angle(beta * abs(staple[0, 0]), attempts, **address)
        return u if angle is None else np.exp(1j * (angle - np.angle(staple)))
    for subgroup, (i, j) in enumerate(combinations(range(N), 2)):
        k, v = nearest_su2((u @ staple)[np.ix_([i, j], [i, j])])
        h = drawn_su2(2 * beta * k / N, attempts, subgroup=subgroup, **address)
        if h is not None:
            u = embedded(h @ v.conj().T, i, j, N) @ u
    return u


def reflected_link(u: np.ndarray, staple: np.ndarray) -> np.ndarray:
    """One link after its over-relaxation."""
    N = u.shape[0]
    if N == 1:
        return np.exp(1j * (-np.angle(u) - 2 * np.angle(staple)))
    for i, j in combinations(range(N), 2):
        _, v = nearest_su2((u @ staple)[np.ix_([i, j], [i, j])])
        u = embedded(v.conj().T @ v.conj().T, i, j, N) @ u
    return u


def moved_link(
    u: np.ndarray, staple: np.ndarray, beta: float, hits: int, step: float, **address: object
) -> tuple[np.ndarray, int]:
    """One link after some hits of Metropolis, and how many were refused."""
    N, refused = u.shape[0], 0
    stream: Stream = address.pop("stream")  # type: ignore[assignment]
    for hit in range(hits):
        for subgroup, (i, j) in enumerate(combinations(range(N), 2)) if N > 1 else [(0, (0, 0))]:
            at = {**address, "subgroup": subgroup, "attempt": hit}
            r1, r2 = stream.uniform(**at, block=0)
            if N == 1:
                new, accept = np.exp(1j * np.pi * step * (2 * r1 - 1)) * u, r2
            else:
                r3, accept = stream.uniform(**at, block=1)
                z, angle = 2 * r1 - 1, 2 * np.pi * r2
                n = np.array([np.sqrt(1 - z**2) * np.cos(angle), np.sqrt(1 - z**2) * np.sin(angle), z])
                x = step * r3 * n
                g = np.sqrt(1 - x @ x) * np.eye(2) + 1j * np.tensordot(x, PAULI, axes=1)
                new = embedded(g, i, j, N) @ u
            if accept <= np.exp(beta / N * np.trace((new - u) @ staple).real):
                u = new
            else:
                refused += 1
    return u, refused


def embedded(g: np.ndarray, i: int, j: int, N: int) -> np.ndarray:
    """The SU(2) matrix g in rows and columns i and j of the unit matrix."""
    out = np.eye(N, dtype=complex)
    out[np.ix_([i, j], [i, j])] = g
    return out


def visits(links: np.ndarray) -> Iterator[tuple[int, tuple[int, ...], int, np.ndarray]]:
    """Direction, coordinates, site number and present staple of every link in the order of a sweep."""
    d = links.shape[0]
    lattice = Lattice(links.shape[1 : 1 + d])
    for mu in range(d):
        for colour in range(lattice.n_colours):
            for x in np.flatnonzero(lattice.colours == colour):
                at = tuple(lattice.coordinates[x])
                yield mu, at, int(x), Wilson(1.0).staple(links, d)[(mu, *at)]


def heat_sweep(links: np.ndarray, beta: float, stream: Stream, number: int) -> np.ndarray:
    """A configuration after a heat bath of all links."""
    links = links.copy()
    for mu, at, x, staple in visits(links):
        address = {"stream": stream, "site": x, "mu": mu, "purpose": Purpose.HEATBATH, "update": number}
        links[(mu, *at)] = heated_link(links[(mu, *at)], staple, beta, **address)
    return links


def metropolis_sweep(
    links: np.ndarray, beta: float, hits: int, step: float, stream: Stream, number: int
) -> tuple[np.ndarray, int]:
    """A configuration after Metropolis of all links, and the refused proposals."""
    links, refused = links.copy(), 0
    for mu, at, x, staple in visits(links):
        address = {"stream": stream, "site": x, "mu": mu, "purpose": Purpose.METROPOLIS, "update": number}
        links[(mu, *at)], more = moved_link(links[(mu, *at)], staple, beta, hits, step, **address)
        refused += more
    return links, refused


def reflect_sweep(links: np.ndarray) -> np.ndarray:
    """A configuration after an over-relaxation of all links."""
    links = links.copy()
    for mu, at, _, staple in visits(links):
        links[(mu, *at)] = reflected_link(links[(mu, *at)], staple)
    return links
