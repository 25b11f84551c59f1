"""Derived quantities on series for which they are known, and where they do not exist."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from lgt.errors import InputError, PhysicsError
from lgt.group import SU, U1, UnitaryGroup
from lgt.lattice import Lattice
from lgt.observable import Derived, Setting, parse_observable, parse_quantity
from lgt.observable.derived import reference_energy

BOX = Lattice((4, 6, 8, 5))
HERE = Setting(BOX, SU(3))


def derived(name: str) -> Derived:
    quantity = parse_quantity(name)
    assert isinstance(quantity, Derived)
    return quantity


def noisy(means: Any, seed: int = 0, n: int = 400, size: float = 1e-3) -> np.ndarray[Any, Any]:
    """Series (2, n, ...) whose means are exactly these."""
    noise = np.random.default_rng(seed).normal(size=(2, n, *np.shape(means))) * size
    return np.asarray(means) + noise - noise.mean(axis=(0, 1))


@pytest.mark.parametrize(("r", "t"), [(1, 1), (1, 2), (2, 1), (2, 2), (2, 3), (4, 3)])
def test_an_area_law_has_its_string_tension(r: int, t: int) -> None:
    """W = exp(-sigma R T - mu (R + T) - c): the Creutz ratio is sigma, whatever the perimeter says."""
    sigma, perimeter, constant = 0.07, 0.11, 0.02

    def loop(name: str) -> float:
        a, b = map(int, name.split("_")[1].split("x"))
        return math.exp(-sigma * a * b - perimeter * (a + b) - constant)

    quantity = derived(f"creutz_{r}x{t}")
    samples = [noisy(loop(each.name), k, size=1e-4) for k, each in enumerate(quantity.inputs)]
    expected = sigma
    if min(r, t) == 1:  # W(R, 0) = 1 has no perimeter
        expected = sigma + perimeter if max(r, t) > 1 else sigma + 2 * perimeter + constant
    result = quantity.estimate(samples, HERE, separation=5)
    assert abs(result.value - expected) < 1e-12
    relative = [1e-4 / loop(each.name) for each in quantity.inputs]
    powers = [2 if r == t > 1 and k == 2 else 1 for k in range(len(relative))]
    squares = sum((p * e) ** 2 for p, e in zip(powers, relative, strict=True))
    assert result.error == pytest.approx(math.sqrt(squares / 800), rel=0.15)
    assert result.tau_int == pytest.approx(2.5, rel=0.2)


def test_creutz_ratios_are_those_of_configurations() -> None:
    """Against the definition, on links: W(R,T) averaged over both orientations."""
    links = SU(2).haar(np.random.default_rng(0), (1, 6, 3, 4, 3, 5))
    links = SU(2).exp(0.2 * SU(2).log(links))
    quantity = derived("creutz_2x3")
    samples = [each.value(links, 3) for each in quantity.inputs]

    def mean(r: int, t: int) -> float:
        both = [parse_observable(f"wilson_{a}x{b}").value(links, 3).mean() for a, b in ((r, t), (t, r))]
        return float(np.mean(both))

    expected = -math.log(mean(2, 3) * mean(1, 2) / (mean(2, 2) * mean(1, 3)))
    assert quantity.estimate(samples, HERE).value == pytest.approx(expected, abs=1e-12)


def test_a_negative_loop_has_no_logarithm() -> None:
    quantity = derived("creutz_2x2")
    samples = [noisy(0.3), noisy(-0.1), noisy(0.2)]
    with pytest.raises(PhysicsError, match=r"a mean -0.1 of wilson_1x1") as caught:
        quantity.estimate(samples, HERE)
    assert "creutz_2x2" in str(caught.value)
    # Positive by less than its error: the derivative is there, and large.
    assert quantity.estimate([noisy(0.3), noisy(1e-6, 1), noisy(0.2)], HERE).error > 10


@pytest.mark.parametrize(
    ("name", "loops"), [("", 4 * 6 * 8), ("_0", 6 * 8 * 5), ("_2@stout:0.1x1", 4 * 6 * 5)]
)
def test_polyakov_susceptibility(name: str, loops: int) -> None:
    x = np.abs(np.random.default_rng(3).normal(0.2, 0.05, size=(3, 200)))
    quantity = derived(f"polyakov_susceptibility{name}")
    result = quantity.estimate([x], HERE)
    assert result.value == pytest.approx(loops * x.var(), rel=1e-12)
    # The error of a variance s of n independent Gaussian numbers is s sqrt(2 / n).
    assert result.error == pytest.approx(loops * x.var() * math.sqrt(2 / x.size), rel=0.2)
    assert quantity.inputs[0].name.startswith("polyakov_abs")


@pytest.mark.parametrize("name", ["topological_susceptibility", "topological_susceptibility@flow:1.5"])
def test_topological_susceptibility(name: str) -> None:
    charges = np.random.default_rng(3).integers(-3, 4, size=(2, 300)).astype(float)
    result = derived(name).estimate([charges], HERE)
    assert result.value == pytest.approx((charges**2).mean() / BOX.volume, rel=1e-12)
    assert result.error == pytest.approx((charges**2).std() / math.sqrt(600) / BOX.volume, rel=0.15)
    cut = Setting(BOX, SU(3), open=(3,))
    assert derived("topological_susceptibility").estimate([charges], cut).value == pytest.approx(
        result.value * 5 / 3
    )


@pytest.mark.parametrize(("N", "level"), [(2, 0.16875), (3, 0.3), (4, 0.421875), (5, 0.54)])
def test_the_reference_value_of_each_group(N: int, level: float) -> None:
    """0.1125 (N^2 - 1) / N by hand: 0.3375 / 2, 0.9 / 3, 1.6875 / 4, 2.7 / 5."""
    assert reference_energy(N) == pytest.approx(level, rel=1e-14)
    energy = 0.2 / np.maximum(np.arange(41) * 0.1, 1e-9)
    found = derived("t0").estimate([noisy(energy, size=0)], Setting(BOX, SU(N)))
    assert found.value == pytest.approx(5 * level, rel=1e-9)


@pytest.mark.parametrize("group", [SU(2), SU(3), SU(5)], ids=str)
@pytest.mark.parametrize(("spacing", "name"), [(0.1, ""), (0.25, "_plaquette@symanzik_flow:4:0.25")])
def test_scales_of_polynomial_curves_are_exact(group: UnitaryGroup, spacing: float, name: str) -> None:
    """t^2 E = a t + b t^2 is a cubic's to interpolate: both scales are roots of quadratic equations."""
    level, a, b = reference_energy(group.N), 0.06, 0.02
    times = np.arange(round(4 / spacing) + 1) * spacing
    energy = np.divide(a * times + b * times**2, times**2, out=np.full_like(times, 3.0), where=times > 0)
    setting = Setting(BOX, group)
    samples = noisy(energy, size=1e-6)
    expected = (-a + math.sqrt(a * a + 4 * b * level)) / (2 * b)
    t0 = derived(f"t0{name}").estimate([samples], setting)
    assert t0.value == pytest.approx(expected, rel=1e-9)
    squared = (-a + math.sqrt(a * a + 8 * b * level)) / (4 * b)
    w0 = derived(f"w0{name}").estimate([samples], setting)
    assert w0.value == pytest.approx(math.sqrt(squared), rel=1e-9)


def test_the_interpolation_of_a_smooth_curve() -> None:
    """A curve like QCD's, concave and flattening, with the usual spacing of 0.1."""
    times = np.arange(41) * 0.1
    curve = 0.35 * (1 - np.exp(-0.7 * times)) + 0.01 * times
    energy = np.divide(curve, times**2, out=np.full(41, 3.0), where=times > 0)
    low, high = 0.1, 4.0
    for _ in range(80):
        middle = (low + high) / 2
        below = 0.35 * (1 - math.exp(-0.7 * middle)) + 0.01 * middle < 0.3
        low, high = (middle, high) if below else (low, middle)
    assert derived("t0").estimate([noisy(energy, size=0)], HERE).value == pytest.approx(low, abs=2e-6)


def test_the_derivative_of_a_quartic_is_exact() -> None:
    """t^2 E = t / 10 + t^4 / 640, whose t d/dt is 0.3 at t = 2, a point of the curve.

    A parabola through three points would make the derivative too large by 4 t b h^2, h the spacing.
    """
    times = np.arange(41) * 0.1
    curve = times / 10 + times**4 / 640
    energy = np.divide(curve, times**2, out=np.full(41, 3.0), where=times > 0)
    found = derived("w0").estimate([noisy(energy, size=0)], HERE).value
    assert found == pytest.approx(math.sqrt(2), abs=1e-12)


def test_the_error_of_t0_is_that_of_the_curve() -> None:
    """t^2 E = a t with an a that fluctuates: t0 = c / a, and its error follows."""
    times = np.arange(41) * 0.1
    slope = np.random.default_rng(8).normal(0.1, 0.004, size=(2, 500, 1))
    energy = slope / np.maximum(times, 1e-9)
    result = derived("t0").estimate([energy], HERE)
    mean = slope.mean()
    assert result.value == pytest.approx(0.3 / mean, rel=1e-9)
    assert result.error == pytest.approx(0.3 / mean**2 * slope.std() / math.sqrt(1000), rel=0.15)
    assert derived("w0").estimate([energy], HERE).value == pytest.approx(math.sqrt(0.3 / mean), rel=1e-9)


@pytest.mark.parametrize("name", ["t0", "w0", "t0_plaquette"])
def test_a_scale_beyond_the_flow_is_told(name: str) -> None:
    times = np.arange(41) * 0.1
    rising = np.divide(0.01 * times, times**2, out=np.full(41, 3.0), where=times > 0)
    with pytest.raises(PhysicsError, match=rf"at most 0.04 up to t = 4, not 0.3; .*{name}@flow:8:0.1"):
        derived(name).estimate([noisy(rising, size=1e-6)], HERE)
    falling = rising * np.exp(-times)
    with pytest.raises(PhysicsError, match="larger lattice"):
        derived(name).estimate([noisy(falling, size=1e-6)], HERE)


def test_a_scale_needs_su_n_in_four_dimensions() -> None:
    for lattice, group in ((Lattice((4, 4, 4)), SU(3)), (BOX, U1())):
        with pytest.raises(PhysicsError, match="no scale defined"):
            derived("t0").validate(Setting(lattice, group))
    derived("t0").validate(HERE)


def test_inputs_are_validated() -> None:
    with pytest.raises(PhysicsError, match="3 directions"):
        derived("topological_susceptibility").validate(Setting(Lattice((4, 4, 4)), SU(3)))
    with pytest.raises(PhysicsError, match="open boundary"):
        derived("polyakov_susceptibility").validate(Setting(BOX, SU(3), open=(3,)))
    with pytest.raises(InputError, match="a side longer"):
        derived("creutz_9x9").validate(HERE)
