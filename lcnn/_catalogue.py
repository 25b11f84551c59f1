"""The models by name, with their parameters and an example each; reading and checking them needs no torch."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

from lgt.errors import InputError

_N_OUT = ("n_out", "numbers that are predicted")
_STANDARDISE = (False, "traces as deviations from their mean in units of their spread, of the batch")
_INIT: dict[str, tuple[Any, str]] = {
    "init": ("balanced", "how weights start: balanced, gaussian, published or master"),
    "init_w": (1.0, "scale of the published start"),
}
_SHALLOW = {**_INIT, "init": ("gaussian", _INIT["init"][1])}


@final
@dataclass(frozen=True)
class Entry:
    """A model as a RUN.toml names it.

    Attributes
    ----------
    name, summary, example
        What the table ``[model]`` calls it, what it is, and the lines of such a table.
    required
        The parameters without default, each with its meaning.
    optional
        The others, each with default and meaning.
    """

    name: str
    summary: str
    required: Mapping[str, str]
    optional: Mapping[str, tuple[Any, str]]
    example: str


def _cnn(name: str, what: str, sizes: dict[str, str], **more: tuple[Any, str]) -> Entry:
    return Entry(
        name,
        f"ordinary convolutions on {what}, one prediction a configuration (per = 'configuration') or a site",
        {"widths": "channels after each convolution", **sizes},
        {
            "kernel_size": (2, "sites that a convolution sees along each axis"),
            "activation": ("gelu", "relu, leaky_relu, tanh, sigmoid or gelu"),
            "pooling": ("mean", "mean or max over the lattice, or none: a prediction at every site"),
            "dense": ((), "widths of dense layers before the output"),
            "n_out": (1, _N_OUT[1]),
            "standardise": (False, "batch normalisation after each convolution"),
            **more,
        },
        f'name = "{name}"\nwidths = [16, 16]\nkernel_size = 3\n',
    )


_SIZES = {"d": "directions, 2, 3 or 4", "N": "colours"}

CATALOGUE: dict[str, Entry] = {
    entry.name: entry
    for entry in (
        _cnn("cnn_links", "raw links, not gauge invariant", _SIZES),
        _cnn(
            "cnn_traces",
            "traces of plaquettes, gauge invariant",
            {"d": _SIZES["d"]},
            parts=("real", "real, or complex: imaginary parts of the traces too"),
        ),
        Entry(
            "glcnn",
            "an L-CNN that respects rotations and reflections too (arXiv:2303.11448), one prediction a site",
            {
                "layers": "a row (K, N_in, N_out) for each layer: K - 1 hops, channels in and out",
                "d": "directions",
            },
            {
                "group": ("B_d", "point group: B_d, SB_d, O_h x Z_2, Z_2^d, C_4, ..."),
                "features": ("regular", "regular (a copy for each group element) or trivial (isotropic)"),
                "elements": ("identity", "sum of the convolutions: all, generators or identity"),
                "pool": ("mean", "mean for scalars, det for pseudoscalars, or a character's number"),
                "loops": ("plaquettes", "input: plaquettes, polyakov or both"),
                "activation": ("none", "none, relu, smooth or polynomial, of learned strength"),
                "norm": ("none", "none or frobenius, after each layer"),
                "stout": (0, "learned stout steps of the links first, the same in all directions"),
                "gauge_group": ("auto", "of these steps: auto, which is SU(N) or U(1), or U2, ..."),
                "standardise": _STANDARDISE,
                "n_out": (1, _N_OUT[1]),
                **_INIT,
            },
            'name = "glcnn"\nlayers = [[2, 2, 4], [1, 4, 4]]  # K, N_in, N_out\ngroup = "B_d"\n',
        ),
        Entry(
            "lcnn",
            "an L-CNN of your own layers, one prediction a site",
            {
                "layers": "a row (K, N_in, N_out) for each L-CB: K - 1 hops, channels in and out",
                "d": "directions",
            },
            {
                "plaquettes": ("positive", "input: none, positive, negative, both or clover"),
                "polyakov": (False, "Polyakov loops as input too"),
                "centre": (True, "the site itself beside its transported neighbours"),
                "directions": ("positive", "hops: positive or both"),
                "dilation": (1, "sites from one hop to the next"),
                "adjoint": (True, "adjoints as factors too"),
                "unit": (True, "the unit matrix as a factor too"),
                "activation": ("none", "none, relu, smooth or polynomial, of learned strength"),
                "norm": ("none", "matter after each layer over its size: none or frobenius"),
                "stout": (0, "learned stout steps of the links first"),
                "exponential": (0, "learned L-Exp steps of the links after that"),
                "gauge_group": ("auto", "of these steps: auto, which is SU(N) or U(1), or U2, ..."),
                "standardise": _STANDARDISE,
                "n_out": (1, _N_OUT[1]),
                **_INIT,
            },
            'name = "lcnn"\nlayers = [[2, 1, 4], [2, 4, 4]]  # K, N_in, N_out; one plaquette at d = 2\n',
        ),
        Entry(
            "topological_charge",
            "the L-CNN of arXiv:2012.12901 for the topological charge density, d = 4, one prediction a site",
            {"size": "small"},
            {
                "centre": (None, "the site itself beside its neighbours; none: as published"),
                "n_out": (1, _N_OUT[1]),
                **_SHALLOW,
            },
            'name = "topological_charge"\nsize = "small"\n',
        ),
        Entry(
            "wilson_loop",
            "the L-CNNs of arXiv:2012.12901, one prediction a site",
            {"loop": "1x1, 1x2, 2x2 or 4x4, q_plaq at d = 4", "size": "small, medium or large"},
            {
                "d": (2, "directions, 2 or 4; those of the data if left out"),
                "centre": (None, "the site itself beside its neighbours; none: as published"),
                "n_out": (1, _N_OUT[1]),
                **_SHALLOW,
            },
            'name = "wilson_loop"\nloop = "1x2"\nsize = "small"\n',
        ),
    )
}


def is_users(name: object) -> bool:
    """Whether a model's name means the user's own code, ``package.module:factory``."""
    return isinstance(name, str) and (":" in name or name.endswith(".py"))


def check_names(spec: Mapping[str, Any], inferred: tuple[str, ...] = ()) -> None:
    """Raise InputError unless a model's name and the names of its parameters are known and complete.

    Parameters
    ----------
    spec
        A model's `name` and its parameters; a user's own model is only looked at for its form.
    inferred
        Parameters that may be missing, because the data will tell.

    Examples
    --------
    >>> check_names({"name": "cnn_traces", "widths": [8]}, inferred=("d", "N"))
    >>> check_names({"name": "cnn_trace", "widths": [8]})
    Traceback (most recent call last):
    lgt.errors.InputError: model 'cnn_trace': found no such name; did you mean 'cnn_traces'? (lcnn models
    lists them)
    """
    name, given = spec.get("name"), [key for key in spec if key != "name"]
    if is_users(name):
        from lcnn._user import check_target

        check_target(str(name))
        return
    if not isinstance(name, str) or name not in CATALOGUE:
        close = difflib.get_close_matches(str(name), CATALOGUE, 1)
        remedy = f"did you mean {close[0]!r}?" if close else f"use {', '.join(CATALOGUE)} or module:factory"
        raise InputError(f"model {name!r}", "no such name", f"{remedy} (lcnn models lists them)")
    entry = CATALOGUE[name]
    known = [*entry.required, *entry.optional]
    wrong = [f"missing {key}" for key in entry.required if key not in given and key not in inferred]
    for key in given:
        if key not in known:
            close = difflib.get_close_matches(key, known, 1)
            wrong.append(f"unknown {key}" + (f" (did you mean {close[0]}?)" if close else ""))
    if wrong:
        raise InputError(
            f"model {name!r} with {', '.join(given) or 'no parameters'}",
            ", ".join(wrong),
            f"give it {', '.join(entry.required)} and if you like {', '.join(entry.optional)}",
        )


def complete(spec: Mapping[str, Any], *, d: int, N: int) -> dict[str, Any]:
    """Return a model's spec with the d and N of the data where it leaves them open.

    Examples
    --------
    >>> complete({"name": "cnn_links", "widths": [8]}, d=3, N=2)
    {'name': 'cnn_links', 'widths': [8], 'd': 3, 'N': 2}
    >>> complete({"name": "wilson_loop", "loop": "1x2", "size": "small"}, d=2, N=2)  # the default fits
    {'name': 'wilson_loop', 'loop': '1x2', 'size': 'small'}
    """
    entry = CATALOGUE.get(str(spec.get("name")))
    if entry is None:
        return dict(spec)
    known = {"d": d, "N": N}
    open_ = {key: known[key] for key in known if key in entry.required and key not in spec}
    defaults = {key: known[key] for key in known if key in entry.optional and key not in spec}
    return {**spec, **open_, **{k: v for k, v in defaults.items() if v != entry.optional[k][0]}}
