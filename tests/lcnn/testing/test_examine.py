"""The examination as a function; the command that prints it is tested in cli/test_check.py."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lcnn.testing.examine import Report, distinct, examine
from lgt.errors import InputError
from lgt.group import SU, U1, U
from lgt.lattice import Lattice
from lgt.loops import plaquettes
from lgt.symmetry import Gauge, PointGroup, Translation

BOX = Lattice((3, 4))


def _fields(links: np.ndarray) -> np.ndarray:
    return plaquettes(links, d=links.ndim - 4)


def _report(model: Any, lattice: Lattice = BOX, **options: Any) -> Report:
    symmetries = options.pop("symmetries", [Gauge(), Translation()])
    return examine(model, options.pop("group", SU(3)), lattice, symmetries, examples=3, **options)


@pytest.mark.parametrize(
    ("extents", "expected"),
    [
        ((4, 4), (4, 3)),
        ((3, 3), (3, 4)),
        ((2, 2), (2, 3)),
        ((4, 4, 4, 4), (4, 3, 5, 6)),
        ((3, 4, 4), (3, 4, 5)),
        ((8, 8, 8, 9), (8, 7, 6, 9)),
        ((2, 3, 4), (2, 3, 4)),
    ],
)
def test_distinct_extents(extents: tuple[int, ...], expected: tuple[int, ...]) -> None:
    assert distinct(Lattice(extents)).extents == expected
    assert len(set(expected)) == len(expected)


def test_findings_carry_their_numbers() -> None:
    report = _report(_fields)
    assert report.ok
    gauge = report.findings[-2]
    assert (gauge.name, gauge.lattice, gauge.reason) == ("gauge", BOX, "")
    assert gauge.error is not None
    assert gauge.error < 1e-13
    assert gauge.element == "Omega(SU(3) on 3x4)"
    assert gauge.seed in (0, 1, 2)


def test_the_worst_example_is_kept() -> None:
    errors = {}
    for seed in range(3):
        alone = examine(_broken, SU(3), BOX, [Gauge()], examples=1, seed=seed).findings[-1]
        assert alone.seed == seed
        errors[seed] = alone.error
    together = examine(_broken, SU(3), BOX, [Gauge()], examples=3).findings[-1]
    assert together.error == max(errors.values())  # type: ignore[type-var]
    assert together.error == errors[together.seed]  # type: ignore[index]


def _broken(links: np.ndarray) -> np.ndarray:
    return _fields(links) + 0.1 * links[:, :1, ..., 0, 0].real


def test_the_scale_does_not_depend_on_seed_or_examples() -> None:
    """So a tiny spread by chance, of two sums that nearly agree, cannot blow an error up."""

    def total(links: np.ndarray) -> np.ndarray:
        return _fields(links).sum(axis=(1, 2, 3)) + 1e-7 * links[:, 0, 0, 0, 0, 0].real

    errors = [
        examine(total, SU(3), BOX, [Gauge()], examples=1, seed=seed).findings[-1].error for seed in range(20)
    ]
    assert max(errors) < 1e-6  # type: ignore[type-var]
    assert min(errors) > 1e-11  # type: ignore[type-var]


def test_a_batch_differs_from_the_number_of_directions() -> None:
    """A model that exchanges batch and channel or direction is seen by its shape."""
    for lattice in (Lattice((3, 4)), Lattice((2, 3, 4))):
        with pytest.raises(InputError, match="shape"):
            _report(lambda u: u[..., 0, 0].real.swapaxes(0, 1), lattice)


def test_rounded_outputs_are_not_judged_in_double() -> None:
    rounded = _report(lambda u: _fields(u).astype(np.float32).astype(np.float64))
    assert [f.ok for f in rounded.findings if f.name in ("gauge", "translation")] == [False, False]
    assert "rounded to single precision" in rounded.findings[-1].reason
    assert not _report(lambda u: 0.3 * _fields(u).astype(np.float32).astype(float)).ok
    assert not _report(lambda u: np.sin(_fields(u).astype(np.float32).astype(float).sum((1, 2, 3)))).ok
    assert _report(lambda u: 1e4 + np.sin(_fields(u).sum((1, 2, 3)))).ok
    assert _report(lambda u: np.maximum(_fields(u), 0)).ok
    for stiffness in (1e1, 1e3, 1e5):
        assert _report(lambda u, k=stiffness: np.tanh(k * _fields(u))).ok
    counts = _report(lambda u: np.round(2 * _fields(u)) / 2)  # few simple numbers are no sign of it
    assert counts.ok
    assert not _report(lambda u: (_fields(u) + 0j).astype(np.complex64)).ok


def test_complex_outputs_are_fine() -> None:
    assert _report(lambda u: _fields(u) * (1 + 2j)).ok


def test_an_unknown_request_is_refused() -> None:
    with pytest.raises(InputError, match="tolerance 0"):
        _report(_fields, tolerance=0.0)
    with pytest.raises(InputError, match="complex64"):
        _report(_fields, dtype="float64")


def test_blind_spots_are_notes() -> None:
    assert any("U(1)" in note for note in _report(_fields, group=U1()).notes)
    assert any("two sites" in note for note in _report(_fields, Lattice((2, 3))).notes)
    assert any("SU(2)" in note for note in _report(_fields, group=SU(2)).notes)
    assert _report(_fields, group=U(2)).notes == ()
    assert _report(_fields).notes == ()


def test_a_subgroup_can_be_examined() -> None:
    def sheared(links: np.ndarray) -> np.ndarray:
        return links.shape[2] * _fields(links).mean(axis=(1, 2, 3))

    reflections = PointGroup(PointGroup().elements(2)[0] and _reflections())
    assert _report(sheared, symmetries=[reflections]).ok
    assert not _report(sheared, symmetries=[PointGroup()]).ok


def _reflections() -> Any:
    from lgt.group import Hyperoctahedral, SignedPermutation

    return Hyperoctahedral(2).generate(*(SignedPermutation.reflection(2, mu) for mu in (0, 1)))
