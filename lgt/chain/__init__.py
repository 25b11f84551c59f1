"""Markov chains from start to ensemble file, `generate`, and measurements on them, `measure`."""

from lgt.chain._analyse import analyse, estimates_of, separation_of, series_of
from lgt.chain._estimate import Estimate
from lgt.chain._generate import generate
from lgt.chain._measure import Configurations, measure, measure_into, quantities_of, setting_of
from lgt.chain._run import Progress
from lgt.chain._updater import updater_of

__all__ = [
    "Configurations",
    "Estimate",
    "Progress",
    "analyse",
    "estimates_of",
    "generate",
    "measure",
    "measure_into",
    "quantities_of",
    "separation_of",
    "series_of",
    "setting_of",
    "updater_of",
]
