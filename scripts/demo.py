"""The main job, end to end: generate configurations, train, compare on larger lattices, attack.

An L-CNN and ordinary CNNs learn the Wilson loop W(1,2) of SU(2) configurations in two dimensions (Wilson
action, ten couplings from 0.1 to 6, lattice 8x8). They are compared on 8x8, 16x16, 32x32 and 64x64 and
under gauge attacks, as in M. Favoni et al., Phys. Rev. Lett. 128 (2022) 032003, Figs. 3 and 4.

Usage: bash scripts/demo.sh [--quick] [--out demo-results]
Time: about 4 minutes on 2 free cores; --quick, the smallest honest version, under a minute.
Expected mean squared error of the lattice average on 8x8: L-CNN below 1e-8 (so on every lattice), CNN on
traces of plaquettes 1.9e-3, best predictor that knows beta alone 3.6e-3, CNN on links 1e-2, mean label
4.4e-2. The attacks move the CNN on links by more than 100 %, the L-CNN by rounding (3e-7).
Exit status: 0, or 1 if the L-CNN or a baseline is worse than the acceptance asks for (full run only).
"""

from __future__ import annotations

import argparse
import datetime
import json
import multiprocessing
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from lgt.errors import LgtError

if TYPE_CHECKING:
    from lcnn.attack import Attack
    from lcnn.evaluate import Evaluation
    from lcnn.fit import Epoch

TARGET = "wilson_1x2"
LCNN, LINKS, TRACES = "L-CNN", "CNN on links", "CNN on traces"
BETA, MEAN = "knows β alone", "mean label"
FIGURES = ("parity", "loss", "volume_transfer", "attack")
KEYS = {LCNN: "lcnn", LINKS: "cnn", TRACES: "trace"}


@dataclass(frozen=True)
class Plan:
    """How much is done.

    `train_configs` is the length of each chain, of which `train_chains` train and one validates;
    `test_configs` counts configurations at each coupling by lattice size, `attacked` those attacked;
    `architectures` is how many are tried of each kind of baseline.
    """

    betas: tuple[float, ...]
    train_configs: int
    train_chains: int
    test_configs: dict[int, int]
    lcnn_epochs: int
    lcnn_seeds: tuple[int, ...]
    cnn_epochs: int
    architectures: int
    attacked: int
    attack_tries: int
    attack_steps: int


BETAS = tuple(0.1 + 5.9 * k / 9 for k in range(10))
FULL = Plan(BETAS, 125, 8, {8: 100, 16: 60, 32: 40, 64: 20}, 6, (1, 2, 3), 20, 4, 10, 50, 200)
QUICK = Plan(BETAS[::4], 60, 3, {8: 20, 16: 10}, 24, (1,), 2, 1, 4, 5, 20)


@dataclass(frozen=True)
class Job:
    """One training: the kind of model, what this one is called, and the tables of its RUN.toml."""

    kind: str
    name: str
    model: dict[str, Any]
    training: dict[str, Any]
    per: Literal["site", "configuration"]


@dataclass(frozen=True)
class Trained:
    """What became of a job: losses are those of every epoch, training and validation."""

    job: Job
    weights: int
    checkpoint: Path
    validation: float
    seconds: float
    losses: tuple[list[float], list[float]]


def jobs(plan: Plan) -> Iterator[Job]:
    """Give the L-CNN first, then the baselines."""
    lcnn = {"epochs": plan.lcnn_epochs, "learning_rate": 1e-2, "seeds": plan.lcnn_seeds}
    wilson_loop = {"name": "wilson_loop", "loop": "1x2", "size": "small"}
    yield Job(LCNN, "W(1,2) small of the Letter", wilson_loop, lcnn, "site")
    links = {"epochs": plan.cnn_epochs, "learning_rate": 3e-3, "batch": 25}
    for widths, size, activation in (
        ([96, 32], 2, "gelu"),
        ([128, 64], 2, "gelu"),
        ([64, 64, 64], 2, "gelu"),
        ([32, 32], 3, "tanh"),  # of the Letter's kind
    )[: plan.architectures]:
        cnn: dict[str, Any] = {"name": "cnn_links", "d": 2, "N": 2, "widths": widths}
        cnn |= {"kernel_size": size, "activation": activation}
        yield Job(LINKS, _architecture(widths, size, activation), cnn, links, "configuration")
    traces = {"epochs": 3 * plan.cnn_epochs, "learning_rate": 3e-3}
    for widths, size, activation in (
        ([16, 16], 2, "gelu"),
        ([16, 16], 3, "leaky_relu"),
        ([32], 2, "gelu"),
    )[: plan.architectures]:
        cnn = {"name": "cnn_traces", "d": 2, "widths": widths}
        cnn |= {"kernel_size": size, "activation": activation}
        yield Job(TRACES, _architecture(widths, size, activation), cnn, traces, "configuration")


def _architecture(widths: Sequence[int], size: int, activation: str) -> str:
    return f"{size}x{size} {activation} {'-'.join(map(str, widths))}"


def say(text: str, start: float) -> None:
    """Print a line with the time since the start on stderr."""
    seconds = int(time.time() - start)
    print(f"[{seconds // 60:2d}:{seconds % 60:02d}] {text}", file=sys.stderr, flush=True)


def make_ensembles(plan: Plan, folder: Path, start: float) -> tuple[list[Path], dict[int, list[Path]]]:
    """Generate one ensemble for each coupling and size, each with a seed of its own."""
    from lgt.chain import generate
    from lgt.config import RunConfig

    folder.mkdir(parents=True)
    train: list[Path] = []
    test: dict[int, list[Path]] = {size: [] for size in plan.test_configs}
    parts = [("train", 8, plan.train_chains + 1, plan.train_configs, train)]
    parts += [("test", size, 1, configs, test[size]) for size, configs in plan.test_configs.items()]
    seed = 0
    for purpose, size, chains, configs, files in parts:
        box = f"{size}x{size}"
        for beta in plan.betas:
            seed += 1
            say(f"{purpose} data, {box}, beta {beta:.2f}: {chains * configs} configurations", start)
            out = folder / f"{purpose}_{box}_beta_{beta:.2f}.h5"
            keys: dict[str, Any] = {"lattice": box, "beta": beta, "configs": configs, "chains": chains}
            generate(RunConfig(group="SU2", **keys, seed=seed, precision="float32", out=str(out))).close()
            files.append(out)
    return train, test


def train_one(job: Job, toml: Path, start: float) -> Trained:
    """Carry out one training in this process, on one core."""
    from lcnn.config import RunConfig
    from lcnn.train import train

    last = 0.0

    def progress(seed: int, epoch: Epoch, planned: int) -> None:
        nonlocal last
        if time.time() - last > 10 or epoch.number == planned:
            last = time.time()
            losses = f"training loss {epoch.train:.1e}, validation {epoch.validation:.1e}"
            say(f"{job.kind}, {job.name}, seed {seed}: epoch {epoch.number} of {planned}, {losses}", start)

    result = train(RunConfig.from_toml(toml), progress=progress)
    best = result.best
    losses = ([e.train for e in best.history], [e.validation for e in best.history])
    seconds = sum(fit.seconds for fit in result.fits)
    weights = sum(p.numel() for p in best.model.parameters())
    return Trained(job, weights, result.checkpoint, best.validation, seconds, losses)


def train_all(plan: Plan, data: Sequence[Path], folder: Path, start: float) -> list[Trained]:
    """Train the L-CNN, then each baseline for at least as long, as many at a time as there are cores."""
    from lcnn.config import DataConfig, RunConfig, TrainingConfig

    folder.mkdir(parents=True)
    first, *others = jobs(plan)

    def write(number: int, job: Job, at_least: float) -> Path:
        path = folder / f"{KEYS[job.kind]}-{number}.toml"
        run = RunConfig(
            out=str(path.with_suffix("")),
            data=DataConfig(ensembles=tuple(map(str, data)), target=TARGET, per=job.per),
            model=job.model,
            training=TrainingConfig(**job.training, threads=1, at_least=at_least),
        )
        path.write_text(run.to_toml(), encoding="utf-8")
        return path

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with ProcessPoolExecutor(min(cores, len(others)), multiprocessing.get_context("spawn")) as pool:
        lcnn = pool.submit(train_one, first, write(0, first, 0.0), start).result()
        say(f"the L-CNN took {lcnn.seconds:.0f} s; each baseline gets at least that", start)
        running = [
            pool.submit(train_one, job, write(number, job, lcnn.seconds), start)
            for number, job in enumerate(others, 1)
        ]
        return [lcnn, *(job.result() for job in running)]


def pick_best(trained: Sequence[Trained]) -> dict[str, Trained]:
    """Return the training of each kind that was best on the validation data."""
    kinds = {kind: [t for t in trained if t.job.kind == kind] for kind in KEYS}
    return {kind: min(those, key=lambda t: t.validation) for kind, those in kinds.items()}


def evaluate_all(
    best: Mapping[str, Trained], test: Mapping[int, Sequence[Path]], start: float
) -> dict[str, list[Evaluation]]:
    """Evaluate the best model of each kind on every lattice."""
    from lcnn.checkpoint import load_model
    from lcnn.evaluate import evaluate_files

    found: dict[str, list[Evaluation]] = {}
    for kind, trained in best.items():
        say(f"evaluating {kind} on {', '.join(f'{size}x{size}' for size in test)}", start)
        model, metadata = load_model(trained.checkpoint)
        # The target at every site costs nothing more and also gives the error per site.
        files = [file for those in test.values() for file in those]
        found[kind] = evaluate_files(model, {**metadata, "per": "site"}, files, batch=20)
    return found


def attack_all(
    plan: Plan, best: Mapping[str, Trained], files: Sequence[Path], start: float
) -> dict[str, dict[str, Attack]]:
    """Attack the best model of each kind on the first configurations of every coupling."""
    import torch

    from lcnn.attack import adversarial_attack, random_attack
    from lcnn.checkpoint import load_model
    from lcnn.data import open_dataset

    data = open_dataset(files, TARGET, per="configuration")
    each = len(data) // len(plan.betas)
    rows = torch.cat([torch.arange(plan.attacked) + each * k for k in range(len(plan.betas))])
    links, _ = data.batch(rows)
    scale = float(data.targets.std())
    found: dict[str, dict[str, Attack]] = {}
    for kind, trained in best.items():
        say(f"attacking {kind} on {len(links)} configurations", start)
        model, _ = load_model(trained.checkpoint)
        found[kind] = {
            "random": random_attack(model, links, scale=scale, tries=plan.attack_tries),
            "adversarial": adversarial_attack(model, links, scale=scale, steps=plan.attack_steps),
        }
    return found


def collect(
    evaluated: Mapping[str, Sequence[Evaluation]], attacked: Mapping[str, Mapping[str, Attack]]
) -> dict[str, float]:
    """Return the figures as flat names to numbers."""
    figures: dict[str, float] = {}
    for kind, evaluations in evaluated.items():
        for e in evaluations:
            size = e.lattice.split("x")[0]
            figures[f"mse_{KEYS[kind]}_{size}"] = e.mse
            figures[f"mse_beta_{size}"], figures[f"mse_mean_{size}"] = e.mse_beta, e.mse_mean
            if e.mse_site is not None:
                figures[f"mse_site_{KEYS[kind]}_{size}"] = e.mse_site
    for kind, attacks in attacked.items():
        for name, attack in attacks.items():
            figures[f"attack_{name}_{KEYS[kind]}"] = attack.largest
    return figures


def misses(figures: Mapping[str, float], sizes: Sequence[int]) -> list[str]:
    """Return what is worse than the acceptance asks for."""
    checks = {f"L-CNN on {n}x{n}": figures[f"mse_lcnn_{n}"] <= 1e-8 for n in sizes}
    checks |= {
        f"CNN on traces on {n}x{n}": figures[f"mse_trace_{n}"] <= 3 * figures[f"mse_beta_{n}"] for n in sizes
    }
    checks["CNN on links on 8x8"] = figures["mse_cnn_8"] <= figures["mse_mean_8"] / 2
    checks["the attacks on the CNN on links"] = figures["attack_random_cnn"] >= 0.01
    checks["the attacks on the L-CNN"] = figures["attack_adversarial_lcnn"] <= 1e-5
    return [name for name, good in checks.items() if not good]


def table(
    figures: Mapping[str, float],
    sizes: Sequence[int],
    trained: Sequence[Trained],
    best: Mapping[str, Trained],
    attacked: Mapping[str, Mapping[str, Attack]],
) -> str:
    """Return the results as text."""
    lines = ["Mean squared error of the lattice average of W(1,2), SU(2), two dimensions, trained on 8x8", ""]
    lines.append(" " * 20 + "".join(f"{f'{n}x{n}':>11}" for n in sizes))
    for label, key in ((LCNN, "lcnn"), (TRACES, "trace"), (BETA, "beta"), (LINKS, "cnn"), (MEAN, "mean")):
        lines.append(f"{label:20}" + "".join(f"{figures[f'mse_{key}_{n}']:11.2e}" for n in sizes))
    per_site = "".join(f"{figures[f'mse_site_lcnn_{n}']:11.2e}" for n in sizes)
    lines += [f"{'L-CNN, per site':20}{per_site}", "", "Largest relative change of a prediction under", ""]
    lines.append(" " * 20 + f"{'random':>11}{'adversarial':>13}   gauge transformations")
    for label, key in ((LCNN, "lcnn"), (TRACES, "trace"), (LINKS, "cnn")):
        random, adversarial = (figures[f"attack_{name}_{key}"] for name in ("random", "adversarial"))
        lines.append(f"{label:20}{random:11.2e}{adversarial:13.2e}")
    scale = next(iter(attacked[LCNN].values())).scale
    lines += [f"(|change| / max(|prediction|, {scale:.2f}), the latter the spread of the labels)", ""]
    lines += ["All trainings, * the best of its kind on the validation data", ""]
    lines.append(
        f"  {'kind':15}{'architecture':28}{'weights':>8}{'epochs':>8}{'seconds':>9}{'validation':>12}"
    )
    for t in trained:
        mark = "*" if t is best[t.job.kind] else " "
        numbers = f"{t.weights:8d}{len(t.losses[0]):8d}{t.seconds:9.0f}{t.validation:12.2e}"
        lines.append(f"{mark} {t.job.kind:15}{t.job.name:28}{numbers}")
    lines.append("(validation errors: per site for the L-CNN, of the lattice average for the CNNs)")
    return "\n".join(lines) + "\n"


def draw(
    out: Path,
    evaluated: Mapping[str, Sequence[Evaluation]],
    best: Mapping[str, Trained],
    attacked: Mapping[str, Mapping[str, Attack]],
) -> None:
    """Draw the four figures."""
    from lcnn import plot

    first = {kind: evaluations[0] for kind, evaluations in evaluated.items()}
    pairs = {kind: (first[kind].predicted, first[kind].target) for kind in (LCNN, TRACES, LINKS)}
    plot.save(plot.parity(pairs, quantity="W(1,2)", betas=first[LCNN].betas), out / "parity.png")
    plot.save(
        plot.loss_curve({kind: t.losses for kind, t in best.items()}, log_epochs=True), out / "loss.png"
    )
    sizes = [e.lattice for e in evaluated[LCNN]]
    errors = {kind: [e.mse for e in evaluations] for kind, evaluations in evaluated.items()}
    bounds = {BETA: [e.mse_beta for e in evaluated[LCNN]], MEAN: [e.mse_mean for e in evaluated[LCNN]]}
    plot.save(plot.volume_transfer(sizes, errors, bounds, trained="8x8"), out / "volume_transfer.png")
    changes = {
        kind: {name: attack.change for name, attack in attacked[kind].items()}
        for kind in (LCNN, TRACES, LINKS)
    }
    plot.save(plot.attack(changes), out / "attack.png")


def describe(start: float) -> dict[str, Any]:
    """Return machine, commit, date and minutes."""
    root = Path(__file__).resolve().parent.parent
    git = ["git", "-C", str(root), "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(git, capture_output=True, text=True, check=False).stdout.strip()
    info = Path("/proc/cpuinfo")
    models = (
        [line for line in info.read_text().splitlines() if line.startswith("model name")]
        if info.exists()
        else []
    )
    name = models[0].split(":", 1)[1].strip() if models else platform.processor() or platform.machine()
    return {
        "_machine": f"{name}, {os.cpu_count()} CPUs",
        "_commit": commit or "unknown",
        "_date": datetime.date.today().isoformat(),
        "_minutes": round((time.time() - start) / 60, 2),
    }


def clear(out: Path) -> None:
    """Remove what an earlier demo left, and nothing else."""
    for name in ("ensembles", "models"):
        shutil.rmtree(out / name, ignore_errors=True)
    for name in (
        "results.json",
        "results.txt",
        "parity.png",
        "loss.png",
        "volume_transfer.png",
        "attack.png",
    ):
        (out / name).unlink(missing_ok=True)


def main() -> int:
    """Run the demo."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--quick", action="store_true", help="the smallest honest version, under a minute")
    parser.add_argument("--out", type=Path, default=Path("demo-results"), help="folder for the results")
    options = parser.parse_args()
    plan, out, start = QUICK if options.quick else FULL, options.out, time.time()
    clear(out)
    train, test = make_ensembles(plan, out / "ensembles", start)
    trained = train_all(plan, train, out / "models", start)
    best = pick_best(trained)
    evaluated = evaluate_all(best, test, start)
    attacked = attack_all(plan, best, test[8], start)
    figures = collect(evaluated, attacked)
    draw(out, evaluated, best, attacked)
    text = table(figures, list(test), trained, best, attacked)
    (out / "results.txt").write_text(text, encoding="utf-8")
    document = {**figures, "_seconds_lcnn": best[LCNN].seconds, **describe(start)}
    (out / "results.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    print(text)
    say(f"results, figures, ensembles and models are in {out}/", start)
    missed = [] if options.quick else misses(figures, list(test))
    for name in missed:
        say(f"worse than expected: {name}", start)
    return int(bool(missed))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except LgtError as error:
        sys.exit(f"demo: error: {error}")
