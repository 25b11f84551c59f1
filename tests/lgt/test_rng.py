"""Philox against published vectors and a second program; streams against 4 sigma."""

from __future__ import annotations

import itertools
import struct
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from lgt.errors import InputError, ShapeError
from lgt.rng import Purpose, Stream, philox4x32, uniforms

# Random123, kat_vectors: philox4x32, 10 rounds: counter, key, output.
KNOWN_ANSWERS = [
    ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
]

Real = NDArray[np.float64]


def words(text: str) -> list[int]:
    return [int(w, 16) for w in text.split()]


def philox_in_plain_python(counter: list[int], key: list[int], rounds: int = 10) -> list[int]:
    """The oracle: the round function of the paper, word by word, on Python integers."""
    (c0, c1, c2, c3), (k0, k1) = counter, key
    for _ in range(rounds):
        p, q = 0xD2511F53 * c0, 0xCD9E8D57 * c2
        c0, c1, c2, c3 = (q >> 32) ^ c1 ^ k0, q % 2**32, (p >> 32) ^ c3 ^ k1, p % 2**32
        k0, k1 = (k0 + 0x9E3779B9) % 2**32, (k1 + 0xBB67AE85) % 2**32
    return [c0, c1, c2, c3]


def uniform_in_plain_python(low: int, high: int) -> float:
    r = low | high << 32
    (f,) = struct.unpack("<d", struct.pack("<Q", (r >> 12) | 0x3FF0000000000000))
    return float(2 - f)


@pytest.mark.parametrize(("counter", "key", "output"), KNOWN_ANSWERS)
def test_known_answers(counter: str, key: str, output: str) -> None:
    found = philox4x32(words(counter), words(key))
    assert found.tolist() == words(output) == philox_in_plain_python(words(counter), words(key))
    assert found.dtype == np.uint32


def test_fewer_rounds_miss_the_known_answers() -> None:
    for counter, key, output in KNOWN_ANSWERS:
        assert philox_in_plain_python(words(counter), words(key), rounds=9) != words(output)


def test_philox_is_vectorised_and_broadcasts() -> None:
    rng = np.random.default_rng(0)
    counter = rng.integers(0, 2**32, size=(5, 1, 4), dtype=np.uint32)
    key = rng.integers(0, 2**32, size=(3, 2), dtype=np.uint32)
    out = philox4x32(counter, key)
    assert out.shape == (5, 3, 4)
    for i, j in np.ndindex(5, 3):
        assert out[i, j].tolist() == philox_in_plain_python(counter[i, 0].tolist(), key[j].tolist())
    assert philox4x32(counter[:0], key).shape == (0, 3, 4)


def test_uniforms_have_52_bits_in_0_1() -> None:
    zeros, ones = np.zeros(4, dtype=np.uint32), np.full(4, 0xFFFFFFFF, dtype=np.uint32)
    assert [float(u) for u in uniforms(zeros)] == [1.0, 1.0]
    assert [float(u) for u in uniforms(ones)] == [2.0**-52, 2.0**-52]
    # low word first; its lowest 12 bits are dropped
    low, high = np.array([0x1000, 0, 0, 0], np.uint32), np.array([0, 0, 0, 0x80000000], np.uint32)
    assert [float(u) for u in uniforms(low)] == [1 - 2.0**-52, 1.0]
    assert [float(u) for u in uniforms(high)] == [1.0, 0.5]
    assert float(uniforms(np.array([0xFFF, 0, 0, 0], np.uint32))[0]) == 1.0


def test_uniforms_against_plain_python() -> None:
    w = np.random.default_rng(1).integers(0, 2**32, size=(50, 4), dtype=np.uint32)
    u, v = uniforms(w)
    for row, first, second in zip(w.tolist(), u.tolist(), v.tolist(), strict=True):
        assert first == uniform_in_plain_python(row[0], row[1])
        assert second == uniform_in_plain_python(row[2], row[3])


def test_the_recipe_of_addresses() -> None:
    """Key (seed, chain); counter (site, mu | subgroup<<8 | purpose<<16 | block<<24, update, attempt)."""
    rng = np.random.default_rng(2)
    for _ in range(50):
        seed, chain, site, update, attempt = rng.integers(0, 2**32, size=5).tolist()
        mu, subgroup, purpose, block = rng.integers(0, 256, size=4).tolist()
        packed = mu + subgroup * 2**8 + purpose * 2**16 + block * 2**24
        w = philox_in_plain_python([site, packed, update, attempt], [seed, chain])
        u, v = Stream(seed, chain).uniform(
            site, mu, subgroup, purpose=purpose, block=block, update=update, attempt=attempt
        )
        assert float(u) == uniform_in_plain_python(w[0], w[1])
        assert float(v) == uniform_in_plain_python(w[2], w[3])


def test_pinned_values() -> None:
    """These bits define every ensemble: a change here needs a new format version."""
    assert {p.name: int(p) for p in Purpose} == {
        "HEATBATH": 1,
        "HOT": 2,
        "MOMENTA": 3,
        "METROPOLIS": 4,
        "GAUGE": 5,
        "ACCEPT": 6,
    }
    u, v = Stream(1, 2).uniform(3, 1, 2, purpose=Purpose.HEATBATH, block=1, update=5, attempt=6)
    assert (float(u).hex(), float(v).hex()) == ("0x1.b9c79a85bdff0p-4", "0x1.3fe3b2a60ee44p-1")


def test_every_part_of_the_address_counts() -> None:
    base = {"site": 0, "mu": 0, "subgroup": 0, "purpose": 0, "block": 0, "update": 0, "attempt": 0}
    seen = {float(u) for u in Stream(0, 0).uniform(**base)}
    for name in base:
        for value in (1, 2, 255):
            seen |= {float(u) for u in Stream(0, 0).uniform(**(base | {name: value}))}
    seen |= {float(u) for u in (*Stream(1, 0).uniform(**base), *Stream(0, 1).uniform(**base))}
    assert len(seen) == 2 * (1 + 3 * len(base) + 2)


def test_order_and_grouping_do_not_matter() -> None:
    stream = Stream(7, 3)
    sites = np.arange(60)
    u, v = stream.uniform(sites, purpose=Purpose.HOT, update=4)
    order = np.random.default_rng(3).permutation(60)
    shuffled, _ = stream.uniform(sites[order], purpose=Purpose.HOT, update=4)
    assert np.array_equal(shuffled, u[order])
    one_by_one = [stream.uniform(s, purpose=Purpose.HOT, update=4) for s in range(60)]
    assert [(float(a), float(b)) for a, b in one_by_one] == list(zip(u.tolist(), v.tolist(), strict=True))


def test_arguments_broadcast() -> None:
    u, v = Stream(1).uniform(np.arange(6)[:, None], np.arange(4), purpose=Purpose.HOT)
    assert u.shape == v.shape == (6, 4)
    assert u[5, 2] == Stream(1).uniform(5, 2, purpose=Purpose.HOT)[0]
    assert Stream(1).uniform(np.arange(0), purpose=Purpose.HOT)[0].shape == (0,)
    assert np.shape(Stream(1).uniform(0, purpose=Purpose.HOT)[0]) == ()


@pytest.mark.parametrize("seed", [-1, 2**32, 2**70, 1.5, "1", None, True, np.arange(2)])
def test_bad_seeds_are_refused(seed: Any) -> None:
    with pytest.raises(InputError, match="seed"):
        Stream(seed)
    with pytest.raises(InputError, match="chain"):
        Stream(0, seed)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("site", -1),
        ("site", 2**32),
        ("site", 0.0),
        ("site", [0, -1]),
        ("site", [0.5]),
        ("mu", 256),
        ("subgroup", 256),
        ("subgroup", -1),
        ("purpose", 256),
        ("block", 256),
        ("update", 2**32),
        ("attempt", 2**32),
    ],
)
def test_bad_addresses_are_refused(name: str, value: Any) -> None:
    with pytest.raises(InputError, match=f"random numbers, {name}") as error:
        Stream(0).uniform(**({"site": 0, "purpose": Purpose.HOT} | {name: value}))
    assert "\n" not in str(error.value)


def test_bad_words_are_refused() -> None:
    with pytest.raises(ShapeError):
        philox4x32([0, 0, 0], [0, 0])
    with pytest.raises(ShapeError):
        philox4x32([0, 0, 0, 0], 0)
    with pytest.raises(InputError):
        philox4x32([0, 0, 0, 2**32], [0, 0])


def test_streams_are_values() -> None:
    assert Stream(1, 2) == Stream(np.int64(1), np.uint32(2))  # type: ignore[arg-type]
    assert repr(Stream(np.int64(1))) == "Stream(seed=1, chain=0)"  # type: ignore[arg-type]
    assert Stream(1, 2).key == (1, 2)


# Statistics. A walk is one way of running through addresses; each must look random on its own.

COUNT = 40_000
STEPS = np.arange(COUNT)
WALKS: dict[str, Any] = {
    "site": lambda: Stream(1).uniform(STEPS, purpose=Purpose.HEATBATH),
    "update": lambda: Stream(1).uniform(0, purpose=Purpose.HEATBATH, update=STEPS),
    "attempt": lambda: Stream(1).uniform(0, purpose=Purpose.HEATBATH, attempt=STEPS),
    "bytes": lambda: Stream(1).uniform(
        STEPS // 2**12, STEPS % 4, STEPS // 4 % 8, purpose=STEPS // 32 % 8, block=STEPS // 256 % 16
    ),
    "seed": lambda: uniforms(philox4x32([0, 0, 0, 0], np.stack([STEPS, 0 * STEPS], axis=-1))),
    "chain": lambda: uniforms(philox4x32([0, 0, 0, 0], np.stack([0 * STEPS, STEPS], axis=-1))),
    "sites of stride 2^16": lambda: Stream(5).uniform(STEPS * 2**16 % 2**32 + STEPS, purpose=Purpose.HOT),
}


def uniformity_pulls(u: Real) -> dict[str, float]:
    """Deviations of one sequence from uniform numbers, in standard errors."""
    n = len(u)
    counts = np.bincount(np.minimum((u * 64).astype(int), 63), minlength=64)
    low_bits = np.bincount((u * 2**52).astype(np.int64) % 64, minlength=64)
    return {
        "mean": (u.mean() - 1 / 2) / np.sqrt(1 / 12 / n),
        "square": ((u**2).mean() - 1 / 3) / np.sqrt(4 / 45 / n),
        "chi2": (((counts - n / 64) ** 2).sum() / (n / 64) - 63) / np.sqrt(126),
        "chi2 of the lowest bits": (((low_bits - n / 64) ** 2).sum() / (n / 64) - 63) / np.sqrt(126),
        "log": (-np.log(u).mean() - 1) / np.sqrt(1 / n),
    }


def correlation_pull(a: Real, b: Real) -> float:
    """The correlation of two sequences in standard errors, for independent uniform numbers."""
    return float(((a - 1 / 2) * (b - 1 / 2)).mean() * 12 * np.sqrt(len(a)))


def pair_pull(a: Real, b: Real) -> float:
    """chi^2 of the pairs on 8 x 8 cells in standard errors: sees more than the correlation."""
    cells = np.minimum((a * 8).astype(int), 7) * 8 + np.minimum((b * 8).astype(int), 7)
    expected = len(a) / 64
    return float((((np.bincount(cells, minlength=64) - expected) ** 2).sum() / expected - 63) / np.sqrt(126))


def independence_pulls(u: Real, v: Real) -> dict[str, float]:
    out = {}
    for name, pull in (("correlation", correlation_pull), ("pairs", pair_pull)):
        out[f"{name} of one call"] = pull(u, v)
        for lag in (1, 2, 16):
            out[f"{name} at lag {lag}"] = pull(u[:-lag], u[lag:])
            out[f"crossed {name} at lag {lag}"] = pull(u[:-lag], v[lag:])
    return out


@pytest.mark.statistical
@pytest.mark.parametrize("walk", WALKS)
def test_uniformity(walk: str) -> None:
    for u in WALKS[walk]():
        assert len(u) == COUNT
        assert u.min() > 0
        assert u.max() <= 1
        pulls = uniformity_pulls(u)
        assert max(map(abs, pulls.values())) < 4, pulls


@pytest.mark.statistical
@pytest.mark.parametrize("walk", WALKS)
def test_independence(walk: str) -> None:
    pulls = independence_pulls(*WALKS[walk]())
    assert len(pulls) == 14
    assert max(map(abs, pulls.values())) < 4, pulls


@pytest.mark.statistical
def test_streams_are_independent_of_each_other() -> None:
    def sequence(seed: int, chain: int, purpose: Purpose) -> Real:
        return Stream(seed, chain).uniform(STEPS, purpose=purpose)[0]

    sequences = [
        sequence(0, 0, Purpose.HEATBATH),
        sequence(1, 0, Purpose.HEATBATH),
        sequence(0, 1, Purpose.HEATBATH),
        sequence(0, 0, Purpose.HOT),
        sequence(1, 1, Purpose.HOT),
    ]
    pairs = list(itertools.combinations(sequences, 2))
    assert len(pairs) == 10
    for a, b in pairs:
        assert abs(correlation_pull(a, b)) < 4
        assert abs(pair_pull(a, b)) < 4


@pytest.mark.statistical
def test_bad_generators_are_rejected() -> None:
    """The negative controls: one round of Philox; a rotation of the circle; coarse or shifted numbers."""
    one_round = np.array([philox_in_plain_python([n, 0, 0, 0], [1, 0], rounds=1) for n in range(COUNT)])
    u, v = uniforms(one_round)
    assert max(map(abs, (uniformity_pulls(u) | independence_pulls(u, v)).values())) > 4
    rotation = 1 - STEPS * 0.6180339887498949 % 1
    assert max(map(abs, independence_pulls(rotation, rotation[::-1]).values())) > 4
    good, other = WALKS["site"]()
    assert abs(uniformity_pulls(np.ceil(good * 2**24) / 2**24)["chi2 of the lowest bits"]) > 4
    assert abs(uniformity_pulls(good**1.05)["mean"]) > 4  # expected: 8.5
    assert abs(independence_pulls(good, (good + 0.3 * other) % 1)["pairs of one call"]) > 4


@pytest.mark.statistical
def test_normals() -> None:
    x, y = Stream(2).normals(STEPS, purpose=Purpose.MOMENTA)
    for z in (x, y):
        moments = [(z**k).mean() for k in (1, 2, 3, 4)]
        exact, variance = [0, 1, 0, 3], [1, 2, 15, 96]
        pulls = [(m - e) / np.sqrt(s / COUNT) for m, e, s in zip(moments, exact, variance, strict=True)]
        assert max(map(abs, pulls)) < 4, pulls
    assert abs((x * y).mean() * np.sqrt(COUNT)) < 4
    assert abs((x**2 * y**2 - 1).mean() / np.sqrt(8 / COUNT)) < 4
    u, v = Stream(2).uniform(STEPS, purpose=Purpose.MOMENTA)
    assert np.allclose(x + 1j * y, np.sqrt(-2 * np.log(u)) * np.exp(2j * np.pi * v), atol=1e-13, rtol=0)
    assert np.isfinite(Stream(2).normals(STEPS, purpose=Purpose.MOMENTA)).all()
