"""Order of sites in files, completion of matrices, rotating sums."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle.foreign_files import rotated

import lgt
from lgt.interop._layout import completed, complex_type, pack, rotated_xor, unpack, words


def test_first_coordinate_runs_fastest() -> None:
    box = lgt.Lattice((2, 3, 4))
    numbers = np.arange(24 * 3, dtype=np.float64)  # one number for each site and direction
    links = unpack(numbers.astype("<c16").view(np.uint8), box, 1, 1, complex_type(64, "little"))
    assert links.shape == (3, 2, 3, 4, 1, 1)
    for x, y, z, mu in ((0, 0, 0, 0), (1, 0, 0, 0), (0, 1, 0, 2), (1, 2, 3, 1)):
        assert links[mu, x, y, z, 0, 0] == (x + 2 * (y + 3 * z)) * 3 + mu
    assert np.array_equal(pack(links, complex_type(64, "little")).view("<c16"), numbers)


@pytest.mark.parametrize("N", [2, 3, 4, 5])
def test_last_row_of_a_special_unitary_matrix(N: int) -> None:
    links = lgt.SU(N).haar(np.random.default_rng(N), (50,))
    np.testing.assert_allclose(completed(links[:, : N - 1]), links, atol=1e-13)


@given(st.lists(st.integers(0, 2**32 - 1), max_size=200), st.integers(1, 32))
def test_rotated_xor(values: list[int], modulus: int) -> None:
    expected = 0
    for k, value in enumerate(values):
        expected ^= rotated(value, k % modulus)
    assert rotated_xor(np.array(values, dtype=np.uint32), modulus) == expected


def test_words_in_both_orders() -> None:
    raw = np.array([1, 2, 3, 4], dtype=np.uint8)
    assert words(raw, "big").tolist() == [0x01020304]
    assert words(raw, "little").tolist() == [0x04030201]
