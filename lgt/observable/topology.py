"""The topological charge, and the energy density that scales are set by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self, final

import numpy as np

from lgt.clover import energy_clover, energy_plaquette, field_strength
from lgt.errors import PhysicsError
from lgt.field import Array, lattice_of
from lgt.lattice import Lattice
from lgt.loops import loop_trace
from lgt.observable._base import Observable, Real, site_sum
from lgt.observable.loops import rectangle_average
from lgt.path import plaquette

#: Signs of tr F_01 F_23, tr F_02 F_13, tr F_03 F_12 in the epsilon tensor, and their places among the planes.
_DUAL = ((1.0, 0, 5), (-1.0, 1, 4), (1.0, 2, 3))


@final
@dataclass(frozen=True)
class TopologicalCharge(Observable):
    """The topological charge Q, of which `density` is q(x) and `value` the sum over the lattice.

    In four dimensions from the clover field strength,
    ``q = -tr(F_01 F_23 - F_02 F_13 + F_03 F_12) / (4 pi^2)`` (P. Di Vecchia et al., Nucl. Phys. B 192 (1981)
    392): near an integer on smooth links, so measure it on smeared ones, ``topological_charge@flow:2.0``.
    In two dimensions, for U(1), the geometric charge ``q = theta_P / (2 pi)`` with the plaquette angle in
    (-pi, pi]: an integer on every configuration. Odd under reflections. With open boundaries Q is the sum
    over the sites whose clovers stay inside, and not an integer.

    Parameters
    ----------
    improved
        Four dimensions: from the improved field strength (`lgt.clover.field_strength`), whose Q is off an
        integer by 0.001 on an instanton of radius 4, where the plain clover's is off by 0.05.

    Examples
    --------
    >>> import lgt
    >>> links = lgt.cold(lgt.Lattice((4, 4, 4, 6)), lgt.SU(3))
    >>> float(TopologicalCharge().value(links)), TopologicalCharge().density(links).shape
    (0.0, (4, 4, 4, 6))
    """

    improved: bool = False

    pattern: ClassVar[str] = "topological_charge[_improved]"
    about: ClassVar[str] = (
        "topological charge Q by the clover field strength, or with loops up to 3x3 (2D U(1): geometric)"
    )
    examples: ClassVar[tuple[str, ...]] = ("topological_charge", "topological_charge_improved")

    @property
    def name(self) -> str:
        """``topological_charge`` or ``topological_charge_improved``."""
        return "topological_charge" + "_improved" * self.improved

    @classmethod
    def parse(cls, name: str) -> Self | None:
        """The observable of such a name, else None."""
        return next((each for each in (cls(), cls(improved=True)) if each.name == name), None)

    @property
    def reach(self) -> tuple[int, int]:
        """The leaves lie all around x."""
        return (3, 3) if self.improved else (1, 1)

    def validate(self, lattice: Lattice, *, open: tuple[int, ...] = ()) -> None:
        """There is a charge in four dimensions (improved: extents of 4 or more), and in two for U(1)."""
        super().validate(lattice, open=open)
        if self.improved and (lattice.d != 4 or min(lattice.extents) < 4):
            raise PhysicsError(
                f"{self.name} on the lattice {lattice}",
                "no room for loops of 3x3 in four dimensions",
                "use topological_charge, or four extents of 4 or more",
            )
        if lattice.d not in (2, 4):
            raise PhysicsError(
                f"{self.name} on the lattice {lattice}", f"{lattice.d} directions", "use a lattice with 4"
            )

    def density(self, links: Array, d: int | None = None) -> Real:
        """q(x), shape (..., *extents)."""
        lattice = lattice_of(links, d)
        self.validate(lattice)
        if lattice.d == 2:
            if links.shape[-1] != 1:
                raise PhysicsError(
                    f"{self.name} of SU({links.shape[-1]}) in two dimensions",
                    "no topological charge",
                    "use U(1), or four dimensions",
                )
            loops = loop_trace(np.asarray(links, dtype=np.complex128), plaquette(0, 1), 2)
            return np.asarray(np.angle(loops) / (2 * np.pi))
        fields = np.moveaxis(field_strength(links, 4, improved=self.improved), -7, 0)
        # F is antihermitian, so tr F G = -sum_ij conj(F_ij) G_ij.
        terms = [sign * _inner(fields[a], fields[b]) for sign, a, b in _DUAL]
        return np.asarray(sum(terms) / (4 * np.pi**2))

    def value(self, links: Array, d: int | None = None, *, open: tuple[int, ...] = ()) -> Real:
        """Q, the sum over the lattice, shape (...)."""
        lattice = lattice_of(links, d)
        return site_sum(self.interior(self.density(links, lattice.d), lattice, open), lattice.d)


@final
@dataclass(frozen=True)
class EnergyPlaquette(Observable):
    """The energy density ``E = 2 sum_{mu<nu} Re tr(1 - P)`` (M. Luscher, JHEP 08 (2010) 071).

    Examples
    --------
    >>> import lgt
    >>> float(EnergyPlaquette().value(lgt.cold(lgt.Lattice((4, 6)), lgt.SU(3))))
    0.0
    """

    pattern: ClassVar[str] = "energy_plaquette"
    about: ClassVar[str] = "energy density E = 2 sum_{mu<nu} Re tr(1 - P)"
    reach = (0, 1)

    def density(self, links: Array, d: int | None = None) -> Real:
        """E(x), shape (..., *extents)."""
        return energy_plaquette(np.asarray(links, dtype=np.complex128), d)

    def value(self, links: Array, d: int | None = None, *, open: tuple[int, ...] = ()) -> Real:
        """The average over the lattice, shape (...); with open boundaries, over the loops inside."""
        if not open:
            return super().value(links, d)
        d = lattice_of(links, d).d
        loops = rectangle_average(links, 1, 1, d, open=open)
        return np.asarray(d * (d - 1) * links.shape[-1] * (1 - loops))


@final
@dataclass(frozen=True)
class EnergyClover(Observable):
    """The energy density ``E = -sum_{mu<nu} tr F F`` of the clover field strength (Luscher 2010).

    Examples
    --------
    >>> import lgt
    >>> float(EnergyClover().value(lgt.cold(lgt.Lattice((4, 6)), lgt.SU(3))))
    0.0
    """

    pattern: ClassVar[str] = "energy_clover"
    about: ClassVar[str] = "energy density E = -sum_{mu<nu} tr F F, F the clover field strength"
    reach = (1, 1)

    def density(self, links: Array, d: int | None = None) -> Real:
        """E(x), shape (..., *extents)."""
        return energy_clover(links, d)


def _inner(first: Array, second: Array) -> Real:
    """``sum_ij Re conj(F_ij) G_ij`` of the last two axes."""
    return np.asarray(np.einsum("...ij,...ij->...", first.conj(), second, optimize=False).real)
