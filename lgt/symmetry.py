"""Symmetries as values, and how their elements act on every type of field: gauge, translation, B_d.

A field type says how an array transforms, a symmetry which transformations there are; `Symmetry.act` brings
the two together. Arrays are batch first: links ``(batch, d, *extents, N, N)``, matter
``(batch, channel, *extents, N, N)``, fields of numbers ``(batch, channel, *extents)``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, Literal, TypeVar, final

import numpy as np
from numpy.typing import NDArray

from lgt.errors import InputError, ShapeError
from lgt.field import dagger, gauge_transform, gauge_transform_matter, space_transform, space_transform_sites
from lgt.group import (
    DeterminantRepresentation,
    FiniteGroup,
    Hyperoctahedral,
    Representation,
    SignedPermutation,
    SpaceElement,
    UnitaryGroup,
    VectorRepresentation,
    in_words,
)
from lgt.lattice import Lattice

Array = NDArray[Any]
E = TypeVar("E")
"""The type of a symmetry's elements."""

PointRepresentation = Callable[[int], Representation[SignedPermutation]]
"""From the number of directions d to a representation of B_d or of a subgroup."""


@final
@dataclass(frozen=True)
class FieldType:
    """How an array transforms: its layout, its gauge law, and how B_d mixes its channels.

    Parameters
    ----------
    name
        What it prints as.
    gauge
        ``"links"``: Om(x) U Om(x+mu)^+; ``"adjoint"``: Om(x) W Om(x)^+; ``"invariant"``: unchanged.
    on_sites
        Whether there is a value at every site; if not, the shape is (batch, ...).
    representation
        From d to the representation of B_d on the channel axis, whose length is then a multiple of the
        dimension (channel = copy * dimension + component). None: channels are left alone. Invariants of
        shape (batch,) count as one channel.

    Examples
    --------
    >>> ADJOINT, PSEUDOSCALAR.gauge
    (adjoint, 'invariant')
    """

    name: str
    gauge: Literal["links", "adjoint", "invariant"] = "invariant"
    on_sites: bool = True
    representation: PointRepresentation | None = field(default=None)

    def __repr__(self) -> str:
        return self.name

    @property
    def trailing(self) -> int:
        """The number of axes after the sites: 2 for matrices, 0 for numbers."""
        return 0 if self.gauge == "invariant" else 2

    def transforming(self, representation: Representation[SignedPermutation], name: str) -> FieldType:
        """This layout with channels that B_d (or a subgroup) mixes by the given representation.

        Examples
        --------
        >>> from lgt.group import regular
        >>> ADJOINT.transforming(regular(Hyperoctahedral(2)), "group features")
        group features
        """
        return FieldType(name, self.gauge, self.on_sites, lambda d: representation)

    def lattice_of(self, array: Array) -> Lattice | None:
        """The lattice that an array of this type lives on; None for one without sites."""
        extents = array.shape[2 : array.ndim - self.trailing] if self.on_sites else ()
        return Lattice(extents) if extents else None

    def check(self, array: Array, lattice: Lattice) -> None:
        """Raise ShapeError unless an array of this type can live on the lattice."""
        shape = array.shape
        trailing = shape[2 + lattice.d :]
        matrices = self.trailing == 0 or (len(trailing) == 2 and trailing[0] == trailing[1])
        if not self.on_sites:
            fits = array.ndim >= 1
        else:
            fits = shape[2 : 2 + lattice.d] == lattice.extents and len(trailing) == self.trailing and matrices
        if self.gauge == "links":
            fits = fits and shape[1] == lattice.d
        if not fits:
            raise ShapeError(
                f"an array of type {self} on the lattice {lattice}",
                f"the shape {shape}",
                f"give {self.layout(lattice)}",
            )
        if self.representation is not None:
            channels, multiple = (*shape, 1)[1], self.representation(lattice.d).dimension
            if channels % multiple:
                raise ShapeError(
                    f"an array of type {self}", f"{channels} channels", f"a multiple of {multiple}"
                )

    def layout(self, lattice: Lattice) -> str:
        """The shape in words, with the numbers that the lattice fixes."""
        extents = ", ".join(map(str, lattice.extents))
        if not self.on_sites:
            return "(batch, ...)"
        axis = str(lattice.d) if self.gauge == "links" else "channel"
        return f"(batch, {axis}, {extents}{', N, N' if self.trailing else ''})"

    def random(
        self,
        rng: np.random.Generator,
        group: UnitaryGroup,
        lattice: Lattice,
        batch: int = 2,
        channels: int = 2,
    ) -> Array:
        """Draw a field: Haar links, complex Gaussian matter (any covariant matrix, not only one made of
        links), Gaussian numbers. `channels` counts copies of the representation.

        Examples
        --------
        >>> from lgt.group import SU
        >>> ADJOINT.random(np.random.default_rng(0), SU(3), Lattice((4, 6))).shape
        (2, 2, 4, 6, 3, 3)
        """  # noqa: D205
        if self.gauge == "links":
            return np.asarray(group.haar(rng, (batch, lattice.d, *lattice.extents)))
        if self.representation is not None:
            channels *= self.representation(lattice.d).dimension
        shape = (batch, channels, *(lattice.extents if self.on_sites else ()))
        if self.trailing == 0:
            return rng.standard_normal(shape)
        shape += (group.N, group.N)
        return np.asarray(rng.standard_normal(shape) + 1j * rng.standard_normal(shape))


LINKS = FieldType("links", "links")
ADJOINT = FieldType("adjoint", "adjoint")
SCALAR = FieldType("scalar")
INVARIANT = FieldType("invariant", on_sites=False)
PSEUDOSCALAR = FieldType(
    "pseudoscalar", representation=lambda d: DeterminantRepresentation(Hyperoctahedral(d))
)
PSEUDOINVARIANT = FieldType("pseudoinvariant", "invariant", False, PSEUDOSCALAR.representation)
VECTOR = FieldType("vector", representation=lambda d: VectorRepresentation(Hyperoctahedral(d)))

FIELD_TYPES: dict[str, FieldType] = {
    kind.name: kind for kind in (LINKS, ADJOINT, SCALAR, INVARIANT, PSEUDOSCALAR, PSEUDOINVARIANT, VECTOR)
}
"""The field types that can be named by a word."""


class Symmetry(ABC, Generic[E]):
    """A set of transformations of lattice fields that is closed under products.

    The law that every subclass obeys, and that its tests hold it to, is ``g(hU) = (gh)U``.

    Examples
    --------
    >>> from lgt.group import SU
    >>> rng, box = np.random.default_rng(0), Lattice((4, 6))
    >>> links = LINKS.random(rng, SU(3), box)
    >>> turn = SignedPermutation.parse("+1 -0")
    >>> PointGroup().act(turn, links, LINKS, box).shape
    (2, 2, 6, 4, 3, 3)
    """

    name: ClassVar[str]

    @abstractmethod
    def sample(self, rng: np.random.Generator, group: UnitaryGroup, lattice: Lattice) -> E:
        """Draw an element for fields of this gauge group and lattice; the identity only if all there is."""

    @abstractmethod
    def compose(self, g: E, h: E) -> E:
        """Return the product gh: first h acts, then g."""

    @abstractmethod
    def inverse(self, g: E) -> E:
        """Return the inverse of g."""

    def parse(self, text: str) -> E:
        """Read a printed element; InputError where elements have no short form."""
        raise InputError(
            f"{self.name} element {text!r}", "elements without a short form", "give a seed instead"
        )

    def in_words(self, element: E) -> str:
        """What an element does, e.g. "swaps axes 0 and 1"; empty where its printed form says all."""
        return ""

    def image(self, element: E, lattice: Lattice) -> Lattice:
        """The lattice on which transformed fields live."""
        return lattice

    def act(self, element: E, array: Array, field_type: FieldType, lattice: Lattice) -> Array:
        """Transform an array of the given type, in complex128 (float64 for numbers) or better.

        Raises
        ------
        ShapeError
            If the array is not of that type on that lattice.
        """
        array = np.asarray(array)
        field_type.check(array, lattice)
        return self._act(element, array, field_type, lattice)

    @abstractmethod
    def _act(self, element: E, array: Array, field_type: FieldType, lattice: Lattice) -> Array:
        """Transform an array whose shape was checked."""


@final
@dataclass(frozen=True, eq=False, repr=False)
class GaugeElement:
    """A gauge transformation: a group element at every site, shape (*extents, N, N)."""

    omega: Array

    def __repr__(self) -> str:
        N, lattice = self.omega.shape[-1], Lattice(self.omega.shape[:-2])
        return f"Omega({f'SU({N})' if N > 1 else 'U(1)'} on {lattice})"

    def moved(self, g: SignedPermutation | SpaceElement) -> GaugeElement:
        """The transformation carried along by a space symmetry: (g Om)(x) = Om(g^-1 x).

        It makes the semidirect law ``g(U^Om) = (gU)^(g Om)``.
        """
        return GaugeElement(space_transform_sites(self.omega, g, d=self.omega.ndim - 2))


@final
@dataclass(frozen=True)
class Gauge(Symmetry[GaugeElement]):
    """Local gauge transformations, an independent Haar matrix at every site."""

    name: ClassVar[str] = "gauge"

    def sample(self, rng: np.random.Generator, group: UnitaryGroup, lattice: Lattice) -> GaugeElement:
        """Draw an independent Haar matrix for every site."""
        return GaugeElement(np.asarray(group.haar(rng, lattice.extents)))

    def compose(self, g: GaugeElement, h: GaugeElement) -> GaugeElement:
        """Return the product site by site."""
        return GaugeElement(g.omega @ h.omega)

    def inverse(self, g: GaugeElement) -> GaugeElement:
        """Return the inverse site by site."""
        return GaugeElement(dagger(g.omega))

    def _act(self, element: GaugeElement, array: Array, field_type: FieldType, lattice: Lattice) -> Array:
        if field_type.gauge == "links":
            return gauge_transform(array, element.omega, d=lattice.d)
        if field_type.gauge == "adjoint":
            return gauge_transform_matter(array, element.omega, d=lattice.d)
        return array


@final
@dataclass(frozen=True)
class Translation(Symmetry[SpaceElement]):
    """Translations of the periodic box."""

    name: ClassVar[str] = "translation"

    def sample(self, rng: np.random.Generator, group: UnitaryGroup, lattice: Lattice) -> SpaceElement:
        """Draw a displacement within the box, not zero."""
        number = int(rng.integers(1, lattice.volume)) if lattice.volume > 1 else 0
        return SpaceElement.of_translation(tuple(lattice.coordinates[number].tolist()))

    def compose(self, g: SpaceElement, h: SpaceElement) -> SpaceElement:
        """Return the sum of the displacements."""
        return g * h

    def inverse(self, g: SpaceElement) -> SpaceElement:
        """Return the opposite displacement."""
        return g.inverse()

    def parse(self, text: str) -> SpaceElement:
        """Read the printed form."""
        return SpaceElement.parse(text)

    def in_words(self, element: SpaceElement) -> str:
        """The displacement."""
        return f"moves every site by {element.translation}"

    def _act(self, element: SpaceElement, array: Array, field_type: FieldType, lattice: Lattice) -> Array:
        return _moved(element, array, field_type, lattice)


@dataclass(frozen=True, repr=False)
class PointSymmetry(Symmetry[SignedPermutation]):
    """Rotations and reflections about a point of the box, which subclasses choose."""

    group: FiniteGroup[SignedPermutation] | None = None

    def __post_init__(self) -> None:
        group: object = self.group
        elements = group.elements if isinstance(group, FiniteGroup) else ()
        if group is not None and not any(isinstance(g, SignedPermutation) for g in elements[:1]):
            found, remedy = "no group of signed permutations", "give one of lgt.group.point_group(name, d)"
            raise InputError(f"{type(self).__name__}({group!r})", found, remedy)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.group or 'B_d'})"

    def elements(self, d: int) -> tuple[SignedPermutation, ...]:
        """All elements in d dimensions, the identity first."""
        group = Hyperoctahedral(d) if self.group is None else self.group
        if group.identity.d != d:
            raise InputError(f"{self!r} on a lattice", f"{d} directions", "use a group of that many axes")
        return (group.identity, *(g for g in group.elements if g != group.identity))

    def sample(self, rng: np.random.Generator, group: UnitaryGroup, lattice: Lattice) -> SignedPermutation:
        """Draw an element other than the identity, all with equal probability."""
        elements = self.elements(lattice.d)
        return elements[int(rng.integers(1, len(elements)))] if len(elements) > 1 else elements[0]

    def compose(self, g: SignedPermutation, h: SignedPermutation) -> SignedPermutation:
        """Return the product gh: first h acts, then g."""
        return g * h

    def inverse(self, g: SignedPermutation) -> SignedPermutation:
        """Return the inverse of g."""
        return g.inverse()

    def parse(self, text: str) -> SignedPermutation:
        """Read the printed form."""
        return SignedPermutation.parse(text)

    def in_words(self, element: SignedPermutation) -> str:
        """Reflections, swaps and rotations by their axes."""
        return in_words(element)

    def image(self, element: SignedPermutation, lattice: Lattice) -> Lattice:
        """The permuted box."""
        return lattice.transformed(element)


@final
@dataclass(frozen=True, repr=False)
class PointGroup(PointSymmetry):
    """Rotations and reflections about site 0: B_d, or a subgroup of it.

    The box need not have the symmetry: an element maps a field on a box to a field on the permuted box.

    Parameters
    ----------
    group
        The subgroup; None is all of B_d for whatever d the lattice has.

    Raises
    ------
    InputError
        If it is no group of signed permutations.

    Examples
    --------
    >>> PointGroup(), PointGroup(Hyperoctahedral(3).rotations)
    (PointGroup(B_d), PointGroup(B_3+))
    """

    name: ClassVar[str] = "hypercubic"

    def _act(
        self, element: SignedPermutation, array: Array, field_type: FieldType, lattice: Lattice
    ) -> Array:
        return _moved(element, array, field_type, lattice)


@final
@dataclass(frozen=True, repr=False)
class CentredPointGroup(PointSymmetry):
    """Rotations and reflections about the centre of the box, as of an image, which may have edges.

    An axis that is reversed takes x to L - 1 - x, never across an edge. Parameters and errors are those of
    `PointGroup`.

    Examples
    --------
    >>> box, flip = Lattice((3,)), SignedPermutation.reflection(1, 0)
    >>> image = np.array([[[1.0, 2.0, 3.0]]])
    >>> CentredPointGroup().act(flip, image, SCALAR, box), PointGroup().act(flip, image, SCALAR, box)
    (array([[[3., 2., 1.]]]), array([[[1., 3., 2.]]]))
    """

    name: ClassVar[str] = "centred"

    def _act(
        self, element: SignedPermutation, array: Array, field_type: FieldType, lattice: Lattice
    ) -> Array:
        return _moved(lattice.centred(element), array, field_type, lattice)


def _moved(
    g: SignedPermutation | SpaceElement, array: Array, field_type: FieldType, lattice: Lattice
) -> Array:
    """Move the sites, then mix the channels."""
    if field_type.gauge == "links":
        return space_transform(array, g)
    if field_type.on_sites:
        array = space_transform_sites(array, g, d=lattice.d, trailing=field_type.trailing)
    if field_type.representation is None:
        return array
    point = g.point if isinstance(g, SpaceElement) else g
    if point == SignedPermutation.identity(lattice.d):
        return array
    matrix = field_type.representation(lattice.d).matrix(point)
    batch, channels = (*array.shape, 1)[:2]
    split = array.reshape(batch, channels // len(matrix), len(matrix), -1)
    return np.asarray(np.einsum("ij,bcjx->bcix", matrix, split).reshape(array.shape))


def parse_symmetry(name: str) -> Symmetry[Any]:
    """The symmetry of a word: gauge, translation, hypercubic or centred.

    Raises
    ------
    InputError
        If there is no such symmetry.

    Examples
    --------
    >>> parse_symmetry("gauge")
    Gauge()
    """
    known: tuple[Symmetry[Any], ...] = (Gauge(), Translation(), PointGroup(), CentredPointGroup())
    for symmetry in known:
        if symmetry.name == name:
            return symmetry
    raise InputError(f"symmetry {name!r}", "no such symmetry", "use " + ", ".join(s.name for s in known))
