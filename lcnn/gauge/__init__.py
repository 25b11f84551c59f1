"""L-CNN layers: gauge equivariant, translation equivariant, for any N, any d and any lattice.

Links are (B, d, *extents, N, N), matter (B, C, *extents, N, N), complex; the layers' weights are real.
"""

from lcnn.gauge.activation import LAct, LPolynomialAct
from lcnn.gauge.bilinear import LCB, LBilinear
from lcnn.gauge.conv import LConv
from lcnn.gauge.exponential import AntiHermitian, LExp
from lcnn.gauge.linear import LLinear
from lcnn.gauge.loops import (
    CloverLeaves,
    GaugeInput,
    Plaquettes,
    PolyakovLoops,
    clover_leaves,
    plaquettes,
    polyakov_loops,
)
from lcnn.gauge.normalisation import TrNorm
from lcnn.gauge.readout import SiteHead, Standardise, Trace, site_mean
from lcnn.gauge.stout import LStout

__all__ = [
    "LCB",
    "AntiHermitian",
    "CloverLeaves",
    "GaugeInput",
    "LAct",
    "LBilinear",
    "LConv",
    "LExp",
    "LLinear",
    "LPolynomialAct",
    "LStout",
    "Plaquettes",
    "PolyakovLoops",
    "SiteHead",
    "Standardise",
    "TrNorm",
    "Trace",
    "clover_leaves",
    "plaquettes",
    "polyakov_loops",
    "site_mean",
]
