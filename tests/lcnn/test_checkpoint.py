"""Checkpoints: what is read is what was written, whole or not at all."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
import torch

from lcnn.checkpoint import read_checkpoint, write_checkpoint
from lgt.errors import InputError, StorageError

TENSORS = {"model/a": torch.arange(6.0).reshape(2, 3), "rng/x": torch.arange(3, dtype=torch.uint8)}


class Killed(BaseException):
    """Stands for SIGKILL: nothing may catch it."""


def test_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "model.toml"
    write_checkpoint(path, TENSORS, {"epoch": 3, "loss": float("inf"), "model": {"name": "x"}})
    for given in (path, tmp_path):
        found = read_checkpoint(given)
        assert found.tensors.keys() == TENSORS.keys()
        assert all(torch.equal(found.tensors[k], v) for k, v in TENSORS.items())
        assert found.metadata["epoch"] == 3
        assert found.metadata["loss"] == float("inf")
        assert torch.equal(found.part("model")["a"], TENSORS["model/a"])


def test_views_and_shared_memory_are_written_whole(tmp_path: Path) -> None:
    base = torch.arange(6.0).reshape(2, 3)
    write_checkpoint(tmp_path / "model.toml", {"a": base.T, "b": base[0]}, {})
    found = read_checkpoint(tmp_path).tensors
    assert torch.equal(found["a"], base.T)
    assert torch.equal(found["b"], base[0])


def test_only_the_current_weights_stay_and_neighbours_are_left_alone(tmp_path: Path) -> None:
    other = tmp_path / "model-old.toml"
    write_checkpoint(other, TENSORS, {})
    for k in range(3):
        write_checkpoint(tmp_path / "model.toml", {"a": torch.full((2,), float(k))}, {})
    assert len(list(tmp_path.glob("*.safetensors"))) == 2
    assert read_checkpoint(other).tensors.keys() == TENSORS.keys()


def test_a_kill_at_any_step_leaves_the_old_pair_or_the_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every fsync, rename and removal of a second write is a place to die, before it and after it."""
    countdown = 0

    def fatal(function):  # type: ignore[no-untyped-def]
        def call(*args, **keys):  # type: ignore[no-untyped-def]
            nonlocal countdown
            countdown -= 1
            if countdown == 0:
                raise Killed
            result = function(*args, **keys)
            countdown -= 1
            if countdown == 0:
                raise Killed
            return result

        return call

    monkeypatch.setattr(os, "fsync", fatal(os.fsync))
    monkeypatch.setattr(Path, "replace", fatal(Path.replace))
    monkeypatch.setattr(Path, "unlink", fatal(Path.unlink))
    seen = []
    for step in range(1, 100):
        path = tmp_path / str(step) / "model.toml"
        countdown = 0
        write_checkpoint(path, {"a": torch.zeros(2)}, {"value": 0})
        countdown = step
        try:
            write_checkpoint(path, {"a": torch.ones(2)}, {"value": 1})
        except Killed:
            countdown = 0
            found = read_checkpoint(path)
            assert float(found.tensors["a"][0]) == found.metadata["value"]
            seen.append(found.metadata["value"])
            write_checkpoint(path, {"a": torch.full((2,), 2.0)}, {"value": 2})
            assert len(list(path.parent.iterdir())) == 2, "leftovers are cleared by the next write"
        else:
            break
    assert len(seen) >= 12
    assert set(seen) == {0, 1}


def test_damage_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "model.toml"
    write_checkpoint(path, TENSORS, {})
    weights = next(tmp_path.glob("*.safetensors"))
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    with pytest.raises(InputError, match="sha256"):
        read_checkpoint(path)
    weights.unlink()
    with pytest.raises(InputError, match=r"found no such file or directory; keep the two files together$"):
        read_checkpoint(path)
    path.write_text("format = 'other'\n")
    with pytest.raises(InputError, match="format 'other'"):
        read_checkpoint(path)
    with pytest.raises(InputError, match=r"nothing\.toml: found no such file or directory; "):
        read_checkpoint(tmp_path / "nothing.toml")
    path.write_bytes(b"\xff")
    with pytest.raises(InputError, match="found bytes that are no utf-8 text"):
        read_checkpoint(path)
    path.write_text("a b")
    with pytest.raises(InputError, match=r"found text that is not TOML \(.*line 1"):
        read_checkpoint(path)
    path.write_text("format = 'lcnn checkpoint 1'\n")
    with pytest.raises(InputError, match="found no weights, sha256 in it"):
        read_checkpoint(path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    other = tmp_path / "other.toml"
    other.write_text(f"format = 'lcnn checkpoint 1'\nweights = 'model.toml'\nsha256 = '{digest}'\n")
    with pytest.raises(InputError, match="content that is not of safetensors"):
        read_checkpoint(other)


def test_a_full_disk_is_a_storage_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "model.toml"
    write_checkpoint(path, TENSORS, {"value": 0})

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="No space left"):
        write_checkpoint(path, {"a": torch.ones(1)}, {"value": 1})
    assert read_checkpoint(path).metadata["value"] == 0
