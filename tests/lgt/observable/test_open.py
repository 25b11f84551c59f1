"""Open boundaries: no number depends on a link that leaves the box."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

import lgt
from lgt.errors import PhysicsError
from lgt.field import Array, dagger, gauge_transform
from lgt.group import SU, U1
from lgt.lattice import Lattice
from lgt.loops import loop_trace
from lgt.observable import Observable, UserObservable, evaluate, parse_observable, rectangles
from lgt.path import rectangle

NAMES = [
    "plaquette",
    "action_density",
    "energy_plaquette",
    "energy_clover",
    "wilson_1x2",
    "wilson_2x2",
    "wilson_2x1_symmetric",
    "polyakov_abs_0",
    "polyakov_re_1",
    "topological_charge",
    "topological_charge@flow:0.1",
    "energy_clover@symanzik_flow:0.1",
    "energy_plaquette@flow:0.1:0.05",
]


def cut(links: Array, open: tuple[int, ...], seed: int) -> Array:
    """The links that leave the box replaced by others."""
    links, d = links.copy(), links.shape[0]
    for mu in open:
        index = [mu, *([slice(None)] * d)]
        index[1 + mu] = -1
        last = links[tuple(index)]
        last[...] = SU(links.shape[-1]).haar(np.random.default_rng(seed), last.shape[:-2])
    return links


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("open", [(3,), (2,), (2, 3)], ids=str)
def test_no_link_across_the_boundary_counts(name: str, open: tuple[int, ...]) -> None:
    links = SU(3).haar(np.random.default_rng(1), (4, 4, 3, 5, 4))
    other = cut(links, open, 2)
    observable = parse_observable(name)
    value = observable.value(links, 4, open=open)
    assert np.abs(observable.value(other, 4, open=open) - value).max() < 1e-13
    if not name.startswith("polyakov"):
        assert np.abs(observable.value(other, 4) - observable.value(links, 4)).min() > 1e-6  # the control
        assert np.abs(observable.value(links, 4) - value).min() > 1e-6
    assert np.array_equal(evaluate([observable], links, 4, open=open)[observable], value)


@pytest.mark.parametrize(("r", "t"), [(1, 1), (2, 3), (1, 2)])
def test_the_average_is_over_the_loops_inside(r: int, t: int) -> None:
    """Loop by loop with the path algebra, for each plane those that do not leave the box."""
    links, open = SU(2).haar(np.random.default_rng(1), (3, 4, 5, 6)), (0, 2)
    means = []
    for mu, nu in combinations(range(3), 2):
        path = rectangle(mu, nu, r, t)
        high = [(r if rho == mu else 0) + (t if rho == nu else 0) for rho in range(3)]
        fits = [slice(0, 4 - high[0]), slice(0, 5), slice(0, 6 - high[2])]
        means.append(loop_trace(links, path).real[tuple(fits)].mean())
    value = parse_observable(f"wilson_{r}x{t}").value(links, open=open)
    assert abs(value - np.mean(means)) < 1e-14
    if r == t == 1:
        plaquette = parse_observable("plaquette").value(links, open=open)
        assert plaquette == value
        energy = parse_observable("energy_plaquette").value(links, open=open)
        assert abs(energy - 2 * 3 * 2 * (1 - plaquette)) < 1e-13


def test_the_clover_average_is_over_the_sites_inside() -> None:
    links = SU(2).haar(np.random.default_rng(1), (3, 4, 5, 6))
    energy = parse_observable("energy_clover")
    inner = energy.density(links)[:, :, 1:5].mean()
    assert abs(energy.value(links, open=(2,)) - inner) < 1e-13


def test_the_charge_is_a_sum() -> None:
    links = SU(2).haar(np.random.default_rng(1), (4, 4, 3, 5, 4))
    charge = parse_observable("topological_charge")
    assert abs(charge.value(links, 4, open=(3,)) - charge.density(links, 4)[..., 1:3].sum()) < 1e-13


def test_the_improved_charge_keeps_three_sites_from_a_boundary() -> None:
    """Its loops of 3x3 reach three sites to every side: what is beyond the boundary must not count."""
    links = SU(2).haar(np.random.default_rng(1), (4, 4, 4, 4, 9))
    charge = parse_observable("topological_charge_improved")
    value = charge.value(links, 4, open=(3,))
    assert abs(value - charge.density(links, 4)[..., 3:6].sum()) < 1e-13
    links[3, ..., 8, :, :] = SU(2).haar(np.random.default_rng(2), (4, 4, 4))
    assert abs(charge.value(links, 4, open=(3,)) - value) < 1e-13
    assert abs(charge.density(links, 4)[..., 2:7].sum() - value) > 1e-3


@pytest.mark.parametrize("name", ["polyakov_abs", "polyakov_re", "polyakov_im_1", "polyakov_abs_1"])
def test_no_loop_winds_around_an_open_direction(name: str) -> None:
    links = U1().haar(np.random.default_rng(1), (2, 4, 5))
    observable = parse_observable(name)
    for refuse in (lambda: observable.value(links, open=(1,)), lambda: _validate(observable, (4, 5), (1,))):
        with pytest.raises(PhysicsError, match="open boundary along axis 1"):
            refuse()
    parse_observable("polyakov_abs_0").value(links, open=(1,))


@pytest.mark.parametrize("name", ["wilson_1x5", "wilson_5x1_symmetric", "wilson_2x6"])
def test_a_loop_that_does_not_fit_is_refused(name: str) -> None:
    with pytest.raises(PhysicsError, match="no loop inside"):
        _validate(parse_observable(name), (6, 5), (1,))
    for fits in ("wilson_4x4", "wilson_5x2"):  # the longer side lies along the periodic axis
        _validate(parse_observable(fits), (6, 5), (1,))


def test_smearing_across_a_boundary_is_refused() -> None:
    links = U1().haar(np.random.default_rng(1), (2, 4, 5))
    observable = parse_observable("plaquette@stout:0.1x1")
    with pytest.raises(PhysicsError, match="use flow:T"):
        observable.value(links, open=(1,))
    with pytest.raises(PhysicsError, match="use flow:T"):
        _validate(observable, (4, 5), (1,))


class Mine(Observable):
    """As users wrote them before there were boundaries."""

    def density(self, links: Array, d: int | None = None) -> Array:
        return rectangles(links, 1, 1, d)


class Reaching(Mine):
    reach = (0, 1)


def test_an_observable_of_a_user_says_how_far_it_reaches() -> None:
    links = SU(2).haar(np.random.default_rng(1), (3, 4, 5, 6))
    silent, known = UserObservable("mine:Mine", Mine()), UserObservable("mine:Reaching", Reaching())
    assert silent.value(links) == parse_observable("plaquette").value(links)
    with pytest.raises(PhysicsError, match="reach = "):
        silent.validate(Lattice((4, 5, 6)), open=(2,))
    with pytest.raises(PhysicsError, match="reach = "):
        silent.value(links, open=(2,))
    known.validate(Lattice((4, 5, 6)), open=(2,))
    assert abs(known.value(links, open=(2,)) - rectangles(links, 1, 1)[..., :5].mean()) < 1e-14


def test_generate_and_measure_know_the_boundaries(tmp_path: object) -> None:
    path = f"{tmp_path}/open.h5"
    run = lgt.RunConfig(
        group="SU2",
        lattice="4x4x6",
        beta=2.0,
        configs=3,
        thermalise=5,
        separation=1,
        boundary="open",
        measure=["wilson_1x2"],
        out=path,
    )
    with lgt.generate(run) as ensemble:
        for name in ("plaquette", "wilson_1x2"):
            expected = [parse_observable(name).value(links, 3, open=(2,)) for links in ensemble]
            assert np.array_equal(ensemble.observable(name)[0], expected)
        ensemble.verify()
        found = lgt.measure(ensemble, "energy_plaquette,polyakov_abs_0")
        expected = [parse_observable("energy_plaquette").value(links, 3, open=(2,)) for links in ensemble]
        assert np.array_equal(found["energy_plaquette"][0], expected)
        with pytest.raises(PhysicsError, match="open boundary"):
            lgt.measure(ensemble, "polyakov_abs")
    refused = {**run.model_dump(), "measure": ["polyakov_abs"], "out": f"{tmp_path}/other.h5"}
    with pytest.raises(PhysicsError, match="open boundary"):
        lgt.generate(lgt.RunConfig(**refused))


def _validate(observable: Observable, box: tuple[int, ...], open: tuple[int, ...]) -> None:
    observable.validate(Lattice(box), open=open)


@pytest.mark.parametrize("name", NAMES)
def test_the_symmetries_that_boundaries_leave(name: str) -> None:
    """Gauge transformations, translations along the boundary, reflections across it (of which Q is odd)."""
    rng = np.random.default_rng(4)
    links, box, open = SU(3).haar(rng, (4, 4, 3, 5, 4)), (4, 3, 5, 4), (3,)
    observable = parse_observable(name)
    value = observable.value(links, 4, open=open)
    sign = -1 if name.startswith("topological") else 1
    gauged = gauge_transform(links, SU(3).haar(rng, box), 4)
    assert np.abs(observable.value(gauged, 4, open=open) - value).max() < 1e-11
    moved = np.roll(links, (1, 2), axis=(2, 3))
    assert np.abs(observable.value(moved, 4, open=open) - value).max() < 1e-12
    # x_3 -> L - 1 - x_3 maps the box to itself; a translation alone would not.
    reflected = np.flip(links, axis=4).copy()
    reflected[3] = np.roll(dagger(reflected[3]), -1, axis=3)
    assert np.abs(observable.value(reflected, 4, open=open) - sign * value).max() < 1e-11
    shifted = np.roll(links, 1, axis=4)
    if not name.startswith("polyakov"):
        assert np.abs(observable.value(shifted, 4, open=open) - value).min() > 1e-6
