"""The L-CNNs of the Letter by name (arXiv:2012.12901, Supplement Tables V and VI)."""

from __future__ import annotations

from lcnn.gauge._weights import Init
from lcnn.models._base import Row
from lcnn.models.wilson_loop import LCNN
from lgt.errors import InputError

# (d, loop, size): the layers, and whether t holds the centre. Some 3+1 dimensional lists are inferred from
# the published numbers of parameters, which they reproduce; "q_plaq" is the topological charge density.
_PUBLISHED: dict[tuple[int, str, str], tuple[tuple[Row, ...], bool]] = {
    (2, "1x1", "small"): (((1, 1, 1),), True),
    (2, "1x2", "small"): (((2, 1, 2),), False),
    (2, "1x2", "medium"): (((3, 1, 4),), False),
    (2, "1x2", "large"): (((4, 1, 8),), False),
    (2, "2x2", "small"): (((2, 1, 2), (2, 2, 2)), False),
    (2, "2x2", "medium"): (((3, 1, 4), (3, 4, 4)), False),
    (2, "2x2", "large"): (((4, 1, 8), (4, 8, 8)), False),
    (2, "4x4", "small"): (((2, 1, 2), (2, 2, 2), (3, 2, 2), (3, 2, 2)), False),
    (2, "4x4", "medium"): (((3, 1, 4), (3, 4, 4), (4, 4, 4), (4, 4, 4)), False),
    (2, "4x4", "large"): (((4, 1, 8), (4, 8, 8), (4, 8, 8), (4, 8, 8)), False),
    (4, "2x2", "small"): (((2, 6, 2), (2, 2, 2)), True),
    (4, "2x2", "medium"): (((3, 6, 4), (3, 4, 4)), True),
    (4, "4x4", "small"): (((2, 6, 2), (2, 2, 2), (3, 2, 2), (3, 2, 2)), False),
    (4, "4x4", "medium"): (((3, 6, 4), (3, 4, 4), (4, 4, 4), (4, 4, 4)), False),
    (4, "q_plaq", "small"): (((2, 6, 4),), True),
}


def published_models() -> tuple[tuple[int, str, str], ...]:
    """Return (d, loop, size) of every L-CNN of the Letter's tables."""
    return tuple(_PUBLISHED)


def wilson_loop(
    loop: str,
    size: str,
    *,
    d: int = 2,
    centre: bool | None = None,
    n_out: int = 1,
    init: Init = "gaussian",
    init_w: float = 1.0,
) -> LCNN:
    """Build the L-CNN of the Letter that predicts a Wilson loop at every site (Supplement, Tables V, VI).

    Parameters
    ----------
    loop
        ``"1x1"``, ``"1x2"``, ``"2x2"``, ``"4x4"``, or ``"q_plaq"`` in four dimensions.
    size
        ``"small"``, ``"medium"`` or ``"large"``.
    d
        2 or 4 directions.
    centre
        Whether each layer's transported fields hold the local one too; None is as published.
    n_out, init, init_w
        See `LCNN`.

    Raises
    ------
    InputError
        If the tables have no such network.

    Examples
    --------
    >>> wilson_loop("1x2", "small").weights, wilson_loop("1x2", "small", centre=True).weights
    (35, 47)
    """
    if (d, loop, size) not in _PUBLISHED:
        known = ", ".join(f"{name} {n} at d = {D}" for D, name, n in _PUBLISHED)
        raise InputError(f"the L-CNN {loop} {size} at d = {d}", "no such network", f"use one of {known}")
    layers, published = _PUBLISHED[d, loop, size]
    inside = published if centre is None else centre
    return LCNN(layers, d=d, centre=inside, n_out=n_out, init=init, init_w=init_w)


def topological_charge(
    size: str,
    *,
    centre: bool | None = None,
    n_out: int = 1,
    init: Init = "gaussian",
    init_w: float = 1.0,
) -> LCNN:
    """Build the L-CNN of the Letter that predicts the topological charge density in 3+1 dimensions.

    Its target is the density of positively oriented plaquettes, eps_mnrs tr(Im P_mn Im P_rs) / (32 pi^2).
    The layers of the Letter's larger network are not known.

    Parameters
    ----------
    size
        ``"small"``.
    centre
        Whether the transported fields hold the local one too, without which this network cannot represent
        the density; None is as published, with it.
    n_out, init, init_w
        See `LCNN`.

    Raises
    ------
    InputError
        If there is no network of that size.

    Examples
    --------
    >>> topological_charge("small").weights
    3181
    """
    if size != "small":
        raise InputError(f"topological_charge of size {size!r}", "no such network", 'use "small"')
    return wilson_loop("q_plaq", size, d=4, centre=centre, n_out=n_out, init=init, init_w=init_w)
