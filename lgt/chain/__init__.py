"""Markov chains from start to ensemble file, `generate`, and measurements on them, `measure`."""

from lgt.chain._estimate import Estimate
from lgt.chain._generate import generate
from lgt.chain._measure import measure
from lgt.chain._run import Progress
from lgt.chain._updater import updater_of

__all__ = ["Estimate", "Progress", "generate", "measure", "updater_of"]
