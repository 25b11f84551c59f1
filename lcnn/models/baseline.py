"""Ordinary convolutional networks to compare with, on raw links as in the Letter or on plaquette traces."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Literal, final

import torch
from torch import Tensor, nn

from lcnn._arguments import one_of, whole_numbers
from lcnn.field import check_links, check_precision, trace
from lcnn.gauge import Standardise, plaquettes
from lcnn.models._base import Model
from lcnn.models._conv4d import Conv4d
from lgt.errors import InputError, ShapeError
from lgt.symmetry import INVARIANT, SCALAR, FieldType, Gauge, Symmetry, Translation

_ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "gelu": nn.GELU,
}
Activation = Literal["relu", "leaky_relu", "tanh", "sigmoid", "gelu"]
Pooling = Literal["mean", "max", "none"]
Parts = Literal["real", "complex"]


def _torch_convolution(d: int) -> Callable[[int, int, int], nn.Module]:
    kind = nn.Conv2d if d == 2 else nn.Conv3d
    return partial(kind, padding="same", padding_mode="circular")


_CONVOLUTIONS: dict[int, Callable[[int, int, int], nn.Module]] = {
    2: _torch_convolution(2),
    3: _torch_convolution(3),
    4: Conv4d,
}


@final
class CNN(Model):
    """Circular convolutions -> pooling over the lattice, or none -> dense layers.

    Links (B, d, *extents, N, N), complex, to predictions (B, n_out), real, one set of numbers a
    configuration, or without pooling to (B, n_out, *extents), on any lattice that is not smaller than the
    stencil.

    Parameters
    ----------
    source
        ``"links"``: the channels are real and imaginary parts of all matrix entries of all links, so that
        translations are the only symmetry. ``"traces"``: (1/N) Re tr P of each plane mu < nu, gauge
        invariant.
    parts
        ``"real"`` as above, or ``"complex"``: (1/N) Im tr P are channels too, which N >= 3 and U(1) have;
        only for ``"traces"``.
    widths
        Number of channels after each convolution.
    d
        2, 3 or 4 directions.
    N
        Number of colours; only for ``"links"``.
    kernel_size
        Sites that a convolution sees along each axis; even sizes reach one site further forwards.
    activation
        After each convolution and each dense layer but the last.
    pooling
        ``"mean"`` over the lattice as in the Letter, ``"max"``, or ``"none"``: a prediction at every site.
    dense
        Widths of dense layers between pooling and output, at every site if nothing is pooled.
    n_out
        How many numbers are predicted.
    standardise
        Whether a `Standardise` follows each convolution: batch normalisation.

    Raises
    ------
    InputError
        If d is not 2, 3 or 4, or a choice is unknown.

    Examples
    --------
    >>> model = CNN("links", [8, 8], d=2, N=2, kernel_size=3)
    >>> model(torch.ones(5, 2, 4, 6, 2, 2, dtype=torch.complex64)).shape
    torch.Size([5, 1])
    >>> model = CNN("traces", [8], d=4, kernel_size=3, parts="complex", pooling="none")
    >>> model(torch.ones(5, 4, 3, 4, 3, 4, 3, 3, dtype=torch.complex64)).shape
    torch.Size([5, 1, 3, 4, 3, 4])
    """

    def __init__(
        self,
        source: Literal["links", "traces"],
        widths: Sequence[int],
        *,
        d: int,
        N: int = 0,
        kernel_size: int = 2,
        activation: Activation = "gelu",
        pooling: Pooling = "mean",
        dense: Sequence[int] = (),
        n_out: int = 1,
        parts: Parts = "real",
        standardise: bool = False,
    ) -> None:
        super().__init__()
        one_of("source", source, ("links", "traces"))
        one_of("activation", activation, tuple(_ACTIVATIONS))
        one_of("pooling", pooling, ("mean", "max", "none"))
        one_of("parts", parts, ("real", "complex"))
        if d not in _CONVOLUTIONS:
            raise InputError(
                f"a CNN in {d} dimensions", "convolutions in 2, 3 and 4", "use one of them, or an L-CNN"
            )
        kernel_size, n_out = whole_numbers("kernel_size, n_out", (kernel_size, n_out))
        self._spec: dict[str, Any] = {
            "name": f"cnn_{source}",
            "widths": list(whole_numbers("widths", widths)),
            "d": d,
            "kernel_size": kernel_size,
            "activation": activation,
            "pooling": pooling,
            "dense": list(whole_numbers("dense", dense)),
            "n_out": n_out,
            "standardise": standardise,
        }
        if source == "links":
            self._spec["N"] = whole_numbers("N", (N,))[0]
        else:
            self._spec["parts"] = parts
        if not widths:
            raise InputError("a CNN", "no convolutions", "give at least one width")
        self.source, self.d, self.N, self.pooling, self.parts = source, d, N, pooling, parts
        planes = d * (d - 1) // 2
        channels = 2 * N * N * d if source == "links" else planes * (2 if parts == "complex" else 1)
        body: list[nn.Module] = []
        for width in widths:
            body.append(_CONVOLUTIONS[d](channels, width, kernel_size))
            if standardise:
                body.append(Standardise(width))
            body.append(_ACTIVATIONS[activation]())
            channels = width
        self.body = nn.Sequential(*body)
        head: list[nn.Module] = []
        for width in dense:
            head += [nn.Linear(channels, width), _ACTIVATIONS[activation]()]
            channels = width
        self.head = nn.Sequential(*head, nn.Linear(channels, n_out))

    @property
    def spec(self) -> dict[str, Any]:
        """The name and all parameters as plain values."""
        return {**self._spec, "widths": [*self._spec["widths"]], "dense": [*self._spec["dense"]]}

    @property
    def symmetries(self) -> tuple[Symmetry[Any], ...]:
        """Translations, and gauge transformations if it sees traces only."""
        return (Gauge(), Translation()) if self.source == "traces" else (Translation(),)

    @property
    def output_type(self) -> FieldType:
        """Numbers of the whole configuration, or of every site."""
        return SCALAR if self.pooling == "none" else INVARIANT

    def forward(self, links: Tensor) -> Tensor:
        """Return the prediction for each configuration, (B, n_out), or site, (B, n_out, *extents); real.

        Raises
        ------
        ShapeError
            If the links are of another d or N than the model, or the lattice is smaller than the stencil.
        """
        inputs = self._inputs(check_links(links))
        check_precision(next(self.parameters()), links)
        if min(inputs.shape[2:]) < self._spec["kernel_size"]:
            box = "x".join(map(str, inputs.shape[2:]))
            wanted = self._spec["kernel_size"]
            raise ShapeError(f"a CNN with kernel_size {wanted}", f"the lattice {box}", "use a larger lattice")
        features: Tensor = self.body(inputs)
        if self.pooling == "none":
            everywhere: Tensor = self.head(features.movedim(1, -1)).movedim(-1, 1)
            return everywhere
        sites = features.flatten(2)
        out: Tensor = self.head(sites.mean(2) if self.pooling == "mean" else sites.amax(2))
        return out

    def _inputs(self, links: Tensor) -> Tensor:
        """Return the real input channels, (B, channels, *extents)."""
        d, N = links.shape[1], links.shape[-1]
        if d != self.d or (self.source == "links" and self.N != N):
            wanted = f"links with d = {self.d}" + (f", N = {self.N}" if self.source == "links" else "")
            raise ShapeError(wanted, f"d = {d}, N = {N}", "build the model for them")
        if self.source == "traces":
            traces = trace(plaquettes(links)) / N
            return torch.cat([traces.real, traces.imag], 1) if self.parts == "complex" else traces.real
        entries = torch.view_as_real(links.resolve_conj()).movedim((-3, -2, -1), (2, 3, 4))
        return entries.flatten(1, 4)


def cnn_links(
    widths: Sequence[int],
    *,
    d: int,
    N: int,
    kernel_size: int = 2,
    activation: Activation = "gelu",
    pooling: Pooling = "mean",
    dense: Sequence[int] = (),
    n_out: int = 1,
    standardise: bool = False,
) -> CNN:
    """Build a `CNN` on raw links, the Letter's kind of baseline.

    Examples
    --------
    >>> cnn_links([4], d=2, N=2).weights
    265
    """
    options: dict[str, Any] = {"activation": activation, "pooling": pooling, "dense": dense, "n_out": n_out}
    options["standardise"] = standardise
    return CNN("links", widths, d=d, N=N, kernel_size=kernel_size, **options)


def cnn_traces(
    widths: Sequence[int],
    *,
    d: int,
    kernel_size: int = 2,
    activation: Activation = "gelu",
    pooling: Pooling = "mean",
    dense: Sequence[int] = (),
    n_out: int = 1,
    parts: Parts = "real",
    standardise: bool = False,
) -> CNN:
    """Build a `CNN` on traces of plaquettes.

    Examples
    --------
    >>> cnn_traces([4], d=2).symmetries
    (Gauge(), Translation())
    """
    options: dict[str, Any] = {"activation": activation, "pooling": pooling, "dense": dense, "n_out": n_out}
    options["standardise"] = standardise
    return CNN("traces", widths, d=d, kernel_size=kernel_size, parts=parts, **options)
