"""What can be said of a run, a checkpoint or ensembles before torch loads, so that mistakes show at once."""

from __future__ import annotations

import shlex
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from lcnn._catalogue import check_names
from lcnn.config import DataConfig, RunConfig
from lgt.disk import reason
from lgt.errors import EnsembleError, InputError

FORMAT = "lcnn checkpoint 1"


class Chains(NamedTuple):
    """Which chains of an ensemble train, validate and test."""

    train: range
    validation: range
    test: range


def check_run(run: RunConfig, resume: bool) -> None:
    """Look at the folder, the names and the files of a training run.

    Raises
    ------
    InputError
        If the folder is taken, a model, a target or an ensemble does not exist, a column does not fit, or
        the target cannot be augmented.
    EnsembleError
        If an ensemble cannot be read or has too few chains.
    """
    check_folder(Path(run.out), resume)
    check_names(run.model, inferred=("d", "N"))
    if run.training.start:
        read_header(run.training.start)
    check_data(run.data)


def check_data(config: DataConfig) -> bool:
    """Look at the target on every ensemble, and return whether it is a pseudoscalar.

    Raises
    ------
    InputError
        If there is no such target, it does not fit an ensemble, cannot be augmented, or has another parity
        than the one that is declared.
    EnsembleError
        If an ensemble cannot be read or has too few chains.
    """
    from lcnn.covariance import find_parity
    from lcnn.targets import Measured, parse_target
    from lgt.ensemble import Ensemble

    target, declared = parse_target(config.target), config.parity != "auto"
    tried = tuple(dict.fromkeys((*config.augment, *(("hypercubic",) if declared else ()))))
    signs: set[bool] = set()
    paths = split_chains(config)
    target.require_apart(len(paths))
    for path in paths:
        with Ensemble.open(path) as ensemble:
            target.check(ensemble, config.per)
            open_axes = () if ensemble.action is None else ensemble.action.open_directions(ensemble.lattice.d)
            if open_axes and {"translation", "hypercubic"} & set(config.augment):
                remedy = "leave out translation and hypercubic"
                raise InputError(f"data.augment for {path}", "open boundaries", remedy)
            if isinstance(target, Measured) and tried:
                signs.add(find_parity(target, ensemble.group, ensemble.lattice, config.per, tried))
    if "hypercubic" not in tried:
        return False
    if not isinstance(target, Measured) and not declared:
        raise InputError(
            f"data.augment = hypercubic for the column {config.target!r}",
            "no word on how it moves under reflections",
            "give data.parity = 'scalar' or 'pseudoscalar'",
        )
    asked = {config.parity == "pseudoscalar"} if declared else signs
    if len(asked | signs) > 1:
        found = "pseudoscalar" if True in signs else "scalar"
        remedy = "leave out data.parity"
        raise InputError(f"data.parity = {config.parity!r} for {config.target!r}", f"a {found}", remedy)
    return True in asked


def check_folder(folder: Path, resume: bool) -> None:
    """Raise InputError if the results would overwrite something."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"out = {str(folder)!r}", "a file of that name", "name a folder")
    if not resume and folder.exists() and any(folder.iterdir()):
        raise InputError(
            f"out = {str(folder)!r}", "a folder that is not empty", "use --resume or another folder"
        )


def split_chains(config: DataConfig) -> dict[Path, Chains]:
    """Return which chains of each ensemble train, validate and test: the last ones test.

    Raises
    ------
    EnsembleError
        If an ensemble cannot be read or has too few chains.
    """
    from lgt.ensemble import Ensemble

    found = {}
    for path in config.paths():
        with Ensemble.open(path) as ensemble:
            n = ensemble.spec.chains
        train = n - config.validation_chains - config.test_chains
        if train < 1:
            raise EnsembleError(
                f"{path} split by chain into 1 or more for training, {config.validation_chains} for "
                f"validation and {config.test_chains} for testing",
                f"{n} chain{'s' * (n != 1)}",
                "generate it with more chains (lgt generate --chains): a random split of one chain's "
                "correlated configurations would leak",
            )
        valid = train + config.validation_chains
        found[path] = Chains(range(train), range(train, valid), range(valid, n))
    return found


def check_ensembles(paths: Sequence[str | Path]) -> None:
    """Raise EnsembleError or InputError for the first path that is no readable ensemble."""
    from lgt.ensemble import Ensemble

    for path in paths:
        Ensemble.open(path).close()


def read_header(path: str | Path) -> tuple[Path, dict[str, Any]]:
    """Return the TOML file of a checkpoint and what it says.

    Parameters
    ----------
    path
        The TOML file, or a folder of `lcnn train`, which means ``model.toml`` in it.

    Raises
    ------
    InputError
        If there is none, or it belongs to a training that is not finished.
    """
    path = Path(path)
    if path.is_dir():
        if not (path / "model.toml").is_file() and (path / "run.toml").is_file():
            command = shlex.join(["lcnn", "train", str(path), "--resume"])
            raise InputError(f"the model of {path}", "a training that is not finished", f"first {command}")
        path = path / "model.toml"
    try:
        metadata = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        toml = isinstance(error, tomllib.TOMLDecodeError)
        found = f"text that is not TOML ({error})" if toml else reason(error).lower()
        remedy = "give the TOML file of a checkpoint or a folder that lcnn train finished"
        raise InputError(f"checkpoint {path}", found, remedy) from None
    if metadata.get("format") != FORMAT:
        raise InputError(f"checkpoint {path}", f"format {metadata.get('format')!r}", f"one of {FORMAT!r}")
    return path, metadata


def require(metadata: Any, keys: Sequence[str], what: str) -> None:
    """Raise InputError unless a checkpoint says these things about itself."""
    missing = [key for key in keys if key not in metadata]
    if missing:
        remedy = "use one that lcnn train wrote, or rebuild the model and load its weights by read_checkpoint"
        raise InputError(what, f"no {', '.join(missing)} in it", remedy)
