"""Over-relaxation: each link moved as far as it can go without changing the action."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from lgt.action import Action
from lgt.kernels._jit import inline_kernel, kernel
from lgt.kernels.layout import Complex, SiteTable, Tables, size_of
from lgt.kernels.sun import block_of_product, rotate_rows
from lgt.rng import Stream
from lgt.update._base import LocalUpdater
from lgt.update._staple import wilson_staple

#: Below this squared size a staple has no usable direction, and the link stays.
_TINY = 1e-200


@inline_kernel
def reflect_link(u: Complex, staple: Complex, size: tuple[int, ...]) -> None:
    """Reflect one link in every SU(2) subgroup: u -> (v^+)^2 u, which keeps Re tr(u staple).

    For U(1) the angle of ``u staple`` changes its sign.
    """
    N = len(size)
    if N == 1:
        a = staple[0, 0]
        square = a.real**2 + a.imag**2
        if square > _TINY:
            u[0, 0] = np.conj(u[0, 0] * a) * np.conj(a) / square
        return
    for i in range(N - 1):
        for j in range(i + 1, N):
            w00, w01, w10, w11 = block_of_product(u, staple, i, j, size)
            v0 = w00 + np.conj(w11)
            v1 = w01 - np.conj(w10)
            square = v0.real**2 + v0.imag**2 + v1.real**2 + v1.imag**2
            if square > _TINY:
                # v = (x0 + i x.sigma); (v^+)^2 = (x0^2 - x.x) - 2 i x0 x.sigma = 2 x0 v^+ - 1
                factor = 2.0 * v0.real / square
                rotate_rows(u, i, j, factor * np.conj(v0) - 1.0, -factor * v1, size)


@kernel
def reflect_sweep(
    links: Complex, up: SiteTable, down: SiteTable, order: SiteTable, size: tuple[int, ...]
) -> None:
    """Over-relaxation of all links, for each direction in the order of sites given."""
    staple = np.empty((len(size), len(size)), dtype=np.complex128)
    work = np.empty_like(staple)
    for mu in range(links.shape[0]):
        for x in order:
            wilson_staple(links, up, down, mu, x, staple, work, size)
            reflect_link(links[mu, x], staple, size)


@final
@dataclass(frozen=True)
class OverRelaxation(LocalUpdater):
    """Reflection of every link in its SU(2) subgroups; for U(1) ``theta -> -theta - 2 arg A``.

    It keeps the action and uses no random numbers, so it is not ergodic alone: mix it with a heat bath
    (Creutz, Phys. Rev. D 36 (1987) 515; Brown and Woch, Phys. Rev. Lett. 58 (1987) 2394).

    Examples
    --------
    >>> import lgt
    >>> from lgt.update import OverRelaxation
    >>> stream = lgt.Stream(seed=1, chain=0)
    >>> links = lgt.hot(lgt.Lattice((4, 6)), lgt.SU(3), stream)
    >>> action = lgt.Wilson(5.5)
    >>> before = action.value(links)
    >>> OverRelaxation().update(links, action, stream, number=0)
    UpdateReport(links=48, exhausted=0)
    >>> bool(abs(action.value(links) - before) < 1e-11)
    True
    """

    @property
    def name(self) -> str:
        """``overrelaxation``."""
        return "overrelaxation"

    def sweep(
        self, sites: NDArray[np.complex128], table: Tables, action: Action, stream: Stream, number: int
    ) -> int:
        """One reflection of every link; it needs no beta and no random numbers."""
        reflect_sweep(sites, table.up, table.down, table.order, size_of(sites.shape[-1]))
        return 0
