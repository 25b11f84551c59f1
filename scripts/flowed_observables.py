"""A target that no L-CNN represents exactly: densities after gradient flow, from the links before it.

    python scripts/flowed_observables.py [--quick] [--json FILE] [--jobs N] [--steps F] [--seconds S]

SU(3) on 6x6x6x6, Wilson action at beta = 6: heat bath with over-relaxation, ensembles of their own to
train, validate and test. The targets at every site are the clover action density and the clover topological
charge density q after the Wilson flow (arXiv:1006.4518) to t = 1, which smears over a radius of
sqrt(8 t) = 2.8: what is left of the fluctuations of the links is a few percent, and it is under the rest.
Compared at equal data, 16, 64 and 256 configurations:

  lcnn         L-CNN: two L-CBs, plaquettes transported from all neighbours, forwards and backwards
  lcnn_stout   L-CNN: four learned stout steps of the links, clover leaves, one L-CB without neighbours
  glcnn        L-CNN with global symmetry (arXiv:2303.11448): for the action B_4, isotropic features, for q
               the reflections Z_2^4, regular features, determinant pooling (isotropic ones know no parity)
  glcnn_stout  the same with four learned stout steps first, and one layer without neighbours
  cnn          circular 3^4 convolutions on real and imaginary traces of all plaquettes, gauge invariant; the
               better of a wide and a narrow network, by validation at each size of the training set
  cnn_aug      the same, trained on batches moved by random elements of B_4, q with its sign

Every model standardises what its last layer sees (CNNs: after every convolution); without that none of them
learns anything in so few steps. Each takes the same number of steps, of 2 configurations each; those that
are done sooner go on until they had S seconds times 1, 2, 4 for 16, 64, 256 configurations, so that cheap
ones are not cut short. Of two learning rates the one that is better on the validation data is kept (L-CNNs:
found at the smallest training set). --steps F multiplies the number of steps. The figures are
R^2 = 1 - MSE / variance per site on the test data, negative if worse than the mean; with --json the curves
are drawn beside the file.
There is no bound to meet: whichever wins, wins.
Expected: the networks that learn stout steps reach R^2 of 0.7 to 0.9 from 16 configurations on, all others
stay below 0.1.
Time: about two hours of one core; --quick, 16 configurations only, a minute or two.
Exit status: 0, or 1 if a prediction is not finite.
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
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

BETA, EXTENTS, TIME = 6.0, (6, 6, 6, 6), 1
BATCH = 2
RATES = (1e-2, 3e-3)
TARGETS = {"action": f"energy_clover@flow:{TIME}", "q": f"topological_charge@flow:{TIME}"}
LABELS = {
    "lcnn": "L-CNN",
    "lcnn_stout": "L-CNN, stout steps",
    "glcnn": "L-CNN, global symmetry",
    "glcnn_stout": "the same, stout steps",
    "cnn": "CNN on traces",
    "cnn_aug": "CNN on traces, augmented",
}
_D4: dict[str, Any] = {"d": 4, "standardise": True}
_CNN: dict[str, Any] = {**_D4, "name": "cnn_traces", "kernel_size": 3, "parts": "complex", "pooling": "none"}
_CNNS = ({**_CNN, "widths": [16, 16], "dense": [16]}, {**_CNN, "widths": [8]})
_LCNN = ({**_D4, "name": "lcnn", "layers": [[2, 6, 4], [1, 4, 4]], "directions": "both"},)
_STOUT = ({**_D4, "name": "lcnn", "layers": [[1, 24, 2]], "plaquettes": "clover", "stout": 4},)
_SCALAR: dict[str, Any] = {**_D4, "name": "glcnn", "group": "B_4", "features": "trivial"}
_ODD: dict[str, Any] = {**_D4, "name": "glcnn", "group": "Z_2^4", "pool": "det"}
MODELS: dict[tuple[str, str], tuple[dict[str, Any], ...]] = {
    ("lcnn", "action"): _LCNN,
    ("lcnn", "q"): _LCNN,
    ("lcnn_stout", "action"): _STOUT,
    ("lcnn_stout", "q"): _STOUT,
    ("glcnn", "action"): ({**_SCALAR, "layers": [[2, 2, 4], [2, 4, 4]]},),
    ("glcnn", "q"): ({**_ODD, "layers": [[2, 1, 2], [1, 2, 1]]},),
    ("glcnn_stout", "action"): ({**_SCALAR, "layers": [[1, 4, 4]], "stout": 4},),
    ("glcnn_stout", "q"): ({**_ODD, "layers": [[1, 2, 1]], "stout": 4},),
    ("cnn", "action"): _CNNS,
    ("cnn", "q"): _CNNS,
    ("cnn_aug", "action"): _CNNS,
    ("cnn_aug", "q"): _CNNS,
}
"""The networks that may be taken for a row and a target, each with all weights to be learned."""


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


FULL = Plan((8, 32), (4, 4), (8, 4), {16: (120, 1.0), 64: (200, 2.0), 256: (320, 4.0)}, RATES)
QUICK = Plan((8, 2), (2, 2), (2, 2), {16: (8, 0.05)}, RATES[:1])


@dataclass(frozen=True)
class Part:
    """Links (n, d, *extents, N, N) and the densities (n, *extents) by the name of the target."""

    links: Tensor
    densities: dict[str, Tensor]


@dataclass(frozen=True)
class Task:
    """A row of the table: steps and seconds for each size of the training set, from the data in a file."""

    kind: str
    target: str
    data: Path
    columns: Mapping[int, tuple[float, float]]
    rates: tuple[float, ...]


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


def train_one(task: Task, N: int, parts: Mapping[str, Part], spec: dict[str, Any], rate: float) -> Trained:
    """Train one model on the first N configurations for its steps, and for about its seconds."""
    import torch

    from lcnn.config import TrainingConfig
    from lcnn.fit import fit
    from lcnn.models import build_model

    target, (steps, budget) = task.target, task.columns[N]
    scale = units(parts["train"], target, N)
    data = dataset(parts["train"], target, N, scale, augment=task.kind == "cnn_aug")
    validation = dataset(parts["validation"], target, len(parts["validation"].links), scale, augment=False)
    torch.manual_seed(1)
    model = build_model(spec)
    step, look = step_seconds(model, data)
    seconds = step * data.steps(BATCH) + look * validation.steps(BATCH)
    epochs = max(math.ceil(steps / data.steps(BATCH)), round(budget / seconds))
    config = TrainingConfig(epochs=epochs, batch=BATCH, learning_rate=rate, device="cpu", checkpoint=1000)
    start = time.perf_counter()
    fitted = fit(model, data, validation, config, seed=1)
    spent = time.perf_counter() - start
    weights = sum(p.numel() for p in model.parameters())
    say(
        f"{LABELS[task.kind]:26}{target:7} N = {N:3d}: rate {rate:g}, {weights:6d} weights, "
        f"{epochs:4d} epochs, {spent / epochs:7.2f} s an epoch, "
        f"best {fitted.best_epoch:4d}, validation {fitted.validation:.4f}"
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


def measure(task: Task) -> dict[str, float]:
    """Train a row of the table at every size of the training set, in this process, and test it."""
    import torch

    torch.set_num_threads(1)
    parts = {name: Part(*held) for name, held in torch.load(task.data, weights_only=True).items()}
    kind, target = task.kind, task.target
    choices = list(product(MODELS[kind, target], task.rates))
    figures: dict[str, float] = {}
    for N in task.columns:
        tried = [train_one(task, N, parts, spec, rate) for spec, rate in choices]
        chosen = min(range(len(tried)), key=lambda k: tried[k].validation)
        best = tried[chosen]
        if not kind.startswith("cnn"):  # too dear to search again
            choices = [choices[chosen]]
        scale = units(parts["train"], target, N)
        figures[f"r2_{kind}_{target}_{N}"] = r2(best.model, target, parts["test"], scale)
        figures[f"epochs_{kind}_{target}_{N}"] = best.epochs
        figures[f"epoch_s_{kind}_{target}_{N}"] = round(best.epoch_seconds, 4)
        figures[f"weights_{kind}_{target}"] = best.weights
        say(f"{LABELS[kind]:26}{target:7} N = {N:3d}: R^2 {figures[f'r2_{kind}_{target}_{N}']:.4f}")
    return figures


def make_data(plan: Plan, folder: Path) -> Path:
    """Make the three parts and store them in a file."""
    import torch

    sizes = {"train": plan.train, "validation": plan.validation, "test": plan.test}
    parts = {name: make_part(*size, seed) for seed, (name, size) in enumerate(sizes.items(), 1)}
    for target in TARGETS:
        density = parts["test"].densities[target]
        spread = f"mean {float(density.mean()):.4g}, standard deviation {float(density.std()):.4g}"
        say(f"test data, {TARGETS[target]}: {spread}")
    held = {name: (part.links, part.densities) for name, part in parts.items()}
    torch.save(held, folder / "parts.pt")
    return folder / "parts.pt"


def measure_all(tasks: list[Task], jobs: int) -> Iterator[dict[str, float]]:
    """Give the figures of each row as soon as it and those before it are done."""
    if jobs == 1:
        yield from map(measure, tasks)
        return
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(measure, tasks)


def main() -> int:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description="R^2 of flowed densities against training-set size")
    parser.add_argument("--quick", action="store_true", help="16 configurations only, under a minute")
    parser.add_argument("--json", metavar="FILE", help="where to write the figures, flat")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="networks at the same time")
    parser.add_argument(
        "--seconds", type=float, default=10.0, help="least time of a training on 16 configurations"
    )
    parser.add_argument("--steps", type=float, default=1.0, help="multiplies the steps of all trainings")
    options = parser.parse_args()
    started = time.perf_counter()
    plan = QUICK if options.quick else FULL
    columns = {
        N: (options.steps * steps, options.seconds * factor) for N, (steps, factor) in plan.columns.items()
    }
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        data = make_data(plan, Path(folder))
        rows = [(kind, target) for target in TARGETS for kind in LABELS]
        tasks = [Task(kind, target, data, columns, plan.rates) for kind, target in rows]
        for found in measure_all(tasks, options.jobs):
            figures |= found
            write(figures, started, options.json)
    say(table(figures, list(columns)))
    if options.json and len(columns) > 1:
        draw(figures, list(columns), Path(options.json).with_suffix(".png"))
    return int(not all(math.isfinite(value) for value in figures.values()))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except LgtError as error:
        sys.exit(str(error))
