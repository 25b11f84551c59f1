"""The Letter's table: L-CNNs learn Wilson loops of SU(2) in two dimensions, ordinary CNNs do not.

    python scripts/wilson_loops.py [--quick] [--json FILE] [--out FOLDER] [--jobs N] [--keep FOLDER]

Data, networks and training follow M. Favoni et al., Phys. Rev. Lett. 128 (2022) 032003, Supplement Tables V
and following: Wilson action, ten couplings from 0.1 to 6, Metropolis with 10 hits, 2000 sweeps from a random
start, a configuration every 100 sweeps, 1000/100/100 configurations of 8x8 a coupling to train, validate and
test, no two parts with a chain in common; mean squared error at every site, AdamW (amsgrad) at a constant
rate in float32. Fewer epochs are planned than the most that the Letter allows. The proposals of
our Metropolis are uniform, the Letter's Gaussian: the distribution is the same, and the plaquette is held to
the exact I_2(beta) / I_1(beta). Then once more in float64, with a falling rate and L-BFGS at the end, on 20
configurations a coupling; for 4x4 so few do not lead off the plateau where all start, so that the best
weights found in float32 are begun with. The CNNs predict the lattice average, from raw links or traces of
plaquettes. Of all seeds and architectures the one with the best validation loss is tested, on 8x8 to 64x64.

Everything is kept in --out: a run that was stopped goes on where it was. --keep copies the chosen L-CNNs.
Time: about an hour and a quarter on one core; --quick, the smallest honest version, under a minute.
Expected mean squared errors of the lattice average on 8x8, float32: at most 2.2e-11, 2.1e-9, 1.1e-8, 1.4e-7
for 1x1, 1x2, 2x2, 4x4 (the Letter's L-CNNs); float64: 1e-22, 1e-22, 1e-16, 1e-8; CNNs about 1e-3.
Exit status: 0, or 1 if an L-CNN is worse than that (full run only), or the plaquette 4 standard errors off.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

os.environ.setdefault("OMP_NUM_THREADS", "1")

from _measure import write

from lgt.errors import LgtError

if TYPE_CHECKING:
    from lcnn.evaluate import Evaluation
    from lcnn.fit import Epoch

LOOPS = ("1x1", "1x2", "2x2", "4x4")
LETTER = {"1x1": 2.2e-11, "1x2": 2.1e-9, "2x2": 1.1e-8, "4x4": 1.4e-7}
LETTER_CNN = {"1x1": 1.0e-9, "1x2": 2.0e-3, "2x2": 4.0e-3, "4x4": 4.2e-3}
FLOAT64 = {"1x1": 1e-22, "1x2": 1e-22, "2x2": 1e-16, "4x4": 1e-8}
GROWTH = 3.0
PULL = 4.0
ENSEMBLE: dict[str, Any] = {
    "group": "SU2",
    "update": "metropolis",
    "hits": 10,
    "overrelax": 0,
    "start": "hot",
}
BETAS = tuple(0.1 + 5.9 * k / 9 for k in range(10))


@dataclass(frozen=True)
class Recipe:
    """How the L-CNNs of a loop are trained, each seed alike; `size` is that of the Letter's table.

    `refine` means from the weights of the best training in float32 on.
    """

    seeds: tuple[int, ...]
    training: dict[str, Any]
    size: str = "small"
    refine: bool = False


@dataclass(frozen=True)
class Plan:
    """How much is done.

    `train` and `few` are (chains, configurations of each) of a coupling, the last chain validates; `few` is
    what float64 learns from. `test` is the number of configurations of a coupling by lattice size.
    """

    betas: tuple[float, ...]
    thermalise: int
    separation: int
    train: tuple[int, int]
    few: tuple[int, int]
    test: dict[int, int]
    float32: dict[str, Recipe]
    float64: dict[str, Recipe]
    architectures: int
    cnn_epochs: int


def _first(epochs: int) -> dict[str, Any]:
    return {"epochs": epochs, "patience": 5, "learning_rate": 3e-3, "schedule": "constant"}


def _second(epochs: int) -> dict[str, Any]:
    return {"epochs": epochs, "patience": 25, "learning_rate": 1e-3, "schedule": "constant"}


def _double(epochs: int, finish: int) -> dict[str, Any]:
    return {
        "dtype": "float64",
        "epochs": epochs,
        "learning_rate": 1e-2,
        "schedule": "cosine",
        "lbfgs": finish,
    }


FULL = Plan(
    betas=BETAS,
    thermalise=2000,
    separation=100,
    train=(11, 100),
    few=(2, 20),
    test={8: 100, 16: 40, 32: 20, 64: 10},
    float32={
        "1x1": Recipe((1, 2, 3), _first(10)),
        "1x2": Recipe((1, 2, 3), _first(12)),
        "2x2": Recipe((1, 2), _second(12)),
        "4x4": Recipe((1, 2), _second(50), size="medium"),
    },
    float64={
        "1x1": Recipe((1, 2, 3), _double(60, 100)),
        "1x2": Recipe((1, 2, 3), _double(60, 300)),
        "2x2": Recipe((1, 2), _double(100, 300)),
        "4x4": Recipe((1,), {**_double(10, 700), "learning_rate": 1e-5}, size="medium", refine=True),
    },
    architectures=2,
    cnn_epochs=8,
)
QUICK = Plan(
    betas=BETAS[::4],
    thermalise=500,
    separation=20,
    train=(5, 50),
    few=(2, 20),
    test={8: 20, 16: 10},
    float32={"1x1": Recipe((1,), _first(20)), "1x2": Recipe((1,), _first(20))},
    float64={"1x1": Recipe((1,), _double(100, 100)), "1x2": Recipe((1,), _double(100, 300))},
    architectures=1,
    cnn_epochs=5,
)


@dataclass(frozen=True)
class Job:
    """One training: `table` is float32, float64, cnn_links or cnn_traces."""

    table: str
    loop: str
    name: str
    model: dict[str, Any]
    training: dict[str, Any]
    seed: int
    files: tuple[str, ...]
    per: Literal["site", "configuration"] = "site"

    @property
    def folder(self) -> str:
        """The name of the folder that holds it."""
        return f"{self.table}-{self.loop}-{self.name}-seed-{self.seed}".replace(" ", "-")


@dataclass(frozen=True)
class Trained:
    """What became of a job."""

    job: Job
    checkpoint: Path
    weights: int
    epochs: int
    best_epoch: int
    validation: float
    seconds: float


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)


def make_ensembles(plan: Plan, folder: Path) -> dict[str, tuple[str, ...]]:
    """Generate an ensemble for each coupling and purpose, each with its own seed; finished ones stay."""
    from lgt.chain import generate
    from lgt.config import RunConfig

    folder.mkdir(parents=True, exist_ok=True)
    parts = [("train", 8, *plan.train), ("few", 8, *plan.few)]
    parts += [(f"test{size}", size, 1, configs) for size, configs in plan.test.items()]
    made: dict[str, tuple[str, ...]] = {}
    seed = 0
    for purpose, size, chains, configs in parts:
        files = []
        for beta in plan.betas:
            seed += 1
            out = folder / f"{purpose}_{size}x{size}_beta_{beta:.2f}.h5"
            keys: dict[str, Any] = {"lattice": f"{size}x{size}", "chains": chains, "configs": configs}
            keys |= {"thermalise": plan.thermalise, "separation": plan.separation, "threads": 1}
            run = RunConfig(**ENSEMBLE, **keys, beta=beta, seed=seed, out=str(out))
            generate(run, resume=out.exists()).close()
            files.append(str(out))
        made[purpose] = tuple(files)
        say(f"data: {purpose}, {size}x{size}, {len(files)} couplings x {chains} chains x {configs}")
    return made


def plaquette_pulls(files: Sequence[str], separation: int) -> list[float]:
    """Compare the plaquette of each coupling with the exact one, print it, and return the pulls."""
    import torch

    from lgt.analysis import estimate
    from lgt.ensemble import Ensemble

    pulls = []
    for file in files:
        with Ensemble.open(file) as ensemble:
            assert ensemble.action is not None
            beta = torch.tensor(ensemble.action.beta, dtype=torch.float64)
            found = estimate(ensemble.observable("plaquette"), separation)
        i0, i1 = torch.special.i0(beta), torch.special.i1(beta)
        exact = float((i0 - 2 / beta * i1) / i1)
        pulls.append((found.value - exact) / found.error)
        say(f"plaquette at beta {float(beta):.2f}: {found}, exact {exact:.6f}, {pulls[-1]:+.1f} sigma")
    return pulls


def jobs(plan: Plan, data: Mapping[str, tuple[str, ...]]) -> Iterator[Job]:
    """Give every training but those that go on from another one."""
    for loop in reversed(plan.float32):  # what takes longest is first
        yield from _lcnns("float32", loop, plan.float32[loop], data["train"])
        if not plan.float64[loop].refine:
            yield from _lcnns("float64", loop, plan.float64[loop], data["few"])
    stencils = ((3, "leaky_relu", [32, 32]), (2, "gelu", [96, 32]))  # the first is of the Letter's kind
    training = {"epochs": plan.cnn_epochs, "learning_rate": 3e-3}
    for loop in plan.float32:
        for stencil, activation, wide in stencils[: plan.architectures]:
            for kind, widths, colours in (("cnn_links", wide, {"N": 2}), ("cnn_traces", [16, 16], {})):
                name = f"{stencil}x{stencil} {activation} {'-'.join(map(str, widths))}"
                model = {"name": kind, "d": 2, "widths": widths, "kernel_size": stencil, **colours}
                model["activation"] = activation
                yield Job(kind, loop, name, model, training, 1, data["train"], "configuration")


def refining_jobs(plan: Plan, data: Mapping[str, tuple[str, ...]], done: Sequence[Trained]) -> Iterator[Job]:
    """Give the trainings in float64 that go on from the best one in float32."""
    best = pick_best(done)
    for loop, recipe in plan.float64.items():
        if recipe.refine:
            begun = {"start": str(best["float32", loop].checkpoint)}
            yield from _lcnns("float64", loop, recipe, data["few"], **begun)


def _lcnns(table: str, loop: str, recipe: Recipe, files: tuple[str, ...], **begun: str) -> Iterator[Job]:
    model = {"name": "wilson_loop", "loop": loop, "size": recipe.size}
    for seed in recipe.seeds:
        yield Job(table, loop, recipe.size, model, {**recipe.training, **begun}, seed, files)


def train_one(job: Job, models: Path) -> Trained:
    """Carry out one training in this process, on one core, or find it done."""
    from lcnn.checkpoint import read_checkpoint
    from lcnn.config import DataConfig, RunConfig, TrainingConfig
    from lcnn.train import train

    folder = models / job.folder
    checkpoint = folder / "model.toml"
    if not checkpoint.exists():
        run = RunConfig(
            out=str(folder),
            data=DataConfig(ensembles=job.files, target=f"wilson_{job.loop}", per=job.per),
            model=job.model,
            training=TrainingConfig(**job.training, seeds=(job.seed,), threads=1),
        )
        train(run, resume=True, progress=_report(job.folder))
    saved = read_checkpoint(checkpoint)
    (row,) = saved.metadata["seeds"]
    trained = Trained(
        job,
        checkpoint,
        sum(w.numel() for w in saved.part("model").values()),
        row["epochs"],
        row["best_epoch"],
        row["validation"],
        row["seconds"],
    )
    say(
        f"{job.table:10} {job.loop} {job.name:26} seed {job.seed:2d}: {trained.weights:6d} weights, "
        f"best epoch {trained.best_epoch:3d} of {trained.epochs:3d}, {trained.seconds:6.1f} s, "
        f"validation {trained.validation:.2e}"
    )
    return trained


def _report(name: str) -> Callable[[int, Epoch, int], None]:
    """Return what shows a line of progress on stderr every half minute."""
    last = time.monotonic()

    def progress(_: int, epoch: Epoch, planned: int) -> None:
        nonlocal last
        if time.monotonic() - last > 30:
            last = time.monotonic()
            losses = f"training loss {epoch.train:.1e}, validation {epoch.validation:.1e}"
            print(f"{name}: epoch {epoch.number} of {planned}, {losses}", file=sys.stderr, flush=True)

    return progress


def train_all(work: Sequence[Job], models: Path, processes: int) -> list[Trained]:
    """Carry out all trainings, several at a time if asked for."""
    models.mkdir(parents=True, exist_ok=True)
    if processes == 1:
        return [train_one(job, models) for job in work]
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        return list(pool.map(train_one, work, [models] * len(work)))


def pick_best(trained: Sequence[Trained]) -> dict[tuple[str, str], Trained]:
    """Return the training of each table and loop that was best on the validation data."""
    best: dict[tuple[str, str], Trained] = {}
    for each in trained:
        key = each.job.table, each.job.loop
        if key not in best or each.validation < best[key].validation:
            best[key] = each
    return best


def evaluate_all(
    best: Mapping[tuple[str, str], Trained], data: Mapping[str, tuple[str, ...]]
) -> dict[tuple[str, str], list[Evaluation]]:
    """Evaluate the best models on the test data of every lattice."""
    from lcnn.checkpoint import load_model
    from lcnn.evaluate import evaluate_files

    files = [file for purpose, those in data.items() if purpose.startswith("test") for file in those]
    found = {}
    for key, trained in best.items():
        model, metadata = load_model(trained.checkpoint)
        # The target at every site costs nothing more and also gives the error per site.
        found[key] = evaluate_files(model, {**metadata, "per": "site"}, files, batch=20)
    return found


def collect(
    best: Mapping[tuple[str, str], Trained], evaluated: Mapping[tuple[str, str], Sequence[Evaluation]]
) -> dict[str, float]:
    """Return the figures as flat names to numbers; `cnn` is the better kind of CNN on the validation data."""
    figures: dict[str, float] = {}
    for loop in dict.fromkeys(loop for _, loop in best):
        for table in ("float32", "float64"):
            on = evaluated[table, loop]
            sites = [e.mse_site for e in on if e.mse_site is not None]
            figures[f"{table}_{loop}"] = on[0].mse
            for e, site in zip(on, sites, strict=True):
                size = e.lattice.split("x")[0]
                figures |= {f"{table}_{loop}_{size}": e.mse, f"{table}_persite_{loop}_{size}": site}
            if table == "float32":
                figures[f"persite_spread_{loop}"] = max(sites) / min(sites)
                figures[f"averaged_growth_{loop}"] = max(e.mse for e in on) / on[0].mse
                figures |= {f"beta_{loop}": on[0].mse_beta, f"mean_{loop}": on[0].mse_mean}
        kinds = [("cnn_links", loop), ("cnn_traces", loop)]
        chosen = min(kinds, key=lambda key: best[key].validation)
        for table, key in (("cnn", chosen), ("cnn_links", kinds[0]), ("cnn_traces", kinds[1])):
            figures[f"{table}_{loop}"] = evaluated[key][0].mse
            figures |= {f"{table}_{loop}_{e.lattice.split('x')[0]}": e.mse for e in evaluated[key]}
    return figures


def misses(figures: Mapping[str, float]) -> list[str]:
    """Return what is worse than expected."""
    bounds = {f"float32_{loop}": bound for loop, bound in LETTER.items()}
    bounds |= {f"float64_{loop}": bound for loop, bound in FLOAT64.items()}
    bounds |= {f"{key}_{loop}": GROWTH for key in ("persite_spread", "averaged_growth") for loop in LOOPS[1:]}
    return [
        f"{key} is {figures[key]:.2e}, not {bound:.1e} or less"
        for key, bound in bounds.items()
        if not figures[key] <= bound
    ]


def table(figures: Mapping[str, float], loops: Sequence[str], sizes: Sequence[int]) -> str:
    """Return the results as text."""
    lines = ["", "Mean squared error of the lattice average, 8x8", ""]
    head = ("float32", "Letter", "float64", "CNN", "Letter's CNN", "knows beta", "mean label")
    lines.append("loop" + "".join(f"{text:>13}" for text in head))
    for loop in loops:
        values = (
            *(figures[f"float32_{loop}"], LETTER[loop], figures[f"float64_{loop}"]),
            *(figures[f"cnn_{loop}"], LETTER_CNN[loop], figures[f"beta_{loop}"], figures[f"mean_{loop}"]),
        )
        lines.append(f"{loop:4}" + "".join(f"{value:13.1e}" for value in values))
    for what, key in (("lattice average", "float32"), ("site", "float32_persite")):
        lines += ["", f"Mean squared error of the {what}, L-CNN in float32, trained on 8x8", ""]
        lines.append("loop" + "".join(f"{f'{n}x{n}':>11}" for n in sizes) + "   largest over")
        for loop in loops:
            over = figures[f"averaged_growth_{loop}" if key == "float32" else f"persite_spread_{loop}"]
            numbers = "".join(f"{figures[f'{key}_{loop}_{n}']:11.2e}" for n in sizes)
            lines.append(f"{loop:4}{numbers}{over:8.2f} {'8x8' if key == 'float32' else 'smallest'}")
    return "\n".join(lines) + "\n"


def draw(out: Path, evaluated: Mapping[tuple[str, str], Sequence[Evaluation]], loops: Sequence[str]) -> None:
    """Draw predictions against labels, and errors over the lattice size, as in Fig. 3 of the Letter."""
    from lcnn import plot

    first = {loop: evaluated["float32", loop][0] for loop in loops}
    pairs = {f"W({loop})": (e.predicted, e.target) for loop, e in first.items()}
    plot.save(
        plot.parity(pairs, quantity="Wilson loop", betas=first[loops[0]].betas),
        out / "wilson_loops_parity.png",
    )
    sizes = [e.lattice for e in evaluated["float32", loops[0]]]
    errors = {f"L-CNN {loop}": [e.mse for e in evaluated["float32", loop]] for loop in loops}
    bounds = {f"CNN {loop}": [e.mse for e in evaluated["cnn_traces", loop]] for loop in loops}
    plot.save(plot.volume_transfer(sizes, errors, bounds, trained="8x8"), out / "wilson_loops_volume.png")


def keep(best: Mapping[tuple[str, str], Trained], folder: Path) -> None:
    """Copy the chosen L-CNNs."""
    from lcnn.checkpoint import read_checkpoint, write_checkpoint

    for (kind, loop), trained in best.items():
        if kind.startswith("float"):
            saved = read_checkpoint(trained.checkpoint)
            about = {k: v for k, v in saved.metadata.items() if k not in ("format", "weights", "sha256")}
            write_checkpoint(folder / f"{kind}-{loop}.toml", saved.tensors, about)


def main() -> int:
    """Make the data, train, compare, print and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--quick", action="store_true", help="the smallest honest version, under a minute")
    parser.add_argument("--json", metavar="FILE", help="where to write the figures, flat")
    parser.add_argument("--out", type=Path, default=Path("wilson-loops-results"), help="folder for the work")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="trainings at the same time")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where to copy the chosen L-CNNs")
    options = parser.parse_args()
    plan, started = QUICK if options.quick else FULL, time.perf_counter()
    out = options.out / ("quick" if options.quick else "full")
    data = make_ensembles(plan, out / "ensembles")
    pulls = plaquette_pulls(data["train"], plan.separation)
    before = time.perf_counter()
    trained = train_all(list(jobs(plan, data)), out / "models", options.jobs)
    trained += train_all(list(refining_jobs(plan, data, trained)), out / "models", options.jobs)
    # What was found done took its time as well.
    took = sum(each.seconds for each in trained) / options.jobs
    started -= max(0.0, took - (time.perf_counter() - before))
    best = pick_best(trained)
    evaluated = evaluate_all(best, data)
    figures = collect(best, evaluated) | {"plaquette_pull": max(map(abs, pulls))}
    loops = list(plan.float32)
    say(table(figures, loops, list(plan.test)))
    for (kind, loop), each in best.items():
        say(f"chosen by validation loss: {kind} {loop}: {each.job.name}, seed {each.job.seed}")
    draw(out, evaluated, loops)
    if options.keep:
        keep(best, options.keep)
    write(figures, started, options.json)
    missed = [] if options.quick else misses(figures)
    if figures["plaquette_pull"] > PULL:
        missed.append(f"the plaquette is {figures['plaquette_pull']:.1f} standard errors off")
    for text in missed:
        say(f"worse than expected: {text}")
    return int(bool(missed))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except LgtError as error:
        sys.exit(f"wilson_loops: error: {error}")
