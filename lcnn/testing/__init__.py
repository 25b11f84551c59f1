"""The symmetry toolkit for torch modules, on top of `lgt.testing`.

`assert_symmetric` asserts, `equivariance_error` is a metric, `symmetries_of` reads what a model declares,
`examine` is the whole examination of a stranger's model behind ``lcnn check``.
"""

from lcnn.testing.assertion import assert_symmetric, equivariance_error, reproduce, symmetries_of
from lcnn.testing.examine import Finding, Report, examine
from lcnn.testing.model import as_numpy, set_precision

__all__ = [
    "Finding",
    "Report",
    "as_numpy",
    "assert_symmetric",
    "equivariance_error",
    "examine",
    "reproduce",
    "set_precision",
    "symmetries_of",
]
