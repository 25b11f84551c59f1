"""The training loop on a small module and tensors: it learns, stops, and resumes to the same bits."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from lcnn.config import TrainingConfig
from lcnn.data import Dataset
from lcnn.evaluate import mean_squared_error
from lcnn.fit import Epoch, fit, pick_device
from lgt.errors import CheckError, InputError, StoppedError


class Pointwise(nn.Module):
    """Two layers at every site, with dropout so that the global generator matters too."""

    def __init__(self, dropout: float = 0.2) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(4, 8), nn.GELU(), nn.Dropout(dropout), nn.Linear(8, 1))

    def forward(self, links: Tensor) -> Tensor:
        x = torch.view_as_real(links[..., 0, 0]).movedim(1, -2).flatten(-2)
        return self.layers(x)[..., 0]


def angles(n: int, seed: int) -> Dataset:
    phase = torch.rand(n, 2, 3, 4, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    links = torch.polar(torch.ones_like(phase), 6 * phase)[..., None, None]
    return Dataset(links, links[:, 0, ..., 0, 0].real)


TRAIN, VALIDATION = angles(40, 1), angles(20, 2)
CONFIG = TrainingConfig(epochs=6, batch=16, learning_rate=1e-2, dtype="float64")


def model(dropout: float = 0.2) -> nn.Module:
    torch.manual_seed(5)
    return Pointwise(dropout)


def weights(module: nn.Module) -> list[Tensor]:
    return [p.detach().clone() for p in module.parameters()]


def equal(a: nn.Module, b: nn.Module) -> bool:
    return all(torch.equal(p, q) for p, q in zip(weights(a), weights(b), strict=True))


def test_the_loss_falls_and_the_best_weights_are_kept() -> None:
    seen: list[Epoch] = []
    result = fit(model(0.0), TRAIN, VALIDATION, CONFIG, progress=lambda _, epoch, __: seen.append(epoch))
    assert [e.number for e in seen] == [1, 2, 3, 4, 5, 6]
    assert tuple(seen) == result.history
    assert seen[-1].train < 0.7 * seen[0].train
    losses = [e.validation for e in seen]
    assert result.validation == min(losses) == losses[result.best_epoch - 1]
    found = mean_squared_error(result.model, VALIDATION, batch=16, dtype=torch.float64)
    assert found == result.validation


def test_early_stopping_restores_the_best_epoch() -> None:
    config = CONFIG.model_copy(update={"learning_rate": 30.0, "epochs": 50, "patience": 3})
    result = fit(model(0.0), TRAIN, VALIDATION, config)
    assert len(result.history) == result.best_epoch + 3 < 50
    found = mean_squared_error(result.model, VALIDATION, batch=16, dtype=torch.float64)
    assert found == result.validation


def test_at_least_adds_epochs_at_the_last_rate() -> None:
    config = CONFIG.model_copy(update={"epochs": 2, "at_least": 0.3})
    result = fit(model(), TRAIN, VALIDATION, config)
    assert len(result.history) > 2
    assert result.seconds >= 0.3
    assert [e.learning_rate for e in result.history[2:]] == pytest.approx([1e-5] * (len(result.history) - 2))


def test_the_seed_decides_and_the_global_generator_is_untouched() -> None:
    before = torch.get_rng_state()
    torch.manual_seed(5)
    module = Pointwise()
    start = torch.get_rng_state()
    first = fit(module, TRAIN, VALIDATION, CONFIG, seed=1).model
    assert torch.equal(torch.get_rng_state(), start)
    torch.set_rng_state(before)
    assert equal(first, fit(model(), TRAIN, VALIDATION, CONFIG, seed=1).model)
    assert not equal(first, fit(model(), TRAIN, VALIDATION, CONFIG, seed=2).model)


def test_stopped_after_any_epoch_and_resumed_gives_the_same_bits(tmp_path: Path) -> None:
    whole = fit(model(), TRAIN, VALIDATION, CONFIG)
    steps = 3
    other = Pointwise()
    for stop_at in range(CONFIG.epochs * steps):
        asked = -1

        def stop(stop_at: int = stop_at) -> str | None:
            nonlocal asked
            asked += 1
            return "a test" if asked == stop_at else None

        path = tmp_path / f"{stop_at}.toml"
        with pytest.raises(StoppedError, match=f"a test in epoch {stop_at // steps + 1}"):
            fit(model(), TRAIN, VALIDATION, CONFIG, checkpoint=path, stop=stop)
        fresh = (
            model() if stop_at < steps else other
        )  # before the first checkpoint the weights are the start's
        again = fit(fresh, TRAIN, VALIDATION, CONFIG, checkpoint=path, resume=True)
        assert equal(whole.model, again.model)
        assert (again.best_epoch, again.validation) == (whole.best_epoch, whole.validation)
        assert [e.train for e in again.history] == [e.train for e in whole.history]


def test_a_kill_while_writing_loses_at_most_an_epoch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SIGKILL before the weights, between the weights and the TOML file, or after both."""

    class Killed(BaseException):
        pass

    whole = fit(model(), TRAIN, VALIDATION, CONFIG)
    original = Path.replace
    kills = 0
    for step in range(2 * CONFIG.epochs):
        for after in (False, True):
            count = -1

            def replace(self: Path, target: Path, step: int = step, after: bool = after) -> Path:
                nonlocal count
                count += 1
                if count == step and not after:
                    raise Killed
                done = original(self, target)
                if count == step and after:
                    raise Killed
                return done

            path = tmp_path / f"{step}{after}" / "checkpoint.toml"
            with monkeypatch.context() as patch:
                patch.setattr(Path, "replace", replace)
                with pytest.raises(Killed):
                    fit(model(), TRAIN, VALIDATION, CONFIG, checkpoint=path)
            resumed: list[int] = []
            again = fit(
                model(), TRAIN, VALIDATION, CONFIG, checkpoint=path, resume=True,
                progress=lambda _, epoch, __, seen=resumed: seen.append(epoch.number),
            )  # fmt: skip
            written = (step + after) // 2
            assert resumed == list(range(written + 1, CONFIG.epochs + 1))
            assert equal(whole.model, again.model)
            kills += 1
    assert kills == 24


def test_another_run_is_not_resumed(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.toml"
    fit(model(), TRAIN, VALIDATION, CONFIG, checkpoint=path, metadata={"target": "plaquette"})
    with pytest.raises(InputError, match="target = plaquette there"):
        fit(model(), TRAIN, VALIDATION, CONFIG, checkpoint=path, resume=True, metadata={"target": "other"})
    done = fit(
        model(), TRAIN, VALIDATION, CONFIG, checkpoint=path, resume=True, metadata={"target": "plaquette"}
    )
    assert len(done.history) == CONFIG.epochs


@pytest.mark.parametrize("schedule", ["constant", "cosine"])
def test_more_epochs_go_on_where_the_rate_is_constant(tmp_path: Path, schedule: str) -> None:
    short = CONFIG.model_copy(update={"schedule": schedule, "epochs": 2})
    longer = short.model_copy(update={"epochs": 5})
    path = tmp_path / "checkpoint.toml"
    fit(model(), TRAIN, VALIDATION, short, checkpoint=path)
    if schedule == "cosine":
        with pytest.raises(InputError, match=r"epochs = 2 there and the cosine schedule"):
            fit(model(), TRAIN, VALIDATION, longer, checkpoint=path, resume=True)
        return
    again = fit(model(), TRAIN, VALIDATION, longer, checkpoint=path, resume=True)
    assert equal(again.model, fit(model(), TRAIN, VALIDATION, longer).model)
    assert len(again.history) == 5
    with pytest.raises(InputError, match=r"epochs = 2: found training\.epochs = 5 there"):
        fit(model(), TRAIN, VALIDATION, short, checkpoint=path, resume=True)


def test_a_loss_that_is_not_finite() -> None:
    bad = Dataset(TRAIN.batch(torch.arange(40))[0], torch.full((40, 3, 4), torch.nan))
    with pytest.raises(CheckError, match="learning_rate"):
        fit(model(), bad, VALIDATION, CONFIG)


def test_devices() -> None:
    assert pick_device("cpu").type == "cpu"
    assert pick_device("auto").type in ("cpu", "cuda")
    for name in ("nonsense", "meta", "cuda:999"):
        with pytest.raises(InputError, match=f"device '{name}': found none of that name"):
            pick_device(name)


def test_more_epochs_after_a_stop_in_the_first_iteration_of_lbfgs(tmp_path: Path) -> None:
    """Before its first iteration is done, L-BFGS has changed nothing of AdamW's state."""
    keys = {"batch": 40, "learning_rate": 0.3, "schedule": "constant", "lbfgs": 3}
    short = CONFIG.model_copy(update={**keys, "epochs": 6})
    long = CONFIG.model_copy(update={**keys, "epochs": 8})
    asked = 0

    def stop() -> str | None:
        nonlocal asked
        asked += 1
        return "enough" if asked == 7 else None  # one batch an epoch: in the first iteration

    path = tmp_path / "checkpoint.toml"
    with pytest.raises(StoppedError):
        fit(model(0.0), TRAIN, VALIDATION, short, checkpoint=path, stop=stop)
    resumed = fit(model(0.0), TRAIN, VALIDATION, long, checkpoint=path, resume=True)
    whole = fit(model(0.0), TRAIN, VALIDATION, long)
    assert equal(resumed.model, whole.model)
    assert [e.train for e in resumed.history] == [e.train for e in whole.history]
    assert whole.history[-1].kind == "lbfgs"
