"""Wrong values of a training run are refused with one line that names the key."""

from __future__ import annotations

from pathlib import Path

import pytest

from lcnn.config import DataConfig, RunConfig, TrainingConfig
from lgt.errors import InputError

GOOD = """
out = "out"
[data]
ensembles = ["a.h5"]
target = "wilson_1x2"
[model]
name = "wilson_loop"
loop = "1x2"
[training]
epochs = 3
"""


def read(folder: Path, text: str) -> RunConfig:
    path = folder / "run.toml"
    path.write_text(text)
    return RunConfig.from_toml(path)


def test_round_trip_keeps_every_value(tmp_path: Path) -> None:
    run = read(tmp_path, GOOD)
    assert read(tmp_path, run.to_toml()) == run
    assert run.training == TrainingConfig(epochs=3)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("epochs = 3", "epochs = 0", "training.epochs"),
        ("epochs = 3", "epochs = 2.5", "training.epochs"),
        ("epochs = 3", "epochs = true", "training.epochs"),
        ("epochs = 3", 'epochs = "3"', "training.epochs"),
        ("epochs = 3", "learning_rate = nan", "training.learning_rate"),
        ("epochs = 3", "learning_rate = -1.0", "training.learning_rate"),
        ("epochs = 3", "learning_rate = inf", "training.learning_rate"),
        ("epochs = 3", 'schedule = "linear"', "training.schedule"),
        ("epochs = 3", "decay = 1.0", "training.decay"),
        ("epochs = 3", "decay_epochs = 0", "training.decay_epochs"),
        ("epochs = 3", "lbfgs = -1", "training.lbfgs"),
        ("epochs = 3", 'equivariance = ["rotation"]', "training.equivariance"),
        ("epochs = 3", "checkpoint_seconds = nan", "training.checkpoint_seconds"),
        ("epochs = 3", 'dtype = "float16"', "training.dtype"),
        ("epochs = 3", "seeds = []", "training.seeds"),
        ("epochs = 3", "seeds = [1, 1]", "training.seeds"),
        ("epochs = 3", 'time_limit = "soon"', "time limit"),
        ("epochs = 3", "epoch = 3", "training.epoch"),
        ('out = "out"', "", "out"),
        ('out = "out"', 'out = "out"\nwhat = 1', "what"),
        ('ensembles = ["a.h5"]', "ensembles = []", "data.ensembles"),
        ('target = "wilson_1x2"', "", "data.target"),
        ('target = "wilson_1x2"', 'target = "wilson_1x2"\nper = "link"', "data.per"),
        ('target = "wilson_1x2"', 'target = "wilson_1x2"\nvalidation_chains = 0', "data.validation_chains"),
        ('name = "wilson_loop"', "", "model"),
        ("[data]", "[data", "TOML"),
    ],
)
def test_wrong_values_are_refused_in_one_line(tmp_path: Path, old: str, new: str, named: str) -> None:
    assert old in GOOD
    with pytest.raises(InputError) as caught:
        read(tmp_path, GOOD.replace(old, new, 1))
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing\.toml"):
        RunConfig.from_toml(tmp_path / "nothing.toml")


def test_patterns_are_expanded_and_sorted(tmp_path: Path) -> None:
    for name in ("b.h5", "a.h5", "c.txt"):
        (tmp_path / name).touch()
    config = DataConfig(ensembles=(str(tmp_path / "*.h5"),), target="plaquette")
    assert [p.name for p in config.paths()] == ["a.h5", "b.h5"]
    with pytest.raises(InputError, match="no such file"):
        DataConfig(ensembles=(str(tmp_path / "*.hdf5"),), target="plaquette").paths()
    with pytest.raises(InputError, match="no such file"):
        DataConfig(ensembles=(str(tmp_path / "d.h5"),), target="plaquette").paths()
    with pytest.raises(InputError, match="twice"):
        DataConfig(ensembles=(str(tmp_path / "a.h5"), str(tmp_path / "*.h5")), target="plaquette").paths()


def test_augmentation_by_a_word_or_several() -> None:
    def data(augment: object) -> DataConfig:
        return DataConfig(ensembles=("a.h5",), target="plaquette", augment=augment)

    assert data("gauge").augment == ("gauge",)
    assert data("none").augment == data(["none"]).augment == data([]).augment == ()
    assert data(["translation", "gauge"]).augment == ("translation", "gauge")
    with pytest.raises(InputError, match="name every symmetry once"):
        data(["gauge", "gauge"])
    with pytest.raises(InputError, match="rotation"):
        data("rotation")
