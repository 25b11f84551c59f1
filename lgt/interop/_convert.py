"""From any file of configurations into any other: ensembles of ours and files of other programs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, final

import numpy as np

from lgt.action import Action, group_of
from lgt.errors import CheckError, EnsembleError, InputError
from lgt.field import reunitarise
from lgt.interop._base import ByteOrder, Complex, Precision
from lgt.interop._checks import averages
from lgt.interop._files import (
    FORMATS,
    count_configurations,
    detect_format,
    read_configuration,
    write_configuration,
)
from lgt.lattice import Lattice

if TYPE_CHECKING:
    from lgt.ensemble import Ensemble

#: Links farther off the group than this do not pass as double precision in an ensemble.
_ENSEMBLE_TOLERANCE = 1e-10


@final
@dataclass(frozen=True)
class ConversionOptions:
    """How `convert_configurations` reads and writes.

    Parameters
    ----------
    lattice
        Extents, for files that do not tell them.
    precision
        Bits of the numbers to write; those of the source by default, where the format has them.
    verify
        Whether to check what is read.
    reduced
        Whether to leave away the last row of each matrix (NERSC).
    reunitarise
        Whether to bring the links back onto the group, which changes their last digits.
    replace
        Whether a file that exists may be replaced.
    action
        The action that the configurations follow, to be written into an ensemble.
    """

    lattice: Lattice | None = None
    precision: Precision | None = None
    verify: bool = True
    reduced: bool = False
    reunitarise: bool = False
    replace: bool = False
    action: Action | None = None


@final
@dataclass(frozen=True)
class Item:
    """One configuration of a source, not read yet."""

    path: Path
    format: str
    chain: int
    config: int
    of_several: bool = False


@final
@dataclass(frozen=True, eq=False)
class _Loaded:
    """One configuration in memory, with what a file of its own format can keep of its header."""

    links: Complex
    precision: Precision
    format: str
    byte_order: ByteOrder | None = None
    header: Mapping[str, str] = field(default_factory=dict)
    action: Action | None = None

    def losses(self, to: str, options: ConversionOptions) -> Iterator[str]:
        """What a file of format `to` does not keep of it unasked, in words."""
        if self.precision == 64 and options.precision is None and 64 not in FORMATS[to].precisions:
            yield f"{to} files hold 32 bits for each number, half of the 64 that there are"
        if self.action is not None:
            text = f"{to} files do not name the action, here {self.action}"
            is_open = self.action.open_directions(self.links.shape[0])
            yield text + (": its open boundaries look like periodic ones to their readers" if is_open else "")


def convert_configurations(
    sources: Sequence[str],
    out: str,
    to: str,
    options: ConversionOptions = ConversionOptions(),
    *,
    warn: Callable[[str], object] | None = None,
) -> list[Path]:
    """Convert configurations; numbers keep their bits where the format has them and `precision` is None.

    Parameters
    ----------
    sources
        Files of any known format, ``PATH`` for all that a file holds or ``PATH#INDEX`` for one (of chain 0,
        in an ensemble).
    out
        The file to make. Where several configurations go into a format that holds one a file, it must
        contain ``{config}``, and ``{chain}`` if there are several chains, which become numbers.
    to
        ``"hdf5"`` for an ensemble of ours with one chain, or one of the formats of `write_configuration`.
    warn
        Is told, once each, what the files that are made do not keep: bits of the numbers, the action.

    Returns
    -------
    list of Path
        The files that were made.

    Raises
    ------
    EnsembleError
        If a source is damaged.
    InputError
        If a source does not exist, a file would be replaced, or the format has no room for the links.
    StorageError
        If the disk is full or fails.
    """
    if to != "hdf5" and to not in FORMATS:
        raise InputError(f"converting to {to!r}", "no such format", f"choose hdf5, {', '.join(FORMATS)}")
    items = [item for source in sources for item in items_of(source)]
    if options.action is not None and to != "hdf5":
        raise InputError(
            f"the action {options.action} in {to} files", "a format that does not name it", "leave it out"
        )
    if to == "hdf5":
        return [_to_ensemble(items, Path(out), options)]
    targets = _targets(items, out)
    for target in targets:
        _refuse_existing(target, options)
    told: set[str] = set()
    for item, target in zip(items, targets, strict=True):
        loaded = _load(item, options)
        same = loaded.format == to
        available = FORMATS[to].precisions
        write_configuration(
            target,
            loaded.links,
            format=to,
            precision=options.precision or (loaded.precision if loaded.precision in available else None),
            byte_order=loaded.byte_order if same else None,
            reduced=options.reduced,
            header=loaded.header if same else None,
        )
        if warn is not None:
            for text in loaded.losses(to, options):
                if text not in told:
                    warn(text)
                told.add(text)
    return targets


def items_of(source: str) -> Iterator[Item]:
    """What a source stands for; nothing but headers is read."""
    text, _, tail = source.rpartition("#")
    if not text or not tail.isdecimal() or Path(source).is_file():
        text, tail = source, ""
    path = Path(text)
    format = detect_format(path)
    if format == "hdf5":
        from lgt.ensemble import Ensemble

        with Ensemble.open(path) as ensemble:
            places = [(int(chain), int(config)) for chain, config in np.argwhere(ensemble.finished)]
    else:
        places = [(0, config) for config in range(count_configurations(path))]
    several = len(places) > 1
    if tail:
        places = [place for place in places if place == (0, int(tail))]
    if not places:
        raise InputError(f"reading {source}", "no such configuration", "count finished ones from 0")
    for chain, config in places:
        yield Item(path, format, chain, config, several)


def _load(item: Item, options: ConversionOptions) -> _Loaded:
    if item.format == "hdf5":
        from lgt.ensemble import Ensemble

        with Ensemble.open(item.path) as ensemble:
            loaded = _from_ensemble(ensemble, item, options)
    else:
        configuration = read_configuration(
            item.path, lattice=options.lattice, verify=options.verify, index=item.config
        )
        metadata = configuration.metadata
        loaded = _Loaded(
            configuration.links, metadata.precision, item.format, metadata.byte_order, metadata.header
        )
    if options.reunitarise:
        links = reunitarise(loaded.links, group_of(loaded.links))
        return replace(loaded, links=links)
    return loaded


def _from_ensemble(ensemble: Ensemble, item: Item, options: ConversionOptions) -> _Loaded:
    if options.lattice not in (None, ensemble.lattice):
        raise InputError(
            f"{item.path} as {options.lattice}",
            f"the lattice {ensemble.lattice} in it",
            "leave the lattice (--lattice) away",
        )
    if options.verify:
        try:
            ensemble.verify_checksum(item.chain, item.config)
        except CheckError as error:
            raise EnsembleError(f"reading {error.asked}", error.found, error.remedy) from None
    precision: Precision = 64 if ensemble.spec.precision == "float64" else 32
    return _Loaded(ensemble.links(item.chain, item.config), precision, "hdf5", action=ensemble.action)


def _targets(items: Sequence[Item], out: str) -> list[Path]:
    """The file for each configuration, all different."""
    several_sources = len({item.path for item in items}) > 1
    numbers = [(item.chain, number if several_sources else item.config) for number, item in enumerate(items)]
    names = [out.replace("{chain}", str(chain)).replace("{config}", str(config)) for chain, config in numbers]
    if len(set(names)) < len(names):
        wanted = "{config}" if len({item.chain for item in items}) == 1 else "{chain} and {config}"
        found = f"{len(names)} configurations for it"
        raise InputError(f"writing {out}", found, f"put {wanted} into its name, or say which: PATH#INDEX")
    return [Path(name) for name in names]


def _refuse_existing(path: Path, options: ConversionOptions) -> None:
    if path.exists() and not options.replace:
        raise InputError(f"writing {path}", "a file of that name", "choose another, or add --force")


def _to_ensemble(items: Sequence[Item], out: Path, options: ConversionOptions) -> Path:
    from lgt.ensemble import Ensemble, EnsembleSpec

    if any(item.format == "hdf5" for item in items):
        raise InputError("converting hdf5 to hdf5", "the same format", "copy the file")
    _refuse_existing(out, options)
    if not out.parent.is_dir():
        raise InputError(f"writing {out}", f"no folder {out.parent}", "make it first")
    first = _load(items[0], options)
    precision = options.precision or first.precision
    spec = EnsembleSpec(
        group=group_of(first.links),
        lattice=Lattice(first.links.shape[1:-2]),
        configs=len(items),
        action=options.action,
        precision="float64" if precision == 64 else "float32",
        provenance={"start": f"{first.format} files"},
    )

    def fill(ensemble: Ensemble) -> None:
        for config, item in enumerate(items):
            links = (first if config == 0 else _load(item, options)).links
            if links.shape != spec.shape:
                found = f"{group_of(links)} on {Lattice(links.shape[1:-2])}"
                raise InputError(
                    f"reading {item.path} into {out}", found, f"give {spec.group} on {spec.lattice}"
                )
            if precision == 64 and not np.max(spec.group.defect(links)) <= _ENSEMBLE_TOLERANCE:
                raise InputError(
                    f"writing {item.path} into {out} in double precision",
                    "links that are in the group to single precision",
                    "add --reunitarise, or --precision 32",
                )
            stored = links.astype(spec.dtype).astype(np.complex128)
            ensemble.write(0, config, links, {"plaquette": np.array(averages(stored)["plaquette"])})

    with Ensemble.create(out, spec, fill, replace=options.replace):
        pass
    return out
