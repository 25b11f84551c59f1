"""What a training run is asked for: `RunConfig` and its parts, read from and written to TOML.

Everything is frozen, unknown keys are refused, and every error is one line that names the key.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from lgt.config import parse_duration
from lgt.disk import reason
from lgt.errors import InputError

_Count = Annotated[int, Field(strict=True, ge=0)]
_Positive = Annotated[int, Field(strict=True, ge=1)]
_Seed = Annotated[int, Field(strict=True, ge=0, lt=2**32)]
_Rate = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)]
_NotNegative = Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)]


class Section(BaseModel):
    """A part of a RUN.toml: frozen, unknown keys refused, errors as one line that names the key."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def __init__(self, **keys: Any) -> None:
        try:
            super().__init__(**keys)
        except ValidationError as error:
            raise _refusal(error, tuple(type(self).model_fields)) from None


class DataConfig(Section):
    """Which configurations are learned from, and what is to be predicted from them.

    The split is by chain: the last `test_chains` chains of every ensemble are kept for testing, the
    `validation_chains` before them validate, the rest train. Configurations of one chain are
    correlated, so they are never spread over two parts.
    """

    ensembles: Annotated[tuple[str, ...], Field(min_length=1)]
    """HDF5 ensembles of one lattice or of several, as paths or patterns such as ``"train/*.h5"``."""
    target: Annotated[str, Field(min_length=1)]
    """What to predict, by a name that `lcnn.targets.parse_target` knows.

    An observable (``"wilson_1x2"``), one after smearing or gradient flow (``"energy_clover@flow:1"``), a
    column of yours (``"labels.csv:NAME"``, ``"labels/{ensemble}.npy"``), or ``"package.module:function"``.
    """
    per: Literal["site", "configuration"] = "site"
    """Learn the target at every site, or the observable's value for each configuration.

    That is the lattice average, but for the topological charge, which is the sum over the lattice. Of a
    column or a function of yours with numbers at the sites it is their average. A field that a model gives
    is averaged for it.
    """
    validation_chains: _Positive = 1
    test_chains: _Count = 0
    augment: tuple[Literal["translation", "hypercubic", "gauge"], ...] = ()
    """Move every training batch by random elements of these symmetries; a word alone will do, or "none"."""
    parity: Literal["auto", "scalar", "pseudoscalar"] = "auto"
    """How the target moves under reflections: found by trial for observables, to be said for a column.

    What is said of an observable is held against the trial.
    """
    cache: str = ""
    """A folder in which targets on smeared links are kept, so that they are computed once; empty: none."""

    @field_validator("augment", mode="before")
    @classmethod
    def _words(cls, value: object) -> object:
        words = (value,) if isinstance(value, str) else value
        return () if words in (("none",), ["none"]) else words

    @field_validator("augment")
    @classmethod
    def _once(cls, words: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(words)) != len(words):
            raise ValueError("name every symmetry once")
        return words

    def paths(self) -> tuple[Path, ...]:
        """Return the ensembles' files, patterns expanded and sorted.

        Raises
        ------
        InputError
            If a path does not exist, a pattern matches nothing, or a file is named twice.
        """
        found: list[Path] = []
        for text in self.ensembles:
            path = Path(text)
            if any(c in text for c in "*?["):
                root, pattern = Path(path.anchor), str(path.relative_to(path.anchor))
                matches = sorted(p for p in root.glob(pattern) if p.is_file())
            else:
                matches = [path] if path.is_file() else []
            if not matches:
                raise InputError(f"ensemble {text!r}", "no such file", "give the path of an HDF5 ensemble")
            found += matches
        twice = [p for p in found if sum(p.resolve() == q.resolve() for q in found) > 1]
        if twice:
            raise InputError(f"ensemble {str(twice[0])!r}", "the same file twice", "name every file once")
        return tuple(found)


class TrainingConfig(Section):
    """How the weights are found: AdamW (amsgrad) on the mean squared error, then L-BFGS if it is asked for.

    Examples
    --------
    >>> TrainingConfig(epochs=5).batch
    50
    """

    epochs: _Positive = 20
    batch: _Positive = 50
    learning_rate: _Rate = 3e-3
    schedule: Literal["constant", "cosine", "exponential", "step", "plateau"] = "cosine"
    """``cosine`` falls from `learning_rate` to 1/1000 of it over `epochs`, step by step.

    The rate is multiplied by `decay` for every `decay_epochs` epochs that are done, ``step``; as
    ``exponential`` it falls so smoothly; ``plateau`` multiplies once so many epochs in a row were no better
    on the validation data.
    """
    decay: Annotated[float, Field(strict=True, gt=0, lt=1)] = 0.1
    decay_epochs: _Positive = 10
    warmup: _Count = 0
    """Epochs in which the rate rises from 0 to what the schedule says, step by step."""
    lbfgs: _Count = 0
    """Iterations of L-BFGS after AdamW, from its best weights; 0: none.

    Each sees the whole training data, in chunks of `batch`, and counts as one epoch. Use float64.
    """
    lbfgs_memory: _Positive = 100
    """Moves that L-BFGS remembers."""
    lbfgs_tolerance: _NotNegative = 1e-9
    """L-BFGS ends early once an iteration lowers the loss by less than this part of it."""
    weight_decay: _NotNegative = 0.0
    patience: _Count = 0
    """Stop after so many epochs without a better validation loss; 0, the default: never.

    Off by default, because the last epochs of the cosine schedule, at the smallest rates, are usually the
    best. The weights of the best epoch are kept either way.
    """
    at_least: _NotNegative = 0.0
    """Seconds that every seed trains for: if `epochs` take less, more are added at the last learning rate.

    It gives models of different cost the same time; the number of epochs then depends on the machine.
    """
    seeds: Annotated[tuple[_Seed, ...], Field(min_length=1)] = (1,)
    """Each seed is one training from fresh weights; the best on the validation data is kept."""
    start: str = ""
    """A checkpoint, or a folder that ``lcnn train`` finished, whose weights all seeds begin with.

    The model has to be the same; the precision may be another. Empty: fresh weights.
    """
    dtype: Literal["float32", "float64"] = "float32"
    device: Annotated[str, Field(min_length=1)] = "auto"
    threads: int | Literal["auto"] = "auto"
    """torch's CPU threads; auto: as torch finds them. The same count gives the same bits."""
    checkpoint: _Positive = 1
    """Epochs between checkpoints."""
    checkpoint_seconds: _NotNegative = 300.0
    """Seconds between checkpoints inside an epoch; 0: none there."""
    equivariance: tuple[Literal["gauge", "translation", "hypercubic"], ...] = ()
    """Symmetries under which the change of the predictions is logged, on up to 8 validation configurations.

    It is the largest change under 3 random elements as a part of the predictions' spread between
    configurations: 0 for an exact symmetry. Each takes six predictions for them after an epoch.
    """
    equivariance_every: _Positive = 1
    """Epochs between these."""
    time_limit: str = ""
    """Stop after this wall time, e.g. ``"1h30m"``, resumable, with exit status 3; empty: no limit."""

    @field_validator("seeds")
    @classmethod
    def _distinct(cls, seeds: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(seeds)) != len(seeds):
            raise ValueError("name every seed once")
        return seeds

    @field_validator("threads", mode="before")
    @classmethod
    def _thread_count(cls, value: object) -> object:
        if value != "auto" and not (type(value) is int and value >= 1):
            raise ValueError("give 'auto', or a whole number of 1 or more")
        return value

    @field_validator("time_limit")
    @classmethod
    def _duration(cls, text: str) -> str:
        parse_duration(text)
        return text.strip()


class RunConfig(Section):
    """A training run: data, model, training and the folder that the results go to.

    Examples
    --------
    >>> run = RunConfig(
    ...     out="w12",
    ...     data={"ensembles": ["beta*.h5"], "target": "wilson_1x2"},
    ...     model={"name": "wilson_loop", "loop": "1x2", "size": "small"},
    ... )
    >>> run.data.per, run.training.seeds
    ('site', (1,))
    >>> RunConfig(out="w12", data={"target": "plaquette", "ensembles": []}, model={"name": "cnn"})
    Traceback (most recent call last):
    lgt.errors.InputError: data.ensembles: found nothing in it; give one or more
    """

    out: Annotated[str, Field(min_length=1)]
    data: DataConfig
    model: dict[str, Any]
    """The model's `name` and its parameters, as `lcnn.models.build_model` takes them; see ``lcnn models``.

    ``"package.module:factory"`` names a model of your own. Where d and N are left out, the data tell.
    """
    training: TrainingConfig = TrainingConfig()

    @field_validator("model")
    @classmethod
    def _named(cls, model: dict[str, Any]) -> dict[str, Any]:
        if not isinstance(model.get("name"), str):
            raise ValueError("a model needs its name, e.g. name = 'wilson_loop'")
        return model

    @classmethod
    def from_toml(cls, path: str | os.PathLike[str]) -> Self:
        """Read RUN.toml.

        Raises
        ------
        InputError
            If the file is missing or is not TOML, or for anything that the constructor refuses.
        """
        try:
            keys = tomllib.loads(Path(path).read_text(encoding="utf-8"))
        except OSError as error:
            found, remedy = reason(error).lower(), "give the path of a RUN.toml"
            raise InputError(f"run file {path}", found, remedy) from None
        except UnicodeDecodeError as error:
            raise InputError(f"run file {path}", reason(error), "mend it") from None
        except tomllib.TOMLDecodeError as error:
            raise InputError(f"run file {path}", f"text that is not TOML ({error})", "mend it") from None
        if {"group", "lattice", "beta", "configs"} & keys.keys() and "model" not in keys:
            remedy = f"use lgt generate {path}; lcnn train wants the tables data, model and training"
            raise InputError(f"run file {path}", "a run of lgt generate", remedy)
        try:
            return cls(**keys)
        except InputError as error:
            raise InputError(f"run file {path}: {error.asked}", error.found, error.remedy) from None

    def to_toml(self) -> str:
        """Return the text of a RUN.toml that `from_toml` reads as an equal value, defaults included."""
        import tomli_w

        return tomli_w.dumps(self.model_dump(mode="json"))


def _refusal(error: ValidationError, known: tuple[str, ...]) -> InputError:
    """Return one complaint of pydantic as one line of ours: a misspelt key explains a missing one."""
    complaints = error.errors(include_url=False)
    first = min(complaints, key=lambda complaint: complaint["type"] != "extra_forbidden")
    key = ".".join(str(part) for part in first["loc"]) or "the run"
    cause = first.get("ctx", {}).get("error")
    if isinstance(cause, InputError):
        joint = ", " if " " in cause.asked else "."
        return InputError(f"{key}{joint}{cause.asked}", cause.found, cause.remedy)
    if first["type"] == "extra_forbidden":
        close = difflib.get_close_matches(key, known, 1)
        remedy = f"did you mean {close[0]!r}?" if close else f"the keys here are {', '.join(known)}"
        return InputError(key, "a key that is not known", remedy)
    if first["type"] in ("too_short", "string_too_short"):
        return InputError(key, "nothing in it", "give one or more")
    if first["type"] == "missing":
        return InputError(f"{key}", "no value", "this key is required")
    value = " ".join(repr(first["input"]).split())
    shown = value if len(value) <= 60 else value[:57] + "..."
    remedy = first["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return InputError(key, shown, f"it {remedy}" if remedy.startswith("should") else remedy)
