"""Augmentation beside numpy's action of the symmetries, and labels that follow the links."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from lcnn.augment import Augmentation, box_elements, haar, transform_links, transform_sites
from lgt.errors import InputError, ShapeError
from lgt.group import SU, Hyperoctahedral, SignedPermutation
from lgt.lattice import Lattice
from lgt.observable import parse_observable
from lgt.symmetry import LINKS, SCALAR, PointGroup


def generator(seed: int = 1) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def some_links(extents: tuple[int, ...], batch: int = 2, N: int = 3) -> np.ndarray:
    return LINKS.random(np.random.default_rng(5), SU(N), Lattice(extents), batch=batch)


@pytest.mark.parametrize("extents", [(3, 4), (2, 3, 4), (2, 3, 4, 5)])
def test_the_action_is_that_of_numpy(extents: tuple[int, ...]) -> None:
    """On boxes of distinct extents, whose axes cannot be mixed up unseen."""
    box, symmetry = Lattice(extents), PointGroup()
    links = some_links(extents)
    sites = np.random.default_rng(1).standard_normal((2, 1, *extents))
    elements = Hyperoctahedral(box.d).elements
    picked = elements if box.d < 4 else elements[:: len(elements) // 30]
    wrong = 0
    for g in picked:
        ours = transform_links(torch.from_numpy(links), g).numpy()
        assert np.abs(ours - symmetry.act(g, links, LINKS, box)).max() < 1e-13
        moved = transform_sites(torch.from_numpy(sites[:, 0]), g).numpy()
        assert np.array_equal(moved, symmetry.act(g, sites, SCALAR, box)[:, 0])
        inverse = symmetry.act(g.inverse(), sites, SCALAR, box)[:, 0]
        wrong += moved.shape != inverse.shape or not np.array_equal(moved, inverse)
    assert len(picked) > 7
    assert wrong >= 2  # g and its inverse are told apart


def label_error(
    names: tuple[str, ...], observable: str, *, flip: bool, seed: int, per: str = "site"
) -> float:
    """How far augmented labels are off those of the augmented links."""
    measured = parse_observable(observable)
    links = some_links((3, 3, 3, 4), batch=2)
    measure: Any = measured.density if per == "site" else measured.value
    targets = torch.from_numpy(measure(links, 4))
    moved, labels = Augmentation(names, flip)(torch.from_numpy(links), targets, generator(seed))
    assert not np.allclose(moved.numpy(), links)
    return float(np.abs(measure(moved.numpy(), 4) - labels.numpy()).max())


ALL = ("translation", "hypercubic", "gauge")


@pytest.mark.parametrize("per", ["site", "configuration"])
@pytest.mark.parametrize(("observable", "flip"), [("energy_clover", False), ("topological_charge", True)])
def test_labels_belong_to_the_links(observable: str, flip: bool, per: str) -> None:
    errors = [label_error(ALL, observable, flip=flip, seed=seed, per=per) for seed in range(6)]
    assert max(errors) < 1e-13


def test_a_missing_sign_is_seen() -> None:
    """Some of the elements drawn are reflections; without the sign their labels are wrong."""
    errors = [label_error(ALL, "topological_charge", flip=False, seed=seed) for seed in range(6)]
    assert max(errors) > 1e-3
    assert min(errors) < 1e-13  # proper rotations were drawn too
    assert max(label_error(ALL, "energy_clover", flip=True, seed=seed) for seed in range(6)) > 1e-3


def test_densities_at_a_corner_do_not_follow_reflections() -> None:
    assert label_error(("translation", "gauge"), "plaquette", flip=False, seed=1) < 1e-13
    assert max(label_error(("hypercubic",), "plaquette", flip=False, seed=seed) for seed in range(4)) > 1e-3


def test_every_element_that_keeps_the_box_is_drawn() -> None:
    links = torch.from_numpy(some_links((3, 3), batch=1, N=2))
    found = set()
    random, augmentation = generator(3), Augmentation(("hypercubic",))
    for _ in range(80):
        moved, _ = augmentation(links, torch.zeros(1), random)
        found.add(round(float(moved.real.flatten() @ torch.arange(moved.numel(), dtype=torch.float64)), 6))
    assert len(found) == len(box_elements((3, 3))) == 8
    kept = box_elements((3, 3, 5))
    assert len(kept) == 16
    assert all(Lattice((3, 3, 5)).transformed(g) == Lattice((3, 3, 5)) for g in kept)
    assert SignedPermutation.identity(3) in kept


def test_one_generator_decides_all() -> None:
    links, targets = torch.from_numpy(some_links((3, 3))), torch.randn(2, 3, 3, dtype=torch.float64)

    def run(seed: int) -> tuple[Tensor, Tensor]:
        torch.rand(seed)  # the global generator does not matter
        return Augmentation(ALL)(links, targets, generator(seed))

    first, again, other = run(1), run(1), run(2)
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not torch.equal(first[0], other[0])


def test_precision_is_kept() -> None:
    links = torch.from_numpy(some_links((3, 3))).to(torch.complex64)
    moved, targets = Augmentation(ALL)(links, torch.zeros(2), generator())
    assert (moved.dtype, targets.dtype) == (torch.complex64, torch.float32)


@pytest.mark.parametrize("N", [1, 2, 3, 4])
def test_haar_matrices(N: int) -> None:
    """Unitary, of determinant 1, and with the moments <|tr U|^2> = 1 and, for N > 2, <(tr U)^2> = 0."""
    U = haar(N, (4000,), generator(2))
    assert (U @ U.mH - torch.eye(N)).abs().max() < 1e-14
    if N > 1:
        assert (torch.linalg.det(U) - 1).abs().max() < 1e-13
    trace = U.diagonal(dim1=-2, dim2=-1).sum(-1)
    assert float(trace.abs().square().mean()) == pytest.approx(1, abs=0.08)
    assert abs(complex(trace.mean())) < 0.05
    # left invariance in one entry: <U_00 conj U_01> = 0
    if N > 1:
        assert abs(complex((U[:, 0, 0] * U[:, 0, 1].conj()).mean())) < 0.03


def test_what_is_refused() -> None:
    with pytest.raises(InputError, match="augmentation 'rotation'"):
        Augmentation(("rotation",))
    for nothing in ((), None, 3, "gauge", ["gauge"]):
        with pytest.raises(InputError, match="no tuple of symmetries"):
            Augmentation(nothing)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="augmentation 3"):
        Augmentation((3,))  # type: ignore[arg-type]
    with pytest.raises(InputError, match="twice"):
        Augmentation(("gauge", "gauge"))
    with pytest.raises(InputError, match="pseudoscalar = 'scalar'"):
        Augmentation(("gauge",), "scalar")  # type: ignore[arg-type]
    with pytest.raises(ShapeError, match="targets to augment"):
        Augmentation(ALL)(torch.from_numpy(some_links((3, 3))), torch.zeros(2, 3), generator())
