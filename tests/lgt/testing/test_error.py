"""The equivariance error: its scale, its place, and outputs that say nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lgt.errors import CheckError, InputError, ShapeError
from lgt.group import SU, SignedPermutation, SpaceElement
from lgt.lattice import Lattice
from lgt.loops import plaquettes
from lgt.symmetry import ADJOINT, INVARIANT, LINKS, SCALAR, Gauge, PointGroup, Symmetry, Translation
from lgt.testing import EquivarianceError, default_tolerance, equivariance_error

BOX = Lattice((3, 4))
LINKS_IN = LINKS.random(np.random.default_rng(0), SU(3), BOX, batch=3)
SHIFT = SpaceElement.of_translation((1, 0))


def _fields(links: np.ndarray) -> np.ndarray:
    return plaquettes(links, d=2)


def _error(function: Any, symmetry: Symmetry[Any], output: Any = SCALAR, **options: Any) -> EquivarianceError:
    return equivariance_error(
        function, symmetry, [LINKS_IN], input_types=[LINKS], output_type=output, **options
    )


@pytest.mark.parametrize("symmetry", [Gauge(), Translation()], ids=repr)
def test_plaquettes_commute_as_fields_and_as_a_sum(symmetry: Symmetry[Any]) -> None:
    for dtype, size in (("complex128", 1e-14), ("complex64", 1e-5)):
        fields = _error(_fields, symmetry, seed=1, dtype=dtype)
        total = _error(lambda u: _fields(u).sum((1, 2, 3)), symmetry, INVARIANT, seed=1, dtype=dtype)
        assert fields.error < size
        assert total.error < size
        assert fields.passes()
        assert total.passes()
        assert fields.dtype == dtype


def test_the_place_of_the_error_is_found() -> None:
    def spoiled(links: np.ndarray) -> np.ndarray:
        out = np.concatenate([_fields(links)] * 3, axis=1)
        out[2, 1, 2, 3] += 1e-6 * abs(links[2, 0, 2, 3, 0, 0])
        return out

    error = _error(spoiled, Gauge(), seed=2)
    assert str(error.place) == "batch 2, channel 1, site (2, 3)"
    assert error.error == pytest.approx(error.difference / error.scale)
    assert 1e-7 < error.error < 1e-4
    complaint = error.complaint()
    for word in ("site (2, 3)", "tolerance 1e-10", "complex128", "Omega(SU(3) on 3x4)"):
        assert word in complaint


def test_a_site_is_named_on_the_transformed_box() -> None:
    def spoiled(links: np.ndarray) -> np.ndarray:
        out = _fields(links)
        out[0, 0, -1, 0] += 1.0
        return out

    quarter = SignedPermutation.parse("+1 -0")
    error = _error(spoiled, PointGroup(), element=quarter)
    assert error.element == quarter
    assert error.place.site in {(3, 0), (0, 2)}  # where it is added on 4x3, or where it came from on 3x4


def test_an_offset_does_not_hide_an_error() -> None:
    """The scale is the spread between inputs, so a large constant leaves the relative error as it was."""

    def drifting(links: np.ndarray, offset: float) -> np.ndarray:
        return _fields(links) + 1e-6 * links[:, :1, ..., 0, 0].real + offset

    plain, lifted = (_error(lambda u, c=c: drifting(u, c), Gauge()) for c in (0.0, 1e4))
    assert lifted.error == pytest.approx(plain.error, rel=1e-4)
    assert not lifted.passes()


def test_a_weak_channel_is_measured_on_its_own_scale() -> None:
    def weak(links: np.ndarray) -> np.ndarray:
        spoiled = 1e-3 * (_fields(links) + 1e-9 * links[:, :1, ..., 0, 0].real)
        return np.concatenate([_fields(links), spoiled], axis=1)

    error = _error(weak, Gauge())
    assert error.place.channel == 1
    assert error.error > default_tolerance("complex128")


def test_a_channel_of_rounding_errors_is_no_failure() -> None:
    """Im tr P is zero for SU(2) up to rounding; its own spread would make that rounding look large."""
    links = LINKS.random(np.random.default_rng(1), SU(2), BOX)

    def parts(u: np.ndarray) -> np.ndarray:
        from lgt.loops import loop_trace
        from lgt.path import plaquette

        trace = loop_trace(u, plaquette(0, 1), d=2)
        return np.stack([trace.real, trace.imag], axis=1)

    assert np.abs(parts(links)[:, 1]).max() < 1e-15
    error = equivariance_error(parts, Gauge(), [links], input_types=[LINKS], output_type=SCALAR)
    assert error.passes()


@pytest.mark.parametrize(
    "function",
    [
        lambda u: 0.0 * _fields(u),
        lambda u: 0.0 * _fields(u) + 3.0,
        lambda u: 3.0 + 1e-13 * _fields(u),
        lambda u: np.ones(len(u)),
    ],
    ids=["zero", "constant", "constant and rounding", "constant scalar"],
)
def test_an_output_that_does_not_depend_on_the_links_is_vacuous(function: Any) -> None:
    error = _error(function, Gauge(), SCALAR if function(LINKS_IN).ndim > 1 else INVARIANT)
    assert not error.passes()
    assert "vacuous" in error.complaint()


def test_a_pattern_on_the_sites_is_vacuous_too() -> None:
    pattern = np.arange(12.0).reshape(3, 4)
    error = _error(lambda u: np.broadcast_to(pattern, (len(u), 1, 3, 4)), Gauge())
    assert error.vacuous(1e-10)


def test_a_batch_of_one_is_measured_by_its_size() -> None:
    one = [LINKS_IN[:1]]
    error = equivariance_error(_fields, Gauge(), one, input_types=[LINKS], output_type=SCALAR)
    assert error.passes()
    zero = equivariance_error(lambda u: 0 * _fields(u), Gauge(), one, input_types=[LINKS], output_type=SCALAR)
    assert not zero.passes()


def test_a_batch_of_equal_entries_sets_no_scale() -> None:
    twice = [np.concatenate([LINKS_IN[:1], LINKS_IN[:1]])]
    with pytest.raises(InputError, match="independent inputs"):
        equivariance_error(_fields, Gauge(), twice, input_types=[LINKS], output_type=SCALAR)
    given = equivariance_error(
        _fields, Gauge(), twice, input_types=[LINKS], output_type=SCALAR, scale=np.ones(1)
    )
    assert given.passes()


def test_single_precision_inside_is_seen_in_double() -> None:
    error = _error(lambda u: _fields(u.astype(np.complex64)).astype(float), Gauge())
    assert 1e-9 < error.error < 1e-5
    assert not error.passes()
    assert _error(lambda u: _fields(u.astype(np.complex64)), Gauge(), dtype="complex64").passes()


def test_inputs_are_copies_in_the_asked_precision() -> None:
    seen = []

    def greedy(links: np.ndarray) -> np.ndarray:
        seen.append(links.dtype)
        out = _fields(links)
        links[...] = 0.0
        return out

    before = LINKS_IN.copy()
    assert _error(greedy, Gauge(), dtype="complex64").passes()
    assert seen == [np.complex64] * 2
    assert np.array_equal(before, LINKS_IN)


def test_the_same_seed_gives_the_same_number() -> None:
    numbers = [float(_error(lambda u: u[:, :1, ..., 0, 0].real, Gauge(), seed=s)) for s in (3, 3, 4)]
    assert numbers[0] == numbers[1] != numbers[2]
    generator = np.random.default_rng(3)
    assert float(_error(lambda u: u[:, :1, ..., 0, 0].real, Gauge(), seed=generator)) == numbers[0]


def test_matter_goes_in_and_out() -> None:
    matter = ADJOINT.random(np.random.default_rng(5), SU(3), BOX)
    kinds = {"input_types": [ADJOINT], "output_type": ADJOINT}
    assert equivariance_error(lambda w: w @ w, Gauge(), [matter], **kinds).passes()  # type: ignore[arg-type]
    transposed = equivariance_error(lambda w: w @ w.swapaxes(-1, -2), Gauge(), [matter], **kinds)  # type: ignore[arg-type]
    assert not transposed.passes()


def test_outputs_and_inputs_of_the_wrong_kind_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"\(batch, channel, 3, 4\)"):
        _error(lambda u: _fields(u)[:, 0], Gauge())
    with pytest.raises(ShapeError, match="dtype"):
        _error(lambda u: np.array(["a"]), Gauge(), INVARIANT)
    with pytest.raises(ShapeError, match="empty"):
        _error(lambda u: _fields(u)[:, :0], Gauge())
    with pytest.raises(ShapeError, match="as before"):
        _error(lambda u: np.zeros((2, 1 + (abs(u[0, 0, 0, 0, 0, 0] - first) > 1e-6), 3, 4)), Gauge())
    with pytest.raises(CheckError, match=r"nan at batch 0, channel 0, site \(0, 0\)"):
        _error(lambda u: np.nan * _fields(u), Gauge())
    with pytest.raises(InputError, match="complex64"):
        _error(_fields, Gauge(), dtype="float16")
    with pytest.raises(InputError, match="no input with sites"):
        equivariance_error(np.abs, Gauge(), [np.ones(2)], input_types=[INVARIANT], output_type=INVARIANT)
    with pytest.raises(InputError, match="as many"):
        equivariance_error(_fields, Gauge(), [LINKS_IN], input_types=[LINKS, LINKS], output_type=SCALAR)


first = LINKS_IN[0, 0, 0, 0, 0, 0]


def test_an_element_can_be_given() -> None:
    moved = _error(lambda u: u[:, :1, ..., 0, 0], Translation(), element=SHIFT)
    assert moved.element == SHIFT
    assert moved.error == 0.0
    assert str(moved).endswith("under SpaceElement(+0 +1 | 1 0)")
