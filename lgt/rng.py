"""Counter-based random numbers: any variate of a run from its address alone, in any order.

Philox4x32-10 (Salmon, Moraes, Dror, Shaw, SC'11, doi 10.1145/2063384.2063405). The key is
(seed, chain); the four counter words are

    (site, mu | subgroup << 8 | purpose << 16 | block << 24, update, attempt)

so no variate depends on threads, lanes, ranks or on how often another link was retried. One call gives
two 64-bit words, low half first, and from each a uniform of 52 bits in (0, 1], fit for a logarithm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lgt.errors import InputError, ShapeError

_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_MULTIPLIERS = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
_WEYL = (0x9E3779B9, 0xBB67AE85)
_ROUNDS = 10


@final
class Purpose(IntEnum):
    """What a variate is for: the third byte of the second counter word.

    The numbers are part of the recipe: a change of one changes every ensemble.
    """

    HEATBATH = 1
    HOT = 2
    MOMENTA = 3
    METROPOLIS = 4
    GAUGE = 5
    ACCEPT = 6


def philox4x32(counter: ArrayLike, key: ArrayLike) -> NDArray[np.uint32]:
    """Encrypt counters by ten rounds of Philox4x32.

    Parameters
    ----------
    counter
        Integers in [0, 2^32), shape (..., 4).
    key
        Integers in [0, 2^32), shape (..., 2); the leading axes broadcast.

    Returns
    -------
    ndarray
        uint32, shape (..., 4).

    Examples
    --------
    >>> [hex(w) for w in philox4x32([0, 0, 0, 0], [0, 0]).tolist()]
    ['0x6627e8d5', '0xe169c58d', '0xbc57ac4c', '0x9b00dbd8']
    """
    c, k = _words(counter, 4, "counter"), _words(key, 2, "key")
    c0, c1, c2, c3 = (c[..., i] for i in range(4))
    for number in range(_ROUNDS):
        k0, k1 = (k[..., i] + np.uint64(number * _WEYL[i] & 0xFFFFFFFF) & _LOW for i in range(2))
        a, b = c0 * _MULTIPLIERS[0], c2 * _MULTIPLIERS[1]
        c0, c1, c2, c3 = (b >> _HALF) ^ c1 ^ k0, b & _LOW, (a >> _HALF) ^ c3 ^ k1, a & _LOW
    return np.stack(np.broadcast_arrays(c0, c1, c2, c3), axis=-1).astype(np.uint32)


def uniforms(words: NDArray[np.uint32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Turn the four output words of Philox into two uniform numbers in (0, 1].

    u = 2 - f, where f in [1, 2) has the upper 52 bits of the 64-bit word w0 | w1 << 32 (and w2 | w3 << 32
    for the second number) as its mantissa.

    Parameters
    ----------
    words
        uint32, shape (..., 4).

    Returns
    -------
    tuple of two ndarray
        float64, shape (...) each.

    Examples
    --------
    >>> u, v = uniforms(np.array([0, 0, 0xFFFFFFFF, 0xFFFFFFFF], dtype=np.uint32))
    >>> float(u), float(v) == 2.0**-52
    (1.0, True)
    """
    w = _words(words, 4, "output")
    return _uniform(w[..., 0] | w[..., 1] << _HALF), _uniform(w[..., 2] | w[..., 3] << _HALF)


def _uniform(r: NDArray[np.uint64]) -> NDArray[np.float64]:
    """Map 64-bit words to (0, 1]."""
    bits = np.asarray((r >> np.uint64(12)) | np.uint64(0x3FF0000000000000))
    return np.asarray(2.0 - bits.view(np.float64))


@final
@dataclass(frozen=True)
class Stream:
    """All random numbers of one Markov chain.

    Parameters
    ----------
    seed
        The seed of the run, in [0, 2^32).
    chain
        The number of the chain, in [0, 2^32); different chains are independent.

    Raises
    ------
    InputError
        If seed or chain is out of range.

    Examples
    --------
    >>> stream = Stream(seed=1, chain=0)
    >>> u, v = stream.uniform(site=np.arange(16), mu=3, purpose=Purpose.HOT, update=7)
    >>> u.shape
    (16,)
    >>> float(stream.uniform(site=5, mu=3, purpose=Purpose.HOT, update=7)[0]) == float(u[5])
    True
    """

    seed: int
    chain: int = 0

    def __post_init__(self) -> None:
        for name in ("seed", "chain"):  # plain Python integers, whatever they came as
            value = _integers(getattr(self, name), 32, name)
            if value.ndim:
                raise ShapeError(f"random numbers, {name}", f"shape {value.shape}", "give one integer")
            object.__setattr__(self, name, int(value))

    @property
    def key(self) -> tuple[int, int]:
        """The Philox key, (seed, chain)."""
        return self.seed, self.chain

    def uniform(
        self,
        site: ArrayLike,
        mu: ArrayLike = 0,
        subgroup: ArrayLike = 0,
        *,
        purpose: ArrayLike,
        block: ArrayLike = 0,
        update: ArrayLike = 0,
        attempt: ArrayLike = 0,
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the two uniform numbers in (0, 1] of an address; all arguments broadcast.

        Parameters
        ----------
        site
            Global site index, in [0, 2^32).
        mu
            Direction, in [0, 256).
        subgroup
            Number of the SU(2) subgroup (or of any other part of a link), in [0, 256).
        purpose
            What the numbers are for, in [0, 256).
        block
            Tells calls of one attempt apart, in [0, 256).
        update
            Number of the elementary update in the run, in [0, 2^32).
        attempt
            Number of the attempt of an accept-reject loop, in [0, 2^32).

        Returns
        -------
        tuple of two ndarray
            float64, of the broadcast shape.

        Raises
        ------
        InputError
            If an argument is no integer or out of range.
        """
        return uniforms(philox4x32(_counter(site, mu, subgroup, purpose, block, update, attempt), self.key))

    def normals(
        self,
        site: ArrayLike,
        mu: ArrayLike = 0,
        subgroup: ArrayLike = 0,
        *,
        purpose: ArrayLike,
        block: ArrayLike = 0,
        update: ArrayLike = 0,
        attempt: ArrayLike = 0,
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the two independent standard normals of an address (Box-Muller on `uniform`).

        They are sqrt(-2 ln u) cos(2 pi v) and sqrt(-2 ln u) sin(2 pi v). Parameters and errors are those
        of `uniform`.

        Examples
        --------
        >>> x, y = Stream(1).normals(np.arange(1000), purpose=Purpose.MOMENTA)
        >>> abs(float(x.mean())) < 0.1, abs(float(y.std()) - 1) < 0.1
        (True, True)
        """
        u, v = self.uniform(site, mu, subgroup, purpose=purpose, block=block, update=update, attempt=attempt)
        radius, angle = np.sqrt(-2.0 * np.log(u)), 2.0 * np.pi * v
        return np.asarray(radius * np.cos(angle)), np.asarray(radius * np.sin(angle))


def uniform_of_each(streams: Sequence[Stream], *, purpose: int, update: int) -> NDArray[np.float64]:
    """One uniform number in (0, 1] of every stream, for what concerns a chain as a whole: that of site 0.

    Examples
    --------
    >>> streams = [Stream(1, chain) for chain in range(3)]
    >>> u = uniform_of_each(streams, purpose=Purpose.ACCEPT, update=7)
    >>> float(u[2]) == float(streams[2].uniform(0, purpose=Purpose.ACCEPT, update=7)[0])
    True
    """
    keys = np.array([stream.key for stream in streams])
    return uniforms(philox4x32(_counter(0, 0, 0, purpose, 0, update, 0), keys))[0]


def _counter(
    site: ArrayLike,
    mu: ArrayLike,
    subgroup: ArrayLike,
    purpose: ArrayLike,
    block: ArrayLike,
    update: ArrayLike,
    attempt: ArrayLike,
) -> NDArray[np.uint64]:
    """Pack an address into the four counter words, shape (..., 4)."""
    packed = _integers(mu, 8, "mu")
    for shift, value, name in ((8, subgroup, "subgroup"), (16, purpose, "purpose"), (24, block, "block")):
        packed = packed | _integers(value, 8, name) << np.uint64(shift)
    words = (
        _integers(site, 32, "site"),
        packed,
        _integers(update, 32, "update"),
        _integers(attempt, 32, "attempt"),
    )
    return np.stack(np.broadcast_arrays(*words), axis=-1)


def _words(values: ArrayLike, count: int, name: str) -> NDArray[np.uint64]:
    """Return 32-bit words, shape (..., count), widened to 64 bits."""
    words = _integers(values, 32, name)
    if words.ndim == 0 or words.shape[-1] != count:
        raise ShapeError(f"random numbers, {name}", f"shape {words.shape}", f"give (..., {count})")
    return words


def _integers(values: ArrayLike, bits: int, name: str) -> NDArray[np.uint64]:
    """Return non-negative integers of so many bits as uint64."""
    array = np.asarray(values)
    remedy = f"use integers from 0 to 2^{bits} - 1"
    if array.dtype.kind not in "iu":
        found = f"{values!r}" if array.ndim == 0 else f"an array of dtype {array.dtype}"
        raise InputError(f"random numbers, {name}", found, remedy)
    if array.size and not (array.min() >= 0 and array.max() < 1 << bits):
        raise InputError(f"random numbers, {name}", f"values from {array.min()} to {array.max()}", remedy)
    return array.astype(np.uint64)
