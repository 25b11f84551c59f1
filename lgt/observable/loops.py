"""Observables made of closed loops: plaquette, Wilson loops, Polyakov loops."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import ClassVar, Literal, Self, final

import numpy as np
from numpy.typing import NDArray

from lgt.errors import InputError, PhysicsError
from lgt.field import Array, inside, lattice_of, shift, unit
from lgt.lattice import Lattice
from lgt.observable._base import Observable, Real, site_average


@final
@dataclass(frozen=True)
class Plaquette(Observable):
    """The mean over the d(d-1)/2 planes of ``(1/N) Re tr P_{mu nu}(x)``, in [-1, 1].

    With open boundaries those that leave the box do not count: the average of each plane runs over the
    plaquettes inside, boundary layers included, all with the same weight; then over the planes.

    Examples
    --------
    >>> import lgt
    >>> float(Plaquette().value(lgt.cold(lgt.Lattice((4, 6)), lgt.SU(3))))
    1.0
    """

    pattern: ClassVar[str] = "plaquette"
    reach = (0, 1)
    about: ClassVar[str] = "average over all planes of (1/N) Re tr P"

    def density(self, links: Array, d: int | None = None) -> Real:
        """The mean over the planes mu < nu at x, shape (..., *extents)."""
        return rectangles(links, 1, 1, d)

    def value(self, links: Array, d: int | None = None, *, open: tuple[int, ...] = ()) -> Real:
        """The average over planes and sites, shape (...); with open boundaries, over the loops inside."""
        return rectangle_average(links, 1, 1, d, open=open)


@final
@dataclass(frozen=True)
class ActionDensity(Observable):
    """``1 - P`` with the plaquette P: zero on the cold configuration.

    Examples
    --------
    >>> import lgt
    >>> float(ActionDensity().value(lgt.cold(lgt.Lattice((4, 6)), lgt.SU(3))))
    0.0
    """

    pattern: ClassVar[str] = "action_density"
    reach = (0, 1)
    about: ClassVar[str] = "1 - plaquette"

    def density(self, links: Array, d: int | None = None) -> Real:
        """1 - P at x, shape (..., *extents)."""
        return 1.0 - rectangles(links, 1, 1, d)

    def value(self, links: Array, d: int | None = None, *, open: tuple[int, ...] = ()) -> Real:
        """1 - P, shape (...); with open boundaries, over the loops inside."""
        if open:
            return np.asarray(1.0 - rectangle_average(links, 1, 1, d, open=open))
        return super().value(links, d)


@final
@dataclass(frozen=True)
class WilsonLoop(Observable):
    """``(1/N) Re tr`` of the rectangle of r steps along mu and t steps along nu, with its corner at x.

    Averaged over the planes mu < nu: r runs along the earlier axis, t along the later one, hence the
    loops of one orientation alone in two dimensions (M. Favoni et al., Phys. Rev. Lett. 128 (2022) 032003,
    predict these). `symmetric` averages over r <-> t too; its lattice average is then invariant under all
    rotations and reflections of the lattice.

    Parameters
    ----------
    r, t
        Sides in lattice units, each at least 1.
    symmetric
        Whether to average over both orientations.

    Examples
    --------
    >>> import lgt
    >>> links = lgt.hot(lgt.Lattice((4, 6)), lgt.SU(2), lgt.Stream(seed=1, chain=0))
    >>> WilsonLoop(1, 2).density(links).shape
    (4, 6)
    >>> WilsonLoop(1, 2, symmetric=True).name
    'wilson_1x2_symmetric'
    """

    r: int
    t: int
    symmetric: bool = False

    pattern: ClassVar[str] = "wilson_RxT[_symmetric]"
    about: ClassVar[str] = (
        "(1/N) Re tr of the R x T loop, R along mu, T along nu, over planes mu < nu; "
        "_symmetric averages over R <-> T too"
    )
    examples: ClassVar[tuple[str, ...]] = ("wilson_1x2", "wilson_1x2_symmetric")

    def __post_init__(self) -> None:
        if self.r < 1 or self.t < 1:
            raise InputError(f"a {self.r}x{self.t} Wilson loop", "a side below 1", "use sides of 1 or more")

    @property
    def name(self) -> str:
        """``wilson_RxT``, or ``wilson_RxT_symmetric``."""
        return f"wilson_{self.r}x{self.t}" + "_symmetric" * self.symmetric

    @property
    def reach(self) -> tuple[int, int]:
        """The longer side lies ahead of x."""
        return (0, max(self.r, self.t))

    @classmethod
    def parse(cls, name: str) -> Self | None:
        """The observable of such a name, else None."""
        match = re.fullmatch(r"wilson_([1-9]\d{0,5})x([1-9]\d{0,5})(_symmetric)?", name, flags=re.ASCII)
        return cls(int(match[1]), int(match[2]), bool(match[3])) if match else None

    @property
    def _orientations(self) -> tuple[tuple[int, int], ...]:
        """Sides along the earlier and the later axis; a square turned over is its own complex conjugate."""
        both = self.symmetric and self.r != self.t
        return ((self.r, self.t), (self.t, self.r)) if both else ((self.r, self.t),)

    def validate(self, lattice: Lattice, *, open: tuple[int, ...] = ()) -> None:
        """A side longer than the longest extent only winds around the torus; open ones are to fit."""
        asked = f"{self.name} on the lattice {lattice}"
        if max(self.r, self.t) > max(lattice.extents):
            raise InputError(asked, "a side longer than that", "use a smaller loop")
        for mu, nu in combinations(range(lattice.d), 2):
            for sides in self._orientations:
                for axis, side in zip((mu, nu), sides, strict=True):
                    if axis in open and side >= lattice.extents[axis]:
                        raise PhysicsError(
                            f"{asked}, open along axis {axis}", "no loop inside it", "use a smaller loop"
                        )

    def density(self, links: Array, d: int | None = None) -> Real:
        """The mean over the planes mu < nu of the loops with their corner at x, shape (..., *extents)."""
        loops = [rectangles(links, r, t, d) for r, t in self._orientations]
        return loops[0] if len(loops) == 1 else (loops[0] + loops[1]) / 2

    def value(self, links: Array, d: int | None = None, *, open: tuple[int, ...] = ()) -> Real:
        """The average over planes and sites, shape (...); with open boundaries, over the loops inside."""
        if not open:
            return super().value(links, d)
        self.validate(lattice_of(links, d), open=open)
        loops = [rectangle_average(links, r, t, d, open=open) for r, t in self._orientations]
        return np.asarray(sum(loops) / len(loops))


@final
@dataclass(frozen=True)
class Polyakov(Observable):
    """The Polyakov loop ``(1/N) tr prod_t U_mu(x + t mu)`` around the torus, mu = time by default.

    Parameters
    ----------
    part
        ``"re"`` and ``"im"``: real and imaginary part. ``"abs"``: the modulus of the lattice average, the
        order parameter of deconfinement, which has no value at a site.
    direction
        The axis around which it winds; None is the last one, time.

    Examples
    --------
    >>> import lgt
    >>> links = lgt.cold(lgt.Lattice((4, 6)), lgt.SU(3))
    >>> float(Polyakov("abs").value(links)), Polyakov("re", 0).name
    (1.0, 'polyakov_re_0')
    """

    part: Literal["abs", "re", "im"]
    direction: int | None = None

    pattern: ClassVar[str] = "polyakov_abs|re|im[_MU]"
    about: ClassVar[str] = (
        "Polyakov loop along time (or along axis MU): modulus of its lattice average, real, imaginary part"
    )
    examples: ClassVar[tuple[str, ...]] = ("polyakov_abs", "polyakov_re", "polyakov_im")

    reach = (0, 0)

    @property
    def name(self) -> str:
        """``polyakov_abs``, ``polyakov_re``, ``polyakov_im``, with ``_MU`` for an axis other than time."""
        return f"polyakov_{self.part}" + ("" if self.direction is None else f"_{self.direction}")

    @classmethod
    def parse(cls, name: str) -> Self | None:
        """The observable of such a name, else None."""
        match = re.fullmatch(r"polyakov_(abs|re|im)(?:_(\d))?", name, flags=re.ASCII)
        if match is None:
            return None
        part: Literal["abs", "re", "im"] = match[1]  # type: ignore[assignment]
        return cls(part, None if match[2] is None else int(match[2]))

    def validate(self, lattice: Lattice, *, open: tuple[int, ...] = ()) -> None:
        """The axis must exist, and close."""
        super().validate(lattice, open=open)
        if self.direction is not None and self.direction >= lattice.d:
            raise InputError(
                f"{self.name} on the lattice {lattice}", f"{lattice.d} axes", f"use 0 to {lattice.d - 1}"
            )
        if self.axis(lattice) in open:
            raise PhysicsError(
                f"{self.name} on the lattice {lattice}",
                f"an open boundary along axis {self.axis(lattice)}, which no loop winds around",
                "use another axis",
            )

    def axis(self, lattice: Lattice) -> int:
        """The axis around which it winds."""
        return lattice.d - 1 if self.direction is None else self.direction

    def density(self, links: Array, d: int | None = None) -> Real:
        """The real or imaginary part of the loop through x, shape (..., *extents), constant along it."""
        if self.part == "abs":
            raise InputError(
                f"{self.name} at every site",
                "the modulus of a lattice average",
                "use polyakov_re and polyakov_im",
            )
        loops = polyakov_loops(links, self.direction, d)
        return np.ascontiguousarray(loops.real if self.part == "re" else loops.imag)

    def value(self, links: Array, d: int | None = None, *, open: tuple[int, ...] = ()) -> Real:
        """The lattice average, or its modulus for ``"abs"``, shape (...)."""
        lattice = lattice_of(links, d)
        self.validate(lattice, open=open)
        if self.part != "abs":
            return super().value(links, d, open=open)
        d = lattice.d
        loops = polyakov_loops(links, self.direction, d)
        return np.asarray(np.hypot(site_average(loops.real, d), site_average(loops.imag, d)))


def rectangles(links: Array, r: int, t: int, d: int | None = None) -> Real:
    """The mean over planes mu < nu of ``(1/N) Re tr`` of the loop r along mu, t along nu.

    Parameters
    ----------
    links
        Shape (..., d, *extents, N, N).
    r, t
        Sides, each at least 1.

    Returns
    -------
    Real
        Shape (..., *extents), float64.
    """
    planes = [loops for _, _, loops in _rectangles_of_planes(links, r, t, d)]
    return np.asarray(sum(planes[1:], start=planes[0]) / (len(planes) * links.shape[-1]))


def rectangle_average(
    links: Array, r: int, t: int, d: int | None = None, *, open: tuple[int, ...] = ()
) -> Real:
    """The average of `rectangles` over the sites, for each plane over those whose loop stays inside.

    Parameters
    ----------
    links
        Shape (..., d, *extents, N, N).
    r, t
        Sides, each at least 1.
    open
        The directions with open boundaries.

    Returns
    -------
    Real
        Shape (...), float64: the mean over the planes of their averages.

    Examples
    --------
    >>> import lgt
    >>> links = lgt.cold(lgt.Lattice((4, 6)), lgt.SU(2))
    >>> float(rectangle_average(links, 1, 2, open=(1,)))
    1.0
    """
    d = lattice_of(links, d).d
    if not open:
        return site_average(rectangles(links, r, t, d), d)
    averages = []
    for mu, nu, loops in _rectangles_of_planes(links, r, t, d):
        ahead = np.array(unit(mu, d, r)) + np.array(unit(nu, d, t))
        averages.append(site_average(inside(loops, open, (0,) * d, ahead.tolist()), d))
    return np.asarray(sum(averages) / (len(averages) * links.shape[-1]))


def _rectangles_of_planes(
    links: Array, r: int, t: int, d: int | None
) -> Iterator[tuple[int, int, NDArray[np.float64]]]:
    """For each plane mu < nu the field ``Re tr`` of the loop r along mu, t along nu, (..., *extents)."""
    lattice = lattice_of(links, d)
    d = lattice.d
    if d < 2:
        raise InputError(f"loops on the lattice {lattice}", "one direction", "use two directions or more")
    across = [_line(links, mu, r, lattice) for mu in range(d)]
    along = across if t == r else [_line(links, mu, t, lattice) for mu in range(d)]
    for mu, nu in combinations(range(d), 2):
        # W = (bottom right)(left top)^+: two corners of the rectangle, each from x to the far corner.
        first = across[mu] @ shift(along[nu], unit(mu, d, r))
        second = along[nu] @ shift(across[mu], unit(nu, d, t))
        yield mu, nu, _real_inner(first, second)


def polyakov_loops(
    links: Array, direction: int | None = None, d: int | None = None
) -> NDArray[np.complex128]:
    """``(1/N) tr`` of the line that starts at x and winds once around the torus.

    Parameters
    ----------
    links
        Shape (..., d, *extents, N, N).
    direction
        The axis around which it winds; None is the last one, time.

    Returns
    -------
    NDArray[np.complex128]
        Shape (..., *extents), constant along `direction`.

    Raises
    ------
    InputError
        If the lattice has no such direction.
    """
    lattice = lattice_of(links, d)
    mu = lattice.d - 1 if direction is None else direction
    if not 0 <= mu < lattice.d:
        raise InputError(
            f"a Polyakov loop along axis {mu}", f"the lattice {lattice}", f"use 0 to {lattice.d - 1}"
        )
    line = _line(links, mu, lattice.extents[mu], lattice)
    return np.asarray(np.einsum("...ii->...", line) / links.shape[-1])


def _line(links: Array, mu: int, length: int, lattice: Lattice) -> NDArray[np.complex128]:
    """``U_mu(x) U_mu(x+mu) ... `` of `length` links, by doubling; shape (..., *extents, N, N)."""
    d = lattice.d
    power = links[(..., mu) + (slice(None),) * (d + 2)].astype(np.complex128, copy=False)
    line: NDArray[np.complex128] | None = None
    done, covered = 1, 0
    while True:
        if length & done:
            line = power if line is None else line @ shift(power, unit(mu, d, covered))
            covered += done
        if covered == length:
            assert line is not None
            return line
        power = power @ shift(power, unit(mu, d, done))
        done *= 2


def _real_inner(first: NDArray[np.complex128], second: NDArray[np.complex128]) -> Real:
    """``Re tr(A B^+)`` of the last two axes, without a matrix product."""
    size = first.shape[-1] ** 2
    pair = (np.ascontiguousarray(m).reshape(*m.shape[:-2], size).view(np.float64) for m in (first, second))
    return np.asarray(np.einsum("...k,...k->...", *pair))
