"""The straightforward sweeps of the first version: one link after the other, in complex numbers.

Frozen: the oracle of the packed kernels (same counters, so the same links up to rounding) and the yardstick
of `scripts/benchmark_generator.py`. It shares no code with the package but the numbering of sites.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from lgt.lattice import Lattice

Complex = NDArray[np.complex128]
SiteTable = NDArray[np.uintp]


def kernel(function: Callable[..., Any]) -> Any:
    return numba.njit(nogil=True, error_model="numpy")(function)


def inline_kernel(function: Callable[..., Any]) -> Any:
    return numba.njit(nogil=True, error_model="numpy", forceinline=True)(function)


# Mixing unsigned and signed integers gives floats in numba, so that every constant here is unsigned.
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_DROP = np.uint64(12)
_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_ULP = 2.0**-52


@inline_kernel
def philox4x32(
    c0: np.uint64, c1: np.uint64, c2: np.uint64, c3: np.uint64, k0: np.uint64, k1: np.uint64
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    """Ten rounds of Philox4x32 on counter words c and key words k, each 32 bits in a uint64."""
    for _ in range(10):
        p0 = _M0 * c0
        p1 = _M1 * c2
        c0 = (p1 >> _HALF) ^ c1 ^ k0
        c1 = p1 & _LOW
        c2 = (p0 >> _HALF) ^ c3 ^ k1
        c3 = p0 & _LOW
        k0 = (k0 + _W0) & _LOW
        k1 = (k1 + _W1) & _LOW
    return c0, c1, c2, c3


@inline_kernel
def uniforms(
    c0: np.uint64, c1: np.uint64, c2: np.uint64, c3: np.uint64, k0: np.uint64, k1: np.uint64
) -> tuple[float, float]:
    """Two uniforms in (0, 1] of 52 bits each from one counter; see `lgt.rng` for the order of the words."""
    r0, r1, r2, r3 = philox4x32(c0, c1, c2, c3, k0, k1)
    a = (r0 | (r1 << _HALF)) >> _DROP
    b = (r2 | (r3 << _HALF)) >> _DROP
    # 2 - (1 + k 2^-52), the recipe's bit cast, is 1 - k 2^-52 exactly: both fit 53 bits.
    return 1.0 - np.int64(a) * _ULP, 1.0 - np.int64(b) * _ULP


Complex = NDArray[np.complex128]


@inline_kernel
def clear(out: Complex, size: tuple[int, ...]) -> None:
    """Set `out` to zero."""
    for i in range(len(size)):
        for j in range(len(size)):
            out[i, j] = 0.0


@inline_kernel
def multiply(a: Complex, b: Complex, out: Complex, size: tuple[int, ...]) -> None:
    """``out = a b``; `out` is another array than the factors."""
    for i in range(len(size)):
        for j in range(len(size)):
            s = a[i, 0] * b[0, j]
            for k in range(1, len(size)):
                s += a[i, k] * b[k, j]
            out[i, j] = s


@inline_kernel
def add_product_dagger(a: Complex, b: Complex, out: Complex, size: tuple[int, ...]) -> None:
    """``out += a b^+``."""
    for i in range(len(size)):
        for j in range(len(size)):
            s = out[i, j]
            for k in range(len(size)):
                s += a[i, k] * np.conj(b[j, k])
            out[i, j] = s


@inline_kernel
def add_dagger_product(a: Complex, b: Complex, out: Complex, size: tuple[int, ...]) -> None:
    """``out += a^+ b``."""
    for i in range(len(size)):
        for j in range(len(size)):
            s = out[i, j]
            for k in range(len(size)):
                s += np.conj(a[k, i]) * b[k, j]
            out[i, j] = s


@inline_kernel
def rotate_rows(u: Complex, i: int, j: int, al: complex, be: complex, size: tuple[int, ...]) -> None:
    """Multiply `u` from the left by the SU(2) matrix ((al, be), (-be*, al*)) in rows i and j."""
    for k in range(len(size)):
        upper = u[i, k]
        lower = u[j, k]
        u[i, k] = al * upper + be * lower
        u[j, k] = np.conj(al) * lower - np.conj(be) * upper


@inline_kernel
def block_of_product(
    u: Complex, a: Complex, i: int, j: int, size: tuple[int, ...]
) -> tuple[complex, complex, complex, complex]:
    """Entries (i,i), (i,j), (j,i), (j,j) of ``u a``."""
    w00 = u[i, 0] * a[0, i]
    w01 = u[i, 0] * a[0, j]
    w10 = u[j, 0] * a[0, i]
    w11 = u[j, 0] * a[0, j]
    for k in range(1, len(size)):
        w00 += u[i, k] * a[k, i]
        w01 += u[i, k] * a[k, j]
        w10 += u[j, k] * a[k, i]
        w11 += u[j, k] * a[k, j]
    return w00, w01, w10, w11


@inline_kernel
def _determinant(u: Complex, work: Complex, size: tuple[int, ...]) -> complex:
    """Determinant by elimination with row pivots; `work` is overwritten."""
    N = len(size)
    for i in range(N):
        for j in range(N):
            work[i, j] = u[i, j]
    det = 1.0 + 0.0j
    for c in range(N):
        pivot = c
        for i in range(c + 1, N):
            if abs(work[i, c]) > abs(work[pivot, c]):
                pivot = i
        if pivot != c:
            det = -det
            for j in range(N):
                work[c, j], work[pivot, j] = work[pivot, j], work[c, j]
        det *= work[c, c]
        for i in range(c + 1, N):
            factor = work[i, c] / work[c, c]
            for j in range(c + 1, N):
                work[i, j] -= factor * work[c, j]
    return det


@kernel
def reunitarise(links: Complex, size: tuple[int, ...]) -> None:
    """Gram-Schmidt on the rows of every matrix, then the last row turned so that the determinant is 1.

    For N = 1 the number keeps its phase. `links` has the shape (d, volume, N, N) and is changed in place.
    """
    N = len(size)
    work = np.empty((N, N), dtype=np.complex128)
    for mu in range(links.shape[0]):
        for x in range(links.shape[1]):
            u = links[mu, x]
            for i in range(N):
                for r in range(i):
                    overlap = 0.0j
                    for k in range(N):
                        overlap += np.conj(u[r, k]) * u[i, k]
                    for k in range(N):
                        u[i, k] -= overlap * u[r, k]
                norm = 0.0
                for k in range(N):
                    norm += u[i, k].real ** 2 + u[i, k].imag ** 2
                scale = 1.0 / np.sqrt(norm)
                for k in range(N):
                    u[i, k] *= scale
            if N > 1:
                det = _determinant(u, work, size)
                phase = np.conj(det) / abs(det)
                for k in range(N):
                    u[N - 1, k] *= phase


@inline_kernel
def wilson_staple(
    links: Complex,
    up: SiteTable,
    down: SiteTable,
    mu: int,
    x: np.uintp,
    staple: Complex,
    work: Complex,
    size: tuple[int, ...],
) -> None:
    """Write A with tr(U A) = sum of the traces of all plaquettes that contain U = U_mu(x).

    ``A = sum_{nu != mu} U_nu(x+mu) U_mu(x+nu)^+ U_nu(x)^+ + U_nu(x+mu-nu)^+ U_mu(x-nu)^+ U_nu(x-nu)``.
    `links` has the shape (d, volume, N, N); `work` is overwritten.
    """
    clear(staple, size)
    end = up[mu, x]
    for nu in range(links.shape[0]):
        if nu != mu:
            multiply(links[nu, x], links[mu, up[nu, x]], work, size)
            add_product_dagger(links[nu, end], work, staple, size)
            back = down[nu, x]
            multiply(links[mu, back], links[nu, up[mu, back]], work, size)
            add_dagger_product(work, links[nu, back], staple, size)


#: Kennedy-Pendleton accepts more often than Creutz above about this value.
CROSSING = 1.6
_SMALL = 1e-100
_ZERO = np.uint64(0)
_BLOCK_1 = np.uint64(1 << 24)
_BLOCK_2 = np.uint64(2 << 24)


@inline_kernel
def draw_su2(
    a: float,
    site: np.uint64,
    word: np.uint64,
    number: np.uint64,
    attempts: np.uint64,
    seed: np.uint64,
    chain: np.uint64,
) -> tuple[bool, complex, complex]:
    """An SU(2) matrix h with weight exp(a x0), ``x0 = Re tr h / 2``, as its first row (al, be).

    Kennedy and Pendleton, Phys. Lett. B 156 (1985) 393, for a >= 1.6; Creutz, Phys. Rev. D 21 (1980) 2308,
    below, which for a = 0 is the Haar measure. The first result says whether one of the attempts was
    accepted; if not, the other two mean nothing.
    """
    accepted = False
    delta = 0.0  # 1 - x0, which keeps its digits near x0 = 1
    trial = _ZERO
    while trial < attempts:
        r1, r2 = uniforms(site, word, number, trial, seed, chain)
        if a >= CROSSING:
            r3, r4 = uniforms(site, word | _BLOCK_1, number, trial, seed, chain)
            c = math.cos(2.0 * math.pi * r3)
            delta = -(math.log(r2) + math.log(r1) * c * c) / a
            accepted = r4 * r4 <= 1.0 - 0.5 * delta
        else:
            # -ln(r + (1-r) exp(-2a)) / a without cancellation, and its limit
            spread = 1.0 - r1
            delta = -math.log1p(spread * math.expm1(-2.0 * a)) / a if a > _SMALL else 2.0 * spread
            accepted = r2 * r2 <= delta * (2.0 - delta)
        if accepted:
            break
        # r1 > 0 always. Were the step a plain 1, LLVM would count the trips and compute 16 attempts at once
        # in SIMD lanes, for the one that is needed.
        trial += np.uint64(r1 > 0.0)
    u, v = uniforms(site, word | _BLOCK_2, number, _ZERO, seed, chain)
    length = math.sqrt(max(delta * (2.0 - delta), 0.0))
    z = 2.0 * u - 1.0
    radius = length * math.sqrt(max(1.0 - z * z, 0.0))
    angle = 2.0 * math.pi * v
    return (
        accepted,
        complex(1.0 - delta, length * z),
        complex(radius * math.sin(angle), radius * math.cos(angle)),
    )


@inline_kernel
def draw_u1(
    kappa: float,
    site: np.uint64,
    word: np.uint64,
    number: np.uint64,
    attempts: np.uint64,
    seed: np.uint64,
    chain: np.uint64,
) -> tuple[bool, complex]:
    """A phase e^{i theta} with weight exp(kappa cos theta), kappa >= 0.

    Best and Fisher, Applied Statistics 28 (1979) 152: a wrapped Cauchy trial. Here it is made as the
    Moebius image of a uniform phase and all quantities are written without cancellation, so that kappa may
    be as small as 0 (where every trial is accepted) or very large.
    """
    tau = 1.0 + math.sqrt(1.0 + 4.0 * kappa * kappa)
    scale = tau + math.sqrt(2.0 * tau)
    rho = 2.0 * kappa / scale
    gap = (scale - 2.0 * kappa) / scale * (1.0 + rho)  # 1 - rho^2
    trial = _ZERO
    while trial < attempts:
        r1, r2 = uniforms(site, word, number, trial, seed, chain)
        angle = math.pi * (2.0 * r1 - 1.0)
        z = math.cos(angle)
        stretch = 1.0 + rho * rho + 2.0 * rho * z
        c = 0.25 * scale * gap * gap / stretch
        if r2 <= c * math.exp(1.0 - c):
            return True, complex(
                (2.0 * rho + (1.0 + rho * rho) * z) / stretch, gap * math.sin(angle) / stretch
            )
        trial += np.uint64(r1 > 0.0)  # as in `draw_su2`
    return False, 1.0 + 0.0j


#: Attempts of a rejection step before the old value stays. That is exact, since the probability of it
#: depends on the staple alone; at 0.5 or more acceptance it never happens in practice.
ATTEMPTS = 64
#: Below this size a staple has no usable direction, and its weight is 1 to rounding.
TINY = 1e-100
_PURPOSE = 1


@inline_kernel
def heat_link(
    u: Complex,
    staple: Complex,
    beta: float,
    site: np.uint64,
    mu: int,
    number: np.uint64,
    attempts: np.uint64,
    seed: np.uint64,
    chain: np.uint64,
    size: tuple[int, ...],
) -> int:
    """Heat bath of one link with weight exp((beta/N) Re tr(u staple)); returns the exhausted draws.

    Cabibbo and Marinari, Phys. Lett. B 119 (1982) 387: all subgroups (i, j), i < j, in lexicographic order.
    """
    N = len(size)
    exhausted = 0
    word = mu | _PURPOSE << 16
    if N == 1:
        a = staple[0, 0]
        modulus = abs(a)
        accepted, phase = draw_u1(beta * modulus, site, np.uint64(word), number, attempts, seed, chain)
        if accepted:
            u[0, 0] = phase * (np.conj(a) / modulus) if modulus > TINY else phase
        return 0 if accepted else 1
    subgroup = 0
    for i in range(N - 1):
        for j in range(i + 1, N):
            w00, w01, w10, w11 = block_of_product(u, staple, i, j, size)
            # w = k v + (what the trace does not see), v = ((v0, v1), (-v1*, v0*)) in SU(2)
            v0 = 0.5 * (w00 + np.conj(w11))
            v1 = 0.5 * (w01 - np.conj(w10))
            k = math.sqrt(v0.real**2 + v0.imag**2 + v1.real**2 + v1.imag**2)
            accepted, h0, h1 = draw_su2(
                2.0 * beta * k / N, site, np.uint64(word | subgroup << 8), number, attempts, seed, chain
            )
            if accepted:
                # g = h v^+ takes the old v to h
                g0, g1 = h0, h1
                if k > TINY:
                    g0 = (h0 * np.conj(v0) + h1 * np.conj(v1)) / k
                    g1 = (h1 * v0 - h0 * v1) / k
                rotate_rows(u, i, j, g0, g1, size)
            else:
                exhausted += 1
            subgroup += 1
    return exhausted


@kernel
def heat_sweep(
    links: Complex,
    up: SiteTable,
    down: SiteTable,
    order: SiteTable,
    beta: float,
    number: np.uint64,
    attempts: np.uint64,
    seed: np.uint64,
    chain: np.uint64,
    size: tuple[int, ...],
) -> int:
    """Heat bath of all links, for each direction in the order of sites given; returns the exhausted draws."""
    staple = np.empty((len(size), len(size)), dtype=np.complex128)
    work = np.empty_like(staple)
    exhausted = 0
    for mu in range(links.shape[0]):
        for x in order:
            wilson_staple(links, up, down, mu, x, staple, work, size)
            exhausted += heat_link(
                links[mu, x], staple, beta, np.uint64(x), mu, number, attempts, seed, chain, size
            )
    return exhausted


#: Below this squared size a staple has no usable direction, and the link stays.
_TINY = 1e-200


@inline_kernel
def reflect_link(u: Complex, staple: Complex, size: tuple[int, ...]) -> None:
    """Reflect one link in every SU(2) subgroup: u -> (v^+)^2 u, which keeps Re tr(u staple).

    For U(1) the angle of ``u staple`` changes its sign.
    """
    N = len(size)
    if N == 1:
        a = staple[0, 0]
        square = a.real**2 + a.imag**2
        if square > _TINY:
            u[0, 0] = np.conj(u[0, 0] * a) * np.conj(a) / square
        return
    for i in range(N - 1):
        for j in range(i + 1, N):
            w00, w01, w10, w11 = block_of_product(u, staple, i, j, size)
            v0 = w00 + np.conj(w11)
            v1 = w01 - np.conj(w10)
            square = v0.real**2 + v0.imag**2 + v1.real**2 + v1.imag**2
            if square > _TINY:
                # v = (x0 + i x.sigma); (v^+)^2 = (x0^2 - x.x) - 2 i x0 x.sigma = 2 x0 v^+ - 1
                factor = 2.0 * v0.real / square
                rotate_rows(u, i, j, factor * np.conj(v0) - 1.0, -factor * v1, size)


@kernel
def reflect_sweep(
    links: Complex, up: SiteTable, down: SiteTable, order: SiteTable, size: tuple[int, ...]
) -> None:
    """Over-relaxation of all links, for each direction in the order of sites given."""
    staple = np.empty((len(size), len(size)), dtype=np.complex128)
    work = np.empty_like(staple)
    for mu in range(links.shape[0]):
        for x in order:
            wilson_staple(links, up, down, mu, x, staple, work, size)
            reflect_link(links[mu, x], staple, size)


def tables(lattice: Lattice) -> tuple[SiteTable, SiteTable, SiteTable]:
    """Site numbers of x + mu and x - mu, and all sites colour by colour."""
    order = np.argsort(lattice.colours, kind="stable")
    up, down, order = (
        np.ascontiguousarray(table, dtype=np.uintp) for table in (lattice.up, lattice.down, order)
    )
    return up, down, order


def heat_bath(links: Complex, beta: float, seed: int, chain: int, number: int) -> int:
    """One heat bath of links of shape (d, *extents, N, N), in place; returns the exhausted draws."""
    up, down, order = tables(Lattice(links.shape[1:-2]))
    flat = links.reshape(links.shape[0], -1, *links.shape[-2:])
    words = (np.uint64(number), np.uint64(ATTEMPTS), np.uint64(seed), np.uint64(chain))
    return int(heat_sweep(flat, up, down, order, beta, *words, (0,) * links.shape[-1]))


def over_relax(links: Complex) -> None:
    """One over-relaxation of links of shape (d, *extents, N, N), in place."""
    up, down, order = tables(Lattice(links.shape[1:-2]))
    flat = links.reshape(links.shape[0], -1, *links.shape[-2:])
    reflect_sweep(flat, up, down, order, (0,) * links.shape[-1])
