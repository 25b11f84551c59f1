"""Whole training runs: an exact target is learned, everything is checked first, a run resumes."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

import lcnn._passes
from lcnn.checkpoint import load_model, read_checkpoint
from lcnn.config import RunConfig
from lcnn.evaluate import evaluate_files
from lcnn.train import train
from lgt.errors import CheckError, EnsembleError, InputError, StoppedError

Maker = Callable[..., Path]
LCNN = {"name": "wilson_loop", "loop": "1x2", "size": "small"}
CNN = {"name": "cnn_traces", "widths": [4], "d": 2}


def run_of(paths: list[Path], out: Path, **training: Any) -> RunConfig:
    return RunConfig(
        out=str(out),
        data={"ensembles": [str(p) for p in paths], "target": "wilson_1x2"},
        model=LCNN,
        training={"threads": 1, "batch": 10, **training},
    )


def changed(run: RunConfig, **parts: Any) -> RunConfig:
    return RunConfig(**{**run.model_dump(), **parts})


def weights(checkpoint: Path) -> dict[str, torch.Tensor]:
    return read_checkpoint(checkpoint).part("model")


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[k], b[k]) for k in a)


def test_a_small_lcnn_learns_the_loop_and_transfers(make_ensemble: Maker, tmp_path: Path) -> None:
    """1e-8 with a wide margin, in float64, and the same on a lattice that it has not seen."""
    path = make_ensemble("a.h5", configs=40, chains=4)
    larger = make_ensemble("b.h5", lattice="6x8", chains=1, seed=2)
    run = run_of([path], tmp_path / "out", epochs=80, learning_rate=1e-2, dtype="float64")
    run = changed(run, data={**run.data.model_dump(), "test_chains": 1})
    seen: list[int] = []
    result = train(run, progress=lambda seed, epoch, planned: seen.append(epoch.number))
    assert seen == list(range(1, 81))
    assert result.best.history[0].validation > 1e-3
    assert result.best.validation < 1e-8
    assert result.test_error is not None
    assert result.test_error < 1e-8
    model, metadata = load_model(tmp_path / "out")
    assert next(model.parameters()).dtype == torch.float64
    (found,) = evaluate_files(model, metadata, [larger])
    assert found.mse < 1e-8 < 1e-3 < found.mse_mean
    assert found.mse_site is not None
    assert found.mse_site < 1e-8


def test_lbfgs_takes_an_exact_target_to_rounding(
    make_ensemble: Maker, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """From few epochs of AdamW, which alone end far above; in single precision it ends early and says so."""
    path = make_ensemble("a.h5", configs=12, chains=4)
    found = {}
    for dtype in ("float64", "float32"):
        run = run_of([path], tmp_path / dtype, epochs=8, learning_rate=1e-2, dtype=dtype, lbfgs=100)
        result = train(changed(run, data={**run.data.model_dump(), "test_chains": 1}))
        kinds = [epoch.kind for epoch in result.best.history]
        assert kinds[:9] == ["adamw"] * 8 + ["lbfgs"]
        assert len(kinds) < 108, "it ends by itself"
        assert result.best.history[7].validation > 1e-5
        found[dtype] = result.test_error
        assert ("float32" in caplog.text) == (dtype == "float32")
    assert found["float64"] is not None
    assert found["float64"] < 2.5e-24
    assert found["float32"] is not None
    assert 1e-18 < found["float32"] < 1e-10


def test_a_training_begins_with_the_weights_of_another(make_ensemble: Maker, tmp_path: Path) -> None:
    """To the last bit in float64, and in another precision; the checkpoint names them and resume insists."""
    path = make_ensemble("a.h5")
    train(run_of([path], tmp_path / "first", epochs=3, dtype="float64"))
    begun = {k: v.clone() for k, v in weights(tmp_path / "first").items()}
    kept = {"start": str(tmp_path / "first"), "epochs": 1, "learning_rate": 1e-300}
    train(run_of([path], tmp_path / "second", dtype="float64", **kept))
    assert same(weights(tmp_path / "second"), begun)
    train(run_of([path], tmp_path / "third", **kept))
    single = {k: v.float() if v.is_floating_point() else v for k, v in begun.items()}
    assert same(weights(tmp_path / "third"), single)
    metadata = read_checkpoint(tmp_path / "second").metadata
    assert metadata["start"] == read_checkpoint(tmp_path / "first").metadata["sha256"]
    fresh = run_of([path], tmp_path / "second", dtype="float64", **{**kept, "start": ""})
    with pytest.raises(InputError, match="start = fresh weights: found start = "):
        train(fresh, resume=True)
    other = {"name": "wilson_loop", "loop": "2x2", "size": "small"}
    for model, found in (
        (other, r"layers = \[\[2, 1, 2\]\] there"),
        ({**LCNN, "centre": True}, "centre = False there"),
    ):
        with pytest.raises(InputError, match=rf"training\.start .*{found}"):
            train(changed(run_of([path], tmp_path / "fourth", **kept), model=model))
    own = {"name": "lcnn", "layers": [[2, 1, 2]], "d": 2}
    train(changed(run_of([path], tmp_path / "own", epochs=1), model=own))
    begun_otherwise = run_of([path], tmp_path / "fourth", epochs=1, start=str(tmp_path / "own"))
    with pytest.raises(InputError, match="dilation = 2: found dilation = 1 there"):
        train(changed(begun_otherwise, model={**own, "dilation": 2}))
    with pytest.raises(InputError, match="checkpoint"):
        train(run_of([path], tmp_path / "fourth", start=str(tmp_path / "nowhere")))
    assert not (tmp_path / "fourth").exists()


def test_the_folder_says_everything(make_ensemble: Maker, tmp_path: Path) -> None:
    run = run_of([make_ensemble("a.h5")], tmp_path / "out", epochs=2, seeds=[3, 5], dtype="float64")
    result = train(run)
    assert RunConfig.from_toml(tmp_path / "out" / "run.toml") == run
    about = tomllib.loads((tmp_path / "out" / "model.toml").read_text())
    expected = {"model": LCNN, "target": "wilson_1x2", "per": "site", "group": "SU2", "N": 2, "d": 2,
                "extents": [4, 6], "threads": 1, "torch": str(torch.__version__)}  # fmt: skip
    assert {key: about[key] for key in expected} == expected
    assert [row["seed"] for row in about["seeds"]] == [3, 5]
    best = min(about["seeds"], key=lambda row: row["validation"])
    assert (about["seed"], about["validation"]) == (best["seed"], best["validation"])
    assert result.best.seed == best["seed"]
    state = read_checkpoint(tmp_path / "out" / "seed-3" / "checkpoint.toml")
    assert [row["number"] for row in state.metadata["history"]] == [1, 2]
    assert {name.split("/")[0] for name in state.tensors} >= {"model", "best", "optimizer", "rng"}
    both = [weights(tmp_path / "out" / f"seed-{k}" / "checkpoint.toml") for k in (3, 5)]
    assert not same(*both)


def test_stopped_runs_resume_to_the_same_bits(make_ensemble: Maker, tmp_path: Path) -> None:
    """Also from one seed to the next, and when resumed more than once."""
    paths = [make_ensemble("a.h5"), make_ensemble("b.h5", beta=2.0, seed=2)]
    whole = train(run_of(paths, tmp_path / "whole", epochs=4, seeds=[1, 2]))
    run = run_of(paths, tmp_path / "parts", epochs=4, seeds=[1, 2])
    short = changed(run, training={**run.training.model_dump(), "time_limit": "0s"})
    stops, result = 0, None
    while result is None:
        try:
            result = train(short, resume=True)
        except StoppedError as error:
            stops += "time limit" in str(error)
    assert stops >= 6, "each start does one epoch"
    assert same(weights(whole.checkpoint), weights(result.checkpoint))
    again = train(run, resume=True)
    assert same(weights(whole.checkpoint), weights(again.checkpoint))


def test_a_resumed_run_must_be_the_same(make_ensemble: Maker, tmp_path: Path) -> None:
    paths = [make_ensemble("a.h5"), make_ensemble("b.h5", beta=2.0, seed=2)]
    run = run_of(paths[:1], tmp_path / "out", epochs=1)
    train(run)
    before = weights(tmp_path / "out" / "model.toml")
    with pytest.raises(InputError, match="training"):
        train(run_of(paths[:1], tmp_path / "out", epochs=2), resume=True)
    with pytest.raises(InputError, match="data"):
        train(run_of(paths, tmp_path / "out", epochs=1), resume=True)
    with pytest.raises(InputError, match="model"):
        train(changed(run, model={**LCNN, "size": "medium"}), resume=True)
    with pytest.raises(InputError, match="not empty"):
        train(run)
    assert same(before, weights(tmp_path / "out" / "model.toml"))


@pytest.mark.parametrize(
    ("part", "error", "match"),
    [
        ({"model": {**LCNN, "size": "gigantic"}}, InputError, "gigantic"),
        ({"model": {"name": "nonsense"}}, InputError, "nonsense"),
        ({"model": {**CNN, "d": 3}}, InputError, "d = 3"),
        ({"model": CNN}, InputError, "at every site"),
        ({"data": {"target": "nonsense"}}, InputError, "nonsense"),
        ({"data": {"ensembles": ["nowhere.h5"]}}, InputError, "nowhere"),
        ({"data": {"validation_chains": 3}}, EnsembleError, "more chains"),
        ({"training": {"device": "abacus"}}, InputError, "abacus"),
    ],
)
def test_nothing_is_made_before_everything_is_checked(
    make_ensemble: Maker, tmp_path: Path, part: dict[str, Any], error: type[Exception], match: str
) -> None:
    run = run_of([make_ensemble("a.h5")], tmp_path / "out", epochs=1)
    if "model" in part:
        run = changed(run, **part)
    else:
        ((name, values),) = part.items()
        run = changed(run, **{name: {**run.model_dump()[name], **values}})
    with pytest.raises(error, match=match):
        train(run)
    assert [p.name for p in tmp_path.iterdir()] == ["a.h5"]


def test_a_pooled_model_learns_per_configuration(make_ensemble: Maker, tmp_path: Path) -> None:
    run = run_of([make_ensemble("a.h5", configs=20)], tmp_path / "out", epochs=3, dtype="float64")
    result = train(changed(run, model=CNN, data={**run.data.model_dump(), "per": "configuration"}))
    assert result.best.validation < result.best.history[0].train


def test_a_run_without_a_finite_loss_fails(
    make_ensemble: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lcnn._passes, "mean_squared_error", lambda *_, **__: float("nan"))
    with pytest.raises(CheckError, match="finite"):
        train(run_of([make_ensemble("a.h5")], tmp_path / "out", epochs=1))


def test_an_augmented_run_of_several_lattices_resumes_to_the_same_bits(
    make_ensemble: Maker, tmp_path: Path
) -> None:
    """Stopped after two epochs; the elements drawn are those of the run that was left alone."""
    paths = [make_ensemble("a.h5", lattice="3x3"), make_ensemble("b.h5", lattice="3x4", seed=2)]
    data = {"ensembles": [str(p) for p in paths], "target": "energy_clover",
            "augment": ["translation", "hypercubic", "gauge"]}  # fmt: skip

    def run(out: str) -> RunConfig:
        return RunConfig(out=str(tmp_path / out), data=data, model=LCNN,
                         training={"threads": 1, "batch": 2, "epochs": 4})  # fmt: skip

    whole = train(run("whole"))
    seen: list[int] = []

    class EnoughError(Exception):
        pass

    def stop(seed: int, epoch: Any, planned: int) -> None:
        seen.append(epoch.number)
        if len(seen) == 2:
            raise EnoughError

    with pytest.raises(EnoughError):
        train(run("stopped"), progress=stop)
    resumed = train(run("stopped"), resume=True)
    assert same(weights(whole.checkpoint), weights(resumed.checkpoint))
    plain = train(changed(run("plain"), data={**data, "augment": "none"}))
    assert not same(weights(whole.checkpoint), weights(plain.checkpoint))
    with pytest.raises(InputError, match="augment"):
        train(changed(run("stopped"), data={**data, "augment": "gauge"}), resume=True)


@pytest.mark.parametrize(
    ("pool", "target", "words"),
    [
        (
            "mean",
            "topological_charge",
            "model 'glcnn': the target is a pseudoscalar, the output is none under B_2",
        ),
        ("det", "topological_charge", ""),
        ("det", "plaquette", "the target is a scalar, the output is none under B_2"),
    ],
)
def test_a_target_of_another_parity_than_the_output_is_warned_of(
    pool: str, target: str, words: str, make_ensemble: Maker, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = make_ensemble("a.h5", group="U1", lattice="4x4")
    run_data = {"ensembles": [str(path)], "per": "configuration"}  # a density of plaquettes has no parity
    run = changed(
        run_of([path], tmp_path / "out", epochs=1),
        data={**run_data, "target": target},
        model={"name": "glcnn", "layers": [[1, 2, 2]], "group": "B_d", "pool": pool},
    )
    train(run)
    warned = [record.getMessage() for record in caplog.records if record.name == "lcnn.train"]
    assert len(warned) == bool(words)
    assert words in "".join(warned)
