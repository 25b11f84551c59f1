"""Configurations from files and into files, of any format."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lgt.action import group_of
from lgt.errors import EnsembleError, InputError
from lgt.field import lattice_of
from lgt.interop._base import (
    ByteOrder,
    Configuration,
    Format,
    Precision,
    ReadRequest,
    WriteRequest,
)
from lgt.interop._checks import examined, group_tolerance, off_group, unexamined
from lgt.interop._source import Source, open_source, write_atomically
from lgt.interop.ildg import Ildg
from lgt.interop.milc import Milc
from lgt.interop.nersc import Nersc
from lgt.interop.openqcd import OpenQCD
from lgt.lattice import Lattice

PathLike = str | os.PathLike[str]

#: The formats by name. openQCD has no magic number, so it is asked last.
FORMATS: Mapping[str, Format] = {format.name: format for format in (Nersc(), Ildg(), Milc(), OpenQCD())}
_HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"


def detect_format(path: PathLike) -> str:
    """Tell the format of a file by its content; its name does not matter.

    Returns
    -------
    str
        ``"nersc"``, ``"ildg"``, ``"milc"``, ``"openqcd"``, or ``"hdf5"`` for what `lgt.ensemble` reads.

    Raises
    ------
    InputError
        If there is no such file.
    EnsembleError
        If it is of none of these formats.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "cold.ildg"
    ...     write_configuration(path, np.ones((4, 2, 2, 2, 2, 1, 1)), format="ildg")
    ...     detect_format(path)
    'ildg'
    """
    with open_source(Path(path)) as source:
        return _detected(source)


def read_configuration(
    path: PathLike, *, lattice: Lattice | None = None, verify: bool = True, index: int | None = None
) -> Configuration:
    """Read a gauge configuration of another program, and refuse it if it is damaged.

    Parameters
    ----------
    path
        A file of any format that `detect_format` knows, HDF5 apart.
    lattice
        The extents, for files that do not tell them.
    verify
        Whether to recompute checksums, plaquette and other averages that the file states, and to check that
        the links are in the group to `Metadata.tolerance`. Without, numbers are taken as they are.
    index
        Which configuration of a file that holds several.

    Returns
    -------
    Configuration
        Its links have the shape (d, *extents, N, N), complex128, with exactly the numbers of the file.

    Raises
    ------
    EnsembleError
        If the file is damaged, of no known format, or fails a check; the message says which.
    InputError
        If there is no such file, or the file needs `lattice` or `index`.
    StorageError
        If the disk fails.

    Examples
    --------
    >>> import lgt, pathlib, tempfile
    >>> links = lgt.hot(lgt.Lattice((4, 4, 4, 8)), lgt.SU(3), lgt.Stream(seed=1, chain=0))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "hot.cfg"
    ...     write_configuration(path, links, format="nersc")
    ...     configuration = read_configuration(path)
    >>> configuration, bool(np.all(configuration.links == links))
    (Configuration(nersc, SU(3), 4x4x4x8, 64 bits), True)
    """
    if not verify:
        return _read(path, lattice, index, check=False)
    configuration = inspect_configuration(path, lattice=lattice, index=index)
    problems = configuration.metadata.problems
    if problems:
        raise EnsembleError(
            f"reading {path}",
            ", ".join(problems),
            "take another copy of the file, or read it unverified if you know why",
        )
    return configuration


def inspect_configuration(
    path: PathLike, *, lattice: Lattice | None = None, index: int | None = None
) -> Configuration:
    """Read like `read_configuration`, but list what fails a check in `Metadata.problems` instead of raising.

    Raises
    ------
    EnsembleError
        If the file cannot be read at all: it contradicts itself, or is of no known format.
    InputError
        If there is no such file, or the file needs `lattice` or `index`.
    """
    return _read(path, lattice, index, check=True)


def count_configurations(path: PathLike) -> int:
    """How many configurations a file holds: 1, but for LIME files with several fields.

    Raises
    ------
    EnsembleError
        If the file is damaged or of no known format.
    InputError
        If there is no such file.
    """
    with open_source(Path(path)) as source:
        return _format_of(source).count(source)


def write_configuration(
    path: PathLike,
    links: NDArray[Any],
    *,
    format: str,
    precision: Precision | None = None,
    byte_order: ByteOrder | None = None,
    reduced: bool = False,
    header: Mapping[str, str] | None = None,
) -> None:
    """Write a gauge configuration for other programs.

    The file appears under its name when it is complete; one of that name is replaced. MILC files get their
    ``.info`` file beside them.

    Parameters
    ----------
    path
        The file to make.
    links
        Shape (d, *extents, N, N), with time last.
    format
        ``"nersc"``, ``"ildg"``, ``"milc"`` or ``"openqcd"``. All need four directions; the last two are for
        SU(3), and openQCD needs even extents.
    precision
        Bits of the stored numbers: 64 (the default) or 32; MILC has 32 alone, openQCD 64.
    byte_order
        ``"big"`` or ``"little"``, where the format leaves it open (NERSC: big by default, MILC: little).
    reduced
        Whether to leave away the last row of each matrix (NERSC alone).
    header
        Text for the header, by the names of the format: `Metadata.header` of a file of the same format.

    Raises
    ------
    InputError
        If the format has no room for such links or options, or the links are off the group.
    StorageError
        If the disk is full or fails; nothing is left behind.
    """
    path = Path(path)
    chosen = _named(format)
    asked = f"writing {path}"
    for name, value, allowed in (
        ("precision", precision, chosen.precisions),
        ("byte_order", byte_order, chosen.byte_orders),
        ("reduced", reduced or None, (True,) if format == "nersc" else ()),
    ):
        if value is not None and value not in allowed:
            choices = " or ".join(map(str, allowed)) or "nothing"
            raise InputError(f"{asked} as {format} with {name} {value}", "no such choice", f"give {choices}")
    links = _writable(links, asked, precision or chosen.precisions[0])
    request = WriteRequest(precision, byte_order, reduced, dict(header or {}))
    encoded = chosen.encode(links, request)
    for suffix, content in encoded.sidecars.items():
        write_atomically(path.with_name(path.name + suffix), [content])
    write_atomically(path, encoded.pieces)


def _writable(links: NDArray[Any], asked: str, precision: Precision) -> NDArray[np.complex128]:
    links = np.asarray(links, dtype=np.complex128)
    lattice_of(links, links.shape[0] if links.ndim else None)  # says what is wrong with the shape
    with np.errstate(all="ignore"):
        defect = group_of(links).defect(links)
    tolerance = group_tolerance(defect, precision)
    if not np.all(defect <= tolerance):
        raise InputError(
            asked, off_group(links, tolerance), "apply lgt.field.reunitarise, or check the array"
        )
    return links


def _read(path: PathLike, lattice: Lattice | None, index: int | None, check: bool) -> Configuration:
    with open_source(Path(path)) as source:
        format = _format_of(source)
        if index not in (None, 0) and format.count(source) == 1:
            raise InputError(f"{source.asked}#{index}", "one configuration in it", "leave the index away")
        with np.errstate(all="ignore"):  # damaged numbers may overflow, or not be numbers
            content = format.read(source, ReadRequest(lattice, index, check))
    return (examined if check else unexamined)(content, format.name)


def _format_of(source: Source) -> Format:
    name = _detected(source)
    if name == "hdf5":
        raise InputError(source.asked, "an HDF5 file", "open it with lgt.ensemble.Ensemble.open")
    return FORMATS[name]


def _named(name: str) -> Format:
    if name not in FORMATS:
        raise InputError(f"format {name!r}", "no format of that name", f"choose one of {', '.join(FORMATS)}")
    return FORMATS[name]


def _detected(source: Source) -> str:
    head = source.bytes(0, min(source.size, 512))
    offset = 0  # of HDF5's signature, which a user block may move to 512, 1024, 2048, ... bytes
    while offset + len(_HDF5_MAGIC) <= source.size:
        if source.bytes(offset, len(_HDF5_MAGIC)) == _HDF5_MAGIC:
            return "hdf5"
        offset = 2 * offset or 512
    for name, format in FORMATS.items():
        if format.recognises(head, source.size):
            return name
    found = f"none of the formats {', '.join(FORMATS)}, hdf5 (it begins with {head[:8]!r})"
    raise source.damaged(found if head else "an empty file", "give a file of one of them")
