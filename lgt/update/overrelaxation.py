"""Over-relaxation: each link moved as far as it can go without changing the action."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from lgt.action import Action
from lgt.kernels._jit import inline_kernel, kernel
from lgt.kernels.lanes import f64x8, fma, select
from lgt.kernels.matrix import load_row, row_dot_column, store_row
from lgt.replicas import Task
from lgt.replicas.paths import paths_of
from lgt.replicas.staple import Box, Paths, room_for_addresses, visit
from lgt.replicas.subgroup import product_conjugate, rotate, subgroup_vector
from lgt.update._base import LocalUpdater

#: Below this squared size a staple has no usable direction, and the link stays.
_TINY = 1e-200


@inline_kernel
def reflect_link(size: Any, link: int, staple: int) -> None:
    """Reflect a block of links in every SU(2) subgroup: u -> (v^+)^2 u, which keeps Re tr(u staple).

    For U(1) the angle of ``u staple`` changes its sign.
    """
    N = len(size)
    if N == 1:
        u, a = load_row(size, link, 0), load_row(size, staple, 0)
        square = fma(a[0], a[0], a[1] * a[1])
        x = row_dot_column(size, u, staple, 0)
        # u' a = (u a)^*, so u' = (u a)^* a^* / |a|^2
        turned = product_conjugate((x[0], -x[1]), (a[0], a[1]))
        usable, inverse = square > _TINY, 1.0 / square
        store_row(
            size,
            (select(usable, turned[0] * inverse, u[0]), select(usable, turned[1] * inverse, u[1])),
            link,
            0,
        )
    for i in range(N - 1):
        for j in range(i + 1, N):
            v0, v1 = subgroup_vector(size, link, staple, i, j)
            square = fma(v0[0], v0[0], fma(v0[1], v0[1], fma(v1[0], v1[0], v1[1] * v1[1])))
            # v = (x0 + i x.sigma); (v^+)^2 = (x0^2 - x.x) - 2 i x0 x.sigma = 2 x0 v^+ - 1
            factor = select(square > _TINY, 2.0 * v0[0] / square, f64x8(0.0))
            one = select(square > _TINY, f64x8(-1.0), f64x8(1.0))
            g0 = (fma(factor, v0[0], one), -(factor * v0[1]))
            rotate(size, link, i, j, g0, (-(factor * v1[0]), -(factor * v1[1])))


@kernel
def reflect_blocks(
    size: Any,
    links: int,
    box: Box,
    paths: Paths | None,
    scratch: int,
    phase: int,
    piece: int,
) -> None:
    """Over-relaxation of the links of one part of a phase (`lgt.replicas.visits`)."""
    table = np.empty(room_for_addresses(box.neighbours.shape[0] // 2, paths), dtype=np.int64)
    first, last = box.starts[phase, piece], box.starts[phase, piece + 1]
    for k in range(first, last):
        link, _, _ = visit(size, links, box, paths, k, last, scratch, table)
        reflect_link(size, link, scratch)


@final
@dataclass(frozen=True)
class OverRelaxation(LocalUpdater):
    """Reflection of every link in its SU(2) subgroups; for U(1) ``theta -> -theta - 2 arg A``.

    It keeps the action and uses no random numbers, so it is not ergodic alone: mix it with a heat bath
    (Creutz, Phys. Rev. D 36 (1987) 515; Brown and Woch, Phys. Rev. Lett. 58 (1987) 2394).

    Examples
    --------
    >>> import lgt
    >>> from lgt.replicas import Replicas
    >>> from lgt.update import OverRelaxation
    >>> stream = lgt.Stream(seed=1, chain=0)
    >>> links = lgt.hot(lgt.Lattice((4, 6)), lgt.SU(3), stream)
    >>> action = lgt.Wilson(5.5)
    >>> state = Replicas([links], [stream])
    >>> OverRelaxation().advance(state, action, number=0)
    >>> bool(abs(action.value(state.links(0)) - action.value(links)) < 1e-11)
    True
    """

    @property
    def name(self) -> str:
        """``overrelaxation``."""
        return "overrelaxation"

    def blocks(
        self,
        action: Action,
        number: int,
        phase: int,
        task: Task,
        piece: int,
    ) -> None:
        """One reflection of every link of a part; it needs no beta and no random numbers."""
        paths, scratch = paths_of(action, task.blocking), task.scratch(piece)
        reflect_blocks(task.size, task.links, task.box, paths, scratch, phase, piece)
