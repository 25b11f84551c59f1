"""Data augmentation: batches moved by random symmetries, for models that do not have them built in.

An `Augmentation` transforms links and targets together, so that a baseline can be shown what an equivariant
network knows. Where a target is not moved along as a plain number, `lcnn.covariance` says so beforehand.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations, product
from typing import final

import torch
from torch import Tensor

from lcnn.field import check_links, gauge_transform
from lgt.errors import InputError, ShapeError
from lgt.group import SignedPermutation

AUGMENTATIONS = ("translation", "hypercubic", "gauge")
"""What batches can be moved by."""


@final
@dataclass(frozen=True)
class Augmentation:
    """Random symmetry transformations of batches.

    Translations and gauge transformations are drawn for every configuration anew, rotations and reflections
    once for the batch, evenly from those that keep the box: all of B_d on a hypercube, and on other boxes
    those that permute axes of equal extents alone.

    Parameters
    ----------
    symmetries
        Any of ``"translation"``, ``"hypercubic"``, ``"gauge"``; carried out in this order.
    pseudoscalar
        Whether targets change sign under reflections (det g = -1), as the topological charge does.

    Raises
    ------
    InputError
        For any other symmetry, none, one twice, or what is not a tuple of names.

    Examples
    --------
    >>> links = torch.ones(3, 2, 4, 4, 1, 1, dtype=torch.complex128)
    >>> moved, targets = Augmentation(("translation", "gauge"))(
    ...     links, torch.arange(48.0).reshape(3, 4, 4), torch.Generator().manual_seed(1)
    ... )
    >>> moved.shape == links.shape, bool((targets.flatten(1).sum(1) == torch.tensor([120, 376, 632])).all())
    (True, True)
    """

    symmetries: tuple[str, ...]
    pseudoscalar: bool = False

    def __post_init__(self) -> None:
        names, remedy = self.symmetries, f"name some of {', '.join(AUGMENTATIONS)} in a tuple, each once"
        if type(names) is not tuple or not names:
            raise InputError(f"augmentation {names!r}", "no tuple of symmetries", remedy)
        for name in names:
            if name not in AUGMENTATIONS:
                raise InputError(f"augmentation {name!r}", "no such symmetry", remedy)
        if len(set(names)) < len(names):
            raise InputError(f"augmentation {names!r}", "the same symmetry twice", remedy)
        if self.pseudoscalar not in (False, True):
            found = f"pseudoscalar = {self.pseudoscalar!r}"
            raise InputError("an augmentation", found, "use True or False")

    def __call__(self, links: Tensor, targets: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Return links (B, d, *extents, N, N) and targets (B, *extents) or (B,), both transformed.

        Parameters
        ----------
        links, targets
            The batch; on any device and in any precision.
        generator
            A generator of the CPU; all that is drawn comes from it.
        """
        d = check_links(links).shape[1]
        if targets.ndim not in (1, 1 + d):
            shape = tuple(targets.shape)
            raise ShapeError("targets to augment", f"the shape {shape}", "use (B, *extents) or (B,)")
        if "translation" in self.symmetries:
            links, targets = _translate(links, targets, generator)
        if "hypercubic" in self.symmetries:
            elements = box_elements(tuple(links.shape[2:-2]))
            g = elements[int(torch.randint(len(elements), (1,), generator=generator))]
            links = transform_links(links, g)
            targets = transform_sites(targets, g) if targets.ndim > 1 else targets
            targets = targets * g.determinant if self.pseudoscalar else targets
        if "gauge" in self.symmetries:
            omega = haar(links.shape[-1], (len(links), *links.shape[2:-2]), generator)
            links = gauge_transform(links, omega.to(dtype=links.dtype, device=links.device))
        return links, targets


def box_elements(extents: tuple[int, ...]) -> tuple[SignedPermutation, ...]:
    """The rotations and reflections that map a box to itself: a subgroup of B_d.

    Examples
    --------
    >>> len(box_elements((4, 4))), len(box_elements((4, 6))), len(box_elements((8, 8, 8, 4)))
    (8, 4, 96)
    """
    axes = range(len(extents))
    keeping = [p for p in permutations(axes) if all(extents[p[mu]] == extents[mu] for mu in axes)]
    return tuple(SignedPermutation(p, s) for p in keeping for s in product((1, -1), repeat=len(extents)))


def transform_sites(field: Tensor, g: SignedPermutation) -> Tensor:
    """``(g f)(x) = f(g^-1 x)`` for numbers (B, *extents), about site 0; on the permuted box."""
    return _moved(field, g, 1)


def transform_links(links: Tensor, g: SignedPermutation) -> Tensor:
    """``(gU)(x, v) = U(g^-1 x, g^-1 v)`` for links (B, d, *extents, N, N); on the permuted box.

    A reversed direction takes the dagger of the link that ends where the reversed one starts:
    ``U(x, -e_mu) = U_mu(x - e_mu)^+``.

    Examples
    --------
    >>> turn = SignedPermutation.parse("+1 -0")
    >>> transform_links(torch.ones(1, 2, 4, 6, 3, 3, dtype=torch.cfloat), turn).shape
    torch.Size([1, 2, 6, 4, 3, 3])
    """
    back = g.inverse()
    found = []
    for mu in range(links.shape[1]):
        nu = back.permutation[mu]
        component = links[:, nu]
        if back.signs[mu] < 0:
            component = torch.roll(component, 1, dims=1 + nu).mH
        found.append(_moved(component, g, 1))
    return torch.stack(found, dim=1)


def _moved(field: Tensor, g: SignedPermutation, first: int) -> Tensor:
    """f(g^-1 x) for a field whose sites are the axes from `first` on."""
    reflected = [first + mu for mu, sign in enumerate(g.signs) if sign < 0]
    # flip takes x to L - 1 - x; rolled by one it is -x mod L
    field = torch.roll(torch.flip(field, reflected), [1] * len(reflected), reflected) if reflected else field
    sites = [first + nu for nu in g.inverse().permutation]
    return field.permute(*range(first), *sites, *range(first + g.d, field.ndim))


def _translate(links: Tensor, targets: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Move every configuration by a displacement of its own."""
    extents = tuple(links.shape[2:-2])
    steps = [torch.randint(L, (len(links),), generator=generator).tolist() for L in extents]
    axes = tuple(range(1, 1 + len(extents)))
    moved, moved_targets = [], []
    for k, by in enumerate(zip(*steps, strict=True)):
        moved.append(torch.roll(links[k], by, axes))
        moved_targets.append(torch.roll(targets[k], by, tuple(range(len(extents)))) if targets.ndim > 1
                             else targets[k])  # fmt: skip
    return torch.stack(moved), torch.stack(moved_targets)


def haar(N: int, shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    """Independent Haar matrices of SU(N), U(1) for N = 1: (*shape, N, N) complex128 on the CPU.

    Gram and Schmidt's way with complex Gaussian columns, carried out twice; its triangular factor has a
    positive diagonal, so the unitary one has the Haar measure (Mezzadri, Notices of the AMS 54 (2007) 592).
    The phase of the determinant is then taken out of the last column.

    Examples
    --------
    >>> U = haar(3, (5,), torch.Generator().manual_seed(1))
    >>> bool(torch.allclose(U @ U.mH, torch.eye(3, dtype=U.dtype), atol=1e-14))
    True
    """
    real = torch.randn(2, *shape, N, N, generator=generator, dtype=torch.float64)
    M = torch.complex(real[0], real[1])
    columns: list[Tensor] = []
    for k in range(N):
        v = M[..., k]
        for _ in range(2):
            for u in columns:
                v = v - u * (u.conj() * v).sum(-1, keepdim=True)
            v = v / v.abs().square().sum(-1, keepdim=True).sqrt()
        columns.append(v)
    if N > 1:
        columns[-1] = columns[-1] * torch.linalg.det(torch.stack(columns, -1)).conj().unsqueeze(-1)
    return torch.stack(columns, -1)
