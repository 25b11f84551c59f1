"""The packed layout: eight sub-lattices or replicas in the lanes of each vector.

A box is cut into equal pieces along some directions, and the sites with the same place in their pieces
share a block; what is left of the eight lanes holds independent chains (replicas). A step across the edge
of a piece leads to a block whose lanes are permuted: the seam. Cuts are made only where the pieces are
coloured alike.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np
from numpy.typing import NDArray

from lgt.lattice import Lattice

WIDTH = 8
Index = NDArray[np.int64]

#: The ways to cut: pieces along up to three directions. Lane digits are counted from the lowest.
PATTERNS: tuple[tuple[int, ...], ...] = ((2, 2, 2), (4, 2), (8,), (2, 2), (4,), (2,), ())


def rotation(pattern: tuple[int, ...], steps: tuple[int, ...]) -> tuple[int, ...]:
    """For every lane, the lane that lies `steps` pieces further along each cut direction."""
    lanes = []
    for lane in range(WIDTH):
        moved, rest, unit = 0, lane, 1
        for pieces, step in zip(pattern, steps, strict=True):
            moved += (rest % pieces + step) % pieces * unit
            rest, unit = rest // pieces, unit * pieces
        lanes.append(moved + rest * unit)
    return tuple(lanes)


def _permutations() -> tuple[tuple[int, ...], ...]:
    found = [tuple(range(WIDTH))]
    for pattern in PATTERNS:
        for steps in itertools.product(*(range(pieces) for pieces in pattern)):
            if (order := rotation(pattern, steps)) not in found:
                found.append(order)
    return tuple(found)


#: Every lane permutation that a seam can make; number 0 is the identity.
PERMUTATIONS = _permutations()


@final
@dataclass(frozen=True)
class Blocking:
    """How a lattice fills the lanes.

    Parameters
    ----------
    lattice
        The whole box.
    directions, pieces
        Into how many pieces (2, 4 or 8) each of these directions is cut; at most eight altogether.
    twist
        A direction of extent L, whole and with L/2 odd, along which the halves of odd length of another
        direction are shifted by L/2 against each other: then a checkerboard is the same on both.

    Examples
    --------
    >>> Blocking.of(Lattice((8, 8, 8, 8)))
    Blocking(lattice=8x8x8x8, directions=(3, 2), pieces=(4, 2), twist=None)
    >>> Blocking.of(Lattice((6, 6, 6, 6)), parity=True)
    Blocking(lattice=6x6x6x6, directions=(3, 2, 1), pieces=(2, 2, 2), twist=0)
    >>> Blocking.of(Lattice((5, 8)), chains=4).replicas
    4
    """

    lattice: Lattice
    directions: tuple[int, ...]
    pieces: tuple[int, ...]
    twist: int | None = None

    @classmethod
    def of(cls, lattice: Lattice, chains: int = 1, unit: int = 2, parity: bool = False) -> Blocking:
        """The blocking that wastes the fewest lanes; replicas are preferred where there are many chains.

        The length of a piece is a multiple of `unit`, the period of the colouring; 0 means that there is
        none, so that nothing is cut. `parity` says that the colouring is a checkerboard.
        """
        best: tuple[tuple[float, ...], Blocking] | None = None
        for pattern in PATTERNS:
            for directions in itertools.permutations(range(lattice.d), len(pattern)):
                cut = zip(directions, pattern, strict=True)
                odd = [(mu, n) for mu, n in cut if unit == 0 or lattice.extents[mu] % (unit * n)]
                twist = cls._twist(lattice, directions) if odd and parity else None
                if odd and (twist is None or any(n != 2 or lattice.extents[mu] % 2 for mu, n in odd)):
                    continue
                blocking = cls(lattice, directions, pattern, twist)
                groups = math.ceil(chains / blocking.replicas)
                # Fewest blocks to visit, then few seams, then the slow directions left whole.
                seams = sum(
                    pieces / lattice.extents[mu] for mu, pieces in zip(directions, pattern, strict=True)
                )
                cost = (groups * blocking.volume, seams, len(pattern), *(-mu for mu in directions))
                if best is None or cost < best[0]:
                    best = cost, blocking
        assert best is not None  # the empty pattern always fits
        return best[1]

    @staticmethod
    def _twist(lattice: Lattice, directions: tuple[int, ...]) -> int | None:
        """A whole direction of which half the extent is odd, if all extents are even."""
        if any(extent % 2 for extent in lattice.extents):
            return None
        whole = [mu for mu in range(lattice.d) if mu not in directions and lattice.extents[mu] % 4]
        return whole[-1] if whole else None

    def _twists(self, mu: int) -> bool:
        return self.twist is not None and self.lattice.extents[mu] % 4 == 2 and mu in self.directions

    def _twisted(self, coordinates: Index, times: int) -> Index:
        """Coordinates shifted so often by half the extent of the direction of the twist."""
        if self.twist is None or times % 2 == 0:
            return coordinates
        shifted, extent = coordinates.copy(), self.lattice.extents[self.twist]
        shifted[:, self.twist] = (shifted[:, self.twist] + extent // 2) % extent
        return shifted

    @property
    def replicas(self) -> int:
        """How many chains share a vector."""
        return WIDTH // math.prod(self.pieces)

    @cached_property
    def local(self) -> Lattice:
        """The box of one piece."""
        extents = list(self.lattice.extents)
        for mu, pieces in zip(self.directions, self.pieces, strict=True):
            extents[mu] //= pieces
        return Lattice(tuple(extents))

    @property
    def volume(self) -> int:
        """Number of blocks."""
        return self.local.volume

    @cached_property
    def neighbours(self) -> Index:
        """Block of x + mu (rows 0 to d-1) and x - mu (rows d to 2d-1), shape (2d, volume)."""
        d, local = self.lattice.d, self.local
        rows = []
        for row in range(2 * d):
            mu, step = row % d, 1 if row < d else -1
            there = local.coordinates.copy()
            there[:, mu] += step
            if self._twists(mu):
                out = (there[:, mu] < 0) | (there[:, mu] >= local.extents[mu])
                there[out] = self._twisted(there, 1)[out]
            rows.append(local.index(there))
        return np.stack(rows)

    @cached_property
    def seams(self) -> Index:
        """Number of the lane permutation that such a step makes, shape (2d, volume)."""
        d = self.lattice.d
        numbers = np.zeros((2 * d, self.volume), dtype=np.int64)
        for k, mu in enumerate(self.directions):
            last = self.local.extents[mu] - 1
            place = self.local.coordinates[:, mu]
            for row, edge, step in ((mu, last, 1), (d + mu, 0, -1)):
                steps = tuple(step if j == k else 0 for j in range(len(self.pieces)))
                numbers[row][place == edge] = PERMUTATIONS.index(rotation(self.pieces, steps))
        return numbers

    @cached_property
    def sites(self) -> Index:
        """Global number of the site in each lane of each block, shape (volume, 8), as vectors are loaded."""
        sites = aligned((self.volume, WIDTH)).view(np.int64)
        for lane in range(WIDTH):
            corner, rest, times = np.zeros(self.lattice.d, dtype=np.int64), lane, 0
            for mu, pieces in zip(self.directions, self.pieces, strict=True):
                corner[mu] = rest % pieces * self.local.extents[mu]
                times += (rest % pieces) * self._twists(mu)
                rest //= pieces
            sites[:, lane] = self.lattice.index(self._twisted(self.local.coordinates + corner, times))
        return sites


def _compositions() -> Index:
    table = np.full((len(PERMUTATIONS), len(PERMUTATIONS)), -1, dtype=np.int64)
    numbers = {order: k for k, order in enumerate(PERMUTATIONS)}
    for i, first in enumerate(PERMUTATIONS):
        for j, second in enumerate(PERMUTATIONS):
            table[i, j] = numbers.get(tuple(second[lane] for lane in first), -1)
    return table


#: ``COMPOSE[i, j]``: seam i, then seam j. -1 where no blocking makes both.
COMPOSE = _compositions()


def aligned(shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Zeros whose memory starts at a multiple of 64 bytes, as vector loads and stores need it."""
    flat = np.zeros(math.prod(shape) + WIDTH)
    start = -flat.ctypes.data % 64 // 8
    return flat[start : start + math.prod(shape)].reshape(shape)


def pack(links: NDArray[np.complex128], blocking: Blocking) -> NDArray[np.float64]:
    """Links of shape (chains, d, *extents, N, N) as vectors, shape (groups, d, volume, N, N, 2, 8).

    Chain c is replica ``c % replicas`` of group ``c // replicas``; lanes without a chain repeat the first.
    """
    chains, d, N = links.shape[0], blocking.lattice.d, links.shape[-1]
    replicas, groups = blocking.replicas, math.ceil(links.shape[0] / blocking.replicas)
    flat = links.reshape(chains, d, -1, N, N)
    packed = aligned((groups, d, blocking.volume, N, N, 2, WIDTH))
    pieces = WIDTH // replicas
    sites = blocking.sites
    for group, lane in itertools.product(range(groups), range(WIDTH)):
        chain = min(group * replicas + lane // pieces, chains - 1)
        values = flat[chain][:, sites[:, lane]]
        packed[group, ..., 0, lane], packed[group, ..., 1, lane] = values.real, values.imag
    return packed


def unpack(packed: NDArray[np.float64], blocking: Blocking, chain: int) -> NDArray[np.complex128]:
    """The links of one chain, shape (d, *extents, N, N)."""
    d, N = packed.shape[1], packed.shape[3]
    pieces = WIDTH // blocking.replicas
    group, replica = divmod(chain, blocking.replicas)
    links = np.empty((d, blocking.lattice.volume, N, N), dtype=np.complex128)
    sites = blocking.sites
    for lane in range(replica * pieces, (replica + 1) * pieces):
        links.real[:, sites[:, lane]] = packed[group, ..., 0, lane]
        links.imag[:, sites[:, lane]] = packed[group, ..., 1, lane]
    return links.reshape(d, *blocking.lattice.extents, N, N)
