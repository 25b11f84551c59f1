"""Write the README's tables from data/results/*.json, or check that they agree (--check). One second.

A table stands between ``<!-- table NAME -->`` and ``<!-- end -->``; NAME is a function below.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def results(name: str) -> dict[str, Any]:
    """The committed figures of scripts/NAME.py."""
    data: dict[str, Any] = json.loads((ROOT / "data" / "results" / f"{name}.json").read_text())
    return data


def rows(header: list[str], body: list[list[str]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *body]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def footer(name: str, data: dict[str, Any]) -> str:
    """Which file and machine the figures come from."""
    where = f"{data['_machine']}, {data['_date']}, {data['_minutes']:.0f} min"
    return f"\n\nFrom `data/results/{name}.json` ({where})."


def demo() -> str:
    """Mean squared error of the lattice average of W(1,2) for every predictor and lattice size."""
    data = results("demo")
    labels = {
        "lcnn": "L-CNN",
        "trace": "CNN on traces of plaquettes",
        "cnn": "CNN on raw links",
        "beta": "best predictor that knows beta alone",
        "mean": "mean label",
    }
    sizes = (8, 16, 32, 64)
    body = [[text, *(f"{data[f'mse_{key}_{size}']:.1e}" for size in sizes)] for key, text in labels.items()]
    return rows(["predictor", *(f"{size}²" for size in sizes)], body) + "\n" + footer("demo", data)


def attack() -> str:
    """Largest relative change of the prediction under a gauge transformation."""
    data = results("demo")
    body = [
        [text, f"{data[f'attack_random_{key}']:.1e}", f"{data[f'attack_adversarial_{key}']:.1e}"]
        for key, text in {"cnn": "CNN on raw links", "lcnn": "L-CNN"}.items()
    ]
    return rows(["largest relative change", "random", "adversarial"], body)


def wilson_loops() -> str:
    """Errors of every loop beside the Letter's, and how they change with the lattice."""
    data = results("wilson_loops")
    loops = ("1x1", "1x2", "2x2", "4x4")
    letter = {"1x1": ("2.2e-11", "1.0e-09"), "1x2": ("2.1e-09", "2.0e-03")}
    letter |= {"2x2": ("1.1e-08", "4.0e-03"), "4x4": ("1.4e-07", "4.2e-03")}
    body = []
    for loop in loops:
        ours, theirs = (f"{data[f'{key}_{loop}']:.1e}" for key in ("float32", "cnn"))
        double, floor = (f"{data[f'{key}_{loop}']:.1e}" for key in ("float64", "beta"))
        body.append([f"W({loop})", ours, letter[loop][0], double, theirs, letter[loop][1], floor])
    head = ["8², lattice average", "L-CNN, float32", "the Letter's", "L-CNN, float64"]
    first = rows([*head, "CNN", "the Letter's", "knows beta alone"], body)
    sizes = (8, 16, 32, 64)
    body = [
        [
            f"W({loop})",
            *(f"{data[f'float32_persite_{loop}_{size}']:.1e}" for size in sizes),
            *(f"{data[f'{key}_{loop}']:.2f}" for key in ("persite_spread", "averaged_growth")),
        ]
        for loop in loops
    ]
    head = ["L-CNN, float32, per site", *(f"{size}²" for size in sizes)]
    second = rows([*head, "largest / smallest", "lattice average, largest / 8²"], body)
    return f"{first}\n\n{second}" + footer("wilson_loops", data)


def speed() -> str:
    """Ns a link of each update of SU(3) in four dimensions."""
    data = results("benchmark_generator")
    labels = {"or": "over-relaxation", "hb": "heat bath", "mix": "4 over-relaxations + 1 heat bath"}
    labels["leapfrog"] = "leapfrog step of molecular dynamics"
    labels["trajectory"] = "the same in a trajectory of 10 steps, with all that belongs to it"
    body = [[text, *(f"{data[f'{key}_{size}_ns']:.0f}" for size in (8, 16))] for key, text in labels.items()]
    table = rows(["ns a link, one core, float64", "8⁴", "16⁴"], body)
    peak, fraction = data["peak_gflops"], data["or_8_peak_fraction"]
    share = (
        f"Over-relaxation on 8⁴ runs at {fraction:.0%} of the {peak:.0f} Gflop/s that a core can do and at "
        f"{data['or_8_over_naive']:.1f} times the speed of a straightforward numba loop; on 32⁴ it takes "
        f"{data['or_32_ns']:.0f} ns. Two threads reach {data['thread_scaling_over_control']:.2f} of what two "
        f"threads can gain on this machine. The first run on a new machine compiles for "
        f"{data['first_call_s']:.0f} s."
    )
    return f"{table}\n\n{share}" + footer("benchmark_generator", data)


def crash() -> str:
    """What kills at random moments and after every write did to runs of the generator."""
    data = results("crash_test")
    labels = {
        "kills": "kills at random moments",
        "write_kills": "kills after, or in the middle of, every write",
        "lost_configurations": "finished configurations lost",
        "unreadable_files": "files that did not open or resume",
        "differing_datasets": "datasets that differ from a run never killed",
    }
    body = [[text, str(data[key])] for key, text in labels.items()]
    return rows(["SIGKILL during `lgt generate`", "count"], body) + footer("crash_test", data)


def physics() -> str:
    """How many checks of each kind there are, and how far the worst of each is off."""
    data = results("physics_checks")
    labels = {
        "heat_bath": "heat bath and over-relaxation, Wilson: 2D exact, series, 4D table, identity",
        "torus": "SU(5) on the 2D torus",
        "table": "SU(3): plaquette on 16⁴, W(1,2) and W(2,2) on 8⁴",
        "schwinger_dyson": "Schwinger-Dyson: 5 actions, N = 2 to 5, d = 2 to 4",
        "boundaries": "anisotropy, open boundaries: identities, exact strips",
        "updates": "HMC and Metropolis against the heat bath",
        "values": "heat bath against the action's values alone",
        "force": "force against a numerical derivative, 1e-8",
        "integrators": "slopes of dH, reversibility to 1e-12, over-relaxation",
        "exp_dh": "⟨exp(-dH)⟩ = 1",
        "flow": "gradient flow, stout",
        "charge": "charge of a cooled instanton, 0.02",
    }
    body = [
        [text, str(data[f"checks_{key}"]), f"{data[f'worst_pull_{key}']:.1f}"] for key, text in labels.items()
    ]
    body.append(["all", str(data["checks"]), f"{data['worst_pull']:.1f}"])
    controls = f"Controls rejected: {data['controls_rejected']} of {data['controls']}."
    table = rows(["what", "checks", "largest pull"], body)
    return f"{table}\n\n{controls}" + footer("physics_checks", data)


def topological_charge() -> str:
    """Error of four networks on densities of the topological charge, and how it transfers."""
    data = results("topological_charge")
    labels = {
        "plain_plaq": "L-CNN on q of one plaquette a plane",
        "det_clover": "with O_h x Z_2, determinant pooling, on the clover q",
        "mean_clover": "the same with mean pooling (control)",
        "det_plaq": "determinant pooling on q of one plaquette a plane (control)",
    }
    body = [
        [
            text,
            f"{data[f'{key}_weights']:.0f}",
            f"{data[f'{key}_seconds']:.0f}",
            *(f"{data[name]:.2g}" if name in data else "" for name in (key, f"{key}_16")),
        ]
        for key, text in labels.items()
    ]
    table = rows(["MSE per site / variance per site", "weights", "training, s", "4 x 8³", "8 x 16³"], body)
    return table + "\n" + footer("topological_charge", data)


def flowed_observables() -> str:
    """R^2 of densities after gradient flow, against the size of the training set."""
    data = results("flowed_observables")
    labels = {
        "lcnn": "L-CNN",
        "lcnn_stout": "L-CNN with learned stout steps",
        "glcnn": "L-CNN with global symmetry",
        "glcnn_stout": "the same with learned stout steps",
        "cnn": "CNN on traces of plaquettes",
        "cnn_aug": "the same, augmented",
    }
    sizes = [N for N in (16, 64, 256) if f"r2_lcnn_q_{N}" in data]
    body = [
        [
            name,
            text,
            f"{data[f'weights_{key}_{target}']:.0f}",
            f"{data[f'epoch_s_{key}_{target}_{sizes[-1]}']:.2g}",
            *(f"{data[f'r2_{key}_{target}_{N}']:z.3f}" for N in sizes),
        ]
        for target, name in (("action", "action density"), ("q", "q"))
        for key, text in labels.items()
    ]
    head = ["R² per site", "network", "weights", "s an epoch", *(f"N = {N}" for N in sizes)]
    return rows(head, body) + "\n" + footer("flowed_observables", data)


TABLES = {
    "demo": demo,
    "attack": attack,
    "wilson_loops": wilson_loops,
    "topological_charge": topological_charge,
    "flowed_observables": flowed_observables,
    "speed": speed,
    "crash": crash,
    "physics": physics,
}


def rendered(text: str) -> str:
    """The README with every table made anew."""
    return re.sub(
        r"(<!-- table (\w+) -->\n).*?(<!-- end -->)",
        lambda match: f"{match[1]}{TABLES[match[2]]()}\n{match[3]}",
        text,
        flags=re.DOTALL,
    )


def main() -> int:
    """Write, or with --check compare."""
    readme = ROOT / "README.md"
    old = readme.read_text(encoding="utf-8")
    new = rendered(old)
    if "--check" in sys.argv:
        if new != old:
            print("README tables differ from data/results; run: python scripts/readme_tables.py")
        return int(new != old)
    readme.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
