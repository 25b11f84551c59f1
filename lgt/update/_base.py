"""What every Markov update of the links has in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import partial
from typing import final

import numpy as np
from numpy.typing import NDArray

from lgt.action import Action, LoopAction, group_of, shape_of, shortest_extent
from lgt.errors import InputError, PhysicsError
from lgt.field import lattice_of
from lgt.group import UnitaryGroup
from lgt.kernels.layout import flat
from lgt.lattice import Lattice
from lgt.replicas import Replicas, Task
from lgt.rng import Stream

#: The counter has 8 bits for the SU(2) subgroup, and 23 * 22 / 2 = 253.
LARGEST_N = 23
#: The counter has 8 bits for the direction.
LARGEST_D = 256


@final
@dataclass(frozen=True)
class UpdateReport:
    """What an update did.

    Parameters
    ----------
    links
        Number of link updates.
    exhausted
        How often the old value stayed: draws of the heat bath that used up their attempts, refused proposals
        of Metropolis, refused trajectories.

    Examples
    --------
    >>> UpdateReport(links=8) + UpdateReport(links=8, exhausted=1)
    UpdateReport(links=16, exhausted=1)
    """

    links: int = 0
    exhausted: int = 0

    def __add__(self, other: UpdateReport) -> UpdateReport:
        return UpdateReport(self.links + other.links, self.exhausted + other.exhausted)


class Updater(ABC):
    """A Markov update with the right stationary distribution, ``exp(-S[U])`` times the Haar measure.

    Updaters are values: the same links, action, stream and number give the same bits, in any thread.
    """

    @property
    @abstractmethod
    def name(self) -> str:
        """A short name for logs and files."""

    @abstractmethod
    def validate(self, action: Action, group: UnitaryGroup, lattice: Lattice) -> None:
        """Refuse what this update cannot do, before the first sweep.

        Raises
        ------
        PhysicsError
            If the update is wrong or undefined for this action, group or lattice.
        """

    @abstractmethod
    def advance(self, state: Replicas, action: Action, number: int) -> None:
        """Update all links of chains that are packed for it, once.

        Parameters
        ----------
        state
            The chains; their links change.
        action
            The action, one that `validate` accepts.
        number
            The number of this update in its chain, at least 0 and below 2^32; each random number is a
            function of the stream, this number and the link alone. Give every update another one.

        Raises
        ------
        PhysicsError
            As `validate`.
        InputError
            If `number` is out of range.
        """

    @final
    def update(
        self, links: NDArray[np.complex128], action: Action, stream: Stream, number: int
    ) -> UpdateReport:
        """Update the links of one configuration once, in place: packing and unpacking included.

        For many updates in a row, pack once (`lgt.replicas.Replicas`) and use `advance`.

        Parameters
        ----------
        links
            One configuration, shape (d, *extents, N, N), complex128, C-contiguous; 1 x 1 is U(1).
        action, number
            As for `advance`.
        stream
            The random numbers of this chain.

        Raises
        ------
        ShapeError
            If the array has another shape, dtype or order.
        PhysicsError
            As `validate`.
        InputError
            If `number` is out of range.
        """
        sites = flat(links)
        self.validate(action, group_of(links), lattice_of(links, links.shape[0]))
        state = Replicas([links], [stream], action=action, at_once=self.at_once)
        self.advance(state, action, number)
        links[...] = state.links(0)
        return UpdateReport(links=sites.shape[0] * sites.shape[1] * self.visits, exhausted=state.exhausted[0])

    @property
    def visits(self) -> int:
        """How often one update visits each link."""
        return 1

    @property
    def at_once(self) -> bool:
        """Whether it moves all links at once, so that chains may be packed for that (`Replicas`)."""
        return False

    def proposals(self, group: UnitaryGroup, lattice: Lattice) -> int:
        """How many proposals one update of one chain makes that may be refused; none for a heat bath."""
        return 0

    @final
    def acceptance(self, group: UnitaryGroup, lattice: Lattice, exhausted: int, updates: int) -> float | None:
        """The accepted fraction of the proposals of so many updates of one chain; None where there are none.

        Parameters
        ----------
        exhausted
            How many were refused: `lgt.replicas.Replicas.exhausted`.

        Examples
        --------
        >>> import lgt
        >>> from lgt.update import HMC, HeatBath
        >>> HMC().acceptance(lgt.SU(2), lgt.Lattice((4, 4)), exhausted=2, updates=10)
        0.8
        >>> HeatBath().acceptance(lgt.SU(2), lgt.Lattice((4, 4)), exhausted=0, updates=10) is None
        True
        """
        proposed = updates * self.proposals(group, lattice)
        return 1 - exhausted / proposed if proposed else None


class LocalUpdater(Updater):
    """An update that visits the links one by one: for each direction, colour by colour."""

    def validate(self, action: Action, group: UnitaryGroup, lattice: Lattice) -> None:
        """The action must be linear in the link, and every plaquette must hold it once."""
        if not action.linear_in_link:
            raise PhysicsError(
                f"{self.name} for {action}", "an action that is not linear in the link", "use another update"
            )
        if not isinstance(action, LoopAction):
            raise PhysicsError(
                f"{self.name} for {action}", "an action that is no sum of loops", "use another update"
            )
        action.open_directions(lattice.d)
        if group.N > LARGEST_N:
            raise PhysicsError(
                f"{self.name} for {group}",
                f"N above {LARGEST_N}, more subgroups than the random counter holds",
                "use a smaller N",
            )
        if not 2 <= lattice.d <= LARGEST_D or lattice.volume >= 2**32:
            raise PhysicsError(
                f"{self.name} on the lattice {lattice}",
                f"{lattice.d} directions and {lattice.volume} sites",
                f"use 2 to {LARGEST_D} directions and fewer than 2^32 sites",
            )
        if any((0,) * lattice.d in each for each in shape_of(action, lattice.d).conflicts):
            raise PhysicsError(
                f"{self.name} for {action}", "a loop that holds a link twice", "use another update, like hmc"
            )
        if (needed := shortest_extent(action, lattice)) is not None:
            raise PhysicsError(
                f"{self.name} of {action} on the lattice {lattice}",
                f"an extent of {min(lattice.extents)}, where a loop holds a link twice",
                f"use extents of {needed} or more",
            )

    @final
    def advance(self, state: Replicas, action: Action, number: int) -> None:
        """One visit of every link."""
        self.validate(action, state.group, state.lattice)
        if not 0 <= number < 2**32:
            raise InputError(f"update number {number}", "no room in the random counter", "use 0 to 2^32 - 1")
        state.require(action, one_by_one=True)
        for phase in range(state.phases):
            state.each(partial(self.blocks, action, number, phase))

    @abstractmethod
    def blocks(
        self,
        action: Action,
        number: int,
        phase: int,
        task: Task,
        piece: int,
    ) -> None:
        """Update the links of one part of a phase (`lgt.replicas.visits`)."""
