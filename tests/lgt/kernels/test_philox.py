from __future__ import annotations

import numpy as np

from lgt import rng
from lgt.kernels import philox

WORD = 2**32


def as_words(values: np.ndarray) -> list[np.uint64]:
    return [np.uint64(value) for value in values]


def test_known_answers_of_random123() -> None:
    ones = WORD - 1
    known = {
        (0, 0, 0, 0, 0, 0): (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8),
        (ones, ones, ones, ones, ones, ones): (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD),
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344, 0xA4093822, 0x299F31D0): (
            0xD16CFE09,
            0x94FDCCEB,
            0x5001E420,
            0x24126EA1,
        ),
    }
    for argument, answer in known.items():
        assert philox.philox4x32(*as_words(np.array(argument))) == answer


def test_the_same_bits_as_the_numpy_generator() -> None:
    words = np.random.default_rng(3).integers(0, WORD, size=(200, 6))
    words[:6] = (WORD - 1) * np.eye(6, dtype=int)  # the edges of each word
    expected = rng.philox4x32(words[:, :4], words[:, 4:])
    u, v = rng.uniforms(expected)
    for i, row in enumerate(words):
        assert philox.philox4x32(*as_words(row)) == tuple(expected[i].tolist())
        assert philox.uniforms(*as_words(row)) == (u[i], v[i])


def test_uniforms_lie_in_the_half_open_interval() -> None:
    drawn = np.array([philox.uniforms(*as_words(np.array([i, 0, 0, 0, 1, 2]))) for i in range(2000)])
    assert drawn.min() > 0.0
    assert drawn.max() <= 1.0
    assert abs(drawn.mean() - 0.5) < 4 * np.sqrt(1 / 12 / drawn.size)
