"""lcnn: gauge-equivariant neural networks on lattice configurations.

Where to start, in a shell (each command explains itself by ``--help``):

- ``lcnn models`` lists the networks and their parameters;
- ``lcnn train RUN.toml`` trains one, ``lcnn evaluate FOLDER ENSEMBLE...`` tests it on any lattice;
- ``lcnn check package.module:factory`` tells which symmetries a model of your own has.

and in Python:

- `lcnn.models`: networks by name, from links (batch, d, *extents, N, N) to numbers;
- `lcnn.gauge`: the layers they are made of (L-CB, L-Conv, activations, traces), for networks of your own;
- `lcnn.gauge.globalsym`: the same with rotations and reflections, for any point group;
- `lcnn.data`: ensembles of `lgt` as torch tensors, of one lattice or several, with what is to be predicted;
- `lcnn.targets`, `lcnn.columns`, `lcnn.augment`: observables before and after gradient flow, numbers of your
  own, batches moved by random symmetries;
- `lcnn.config`, `lcnn.train`: a whole training run; `lcnn.fit`: the training loop alone;
- `lcnn.optimise`, `lcnn.distributed`: learning rates and L-BFGS; training by several processes (torchrun);
- `lcnn.checkpoint`, `lcnn.evaluate`, `lcnn.attack`: load a trained model, measure its errors, attack it;
- `lcnn.testing`: hold any torch module to gauge symmetry, translations and the hypercubic group.

Nothing here loads torch before it is needed.

Examples
--------
A network of the Letter (arXiv:2012.12901) for the Wilson loop W(1,2), on five cold 4x6 configurations of
SU(2), and the test that it is gauge invariant:

>>> import torch
>>> from lcnn.models import wilson_loop
>>> from lcnn.testing import assert_symmetric
>>> links = torch.eye(2, dtype=torch.complex64).expand(5, 2, 4, 6, 2, 2)
>>> model = wilson_loop("1x2", "small")
>>> model(links).shape
torch.Size([5, 1, 4, 6])
>>> model.symmetries
(Gauge(), Translation())
>>> assert_symmetric(model, dims=(2,), examples=2)
"""

from lgt._version import __version__

__all__ = ["__version__"]
