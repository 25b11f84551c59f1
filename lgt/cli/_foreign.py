"""What `measure` and `info` do with files of other programs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lgt.errors import InputError

if TYPE_CHECKING:
    from lgt.ensemble import Ensemble
    from lgt.interop import Comparison, Configuration, ConfigurationFiles
    from lgt.lattice import Lattice

#: Where a file has no extents.
LATTICE_HELP = "Extents, time last, where a file has none. Example: --lattice 8x8x8x16"


def parsed(lattice: str | None) -> Lattice | None:
    """The lattice of an option."""
    from lgt.lattice import Lattice

    return None if lattice is None else Lattice.parse(lattice)


def agree(ensemble: Ensemble, lattice: Lattice | None) -> None:
    """Refuse an option --lattice that contradicts the file.

    Raises
    ------
    InputError
        If it does.
    """
    if lattice not in (None, ensemble.lattice):
        found = f"the lattice {ensemble.lattice} in it"
        raise InputError(f"{ensemble.path} with --lattice {lattice}", found, "leave --lattice away")


def separated(paths: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Ensembles of ours, and files of other programs, by their content.

    Raises
    ------
    InputError
        If there is no such file.
    EnsembleError
        If a file is of no known format.
    """
    from lgt.interop import detect_format

    ours: list[Path] = []
    others: list[Path] = []
    for path in paths:
        (ours if detect_format(path) == "hdf5" else others).append(path)
    return ours, others


def label(chain: ConfigurationFiles) -> str:
    """The name of a chain in tables and JSON."""
    names = chain.names
    return names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"


def facts(path: Path, lattice: Lattice | None) -> dict[str, Any]:
    """All that a file of another program says, and what its data give, one entry for each configuration."""
    from lgt.interop import count_configurations, inspect_configuration

    count = count_configurations(path)
    about: dict[str, Any] = {"file": str(path), "bytes": path.stat().st_size, "configurations": count}
    each = [_described(inspect_configuration(path, lattice=lattice, index=k)) for k in range(count)]
    return about | (each[0] if count == 1 else {str(k): entry for k, entry in enumerate(each)})


def _described(configuration: Configuration) -> dict[str, Any]:
    metadata = configuration.metadata
    stated = (metadata.plaquette, *metadata.measured)
    return {
        "format": configuration.format,
        "group": configuration.group.key,
        "lattice": str(configuration.lattice),
        "precision": f"float{metadata.precision}",
        "byte_order": metadata.byte_order,
        "plaquette": metadata.plaquette.computed,
        "stated": {each.name: each.stored for each in stated if each.stored is not None},
        "checksums": {each.name: _checksum(each) for each in metadata.checksums},
        "off_group": metadata.defect,
        "problems": list(metadata.problems),
        "header": dict(metadata.header),
    }


def _checksum(sum: Comparison) -> str:
    """A checksum in hex, with the one of the data where that is another."""
    return f"{sum.stored:x}" if sum.agrees else f"{sum.stored:x}, its data give {sum.computed:x}"
