"""What each symmetry of an L-CNN costs in weights and time, and what it buys at equal data.

    python scripts/symmetry_costs.py [--quick] [--json FILE]

The plaquette after gradient flow at t = 1 is learned at every site from the links before it: SU(2) in two
dimensions, 8x8, Wilson action at beta = 4, from 20 and from 200 configurations, with the same number of steps
for every network, all of two layers with one hop. Printed are the number of weights, the time of a training
step relative to the L-CNN of the Letter in the same run, and R^2 = 1 - error / variance at every site of
configurations from another chain, mean over seeds.

Time: about 5 minutes on one core; --quick, one seed, fewer networks and steps, under a minute.
Expected: R^2 grows with the symmetry where data are few; the isotropic variant costs no more than an L-CNN.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch
from _measure import arguments, seconds, write

from lcnn.config import TrainingConfig
from lcnn.data import Dataset, open_dataset
from lcnn.evaluate import mean_squared_error
from lcnn.fit import fit
from lcnn.models import Model, build_model
from lgt.chain import generate
from lgt.config import RunConfig

TARGET = "plaquette@flow:1"
BATCH = 10


def _global(group: str, **options: Any) -> dict[str, Any]:
    return {"name": "glcnn", "layers": [[2, 3, 3], [2, 3, 3]], "d": 2, "group": group, **options}


NETWORKS: dict[str, dict[str, Any]] = {
    "letter": {"name": "lcnn", "layers": [[2, 1, 4], [2, 4, 4]], "d": 2},
    "clover": {
        "name": "lcnn",
        "layers": [[2, 4, 4], [2, 4, 4]],
        "d": 2,
        "plaquettes": "clover",
        "directions": "both",
    },
    "isotropic": _global("B_2", features="trivial"),
    "c4_identity": _global("C_4"),
    "b2_identity": _global("B_2"),
    "b2_all": _global("B_2", elements="all"),
}
WORDS = {
    "letter": "gauge, translations (the Letter's)",
    "clover": "the same, all orientations",
    "isotropic": "B_2, isotropic features",
    "c4_identity": "C_4, group features, s = e",
    "b2_identity": "B_2, group features, s = e",
    "b2_all": "B_2, group features, all s",
}


def make_data(configs: int, folder: Path) -> tuple[Dataset, Dataset, Dataset]:
    """Generate three independent chains: to train (`configs`), to validate and to test (100 each)."""
    parts = []
    for seed, count in ((1, configs), (2, 100), (3, 100)):
        out = folder / f"chain-{seed}.h5"
        run = RunConfig(
            group="SU2", lattice="8x8", beta=4.0, configs=count, thermalise=200, separation=10, seed=seed,
            chains=1, out=str(out),
        )  # fmt: skip
        generate(run).close()
        data = open_dataset([out], TARGET)
        parts.append(data.batch(torch.arange(count)))
    # Centred, in units of their spread over the sites.
    mean, spread = parts[0][1].mean(), parts[0][1].std()
    train, validation, test = (Dataset(links, (target - mean) / spread) for links, target in parts)
    return train, validation, test


def train_one(spec: dict[str, Any], seed: int, parts: tuple[Dataset, ...], steps: int) -> Model:
    """Train a network for a number of steps, AdamW at a falling rate, and keep its best weights."""
    train, validation = parts[0], parts[1]
    torch.manual_seed(seed)
    model = build_model(spec)
    epochs = max(1, steps * BATCH // len(train))
    config = TrainingConfig(epochs=epochs, batch=BATCH, learning_rate=1e-2, schedule="cosine")
    fit(model, train, validation, config, seed=seed)
    assert isinstance(model, Model)
    return model


def step_time(model: Model, data: Dataset) -> float:
    """The seconds of a forward and backward pass on one batch."""
    links, target = data.batch(torch.arange(BATCH))

    def step() -> None:
        model.zero_grad()
        (model(links)[:, 0] - target).square().mean().backward()

    step()
    return seconds(step, 10)


def main() -> int:
    """Measure, print the table, write the figures."""
    options, started = arguments(str(__doc__).splitlines()[0]), time.perf_counter()
    torch.set_num_threads(1)
    sizes, steps, seeds = ((20,), 60, (1,)) if options.quick else ((20, 200), 300, (1, 2))
    names = ("letter", "isotropic", "c4_identity") if options.quick else tuple(NETWORKS)
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        parts = make_data(max(sizes), Path(folder))
        variance = float(parts[2].targets.double().var())
        unit = 0.0
        print(f"{'network':36} {'weights':>7} {'step':>6}  " + "  ".join(f"R^2 from {n:3d}" for n in sizes))
        for name in names:
            model = build_model(NETWORKS[name])
            assert isinstance(model, Model)
            took = step_time(model, parts[0])
            unit = unit or took
            figures |= {f"weights_{name}": model.weights, f"step_{name}": took / unit}
            cells = []
            for n in sizes:
                few = (parts[0].select(torch.arange(n)), *parts[1:])
                errors = [
                    mean_squared_error(train_one(NETWORKS[name], seed, few, steps), parts[2])
                    for seed in seeds
                ]
                found = [1 - error / variance for error in errors]
                figures[f"r2_{name}_{n}"] = sum(found) / len(found)
                figures[f"r2_spread_{name}_{n}"] = max(found) - min(found)
                cells.append(f"{figures[f'r2_{name}_{n}']:.4f} ±{(max(found) - min(found)) / 2:.3f}")
            print(f"{WORDS[name]:36} {model.weights:7d} {took / unit:6.2f}  " + "  ".join(cells), flush=True)
    write(figures, started, options.json)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
