"""Trained weights on disk: a TOML file that says what they are, and a safetensors file beside it.

The TOML file is the one that counts. It names the weights by the hash of their content, so a new pair
never overwrites the old one: first the weights are written under their own name, then the TOML file is
replaced in one step, then weights that nothing names any more are removed. Killed anywhere between, the
TOML file names weights that are complete.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from lcnn._before import FORMAT, read_header, require
from lcnn.field import set_precision
from lgt.disk import reason
from lgt.errors import InputError, StorageError


@dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint holds: tensors by name, and plain values that TOML can write."""

    tensors: dict[str, Tensor]
    metadata: dict[str, Any]

    def part(self, prefix: str) -> dict[str, Tensor]:
        """Return the tensors whose names start with ``prefix/``, without it."""
        start = prefix + "/"
        return {k.removeprefix(start): v for k, v in self.tensors.items() if k.startswith(start)}


def write_checkpoint(path: str | Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, Any]) -> None:
    """Write tensors and metadata as one atomic pair; `path` is the TOML file.

    Raises
    ------
    StorageError
        If the disk is full or fails; the pair that was there before is intact.
    """
    import tomli_w
    from safetensors.torch import save

    path = Path(path)
    content = save({k: v.detach().cpu().contiguous().clone() for k, v in tensors.items()})
    digest = hashlib.sha256(content).hexdigest()
    weights = path.with_name(f"{path.stem}-{digest[:16]}.safetensors")
    text = tomli_w.dumps({"format": FORMAT, "weights": weights.name, "sha256": digest, **metadata})
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(weights, content)
        _replace(path, text.encode())
        ours = re.compile(re.escape(path.stem) + r"-[0-9a-f]{16}\.safetensors(\.part)?")
        for old in list(path.parent.iterdir()):
            if ours.fullmatch(old.name) and old.name != weights.name:
                old.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(f"checkpoint {path}", reason(error), "make room on the disk and resume") from error


def read_checkpoint(path: str | Path) -> Checkpoint:
    """Read a pair that `write_checkpoint` wrote; nothing in it is executed.

    Parameters
    ----------
    path
        The TOML file, or a folder of `lcnn train`, which means ``model.toml`` in it.

    Raises
    ------
    InputError
        If there is no such pair, or its weights are not those that the TOML file names.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    path, metadata = read_header(path)
    require(metadata, ("weights", "sha256"), f"checkpoint {path}")
    weights = path.with_name(Path(str(metadata["weights"])).name)
    try:
        content = weights.read_bytes()
    except OSError as error:
        found, remedy = reason(error).lower(), "keep the two files together"
        raise InputError(f"weights {weights} of {path}", found, remedy) from None
    if hashlib.sha256(content).hexdigest() != metadata["sha256"]:
        raise InputError(f"weights of {path}", "another content than its sha256", "restore the file")
    try:
        return Checkpoint(load(content), metadata)
    except SafetensorError:
        found, remedy = "content that is not of safetensors", "name a file that lcnn train wrote"
        raise InputError(f"weights {weights} of {path}", found, remedy) from None


def load_model(path: str | Path) -> tuple[nn.Module, dict[str, Any]]:
    """Return the model of a checkpoint, ready to predict, and the checkpoint's metadata.

    Raises
    ------
    InputError
        If the checkpoint cannot be read, names no model that can be built here (a model of your own is
        looked up in the current folder and PYTHONPATH), or has weights that do not fit it.
    """
    from lcnn.models import build_model

    checkpoint = read_checkpoint(path)
    about = checkpoint.metadata
    require(about, ("model", "training"), f"checkpoint {path}")
    require(about["model"], ("name",), f"the model of checkpoint {path}")
    require(about["training"], ("dtype",), f"the training of checkpoint {path}")
    try:
        model = build_model(about["model"])
    except InputError as error:
        raise InputError(f"checkpoint {path}: {error.asked}", error.found, error.remedy) from None
    set_precision(model, "complex128" if about["training"]["dtype"] == "float64" else "complex64")
    try:
        model.load_state_dict(checkpoint.part("model"))
    except RuntimeError as error:
        found = " ".join(str(error).split())
        remedy = "use the version of lcnn, or of your own model, that wrote it"
        raise InputError(f"checkpoint {path}", found, remedy) from None
    return model.eval(), checkpoint.metadata


def _replace(path: Path, content: bytes) -> None:
    """Write a file so that its name only ever shows the old content or the new one, also after a crash."""
    temporary = path.with_name(path.name + ".part")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
