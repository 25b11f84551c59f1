"""Trained weights of the authors' code as a model of ours."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, final

import torch
from torch import Tensor

from lcnn._arguments import one_of, whole_number
from lcnn.field import set_precision
from lcnn.models import LCNN
from lcnn.official._structure import Choice, Structure, channel_order, find_structure
from lgt.errors import InputError

Planes = Literal["official", "increasing"]
_KEY = re.compile(r"convs\.(0|[1-9]\d{0,3})\.weight|linears\.0\.(weight|bias)")
_SAVE = "save the weights alone: torch.save(model.state_dict(), FILE)"


@final
@dataclass(frozen=True)
class ImportedModel:
    """A model with the authors' weights.

    Attributes
    ----------
    model
        The network, ready to predict.
    inferred
        What the file did not say in words, one sentence each.
    """

    model: LCNN
    inferred: tuple[str, ...]

    @property
    def dtype(self) -> str:
        """``"float32"`` or ``"float64"``, that of the weights."""
        return str(next(self.model.parameters()).dtype).removeprefix("torch.")


def read_weights(
    path: str | Path,
    *,
    d: int | None = None,
    directions: Choice | None = None,
    dilation: int | None = None,
    planes: Planes = "official",
) -> ImportedModel:
    """Read a checkpoint of the authors' code: a Lightning file, or a state dict.

    Parameters
    ----------
    path
        What ``torch.save`` wrote. It is loaded with ``weights_only=True``.
    d, directions, dilation, planes
        See `convert_weights`.

    Raises
    ------
    InputError
        If the file is damaged, holds anything that is not plain, or its weights do not make a network.
    """
    asked = f"weights {path}"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            content = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise InputError(asked, "no such file", "give a checkpoint of torch.save") from None
    except Exception as error:
        # A damaged pickle can raise anything. The first sentence says why; the others advise to trust it.
        why = (" ".join(str(error).split()) or type(error).__name__).split(". ")[0][:160]
        if "weights_only" in why or "Weights only" in why:
            why = "a pickle that holds more than tensors and plain values, or a damaged one"
        raise InputError(asked, why, _SAVE) from None
    if not isinstance(content, Mapping):
        raise InputError(asked, f"an object of type {type(content).__name__}", _SAVE)
    state = content.get("state_dict", content)
    said: Any = next((content[k] for k in ("hyper_parameters", "hparams") if k in content), {})
    if not isinstance(state, Mapping):
        raise InputError(asked, f"a state_dict of type {type(state).__name__}", _SAVE)
    return convert_weights(
        state,
        d=d,
        directions=directions,
        dilation=dilation,
        planes=planes,
        said=said if isinstance(said, Mapping) else {},
        name=asked,
    )


def convert_weights(
    state: Mapping[str, Any],
    *,
    d: int | None = None,
    directions: Choice | None = None,
    dilation: int | None = None,
    planes: Planes = "official",
    said: Mapping[str, Any] | None = None,
    name: str = "weights",
) -> ImportedModel:
    """Build the network of a state dict of the authors' code and set its weights.

    Parameters
    ----------
    state
        ``convs.{i}.weight`` (n_out, 2C+1, 2CS+1), ``linears.0.weight`` (1, 2 n_out), ``linears.0.bias``.
    d, directions
        Number of directions, and hops ``"positive"`` or ``"both"`` ways, where shapes leave it open.
    dilation
        Sites from one hop to the next; 1 if nothing says.
    planes
        ``"official"``: the input channels are P_ij = U_i U_j U_i^+ U_j^+, i > j, in the order (1,0), (2,0),
        (2,1), ..., as in the authors' code, then their daggers if it has them. ``"increasing"``: P_ij, i < j,
        in the order (0,1), (0,2), ..., (1,2), ....
    said
        The hyperparameters beside the weights: dims, conv_kernel_size, conv_dilation, symmetric, output_norm.
    name
        What errors call it.

    Raises
    ------
    InputError
        If keys, shapes, numbers or hyperparameters are none of such a network, several networks have those
        shapes, or an option is none of its choices.

    Examples
    --------
    >>> state = {"convs.0.weight": torch.zeros(2, 3, 5), "linears.0.weight": torch.zeros(1, 4)}
    >>> found = convert_weights(state | {"linears.0.bias": torch.zeros(1)})
    >>> found.model.weights, found.inferred[0]
    (35, 'd = 2, plaquettes, layers (2,1,2), without centre, directions positive')
    """
    one_of("planes", planes, ("official", "increasing"))
    if directions is not None:
        one_of("directions", directions, ("positive", "both"))
    for option, value in (("d", d), ("dilation", dilation)):
        if value is not None:
            whole_number(option, value)
    tensors, said = _checked(state, name), said or {}
    convs = [tensors[f"convs.{i}.weight"] for i in range(len(tensors) - 2)]
    shapes = [(t.shape[0], t.shape[1], t.shape[2]) for t in convs]
    sizes = _numbers(said, "conv_kernel_size", len(convs), name)
    try:
        extents = said.get("dims")
        d = len(extents) if d is None and isinstance(extents, (list, tuple)) else d
        if directions is None and isinstance(said.get("symmetric"), bool):
            directions = "both" if said["symmetric"] and any(K > 1 for K in sizes or (2,)) else "positive"
        structure, unit = find_structure(shapes, d=d, directions=directions, kernel_sizes=sizes)
    except InputError as error:
        raise InputError(f"{name}: {error.asked}", error.found, error.remedy) from None
    step, source = _step(structure, said, dilation, name)
    reordered = planes == "official"
    kind = ("both" if structure.daggers else "negative") if reordered else (
        "both" if structure.daggers else "positive")  # fmt: skip
    model = LCNN(
        structure.rows,
        d=structure.d,
        plaquettes=kind,  # type: ignore[arg-type]
        centre=structure.centre,
        directions=structure.directions,
        dilation=step,
        unit=unit,
    )
    if reordered:
        convs[0] = _reorder(convs[0], channel_order(structure.d, structure.daggers))
    _set(model, convs, tensors, name)
    inferred = [str(structure)]
    if any(K > 1 for K, _, _ in structure.rows):
        inferred.append(f"hops of {step} {'site' if step == 1 else 'sites'} ({source})")
    inferred.append(
        "channels P_ij with i > j, as the authors' code makes them, put into our order"
        if reordered
        else "channels P_ij with i < j in increasing order, as planes says"
    )
    if not unit:
        inferred.append("no columns for the unit matrix")
    norm = said.get("output_norm")
    if isinstance(norm, (int, float)) and norm != 1:
        inferred.append(f"it was trained on labels times {norm:g}")
    return ImportedModel(model.eval(), tuple(inferred))


def _checked(state: Mapping[str, Any], name: str) -> dict[str, Tensor]:
    """The tensors, after a look at their names, shapes and numbers."""
    heads = sorted({str(key).split(".")[1] for key in state if re.fullmatch(r"linears\.\d+\.\w+", str(key))})
    if len(heads) > 1:
        found = f"a head of {len(heads)} linear layers"
        raise InputError(name, found, "import a network with one, as all of the Letter have")
    for key, value in state.items():
        if not isinstance(key, str) or not _KEY.fullmatch(key):
            found = f"the key {str(key)[:60]!r}"
            raise InputError(name, found, "give convs.{i}.weight and linears.0.weight, linears.0.bias")
        if not isinstance(value, Tensor) or value.dtype not in (torch.float32, torch.float64):
            raise InputError(f"{name}: {key}", f"{_kind(value)}", "give float32 or float64 tensors")
        if value.layout != torch.strided or not bool(torch.isfinite(value).all()):
            raise InputError(
                f"{name}: {key}", "numbers that are not finite", "give the weights of a good epoch"
            )
    count = len(state) - 2
    wanted = [f"convs.{i}.weight" for i in range(max(count, 1))] + ["linears.0.weight", "linears.0.bias"]
    missing = [key for key in wanted if key not in state]
    if missing:
        raise InputError(name, f"no {missing[0]} in it", "give the state dict of a whole LConvBilin network")
    tensors = {key: state[key].detach() for key in wanted}
    for key in wanted[:count]:
        if tensors[key].ndim != 3 or 0 in tensors[key].shape:
            found = f"the shape {tuple(tensors[key].shape)}"
            raise InputError(f"{name}: {key}", found, "give (n_out, 2 C + 1, 2 C S + 1)")
    n_out = tensors[wanted[count - 1]].shape[0]
    for key, shape in (("linears.0.weight", (1, 2 * n_out)), ("linears.0.bias", (1,))):
        if tensors[key].shape != shape:
            found = f"the shape {tuple(tensors[key].shape)} after {n_out} channels"
            raise InputError(f"{name}: {key}", found, f"give {shape}")
    return tensors


def _kind(value: object) -> str:
    return f"a tensor of {value.dtype}" if isinstance(value, Tensor) else f"a {type(value).__name__}"


def _numbers(said: Mapping[str, Any], key: str, count: int, name: str) -> list[int] | None:
    """A hyperparameter that has a whole number for each of `count` layers; None where there is none."""
    values = said.get(key)
    if values is None:
        return None
    if not isinstance(values, (list, tuple)) or any(type(value) is not int for value in values):
        raise InputError(f"{name}: {key} = {str(values)[:60]}", "no list of whole numbers", _SAVE)
    if len(values) < count:
        found = f"{len(values)} numbers for {count} layers"
        raise InputError(f"{name}: {key} = {str(values)[:60]}", found, _SAVE)
    return list(values[:count])


def _step(structure: Structure, said: Mapping[str, Any], dilation: int | None, name: str) -> tuple[int, str]:
    """Sites from one hop to the next, and who says so."""
    if dilation is not None:
        return dilation, "as given"
    values = _numbers(said, "conv_dilation", len(structure.rows), name)
    if values is None:
        return 1, "assumed: give dilation if it was trained with another"
    used = {value for value, (K, _, _) in zip(values, structure.rows, strict=True) if K > 1} or {1}
    asked = f"{name}: conv_dilation = {values}"
    if len(used) > 1:
        raise InputError(asked, "several", "import networks with one dilation for all layers")
    # The layer that has no local slot, that of the first code, takes dilation + 1 steps for a hop.
    step = used.pop() + (0 if structure.centre else 1)
    if step < 1:
        raise InputError(asked, f"hops of {step} sites", "give dilation, the sites of a hop")
    return step, "from the hyperparameters"


def _reorder(weight: Tensor, order: list[int]) -> Tensor:
    """The first layer's weights with the plaquettes in our order: blocks of channels, then 1."""
    C = len(order)

    def columns(count: int) -> list[int]:
        blocks, unit = divmod(count, C)
        rest = list(range(count - unit, count)) if C > 1 else []
        return [block * C + c for block in range(blocks) for c in order] + rest

    if C == 1:
        return weight
    return weight[:, columns(weight.shape[1])][:, :, columns(weight.shape[2])]


def _set(model: LCNN, convs: list[Tensor], tensors: Mapping[str, Tensor], name: str) -> None:
    """Copy the weights; the model takes the higher of their precisions."""
    if any(tensor.dtype == torch.float64 for tensor in tensors.values()):
        set_precision(model, "complex128")
    state = {f"layers.{i}.weight": weight for i, weight in enumerate(convs)}
    state |= {f"head.linear.{part}": tensors[f"linears.0.{part}"] for part in ("weight", "bias")}
    try:
        model.load_state_dict(state)
    except RuntimeError as error:
        found = " ".join(str(error).split())
        raise InputError(name, found, "report it: the shapes were taken for those of the model") from None
