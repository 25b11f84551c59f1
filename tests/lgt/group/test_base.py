"""The checks of Group and Representation, held to groups that are right and to ones that are not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from lgt.errors import CheckError
from lgt.group import SU, Group, Hyperoctahedral, Representation, SignedPermutation, UnitaryGroup


@dataclass(frozen=True)
class Line(Group[float]):
    """The real line under addition, with ways to break it."""

    broken: str = ""

    @property
    def identity(self) -> float:
        return 1.0 if self.broken == "identity" else 0.0

    def compose(self, g: float, h: float) -> float:
        if self.broken == "associativity":
            return g + h + 1e-3 * g * h * h
        return g - h if self.broken == "difference" else g + h

    def inverse(self, g: float) -> float:
        return g if self.broken == "inverse" else -g

    def sample(self, rng: np.random.Generator) -> float:
        return float(rng.standard_normal())

    def distance(self, g: float, h: float) -> float:
        return float("nan") if self.broken == "distance" else abs(g - h)


def test_a_group_passes() -> None:
    Line().check_axioms(np.random.default_rng(0))


@pytest.mark.parametrize(
    ("broken", "law"),
    [
        ("identity", "eg = g"),
        ("associativity", "(gh)k = g(hk)"),
        ("difference", "(gh)k = g(hk)"),
        ("inverse", "g^-1 g = e"),
        ("distance", "(gh)k = g(hk)"),
    ],
)
def test_a_broken_group_is_rejected(broken: str, law: str) -> None:
    with pytest.raises(CheckError) as error:
        Line(broken).check_axioms(np.random.default_rng(0))
    assert f"the law {law} of" in str(error.value)


def test_a_small_error_counts_against_the_tolerance() -> None:
    group = Line("associativity")
    group.check_axioms(np.random.default_rng(0), tolerance=1.0)
    with pytest.raises(CheckError):
        group.check_axioms(np.random.default_rng(0), tolerance=1e-6)


@dataclass(frozen=True)
class OfUnitary(Representation[Any]):
    """A matrix function of SU(N), a representation or not."""

    group: UnitaryGroup
    kind: str

    @property
    def dimension(self) -> int:
        return self.group.N

    def matrix(self, g: Any) -> Any:
        return {
            "conjugate": np.conj(g),
            "transpose": g.T,
            "dagger": np.conj(g.T),
            "zero": 0 * g,
            "nan": np.nan * g,
            "real part": g.real,
            "shape": g[:, :1],
            "row": g[:1],
            "slightly off": g + 1e-9 * np.abs(g) ** 2,
        }[self.kind]


def test_the_conjugate_representation_passes() -> None:
    OfUnitary(SU(3), "conjugate").check_homomorphism(np.random.default_rng(1))


@pytest.mark.parametrize(
    "kind", ["transpose", "dagger", "zero", "nan", "real part", "shape", "row", "slightly off"]
)
def test_what_is_no_homomorphism_is_rejected(kind: str) -> None:
    with pytest.raises(CheckError) as error:
        OfUnitary(SU(3), kind).check_homomorphism(np.random.default_rng(1))
    assert "\n" not in str(error.value)


@dataclass(frozen=True)
class Unsigned(Representation[SignedPermutation]):
    """Signed permutations without their signs (a representation) or with one of them (none)."""

    group: Hyperoctahedral
    first_sign: bool

    @property
    def dimension(self) -> int:
        return self.group.d

    def matrix(self, g: SignedPermutation) -> Any:
        return np.abs(g.matrix()) * (g.signs[0] if self.first_sign else 1)


def test_a_finite_group_tells_a_representation_from_none() -> None:
    Unsigned(Hyperoctahedral(3), first_sign=False).check_homomorphism(np.random.default_rng(2))
    with pytest.raises(CheckError, match=r"D\(gh\) = D\(g\) D\(h\)"):
        Unsigned(Hyperoctahedral(3), first_sign=True).check_homomorphism(np.random.default_rng(2))


def test_more_samples_draw_more() -> None:
    first, second = np.random.default_rng(3), np.random.default_rng(3)
    Line().check_axioms(first, samples=5)
    Line().check_axioms(second, samples=6)
    assert first.random() != second.random()
