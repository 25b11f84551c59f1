"""Killed at any step, a training resumes to the same bits; what is another run is refused."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from lcnn._resume import describe, require_same
from lcnn.augment import Augmentation
from lcnn.checkpoint import read_checkpoint
from lcnn.config import TrainingConfig
from lcnn.data import Data, Dataset, MixedDataset
from lcnn.fit import Fit, fit
from lgt.errors import InputError, StoppedError

SCHEDULES: tuple[dict[str, Any], ...] = (
    {"schedule": "cosine"},
    {"schedule": "plateau", "decay": 0.5, "decay_epochs": 1, "warmup": 1},
)


class Pointwise(nn.Module):
    """Two layers at every site, with dropout, so that the global generator matters too."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(4, 8), nn.GELU(), nn.Dropout(0.2), nn.Linear(8, 1))

    def forward(self, links: Tensor) -> Tensor:
        x = torch.view_as_real(links[..., 0, 0]).movedim(1, -2).flatten(-2)
        return self.layers(x)[..., 0]


def angles(n: int, seed: int) -> Dataset:
    phase = torch.rand(n, 2, 3, 4, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    links = torch.polar(torch.ones_like(phase), 6 * phase)[..., None, None]
    return Dataset(links, links[:, 0, ..., 0, 0].real)


TRAIN, VALIDATION = angles(20, 1), angles(10, 2)


def config(**keys: Any) -> TrainingConfig:
    usual = {"epochs": 3, "batch": 8, "learning_rate": 1e-2, "dtype": "float64", "lbfgs": 4}
    return TrainingConfig(**{**usual, **keys})


def training(how: TrainingConfig, seed: int = 5, **keys: Any) -> Fit:
    torch.manual_seed(seed)
    return fit(Pointwise(), TRAIN, VALIDATION, how, **keys)


def require_equal(a: Fit, b: Fit) -> None:
    for p, q in zip(a.model.parameters(), b.model.parameters(), strict=True):
        assert torch.equal(p, q)
    rows = [[(e.number, e.kind, e.train, e.validation, e.learning_rate) for e in f.history] for f in (a, b)]
    assert rows[0] == rows[1]
    assert (a.best_epoch, a.validation) == (b.best_epoch, b.validation)


def countdown(n: int) -> Callable[[], str | None]:
    left = n

    def stop() -> str | None:
        nonlocal left
        left -= 1
        return "a test" if left < 0 else None

    return stop


@pytest.mark.parametrize("keys", SCHEDULES)
def test_stopped_at_any_step_it_resumes_to_the_same_bits(tmp_path: Path, keys: dict[str, Any]) -> None:
    """Every step of AdamW, and every chunk of every evaluation of L-BFGS."""
    how = config(**keys)
    whole = training(how)
    assert [epoch.kind for epoch in whole.history] == ["adamw"] * 3 + ["lbfgs"] * 4
    stops = 0
    for n in range(1000):
        path = tmp_path / f"{n}.toml"
        try:
            training(how, checkpoint=path, stop=countdown(n))
        except StoppedError:
            stops += 1
        else:
            break
        steps = read_checkpoint(path).metadata.get("partial", {}).get("step")
        assert steps == (n % 3 if n < 9 else None)
        require_equal(whole, training(how, seed=6, checkpoint=path, resume=True))
    assert stops > 9 + 4 * 3


def box(extents: tuple[int, int], n: int, seed: int) -> Dataset:
    draws = torch.Generator().manual_seed(seed)
    phase = 6 * torch.rand(n, 2, *extents, 1, 1, generator=draws, dtype=torch.float64)
    return Dataset(torch.polar(torch.ones_like(phase), phase), phase[:, 0, ..., 0, 0].cos())


def test_mixed_lattices_and_augmented_batches_resume_too(tmp_path: Path) -> None:
    """The augmentation draws from the generator of the shuffle, between the batches."""
    data = MixedDataset([box((3, 3), 9, 1), box((2, 4), 5, 2)])
    links, targets = TRAIN.batch(torch.arange(20), dtype=torch.float64)
    moved = Dataset(links, targets).augmented(Augmentation(("translation",)))
    count = 0
    for train in (data, moved):

        def run(seed: int, train: Data = train, **keys: Any) -> Fit:
            torch.manual_seed(seed)
            return fit(Pointwise(), train, VALIDATION, config(epochs=2, lbfgs=1), **keys)

        whole = run(5)
        for n in range(2 * train.steps(8)):
            path = tmp_path / f"{count}.toml"
            with pytest.raises(StoppedError):
                run(5, checkpoint=path, stop=countdown(n))
            require_equal(whole, run(6, checkpoint=path, resume=True))
            count += 1
    assert count == 2 * 3 + 2 * 3


def test_resumed_again_and_again_a_step_at_a_time(tmp_path: Path) -> None:
    how = config(**SCHEDULES[1], lbfgs=0)
    path = tmp_path / "checkpoint.toml"
    for _ in range(8):
        with pytest.raises(StoppedError):
            training(how, checkpoint=path, resume=True, stop=countdown(1))
    require_equal(training(how), training(how, checkpoint=path, resume=True, stop=countdown(1)))


@pytest.mark.parametrize("key", ["rng/shuffle", "rng/torch", "optimizer", "lbfgs/moves", "lbfgs/gradient"])
def test_every_part_of_the_state_matters(tmp_path: Path, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: without one part of what is stored the bits are others."""
    how = config()
    path = tmp_path / "checkpoint.toml"
    moment = 16 if key.startswith("lbfgs") else 4
    with pytest.raises(StoppedError):
        training(how, checkpoint=path, stop=countdown(moment))
    saved = read_checkpoint(path)
    assert any(name.startswith(key) for name in saved.tensors)
    if key.startswith("lbfgs"):
        names, keep = (("lbfgs/moves", "lbfgs/changes"), 0) if key.endswith("moves") else ((key,), None)
        for name in names:
            saved.tensors[name] = saved.tensors[name][:keep] * 1.01
        assert saved.metadata["lbfgs_loss"] > 0
    elif key == "optimizer":
        for name in [name for name in saved.tensors if name.startswith(key)]:
            del saved.tensors[name]
    else:
        saved.tensors[key] = torch.Generator().manual_seed(99).get_state()
    monkeypatch.setattr("lcnn.fit.read_checkpoint", lambda _: saved)
    again = training(how, checkpoint=path, resume=True)
    whole = training(how)
    assert [e.train for e in again.history] != [e.train for e in whole.history]


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("history", None, "no history in it"),
        ("best_epoch", None, "no best_epoch in it"),
        ("rng/torch", None, "no rng/torch in it"),
        ("history", [{"number": 1}], "damage"),
    ],
)
def test_a_state_that_is_not_whole(
    tmp_path: Path, key: str, value: object, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "checkpoint.toml"
    training(config(epochs=1, lbfgs=0), checkpoint=path)
    saved = read_checkpoint(path)
    part: dict[str, Any] = saved.tensors if "/" in key else saved.metadata  # type: ignore[assignment]
    del part[key]
    if isinstance(value, list):
        part[key] = value
    monkeypatch.setattr("lcnn.fit.read_checkpoint", lambda _: saved)
    with pytest.raises(InputError, match=f"resuming .*checkpoint.toml: found {words}; restore the file"):
        training(config(epochs=1, lbfgs=0), checkpoint=path, resume=True)


def test_checkpoints_inside_an_epoch(tmp_path: Path) -> None:
    """SIGKILL leaves the last of them: here one after every step, and none where it is switched off."""

    class Killed(BaseException):
        pass

    def die(n: int) -> Callable[[], str | None]:
        stop = countdown(n)

        def ask() -> None:
            if stop():
                raise Killed

        return ask

    whole = training(config())
    for seconds, step in ((1e-9, 1), (0.0, None)):
        path = tmp_path / f"{seconds}.toml"
        with pytest.raises(Killed):
            training(config(checkpoint_seconds=seconds), checkpoint=path, stop=die(5))
        saved = read_checkpoint(path).metadata
        assert len(saved["history"]) == 1
        assert saved.get("partial", {}).get("step") == (step if step is None else 2)
        require_equal(whole, training(config(), seed=6, checkpoint=path, resume=True))


SCRIPT = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import torch
torch.set_num_threads(1)
import test_resume as t
config = t.config(epochs=30, lbfgs=60, lbfgs_tolerance=0.0, checkpoint_seconds=1e-9)
def say(seed, epoch, planned): print(epoch.number, flush=True)
t.training(config, checkpoint=Path(sys.argv[2]), resume=True, progress=say)
"""


@pytest.mark.slow
def test_sigkill_at_any_moment(tmp_path: Path) -> None:
    """Killed again and again by the operating system, wherever it happens to be."""
    path = tmp_path / "checkpoint.toml"
    command = [sys.executable, "-c", SCRIPT, str(Path(__file__).parent), str(path)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    kills = 0
    for after, wait in ((3, 0.003), (7, 0.011), (24, 0.005), (1000, 0)):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
            assert process.stdout is not None
            for count, _ in enumerate(process.stdout, 1):
                if count == after:
                    time.sleep(wait)
                    process.send_signal(signal.SIGKILL)
        kills += process.returncode == -signal.SIGKILL
    assert kills == 3
    before, threads = read_checkpoint(path), torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        whole = tmp_path / "whole.toml"
        training(config(epochs=30, lbfgs=60, lbfgs_tolerance=0.0), checkpoint=whole)
    finally:
        torch.set_num_threads(threads)
    expected = read_checkpoint(whole)
    assert len(expected.metadata["history"]) > 31
    assert before.tensors.keys() == expected.tensors.keys()
    assert all(torch.equal(before.tensors[k], v) for k, v in expected.tensors.items())


@pytest.mark.parametrize("schedule", ["constant", "exponential", "step", "plateau", "cosine"])
def test_more_epochs_where_the_rate_does_not_depend_on_their_number(tmp_path: Path, schedule: str) -> None:
    short, longer = (config(schedule=schedule, epochs=n, lbfgs=0) for n in (2, 4))
    path = tmp_path / "checkpoint.toml"
    training(short, checkpoint=path)
    if schedule == "cosine":
        with pytest.raises(InputError, match="cosine schedule"):
            training(longer, checkpoint=path, resume=True)
        return
    require_equal(training(longer, checkpoint=path, resume=True), training(longer))


def test_more_of_lbfgs_but_no_epochs_before_it(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.toml"
    training(config(schedule="constant", lbfgs=2), checkpoint=path)
    longer = config(schedule="constant", lbfgs=4)
    require_equal(training(longer, checkpoint=path, resume=True), training(longer))
    with pytest.raises(InputError, match="L-BFGS begun after them"):
        training(config(schedule="constant", lbfgs=4, epochs=4), checkpoint=path, resume=True)


def test_what_a_checkpoint_does_not_know_yet_has_its_default() -> None:
    """Checkpoints of before there was L-BFGS can go on."""
    ours = {"training": describe(config(lbfgs=0)), "seed": 1}
    old = {"training": {k: v for k, v in ours["training"].items() if "lbfgs" not in k}, "seed": 1}
    require_same(old, ours, "x.toml")
    with pytest.raises(InputError, match=r"training.warmup = 2: found training.warmup = 0 there"):
        require_same(old, {"training": describe(config(lbfgs=0, warmup=2)), "seed": 1}, "x.toml")
    with pytest.raises(InputError, match=r"target = nothing there"):
        require_same(old, {**ours, "target": "plaquette"}, "x.toml")
