"""L-CNNs that respect rotations and reflections of the lattice too (arXiv:2303.11448)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, final

from torch import Tensor, nn

from lcnn._arguments import one_of, whole_number, whole_numbers
from lcnn.gauge import LBilinear, LStout, SiteHead, Trace, TrNorm
from lcnn.gauge._weights import Init
from lcnn.gauge.globalsym import Lift, PointConv, Pointwise, Pool
from lcnn.models._base import Model, layer_rows, make_activation, require_directions
from lcnn.transport import Transporter
from lgt.errors import InputError
from lgt.group import parse_group, point_group, regular, trivial
from lgt.symmetry import SCALAR, FieldType, Gauge, PointGroup, Symmetry, Translation


@final
class GLCNN(Model):
    """Loops of all orientations -> lift -> L-CB layers with a point group's symmetry -> pooling -> traces.

    Links (B, d, *extents, N, N), complex, to predictions (B, n_out, *extents), real, that transform by a
    character of the point group K: as scalars, or as pseudoscalars such as the topological charge density.

    Each layer is ``W' = bilinear(W, conv(W))``: a `PointConv` transports the features along straight paths in
    all directions, an `LBilinear` multiplies the result with the features at each point. Layers of kernel
    size 1 have no convolution and multiply the features with themselves.

    Parameters
    ----------
    layers
        (K, N_in, N_out) of each layer; the lift gives the N_in of the first one.
    d
        Number of directions.
    group
        The point group, a name of `lgt.group.point_group`, e.g. ``"B_d"``, ``"O_h x Z_2"``, ``"C_4"``.
    features
        ``"regular"``: a copy of every channel for each element of K; ``"trivial"``: the isotropic variant,
        one copy, which cannot tell directions apart and costs about as much as an L-CNN that sees both ways.
    elements
        Which group elements the convolutions sum over: ``"identity"``, ``"generators"`` or ``"all"``; see
        `PointConv`. For trivial features there is nothing to choose.
    pool
        The character that the output transforms by: ``"mean"``, ``"det"`` or its number in
        `lgt.group.characters`; a real one.
    loops
        The input: ``"plaquettes"``, ``"polyakov"`` or ``"both"``.
    activation
        After each layer, of learned strength: ``"relu"``, ``"smooth"``, ``"polynomial"`` or ``"none"``.
    norm
        ``"frobenius"``: a `TrNorm` after each layer, at every point.
    stout
        How many `LStout` steps the links take first, each with one learned rho for all directions, which
        keeps every symmetry of the lattice.
    gauge_group
        The links' group for these steps, ``"U2"``, ...; ``"auto"`` is SU(N), for N = 1 U(1).
    standardise
        Whether the traces pass through `Standardise` before the last linear map.
    n_out
        How many numbers are predicted at each site.
    init, init_w
        How the weights of the bilinear layers start, see `LBilinear`.

    Raises
    ------
    InputError
        If the channels of the layers do not follow on each other, or a choice is unknown.

    Examples
    --------
    >>> import torch
    >>> model = GLCNN([(2, 2, 2), (1, 2, 2)], d=2, group="B_2")
    >>> model(torch.ones(5, 2, 4, 6, 3, 3, dtype=torch.complex64)).shape
    torch.Size([5, 1, 4, 6])
    >>> model.symmetries
    (Gauge(), Translation(), PointGroup(B_2))
    """

    def __init__(
        self,
        layers: Sequence[Sequence[int]],
        *,
        d: int,
        group: str = "B_d",
        features: Literal["regular", "trivial"] = "regular",
        elements: Literal["all", "generators", "identity"] = "identity",
        pool: Literal["mean", "det"] | int = "mean",
        loops: Literal["plaquettes", "polyakov", "both"] = "plaquettes",
        activation: Literal["none", "relu", "smooth", "polynomial"] = "none",
        norm: Literal["none", "frobenius"] = "none",
        stout: int = 0,
        gauge_group: str = "auto",
        standardise: bool = False,
        n_out: int = 1,
        init: Init = "balanced",
        init_w: float = 1.0,
    ) -> None:
        super().__init__()
        one_of("features", features, ("regular", "trivial"))
        one_of("elements", elements, ("all", "generators", "identity"))
        one_of("norm", norm, ("none", "frobenius"))
        d, n_out = whole_numbers("d, n_out", (d, n_out))
        stout = whole_number("stout", stout, 0)
        rows = layer_rows(layers, None)
        gauge = None if gauge_group == "auto" else parse_group(gauge_group)
        self.group = point_group(group, d)
        points = regular(self.group) if features == "regular" else trivial(self.group)
        self._spec: dict[str, Any] = {
            "name": "glcnn",
            "layers": [list(row) for row in rows],
            "d": d,
            "group": group,
            "features": features,
            "elements": elements,
            "pool": pool,
            "loops": loops,
            "activation": activation,
            "norm": norm,
            "stout": stout,
            "gauge_group": "auto" if gauge is None else gauge.key,
            "standardise": standardise,
            "n_out": n_out,
            "init": init,
            "init_w": init_w,
        }
        self.stout = nn.ModuleList(LStout(group=gauge) for _ in range(stout))
        self.lift = Lift(points, rows[0][1], loops=loops)
        chosen = elements if features == "regular" else "all"
        self.convs = nn.ModuleList(
            PointConv(points, points, n, n, kernel_size, elements=chosen) if kernel_size > 1 else _Same()
            for kernel_size, n, _ in rows
        )
        self.bilinears = nn.ModuleList(
            Pointwise(LBilinear(n_in, n_in, n, init=init, init_w=init_w), points) for _, n_in, n in rows
        )
        self.activations = nn.ModuleList(
            Pointwise(make_activation(activation, n), points) if activation != "none" else nn.Identity()
            for _, _, n in rows
        )
        self.norm = nn.Identity() if norm == "none" else Pointwise(TrNorm(norm), points)
        self.pool = Pool(points, pool)
        if not self.pool.character.is_real:
            raise InputError(
                f"pool = {pool!r}", "a complex character", "use a real one for a real prediction"
            )
        self.trace = Trace()
        # A constant is no pseudoscalar.
        self.head = SiteHead(2 * rows[-1][2], n_out, bias=self._even, standardise=standardise)

    @property
    def _even(self) -> bool:
        return set(self.pool.character.values) == {1}

    @property
    def spec(self) -> dict[str, Any]:
        """The name and all parameters as plain values."""
        return {**self._spec, "layers": [list(row) for row in self._spec["layers"]]}

    @property
    def symmetries(self) -> tuple[Symmetry[Any], ...]:
        """Gauge transformations, translations and the point group."""
        return Gauge(), Translation(), PointGroup(self.group)

    @property
    def output_type(self) -> FieldType:
        """A field of numbers that transforms by the character it is pooled with."""
        if self._even:
            return SCALAR
        name = "pseudoscalar" if self._spec["pool"] == "det" else f"scalar of {self.pool.character!r}"
        return SCALAR.transforming(self.pool.character, name)

    def forward(self, links: Tensor) -> Tensor:
        """Return the prediction at every site, (B, n_out, *extents), real.

        Raises
        ------
        ShapeError
            If the links are of another d than the network.
        """
        require_directions(links, self._spec["d"])
        for step in self.stout:
            links = step(links)
        carrier = Transporter(links)
        matter: Tensor = self.lift(links)
        for conv, bilinear, activation in zip(self.convs, self.bilinears, self.activations, strict=True):
            matter = self.norm(activation(bilinear(matter, conv(carrier, matter))))
        out: Tensor = self.head(self.trace(self.pool(matter)))
        return out


@final
class _Same(nn.Module):
    """In place of a convolution over no neighbours: the matter itself."""

    def forward(self, links: Transporter, matter: Tensor) -> Tensor:
        return matter
