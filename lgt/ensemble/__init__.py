r"""The HDF5 schema of an ensemble and the only code that writes it.

Datasets, with ``config`` counting the configurations of each chain:

===================== ================================================ ======================================
``links``             (chains, configs, d, \*extents, N, N)             complex128 or complex64, a chunk each
``observables/NAME``  (chains, configs, ...)                           float64; ``plaquette`` always is there
``crc``               (chains, configs)                                int64; -1 until it is finished
``state/links``       (2, chains, d, \*extents, N, N)                   complex128: two alternating states
``state/sweep``       (2, chains)                                      int64; ``state/exhausted`` likewise
``state/crc``         (2, chains)                                      int64; -1 while it is being written
===================== ================================================ ======================================

A CRC is the CRC-32 of the stored bytes: of the links, then of the observables in the order of their names.
Attributes: format, version, group, extents, action, beta, seed, run (JSON), and facts for people.
Any HDF5 program can read the file; one that locks, while a run writes it, must be told not to
(``h5py.File(path, locking=False)``).

What is measured later lies beside it, in a file of its own: `lgt.ensemble.sidecar`.
"""

from lgt.ensemble._ensemble import Ensemble
from lgt.ensemble._schema import EnsembleSpec
from lgt.ensemble._writer import ChainState
from lgt.ensemble.sidecar import sidecar_path

__all__ = ["ChainState", "Ensemble", "EnsembleSpec", "sidecar_path"]
