"""The description of a run: every key of RUN.toml, every option of ``lgt generate``, checked and frozen."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self, final

import numpy as np
import tomli_w
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from lgt.action import ACTIONS, Action, make_action
from lgt.errors import InputError
from lgt.group import U, UnitaryGroup, parse_group
from lgt.lattice import Lattice

_SECONDS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
#: A misspelt key explains a missing one, and both come before values.
_ORDER = {"extra_forbidden": 0, "missing": 1}
#: The tables of a RUN.toml of `lcnn train`, which has no key in common with ours but ``out``.
_LCNN_TABLES = ("data", "model", "training")
#: Update numbers and seeds are 32 bit words of the random number generator.
_WORD = 2**32
#: Keys that not every update has.
KEYS_OF_UPDATES = {
    "overrelax": ("heatbath", "metropolis"),
    "hits": ("metropolis",),
    "proposal": ("metropolis",),
    "trajectory": ("hmc",),
    "steps": ("hmc",),
    "integrator": ("hmc",),
}
#: More digits than any time limit has; Python itself refuses to read numbers of thousands of them.
_DIGITS = 9


def parse_duration(text: str) -> float | None:
    """Seconds of a duration like ``"1h30m"``, ``"45s"`` or ``"2d"``; None for no limit (an empty text).

    Raises
    ------
    InputError
        If `text` is neither empty nor whole numbers with the units d, h, m, s in this order.

    Examples
    --------
    >>> parse_duration("1h30m")
    5400.0
    """
    match = re.fullmatch(r"(\d+d)?(\d+h)?(\d+m)?(\d+s)?", text.strip(), flags=re.ASCII)
    if match is None:
        number = text.strip() if re.fullmatch(r"[0-9]{1,9}", text.strip()) else ""
        found = "a number without a unit" if number else "not a duration"
        like = f"write {number}s, {number}m or {number}h" if number else "write it like 1h30m, 45s or 2d"
        raise InputError(f"time limit {_brief(text)}", found, like)
    parts = [part for part in match.groups() if part]
    if any(len(part) > _DIGITS + 1 for part in parts):
        raise InputError(f"time limit {_brief(text)}", "a number that is too large", "leave out the limit")
    return float(sum(int(part[:-1]) * _SECONDS[part[-1]] for part in parts)) if parts else None


def _text(value: object) -> object:
    """Group and Lattice values and paths in the form in which RUN.toml writes them."""
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, UnitaryGroup):
        return value.key
    if isinstance(value, Lattice):
        return str(value)
    return value


def _extents(value: object) -> object:
    """As `_text`, and lists of whole numbers as well; anything else in a list is refused."""
    if isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray):
        if any(isinstance(n, bool | np.bool_) or not isinstance(n, int | np.integer) for n in value):
            raise InputError(f"lattice {_brief(value)}", "no list of whole numbers", "write 8x8 or [8, 8]")
        return "x".join(map(str, value))
    return _text(value)


def _names(value: object) -> object:
    if isinstance(value, str):
        value = value.split(",")
    return tuple(value) if isinstance(value, Sequence) else value


def _words(value: object) -> object:
    """A list of words joined by commas."""
    if isinstance(value, list | tuple) and all(isinstance(word, str) for word in value):
        value = ",".join(value)
    return value.replace(" ", "") if isinstance(value, str) else value


def _open_directions(boundary: str, d: int) -> tuple[int, ...]:
    words = boundary.split(",")
    if len(words) == 1:
        words = ["periodic"] * (d - 1) + words
    asked = f"boundary {_brief(boundary)}"
    for word in words:
        if word not in ("periodic", "open"):
            raise InputError(asked, f"the word {_brief(word)}", "write periodic or open")
    if len(words) != d:
        raise InputError(asked, f"{len(words)} words for {d} directions", "write one word for each direction")
    return tuple(mu for mu, word in enumerate(words) if word == "open")


Text = Annotated[str, BeforeValidator(_text)]


@final
class RunConfig(BaseModel):
    """One run of ``lgt generate``. Frozen; unknown keys and wrong types are refused.

    Parameters
    ----------
    group
        Gauge group: ``"U1"``, ``"SU2"``, ``"SU3"``, ... or a group value.
    lattice
        Extents, time last: ``"8x8x8x16"``, a sequence of numbers or a `lgt.lattice.Lattice`; at least two
        directions, each extent at least 2.
    beta
        Coupling of the action, finite and not negative.
    configs
        Number of configurations of each chain.
    out
        Path of the ensemble file.
    action
        Name of the action.
    c0, c1
        Coefficients of plaquettes and rectangles, for the action ``"rectangle"`` alone; c0 is 1 - 8 c1
        unless given.
    anisotropy
        The bare anisotropy xi0: loops that extend in time weigh xi0, all others 1/xi0.
    boundary
        ``"periodic"``, ``"open"`` (in time), or a word for each direction, ``"periodic,periodic,open"``. With
        open ones, observables are averages over the loops that stay inside the box.
    thermalise
        Sweeps before the first separation. From a cold or hot start HMC takes each trajectory of their first
        half whatever its dH, since it could be stuck there.
    separation
        Sweeps between stored configurations. Configuration c is the state after sweep
        ``thermalise + (c + 1) * separation``.
    update
        What a sweep is: ``"heatbath"`` or ``"metropolis"``, with over-relaxations after it, or ``"hmc"``, one
        trajectory.
    overrelax
        Over-relaxations after the heat bath or Metropolis of each sweep.
    hits, proposal
        Of Metropolis: proposals for each subgroup of a link, and their size, up to 1.
    trajectory, steps, integrator
        Of HMC: length of a trajectory, the steps in it, and ``"leapfrog"``, ``"omf2"``, ``"omf4"`` or
        ``"force-gradient"``.
    seed
        Seed of all random numbers; a chain's stream is (seed, chain).
    chains
        Number of independent chains.
    start
        ``"cold"``, ``"hot"`` or an ensemble file, ``PATH`` or ``PATH#INDEX`` (a configuration of its
        chain 0, the last finished one by default).
    precision
        Storage of the links, ``"float64"`` or ``"float32"``; the chain itself runs in float64.
    measure
        Names of observables to store with every configuration; the plaquette always is.
    time_limit
        Stop after this wall time, e.g. ``"1h30m"``; empty for no limit.
    checkpoint
        Sweeps between checkpoints inside thermalisation and long separations.
    threads
        Chains that advance at the same time; does not change the result.

    Raises
    ------
    InputError
        For an unknown or missing key, a wrong type or a value out of range; one line.

    Examples
    --------
    >>> run = RunConfig(group="SU2", lattice="4x6", beta=2.0, configs=10, out="ensemble.h5")
    >>> run.gauge_group, run.box, run.sweeps
    (SU(2), 4x6, 300)
    >>> RunConfig(group="SU2", lattice="4x1", beta=2.0, configs=10, out="ensemble.h5")
    Traceback (most recent call last):
    lgt.errors.InputError: lattice '4x1': found an extent of 1; use extents of 2 or more
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    group: Text = Field(description="a group like U1, SU2 or SU3")
    lattice: Annotated[str, BeforeValidator(_extents)] = Field(description="extents like 8x8x8x16")
    beta: float = Field(ge=0, description="a finite number of 0 or more")
    configs: int = Field(ge=1, description="a whole number of 1 or more")
    out: Text = Field(min_length=1, description="a path like ensemble.h5")
    action: str = Field("wilson", description="the name of an action")
    c0: float | None = Field(None, description="a finite number, with the action rectangle")
    c1: float | None = Field(None, description="a finite number, with the action rectangle")
    anisotropy: float = Field(1.0, gt=0, description="a finite number above 0")
    boundary: Annotated[str, BeforeValidator(_words)] = Field("periodic", description="periodic or open")
    thermalise: int = Field(200, ge=0, description="a whole number of 0 or more")
    separation: int = Field(10, ge=1, description="a whole number of 1 or more")
    update: Literal["heatbath", "metropolis", "hmc"] = Field(
        "heatbath", description="heatbath, metropolis or hmc"
    )
    overrelax: int = Field(1, ge=0, description="a whole number of 0 or more")
    hits: int = Field(8, ge=1, le=65536, description="a whole number from 1 to 65536")
    proposal: float = Field(0.5, gt=0, le=1, description="a number above 0 and up to 1")
    trajectory: float = Field(1.0, gt=0, description="a finite number above 0")
    steps: int = Field(5, ge=1, le=100_000, description="a whole number from 1 to 100000")
    integrator: Literal["leapfrog", "omf2", "omf4", "force-gradient"] = Field(
        "omf4", description="leapfrog, omf2, omf4 or force-gradient"
    )
    seed: int = Field(1, ge=0, lt=_WORD, description="a whole number from 0 to 4294967295")
    chains: int = Field(1, ge=1, le=65536, description="a whole number from 1 to 65536")
    start: Text = Field("cold", min_length=1, description="cold, hot, PATH or PATH#INDEX")
    precision: Literal["float64", "float32"] = Field("float64", description="float64 or float32")
    measure: Annotated[tuple[str, ...], BeforeValidator(_names)] = Field((), description="a list of names")
    time_limit: str = Field("", description="a duration like 1h30m")
    checkpoint: int = Field(100, ge=1, description="a whole number of 1 or more")
    threads: Annotated[int, Field(ge=1)] | Literal["auto"] = Field("auto", description="auto, or 1 or more")

    def __init__(self, /, **keys: Any) -> None:
        try:
            super().__init__(**keys)
        except ValidationError as error:
            raise _one_line(error) from None

    @field_validator("group")
    @classmethod
    def _group_key(cls, text: str) -> str:
        group = parse_group(text)
        if isinstance(group, U):
            raise InputError(f"a Markov chain of {group!r}", "no update for it", "use U1 or SU2, SU3, ...")
        return group.key

    @field_validator("lattice")
    @classmethod
    def _lattice_text(cls, text: str) -> str:
        words = re.split(r"[\s,;*X×]+", text.strip(" ()[]"))
        if len(words) > 1 and all(word.isdecimal() for word in words):
            raise InputError(f"lattice {text!r}", "no x between the extents", f"write {'x'.join(words)}")
        lattice = Lattice.parse(text)
        if lattice.d < 2:
            raise InputError(f"lattice {text!r}", "one direction", "use two directions or more, like 8x8")
        if min(lattice.extents) < 2:
            raise InputError(
                f"lattice {text!r}", f"an extent of {min(lattice.extents)}", "use extents of 2 or more"
            )
        return str(lattice)

    @field_validator("out", "start")
    @classmethod
    def _path_text(cls, text: str, info: ValidationInfo) -> str:
        if "\0" in text:
            raise InputError(f"{info.field_name} {_brief(text)}", "a NUL character", "leave it out")
        return text

    @field_validator("measure")
    @classmethod
    def _clean_names(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        cleaned = (name.strip() for name in names)
        return tuple(dict.fromkeys(name for name in cleaned if name not in ("", "plaquette")))

    @field_validator("time_limit")
    @classmethod
    def _duration(cls, text: str) -> str:
        parse_duration(text)
        return text.strip()

    @model_validator(mode="after")
    def _together(self) -> Self:
        self.lattice_action  # noqa: B018, whatever it refuses
        for key, updates_with_it in KEYS_OF_UPDATES.items():
            value = getattr(self, key)
            if self.update not in updates_with_it and value != type(self).model_fields[key].default:
                raise InputError(
                    f"{key} = {_brief(value)} with update = {self.update}",
                    "a key of another update",
                    f"leave it out, or use update = {' or '.join(updates_with_it)}",
                )
        updates = self.sweeps * (1 if self.update == "hmc" else 1 + self.overrelax)
        if updates >= _WORD:
            raise InputError(
                f"{self.sweeps} sweeps",
                f"{updates} updates",
                "stay below 4294967296, the period of the random numbers",
            )
        return self

    @property
    def gauge_group(self) -> UnitaryGroup:
        """The gauge group as a value."""
        return parse_group(self.group)

    @property
    def box(self) -> Lattice:
        """The lattice as a value."""
        return Lattice.parse(self.lattice)

    @property
    def lattice_action(self) -> Action:
        """The action as a value."""
        parameters: dict[str, Any] = {"c0": self.c0, "c1": self.c1, "anisotropy": self.anisotropy}
        parameters["open"] = _open_directions(self.boundary, self.box.d)
        defaults: dict[str, Any] = {"c0": None, "c1": None, "anisotropy": 1.0, "open": ()}
        given = {key: value for key, value in parameters.items() if value != defaults[key]}
        for key in ("c0", "c1"):
            if key in given and self.action in ACTIONS and self.action != "rectangle":
                remedy = 'use action = "rectangle" (--action rectangle), or leave it out'
                raise InputError(f"{key} of the action {self.action}", "a key of another one", remedy)
        if self.action == "rectangle" and self.c1 is None:
            raise InputError("the action rectangle", "no c1", "give one like -0.1")
        return make_action(self.action, self.beta, **given)

    @property
    def sweeps(self) -> int:
        """Sweeps of each chain from its start to its last configuration."""
        return self.thermalise + self.configs * self.separation

    @property
    def time_limit_seconds(self) -> float | None:
        """The time limit in seconds; None where there is none."""
        return parse_duration(self.time_limit)

    @classmethod
    def from_toml(cls, path: str | os.PathLike[str], **override: Any) -> Self:
        """Read RUN.toml: the keys of this class, flat; keys given here as well win over the file's.

        Raises
        ------
        InputError
            If the file is missing or is not TOML, or for anything that the constructor refuses.
        """
        keys = read_run_file(path)
        try:
            return cls(**{**keys, **override})
        except InputError as error:
            raise InputError(f"run file {path}: {error.asked}", error.found, error.remedy) from None

    def to_toml(self) -> str:
        """The text of a RUN.toml that `from_toml` reads as an equal value.

        Examples
        --------
        >>> run = RunConfig(group="SU3", lattice="8x8", beta=6, configs=1, out="a.h5", seed=7)
        >>> run.to_toml().splitlines()[:2]
        ['group = "SU3"', 'lattice = "8x8"']
        """
        return tomli_w.dumps(self.model_dump(mode="json", exclude_none=True))


def read_run_file(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The keys of a RUN.toml as they stand there, unchecked.

    Raises
    ------
    InputError
        If the file is missing, is not TOML, or is a RUN.toml of ``lcnn train``.
    """
    asked = f"run file {path}"
    try:
        keys = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (FileNotFoundError, IsADirectoryError):
        raise InputError(asked, "no such file", "give the path of a RUN.toml") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(asked, f"text that is not TOML ({error})", "mend that line") from None
    except ValueError:  # Python's limit on the digits of a number
        raise InputError(asked, "a number with too many digits", "write a smaller one") from None
    except RecursionError:
        raise InputError(asked, "lists or tables nested too deep", "write flat keys") from None
    except OSError as error:
        raise InputError(asked, str(error.strerror), "give a file that can be read") from None
    tables = [f"[{name}]" for name in _LCNN_TABLES if isinstance(keys.get(name), dict)]
    if tables:
        raise InputError(asked, f"a training run of lcnn ({', '.join(tables)})", f"type: lcnn train {path}")
    return keys


def _one_line(error: ValidationError) -> InputError:
    """The first of pydantic's findings as our one line."""
    findings = sorted(error.errors(include_url=False), key=lambda finding: _ORDER.get(finding["type"], 2))
    first = findings[0]
    cause = first.get("ctx", {}).get("error")
    if isinstance(cause, InputError):
        return cause
    key = str(first["loc"][0])
    if first["type"] == "extra_forbidden":
        close = difflib.get_close_matches(key, RunConfig.model_fields, n=1)
        keys = "the keys are " + ", ".join(RunConfig.model_fields)
        return InputError(f"key {key!r}", "no such key", f"did you mean {close[0]!r}?" if close else keys)
    if first["type"] == "missing":
        missing = [str(finding["loc"][0]) for finding in findings if finding["type"] == "missing"]
        return InputError("a run", f"no {', '.join(missing)}", "give every required key")
    expected = RunConfig.model_fields[key].description
    kind = type(first["input"]).__name__
    found = f"a value of type {kind}" if "type" in first["type"] else "a value that is not allowed"
    return InputError(f"{key} = {_brief(first['input'])}", found, f"give {expected}")


def _brief(value: object) -> str:
    try:
        text = " ".join(repr(value).split())
    except ValueError:  # a number with more digits than Python writes out
        text = "a huge number"
    return text if len(text) <= 60 else text[:57] + "..."
