"""The sum of Wilson staples of one link, inside kernels."""

from __future__ import annotations

import numpy as np

from lgt.kernels._jit import inline_kernel
from lgt.kernels.layout import Complex, SiteTable
from lgt.kernels.sun import add_dagger_product, add_product_dagger, clear, multiply


@inline_kernel
def wilson_staple(
    links: Complex,
    up: SiteTable,
    down: SiteTable,
    mu: int,
    x: np.uintp,
    staple: Complex,
    work: Complex,
    size: tuple[int, ...],
) -> None:
    """Write A with tr(U A) = sum of the traces of all plaquettes that contain U = U_mu(x).

    ``A = sum_{nu != mu} U_nu(x+mu) U_mu(x+nu)^+ U_nu(x)^+ + U_nu(x+mu-nu)^+ U_mu(x-nu)^+ U_nu(x-nu)``.
    `links` has the shape (d, volume, N, N); `work` is overwritten.
    """
    clear(staple, size)
    end = up[mu, x]
    for nu in range(links.shape[0]):
        if nu != mu:
            multiply(links[nu, x], links[mu, up[nu, x]], work, size)
            add_product_dagger(links[nu, end], work, staple, size)
            back = down[nu, x]
            multiply(links[mu, back], links[nu, up[mu, back]], work, size)
            add_dagger_product(work, links[nu, back], staple, size)
