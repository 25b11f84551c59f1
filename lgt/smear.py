"""Smearing of links: stout, APE, cooling and the gradient flow, as functions and as values with a text."""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Self, final

import numpy as np
from numpy.typing import NDArray

from lgt.action import Wilson, group_of
from lgt.errors import InputError, PhysicsError
from lgt.field import Array, lattice_of
from lgt.gradient_flow import Flow, SymanzikFlow, WilsonFlow, gradient_flow
from lgt.loops import ordered_product
from lgt.path import Path
from lgt.replicas.batch import packed_batch, unpacked_batch
from lgt.replicas.motion import drift, kick
from lgt.replicas.relax import relax

Complex = NDArray[np.complex128]


def stout(links: Array, rho: float, steps: int = 1, *, threads: int = 1, d: int | None = None) -> Complex:
    """Stout links: ``U' = exp(-rho TA(U A)) U`` for all links at once, again and again.

    A step is one of Euler's for the Wilson flow, of length rho; above rho = 1 / 2d it roughens the field.

    Parameters
    ----------
    links
        Shape (..., d, *extents, N, N).
    rho
        The weight of the staples, the same for all directions.
    steps
        How often, at least once.

    Returns
    -------
    ndarray
        complex128, the shape of the links.

    Raises
    ------
    InputError
        If rho is not positive or there is no step.

    Notes
    -----
    Morningstar and Peardon, Phys. Rev. D 69 (2004) 054501, eqs. 1 to 3, where Q is i TA(U A).

    Examples
    --------
    >>> import lgt
    >>> from lgt.clover import energy_plaquette
    >>> links = lgt.hot(lgt.Lattice((4, 4)), lgt.SU(2), lgt.Stream(seed=1, chain=0))
    >>> bool(energy_plaquette(stout(links, 0.1)).sum() < energy_plaquette(links).sum())
    True
    """
    _positive("stout smearing", "rho", rho)
    _some_steps("stout smearing", steps)
    state = packed_batch(links, d, threads)
    # The coupling at which the force is TA(U A).
    action, momenta = Wilson(1.0 if state.group.N == 1 else 2.0 * state.group.N), state.zeros()
    for _ in range(steps):
        momenta[...] = 0
        kick(state, action, momenta, rho)
        drift(state, momenta, 1.0)
    return unpacked_batch(state, links.shape)


def ape(
    links: Array,
    alpha: float,
    steps: int = 1,
    *,
    directions: Sequence[int] | None = None,
    d: int | None = None,
) -> Complex:
    """APE links: each averaged with the mean of its staples, brought back to the group, again and again.

    ``U' = project[(1 - alpha) U + alpha / (2(D - 1)) sum of staples]``, where `project` takes the polar
    factor, which is the closest unitary matrix, and for SU(N) shares out the phase of its determinant,
    ``W det(W)^(-1/N)``.

    Parameters
    ----------
    links
        Shape (..., d, *extents, N, N).
    alpha
        The weight of the staples, above 0 and at most 1.
    steps
        How often, at least once.
    directions
        Smear the links of these D directions, by staples within them; all directions if left out. Space is
        ``range(d - 1)``.

    Returns
    -------
    ndarray
        complex128, the shape of the links.

    Raises
    ------
    InputError
        If alpha or steps is out of range, or an average of links is singular.
    PhysicsError
        If there are fewer than two directions, so that there is no staple.

    Notes
    -----
    Albanese et al. (APE collaboration), Phys. Lett. B 192 (1987) 163.

    Examples
    --------
    >>> import lgt
    >>> from lgt.clover import energy_plaquette
    >>> links = lgt.hot(lgt.Lattice((4, 4)), lgt.SU(2), lgt.Stream(seed=1, chain=0))
    >>> bool(energy_plaquette(ape(links, 0.5)).sum() < energy_plaquette(links).sum())
    True
    """
    lattice = lattice_of(links, d)
    d = lattice.d
    axes = tuple(range(d)) if directions is None else tuple(int(mu) for mu in directions)
    if not 0 < alpha <= 1:
        raise InputError(
            f"APE smearing with alpha {alpha}", "a weight outside of (0, 1]", "give one like 0.5"
        )
    _some_steps("APE smearing", steps)
    if len(set(axes)) != len(axes) or not set(axes) <= set(range(d)):
        raise InputError(
            f"APE smearing in the directions {axes}", f"{d} directions", "name each of them once"
        )
    if len(axes) < 2:
        raise PhysicsError(
            f"APE smearing in the directions {axes}", "no plane, so no staple", "use two directions or more"
        )
    group, axis = group_of(links), links.ndim - 3 - d
    smeared = np.array(links, dtype=np.complex128)
    for _ in range(steps):
        new = [np.take(smeared, mu, axis=axis) for mu in range(d)]
        for mu in axes:
            paths = [Path((nu, mu, ~nu)) for other in axes if other != mu for nu in (other, ~other)]
            total = sum(ordered_product(smeared, path, d) for path in paths)
            new[mu] = group.project((1 - alpha) * new[mu] + alpha / len(paths) * np.asarray(total))
        smeared = np.stack(new, axis=axis)
    return smeared


def cool(links: Array, steps: int = 1, *, threads: int = 1, d: int | None = None) -> Complex:
    """Cooled links: one after the other goes to where Wilson's action is smallest, its neighbours fixed.

    Each link visits its SU(2) subgroups in turn, in each to the exact minimum, until none moves it: a heat
    bath (Cabibbo and Marinari) at infinite beta. For SU(2) and U(1) one visit is enough. Links are visited
    direction by direction, colour by colour, so that the result turns with the gauge, and moves with the
    lattice by the symmetries that keep this order: translations that keep the colours.

    Parameters
    ----------
    links
        Shape (..., d, *extents, N, N).
    steps
        How often every link is visited, at least once.

    Returns
    -------
    ndarray
        complex128, the shape of the links.

    Raises
    ------
    InputError
        If there is no step.
    PhysicsError
        If an extent is 1, where a plaquette holds a link twice.

    Notes
    -----
    Berg, Phys. Lett. B 104 (1981) 475; Teper, Phys. Lett. B 162 (1985) 357.

    Examples
    --------
    >>> import lgt
    >>> from lgt.clover import energy_plaquette
    >>> links = lgt.hot(lgt.Lattice((4, 4)), lgt.SU(2), lgt.Stream(seed=1, chain=0))
    >>> bool(energy_plaquette(cool(links, 5)).sum() < energy_plaquette(links).sum())
    True
    """
    _some_steps("cooling", steps)
    lattice = lattice_of(links, d)
    if min(lattice.extents) < 2:
        raise PhysicsError(
            f"cooling on the lattice {lattice}",
            "an extent of 1, where a plaquette holds a link twice",
            "use extents of 2 or more",
        )
    state = packed_batch(links, lattice.d, threads, at_once=False)
    for _ in range(steps):
        relax(state)
    # Turns of a field near its minimum round alike each time, so that hundreds of steps add up to 1e-12.
    return state.group.reunitarise(unpacked_batch(state, links.shape))


#: Largest number of steps, and flow time: links that are all alike come much sooner.
_LARGEST_STEPS = 100_000


class Smearing(ABC):
    """A gauge-covariant map of links to smoother ones. Frozen values that print as what is parsed."""

    #: How the family is written, for help texts.
    pattern: ClassVar[str]
    #: One line on what it does, for help texts.
    about: ClassVar[str]

    @property
    @abstractmethod
    def name(self) -> str:
        """The text form, ``parse_smearing(s.name) == s``."""

    @classmethod
    @abstractmethod
    def parse(cls, text: str) -> Self | None:
        """The smearing of this text; None if it is not of this family."""

    @abstractmethod
    def apply(self, links: Array, d: int | None = None) -> Complex:
        """Smeared links, complex128, of the shape of the links, (..., d, *extents, N, N)."""

    def __str__(self) -> str:
        return self.name


@final
@dataclass(frozen=True)
class Stout(Smearing):
    """Stout smearing, see `stout`.

    Examples
    --------
    >>> print(Stout(0.1, 10))
    stout:0.1x10
    """

    pattern: ClassVar[str] = "stout:RHOxSTEPS"
    about: ClassVar[str] = "stout links with weight RHO"
    rho: float
    steps: int

    def __post_init__(self) -> None:
        _positive("stout smearing", "rho", self.rho)
        _some_steps("stout smearing", self.steps)

    @property
    def name(self) -> str:
        """``stout:RHOxSTEPS``."""
        return f"stout:{self.rho}x{self.steps}"

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The smearing of this text; None if it is not stout."""
        found = _numbers("stout", text)
        return cls(float(found[0]), int(found[1])) if found and found[1] else None

    def apply(self, links: Array, d: int | None = None) -> Complex:
        """Smeared links, complex128, of the shape of the links, (..., d, *extents, N, N)."""
        return stout(links, self.rho, self.steps, d=d)


@final
@dataclass(frozen=True)
class APE(Smearing):
    """APE smearing of all directions, or of space alone (all directions but the last), see `ape`.

    Examples
    --------
    >>> print(APE(0.5, 20), APE(0.5, 20, spatial=True))
    ape:0.5x20 spatial_ape:0.5x20
    """

    pattern: ClassVar[str] = "ape:ALPHAxSTEPS, spatial_ape:ALPHAxSTEPS"
    about: ClassVar[str] = "APE links, all or those in space by staples in space"
    alpha: float
    steps: int
    spatial: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.alpha <= 1:
            raise InputError(
                f"APE smearing with alpha {self.alpha}", "a weight outside of (0, 1]", "give one like 0.5"
            )
        _some_steps("APE smearing", self.steps)

    @property
    def name(self) -> str:
        """``ape:ALPHAxSTEPS`` or ``spatial_ape:ALPHAxSTEPS``."""
        return f"{'spatial_' if self.spatial else ''}ape:{self.alpha}x{self.steps}"

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The smearing of this text; None if it is not APE."""
        for prefix, spatial in (("ape", False), ("spatial_ape", True)):
            found = _numbers(prefix, text)
            if found and found[1]:
                return cls(float(found[0]), int(found[1]), spatial)
        return None

    def apply(self, links: Array, d: int | None = None) -> Complex:
        """Smeared links, complex128, of the shape of the links, (..., d, *extents, N, N)."""
        d = lattice_of(links, d).d
        return ape(links, self.alpha, self.steps, directions=range(d - 1) if self.spatial else None, d=d)


@final
@dataclass(frozen=True)
class Cooling(Smearing):
    """Cooling, see `cool`.

    Examples
    --------
    >>> print(Cooling(30))
    cool:30
    """

    pattern: ClassVar[str] = "cool:STEPS"
    about: ClassVar[str] = "each link to the minimum of its action, in turn"
    steps: int

    def __post_init__(self) -> None:
        _some_steps("cooling", self.steps)

    @property
    def name(self) -> str:
        """``cool:STEPS``."""
        return f"cool:{self.steps}"

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The smearing of this text; None if it is not cooling."""
        match = re.fullmatch(r"cool:(\d+)", text, flags=re.ASCII)
        return cls(int(match[1])) if match else None

    def apply(self, links: Array, d: int | None = None) -> Complex:
        """Smeared links, complex128, of the shape of the links, (..., d, *extents, N, N)."""
        return cool(links, self.steps, d=d)


@final
@dataclass(frozen=True)
class GradientFlow(Smearing):
    """The gradient flow to a time, see `lgt.gradient_flow.gradient_flow`.

    Examples
    --------
    >>> print(GradientFlow(2.0), GradientFlow(2.0, SymanzikFlow()))
    flow:2.0 symanzik_flow:2.0
    """

    pattern: ClassVar[str] = "flow:T, symanzik_flow:T"
    about: ClassVar[str] = "Wilson or Symanzik flow to the time T, in steps of 0.01"
    time: float
    flow: Flow = field(default_factory=WilsonFlow)

    def __post_init__(self) -> None:
        _positive("gradient flow", "time", self.time)
        if self.time > _LARGEST_STEPS / 100:
            raise InputError(
                f"gradient flow to the time {self.time}",
                "more than leaves anything to measure",
                f"give up to {_LARGEST_STEPS // 100}",
            )

    @property
    def name(self) -> str:
        """``flow:T`` or ``symanzik_flow:T``."""
        return f"{_PREFIX_OF[self.flow]}:{self.time}"

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The smearing of this text; None if it is no flow."""
        for flow, prefix in _PREFIX_OF.items():
            found = _numbers(prefix, text)
            if found and not found[1]:
                return cls(float(found[0]), flow)
        return None

    def apply(self, links: Array, d: int | None = None) -> Complex:
        """Smeared links, complex128, of the shape of the links, (..., d, *extents, N, N)."""
        return gradient_flow(links, self.time, action=self.flow, d=d)


_PREFIX_OF: dict[Flow, str] = {WilsonFlow(): "flow", SymanzikFlow(): "symanzik_flow"}

#: Every family of smearings, in the order of help texts.
SMEARINGS: tuple[type[Smearing], ...] = (GradientFlow, Stout, APE, Cooling)


def parse_smearing(text: str) -> Smearing:
    """The smearing of this text, as in ``NAME@SMEARING`` of an observable.

    Raises
    ------
    InputError
        If there is no such smearing, or a number in it is out of range.

    Examples
    --------
    >>> parse_smearing("stout:0.1x10")
    Stout(rho=0.1, steps=10)
    >>> parse_smearing("flow:2.0")
    GradientFlow(time=2.0, flow=WilsonFlow())
    """
    for family in SMEARINGS:
        smearing = family.parse(text)
        if smearing is not None:
            return smearing
    patterns = ", ".join(family.pattern for family in SMEARINGS)
    raise InputError(f"smearing {text!r}", "no smearing of that form", f"write one of {patterns}")


def _numbers(prefix: str, text: str) -> tuple[str, str | None] | None:
    """The number and the steps of ``PREFIX:NUMBERxSTEPS`` or ``PREFIX:NUMBER``."""
    number = r"\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+"
    match = re.fullmatch(rf"{prefix}:({number})(?:x(\d+))?", text, flags=re.ASCII)
    return (match[1], match[2]) if match else None


def _positive(what: str, name: str, value: float) -> None:
    if not (math.isfinite(value) and value > 0):
        raise InputError(f"{what} with {name} {value}", "no positive number", "give one like 0.1")


def _some_steps(what: str, steps: int) -> None:
    if not 1 <= steps <= _LARGEST_STEPS:
        found = "no step" if steps < 1 else "more steps than leave anything to measure"
        raise InputError(f"{what} in {steps} steps", found, f"give 1 to {_LARGEST_STEPS}")
