from __future__ import annotations

import io

import h5py
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lgt.ensemble._image import SparseImage

PAGE = 1 << 16


@given(
    st.lists(st.tuples(st.integers(0, 4 * PAGE), st.integers(1, 2 * PAGE), st.integers(1, 255)), max_size=6),
    st.tuples(st.integers(0, 5 * PAGE), st.integers(0, 3 * PAGE)),
)
def test_like_a_file_in_memory(writes: list[tuple[int, int, int]], read: tuple[int, int]) -> None:
    image, oracle = SparseImage(), io.BytesIO()
    for offset, length, byte in writes:
        for file in (image, oracle):
            file.seek(offset)
            assert file.write(bytes([byte]) * length) == length
    assert image.size == len(oracle.getvalue())
    assert image.tell() == oracle.tell()
    image.seek(read[0])
    buffer = bytearray(read[1])
    count = image.readinto(buffer)
    assert bytes(buffer[:count]) == oracle.getvalue()[read[0] : read[0] + read[1]]
    rebuilt = bytearray(image.size)
    for offset, page in image.pages():
        rebuilt[offset : offset + len(page)] = page
    assert bytes(rebuilt) == oracle.getvalue()


def test_truncate_and_seek() -> None:
    image = SparseImage()
    image.write(b"abc")
    assert image.truncate(2) == 2
    assert image.seek(-1, io.SEEK_END) == 1
    assert image.read(5) == b"b"
    assert [page for _, page in image.pages()] == [b"ab"]
    assert image.truncate(10**9) == image.size == 10**9
    assert image.seek(5) == 5
    assert image.seek(2, io.SEEK_CUR) == 7


def test_hdf5_reads_what_it_wrote() -> None:
    image = SparseImage()
    with h5py.File(image, "w") as file:
        file["numbers"] = np.arange(10**5)
    with h5py.File(image, "r") as file:
        np.testing.assert_array_equal(file["numbers"][()], np.arange(10**5))
