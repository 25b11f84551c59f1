"""A target that no L-CNN represents exactly: densities after gradient flow, from the links before it.

    python scripts/flowed_observables.py [--quick] [--json FILE] [--steps F] [--seconds S]

SU(3) on 4x4x4x4, Wilson action at beta = 6: heat bath with over-relaxation, ensembles of their own to
train, validate and test. The targets at every site are the clover action density and the clover topological
charge density q after the Wilson flow (arXiv:1006.4518) to t = 1. It smears over a radius of sqrt(8 t) = 2.8,
so that a flowed density knows the whole of so small a box. Compared at equal data, 16, 64 and 256
configurations:

  lcnn        L-CNN: two L-CBs, plaquettes transported from all neighbours, forwards and backwards
  lcnn_stout  L-CNN: four learned stout steps of the links, plaquettes, one L-CB without neighbours
  glcnn       L-CNN with global symmetry (arXiv:2303.11448): for the action B_4, isotropic features, for q the
              reflections Z_2^4, regular features, determinant pooling (isotropic ones know no parity)
  cnn         circular 3^4 convolutions on real and imaginary traces of all plaquettes, gauge invariant
  cnn_aug     the same, trained on batches moved by random elements of B_4, q with its sign

Every model of a column takes the same number of steps, of 4 configurations each; those that are done sooner
go on until they had S seconds times 1, 2, 5 for 16, 64, 256 configurations, so that cheap ones are not cut
short. Of two learning rates the one that is better on the validation data at the smallest training set is
kept. So few steps limit what the L-CNNs reach: --steps F multiplies their number. The figures are
R^2 = 1 - MSE / variance per site on the test data, negative if worse than the mean; with --json the curves
are drawn beside the file. There is no bound to meet: whichever wins, wins.
Expected: with so few steps only the L-CNN with reflections starts to see q, R^2 = 0.02 at 256 configurations,
and all others are within 0.04 of zero.
Time: about 10 minutes on one free core; --quick, 16 configurations only, below a minute.
Exit status: 0, or 1 if a prediction is not finite.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

from _measure import write

from lgt.errors import LgtError

if TYPE_CHECKING:
    from torch import Tensor, nn

    from lcnn.data import Dataset

BETA, EXTENTS, TIME = 6.0, (4, 4, 4, 4), 1
BATCH = 4
RATES = (1e-2, 3e-3)
TARGETS = {"action": f"energy_clover@flow:{TIME}", "q": f"topological_charge@flow:{TIME}"}
LABELS = {
    "lcnn": "L-CNN",
    "lcnn_stout": "L-CNN, stout steps",
    "glcnn": "L-CNN, global symmetry",
    "cnn": "CNN on traces",
    "cnn_aug": "CNN on traces, augmented",
}
_CNN: dict[str, Any] = {
    "name": "cnn_traces",
    "d": 4,
    "widths": [16, 16],
    "kernel_size": 3,
    "dense": [16],
    "parts": "complex",
    "pooling": "none",
}
_LCNN: dict[str, Any] = {"name": "lcnn", "d": 4, "layers": [[2, 6, 4], [1, 4, 4]], "directions": "both"}
_STOUT: dict[str, Any] = {"name": "lcnn", "d": 4, "layers": [[1, 6, 2]], "stout": 4}
MODELS: dict[tuple[str, str], dict[str, Any]] = {
    ("lcnn", "action"): _LCNN,
    ("lcnn", "q"): _LCNN,
    ("lcnn_stout", "action"): _STOUT,
    ("lcnn_stout", "q"): _STOUT,
    ("glcnn", "action"): {
        "name": "glcnn",
        "d": 4,
        "layers": [[2, 2, 4], [2, 4, 4]],
        "group": "B_4",
        "features": "trivial",
    },
    ("glcnn", "q"): {
        "name": "glcnn",
        "d": 4,
        "layers": [[2, 1, 2], [1, 2, 1]],
        "group": "Z_2^4",
        "pool": "det",
    },
    ("cnn", "action"): _CNN,
    ("cnn", "q"): _CNN,
    ("cnn_aug", "action"): _CNN,
    ("cnn_aug", "q"): _CNN,
}


@dataclass(frozen=True)
class Plan:
    """How much is done.

    The ensembles are (chains, configurations of each); `columns` has steps and seconds for each size of the
    training set.
    """

    train: tuple[int, int]
    validation: tuple[int, int]
    test: tuple[int, int]
    columns: Mapping[int, tuple[int, float]]
    rates: tuple[float, ...]


FULL = Plan((8, 32), (2, 8), (4, 16), {16: (40, 1.0), 64: (96, 2.0), 256: (128, 5.0)}, RATES)
QUICK = Plan((8, 2), (2, 4), (2, 8), {16: (12, 0.5)}, RATES[:1])


@dataclass(frozen=True)
class Part:
    """Links (n, d, *extents, N, N) and the densities (n, *extents) by the name of the target."""

    links: Tensor
    densities: dict[str, Tensor]


@dataclass(frozen=True)
class Trained:
    """A model that was trained, and how."""

    model: nn.Module
    weights: int
    epochs: int
    epoch_seconds: float
    validation: float


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)


def make_part(chains: int, configs: int, seed: int) -> Part:
    """Generate an ensemble, flow it, and give its first configurations of all chains first."""
    import numpy as np
    import torch

    import lgt
    from lgt.chain import generate
    from lgt.config import RunConfig
    from lgt.ensemble import Ensemble
    from lgt.gradient_flow import gradient_flow

    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "ensemble.h5"
        keys: dict[str, Any] = {"chains": chains, "configs": configs, "thermalise": 200, "separation": 20}
        keys |= {"overrelax": 2, "threads": 1, "lattice": "x".join(map(str, EXTENTS))}
        generate(RunConfig(group="SU3", beta=BETA, seed=seed, out=str(out), **keys)).close()
        with Ensemble.open(out) as ensemble:
            found = [ensemble.links(chain, config) for config in range(configs) for chain in range(chains)]
    links = np.stack(found)
    flowed = gradient_flow(links, TIME, d=4)
    densities = {
        target: torch.tensor(lgt.parse_observable(name.partition("@")[0]).density(flowed, 4))
        for target, name in TARGETS.items()
    }
    return Part(torch.tensor(links), densities)


def dataset(part: Part, target: str, N: int, scale: tuple[float, float], *, augment: bool) -> Dataset:
    """The first N configurations with the target in the units of `scale`."""
    from lcnn.augment import Augmentation
    from lcnn.data import Dataset

    augmentation = Augmentation(("hypercubic",), pseudoscalar=target == "q") if augment else None
    mean, deviation = scale
    targets = (part.densities[target][:N] - mean) / deviation
    return Dataset(part.links[:N], targets, augmentation=augmentation)


def step_seconds(model: nn.Module, data: Dataset) -> tuple[float, float]:
    """How long a training step and a step without gradients take."""
    import torch

    links, targets = next(iter(data.batches(BATCH)))
    with_gradient, without = math.inf, math.inf
    for _ in range(2):
        start = time.perf_counter()
        (model(links)[:, 0] - targets).square().mean().backward()
        with_gradient = min(with_gradient, time.perf_counter() - start)
        start = time.perf_counter()
        with torch.no_grad():
            model(links)
        without = min(without, time.perf_counter() - start)
    model.zero_grad()
    return with_gradient, without


def train_one(
    kind: str, target: str, N: int, parts: Mapping[str, Part], rate: float, steps: float, budget: float
) -> Trained:
    """Train one model on the first N configurations for some steps, and for about `budget` seconds."""
    import torch

    from lcnn.config import TrainingConfig
    from lcnn.fit import fit
    from lcnn.models import build_model

    scale = units(parts["train"], target, N)
    data = dataset(parts["train"], target, N, scale, augment=kind == "cnn_aug")
    validation = dataset(parts["validation"], target, len(parts["validation"].links), scale, augment=False)
    torch.manual_seed(1)
    model = build_model(MODELS[kind, target])
    step, look = step_seconds(model, data)
    seconds = step * data.steps(BATCH) + look * validation.steps(BATCH)
    epochs = max(math.ceil(steps / data.steps(BATCH)), round(budget / seconds))
    config = TrainingConfig(epochs=epochs, batch=BATCH, learning_rate=rate, device="cpu", checkpoint=1000)
    start = time.perf_counter()
    fitted = fit(model, data, validation, config, seed=1)
    spent = time.perf_counter() - start
    weights = sum(p.numel() for p in model.parameters())
    say(
        f"{LABELS[kind]:26}{target:7} N = {N:3d}: rate {rate:g}, {weights:6d} weights, {epochs:4d} epochs, "
        f"{spent / epochs:7.2f} s an epoch, best {fitted.best_epoch:4d}, validation {fitted.validation:.4f}"
    )
    return Trained(fitted.model, weights, epochs, spent / epochs, fitted.validation)


def units(part: Part, target: str, N: int) -> tuple[float, float]:
    """Mean and standard deviation of the training targets; q keeps its zero."""
    targets = part.densities[target][:N]
    return (0.0 if target == "q" else float(targets.mean())), float(targets.std())


def r2(model: nn.Module, target: str, part: Part, scale: tuple[float, float]) -> float:
    """1 - MSE / variance at the sites of the test data."""
    import torch

    data = dataset(part, target, len(part.links), scale, augment=False)
    with torch.no_grad():
        error = sum(
            float((model(links)[:, 0] - targets).square().sum()) for links, targets in data.batches(BATCH)
        )
    return 1 - error / (data.targets.numel() * float(data.targets.var(correction=0)))


def draw(figures: Mapping[str, float], sizes: list[int], path: Path) -> None:
    """R^2 against the number of training configurations, a panel for each target."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3.2), layout="constrained")
    for axes, target in zip(figure.subplots(1, 2), TARGETS, strict=True):
        for kind, label in LABELS.items():
            axes.plot(sizes, [figures[f"r2_{kind}_{target}_{N}"] for N in sizes], "o-", label=label)
        title = "action density" if target == "action" else "topological charge density"
        axes.set(xscale="log", xlabel="training configurations", ylabel="R² per site", title=title)
        axes.set_xticks(sizes, [str(N) for N in sizes])
        axes.minorticks_off()
    axes.legend(fontsize="small")
    figure.savefig(path, dpi=120)
    say(f"drew {path}")


def table(figures: Mapping[str, float], sizes: list[int]) -> str:
    """All figures."""
    head = "".join(f"{f'N = {N}':>10}" for N in sizes)
    lines = [f"{'R^2 per site':36}{'weights':>8}{'s/epoch':>10}{head}"]
    for target in TARGETS:
        for kind, label in LABELS.items():
            found = "".join(f"{figures[f'r2_{kind}_{target}_{N}']:10.4f}" for N in sizes)
            cost = f"{figures[f'weights_{kind}_{target}']:8.0f}"
            cost += f"{figures[f'epoch_s_{kind}_{target}_{sizes[-1]}']:10.2f}"
            lines.append(f"{label:28}{target:8}{cost}{found}")
    return "\n".join(lines)


def measure(plan: Plan, more: float, seconds: float) -> Iterator[dict[str, float]]:
    """Make the data, train everything, and give what there is after each column."""
    sizes = {"train": plan.train, "validation": plan.validation, "test": plan.test}
    parts = {name: make_part(*size, seed) for seed, (name, size) in enumerate(sizes.items(), 1)}
    for target in TARGETS:
        density = parts["test"].densities[target]
        spread = f"mean {float(density.mean()):.4g}, standard deviation {float(density.std()):.4g}"
        say(f"test data, {TARGETS[target]}: {spread}")
    figures: dict[str, float] = {}
    rates: dict[tuple[str, str], tuple[float, ...]] = {}
    for N, (steps, factor) in plan.columns.items():
        for target, kind in product(TARGETS, LABELS):
            tried = {
                rate: train_one(kind, target, N, parts, rate, more * steps, seconds * factor)
                for rate in rates.get((kind, target), plan.rates)
            }
            best = min(tried, key=lambda rate: tried[rate].validation)
            rates[kind, target], chosen = (best,), tried[best]
            scale = units(parts["train"], target, N)
            figures[f"r2_{kind}_{target}_{N}"] = r2(chosen.model, target, parts["test"], scale)
            figures[f"epochs_{kind}_{target}_{N}"] = chosen.epochs
            figures[f"epoch_s_{kind}_{target}_{N}"] = round(chosen.epoch_seconds, 4)
            figures[f"weights_{kind}_{target}"] = chosen.weights
            say(f"    R^2 {figures[f'r2_{kind}_{target}_{N}']:.4f}")
        yield figures


def main() -> int:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description="R^2 of flowed densities against training-set size")
    parser.add_argument("--quick", action="store_true", help="16 configurations only, under a minute")
    parser.add_argument("--json", metavar="FILE", help="where to write the figures, flat")
    parser.add_argument(
        "--seconds", type=float, default=3.0, help="least time of a training on 16 configurations"
    )
    parser.add_argument("--steps", type=float, default=1.0, help="multiplies the steps of all trainings")
    options = parser.parse_args()
    import torch

    import lcnn.fit
    import lcnn.models  # noqa: F401  before the clock starts

    torch.set_num_threads(1)
    started = time.perf_counter()
    plan = QUICK if options.quick else FULL
    sizes: list[int] = []
    figures: dict[str, float] = {}
    for N, figures in zip(plan.columns, measure(plan, options.steps, options.seconds), strict=True):
        sizes.append(N)
        say(table(figures, sizes))
        write(figures, started, options.json)
    if options.json and len(sizes) > 1:
        draw(figures, sizes, Path(options.json).with_suffix(".png"))
    return int(not all(math.isfinite(value) for value in figures.values()))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except LgtError as error:
        sys.exit(str(error))
