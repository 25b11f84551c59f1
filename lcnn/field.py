"""Links and matter on the lattice as batched torch tensors, and the SU(N) algebra with safe gradients.

Everything is batch first: links ``(B, d, *extents, N, N)``, matter ``(B, C, *extents, N, N)``, complex64 or
complex128, with d = ndim - 4. No lattice size is stored anywhere, and every function is plain torch, so it
has derivatives of every order, with respect to the links too. numpy's counterpart is `lgt.field`; each is
the other's oracle.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from lgt.errors import InputError, ShapeError
from lgt.group import SU, U1, UnitaryGroup


def dagger(M: Tensor) -> Tensor:
    """Hermitian conjugate of the last two axes."""
    return M.mH


def trace(M: Tensor) -> Tensor:
    """Trace over the last two axes, not divided by N; shape (...)."""
    return M.diagonal(dim1=-2, dim2=-1).sum(-1)


def extents_of(field: Tensor) -> tuple[int, ...]:
    """The lattice of links or matter, (B, channels, *extents, N, N).

    Raises
    ------
    ShapeError
        If the tensor has not that layout, or is not complex.

    Examples
    --------
    >>> extents_of(torch.zeros(5, 2, 4, 6, 3, 3, dtype=torch.complex64))
    (4, 6)
    """
    if not isinstance(field, Tensor):
        remedy = "convert it with torch.from_numpy(array)"  # type: ignore[unreachable]
        raise ShapeError("a field as a torch tensor", f"an object of type {type(field).__name__}", remedy)
    if field.ndim < 5 or field.shape[-1] != field.shape[-2] or not field.is_complex():
        raise ShapeError(
            "a field of shape (batch, channels, *extents, N, N), complex",
            f"shape {tuple(field.shape)}, {str(field.dtype).removeprefix('torch.')}",
            "add a batch axis or convert",
        )
    return tuple(field.shape[2:-2])


def check_links(links: Tensor) -> Tensor:
    """Return the links after a look at their layout.

    Raises
    ------
    ShapeError
        If they are not complex of shape (B, d, *extents, N, N).
    """
    extents = extents_of(links)
    if links.shape[1] != len(extents):
        raise ShapeError(
            "links of shape (batch, d, *extents, N, N)",
            f"{links.shape[1]} directions on the lattice {'x'.join(map(str, extents))}",
            "give one link a direction",
        )
    return links


def check_fit(field: Tensor, other: Tensor) -> None:
    """Raise ShapeError unless two fields live on one lattice, with the same batch, N and dtype."""
    ours, theirs = ((f.shape[0], *extents_of(f), f.shape[-1]) for f in (field, other))
    if ours != theirs or field.dtype != other.dtype:
        raise ShapeError(
            f"a field beside one of shape {tuple(field.shape)}, {field.dtype}",
            f"shape {tuple(other.shape)}, {other.dtype}",
            "use one batch, lattice, N and dtype",
        )


def check_precision(weight: Tensor, field: Tensor) -> None:
    """Raise InputError unless real weights have the precision of the complex field they multiply."""
    if weight.dtype != field.dtype.to_real():
        wanted = "double" if field.dtype == torch.complex128 else "float"
        raise InputError(
            f"weights of {str(weight.dtype).removeprefix('torch.')} on a field",
            f"a field of {str(field.dtype).removeprefix('torch.')}",
            f"call model.{wanted}() or convert the field",
        )


def set_precision(module: torch.nn.Module, dtype: str) -> None:
    """Give every parameter and buffer the precision of "complex128" or "complex64", real ones stay real.

    Unlike `Module.double`, complex ones are converted too.

    Examples
    --------
    >>> module = torch.nn.Linear(2, 1)
    >>> set_precision(module, "complex128")
    >>> module.weight.dtype
    torch.float64
    """
    wide: torch.dtype = getattr(torch, dtype)

    def convert(tensor: Tensor) -> Tensor:
        if tensor.is_complex():
            return tensor.to(wide)
        return tensor.to(wide.to_real()) if tensor.is_floating_point() else tensor

    with torch.no_grad():
        for parameter in module.parameters():
            parameter.data = convert(parameter.data)
        for part in module.modules():
            for name, buffer in part.named_buffers(recurse=False):
                setattr(part, name, convert(buffer))


def shift(field: Tensor, mu: int, steps: int = 1) -> Tensor:
    """The field seen from a site `steps` further: ``result(x) = field(x + steps mu)``, periodically.

    Parameters
    ----------
    field
        Shape (B, channels, *extents, ...): links, matter or numbers.

    Examples
    --------
    >>> shift(torch.arange(4).reshape(1, 1, 4), 0)
    tensor([[[1, 2, 3, 0]]])
    """
    return torch.roll(field, -steps, dims=2 + mu)


def gauge_transform(links: Tensor, omega: Tensor) -> Tensor:
    """``U_mu(x) -> Om(x) U_mu(x) Om(x+mu)^+``.

    Parameters
    ----------
    links
        Shape (B, d, *extents, N, N).
    omega
        Shape (B, *extents, N, N), or B = 1 for the same transformation of the whole batch.
    """
    d = len(extents_of(check_links(links)))
    sites = omega.unsqueeze(1)
    ends = torch.cat([shift(sites, mu) for mu in range(d)], dim=1)
    return sites @ links @ dagger(ends)


def gauge_transform_matter(matter: Tensor, omega: Tensor) -> Tensor:
    """``W(x) -> Om(x) W(x) Om(x)^+`` for matter (B, C, *extents, N, N) and omega (B, *extents, N, N)."""
    sites = omega.unsqueeze(1)
    return sites @ matter @ dagger(sites)


def pack(matter: Tensor) -> Tensor:
    """Matter in the layout that the layers compute in: (B, *extents, N, 2, N, C), real.

    The axes after the sites are column, (re, im), row, channel. With the channels last, every sum over
    channels is one real matrix product, every transport is one real matrix product a site, and the row
    of a left factor meets the column of a right one without a copy.
    """
    n = matter.ndim
    entries = torch.view_as_real(matter.resolve_conj())
    return entries.permute(0, *range(2, n - 2), n - 1, n, n - 2, 1).contiguous()


def unpack(packed: Tensor) -> Tensor:
    """The inverse of `pack`: (B, *extents, N, 2, N, C) real to (B, C, *extents, N, N) complex."""
    n = packed.ndim
    entries = packed.permute(0, n - 1, *range(1, n - 4), n - 2, n - 4, n - 3).contiguous()
    return torch.view_as_complex(entries)


def gauge_group(field: Tensor, group: UnitaryGroup | None = None) -> UnitaryGroup:
    """The group that a field belongs to: the one given, else SU(N), for N = 1 U(1).

    The data tell N alone: links in U(N) must be announced, because there the algebra keeps its trace.

    Parameters
    ----------
    field
        Shape (..., N, N).

    Raises
    ------
    InputError
        If a group is given that has another N.

    Examples
    --------
    >>> gauge_group(torch.zeros(3, 3)), gauge_group(torch.zeros(1, 1))
    (SU(3), U(1))
    """
    N = field.shape[-1]
    if group is None:
        return SU(N) if N > 1 else U1()
    if group.N != N:
        raise InputError(f"a field of {group!r}", f"{N} x {N} matrices", f"give {group.N} x {group.N} ones")
    return group


def exp_antihermitian(X: Tensor) -> Tensor:
    """The exponential of antihermitian matrices (..., N, N), with derivatives of every order everywhere.

    Examples
    --------
    >>> exp_antihermitian(torch.zeros(1, 1, dtype=torch.complex64))
    tensor([[1.+0.j]])
    """
    # matrix_exp views its argument, which not all strides allow
    U: Tensor = torch.exp(X) if X.shape[-1] == 1 else torch.linalg.matrix_exp(X.contiguous())
    return U


def antihermitian(M: Tensor, group: UnitaryGroup) -> Tensor:
    """TA(M), the part of M in the algebra: (M - M^+)/2, for SU(N) without its trace; shape (..., N, N)."""
    A = (M - dagger(M)) / 2
    if not isinstance(group, SU):
        return A
    one = torch.eye(group.N, dtype=M.dtype, device=M.device)
    return A - trace(A)[..., None, None] / group.N * one


def algebra(coordinates: Tensor, group: UnitaryGroup) -> Tensor:
    """X = c_a T^a in the basis of `group.generators`: (..., dimension) real to (..., N, N) complex.

    Examples
    --------
    >>> from lgt.group import SU
    >>> algebra(torch.tensor([0.0, 0.0, 2.0]), SU(2))
    tensor([[0.-1.j, 0.+0.j],
            [0.+0.j, 0.+1.j]])
    """
    if coordinates.ndim == 0 or coordinates.shape[-1] != group.dimension:
        found = f"coordinates of shape {tuple(coordinates.shape)}"
        raise ShapeError(f"algebra of {group!r}", found, f"give (..., {group.dimension})")
    generators = torch.tensor(
        group.generators, dtype=coordinates.dtype.to_complex(), device=coordinates.device
    )
    X: Tensor = torch.tensordot(coordinates.to(generators.dtype), generators, dims=1)
    return X


def exp(coordinates: Tensor, group: UnitaryGroup) -> Tensor:
    """The group element exp(c_a T^a): (..., dimension) real to (..., N, N) complex.

    Its derivatives of every order are finite everywhere, at c = 0 too.

    Examples
    --------
    >>> from lgt.group import SU
    >>> bool((exp(torch.zeros(8), SU(3)) == torch.eye(3)).all())
    True
    """
    return exp_antihermitian(algebra(coordinates, group))


def project(M: Tensor, group: UnitaryGroup) -> Tensor:
    """The group element that belongs to a matrix: its polar factor W, for SU(N) times det(W)^(-1/N).

    Newton's iteration X <- (X + X^-+)/2 (Higham 1986) in place of a singular value decomposition, whose
    gradient is not finite where singular values meet, that is for every M near the group.

    Parameters
    ----------
    M
        Invertible matrices, shape (..., N, N).

    Raises
    ------
    InputError
        If a matrix is singular to rounding.

    Examples
    --------
    >>> from lgt.group import SU
    >>> project(3 * torch.eye(2, dtype=torch.complex128), SU(2)).real
    tensor([[1., 0.],
            [0., 1.]], dtype=torch.float64)
    """
    W = _polar(M)
    if W is None:
        raise InputError(f"projection to {group!r}", "a singular matrix", "give invertible matrices")
    if not isinstance(group, SU):
        return W
    phase = torch.linalg.det(W).angle() / group.N
    P: Tensor = W * torch.polar(torch.ones_like(phase), -phase)[..., None, None]
    return P


def _polar(M: Tensor) -> Tensor | None:
    """The polar factor by Newton's iteration, or None where it does not converge."""
    # det only sets the scale at which the iteration starts: the polar factor does not depend on it.
    size = torch.linalg.det(M.detach()).abs() ** (1 / M.shape[-1])
    X: Tensor = M / size[..., None, None]
    small, extra = torch.finfo(M.dtype).eps ** 0.75, 2
    for _ in range(50):
        before: Tensor = X
        inverse: Tensor = torch.linalg.inv_ex(X).inverse
        X = (X + dagger(inverse)) / 2
        change = float((X - before).detach().abs().amax()) if X.numel() else 0.0
        if not change < math.inf:
            return None
        # Convergence is quadratic, and derivatives of order up to 2^k - 1 follow k steps later.
        if change < small:
            if extra == 0:
                return X
            extra -= 1
    return None
