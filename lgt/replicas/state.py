"""The links of some chains, packed into lanes: what updates work on."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from lgt.action import Action, LoopAction, Wilson, group_of, shape_of
from lgt.errors import InputError, PhysicsError, ShapeError
from lgt.field import Array, lattice_of
from lgt.kernels._cpu import warn_if_slow
from lgt.kernels.exponential import ROOM
from lgt.kernels.layout import size_of
from lgt.kernels.packed import COMPOSE, WIDTH, Blocking, aligned, pack, unpack
from lgt.replicas.colouring import colouring
from lgt.replicas.staple import Box
from lgt.replicas.visits import NO_VISITS, Index, Visits, visits
from lgt.rng import Stream

#: Blocks of one direction and colour below which handing work to a second thread costs more than it saves.
WORTH_A_THREAD = 1024


class AbandonedError(Exception):
    """An update was given up before its end; the links are those from before it."""


@final
@dataclass(frozen=True)
class Task:
    """One group of chains and what its kernels are called with; addresses are in bytes."""

    size: tuple[int, ...]
    blocking: Blocking
    group: int
    links: int
    box: Box
    chains: int
    seed: int
    pieces: int
    scratches: tuple[int, ...]
    tallies: tuple[int, ...]

    def scratch(self, piece: int) -> int:
        """Room for the matrices that one thread works on."""
        return self.scratches[piece]

    def tally(self, piece: int) -> int:
        """A vector of counters of one thread."""
        return self.tallies[piece]

    def part(self, count: int, piece: int) -> tuple[int, int]:
        """The half-open range of `count` items that a piece has."""
        return count * piece // self.pieces, count * (piece + 1) // self.pieces

    def beside(self, packed: NDArray[np.float64]) -> int:
        """The address of this group in another array that is packed like the links.

        Raises
        ------
        ShapeError
            If it was not made by `Replicas.zeros`: vectors must lie at multiples of their size.
        """
        address = int(packed[self.group].ctypes.data)
        if address % 64 or not packed.flags.c_contiguous or packed.dtype != np.float64:
            raise ShapeError(
                "an array packed like the links", "another layout", "make it with Replicas.zeros()"
            )
        return address


@final
class Replicas:
    """Chains that advance together, their links packed into vectors.

    Up to eight chains share the lanes of a vector where the lattice does not fill them, which changes no
    bit of any of them; nor does the number of threads.

    Parameters
    ----------
    links
        One configuration a chain, each of shape (d, *extents, N, N), complex128.
    streams
        The random numbers of each chain, all of one seed.
    threads
        How many threads may work at the same time.
    action
        For which action, by default one of plaquettes: it says which links may move at the same time.
    at_once
        Whether all links move at once, as in molecular dynamics and flows, and none one by one: then the
        lattice may be cut anywhere, and more of them fill the vectors.

    Raises
    ------
    ShapeError
        If the configurations differ in shape.
    InputError
        If the numbers of chains and streams differ, or the streams have several seeds.

    Examples
    --------
    >>> import lgt
    >>> cold = lgt.cold(lgt.Lattice((4, 6)), lgt.SU(2))
    >>> state = Replicas([cold, cold], [lgt.Stream(1, 0), lgt.Stream(1, 1)])
    >>> bool((state.links(1) == cold).all())
    True
    """

    def __init__(
        self,
        links: Sequence[Array],
        streams: Sequence[Stream],
        threads: int = 1,
        action: Action | None = None,
        at_once: bool = False,
    ) -> None:
        warn_if_slow()
        if not links or len(links) != len(streams) or len({stream.seed for stream in streams}) != 1:
            raise InputError(
                f"{len(links)} chains", f"{len(streams)} streams", "give each chain a stream, all of one seed"
            )
        if len({configuration.shape for configuration in links}) != 1:
            raise ShapeError("chains that advance together", "links of different shapes", "give one lattice")
        self.lattice = lattice_of(links[0], links[0].ndim - 3)
        self.group = group_of(links[0])
        self.chains, self.seed = len(links), streams[0].seed
        self.streams = tuple(streams)
        # What is no sum of loops has no staples; its updates refuse it.
        self._shape = shape_of(action if isinstance(action, LoopAction) else Wilson(0.0), self.lattice.d)
        self._served: set[Action] = set()
        self.at_once = at_once
        found = None if at_once else colouring(self.lattice, self._shape)
        period, parity = (found.period, found.parity) if found else (1, False)
        self.blocking = Blocking.of(self.lattice, self.chains, period, parity)
        self._links = pack(np.stack([np.asarray(each, dtype=np.complex128) for each in links]), self.blocking)
        # Of each block, all of whose lanes are coloured alike.
        colours = found.colours[:, self.blocking.sites[:, 0]] if found else None
        n_colours = 1 if colours is None else int(colours.max()) + 1
        groups, per_colour = len(self._links), self.blocking.volume // n_colours
        self.pieces = 1 if groups > 1 or per_colour < WORTH_A_THREAD else threads
        workers = max(self.pieces, min(groups, threads))
        self._pool = concurrent.futures.ThreadPoolExecutor(workers) if workers > 1 else None
        self._spares: dict[str, NDArray[np.float64]] = {}
        #: Asked by long updates between their steps: whether to give up.
        self.abandon: Callable[[], bool] = lambda: False
        order, starts = NO_VISITS if colours is None else self._visits(colours)
        self.phases = len(starts)
        numbers = [stream.chain for stream in streams]
        replica = np.arange(WIDTH) * self.blocking.replicas // WIDTH
        places = np.arange(groups)[:, None] * self.blocking.replicas + replica
        self._chain_of = np.minimum(places, self.chains - 1)
        self._idle = places >= self.chains
        self._lane_chains = aligned((groups, WIDTH)).view(np.int64)
        self._lane_chains[:] = np.array(numbers)[self._chain_of]
        self._tally = aligned((groups, self.pieces, WIDTH)).view(np.int64)
        matrices = 1 + max(self._shape.operands, ROOM)
        self._scratch = aligned((groups, self.pieces, matrices, self.group.N**2, 2, WIDTH))
        self._box = Box(
            self.blocking.neighbours,
            self.blocking.seams,
            COMPOSE,
            order,
            starts,
            self.blocking.sites,
        )
        # Made once: the arrays stay where they are, and a small lattice takes less time than its tasks.
        self._items = [(self._task(group), piece) for group in range(groups) for piece in range(self.pieces)]

    def _visits(self, colours: Index) -> Visits:
        nbytes = self._links[0].nbytes // (self.lattice.d * self.blocking.volume)
        # Across a twisted seam neighbours lie far apart: no tiles there.
        cache = None if self.blocking.twist is None else 2**62
        return visits(self.blocking.local, colours, self._shape.side, self.pieces, nbytes, cache)

    def require(self, action: Action, one_by_one: bool = False) -> None:
        """Refuse an action for which these chains are not packed.

        Parameters
        ----------
        one_by_one
            Whether links are to move one by one.

        Raises
        ------
        PhysicsError
            If links that share one of its loops have the same colour here, or its staples have no room.
        """
        if one_by_one and self.at_once:
            raise PhysicsError(
                f"an update of links one by one with {action}",
                "chains packed to move at once",
                "pack them anew",
            )
        if action in self._served:
            return
        if not isinstance(action, LoopAction):
            raise PhysicsError(f"an update with {action}", "no sum of loops", "use a sum of loops")
        if not self._shape.covers(shape_of(action, self.lattice.d)):
            raise PhysicsError(
                f"an update with {action}",
                "chains that were packed for smaller loops",
                "give the action to Replicas(..., action=...)",
            )
        self._served.add(action)

    @property
    def room(self) -> int:
        """How many chains would cost no more time than these, as they fill vectors that are partly idle."""
        return len(self._links) * self.blocking.replicas

    def links(self, chain: int) -> NDArray[np.complex128]:
        """A copy of the links of one chain, shape (d, *extents, N, N)."""
        return unpack(self._links, self.blocking, chain)

    @property
    def exhausted(self) -> list[int]:
        """For every chain, how often the old value has stayed so far.

        These are the draws of the heat bath that used up their attempts, and the proposals of Metropolis and
        the trajectories of HMC that were refused.
        """
        counts = np.where(self._idle[:, None], 0, self._tally).sum(axis=1)
        return [int(counts[self._chain_of == chain].sum()) for chain in range(self.chains)]

    def zeros(self) -> NDArray[np.float64]:
        """An array of zeros packed like the links: for momenta, forces, a copy of the links."""
        return aligned(self._links.shape)

    def spare(self, name: str) -> NDArray[np.float64]:
        """An array packed like the links that stays with these chains: the one of that name, for reuse."""
        if name not in self._spares:
            self._spares[name] = self.zeros()
        return self._spares[name]

    def save(self, packed: NDArray[np.float64]) -> None:
        """Copy the links into an array that is packed like them."""
        packed[...] = self._links

    def restore(self, packed: NDArray[np.float64]) -> None:
        """Copy such an array back into the links."""
        self._links[...] = packed

    def refuse(self, packed: NDArray[np.float64], chains: NDArray[np.bool_]) -> None:
        """Give some chains the links back that were saved, bit for bit, and count it for each of them.

        Parameters
        ----------
        packed
            What `save` wrote.
        chains
            Which chains, shape (chains,).
        """
        for group, lanes in enumerate(chains[self._chain_of]):
            if lanes.all():
                self._links[group] = packed[group]
            elif lanes.any():
                np.copyto(self._links[group], packed[group], where=lanes)
        for chain in np.flatnonzero(chains):
            group, replica = divmod(int(chain), self.blocking.replicas)
            self._tally[group, 0, replica * WIDTH // self.blocking.replicas] += 1

    def site_zeros(self) -> NDArray[np.float64]:
        """An array of zeros with a number for each site of each chain, in vectors: (groups, blocks, 8)."""
        return aligned((len(self._links), self.blocking.volume, WIDTH))

    def per_site(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Such numbers in the order of the sites, shape (chains, volume): what a `tree_sum` is to sum."""
        sites, lanes = self.blocking.sites, WIDTH // self.blocking.replicas
        out = np.empty((self.chains, self.lattice.volume))
        for chain in range(self.chains):
            group, replica = divmod(chain, self.blocking.replicas)
            own = slice(replica * lanes, (replica + 1) * lanes)
            out[chain, sites[:, own]] = values[group][:, own]
        return out

    def each(self, work: Callable[[Task, int], None]) -> None:
        """Call `work` for every group of chains and every piece of it, as many at a time as threads."""
        if self._pool is None:
            for task, piece in self._items:
                work(task, piece)
        else:
            list(self._pool.map(lambda item: work(*item), self._items))

    def _task(self, group: int) -> Task:
        return Task(
            size_of(self.group.N),
            self.blocking,
            group,
            self._links[group].ctypes.data,
            self._box,
            self._lane_chains[group].ctypes.data,
            self.seed,
            self.pieces,
            tuple(scratch.ctypes.data for scratch in self._scratch[group]),
            tuple(tally.ctypes.data for tally in self._tally[group]),
        )
