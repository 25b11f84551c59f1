"""The random part of a heat bath on a block of links, in vectors of lanes: SU(2) elements and U(1) phases.

Every draw names its counter (site, word, update number, attempt) where ``word = mu | subgroup << 8 |
purpose << 16`` and a block number goes on top at bit 24. An attempt of the SU(2) draw uses blocks 0 and 1,
the direction of its vector block 2. A lane that needs more attempts shifts no other lane's numbers, so the
loops below go on until all lanes are done and change only those that are not.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from lgt.kernels._jit import inline_kernel
from lgt.kernels.elementary import exp, log, sincospi, uniforms
from lgt.kernels.lanes import all_lanes, any_lane, f64x8, i64x8, select, sqrt

#: Kennedy-Pendleton accepts more often than Creutz above about this value.
CROSSING = 1.6
_SMALL = 1e-100
_BLOCK_1 = 1 << 24
_BLOCK_2 = 2 << 24


class Address(NamedTuple):
    """Where in the stream a block of links draws: the site and chain of every lane, and three numbers."""

    site: Any
    chain: Any
    word: int
    number: int
    seed: int


@inline_kernel
def draw(at: Address, block: int, attempt: int) -> Any:
    """The two uniforms in (0, 1] of every lane."""
    return uniforms(at.site, i64x8(at.word | block), i64x8(at.number), i64x8(attempt), at.seed, at.chain)


@inline_kernel
def positive(x: Any) -> Any:
    """X where it is above zero, else zero: what rounding may have pushed below."""
    return select(x > 0.0, x, f64x8(0.0))


@inline_kernel
def kennedy_pendleton(a: Any, todo: Any, at: Address, attempts: int) -> Any:
    """1 - x0 with weight exp(a x0), drawn for the lanes in `todo`; and the lanes that are left.

    Kennedy and Pendleton, Phys. Lett. B 156 (1985) 393.
    """
    delta, inverse, trial = f64x8(0.0), -1.0 / a, 0
    while any_lane(todo) and trial < attempts:
        r1, r2 = draw(at, 0, trial)
        r3, r4 = draw(at, _BLOCK_1, trial)
        _, c = sincospi(r3 + r3)
        proposed = (log(r2) + log(r1) * (c * c)) * inverse
        accepted = todo & (r4 * r4 <= 1.0 - 0.5 * proposed)
        delta = select(accepted, proposed, delta)
        todo = todo & ~accepted
        trial += 1
    return delta, todo


@inline_kernel
def creutz(a: Any, todo: Any, at: Address, attempts: int) -> Any:
    """The same by Creutz's method, Phys. Rev. D 21 (1980) 2308; for a = 0 it gives the Haar measure."""
    delta, inverse, tail, trial = f64x8(0.0), -1.0 / a, exp(-2.0 * select(todo, a, f64x8(0.0))), 0
    while any_lane(todo) and trial < attempts:
        r1, r2 = draw(at, 0, trial)
        spread = 1.0 - r1
        # r1 + spread exp(-2a) is at least exp(-3.2), so the logarithm keeps its digits unless a is small;
        # then delta is the integral of 1 / (1 - spread s) over s in [0, 1 - tail], by its own series.
        proposed = select(a > 1e-3, log(r1 + spread * tail) * inverse, small_creutz(a, spread))
        accepted = todo & (r2 * r2 <= proposed * (2.0 - proposed))
        delta = select(accepted, proposed, delta)
        todo = todo & ~accepted
        trial += 1
    return delta, todo


@inline_kernel
def small_creutz(a: Any, spread: Any) -> Any:
    """``-ln(1 - spread (1 - exp(-2a))) / a`` by its series in a, to a relative error of 1e-14 at 1e-3."""
    r = 1.0 - spread
    # With s = spread: 2s [1 - a r + a^2 r (1 - 2s) 2/3 - a^3 r (1 - 6 s r) / 3 + ...]
    third = r * (1.0 - 2.0 * spread) * (2.0 / 3.0)
    fourth = r * (1.0 - 6.0 * spread * r) * (1.0 / 3.0)
    fifth = r * (1.0 - 2.0 * spread) * (1.0 - 12.0 * spread * r) * (2.0 / 15.0)
    return 2.0 * spread * (1.0 - a * (r - a * (third - a * (fourth - a * fifth))))


@inline_kernel
def draw_su2(a: Any, at: Address, attempts: int) -> Any:
    """An SU(2) matrix h with weight exp(a x0), ``x0 = Re tr h / 2``, as its first row (al, be).

    The first result holds for the lanes where one of the attempts was accepted; in the others the rest
    means nothing.
    """
    strong = a >= CROSSING
    delta, left = kennedy_pendleton(a, strong, at, attempts)
    if not all_lanes(strong):
        weak_delta, weak_left = creutz(a, ~strong, at, attempts)
        delta, left = select(strong, delta, weak_delta), left | weak_left
    u, v = draw(at, _BLOCK_2, 0)
    length = sqrt(positive(delta * (2.0 - delta)))
    z = 2.0 * u - 1.0
    radius = length * sqrt(positive(1.0 - z * z))
    s, c = sincospi(v + v)
    return ~left, (1.0 - delta, length * z), (radius * s, radius * c)


@inline_kernel
def draw_u1(kappa: Any, at: Address, attempts: int) -> Any:
    """A phase e^{i theta} with weight exp(kappa cos theta), kappa >= 0; and the lanes that got one.

    Best and Fisher, Applied Statistics 28 (1979) 152: a wrapped Cauchy trial. Here it is made as the
    Moebius image of a uniform phase and all quantities are written without cancellation, so that kappa may
    be as small as 0 (where every trial is accepted) or very large.
    """
    tau = 1.0 + sqrt(1.0 + 4.0 * kappa * kappa)
    scale = tau + sqrt(2.0 * tau)
    rho = 2.0 * kappa / scale
    gap = (scale - 2.0 * kappa) / scale * (1.0 + rho)  # 1 - rho^2
    real, imaginary, trial = f64x8(1.0), f64x8(0.0), 0
    todo = kappa >= 0.0
    while any_lane(todo) and trial < attempts:
        r1, r2 = draw(at, 0, trial)
        s, z = sincospi(2.0 * r1 - 1.0)
        stretch = 1.0 + rho * rho + 2.0 * rho * z
        c = 0.25 * scale * gap * gap / stretch
        accepted = todo & (r2 <= c * exp(select(c < 700.0, 1.0 - c, f64x8(-700.0))))
        real = select(accepted, (2.0 * rho + (1.0 + rho * rho) * z) / stretch, real)
        imaginary = select(accepted, gap * s / stretch, imaginary)
        todo = todo & ~accepted
        trial += 1
    return ~todo, (real, imaginary)
