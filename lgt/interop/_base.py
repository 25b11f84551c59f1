"""What all file formats share: the values a file is read into, and what a format must be able to do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, final

import numpy as np
from numpy.typing import NDArray

from lgt.action import group_of
from lgt.errors import InputError
from lgt.group import UnitaryGroup
from lgt.interop._source import Source
from lgt.lattice import Lattice

Complex = NDArray[np.complex128]
ByteOrder = Literal["big", "little"]
Precision = Literal[32, 64]


@final
@dataclass(frozen=True)
class Comparison:
    """A number that a file states, beside what its data give.

    Parameters
    ----------
    name
        What it is: ``"plaquette"``, ``"link trace"``, ``"suma"``, ...
    stored
        What the file states; None if nothing.
    computed
        What the links or bytes give; None where they were not looked at.
    tolerance
        How far the two may be apart; 0 marks a checksum.

    Examples
    --------
    >>> suma = Comparison("suma", stored=0x37AFFB9C, computed=0x37AFFB9D)
    >>> print(suma, suma.agrees)
    suma 37affb9c in the file, 37affb9d from its data False
    """

    name: str
    stored: float | int | None
    computed: float | int | None
    tolerance: float = 0.0

    @property
    def agrees(self) -> bool:
        """Whether the two are the same within the tolerance, or one of them is missing."""
        if self.stored is None or self.computed is None:
            return True
        return bool(abs(self.stored - self.computed) <= self.tolerance)

    def __str__(self) -> str:
        return f"{self.name} {self._text(self.stored)} in the file, {self._text(self.computed)} from its data"

    def _text(self, value: float | int | None) -> str:
        if value is None:
            return "none"
        return f"{value:x}" if isinstance(value, int) else f"{value:.10g}"


@final
@dataclass(frozen=True)
class Metadata:
    """All that a file says about its configuration, and whether it is true.

    Parameters
    ----------
    precision
        Bits of the stored real numbers, 32 or 64.
    byte_order
        ``"big"`` or ``"little"``.
    plaquette
        The average of (1/N) Re tr P over all planes: as stored, and of these links.
    measured
        Further averages that the file states: link trace, spatial and temporal plaquette.
    checksums
        Those of the format, empty where the file has none.
    defect
        How far the worst link is off the group (`lgt.group.UnitaryGroup.defect`); None where it was not
        looked at.
    tolerance
        How far links may be off the group here. A change of one number of a link that stays below it has
        moved that number by at most 1.3 times as much.
    header
        Other text of the file, by the names that the format has for it.
    problems
        Why the file cannot be trusted, one reason each; empty if it can.
    """

    precision: Precision
    byte_order: ByteOrder
    plaquette: Comparison
    measured: tuple[Comparison, ...] = ()
    checksums: tuple[Comparison, ...] = ()
    defect: float | None = None
    tolerance: float | None = None
    header: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


@final
@dataclass(frozen=True, eq=False)
class Configuration:
    """A gauge configuration from a file.

    Parameters
    ----------
    links
        Shape (d, *extents, N, N), complex128; axes x, y, z, t and directions in the same order.
    format
        The format of the file: ``"nersc"``, ``"ildg"``, ``"milc"`` or ``"openqcd"``.
    metadata
        What else the file says.
    """

    links: Complex
    format: str
    metadata: Metadata

    @property
    def group(self) -> UnitaryGroup:
        """The gauge group."""
        return group_of(self.links)

    @property
    def lattice(self) -> Lattice:
        """The lattice, time last."""
        return Lattice(self.links.shape[1:-2])

    def __repr__(self) -> str:
        bits = self.metadata.precision
        return f"Configuration({self.format}, {self.group}, {self.lattice}, {bits} bits)"


@final
@dataclass(frozen=True, eq=False)
class Content:
    """What a format's reader finds in a file, before the links are looked at.

    `stated` are averages by name, with the tolerance to which they must hold; the names are those of
    `lgt.interop._checks.AVERAGES`.
    """

    links: Complex
    precision: Precision
    byte_order: ByteOrder
    stated: tuple[tuple[str, float, float], ...] = ()
    checksums: tuple[Comparison, ...] = ()
    header: Mapping[str, str] = field(default_factory=dict)


@final
@dataclass(frozen=True)
class ReadRequest:
    """What a reader is asked for: extents that the caller knows, which configuration, checksums or not."""

    lattice: Lattice | None = None
    index: int | None = None
    check: bool = True

    def agreed(self, source: Source, stated: Lattice | None) -> Lattice:
        """The extents of the file, or of the caller where it has none.

        Raises
        ------
        InputError
            If nobody knows them, or the two contradict each other.
        """
        lattice = stated or self.lattice
        if lattice is None:
            raise InputError(source.asked, "no extents in it", "give them as lattice= (--lattice 8x8x8x16)")
        if self.lattice not in (None, lattice):
            raise InputError(
                f"{source.asked} as {self.lattice}", f"the extents {lattice} in it", "leave lattice= away"
            )
        return lattice


@final
@dataclass(frozen=True)
class WriteRequest:
    """How links are to be written; None for what the format does by itself."""

    precision: Precision | None = None
    byte_order: ByteOrder | None = None
    reduced: bool = False
    header: Mapping[str, str] = field(default_factory=dict)


@final
@dataclass(frozen=True)
class Encoded:
    """A file as bytes, piece by piece, and the small files that belong beside it, by suffix."""

    pieces: tuple[bytes | NDArray[np.uint8], ...]
    sidecars: Mapping[str, bytes] = field(default_factory=dict)


class Format(ABC):
    """A file format of gauge configurations. Final subclasses are values without state."""

    #: What `detect_format` says and `write_configuration` takes.
    name: ClassVar[str]
    #: The precisions and byte orders it can be written in, the default first.
    precisions: ClassVar[tuple[Precision, ...]] = (64, 32)
    byte_orders: ClassVar[tuple[ByteOrder, ...]] = ("big",)

    @abstractmethod
    def recognises(self, head: bytes, size: int) -> bool:
        """Whether a file of `size` bytes that begins with `head` is of this format, be it damaged."""

    @abstractmethod
    def read(self, source: Source, request: ReadRequest) -> Content:
        """Read one configuration.

        Raises
        ------
        EnsembleError
            If the file contradicts itself or its size.
        InputError
            If the caller must say more.
        """

    @abstractmethod
    def encode(self, links: Complex, request: WriteRequest) -> Encoded:
        """Write links of shape (d, *extents, N, N) into bytes.

        Raises
        ------
        InputError
            If the format has no room for such links.
        """

    def count(self, source: Source) -> int:
        """How many configurations a file holds."""
        return 1

    def four_dimensional(self, links: NDArray[Any]) -> Lattice:
        """The lattice of links that must have four directions."""
        lattice = Lattice(links.shape[1:-2])
        if lattice.d != 4:
            raise InputError(f"writing {self.name}", f"{lattice.d} directions", "use hdf5, this one has four")
        return lattice
