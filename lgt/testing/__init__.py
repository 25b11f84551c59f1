"""The symmetry toolkit: hold any function of lattice fields to gauge, translations and B_d.

`equivariance_error` measures, `assert_equivariant` asserts on examples that hypothesis draws, `reproduce`
repeats one of them, and `lgt.testing.mutants` are broken layers to try a test on. Torch-free; for torch
modules see `lcnn.testing`.
"""

from lgt.testing.assertion import assert_equivariant, imported, reproduce
from lgt.testing.case import Case
from lgt.testing.error import EquivarianceError, Place, default_tolerance, equivariance_error, spread

__all__ = [
    "Case",
    "EquivarianceError",
    "Place",
    "assert_equivariant",
    "default_tolerance",
    "equivariance_error",
    "imported",
    "reproduce",
    "spread",
]
