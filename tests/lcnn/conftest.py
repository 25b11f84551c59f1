"""Small ensembles for the tests of lcnn, and weights that do not depend on the order of tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from lgt.action import Wilson
from lgt.ensemble import Ensemble, EnsembleSpec
from lgt.group import parse_group
from lgt.lattice import Lattice
from lgt.observable import Plaquette

EnsembleMaker = Callable[..., Path]


@pytest.fixture(autouse=True)
def _one_seed() -> Iterator[None]:
    """Every test draws the same weights, alone or among others, and leaves torch's generator as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


@pytest.fixture
def make_ensemble(tmp_path: Path) -> EnsembleMaker:
    """Return a function that writes an ensemble of hot configurations."""

    def make(
        name: str,
        *,
        group: str = "SU2",
        lattice: str = "4x6",
        beta: float = 1.0,
        chains: int = 3,
        configs: int = 4,
        seed: int = 1,
        finished: int | None = None,
        run: dict[str, object] | None = None,
        precision: str = "float64",
    ) -> Path:
        spec = EnsembleSpec(
            group=parse_group(group),
            lattice=Lattice.parse(lattice),
            configs=configs,
            chains=chains,
            action=Wilson(beta),
            seed=seed,
            run=run or {},
            precision=precision,  # type: ignore[arg-type]
        )
        path = tmp_path / name
        with Ensemble.create(path, spec) as ensemble:
            for chain in range(chains):
                for config in range(configs if finished is None else finished):
                    rng = np.random.default_rng([seed, chain, config])
                    links = spec.group.haar(rng, spec.shape[:-2])
                    ensemble.write(
                        chain, config, links, {"plaquette": Plaquette().value(links, spec.lattice.d)}
                    )
        return path

    return make
