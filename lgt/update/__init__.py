"""Markov updates of the links, each a value beside its sweep kernel."""

from lgt.update._base import Updater, UpdateReport, reach_of
from lgt.update.heatbath import HeatBath
from lgt.update.overrelaxation import OverRelaxation
from lgt.update.schedule import Sweep

__all__ = ["HeatBath", "OverRelaxation", "Sweep", "UpdateReport", "Updater", "reach_of"]
