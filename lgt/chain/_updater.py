"""The update that a run asks for."""

from __future__ import annotations

from lgt.config import RunConfig
from lgt.update import Updater, make_updater


def updater_of(config: RunConfig) -> Updater:
    """What one sweep of the run does.

    Examples
    --------
    >>> run = RunConfig(group="SU2", lattice="4x4", beta=2.0, configs=1, out="e.h5", update="hmc", steps=8)
    >>> updater_of(run)
    HMC(length=1.0, steps=8, integrator='omf4', warmup=100)
    """
    return make_updater(
        config.update,
        overrelax=config.overrelax,
        hits=config.hits,
        step=config.proposal,
        length=config.trajectory,
        steps=config.steps,
        integrator=config.integrator,
        # A state of a file is one that has got away from its start.
        warmup=config.thermalise // 2 if config.start in ("cold", "hot") else 0,
    )
