"""Markov updates of the links, each a value beside its sweep kernel."""

from lgt.update._base import Updater, UpdateReport
from lgt.update.heatbath import HeatBath
from lgt.update.hmc import HMC, Trajectory
from lgt.update.integrator import (
    INTEGRATORS,
    OMF2,
    OMF4,
    ForceGradient,
    Integrator,
    Leapfrog,
    make_integrator,
)
from lgt.update.metropolis import Metropolis
from lgt.update.overrelaxation import OverRelaxation
from lgt.update.schedule import UPDATES, Sweep, make_updater

__all__ = [
    "HMC",
    "INTEGRATORS",
    "OMF2",
    "OMF4",
    "UPDATES",
    "ForceGradient",
    "HeatBath",
    "Integrator",
    "Leapfrog",
    "Metropolis",
    "OverRelaxation",
    "Sweep",
    "Trajectory",
    "UpdateReport",
    "Updater",
    "make_integrator",
    "make_updater",
]
