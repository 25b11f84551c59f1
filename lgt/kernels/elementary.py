"""Logarithm, exponential, sine and cosine, and Philox, on vectors of lanes.

Polynomials with explicit fused multiply-adds, so the bits are the same on every CPU; the coefficients are
Chebyshev fits made in 40 digits, with errors below one unit in the last place.
"""

from __future__ import annotations

from typing import Any

from lgt.kernels._jit import inline_kernel
from lgt.kernels.lanes import (
    as_bits,
    f64x8,
    fma,
    from_bits,
    i64x8,
    multiply_low,
    select,
    shift_left,
    shift_right,
)

# Added to a number below 2^51 it leaves the nearest integer in the low bits of the sum.
ROUND = 6755399441055744.0
ROUND_BITS = 0x4338000000000000

LOG = (
    0.6666666666666666,
    0.4000000000000088,
    0.2857142857080323,
    0.2222222239180047,
    0.18181795630884748,
    0.1538624020581371,
    0.13268759668555402,
    0.13086767009995384,
)
LN2_HIGH, LN2_LOW = 0.6931471803691238, 1.9082149292705877e-10
EXP = (
    0.5,
    0.1666666666666667,
    0.04166666666666667,
    0.008333333333326136,
    0.0013888888888883748,
    0.00019841269874820627,
    2.4801587325547743e-05,
    2.7557255400206422e-06,
    2.75572736431103e-07,
    2.5105217004720745e-08,
    2.0914686968086876e-09,
)
# sin(pi r) = r (pi + r^2 S(r^2)) and cos(pi r) = 1 + r^2 C(r^2) for |r| <= 1/4.
PI_HIGH, PI_LOW = 3.141592653589793, 1.2246467991473532e-16
SIN = (
    -5.16771278004997,
    2.550164039877345,
    -0.5992645293206478,
    0.08214588659727123,
    -0.0073704303121051385,
    0.0004662879296475265,
    -2.174205008021534e-05,
)
COS = (
    -4.934802200544679,
    4.058712126416765,
    -1.335262768853809,
    0.2353306302839623,
    -0.025806887963676355,
    0.0019294938588529172,
    -0.00010370073638948369,
)

PHILOX_M = (0xD2511F53, 0xCD9E8D57)
PHILOX_W = (0x9E3779B9, 0xBB67AE85)


@inline_kernel
def polynomial(x: Any, coefficients: Any) -> Any:
    """The polynomial with ascending coefficients, by Horner's rule."""
    n = len(coefficients)
    value = fma(f64x8(coefficients[n - 1]), x, f64x8(coefficients[n - 2]))
    for i in range(n - 3, -1, -1):
        value = fma(value, x, f64x8(coefficients[i]))
    return value


@inline_kernel
def log(x: Any) -> Any:
    """The natural logarithm of positive normal numbers, to about one unit in the last place."""
    bits = as_bits(x)
    # x = 2^e m with m in [sqrt(1/2), sqrt(2)): the offset moves the cut of the exponent there.
    shifted = bits - i64x8(0x3FE6A09E667F3BCD)
    e = shift_right(shifted, i64x8(52))
    # The exponent as a signed 12-bit number.
    e = (e ^ 0x800) - 0x800
    m = from_bits(bits - shift_left(e, i64x8(52)))
    e_float = from_bits(e + ROUND_BITS) - ROUND
    f = m - 1.0
    s = f / (f + 2.0)
    z = s * s
    inner = s * (f - z * polynomial(z, LOG)) - e_float * LN2_LOW
    return fma(e_float, f64x8(LN2_HIGH), f - inner)


@inline_kernel
def exp(x: Any) -> Any:
    """The exponential of numbers in [-700, 700]."""
    shifted = fma(x, f64x8(1.4426950408889634), f64x8(ROUND))
    n = shifted - ROUND
    r = fma(n, f64x8(-LN2_LOW), fma(n, f64x8(-LN2_HIGH), x))
    value = fma(polynomial(r, EXP), r * r, r) + 1.0
    return from_bits(as_bits(value) + shift_left(as_bits(shifted), i64x8(52)))


@inline_kernel
def sincospi(t: Any) -> Any:
    """sin(pi t) and cos(pi t) for |t| < 2^50."""
    shifted = fma(t, f64x8(2.0), f64x8(ROUND))
    quarter = as_bits(shifted)
    r = fma(shifted - ROUND, f64x8(-0.5), t)
    z = r * r
    s = fma(r, f64x8(PI_HIGH), r * fma(z, polynomial(z, SIN), f64x8(PI_LOW)))
    c = fma(z, polynomial(z, COS), f64x8(1.0))
    swap = (quarter & 1) != 0
    minus_s = shift_left(shift_right(quarter, i64x8(1)), i64x8(63))
    minus_c = shift_left(shift_right(quarter + 1, i64x8(1)), i64x8(63))
    return (
        from_bits(as_bits(select(swap, c, s)) ^ minus_s),
        from_bits(as_bits(select(swap, s, c)) ^ minus_c),
    )


@inline_kernel
def uniforms(c0: Any, c1: Any, c2: Any, c3: Any, seed: int, chain: Any) -> Any:
    """Two vectors of uniform numbers in (0, 1]: Philox4x32-10 of the counter words in every lane.

    `chain` is a vector, since the lanes may hold different chains.
    """
    low = i64x8(0xFFFFFFFF)
    k0, k1 = seed, chain
    for _ in range(10):
        a = multiply_low(c0, i64x8(PHILOX_M[0]))
        b = multiply_low(c2, i64x8(PHILOX_M[1]))
        c0, c1, c2, c3 = (
            shift_right(b, i64x8(32)) ^ c1 ^ k0,
            b & low,
            shift_right(a, i64x8(32)) ^ c3 ^ k1,
            a & low,
        )
        k0 = (k0 + PHILOX_W[0]) & 0xFFFFFFFF
        k1 = (k1 + PHILOX_W[1]) & 0xFFFFFFFF
    return uniform(c0, c1), uniform(c2, c3)


@inline_kernel
def uniform(low: Any, high: Any) -> Any:
    """2 - f with the upper 52 bits of a 64-bit word as the mantissa of f in [1, 2)."""
    word = shift_right(low | shift_left(high, i64x8(32)), i64x8(12)) | 0x3FF0000000000000
    return 2.0 - from_bits(word)
