from __future__ import annotations

import numpy as np
import pytest

from lgt.action import Wilson
from lgt.group import SU, U1
from lgt.kernels.layout import flat, size_of, tables
from lgt.lattice import Lattice
from lgt.update._staple import wilson_staple


@pytest.mark.parametrize("N", [1, 2, 3, 4])
@pytest.mark.parametrize("extents", [(2, 3), (4, 3, 2), (2, 3, 2, 4)])
def test_staple_of_every_link_agrees_with_the_action(N: int, extents: tuple[int, ...]) -> None:
    lattice, group = Lattice(extents), U1() if N == 1 else SU(N)
    links = group.haar(np.random.default_rng(0), (lattice.d, *extents))
    expected = flat(np.ascontiguousarray(Wilson(1.0).staple(links)))
    table = tables(lattice)
    staple, work = np.empty((2, N, N), dtype=complex)
    for mu in range(lattice.d):
        for x in range(lattice.volume):
            wilson_staple(flat(links), table.up, table.down, mu, np.uintp(x), staple, work, size_of(N))
            np.testing.assert_allclose(staple, expected[mu, x], atol=1e-13)
