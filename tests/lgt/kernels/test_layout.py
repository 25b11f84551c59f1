from __future__ import annotations

import numpy as np
import pytest

from lgt.errors import ShapeError
from lgt.kernels.layout import flat, size_of
from lgt.lattice import Lattice


def test_flat_is_a_view_in_the_order_of_the_lattice() -> None:
    lattice = Lattice((2, 3, 4))
    links = np.arange(3 * 24 * 4, dtype=complex).reshape(3, 2, 3, 4, 2, 2)
    sites = flat(links)
    assert np.shares_memory(sites, links)
    for x, coordinates in enumerate(lattice.coordinates):
        assert np.array_equal(sites[1, x], links[(1, *coordinates)])


@pytest.mark.parametrize(
    "links",
    [
        np.zeros((2, 4, 6, 3, 3), dtype=np.complex64),
        np.zeros((2, 4, 6, 3, 3)),
        np.zeros((2, 4, 6, 3, 2), dtype=complex),
        np.zeros((3, 4, 6, 3, 3), dtype=complex),
        np.zeros((10, 2, 4, 6, 3, 3), dtype=complex),
        np.zeros((2, 4, 6, 3, 3), dtype=complex)[:, ::2],
        np.zeros((2, 4, 6, 3, 3), dtype=complex).swapaxes(-1, -2),
        np.zeros((3, 3), dtype=complex),
    ],
)
def test_flat_refuses_what_a_kernel_could_not_update_in_place(links: np.ndarray) -> None:
    with pytest.raises(ShapeError, match="complex128, C-contiguous"):
        flat(links)


def test_size_is_a_tuple_of_length_n() -> None:
    assert [len(size_of(N)) for N in (1, 2, 23)] == [1, 2, 23]
