"""An imported model on disk."""

from __future__ import annotations

from pathlib import Path

import torch

from lcnn.checkpoint import write_checkpoint
from lcnn.official._folder import new_folder
from lcnn.official.weights import ImportedModel
from lcnn.targets import parse_target
from lgt._version import __version__
from lgt.group import UnitaryGroup


def write_model(
    folder: str | Path, imported: ImportedModel, *, group: UnitaryGroup, target: str, source: str
) -> Path:
    """Write the model as a checkpoint that ``lcnn evaluate`` takes, and return its TOML file.

    Parameters
    ----------
    folder
        Made anew, complete or not at all.
    group, target
        What the network predicts, and for which gauge group: the weights do not say.
    source
        Where it comes from.

    Raises
    ------
    InputError
        If the folder exists, or the target has no such name.
    StorageError
        If the disk is full or fails.
    """
    parse_target(target)
    about = {
        "model": imported.model.spec,
        "target": target,
        "per": "site",
        "group": group.key,
        "N": group.N,
        "d": imported.model.spec["d"],
        "training": {"dtype": imported.dtype},
        "imported": {"source": source, "inferred": list(imported.inferred)},
        "lcnn": __version__,
        "torch": str(torch.__version__),
    }
    tensors = {f"model/{key}": value for key, value in imported.model.state_dict().items()}
    with new_folder(Path(folder)) as temporary:
        write_checkpoint(temporary / "model.toml", tensors, about)
    return Path(folder) / "model.toml"
