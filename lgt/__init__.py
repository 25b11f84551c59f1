"""lgt: SU(N) lattice gauge configurations by Monte Carlo."""

from lgt._version import __version__

__all__ = ["__version__"]
