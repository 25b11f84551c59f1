"""What every model of the package can say about itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from torch import Tensor, nn

from lcnn._arguments import one_of, whole_numbers
from lcnn.field import check_links
from lcnn.gauge import LPolynomialAct
from lgt.errors import InputError, ShapeError
from lgt.symmetry import SCALAR, FieldType, PointGroup, Symmetry

Row = tuple[int, int, int]
"""(K, N_in, N_out) of an L-CB layer."""


class Model(nn.Module, ABC):
    """A network from links (B, d, *extents, N, N) to real numbers, at every site or one a configuration.

    No lattice size is stored, so one model takes every lattice.
    """

    @property
    @abstractmethod
    def spec(self) -> dict[str, Any]:
        """The name and all parameters as plain values, for JSON or TOML; `build_model` rebuilds from it."""

    @property
    @abstractmethod
    def symmetries(self) -> tuple[Symmetry[Any], ...]:
        """The symmetries that the output respects exactly, whatever the weights."""

    @property
    def output_type(self) -> FieldType:
        """What the prediction is: a field of scalars, unless the model says otherwise."""
        return SCALAR

    @property
    def weights(self) -> int:
        """The number of weights that training changes."""
        return sum(p.numel() for p in self.parameters() if p.requires_grad)


def parity_doubts(model: nn.Module, odd: Callable[[], bool | None], d: int) -> tuple[str, ...]:
    """Say what speaks against a model for a target: how both behave under the model's point group.

    Parameters
    ----------
    model
        Nothing is known of one that is no `Model`.
    odd
        Tells whether the target is a pseudoscalar (True) or a scalar (False), or None where nobody knows;
        called only for models with a point group.
    d
        Number of directions.

    Returns
    -------
    tuple of str
        A sentence each, for a log.

    Examples
    --------
    >>> from lcnn.models import GLCNN
    >>> parity_doubts(GLCNN([(1, 2, 2)], d=2, group="Z_2^2"), lambda: True, 2)
    ('the target is a pseudoscalar, the output is none under Z_2^2: the best such prediction is 0',)
    """
    if not isinstance(model, Model):
        return ()
    groups = [symmetry for symmetry in model.symmetries if isinstance(symmetry, PointGroup)]
    if not groups:
        return ()
    found, parity, kind = [], odd(), model.output_type.representation
    for symmetry in groups:
        elements, name = symmetry.elements(d), symmetry.group or f"B_{d}"
        det = np.array([g.determinant for g in elements])
        chi = np.ones(1) if kind is None else np.array([np.trace(kind(d).matrix(g)) for g in elements])
        if parity is not None and np.abs(chi - (det if parity else 1)).max() > 1e-9:
            what = "pseudoscalar" if parity else "scalar"
            found.append(
                f"the target is a {what}, the output is none under {name}: the best such prediction is 0"
            )
        if model.spec.get("pool") == "det" and det.min() == 1:
            found.append(f"pool = 'det' is the same as 'mean' under {name}, which has no reflections")
    return tuple(found)


def require_directions(links: Tensor, d: int) -> None:
    """Raise ShapeError unless they are links in d dimensions."""
    found = check_links(links).shape[1]
    if found != d:
        raise ShapeError(
            f"a network with d = {d}", f"links with d = {found}", f"use data with d = {d} or another model"
        )


def layer_rows(layers: Sequence[Sequence[int]], channels: int | None) -> tuple[Row, ...]:
    """Return the rows after a look at whether each takes what the one before gives.

    Parameters
    ----------
    layers
        (K, N_in, N_out) of each layer.
    channels
        What comes before the first one; None if that adapts itself.

    Raises
    ------
    InputError
        If they do not follow on each other.
    """
    rows: list[Row] = []
    example = f"[[2, {channels or 2}, 4], [2, 4, 4]]"
    remedy = f"give a row (K, N_in, N_out) of whole numbers for each layer, e.g. {example}"
    if not isinstance(layers, (list, tuple)):
        raise InputError(f"layers = {layers!r}", "no list of rows", remedy)
    for row in layers:
        try:
            numbers = whole_numbers("a layer", row)
        except InputError as error:
            raise InputError(f"layer {row!r}", error.found, remedy) from None
        if len(numbers) != 3:
            raise InputError(f"layer {row!r}", f"{len(numbers)} numbers", remedy)
        if channels is not None and numbers[1] != channels:
            remedy = f"give it N_in = {channels} in its (K, N_in, N_out)"
            raise InputError(
                f"layer {row!r} with N_in = {numbers[1]}", f"{channels} channels before it", remedy
            )
        channels = numbers[2]
        rows.append((numbers[0], numbers[1], numbers[2]))
    if not rows:
        raise InputError("an L-CNN", "no layers", "give at least one (K, N_in, N_out)")
    return tuple(rows)


def make_activation(name: str, channels: int) -> nn.Module:
    """Return the activation of that name for a number of channels, of learned strength that starts at 0.

    Raises
    ------
    InputError
        If there is no such name.

    Examples
    --------
    >>> make_activation("relu", 3).weight.shape
    torch.Size([3, 2])
    """
    one_of("activation", name, ("none", "relu", "smooth", "polynomial"))
    if name == "none":
        return nn.Identity()
    degree, relu, smooth = 2 if name == "polynomial" else 0, name == "relu", name == "smooth"
    return LPolynomialAct(channels, degree, relu=relu, smooth=smooth, init="identity")
