"""lcnn: gauge-equivariant neural networks on lattice configurations."""

from lgt._version import __version__

__all__ = ["__version__"]
