"""L-Act, the gauge equivariant activations: matter times an invariant function of itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, final

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

from lcnn._arguments import one_of, whole_number
from lcnn.field import trace
from lcnn.gauge._channels import check_input
from lcnn.gauge._weights import linear_weight

Gate = Literal["relu", "smooth"]

_GATES: dict[str, Callable[[Tensor], Tensor]] = {"relu": functional.relu, "smooth": functional.softplus}


@final
class LAct(nn.Module):
    """``W_i(x) -> g(Re tr W_i(x)) W_i(x)``, without weights.

    Parameters
    ----------
    gate
        ``"relu"``: g(s) = max(s, 0), as in the Letter. ``"smooth"``: g(s) = log(1 + e^s), which has
        derivatives of every order, for networks whose gradients are differentiated again (forces).

    Raises
    ------
    InputError
        If the gate is unknown.

    Examples
    --------
    >>> LAct()(torch.tensor([2.0, 3.0]).to(torch.complex64).reshape(1, 2, 1, 1, 1)).real.flatten()
    tensor([4., 9.])
    """

    def __init__(self, gate: Gate = "relu") -> None:
        super().__init__()
        one_of("gate", gate, tuple(_GATES))
        self.gate = gate

    def forward(self, matter: Tensor) -> Tensor:
        """Return matter of the same shape, (B, C, *extents, N, N)."""
        return _GATES[self.gate](trace(matter).real)[..., None, None] * matter

    def extra_repr(self) -> str:
        """Name the gate."""
        return self.gate


@final
class LPolynomialAct(nn.Module):
    """``W_i -> sum_s a_is (Re tr W_i)^s W_i (+ r_i g(Re tr W_i) W_i)`` with learned real a and r.

    With degree 0 and a gate it is an L-Act of learned strength.

    Parameters
    ----------
    channels
        Number of channels, each with its own weights.
    degree
        The largest power s.
    relu, smooth
        Whether the terms with the gates max(s, 0) and log(1 + e^s) are there.
    init
        ``"identity"``: a_i0 = 1, everything else 0, so that a deep network starts as if there were no
        activations: a gate makes large fields larger, layer after layer. The gradients of all weights are
        not 0 there. ``"normal"``: Normal(0, init_w / sqrt(number of terms)).
    init_w
        A factor for normal weights.
    generator
        Source of the initial weights; torch's global one if None.

    Raises
    ------
    InputError
        If a size is no whole number of 1 or more, or another argument none of its choices.

    Examples
    --------
    >>> layer = LPolynomialAct(2, degree=3)
    >>> layer.weight.shape
    torch.Size([2, 4])
    >>> LPolynomialAct(1, degree=0, relu=True, init="identity").weight.tolist()
    [[1.0, 0.0]]
    """

    def __init__(
        self,
        channels: int,
        degree: int = 1,
        *,
        relu: bool = False,
        smooth: bool = False,
        init: Literal["normal", "identity"] = "normal",
        init_w: float = 1.0,
        generator: Generator | None = None,
    ) -> None:
        super().__init__()
        one_of("init", init, ("normal", "identity"))
        self.channels = channels = whole_number("channels", channels)
        self.degree = degree = whole_number("degree", degree, 0)
        self.gates = ("relu",) * relu + ("smooth",) * smooth
        self.weight = linear_weight(channels, degree + 1 + len(self.gates), init_w, generator)
        if init == "identity":
            with torch.no_grad():
                self.weight[...] = torch.eye(1, self.weight.shape[1])

    def forward(self, matter: Tensor) -> Tensor:
        """Return matter of the same shape, (B, channels, *extents, N, N)."""
        check_input(self.weight, matter, self.channels)
        s = trace(matter).real
        columns = self.weight.reshape(1, self.channels, -1, *(1,) * (s.ndim - 2)).unbind(2)
        gate = torch.zeros_like(s)
        for column in reversed(columns[: self.degree + 1]):
            gate = gate * s + column
        for name, column in zip(self.gates, columns[self.degree + 1 :], strict=True):
            gate = gate + column * _GATES[name](s)
        return gate[..., None, None] * matter

    def extra_repr(self) -> str:
        """Name the size."""
        return f"{self.channels}, degree={self.degree}, gates={self.gates}"
