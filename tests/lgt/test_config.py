from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lgt
from lgt.config import RunConfig, parse_duration
from lgt.errors import InputError

REQUIRED: dict[str, Any] = {"group": "SU2", "lattice": "4x6", "beta": 2.0, "configs": 3, "out": "e.h5"}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"bta": 2.0}, ["'bta'", "did you mean 'beta'"]),
        ({"zzz": 2.0}, ["'zzz'", "the keys are group, lattice"]),
        ({"beta": -1.0}, ["beta = -1.0", "0 or more"]),
        ({"beta": math.nan}, ["beta = nan"]),
        ({"beta": math.inf}, ["beta = inf"]),
        ({"beta": "6.0"}, ["beta = '6.0'", "type str"]),
        ({"beta": True}, ["beta = True", "type bool"]),
        ({"group": "SU1"}, ["SU(1)", "N >= 2"]),
        ({"group": "SO3"}, ["SO3"]),
        ({"lattice": "4x1"}, ["4x1", "an extent of 1"]),
        ({"lattice": "0x4"}, ["extent"]),
        ({"lattice": "4"}, ["one direction"]),
        ({"lattice": "4,4"}, ["'4,4'", "write 4x4"]),
        ({"lattice": "8 8 16"}, ["write 8x8x16"]),
        ({"lattice": "8by8"}, ["joined by x"]),
        ({"lattice": [4, "x"]}, ["no list of whole numbers"]),
        ({"lattice": ["4x4"]}, ["lattice ['4x4']", "no list of whole numbers"]),
        ({"lattice": [4, "4x4"]}, ["no list of whole numbers"]),
        ({"lattice": [True, 4]}, ["no list of whole numbers"]),
        ({"lattice": [[4], 4]}, ["no list of whole numbers"]),
        ({"lattice": []}, ["no extents"]),
        ({"out": ["a", "b"]}, ["out = ['a', 'b']", "type list"]),
        ({"group": ["SU2"]}, ["group = ['SU2']", "type list"]),
        ({"start": ["a"]}, ["start = ['a']", "type list"]),
        ({"out": "a\0b"}, ["out", "NUL"]),
        ({"start": "a\0b"}, ["start", "NUL"]),
        ({"self": 1}, ["'self'", "no such key"]),
        ({"time_limit": "9" * 400 + "d"}, ["too large"]),
        ({"time_limit": "9" * 5000 + "d"}, ["too large"]),
        ({"seed": 10**5000}, ["seed = a huge number"]),
        ({"lattice": 4}, ["lattice = 4", "type int"]),
        ({"configs": 0}, ["configs = 0", "1 or more"]),
        ({"configs": 2.0}, ["configs = 2.0", "type float"]),
        ({"configs": True}, ["type bool"]),
        ({"action": "nope"}, ["'nope'", "wilson"]),
        ({"thermalise": -1}, ["thermalise = -1"]),
        ({"separation": 0}, ["separation = 0"]),
        ({"overrelax": -1}, ["overrelax = -1"]),
        ({"checkpoint": 0}, ["checkpoint = 0"]),
        ({"seed": -1}, ["seed = -1"]),
        ({"seed": 2**32}, ["seed = 4294967296"]),
        ({"chains": 0}, ["chains = 0"]),
        ({"threads": 0}, ["threads = 0"]),
        ({"threads": "many"}, ["threads = 'many'"]),
        ({"precision": "float16"}, ["float16", "float64 or float32"]),
        ({"measure": 3}, ["measure = 3"]),
        ({"time_limit": "1.5h"}, ["1.5h", "1h30m"]),
        ({"time_limit": 90}, ["time_limit = 90"]),
        ({"start": ""}, ["start = ''", "cold, hot"]),
        ({"out": ""}, ["out = ''"]),
        ({"configs": 2**31, "separation": 100}, ["updates"]),
    ],
)
def test_wrong_values_give_one_clear_line(wrong: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        RunConfig(**{**REQUIRED, **wrong})
    text = str(caught.value)
    assert "\n" not in text
    assert len(text) < 300
    for word in words:
        assert word in text


@pytest.mark.parametrize("key", sorted(REQUIRED))
def test_required_keys(key: str) -> None:
    with pytest.raises(InputError, match=f"no {key}"):
        RunConfig(**{name: value for name, value in REQUIRED.items() if name != key})


def test_a_misspelt_key_is_named_before_the_one_it_stands_for() -> None:
    with pytest.raises(InputError, match=r"'confgs'.*did you mean 'configs'"):
        RunConfig(group="SU2", lattice="4x4", beta=2.0, confgs=3, out="e.h5")


def test_values_of_the_library_are_accepted() -> None:
    run = RunConfig(group=lgt.SU(3), lattice=lgt.Lattice((4, 6)), beta=6, configs=1, out=Path("a") / "e.h5")
    assert (run.group, run.lattice, run.out) == ("SU3", "4x6", str(Path("a") / "e.h5"))
    assert (run.gauge_group, run.box, run.lattice_action) == (
        lgt.SU(3),
        lgt.Lattice((4, 6)),
        lgt.Wilson(6.0),
    )
    assert RunConfig(**REQUIRED | {"lattice": np.array([4, 6]).tolist()}).lattice == "4x6"
    assert RunConfig(**REQUIRED | {"lattice": tuple(np.array([4, 6]))}).lattice == "4x6"
    assert run == RunConfig(group="SU(3)", lattice=[4, 6], beta=6.0, configs=1, out=run.out)


def test_names_of_observables_are_cleaned() -> None:
    texts = "plaquette, wilson_1x2,,wilson_1x2"
    assert RunConfig(**REQUIRED, measure=texts).measure == ("wilson_1x2",)
    assert RunConfig(**REQUIRED, measure=["b", "a"]).measure == ("b", "a")


def test_frozen() -> None:
    run = RunConfig(**REQUIRED)
    with pytest.raises(ValueError, match="frozen"):
        run.beta = 3.0  # type: ignore[misc]


def test_sweeps() -> None:
    assert RunConfig(**REQUIRED, thermalise=7, separation=5).sweeps == 7 + 3 * 5


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("", None), ("45s", 45), ("1h30m", 5400), ("2d", 172800), ("1d1h1m1s", 90061), (" 10m ", 600)],
)
def test_durations(text: str, seconds: float | None) -> None:
    assert parse_duration(text) == seconds
    assert RunConfig(**REQUIRED, time_limit=text).time_limit_seconds == seconds


@pytest.mark.parametrize("text", ["h", "1", "30m1h", "-1h", "1 h", "1.5h", "١h"])
def test_what_is_not_a_duration(text: str) -> None:
    with pytest.raises(InputError):
        parse_duration(text)


def test_a_number_without_a_unit_is_shown_with_one() -> None:
    with pytest.raises(InputError, match="found a number without a unit; write 3s, 3m or 3h"):
        parse_duration("3")


def test_toml_and_back(tmp_path: Path) -> None:
    run = RunConfig(**REQUIRED, measure=["wilson_1x2"], threads=2, start="old.h5#3", time_limit="1h")
    (tmp_path / "run.toml").write_text(run.to_toml())
    assert RunConfig.from_toml(tmp_path / "run.toml") == run


def test_options_win_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "run.toml").write_text(RunConfig(**REQUIRED, seed=5).to_toml())
    run = RunConfig.from_toml(tmp_path / "run.toml", beta=3.0, configs=9)
    assert (run.beta, run.configs, run.seed) == (3.0, 9, 5)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"beta = = 3", "not TOML"),
        (b"\xff\xfe", "not TOML"),
        (b"bta = 3.0", "'bta'"),
        (
            b"out = 'a'\n[data]\ntarget = 'plaquette'\n[model]\nname = 'cnn'",
            "training run of lcnn.*lcnn train",
        ),
        (b"[physics]\nbeta = 3.0", "'physics'"),
        (b"self = 1", "'self'.*no such key"),
        (b"seed = " + b"9" * 5000, "too many digits"),
        (b"seed = " + b"[" * 3000 + b"]" * 3000, "nested too deep"),
    ],
)
def test_bad_files(tmp_path: Path, text: bytes, words: str) -> None:
    path = tmp_path / "run.toml"
    path.write_bytes(text)
    with pytest.raises(InputError, match=words) as caught:
        RunConfig.from_toml(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_files(tmp_path: Path) -> None:
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(InputError, match="no such file"):
            RunConfig.from_toml(path)
