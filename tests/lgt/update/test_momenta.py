from __future__ import annotations

import numpy as np
import pytest

from lgt.group import SU, U1, UnitaryGroup
from lgt.kernels.packed import unpack
from lgt.lattice import Lattice
from lgt.replicas import Replicas
from lgt.rng import Purpose, Stream
from lgt.update._momenta import draw_momenta


def momenta_of(group: UnitaryGroup, box: tuple[int, ...], chains: int, number: int) -> list[np.ndarray]:
    links = np.broadcast_to(group.identity, (len(box), *box, group.N, group.N))
    state = Replicas([links] * chains, [Stream(5, 3 + chain) for chain in range(chains)])
    momenta = state.zeros()
    momenta += 7.0  # what was there does not matter
    draw_momenta(state, momenta, number)
    return [unpack(momenta, state.blocking, chain) for chain in range(chains)]


def expected(group: UnitaryGroup, box: tuple[int, ...], chain: int, number: int) -> np.ndarray:
    """The same from lgt.rng alone, shape (d, *box, N, N)."""
    lattice, pairs = Lattice(box), (group.dimension + 1) // 2
    site, mu, k = np.meshgrid(*map(np.arange, (lattice.volume, lattice.d, pairs)), indexing="ij")
    words = {"subgroup": k & 255, "block": k >> 8, "purpose": Purpose.MOMENTA, "update": number}
    normals = np.stack(Stream(5, 3 + chain).normals(site, mu, **words), axis=-1)
    coordinates = normals.reshape(lattice.volume, lattice.d, 2 * pairs)[..., : group.dimension]
    return np.moveaxis(group.algebra(coordinates), 1, 0).reshape(lattice.d, *box, group.N, group.N)


@pytest.mark.parametrize("group", [U1(), SU(2), SU(3), SU(4), SU(5)], ids=repr)
@pytest.mark.parametrize("box", [(8, 8), (3, 4), (2, 3, 4)])
def test_momenta_are_the_normals_of_the_stream(group: UnitaryGroup, box: tuple[int, ...]) -> None:
    for number in (0, 41):
        drawn = momenta_of(group, box, 3, number)
        for chain, momenta in enumerate(drawn):
            want = expected(group, box, chain, number)
            np.testing.assert_allclose(momenta, want, rtol=0, atol=1e-13)


def test_more_pairs_than_the_subgroup_word_holds() -> None:
    group = SU(24)  # 575 components
    (momenta,) = momenta_of(group, (2, 2), 1, 9)
    want = expected(group, (2, 2), 0, 9)
    np.testing.assert_allclose(momenta, want, rtol=0, atol=1e-13)
    coordinates = group.coordinates(momenta)
    assert np.unique(coordinates).size == coordinates.size


@pytest.mark.statistical
@pytest.mark.parametrize("group", [U1(), SU(2), SU(3)], ids=repr)
def test_kinetic_energy(group: UnitaryGroup) -> None:
    (momenta,) = momenta_of(group, (32, 32), 1, 0)
    p = group.coordinates(momenta)
    np.testing.assert_allclose(group.antihermitian(momenta), momenta, rtol=0, atol=1e-14)
    scale = 2.0 if group.N == 1 else 1.0
    kinetic = np.sum(np.abs(momenta) ** 2, axis=(-2, -1)) / scale
    np.testing.assert_allclose(kinetic, 0.5 * np.sum(p**2, axis=-1), rtol=1e-12)
    # Half a unit for each component, with a variance of 1/2.
    assert abs(p.size / 2 - kinetic.sum()) < 4 * np.sqrt(p.size / 2)
    assert abs(p.mean()) < 4 / np.sqrt(p.size)
    assert abs(np.mean(p**4) - 3) < 4 * np.sqrt(96 / p.size)
