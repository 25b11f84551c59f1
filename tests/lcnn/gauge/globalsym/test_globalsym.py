"""Layers with global symmetry under gauge transformations, translations and point groups; broken versions.

Boxes have pairwise distinct extents of at least 3 and elements map them to permuted boxes (`lgt.testing`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import lcnn.gauge.globalsym as globalsym
from lcnn.field import antihermitian, dagger, shift
from lcnn.gauge import LAct, LBilinear, plaquettes, polyakov_loops
from lcnn.gauge.globalsym import (
    Lift,
    PointConv,
    Pointwise,
    Pool,
    SymmetricLExp,
    oriented_plaquettes,
    oriented_polyakov_loops,
)
from lcnn.testing import assert_symmetric
from lgt.errors import CheckError, InputError, ShapeError
from lgt.group import (
    SU,
    Character,
    PermutationRepresentation,
    SignedPermutation,
    TableGroup,
    characters,
    directions,
    plane_vectors,
    planes,
    point_group,
    regular,
    trivial,
)
from lgt.symmetry import ADJOINT, LINKS, FieldType, Gauge, PointGroup, Symmetry, Translation

Points = PermutationRepresentation[SignedPermutation]

CASES = [
    ("B_2", 2, "SU3"),
    ("B_2", 2, "SU2"),
    ("C_4", 2, "SU3"),
    ("Z_2^2", 2, "SU3"),
    ("B_3", 3, "SU3"),
    ("SB_3", 3, "SU2"),
    ("Z_2^3", 3, "SU3"),
    ("C_4", 3, "SU3"),
    ("Z_2^4", 4, "SU3"),
    ("C_4", 4, "SU2"),
    ("O_h x Z_2", 4, "SU2"),
    ("SB_4", 4, "SU2"),
]
"""Point group, d and gauge group; the full B_4 and SU(3) in four dimensions are a test of their own."""


def matter_of(points: Points) -> FieldType:
    return ADJOINT.transforming(points, repr(points))


class Function(nn.Module):
    """A function of tensors as a module, with the layers it uses."""

    def __init__(self, function: Callable[..., Tensor], *parts: nn.Module) -> None:
        super().__init__()
        self.function, self.parts = function, nn.ModuleList(parts)

    def forward(self, *inputs: Tensor) -> Tensor:
        return self.function(*self.parts, *inputs)


@dataclass(frozen=True)
class Layer:
    """A layer made for a point group, with the types of what goes in and out."""

    module: nn.Module
    inputs: tuple[FieldType, ...]
    output: FieldType


def _layers(name: str, d: int) -> dict[str, Layer]:
    """Every layer of the room for one group, for one or two channels."""
    K = point_group(name, d)
    R, T, V, P = regular(K), trivial(K), directions(K), planes(K)
    group, one, vector, plane = matter_of(R), matter_of(T), matter_of(V), matter_of(P)
    few = {"elements": "generators", "kernel_size": 2}
    found = {
        "loops": Layer(Function(oriented_plaquettes), (LINKS,), plane),
        "lines": Layer(Function(oriented_polyakov_loops), (LINKS,), vector),
        "lift": Layer(Lift(R, 2, loops="both"), (LINKS,), group),
        "lift to one": Layer(Lift(T, 2, loops="both"), (LINKS,), one),
        "lift of scalars": Layer(PointConv(T, R, 1, 2, 2), (LINKS, one), group),
        "identity": Layer(PointConv(R, R, 1, 1, 3, elements="identity"), (LINKS, group), group),
        "generators": Layer(PointConv(R, R, 1, 2, **few), (LINKS, group), group),  # type: ignore[arg-type]
        "isotropic": Layer(PointConv(T, T, 1, 2, 3, centre=False), (LINKS, one), one),
        "vectors": Layer(PointConv(R, V, 1, 2), (LINKS, group), vector),
        "from planes": Layer(PointConv(P, V, 1, 1, 2), (LINKS, plane), vector),
        "bilinear": Layer(Pointwise(LBilinear(1, 1, 2), R), (group, group), group),
        "activation": Layer(Pointwise(LAct("smooth"), R), (group,), group),
        "exponential": Layer(SymmetricLExp(R, 1, init_w=1.0), (LINKS, group), LINKS),
    }
    if K.order <= 48:
        found["all"] = Layer(PointConv(R, R, 1, 2, 2), (LINKS, group), group)
    for number, chi in enumerate(characters(K)):
        kind = ADJOINT.transforming(chi, f"chi {number}")
        found[f"pool {number}"] = Layer(Pool(R, number), (group,), kind)
    return found


def _hold(layer: Layer, symmetry: Symmetry[Any], d: int, gauge: str, examples: int = 2) -> None:
    assert_symmetric(
        layer.module,
        symmetry,
        input_types=layer.inputs,
        output_type=layer.output,
        groups=(gauge,),
        dims=(d,),
        smallest=3 if d < 4 else 2,
        channels=1,
        examples=examples,
        tolerance=1e-12,
    )


@pytest.mark.parametrize(("name", "d", "gauge"), CASES)
def test_layers_hold(name: str, d: int, gauge: str) -> None:
    torch.manual_seed(d)
    layers = _layers(name, d)
    symmetries: tuple[Symmetry[Any], ...] = (Gauge(), Translation(), PointGroup(point_group(name, d)))
    held = 0
    for layer in layers.values():
        for symmetry in symmetries:
            _hold(layer, symmetry, d, gauge, examples=1 if d == 4 else 2)
            held += 1
    assert held >= 14 * 3


def test_all_that_is_public_is_held() -> None:
    used = {type(layer.module).__name__ for layer in _layers("B_2", 2).values()}
    functions = {"oriented_plaquettes", "oriented_polyakov_loops", "Elements"}
    assert set(globalsym.__all__) - functions <= used


# What must be found broken: each with the symmetry that it breaks.


def _no_dagger(links: Tensor) -> Tensor:
    """Oriented plaquettes whose reversed links have no dagger."""
    loops = []
    for v, w in plane_vectors(links.shape[1]):
        (a,), (b,) = np.flatnonzero(v), np.flatnonzero(w)

        def side(mu: int, sign: int, links: Tensor = links) -> Tensor:
            U = links[:, mu : mu + 1]
            return U if sign > 0 else shift(U, mu, -1)

        A, B = side(a, v[a]), side(b, w[b])
        loops.append(A @ shift(B, int(a), int(v[a])) @ dagger(B @ shift(A, int(b), int(w[b]))))
    return torch.cat(loops, dim=1)


def _letters_exponential(vector: nn.Module, links: Tensor, matter: Tensor) -> Tensor:
    """U_mu <- exp(A_mu) U_mu with a vector A: one end of the link alone."""
    A = vector(links, matter)[:, ::2]
    return torch.linalg.matrix_exp((A - dagger(A)) / 2) @ links


def _mutants(name: str, d: int) -> dict[str, tuple[Layer, Symmetry[Any]]]:
    K = point_group(name, d)
    R = regular(K)
    group, point = matter_of(R), PointGroup(K)

    wrong_side = PointConv(R, R, 1, 1, 2)
    table, r = K.product_table, np.arange(K.order)
    conjugate = torch.from_numpy(table[table, K.inverses[:, None]])  # [r, q] -> r q r^-1
    # s = q r^-1 in place of r^-1 q
    wrong_side.labels = torch.stack([wrong_side.labels[i][:, conjugate[i]] for i in r])
    fixed_paths = PointConv(R, R, 1, 1, 2, elements="identity")
    none, here = fixed_paths.weight.shape[2], fixed_paths.labels
    paths = torch.arange(none)[None, :, None]
    fixed_paths.labels = torch.where(here < none, paths, none)  # the path o in place of r^-1 o
    positive = PointConv(planes(K), R, 1, 1)

    def fed(conv: nn.Module, links: Tensor) -> Tensor:
        """Plaquettes of one orientation in place of all: repeated to the number that is expected."""
        P = plaquettes(links)
        return conv(links, P.repeat(1, 4 * d * (d - 1) // P.shape[1], *(1,) * (P.ndim - 2)))

    return {
        "no dagger on reversed links": (Layer(Function(_no_dagger), (LINKS,), matter_of(planes(K))), point),
        "no dagger, gauge": (Layer(Function(_no_dagger), (LINKS,), matter_of(planes(K))), Gauge()),
        "positive plaquettes only": (Layer(Function(fed, positive), (LINKS,), group), point),
        "the Letter's L-Exp": (
            Layer(Function(_letters_exponential, PointConv(R, directions(K), 1, 1)), (LINKS, group), LINKS),
            point,
        ),
        "products in the wrong order": (Layer(wrong_side, (LINKS, group), group), point),
        "paths not turned": (Layer(fixed_paths, (LINKS, group), group), point),
        "pooled by another character": (
            Layer(Pool(R, "det"), (group,), ADJOINT.transforming(characters(K)[0], "scalar")),
            point,
        ),
    }


MUTANTS = list(_mutants("B_2", 2))


@pytest.mark.parametrize("mutant", MUTANTS)
@pytest.mark.parametrize(("name", "d"), [("B_2", 2), ("B_3", 3)])
def test_broken_layers_are_found(mutant: str, name: str, d: int) -> None:
    torch.manual_seed(1)
    layer, symmetry = _mutants(name, d)[mutant]
    with pytest.raises(CheckError, match="> tolerance"):
        _hold(layer, symmetry, d, "SU3", examples=10)


def test_the_letters_exponential_survives_pure_permutations() -> None:
    """So that what the mutant above breaks is the reversal of an axis."""
    torch.manual_seed(1)
    swap = point_group("B_2", 2).generate(SignedPermutation.parse("+1 +0"))
    R = regular(point_group("B_2", 2))
    letters = Function(_letters_exponential, PointConv(R, directions(R.group), 1, 1))
    layer = Layer(letters, (LINKS, matter_of(R)), LINKS)
    _hold(layer, PointGroup(swap), 2, "SU3", examples=5)


@pytest.mark.parametrize(("elements", "n"), [("all", 8), ("identity", 1), ("generators", 4)])
def test_number_of_weights(elements: Any, n: int) -> None:
    """C_out C_in |S| (1 + 2 d (K - 1)); the lift C 4 d (d - 1)."""
    R = regular(point_group("B_2", 2))
    conv = PointConv(R, R, 2, 3, 3, elements=elements)
    count = len(conv.partners[0])
    assert conv.weight.numel() == 3 * 2 * count * (1 + 4 * 2)
    assert count == n or elements == "generators"
    assert Lift(R, 5).plaquettes.weight.numel() == 5 * 8  # type: ignore[union-attr]
    assert sum(p.numel() for p in Lift(R, 5, loops="both").parameters()) == 5 * (8 + 4)


def test_sparse_and_dense_sums_agree() -> None:
    """The same weights, once as a matrix product over all pairs and once pair by pair."""
    torch.manual_seed(2)
    K = point_group("B_2", 2)
    links = torch.linalg.qr(torch.randn(2, 2, 3, 4, 2, 2, dtype=torch.complex128)).Q
    W = torch.randn(2, 16, 3, 4, 2, 2, dtype=torch.complex128)
    every = PointConv(regular(K), regular(K), 2, 3, 2).double()
    listed = PointConv(regular(K), regular(K), 2, 3, 2, elements=K.elements).double()
    listed.load_state_dict(every.state_dict())
    dense = every(links, W)
    listed.sparse = True
    assert (dense - listed(links, W)).abs().max() < 1e-13
    listed.partners = listed.partners.roll(1, 1)  # the order does not matter
    assert (dense - listed(links, W)).abs().max() < 1e-13
    listed.partners = listed.partners[:, 1:]  # but all must be there
    assert (dense - listed(links, W)).abs().max() > 1e-3


def test_the_formula_of_the_group_convolution() -> None:
    """Against loops over r, s and paths, sum w[i, j, s, r^-1 v] T W_j(rs, x + v) T^+."""
    torch.manual_seed(3)
    K = point_group("C_4", 2)
    links = torch.linalg.qr(torch.randn(1, 2, 3, 4, 2, 2, dtype=torch.complex128)).Q
    W = torch.randn(1, 4, 3, 4, 2, 2, dtype=torch.complex128)
    conv = PointConv(regular(K), regular(K), 1, 1, 2).double()
    got = conv(links, W)
    ways = [(0, 0), *(tuple(v) for v in ((1, 0), (-1, 0), (0, 1), (0, -1)))]
    weight: dict[tuple[int, tuple[int, int]], float] = {}
    first = K.index(K.identity)
    for path, (mu, steps) in enumerate(conv.stencil.offsets):
        v = [0, 0]
        v[mu] = steps
        for s in range(4):
            weight[s, (v[0], v[1])] = float(conv.weight.detach()[0, 0, conv.labels[first, path, s]])
    for r, g in enumerate(K.elements):
        want = torch.zeros_like(got[:, :1])
        for s in range(4):
            field = W[:, [int(K.product_table[r, s])]]
            for v in ways:
                back = tuple(int(c) for c in g.inverse().apply(np.array(v)))
                mu = int(np.flatnonzero(v)[0]) if any(v) else 0
                sign = int(np.sum(v))
                U = links[:, mu : mu + 1] if sign > 0 else dagger(shift(links[:, mu : mu + 1], mu, -1))
                moved = U @ shift(field, mu, sign) @ dagger(U) if sign else field
                want = want + weight[s, (back[0], back[1])] * moved
        assert (got[:, r : r + 1] - want).abs().max() < 1e-13


def test_real_weights_commute_with_charge_conjugation_and_tilings() -> None:
    torch.manual_seed(4)
    R = regular(point_group("B_2", 2))
    lift, conv, local = (
        Lift(R, 2, loops="plaquettes"),
        PointConv(R, R, 2, 2, 2),
        Pointwise(LBilinear(2, 2, 2), R),
    )

    def net(links: Tensor) -> Tensor:
        W = lift(links)
        out: Tensor = local(W, conv(links, W))
        return out

    for part in (lift, conv, local):
        part.double()
    links = torch.linalg.qr(torch.randn(1, 2, 3, 4, 3, 3, dtype=torch.complex128)).Q
    assert (net(links.conj()) - net(links).conj()).abs().max() < 1e-13
    assert (net(links.tile(1, 1, 2, 2, 1, 1)) - net(links).tile(1, 1, 2, 2, 1, 1)).abs().max() < 1e-13
    assert net(links).abs().max() > 0.1


def test_bad_input_is_refused() -> None:
    K, L = point_group("B_2", 2), point_group("C_4", 2)
    W = torch.ones(1, 7, 3, 4, 2, 2, dtype=torch.complex64)
    links = torch.ones(1, 2, 3, 4, 2, 2, dtype=torch.complex64)
    with pytest.raises(InputError, match="one group"):
        PointConv(regular(K), regular(L), 1, 1)
    with pytest.raises(InputError, match="no such choice"):
        PointConv(regular(K), regular(K), 1, 1, elements="some")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="no group features"):
        PointConv(trivial(K), regular(K), 1, 1, elements="identity")
    for elements in ((), ["identity"], [1], 5):
        with pytest.raises(InputError, match=r"^elements .*: found no (list of elements|such choice); "):
            PointConv(regular(K), regular(K), 1, 1, elements=elements)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="no such element"):
        PointConv(regular(L), regular(L), 1, 1, elements=[SignedPermutation.reflection(2, 0)])
    for n_in, n_out in ((0, 1), (1, 0), (1, 1.5), (True, 1), (1, "2")):
        with pytest.raises(InputError, match=r"^n_in, n_out = .*; give whole numbers of 1 or more"):
            PointConv(regular(K), regular(K), n_in, n_out)  # type: ignore[arg-type]
    for size in (0, 1.5, "2"):
        with pytest.raises(InputError, match=r"^kernel_size = "):
            PointConv(regular(K), regular(K), 1, 1, size)  # type: ignore[arg-type]
    for channels in (0, -1, 2.0):
        with pytest.raises(InputError, match=r"^n_out = .*; give one of 1 or more"):
            Lift(regular(K), channels)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="no finite number"):
        Lift(regular(K), 1, loops="both", init_w="1")  # type: ignore[arg-type]
    makers: tuple[Callable[[Any], nn.Module], ...] = (
        lambda points: Lift(points, 1),
        lambda points: PointConv(points, points, 1, 1),
        lambda points: Pointwise(LAct(), points),
        lambda points: SymmetricLExp(points, 1),
        Pool,
    )
    for make in makers:
        for points in (K, "B_2", regular(TableGroup(((0,),)))):
            with pytest.raises(InputError, match=r"^features .*; give regular\(K\) or trivial\(K\)"):
                make(points)
    with pytest.raises(ShapeError, match="8 channels"):
        PointConv(regular(K), regular(K), 1, 1)(links, W)
    with pytest.raises(ShapeError, match="multiple of 8"):
        Pointwise(LAct(), regular(K))(W)
    with pytest.raises(ShapeError, match="multiple of 8"):
        Pool(regular(K))(W)
    with pytest.raises(InputError, match="no such character"):
        Pool(regular(K), 4)
    with pytest.raises(InputError, match="character True of B_2: found no such character"):
        Pool(regular(K), True)
    with pytest.raises(InputError, match="unlike chi"):
        Pool(regular(K), Character(K, (2,) * 8))
    with pytest.raises(ShapeError, match="complex"):
        Pool(regular(K))(torch.ones(1, 8, 3, 4, 2, 2))
    with pytest.raises(InputError, match="change the sign"):
        Pool(trivial(K), "det")
    with pytest.raises(InputError, match="use one group"):
        Pool(regular(K), characters(L)[0])
    with pytest.raises(InputError, match="one dimension"):
        Lift(trivial(point_group("B_1", 1)), 1)
    with pytest.raises(InputError, match="no such choice"):
        Lift(trivial(K), 1, loops="none")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "gauge"), [("B_4", "SU2"), ("B_4", "SU3"), ("O_h x Z_2", "SU3"), ("SB_4", "SU3")]
)
def test_networks_in_four_dimensions(name: str, gauge: str) -> None:
    """Lift, convolution, bilinear layer and pooling by the determinant, and symmetrised L-Exp, together."""
    torch.manual_seed(5)
    K = point_group(name, 4)
    R = regular(K)
    det = ADJOINT.transforming(Pool(R, "det").character, "pseudoscalar")
    parts = (Lift(R, 1), PointConv(R, R, 1, 1, 2, elements="identity"), Pointwise(LBilinear(1, 1, 1), R))

    def net(lift: nn.Module, conv: nn.Module, local: nn.Module, pool: nn.Module, links: Tensor) -> Tensor:
        W = lift(links)
        out: Tensor = pool(local(W, conv(links, W)))
        return out

    def exponential(lift: nn.Module, layer: nn.Module, links: Tensor) -> Tensor:
        out: Tensor = layer(links, lift(links))
        return out

    layers = (
        Layer(Function(net, *parts, Pool(R, "det")), (LINKS,), det),
        Layer(Function(exponential, Lift(R, 1), SymmetricLExp(R, 1, init_w=1.0)), (LINKS,), LINKS),
    )
    for layer in layers:
        for symmetry in (Gauge(), PointGroup(K)):
            _hold(layer, symmetry, 4, gauge, examples=1)


def test_loops_turn_as_documented() -> None:
    """P(x; +mu, +nu) is the Letter's plaquette, L(x, +mu) its Polyakov loop; reversals are the daggers."""
    torch.manual_seed(6)
    links = torch.linalg.qr(torch.randn(1, 3, 3, 4, 5, 2, 2, dtype=torch.complex128)).Q
    pairs = {tuple(map(tuple, pair)): i for i, pair in enumerate(plane_vectors(3).tolist())}
    loops, plain, at = oriented_plaquettes(links), plaquettes(links), 0
    unit = np.eye(3, dtype=int).tolist()
    for mu in range(3):
        for nu in range(mu + 1, 3):
            forth, back = pairs[tuple(unit[mu]), tuple(unit[nu])], pairs[tuple(unit[nu]), tuple(unit[mu])]
            assert (loops[:, forth] - plain[:, at]).abs().max() < 1e-14
            assert (loops[:, back] - dagger(plain[:, at])).abs().max() < 1e-14
            at += 1
    lines, straight = oriented_polyakov_loops(links), polyakov_loops(links)
    assert (lines[:, ::2] - straight).abs().max() < 1e-14
    assert (lines[:, 1::2] - dagger(straight)).abs().max() < 1e-14


def test_the_exponential_acts_on_the_end_that_is_documented() -> None:
    """With a vector that is there for +mu alone, U'_mu(x) = E_mu(x) U_mu(x), as in the Letter."""
    torch.manual_seed(7)
    R = regular(point_group("1", 2))
    layer = SymmetricLExp(R, 1).double()
    links = torch.linalg.qr(torch.randn(1, 2, 3, 4, 2, 2, dtype=torch.complex128)).Q
    W = torch.randn(1, 1, 3, 4, 2, 2, dtype=torch.complex128)
    with torch.no_grad():
        layer.vector.weight.zero_()
        label = int(layer.vector.labels[0, 0, 0])  # +e_0
        layer.vector.weight[0, 0, label] = 0.5
        E = torch.linalg.matrix_exp(antihermitian(0.5 * W[:, 0], SU(2)))
        moved = layer(links, W)
    assert (moved[:, 0] - E @ links[:, 0]).abs().max() < 1e-13
    assert (moved[:, 1] - links[:, 1]).abs().max() < 1e-13


def test_elements_need_the_numbering_of_the_group() -> None:
    K = point_group("B_2", 2)
    order = np.arange(8)[::-1].copy()
    renamed = PermutationRepresentation(K, order[regular(K).images[:, np.argsort(order)]], "regular")
    with pytest.raises(InputError, match="no group features"):
        PointConv(renamed, renamed, 1, 1, elements="generators")
