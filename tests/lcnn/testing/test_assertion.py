"""The toolkit on torch modules: what holds passes, and each of 13 bugs in lcnn's own transport is caught."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import lcnn.testing
from lcnn.field import dagger, shift
from lcnn.gauge import LCB, Plaquettes, Trace
from lcnn.testing import assert_symmetric, equivariance_error, symmetries_of
from lcnn.transport import transport
from lgt.errors import CheckError, InputError
from lgt.group import SU
from lgt.lattice import Lattice
from lgt.symmetry import ADJOINT, LINKS, SCALAR, Gauge, PointGroup, Symmetry, Translation
from lgt.testing.mutants import MUTANTS

KINDS: dict[str, Any] = {"input_types": ("links", "adjoint"), "output_type": "adjoint"}
SYMMETRIES: tuple[Symmetry[Any], ...] = (Gauge(), Translation(), PointGroup())
Hop = Callable[[Tensor, Tensor, int], Tensor]


class Layer(nn.Module):
    """Matter times its neighbours, all carried by lcnn's own transport or by a broken one."""

    def __init__(self, forward: Hop | None = None, backward: Hop | None = None) -> None:
        super().__init__()
        self.ahead, self.behind = forward, backward
        self.mix = nn.Parameter(torch.tensor([[0.5, -1.0], [2.0, 0.3]]))
        self.drop = nn.Dropout(0.5)

    def neighbours(self, links: Tensor, matter: Tensor) -> Tensor:
        total = torch.zeros_like(matter)
        for mu in range(links.shape[1]):
            U = links[:, mu : mu + 1]
            ahead = self.ahead(U, matter, mu) if self.ahead else transport(links, matter, mu)
            behind = self.behind(U, matter, mu) if self.behind else transport(links, matter, mu, -1)
            total = total + ahead + behind
        return total

    def bilinear(self, matter: Tensor, moved: Tensor) -> Tensor:
        mixed = torch.einsum("ij,bj...->bi...", self.mix.to(moved.dtype), moved)
        return self.drop(matter @ mixed.real.to(mixed.dtype) * 0 + matter @ mixed + dagger(matter) @ mixed)

    def forward(self, links: Tensor, matter: Tensor) -> Tensor:
        return self.bilinear(matter, self.neighbours(links, matter))


class After(Layer):
    """The correct layer with something done to its output."""

    def __init__(self, after: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.after = after

    def forward(self, links: Tensor, matter: Tensor) -> Tensor:
        return self.after(super().forward(links, matter))


class OtherLink(Layer):
    def forward(self, links: Tensor, matter: Tensor) -> Tensor:
        return super().forward(links.roll(1, dims=1), matter)


class Swapped(Layer):
    def neighbours(self, links: Tensor, matter: Tensor) -> Tensor:
        moved = super().neighbours(links, matter)
        return moved.transpose(2, 3).reshape(moved.shape)


class Single(Layer):
    def neighbours(self, links: Tensor, matter: Tensor) -> Tensor:
        return super().neighbours(links.to(torch.complex64), matter.to(torch.complex64)).to(matter.dtype)


def _inside(field: Tensor, mu: int, edge: int) -> Tensor:
    """Drop what crosses the edge."""
    kept = torch.ones(field.shape[2 + mu], dtype=torch.bool)
    kept[edge] = False
    return field * kept.reshape(-1, *(1,) * (field.ndim - 3 - mu))


def _open(U: Tensor, W: Tensor, mu: int) -> Tensor:
    return _inside(U @ shift(W, mu) @ dagger(U), mu, -1)


def _weighted(U: Tensor, W: Tensor, mu: int) -> Tensor:
    return (1 + mu) * U @ shift(W, mu) @ dagger(U)


TORCH_MUTANTS: dict[str, Callable[[], nn.Module]] = {
    "no_dagger": lambda: Layer(lambda U, W, mu: U @ shift(W, mu) @ U),
    "wrong_roll_sign": lambda: Layer(lambda U, W, mu: U @ shift(W, mu, -1) @ dagger(U)),
    "wrong_link_direction": OtherLink,
    "conjugate_only": lambda: Layer(lambda U, W, mu: U @ shift(W, mu) @ U.conj()),
    "transpose_only": lambda: Layer(lambda U, W, mu: U @ shift(W, mu) @ U.mT),
    "daggers_swapped": lambda: Layer(lambda U, W, mu: dagger(U) @ shift(W, mu) @ U),
    "backward_link_at_x": lambda: Layer(None, lambda U, W, mu: dagger(U) @ shift(W, mu, -1) @ U),
    "relu_on_entries": lambda: After(lambda W: torch.complex(W.real.relu(), W.imag.relu())),
    "real_part_of_entries": lambda: After(lambda W: W.real.to(W.dtype)),
    "open_boundary": lambda: Layer(_open),
    "swapped_axes": Swapped,
    "direction_weights": lambda: Layer(_weighted),
    "float32_inside": Single,
}


def _options(**more: Any) -> dict[str, Any]:
    return {**KINDS, "groups": ("SU3",), "dims": (2, 3), "examples": 20, **more}


@pytest.mark.parametrize("symmetry", SYMMETRIES, ids=repr)
def test_the_correct_layer_passes(symmetry: Symmetry[Any]) -> None:
    layer = Layer()
    assert_symmetric(layer, symmetry, **_options(groups=("SU3", "SU2", "U1"), dims=(2, 3, 4)))
    assert_symmetric(layer, symmetry, **_options(dtype="complex64"))
    assert layer.training  # what is tested is a copy
    assert layer.mix.dtype == torch.float32


@pytest.mark.parametrize("name", TORCH_MUTANTS)
def test_each_mutant_is_rejected(name: str) -> None:
    seen = {}
    for symmetry in SYMMETRIES:
        try:
            assert_symmetric(TORCH_MUTANTS[name](), symmetry, **_options())
        except CheckError as error:
            seen[symmetry.name] = str(error)
    assert seen, name
    for text in seen.values():
        assert "> tolerance 1e-10 in complex128" in text
    only = {"open_boundary": "translation", "direction_weights": "hypercubic"}
    assert only.get(name, "gauge") in seen


def test_torch_has_the_same_mutants_as_numpy() -> None:
    assert set(TORCH_MUTANTS) == set(MUTANTS)


def test_the_line_in_the_message_repeats_the_failure() -> None:
    model = TORCH_MUTANTS["no_dagger"]()
    with pytest.raises(CheckError) as first:
        assert_symmetric(model, Gauge(), **_options())
    line = re.search(r"repeat it with: (.*)$", str(first.value))
    assert line
    assert line[1].startswith("import lcnn.testing; lcnn.testing.reproduce(model, 'gauge', group='SU3'")
    with pytest.raises(CheckError) as second:
        exec(line[1], {"model": model})
    assert str(second.value) == str(first.value)


def test_single_precision_is_tested_on_request() -> None:
    with pytest.raises(CheckError, match="float32_inside equivariant"):
        assert_symmetric(Single(), Gauge(), **_options(source="float32_inside"))
    assert_symmetric(Single(), Gauge(), **_options(dtype="complex64"))
    with pytest.raises(CheckError, match="dtype='complex64', tolerance=1e-09"):
        assert_symmetric(Single(), Gauge(), **_options(dtype="complex64", tolerance=1e-9))


class Declared(nn.Module):
    def __init__(self, *symmetries: Any) -> None:
        super().__init__()
        self.symmetries = symmetries

    def forward(self, links: Tensor) -> Tensor:
        return Trace()(Plaquettes()(links))


def test_declared_symmetries_are_what_is_asserted() -> None:
    honest, liar = Declared(Gauge(), Translation()), Declared(Gauge(), Translation(), PointGroup())
    assert symmetries_of(honest) == (Gauge(), Translation())
    assert_symmetric(honest, examples=3)
    with pytest.raises(CheckError, match="PointGroup"):
        assert_symmetric(liar, examples=10)
    for model in (Declared(), nn.Linear(1, 1), Declared("gauge")):
        with pytest.raises(InputError, match=r"set its attribute symmetries"):
            symmetries_of(model)


def test_the_error_is_a_metric_of_the_model_as_it_is() -> None:
    rng, box = np.random.default_rng(0), Lattice((3, 4))
    arrays = [LINKS.random(rng, SU(3), box), ADJOINT.random(rng, SU(3), box)]
    layer = LCB(2, 3, 2, d=2)
    kinds = {"input_types": (LINKS, ADJOINT), "output_type": ADJOINT}
    single = [torch.from_numpy(a).to(torch.complex64) for a in arrays]
    error = equivariance_error(layer, Gauge(), single, **kinds)
    assert 1e-9 < error.error < 1e-4
    assert error.dtype == "complex64"
    assert error.passes()
    double = [torch.from_numpy(a) for a in arrays]
    assert equivariance_error(layer.double(), Gauge(), double, **kinds).error < 1e-12
    dropping = Layer()
    assert equivariance_error(dropping.double(), Gauge(), double, **kinds).passes()
    assert dropping.training
    assert dropping.drop.training
    function = equivariance_error(lambda u: u[:, :1, ..., 0, 0].real, Gauge(), double[:1], **_scalar())
    assert not function.passes()


def _scalar() -> dict[str, Any]:
    return {"input_types": (LINKS,), "output_type": SCALAR}


def test_the_public_names() -> None:
    for name in lcnn.testing.__all__:
        assert getattr(lcnn.testing, name).__doc__


class Flat(nn.Module):
    """A convolution of two dimensions."""

    def __init__(self) -> None:
        super().__init__()
        self.line = nn.Conv2d(1, 1, 2, padding="same", padding_mode="circular")

    def forward(self, links: Tensor) -> Tensor:
        return self.line(Trace()(Plaquettes()(links))[:, :1].real)


def test_a_module_of_two_dimensions_is_told_of_dims() -> None:
    with pytest.raises(RuntimeError) as raised:
        assert_symmetric(Flat(), Translation())
    assert any("dims=(2,)" in note for note in raised.value.__notes__)
    assert_symmetric(Flat(), Translation(), dims=(2,), examples=2)
    with pytest.raises(TypeError, match="dim"):
        assert_symmetric(Flat(), Translation(), dim=2)  # type: ignore[call-arg]
