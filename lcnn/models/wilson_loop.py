"""L-CNNs of any layers (arXiv:2012.12901)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, final

from torch import Tensor, nn

from lcnn._arguments import one_of, whole_numbers
from lcnn.gauge import LCB, GaugeInput, LExp, LStout, SiteHead, Trace, TrNorm
from lcnn.gauge._weights import Init
from lcnn.gauge.loops import Plaquette
from lcnn.models._base import Model, layer_rows, make_activation, require_directions
from lcnn.transport import Directions, Transporter
from lgt.group import parse_group
from lgt.symmetry import Gauge, Symmetry, Translation


@final
class LCNN(Model):
    """Loops of links -> L-CB layers -> traces -> the same affine map at every site.

    Links (B, d, *extents, N, N), complex, to predictions (B, n_out, *extents), real. Nothing is averaged
    over the lattice: the Letter found that networks with a global average often did not converge.

    Parameters
    ----------
    layers
        (K, N_in, N_out) of each L-CB, as in the Letter's tables.
    d
        Number of directions.
    plaquettes, polyakov
        The input, see `GaugeInput`.
    centre, directions, dilation, adjoint, unit
        Options of every `LCB`.
    activation
        After each L-CB: ``"none"`` as in the Letter; ``"relu"`` or ``"smooth"``, the gate of that name,
        W_i -> a_i W_i + r_i g(Re tr W_i) W_i; or ``"polynomial"``, of the second degree in Re tr W_i. The
        strengths are learned and start as the identity, see `LPolynomialAct`.
    norm
        After each L-CB and its activation: ``"none"``, or ``"frobenius"``, see `TrNorm`.
    stout
        How many `LStout` steps the links take first, each with a learned rho for each pair of directions.
        Loops and transport see the smeared links.
    exponential
        How many `LExp` steps they take after that, each by its own learned sum of the loops of `plaquettes`
        and `polyakov`.
    gauge_group
        The links' group for stout and exponential steps, ``"U2"``, ...; ``"auto"`` is SU(N), for N = 1
        U(1). Only in SU(N) do they leave the trace out.
    standardise
        Whether the traces pass through `Standardise` before the last affine map; for small fluctuations
        around a mean, as after stout steps.
    n_out
        How many numbers are predicted at each site.
    init, init_w
        How the weights start, see `LCB`.

    Raises
    ------
    InputError
        If the channels of the layers do not follow on each other, or a choice is unknown.

    Examples
    --------
    >>> import torch
    >>> model = LCNN([(2, 1, 2), (2, 2, 2)], d=2, centre=False)
    >>> model.weights
    125
    >>> model(torch.ones(5, 2, 4, 6, 3, 3, dtype=torch.complex64)).shape
    torch.Size([5, 1, 4, 6])
    """

    def __init__(
        self,
        layers: Sequence[Sequence[int]],
        *,
        d: int,
        plaquettes: Plaquette = "positive",
        polyakov: bool = False,
        centre: bool = True,
        directions: Directions = "positive",
        dilation: int = 1,
        adjoint: bool = True,
        unit: bool = True,
        activation: Literal["none", "relu", "smooth", "polynomial"] = "none",
        norm: Literal["none", "frobenius"] = "none",
        stout: int = 0,
        exponential: int = 0,
        gauge_group: str = "auto",
        standardise: bool = False,
        n_out: int = 1,
        init: Init = "balanced",
        init_w: float = 1.0,
    ) -> None:
        super().__init__()
        one_of("activation", activation, ("none", "relu", "smooth", "polynomial"))
        one_of("norm", norm, ("none", "frobenius"))
        group = None if gauge_group == "auto" else parse_group(gauge_group)
        stout, exponential = whole_numbers("stout, exponential", (stout, exponential), 0)
        d, dilation, n_out = whole_numbers("d, dilation, n_out", (d, dilation, n_out))
        self.input = GaugeInput(plaquettes, polyakov)
        rows = layer_rows(layers, self.input.channels(d))
        options: dict[str, Any] = {"d": d, "centre": centre, "directions": directions, "dilation": dilation}
        options |= {"adjoint": adjoint, "unit": unit, "init": init, "init_w": init_w}
        self._spec: dict[str, Any] = {
            "name": "lcnn",
            "layers": [list(row) for row in rows],
            "plaquettes": plaquettes,
            "polyakov": polyakov,
            "activation": activation,
            "norm": norm,
            "stout": stout,
            "exponential": exponential,
            "gauge_group": "auto" if group is None else group.key,
            "standardise": standardise,
            "n_out": n_out,
            **options,
        }
        self.layers = nn.ModuleList(LCB(n_in, n, kernel_size, **options) for kernel_size, n_in, n in rows)
        self.activations = nn.ModuleList(make_activation(activation, n) for _, _, n in rows)
        self.norm = nn.Identity() if norm == "none" else TrNorm(norm)
        channels = rows[0][1]
        self.stout = nn.ModuleList(LStout(d=d, group=group) for _ in range(stout))
        self.exponential = nn.ModuleList(LExp(channels, d=d, group=group) for _ in range(exponential))
        self.trace = Trace()
        self.head = SiteHead(2 * rows[-1][2], n_out, standardise=standardise)

    @property
    def spec(self) -> dict[str, Any]:
        """The name and all parameters as plain values."""
        return {**self._spec, "layers": [list(row) for row in self._spec["layers"]]}

    @property
    def symmetries(self) -> tuple[Symmetry[Any], ...]:
        """Gauge transformations and translations."""
        return Gauge(), Translation()

    def features(self, links: Tensor) -> Tensor:
        """Return the covariant matter of the last layer, (B, N_out, *extents, N, N).

        Raises
        ------
        ShapeError
            If the links are of another d than the network.
        """
        require_directions(links, self._spec["d"])
        for step in self.stout:
            links = step(links)
        matter: Tensor = self.input(links)
        for step in self.exponential:
            links = step(links, matter)
            matter = self.input(links)
        carrier = Transporter(links)
        for layer, activation in zip(self.layers, self.activations, strict=True):
            matter = self.norm(activation(layer(carrier, matter)))
        return matter

    def forward(self, links: Tensor) -> Tensor:
        """Return the prediction at every site, (B, n_out, *extents), real; see `features`."""
        out: Tensor = self.head(self.trace(self.features(links)))
        return out
