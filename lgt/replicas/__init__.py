"""Chains whose links are packed into SIMD lanes, and the kernels that move them.

`Replicas` holds the links of some chains as updates, molecular dynamics and flows work on them; `staple`,
`subgroup` and `motion` are the kernels that these share.
"""

from lgt.replicas.state import AbandonedError, Replicas, Task

__all__ = ["AbandonedError", "Replicas", "Task"]
