"""Energy of molecular dynamics, site by site: the momenta's and the action's share of each."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lgt.action import Action
from lgt.kernels._jit import kernel
from lgt.kernels.lanes import f64x8, store
from lgt.kernels.matrix import ENTRY, inner, load_row, row_dot_column
from lgt.replicas.motion import Packed
from lgt.replicas.paths import loops_of
from lgt.replicas.staple import Box, Paths, path_staple, room_for_addresses
from lgt.replicas.state import Replicas, Task


@kernel
def energy_blocks(
    size: Any,
    links: int,
    box: Box,
    loops: Paths,
    momenta: int,
    kinetic: float,
    potential: float,
    scratch: int,
    first: int,
    last: int,
    result: int,
) -> None:
    """Sum over mu of kinetic |P|^2 + potential Re tr(U A) of the blocks `first` to `last`, A of `loops`."""
    d, volume, N = box.neighbours.shape[0] // 2, box.neighbours.shape[1], len(size)
    nbytes = ENTRY * N * N
    table = np.empty(room_for_addresses(d, loops), dtype=np.int64)
    for x in range(first, last):
        squares, traces = f64x8(0.0), f64x8(0.0)
        for mu in range(d):
            path_staple(size, links, box, loops, mu, x, scratch, table)
            place = (mu * volume + x) * nbytes
            for i in range(N):
                row = load_row(size, momenta + place, i)
                squares = squares + inner(size, row, row)[0]
                traces = traces + row_dot_column(size, load_row(size, links + place, i), scratch, i)[0]
        store(squares * kinetic + traces * potential, result + 64 * x)


def energy(state: Replicas, action: Action, momenta: Packed) -> NDArray[np.float64]:
    """The energy ``-sum tr P^2 + S[U]`` (U(1): ``sum p^2 / 2 + S[U]``) as a sum over sites.

    A site has the loops of the action that start there. Energies of one chain before and after a trajectory
    are to be subtracted site by site, since their sums agree in most of their digits.

    Parameters
    ----------
    momenta
        Algebra-valued, packed like the links.

    Returns
    -------
    ndarray
        In vectors, see `Replicas.site_zeros`.

    Raises
    ------
    PhysicsError
        If the action is not a sum of closed loops.
    """
    state.require(action)
    N, result = state.group.N, state.site_zeros()
    kinetic, potential = (0.5 if N == 1 else 1.0), -action.beta / N

    def work(task: Task, piece: int) -> None:
        first, last = task.part(state.blocking.volume, piece)
        energy_blocks(
            task.size,
            task.links,
            task.box,
            loops_of(action, task.blocking),
            task.beside(momenta),
            kinetic,
            potential,
            task.scratch(piece),
            first,
            last,
            task.beside(result),
        )

    state.each(work)
    return result
