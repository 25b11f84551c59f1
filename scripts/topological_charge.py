"""Topological charge densities of SU(2) in 3+1 dimensions, learned with and without global symmetry.

    python scripts/topological_charge.py [--quick] [--json FILE] [--keep FOLDER]

Two densities q(x) = sum of +-tr(F F) / (4 pi^2) over the three pairs of dual planes. ``q_plaq`` takes the
field strength from the plaquette x, x+mu, x+mu+nu, x+nu alone, F = (P - P^+) / 2i (M. Favoni et al., Phys.
Rev. Lett. 128 (2022) 032003, where the labels are scaled by 100, as here). The clover q averages F over the
four plaquettes around x and is a pseudoscalar under reflections; q_plaq is not covariant under them. Four
networks see the same configurations for the same number of steps (8 passes of AdamW at a falling rate, one
configuration a step, then 52 of L-BFGS, float64; L-BFGS ends earlier where it lowers the loss by less than
1e-9 of it):

- plain: the L-CNN (2, 6, 4) on q_plaq;
- det: an L-CNN with the symmetry of O_h x Z_2 (96 elements), determinant pooling, on the clover q;
- mean: the same with mean pooling on the clover q, a control: a scalar knows nothing of a pseudoscalar;
- det on q_plaq, a control: only the covariant part of q_plaq can be learned.

The det network multiplies two plaquettes at a point. Any two that share a direction leave another one whose
reversal changes neither, so that det pooling cancels them; the dual planes that are left make up the clover
q, up to a factor. Symmetry leaves little to learn here.

All are trained on 4 x 8^3, one configuration at each of the couplings 0.5, 1, 1.5, 2, 2.5 (heat bath,
Wilson action; the Letter's range is not known), and tested on other ones there and on 8 x 16^3 at the same
couplings. The figures are mean squared errors per site over the variance of the labels there.
Time: about 15 minutes on one core; --quick (trained on 4^4, fewer steps and couplings, no 8 x 16^3), under a
minute.
Expected: plain at most 1e-4, det 1e-8, each within a factor 3 on 8 x 16^3; controls at least 0.95 and 0.9.
Exit status: 0, or 1 if anything is worse than that (--quick: the controls alone).
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from _measure import write

from lgt.errors import LgtError

if TYPE_CHECKING:
    from torch import Tensor, nn

    from lcnn.fit import Epoch, Fit

BETAS = (0.5, 1.0, 1.5, 2.0, 2.5)
SCALE = 100.0
PLAIN: dict[str, Any] = {"name": "lcnn", "layers": [[2, 6, 4]], "d": 4}
GROUP: dict[str, Any] = {"name": "glcnn", "layers": [[1, 2, 1]], "d": 4, "group": "O_h x Z_2"}
BOUNDS = {"plain_plaq": 1e-4, "det_clover": 1e-8, "plain_transfer": 3.0, "det_transfer": 3.0}
CONTROLS = {"mean_clover": 0.95, "det_plaq": 0.9}


@dataclass(frozen=True)
class Task:
    """A network and its label, "q_plaq" or "clover"."""

    model: dict[str, Any]
    label: str


TASKS = {
    "plain_plaq": Task(PLAIN, "q_plaq"),
    "det_clover": Task({**GROUP, "pool": "det"}, "clover"),
    "mean_clover": Task({**GROUP, "pool": "mean"}, "clover"),
    "det_plaq": Task({**GROUP, "pool": "det"}, "q_plaq"),
}


@dataclass(frozen=True)
class Plan:
    """How much is done.

    `lattice` is trained on; `adamw` and `lbfgs` are passes, `test` and `transfer` configurations a coupling
    on 4 x 8^3 and on 8 x 16^3.
    """

    betas: tuple[float, ...]
    lattice: str
    adamw: int
    lbfgs: int
    test: int
    transfer: int
    seed: int = 1


FULL = Plan(BETAS, "8x8x8x4", adamw=8, lbfgs=52, test=2, transfer=1)
QUICK = Plan(BETAS[::2], "4x4x4x4", adamw=2, lbfgs=4, test=1, transfer=0)


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)


def q_plaq(links: np.ndarray, d: int = 4) -> np.ndarray:
    """The plaquette charge density of links (..., 4, *extents, N, N), shape (..., *extents)."""
    from lgt.loops import ordered_product
    from lgt.path import plaquette

    def strength(mu: int, nu: int) -> np.ndarray:
        P = ordered_product(links, plaquette(mu, nu), d)
        return (P - P.conj().swapaxes(-1, -2)) / 2j

    pairs = ((1, (0, 1), (2, 3)), (-1, (0, 2), (1, 3)), (1, (0, 3), (1, 2)))
    terms = [s * np.einsum("...ij,...ji->...", strength(*a), strength(*b)).real for s, a, b in pairs]
    return np.asarray(sum(terms) / (4 * np.pi**2))


def labels(links: Tensor, label: str) -> Tensor:
    """The scaled labels of links (n, 4, *extents, N, N), (n, *extents)."""
    import torch

    from lgt.observable import parse_observable

    density = q_plaq if label == "q_plaq" else parse_observable("topological_charge").density
    return torch.from_numpy(SCALE * np.asarray([density(one, 4) for one in links.numpy()]))


def make_links(betas: Sequence[float], lattice: str, configs: int, seed: int) -> Tensor:
    """Links (n, 4, *extents, 2, 2), `configs` of each coupling; the time direction is the last."""
    import torch

    from lgt.chain import generate
    from lgt.config import RunConfig

    found = []
    keys: dict[str, Any] = {"group": "SU2", "lattice": lattice, "configs": configs, "start": "hot"}
    keys |= {"thermalise": 100, "separation": 20, "threads": 1}
    with TemporaryDirectory() as folder:
        for number, beta in enumerate(betas):
            out = str(Path(folder) / f"{number}.h5")
            with generate(RunConfig(**keys, beta=beta, seed=10 * seed + number, out=out)) as ensemble:
                found += [ensemble.links(0, k) for k in range(configs)]
    return torch.from_numpy(np.asarray(found))


def train(name: str, task: Task, parts: tuple[Tensor, Tensor], plan: Plan) -> Fit:
    """Train one network on the first part, with the other to validate."""
    import torch

    from lcnn.config import TrainingConfig
    from lcnn.dataset import Dataset
    from lcnn.fit import fit
    from lcnn.models import build_model

    config = TrainingConfig(
        epochs=plan.adamw,
        batch=1,
        learning_rate=1e-2,
        lbfgs=plan.lbfgs,
        dtype="float64",
        device="cpu",
    )
    data, validation = (Dataset(links, labels(links, task.label)) for links in parts)
    variance = float(validation.targets.var())

    def progress(seed: int, epoch: Epoch, planned: int) -> None:
        if epoch.number % 5 == 0 or epoch.number <= 2:
            loss, check = epoch.train / float(data.targets.var()), epoch.validation / variance
            say(f"{name}: step {epoch.number} of {planned}, {loss:.2e}, validation {check:.2e}")

    torch.manual_seed(plan.seed)
    model = build_model(task.model)
    result = fit(model, data, validation, config, seed=plan.seed, progress=progress)
    weights = sum(p.numel() for p in model.parameters())
    say(f"{name}: {weights} weights, {len(result.history)} steps, {result.seconds:.0f} s")
    return result


def error(model: nn.Module, links: Tensor, label: str) -> float:
    """Mean squared error per site over the variance per site, one configuration at a time."""
    import torch

    target = labels(links, label)
    with torch.no_grad():
        squares = [(model(U[None])[0, 0] - y).square().mean() for U, y in zip(links, target, strict=True)]
    return float(torch.stack(squares).mean() / target.var(correction=0))


def keep(folder: Path, name: str, task: Task, result: Fit) -> None:
    """Store the weights alone."""
    from lcnn.checkpoint import write_checkpoint

    about = {
        "model": task.model,
        "training": {"dtype": "float64", "seed": result.seed, "steps": len(result.history)},
        "label": task.label,
        "scale": SCALE,
    }
    tensors = {f"model/{key}": value for key, value in result.model.state_dict().items()}
    write_checkpoint(folder / f"{name}.toml", tensors, about)


def misses(figures: Mapping[str, float]) -> list[str]:
    """Return what is worse than expected."""
    high = [f"{k} is {figures[k]:.2e}, not {b:.0e} or less" for k, b in BOUNDS.items() if not figures[k] <= b]
    return high + low(figures)


def low(figures: Mapping[str, float]) -> list[str]:
    """Return the controls that learned what they cannot represent."""
    return [f"{k} is {figures[k]:.3f}, not {b} or more" for k, b in CONTROLS.items() if not figures[k] >= b]


def run(plan: Plan, out: Path | None) -> dict[str, float]:
    """Make the data, train the four networks, and test them."""
    import torch

    torch.set_num_threads(1)
    figures: dict[str, float] = {}
    parts = (make_links(plan.betas, plan.lattice, 1, 1), make_links(plan.betas, plan.lattice, 1, 2))
    test = make_links(plan.betas, "8x8x8x4", plan.test, 3)
    far = make_links(plan.betas, "16x16x16x8", plan.transfer, 4) if plan.transfer else None
    for name, task in TASKS.items():
        result = train(name, task, parts, plan)
        if out is not None:
            keep(out, name, task, result)
        figures[name] = error(result.model, test, task.label)
        figures[f"{name}_weights"] = sum(p.numel() for p in result.model.parameters())
        figures[f"{name}_steps"] = len(result.history)
        figures[f"{name}_seconds"] = round(result.seconds, 1)
        say(f"{name}: 4 x 8^3: {figures[name]:.2e}")
        key = f"{name.split('_')[0]}_transfer"
        if far is not None and key in BOUNDS and name in BOUNDS:
            figures[f"{name}_16"] = error(result.model, far, task.label)
            figures[key] = figures[f"{name}_16"] / figures[name]
            say(f"{name}: 8 x 16^3: {figures[f'{name}_16']:.2e}, {figures[key]:.2f} times")
    return figures


def main() -> int:
    """Train, compare, print and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--quick", action="store_true", help="the smallest honest version, under a minute")
    parser.add_argument("--json", metavar="FILE", help="where to write the figures, flat")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where to store the trained networks")
    options = parser.parse_args()
    started = time.perf_counter()
    figures = run(QUICK if options.quick else FULL, options.keep)
    write(figures, started, options.json)
    missed = low(figures) if options.quick else misses(figures)
    for text in missed:
        say(f"worse than expected: {text}")
    return int(bool(missed))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except LgtError as error_:
        sys.exit(f"topological_charge: error: {error_}")
