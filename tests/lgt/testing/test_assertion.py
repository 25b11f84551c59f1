"""The assertion: what its failure says, and that the line it gives repeats it."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import lgt.testing
from lgt.errors import CheckError, InputError, ShapeError
from lgt.group import Hyperoctahedral, VectorRepresentation
from lgt.loops import plaquettes
from lgt.symmetry import ADJOINT, Gauge, PointGroup, Translation
from lgt.testing import assert_equivariant, reproduce
from lgt.testing.mutants import correct, direction_weights, float32_inside, no_dagger, open_boundary

KINDS: dict[str, Any] = {"input_types": ("links", "adjoint"), "output_type": "adjoint"}


def _line(error: CheckError) -> str:
    match = re.search(r"repeat it with: (.*)$", str(error))
    assert match
    return match[1]


@pytest.mark.parametrize(
    ("mutant", "symmetry"),
    [(no_dagger, Gauge()), (open_boundary, Translation()), (direction_weights, PointGroup())],
)
def test_the_line_in_the_message_repeats_the_failure(mutant: Any, symmetry: Any) -> None:
    with pytest.raises(CheckError) as first:
        assert_equivariant(mutant, symmetry, **KINDS, examples=20)
    with pytest.raises(CheckError) as second:
        exec(_line(first.value), {})
    assert str(first.value) == str(second.value)
    assert "\n" not in str(first.value)


def test_the_line_works_in_a_fresh_interpreter() -> None:
    with pytest.raises(CheckError) as first:
        assert_equivariant(no_dagger, Gauge(), **KINDS, dims=(2,), groups=("SU2",))
    fresh = subprocess.run(
        [sys.executable, "-c", _line(first.value)], capture_output=True, text=True, check=False
    )
    assert fresh.returncode == 1
    assert fresh.stderr.strip().splitlines()[-1] == f"lgt.errors.CheckError: {first.value}"


def test_options_are_part_of_the_line() -> None:
    with pytest.raises(CheckError) as first:
        assert_equivariant(
            lambda links, matter: float32_inside(links, matter),
            Gauge(),
            **KINDS,
            dims=(3,),
            channels=3,
            dtype="complex64",
            tolerance=1e-9,
            groups=("SU2",),
        )
    line = _line(first.value)
    words = ["reproduce(function,", "channels=3", "dtype='complex64'", "tolerance=1e-09", "'SU2'", "'2x3x4'"]
    assert [word for word in words if word not in line] == []
    with pytest.raises(CheckError, match="1e-09") as second:
        exec(line, {"function": float32_inside})
    assert second.value.found == first.value.found


def test_failures_shrink() -> None:
    with pytest.raises(CheckError, match=r"on (2x3|3x2): .* seed=0, element='[+-]1 [+-]0'"):
        assert_equivariant(direction_weights, PointGroup(), **KINDS, groups=("SU3",), examples=20)


def test_a_function_that_is_right_where_it_is_repeated_gives_its_error() -> None:
    error = reproduce("lgt.testing.mutants:correct", "gauge", group="SU3", lattice="2x3", seed=0, **KINDS)
    assert error.error < 1e-12
    same = reproduce(correct, "gauge", group="SU3", lattice="2x3", seed=0, **KINDS)
    assert same.error == error.error


def test_vacuous_and_nan_outputs_fail_with_a_line() -> None:
    def zero(links: np.ndarray) -> np.ndarray:
        return 0 * plaquettes(links, d=links.ndim - 4)

    with pytest.raises(CheckError, match=r"vacuous.*repeat it with"):
        assert_equivariant(zero, Gauge(), input_types=["links"], output_type="scalar")
    with pytest.raises(CheckError, match=r"found nan at batch 0.*repeat it with"):
        assert_equivariant(lambda u: np.nan * u[..., 0, 0].real, Gauge(), **_scalar())


def _scalar() -> dict[str, Any]:
    return {"input_types": ["links"], "output_type": "scalar"}


def test_several_symmetries_are_asserted_in_turn() -> None:
    with pytest.raises(CheckError, match=r"Translation\(\)"):
        assert_equivariant(open_boundary, [Gauge(), Translation()], **KINDS, groups=("SU2",))


def test_a_custom_type_is_written_as_a_variable() -> None:
    field = ADJOINT.transforming(VectorRepresentation(Hyperoctahedral(2)), "electric field")
    with pytest.raises(CheckError, match="output_type=electric_field"):
        assert_equivariant(lambda w: w, PointGroup(), input_types=["adjoint"], output_type=field, dims=(2,))


def test_errors_of_the_function_itself_come_through() -> None:
    def broken(links: np.ndarray) -> np.ndarray:
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        assert_equivariant(broken, Gauge(), **_scalar())
    with pytest.raises(ShapeError):
        assert_equivariant(lambda links: links, Gauge(), **_scalar())


def test_a_function_for_two_dimensions_alone_is_told_of_dims() -> None:
    def raises(links: np.ndarray) -> np.ndarray:
        if links.ndim != 6:
            raise RuntimeError("planes only")
        return plaquettes(links, d=2)

    def refuses(links: np.ndarray) -> np.ndarray:
        if links.ndim != 6:
            raise ShapeError("a plane", "a box", "give a plane")
        return plaquettes(links, d=2)

    def one_plane(links: np.ndarray) -> np.ndarray:  # invariant under B_2 alone
        return plaquettes(links, d=links.ndim - 4)[:, 0].reshape(len(links), -1).mean(axis=1)

    with pytest.raises(RuntimeError, match="planes only") as raised:
        assert_equivariant(raises, Gauge(), **_scalar())
    assert any("dims=(2,)" in note for note in raised.value.__notes__)
    with pytest.raises(ShapeError, match=r"give a plane; this was at d = [34]: .*dims=\(2,\)"):
        assert_equivariant(refuses, Gauge(), **_scalar())
    kinds: dict[str, Any] = {"input_types": ["links"], "output_type": "invariant"}
    with pytest.raises(CheckError, match=r"if it is for d = 2 alone, say dims=\(2,\)"):
        assert_equivariant(one_plane, PointGroup(), **kinds, groups=("SU2",), examples=30)
    for function in (raises, refuses):
        assert_equivariant(function, Gauge(), **_scalar(), dims=(2,), examples=2)
    assert_equivariant(one_plane, PointGroup(), **kinds, dims=(2,), examples=5)
    with pytest.raises(RuntimeError) as alone:
        assert_equivariant(raises, Gauge(), **_scalar(), dims=(3,))
    assert not any("dims" in note for note in getattr(alone.value, "__notes__", ()))


def test_a_density_on_corners_is_told_of_its_average() -> None:
    def density(links: np.ndarray) -> np.ndarray:
        return plaquettes(links, d=2)

    def lopsided(links: np.ndarray) -> np.ndarray:
        return plaquettes(links, d=2) * np.arange(1, 1 + links.shape[3])

    asked: dict[str, Any] = {**_scalar(), "dims": (2,), "groups": ("SU2",), "smallest": 3}
    with pytest.raises(
        CheckError, match=r"its sum is invariant.*lattice average passes.*clover leaves"
    ) as found:
        assert_equivariant(density, PointGroup(), **asked)
    assert "of the output's spread > tolerance" in str(found.value)
    assert re.search(r"under SignedPermutation\(.*\), which (reflects|turns|swaps) ax[ie]s", str(found.value))
    with pytest.raises(CheckError) as other:
        assert_equivariant(lopsided, PointGroup(), **asked)
    assert "its sum is invariant" not in str(other.value)
    average = {**asked, "output_type": "invariant"}
    assert_equivariant(lambda u: density(u).mean(axis=(1, 2, 3)), PointGroup(), **average)
    with pytest.raises(ShapeError, match="say output_type='invariant'"):
        assert_equivariant(lambda u: density(u).mean(axis=(1, 2, 3)), PointGroup(), **asked)


def test_bad_requests() -> None:
    with pytest.raises(InputError, match="no symmetry"):
        assert_equivariant(correct, [], **KINDS)
    with pytest.raises(InputError, match="no symmetry, group or example"):
        assert_equivariant(correct, Gauge(), **KINDS, examples=0)
    with pytest.raises(InputError, match="field type 'matter'"):
        assert_equivariant(correct, Gauge(), input_types=["links", "matter"], output_type="adjoint")
    for source in ("lgt.testing.mutants:nothing", "no_such_module:f", "lgt.testing.mutants", ":f"):
        with pytest.raises(InputError, match=r"package\.module:name"):
            reproduce(source, "gauge", group="SU3", lattice="2x3", seed=0, **KINDS)


def test_the_public_names() -> None:
    for name in lgt.testing.__all__:
        assert getattr(lgt.testing, name).__doc__
