"""Metropolis: small random moves of each link, taken or not by what they change in the action."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from lgt.action import Action
from lgt.errors import InputError
from lgt.group import UnitaryGroup
from lgt.kernels._jit import inline_kernel, kernel
from lgt.kernels.elementary import log, sincospi
from lgt.kernels.lanes import as_bits, f64x8, from_bits, i64x8, load, select, sqrt, store
from lgt.kernels.matrix import load_row, row_dot_column, store_row
from lgt.lattice import Lattice
from lgt.replicas import Task
from lgt.replicas.paths import paths_of
from lgt.replicas.staple import Box, Paths, room_for_addresses, visit
from lgt.replicas.subgroup import product, rotate, subgroup_vector
from lgt.rng import Purpose
from lgt.update._base import LocalUpdater
from lgt.update._draw import Address, draw, positive

_PURPOSE = int(Purpose.METROPOLIS)
_BLOCK_1 = 1 << 24
#: More proposals at a visit than anybody needs; they are numbered in the random counter.
LARGEST_HITS = 65536


@inline_kernel
def propose_su2(at: Address, attempt: int, step: float) -> Any:
    """An SU(2) matrix near 1, as likely as its inverse: ``x0 - 1``, its first row (al, be), and a uniform.

    ``x`` has a uniform direction and a length uniform up to `step`, and ``x0 = sqrt(1 - x.x)``.
    """
    u, v = draw(at, 0, attempt)
    w, accept = draw(at, _BLOCK_1, attempt)
    length = step * w
    z = 2.0 * u - 1.0
    radius = length * sqrt(positive(1.0 - z * z))
    s, c = sincospi(v + v)
    x0 = sqrt(positive(1.0 - length * length))
    # 1 - x0 without cancellation
    return -(length * length) / (1.0 + x0), (x0, length * z), (radius * s, radius * c), accept


@inline_kernel
def move_link(size: Any, link: int, staple: int, beta: float, step: float, attempt: int, at: Address) -> Any:
    """One proposal in each SU(2) subgroup of a block of links, with weight exp((beta/N) Re tr(u staple)).

    Metropolis et al., J. Chem. Phys. 21 (1953) 1087. Returns the number of refused proposals of each lane.
    """
    N = len(size)
    refused, one, zero = i64x8(0), f64x8(1.0), f64x8(0.0)
    if N == 1:
        u, x = load_row(size, link, 0), row_dot_column(size, load_row(size, link, 0), staple, 0)
        r, accept = draw(at, 0, attempt)
        angle = step * (2.0 * r - 1.0)
        s, c = sincospi(angle)
        h, _ = sincospi(0.5 * angle)
        # cos t - 1 = -2 sin^2(t/2)
        taken = log(accept) <= beta * (-2.0 * h * h * x[0] - s * x[1])
        turned = product((c, s), (u[0], u[1]))
        store_row(size, (select(taken, turned[0], u[0]), select(taken, turned[1], u[1])), link, 0)
        refused = select(taken, refused, i64x8(1))
    subgroup = 0
    for i in range(N - 1):
        for j in range(i + 1, N):
            v0, v1 = subgroup_vector(size, link, staple, i, j)
            here = Address(at.site, at.chain, at.word | subgroup << 8, at.number, at.seed)
            less, g0, g1, accept = propose_su2(here, attempt, step)
            # Re tr((g - 1) U A), of which v is twice what the trace sees
            gain = less * v0[0] - g0[1] * v0[1] - (g1[0] * v1[0] + g1[1] * v1[1])
            taken = log(accept) <= beta / N * gain
            g0 = select(taken, g0[0], one), select(taken, g0[1], zero)
            rotate(size, link, i, j, g0, (select(taken, g1[0], zero), select(taken, g1[1], zero)))
            refused = refused + select(taken, i64x8(0), i64x8(1))
            subgroup += 1
    return refused


@kernel
def move_blocks(
    size: Any,
    links: int,
    box: Box,
    paths: Paths | None,
    chain_address: int,
    scratch: int,
    phase: int,
    piece: int,
    beta: float,
    number: int,
    seed: int,
    hits: int,
    step: float,
    tally: int,
) -> None:
    """Metropolis of the links of one part of a phase (`lgt.replicas.visits`).

    The refused proposals of every lane are added to the vector at `tally`.
    """
    table = np.empty(room_for_addresses(box.neighbours.shape[0] // 2, paths), dtype=np.int64)
    chain = as_bits(load(f64x8(0.0), chain_address))
    refused = as_bits(load(f64x8(0.0), tally))
    first, last = box.starts[phase, piece], box.starts[phase, piece + 1]
    for k in range(first, last):
        link, mu, x = visit(size, links, box, paths, k, last, scratch, table)
        at = Address(
            as_bits(load(f64x8(0.0), box.sites[x].ctypes.data)), chain, mu | _PURPOSE << 16, number, seed
        )
        for hit in range(hits):
            refused = refused + move_link(size, link, scratch, beta, step, hit, at)
    store(from_bits(refused), tally)


@final
@dataclass(frozen=True)
class Metropolis(LocalUpdater):
    """Metropolis of every link: small random rotations in SU(2) subgroups, for U(1) small phases.

    Parameters
    ----------
    hits
        Proposals for each subgroup of a link at each visit.
    step
        Size of a proposal, above 0 and up to 1: the vector part of an SU(2) element is at most this long, and
        the angle of a phase at most pi times it.

    Raises
    ------
    InputError
        If `hits` is below 1 or `step` is out of range.

    Examples
    --------
    >>> import lgt
    >>> from lgt.replicas import Replicas
    >>> from lgt.update import Metropolis
    >>> state = Replicas([lgt.cold(lgt.Lattice((4, 6)), lgt.SU(2))], [lgt.Stream(seed=1, chain=0)])
    >>> move = Metropolis(hits=4, step=0.5)
    >>> move.advance(state, lgt.Wilson(2.0), number=0)
    >>> 0 < state.exhausted[0] < move.proposals(state.group, state.lattice)
    True
    """

    hits: int = 8
    step: float = 0.5

    def __post_init__(self) -> None:
        if not 1 <= self.hits <= LARGEST_HITS:
            found = "no proposal" if self.hits < 1 else "too many proposals"
            raise InputError(f"{self.hits} hits", found, f"give 1 to {LARGEST_HITS}")
        if not 0 < self.step <= 1:
            raise InputError(f"step {self.step}", "not above 0 and up to 1", "give 0.5")

    @property
    def name(self) -> str:
        """For example ``metropolis(hits=8, step=0.5)``."""
        return f"metropolis(hits={self.hits}, step={self.step})"

    def proposals(self, group: UnitaryGroup, lattice: Lattice) -> int:
        """So many hits for every subgroup of every link."""
        return self.hits * max(1, group.N * (group.N - 1) // 2) * lattice.d * lattice.volume

    def blocks(
        self,
        action: Action,
        number: int,
        phase: int,
        task: Task,
        piece: int,
    ) -> None:
        """Some proposals for every link of a part."""
        move_blocks(
            task.size,
            task.links,
            task.box,
            paths_of(action, task.blocking),
            task.chains,
            task.scratch(piece),
            phase,
            piece,
            float(action.beta),
            number,
            task.seed,
            self.hits,
            self.step,
            task.tally(piece),
        )
