"""The staples of an action as the arrays that kernels walk along."""

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
    if not isinstance(action, LoopAction):
        raise PhysicsError(f"staples of {action}", "an action that is no sum of loops", "use another update")
    if isinstance(action, Wilson) and not action.parameters:
        return None
    lattice = blocking.lattice
    d, sites = lattice.d, blocking.sites()
    # Blocks that lie alike between the open boundaries have the same weights: one table for each such kind.
    places = lattice.coordinates[sites][..., list(action.open_directions(d))].reshape(len(sites), -1)
    _, examples, kinds = np.unique(places, axis=0, return_index=True, return_inverse=True)
    staples = [action.staple_paths(mu, d) for mu in range(d)]
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
