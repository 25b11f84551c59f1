"""A correct transport-and-bilinear layer and 13 broken ones, to try a symmetry test on.

All map links ``(batch, d, *extents, N, N)`` and matter ``(batch, channel, *extents, N, N)`` to matter:
each neighbour's matter is carried to x by the link in between, summed over the 2d directions, mixed over
channels and multiplied by the matter at x. Each mutant has one bug that was seen in real code. A test
worth its name rejects every one of `MUTANTS` and passes `correct`.

Examples
--------
>>> len(MUTANTS)
13
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lgt.field import dagger, shift, unit

Array = NDArray[Any]
Hop = Callable[[Array, Array, int, int], Array]
"""From the link in direction mu, matter, mu and d to the matter of one neighbour, carried to x."""


def _forward(link: Array, matter: Array, mu: int, d: int) -> Array:
    """U_mu(x) W(x+mu) U_mu(x)^+."""
    return link @ shift(matter, unit(mu, d)) @ dagger(link)


def _backward(link: Array, matter: Array, mu: int, d: int) -> Array:
    """U_mu(x-mu)^+ W(x-mu) U_mu(x-mu)."""
    return shift(dagger(link) @ matter @ link, unit(mu, d, -1))


def _transported(links: Array, matter: Array, forward: Hop = _forward, backward: Hop = _backward) -> Array:
    """The sum over all neighbours."""
    d = links.ndim - 4
    total = np.zeros_like(matter)
    for mu in range(d):
        link = links[:, None, mu]
        total = total + forward(link, matter, mu, d) + backward(link, matter, mu, d)
    return total


def _bilinear(matter: Array, moved: Array) -> Array:
    """W(x) times a fixed mix of the carried channels and of their daggers, plus the mix itself."""
    channels = np.arange(moved.shape[1])
    mix = np.cos(1.0 + channels[:, None] + 2.0 * channels)
    mixed = np.einsum("ij,bj...->bi...", mix, moved)
    return np.asarray(matter @ mixed + 0.5 * dagger(matter) @ mixed + mixed)


def correct(links: Array, matter: Array) -> Array:
    """The layer as it should be: equivariant under gauge, translations and all of B_d."""
    return _bilinear(matter, _transported(links, matter))


def no_dagger(links: Array, matter: Array) -> Array:
    """U W U for U W U^+."""
    return _bilinear(
        matter,
        _transported(
            links,
            matter,
            lambda U, W, mu, d: U @ shift(W, unit(mu, d)) @ U,
            lambda U, W, mu, d: shift(U @ W @ U, unit(mu, d, -1)),
        ),
    )


def wrong_roll_sign(links: Array, matter: Array) -> Array:
    """Matter rolled the wrong way: W(x-mu) where W(x+mu) belongs, and the reverse."""
    return _bilinear(
        matter,
        _transported(
            links,
            matter,
            lambda U, W, mu, d: U @ shift(W, unit(mu, d, -1)) @ dagger(U),
            lambda U, W, mu, d: shift(dagger(U) @ W @ U, unit(mu, d)),
        ),
    )


def wrong_link_direction(links: Array, matter: Array) -> Array:
    """The link of another direction than the hop's."""
    return _bilinear(matter, _transported(np.roll(links, 1, axis=1), matter))


def conjugate_only(links: Array, matter: Array) -> Array:
    """U W U^* : conjugated without transposing."""
    return _bilinear(
        matter,
        _transported(
            links,
            matter,
            lambda U, W, mu, d: U @ shift(W, unit(mu, d)) @ U.conj(),
            lambda U, W, mu, d: shift(U.conj() @ W @ U, unit(mu, d, -1)),
        ),
    )


def transpose_only(links: Array, matter: Array) -> Array:
    """U W U^T : transposed without conjugating."""
    return _bilinear(
        matter,
        _transported(
            links,
            matter,
            lambda U, W, mu, d: U @ shift(W, unit(mu, d)) @ U.swapaxes(-1, -2),
            lambda U, W, mu, d: shift(U.swapaxes(-1, -2) @ W @ U, unit(mu, d, -1)),
        ),
    )


def daggers_swapped(links: Array, matter: Array) -> Array:
    """U^+ W U for U W U^+, and the reverse."""
    return _bilinear(
        matter,
        _transported(
            links,
            matter,
            lambda U, W, mu, d: dagger(U) @ shift(W, unit(mu, d)) @ U,
            lambda U, W, mu, d: shift(U @ W @ dagger(U), unit(mu, d, -1)),
        ),
    )


def backward_link_at_x(links: Array, matter: Array) -> Array:
    """The backward hop with the link that starts at x, not the one that ends there."""
    return _bilinear(
        matter,
        _transported(links, matter, backward=lambda U, W, mu, d: dagger(U) @ shift(W, unit(mu, d, -1)) @ U),
    )


def relu_on_entries(links: Array, matter: Array) -> Array:
    """ReLU on real and imaginary parts of the matrix entries, not on a trace."""
    out = correct(links, matter)
    return np.asarray(np.maximum(out.real, 0.0) + 1j * np.maximum(out.imag, 0.0))


def real_part_of_entries(links: Array, matter: Array) -> Array:
    """The real part of the matrix entries, not of a trace."""
    return np.asarray(correct(links, matter).real + 0j)


def open_boundary(links: Array, matter: Array) -> Array:
    """Hops that cross the edge of the box are dropped: open where it should be periodic."""

    def inside(field: Array, mu: int, d: int, edge: int) -> Array:
        kept = np.arange(field.shape[2 + mu]) != (edge % field.shape[2 + mu])
        return np.asarray(field * kept.reshape(-1, *(1,) * (d - mu + 1)))

    return _bilinear(
        matter,
        _transported(
            links,
            matter,
            lambda U, W, mu, d: inside(_forward(U, W, mu, d), mu, d, -1),
            lambda U, W, mu, d: inside(_backward(U, W, mu, d), mu, d, 0),
        ),
    )


def swapped_axes(links: Array, matter: Array) -> Array:
    """Sites flattened in one order of the axes and unflattened in the other."""
    moved = _transported(links, matter)
    d = links.ndim - 4
    sites = moved.transpose(0, 1, *range(d + 1, 1, -1), d + 2, d + 3)
    return _bilinear(matter, sites.reshape(moved.shape))


def direction_weights(links: Array, matter: Array) -> Array:
    """Another weight for each direction: fine for gauge and translations, not for rotations."""
    return _bilinear(
        matter,
        _transported(
            links,
            matter,
            lambda U, W, mu, d: (1.0 + 0.5 * mu) * _forward(U, W, mu, d),
            lambda U, W, mu, d: (1.0 + 0.5 * mu) * _backward(U, W, mu, d),
        ),
    )


def float32_inside(links: Array, matter: Array) -> Array:
    """Right in every formula, but the hops are computed in single precision."""
    moved = _transported(links.astype(np.complex64), matter.astype(np.complex64))
    return _bilinear(matter, moved.astype(matter.dtype))


MUTANTS: Mapping[str, Callable[[Array, Array], Array]] = {
    mutant.__name__: mutant
    for mutant in (
        no_dagger,
        wrong_roll_sign,
        wrong_link_direction,
        conjugate_only,
        transpose_only,
        daggers_swapped,
        backward_link_at_x,
        relu_on_entries,
        real_part_of_entries,
        open_boundary,
        swapped_axes,
        direction_weights,
        float32_inside,
    )
}
"""The 13 broken layers by name."""
