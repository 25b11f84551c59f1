"""The staples and the loops of an action as the arrays that kernels walk along."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from lgt.action import Action, LoopAction, Wilson
from lgt.errors import PhysicsError
from lgt.kernels.packed import WIDTH, Blocking, aligned
from lgt.path import Path
from lgt.replicas.staple import Paths


@lru_cache(maxsize=8)
def paths_of(action: Action, blocking: Blocking) -> Paths | None:
    """The staples of every direction; none for Wilson's plain action, which has a kernel of its own.

    Raises
    ------
    PhysicsError
        If the action is not a sum of closed loops.
    """
    action, d = _loop_action(action), blocking.lattice.d
    if isinstance(action, Wilson) and not action.parameters:
        return None
    return _table(action, blocking, [action.staple_paths(mu, d) for mu in range(d)])


@lru_cache(maxsize=8)
def loops_of(action: Action, blocking: Blocking) -> Paths:
    """The loops of every site, each once: what closes it after a step forward that it takes from there.

    The sum over x and mu of ``Re tr U_mu(x) A_mu(x)`` with these in place of the staples is that over all
    loops, so it is the action without -beta/N.

    Raises
    ------
    PhysicsError
        If the action is not a sum of closed loops.
    """
    action, d = _loop_action(action), blocking.lattice.d
    closing: list[list[tuple[Path, float]]] = [[] for _ in range(d)]
    for loop, weight in action.loops(d):
        first = next(k for k, step in enumerate(loop) if step >= 0)
        mu, *rest = loop.rotated(first)
        closing[mu].append((Path(tuple(rest)), weight))
    return _table(action, blocking, closing)


def _loop_action(action: Action) -> LoopAction:
    if not isinstance(action, LoopAction):
        raise PhysicsError(f"staples of {action}", "an action that is no sum of loops", "use another update")
    return action


def _table(action: LoopAction, blocking: Blocking, staples: list[list[tuple[Path, float]]]) -> Paths:
    """Paths from x + mu to x for every direction mu, with their weights, as arrays."""
    lattice = blocking.lattice
    d, sites = lattice.d, blocking.sites
    # Blocks that lie alike between the open boundaries have the same weights: one table for each such kind.
    places = lattice.coordinates[sites][..., list(action.open_directions(d))].reshape(len(sites), -1)
    _, examples, kinds = np.unique(places, axis=0, return_index=True, return_inverse=True)
    count = max(map(len, staples))
    longest = max(len(path) for each in staples for path, _ in each)
    steps, lengths = np.zeros((d, count, longest), np.int64), np.zeros((d, count), np.int64)
    weights = aligned((len(examples), d, count, WIDTH))
    for mu, each in enumerate(staples):
        for p, (path, weight) in enumerate(each):
            steps[mu, p, : len(path)], lengths[mu, p] = path.steps, len(path)
            placement = np.broadcast_to(action.placement(Path((mu, *path.steps)), lattice), lattice.extents)
            weights[:, mu, p] = weight * placement.ravel()[sites[examples]]
    return Paths(steps, lengths, weights, kinds.reshape(-1).astype(np.int64))
