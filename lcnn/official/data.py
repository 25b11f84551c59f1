"""The authors' HDF5 files of configurations and labels as ensembles of ours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast, final

import h5py
import numpy as np
from numpy.typing import NDArray

from lcnn.official._folder import new_folder
from lcnn.official._source import Source
from lgt.action import make_action
from lgt.ensemble import Ensemble, EnsembleSpec
from lgt.errors import InputError
from lgt.loops import plaquettes

_BYTES = 32 * 2**20  # of links in one block


@final
@dataclass(frozen=True)
class ImportedData:
    """What `import_data` wrote.

    Attributes
    ----------
    ensembles
        One for each beta, in the order of beta.
    betas
        The couplings.
    configurations
        How many in all.
    targets
        What ``target`` of a RUN.toml calls the labels: files beside the ensembles.
    checked
        What was found to agree with the links.
    unchecked
        Labels that were carried over as they are.
    ignored
        Datasets that were left out.
    """

    ensembles: tuple[Path, ...]
    betas: tuple[float, ...]
    configurations: int
    targets: tuple[str, ...]
    checked: tuple[str, ...]
    unchecked: tuple[str, ...]
    ignored: tuple[str, ...]


def import_data(
    paths: Sequence[str | Path],
    folder: str | Path,
    *,
    chains: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> ImportedData:
    """Turn HDF5 files of the authors' code into one ensemble for each beta, after a check of all numbers.

    Sites are in C order and axis 0 stays axis 0, which is time in their code; here time is the last axis.
    Each file becomes chains of its own, so that training, validation and test files stay apart:
    ``validation_chains`` and ``test_chains`` of a RUN.toml count from the end.

    Parameters
    ----------
    paths
        Files of one lattice and group with the same values of beta, say those for training, validation
        and test, in this order.
    folder
        Made anew, complete or not at all: ``beta-B.h5`` with the links, ``labels/beta-B.h5`` with labels at
        every site, ``(chains, configs, *extents)``.
    chains
        Into how many chains the samples of a file at one beta are cut, in their order.
    progress
        Is called with the number of configurations that are done and their total.

    Raises
    ------
    InputError
        If a file is none of the authors', is damaged, or its links, plaquettes and labels do not agree.
    StorageError
        If the disk is full or fails.
    """
    if chains < 1 or not paths:
        raise InputError(f"{len(paths)} files as {chains} chains each", "none", "give 1 or more of both")
    with ExitStack() as stack:
        sources = [stack.enter_context(Source(Path(path))) for path in paths]
        first = sources[0]
        for source in sources[1:]:
            for what in ("lattice", "group", "precision", "labels"):
                ours, theirs = getattr(first, what), getattr(source, what)
                if ours != theirs:
                    asked = f"{source.path} together with {first.path}"
                    raise InputError(asked, f"{what} {theirs} beside {ours}", "import them one by one")
        betas = sorted({beta for source in sources for beta in source.betas})
        for source in sources:
            _check_betas(source, betas, chains)
        total, done = sum(map(len, sources)), 0

        def count(n: int) -> None:
            nonlocal done
            done += n
            if progress is not None:
                progress(done, total)

        with new_folder(Path(folder)) as temporary:
            (temporary / "labels").mkdir()
            for beta in betas:
                parts = [
                    (source, block)
                    for source in sources
                    for block in np.array_split(np.flatnonzero(np.array(source.betas) == beta), chains)
                ]
                _write(temporary, f"beta-{beta!r}.h5", beta, parts, count)
            if not first.labels:
                (temporary / "labels").rmdir()
        names = tuple(Path(folder) / f"beta-{beta!r}.h5" for beta in betas)
        return ImportedData(
            names,
            tuple(betas),
            total,
            tuple(f"{folder}/labels/{{ensemble}}.h5:{name}" for name in first.labels),
            tuple(dict.fromkeys(line for source in sources for line in source.checked)),
            first.unchecked,
            tuple(dict.fromkeys(name for source in sources for name in source.ignored)),
        )


def _check_betas(source: Source, betas: list[float], chains: int) -> None:
    for beta in betas:
        n = source.betas.count(beta)
        if n < chains:
            found = f"{n} samples with beta = {beta!r}"
            raise InputError(f"{chains} chains of {source.path}", found, "give files with the same betas"
                             if n == 0 else "ask for fewer chains")  # fmt: skip


def _write(
    folder: Path,
    name: str,
    beta: float,
    parts: list[tuple[Source, NDArray[Any]]],
    count: Callable[[int], None],
) -> None:
    """Write one ensemble and its labels."""
    first = parts[0][0]
    shape = (len(parts), max(len(block) for _, block in parts))
    spec = EnsembleSpec(
        group=first.group,
        lattice=first.lattice,
        configs=shape[1],
        chains=shape[0],
        action=make_action("wilson", beta),
        precision=cast(Literal["float64", "float32"], first.precision),
        provenance={"start": "HDF5 files of the authors of arXiv:2012.12901: "
                    + ", ".join(dict.fromkeys(source.path.name for source, _ in parts))},
    )  # fmt: skip
    extents, d = first.lattice.extents, first.lattice.d
    labels = {label: np.full((*shape, *extents), np.nan) for label in first.labels}
    mean = np.full(shape, np.nan)
    size = max(1, _BYTES // (16 * int(np.prod(spec.shape))))

    def fill(ensemble: Ensemble) -> None:
        for chain, (source, block) in enumerate(parts):
            for start in range(0, len(block), size):
                samples = block[start : start + size]
                links, values = source.block(samples)
                row = slice(start, start + len(samples))
                mean[chain, row] = plaquettes(links, d).reshape(len(samples), -1).mean(axis=1)
                for label, numbers in values.items():
                    labels[label][chain, row] = numbers
                for k, one in enumerate(links):
                    ensemble.write(chain, start + k, one, {"plaquette": mean[chain, start + k]})
                count(len(samples))

    with Ensemble.create(folder / name, spec, fill):
        pass
    if labels:
        with h5py.File(folder / "labels" / name, "w") as file:
            file["plaquette"] = mean  # so that labels of other configurations are refused
            for label, numbers in labels.items():
                file[label] = numbers
