"""``lcnn train`` and ``lcnn evaluate`` from outside: exit statuses, one line of error, JSON alone."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lcnn.checkpoint import read_checkpoint
from lcnn.cli import main
from lcnn.cli.evaluate import evaluate
from lcnn.cli.train import train
from lcnn.config import DataConfig, TrainingConfig

Maker = Callable[..., Path]

RUN = """
out = "{out}"
[data]
ensembles = ["{ensembles}"]
target = "wilson_1x2"
[model]
name = "wilson_loop"
loop = "1x2"
size = "small"
[training]
epochs = 2
learning_rate = 1e-2
threads = 1
batch = 10
"""


def status(*arguments: object) -> int:
    with pytest.raises(SystemExit) as caught:
        main([str(a) for a in arguments])
    return int(caught.value.code or 0)


def named_in(command: Callable[..., object]) -> set[str]:
    """The words of its help."""
    return set(re.findall(r"\w[\w.]*\w", command.__doc__ or ""))


@pytest.fixture
def run(make_ensemble: Maker, tmp_path: Path) -> Path:
    make_ensemble("a.h5")
    make_ensemble("b.h5", beta=2.0, seed=2)
    path = tmp_path / "run.toml"
    path.write_text(RUN.format(out=tmp_path / "out", ensembles=tmp_path / "*.h5"))
    return path


def test_train_then_evaluate(
    run: Path, make_ensemble: Maker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status("train", run) == 0
    out, err = capsys.readouterr()
    assert "seed 1: validation" in out
    assert err.count("epoch") == 2
    assert "16 configurations 4x6 for training, 8 for validation; 35 weights" in err
    assert (tmp_path / "out" / "loss.png").stat().st_size > 3000
    larger = make_ensemble("c.h5", lattice="6x8", seed=3)
    files = (tmp_path / "a.h5", tmp_path / "b.h5", larger)
    plot = tmp_path / "transfer.png"
    assert status("evaluate", tmp_path / "out", *files, "--json", "--plot", plot) == 0
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert out.count("\n") == 1
    assert list(found) == ["4x6", "6x8"]
    for lattice, count, chains in (("4x6", 8, "validation"), ("6x8", 12, "all")):
        keys = {"configurations", "chains", "mse", "mse_site", "mse_mean", "mse_beta", "r2", "r2_site",
                "variance_site"}  # fmt: skip
        assert set(found[lattice]) == keys <= named_in(evaluate)
        assert found[lattice]["chains"] == chains
        assert found[lattice]["configurations"] == count
        assert 0 < found[lattice]["mse"] < found[lattice]["mse_site"]
    assert plot.stat().st_size > 3000
    assert status("evaluate", tmp_path / "out" / "model.toml", larger, "--plot", tmp_path / "parity.pdf") == 0
    out, _ = capsys.readouterr()
    assert "6x8" in out
    assert "(" not in out
    assert (tmp_path / "parity.pdf").read_bytes()[:4] == b"%PDF"


@pytest.mark.parametrize("section", [DataConfig, TrainingConfig])
def test_the_help_names_every_key_of_a_run(section: type[DataConfig] | type[TrainingConfig]) -> None:
    keys = set(section.model_fields)
    assert len(keys) > 5
    assert keys <= named_in(train)
    assert not keys <= named_in(evaluate)
    assert "labels/{ensemble}.npy" in (train.__doc__ or "")


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("epochs = 2", "epochs = -2", "training.epochs"),
        ("epochs = 2", "epoch = 2", "training.epoch"),
        ('loop = "1x2"', 'loop = "9x9"', "9x9"),
        ('target = "wilson_1x2"', 'target = "wilson"', "wilson"),
        ("*.h5", "*.hdf5", "hdf5"),
        ("*.h5", "run.toml", "run.toml"),
        ("[data]", "[data", "TOML"),
        ("[data]", "[data]\nvalidation_chains = 7", "chains"),
    ],
)
def test_bad_runs_end_with_2_one_line_and_no_file(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, named: str
) -> None:
    text = run.read_text()
    assert old in text
    run.write_text(text.replace(old, new, 1))
    before = sorted(p.name for p in tmp_path.iterdir())
    assert status("train", run) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("lcnn: error: ")
    assert err.count("\n") == 1
    assert named in err
    assert sorted(p.name for p in tmp_path.iterdir()) == before


def test_bad_words_end_with_2(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (
        ("train", tmp_path / "none.toml"),
        ("train",),
        ("train", run, "--nonsense"),
        ("evaluate", tmp_path, tmp_path / "a.h5"),
        ("evaluate", run, tmp_path / "a.h5"),
        ("nonsense",),
        (),
    ):
        assert status(*words) == 2
        _, err = capsys.readouterr()
        assert err.startswith("lcnn: error: ")
        assert err.count("\n") == 1


def test_an_existing_folder_needs_resume(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status("train", run) == 0
    assert status("train", run) == 2
    assert "--resume" in capsys.readouterr().err
    assert status("train", run, "--resume") == 0


def test_a_time_limit_ends_with_3_and_resume_goes_on(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run.write_text(run.read_text() + 'time_limit = "0s"\n')
    assert status("train", run) == 3
    err = capsys.readouterr().err
    assert "time limit" in err
    assert f"go on with: lcnn train {run} --resume\n" in err
    assert status("evaluate", tmp_path / "out", tmp_path / "a.h5") == 2
    assert f"not finished; first lcnn train {tmp_path / 'out'} --resume" in capsys.readouterr().err
    assert status("train", run, "--resume") == 0
    assert len(read_checkpoint(tmp_path / "out" / "seed-1" / "checkpoint.toml").metadata["history"]) == 2


def test_all_seeds_are_shown_and_the_chosen_one_is_marked(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run.write_text(run.read_text() + 'seeds = [3, 11]\nlbfgs = 1\nequivariance = ["gauge", "translation"]\n')
    assert status("train", run) == 0
    out, err = capsys.readouterr()
    rows = [line for line in out.splitlines() if " seed " in line and "validation" in line]
    assert [row[:10] for row in sorted(rows, key=lambda row: row[2:])] in (
        ["* seed  3:", "  seed 11:"],
        ["  seed  3:", "* seed 11:"],
    )
    losses = {row[0]: float(row.split("validation ")[1].split()[0]) for row in rows}
    assert losses["*"] < losses[" "]
    assert all("of 3 (1 of L-BFGS)" in row for row in rows)
    assert err.count("lbfgs train") == 2
    assert err.count(" gauge ") == err.count(" translation ") == 6
    assert status("train", run, "--resume", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    found = document["seeds"]
    keys = {*document, *found[0], *found[0]["history"][0]}
    files = {path.name for path in Path(document["out"]).iterdir() if path.suffix in (".toml", ".png")}
    assert (len(keys), len(files)) == (18, 3)
    assert keys | files <= named_in(train)
    assert [(row["seed"], len(row["history"])) for row in found] == [(3, 3), (11, 3)]
    assert sum(row["chosen"] for row in found) == 1
    assert [epoch["kind"] for epoch in found[0]["history"]] == ["adamw", "adamw", "lbfgs"]
    assert 0 < found[0]["history"][0]["equivariance"]["gauge"] < 1e-3


@pytest.mark.slow
def test_sigterm_ends_with_3_and_resume_gives_the_same_bits(run: Path, tmp_path: Path) -> None:
    """A process of its own, stopped at some batch in the middle."""
    text = run.read_text().replace("epochs = 2", "epochs = 60")
    run.write_text(text)
    other = tmp_path / "other.toml"
    other.write_text(text.replace(str(tmp_path / "out"), str(tmp_path / "whole")))
    command = [sys.executable, "-m", "lcnn", "train"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen([*command, run], stderr=subprocess.PIPE, text=True, env=environment)
    assert process.stderr is not None
    for line in process.stderr:
        if "epoch 5/" in line:
            break
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 3, err
    assert "SIGTERM" in err
    assert "--resume" in err
    start = time.monotonic()
    assert status("train", run, "--resume") == 0
    assert time.monotonic() - start < 60
    assert status("train", other) == 0
    ours, whole = (read_checkpoint(tmp_path / name).tensors for name in ("out", "whole"))
    assert ours.keys() == whole.keys()
    assert all((ours[k] == whole[k]).all() for k in ours)


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert status("--version") == 0
    assert capsys.readouterr().out.startswith("lcnn ")
    for command in ("train", "evaluate", "check", "models"):
        assert status(command, "--help") == 0
        assert command in capsys.readouterr().out


def test_help_does_not_load_torch() -> None:
    code = "import sys, lcnn.cli; assert not {'torch', 'h5py', 'matplotlib'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


OWN = """
from torch import nn
import torch

class Net(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.line = nn.Linear(1, width)
        self.phase = nn.Parameter(torch.ones(1, dtype=torch.complex64) * 1j)
    def forward(self, links):
        x = (self.phase * links[:, :1, ..., 0, 0]).imag.movedim(1, -1)
        return self.line(x).sum(-1)

def crooked(): return nn.Flatten()
def raises():
    class Bad(Net):
        def forward(self, links):
            raise RuntimeError("mine alone")
    return Bad(2)
def detached():
    class Bad(Net):
        def forward(self, links):
            return super().forward(links).detach()
    return Bad(2)
"""


@pytest.fixture
def own(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A RUN.toml with a model of the user's own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "own_model.py").write_text(OWN)
    text, old = run.read_text(), 'name = "wilson_loop"\nloop = "1x2"\nsize = "small"'
    assert old in text
    run.write_text(text.replace(old, 'name = "own_model:Net"\nwidth = 3'))
    yield run
    sys.modules.pop("own_model", None)


def test_a_model_of_the_users_own_is_trained_resumed_evaluated_and_checked(
    own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert status("train", own, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["weights"] == 3 * 2 + 1
    assert found["seeds"][0]["epochs"] == 2
    assert found["checkpoint"] == str(out / "model.toml")
    saved = read_checkpoint(out).tensors
    assert saved["model/phase"].is_complex()
    assert saved["model/phase"].imag.item() > 0.5
    assert status("train", own, "--resume") == 0
    assert status("evaluate", out, tmp_path / "a.h5") == 0
    assert "(validation)" in capsys.readouterr().out
    assert status("check", out, "--examples", "2") == 1
    assert "FAIL  gauge on 4x6" in capsys.readouterr().out
    sys.modules.pop("own_model")
    (tmp_path / "own_model.py").unlink()
    for words in (("evaluate", out, tmp_path / "a.h5"), ("check", out)):
        assert status(*words) == 2
        err = capsys.readouterr().err
        assert "no such module" in err
        assert str(out) in err
    (out / "model.toml").write_text((out / "model.toml").read_text().replace("[model]", "[modle]"))
    assert status("evaluate", out, tmp_path / "a.h5") == 2
    assert "found no model in it" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("own_model:crooked", "no weights"),
        ("own_model:raises", "mine alone"),
        ("own_model:detached", "without detach"),
        ("own_model:nothing", "no such name"),
        ("own_model.py:Net", "did you mean 'own_model:Net'"),
        ("no_such_module:Net", "no such module"),
    ],
)
def test_a_model_of_the_users_own_that_cannot_be_trained(
    own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, words: str
) -> None:
    width = "width = 3\n" if name.endswith("Net") else ""
    own.write_text(
        own.read_text().replace('name = "own_model:Net"\nwidth = 3\n', f'name = "{name}"\n{width}')
    )
    assert status("train", own) == 2
    err = capsys.readouterr().err
    assert words in err
    assert err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_trained_lcnn_is_checked_from_its_folder(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status("train", run) == 0
    capsys.readouterr()
    assert status("check", tmp_path / "out", "--examples", "2", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["group"], found["lattice"], found["ok"]) == ("SU2", "4x6", True)
    assert status("check", tmp_path / "out", "--group", "SU3", "--lattice", "3x4", "--examples", "1") == 0
    assert status("check", "own:net") == 2
    assert "no --group and no --lattice" in capsys.readouterr().err


def test_more_epochs_extend_a_run_of_constant_rate_to_the_same_bits(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = run.read_text().replace("batch = 10", 'batch = 10\nschedule = "constant"')
    run.write_text(text)
    whole = tmp_path / "whole.toml"
    whole.write_text(text.replace(str(tmp_path / "out"), str(tmp_path / "whole")).replace("= 2", "= 5"))
    assert status("train", whole) == 0
    assert status("train", run) == 0
    run.write_text(text.replace("epochs = 2", "epochs = 3"))
    assert status("train", run, "--resume") == 0
    assert status("train", tmp_path / "out") == 2
    assert f"go on with it: lcnn train {tmp_path / 'out'} --resume" in capsys.readouterr().err
    assert status("train", tmp_path / "out", "--resume", "--epochs", 5) == 0
    assert "epochs = 5" in (tmp_path / "out" / "run.toml").read_text()
    ours, other = (read_checkpoint(tmp_path / name / "seed-1/checkpoint.toml") for name in ("out", "whole"))
    assert len(ours.metadata["history"]) == 5
    assert all((ours.tensors[k] == other.tensors[k]).all() for k in other.tensors)
    capsys.readouterr()
    assert status("train", tmp_path / "out", "--resume", "--epochs", 4) == 2
    assert "with training.epochs = 4: found training.epochs = 5 there" in capsys.readouterr().err
    assert "epochs = 5" in (tmp_path / "out" / "run.toml").read_text()


def test_what_differs_is_named_with_both_values_and_nothing_else(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = run.read_text()
    assert status("train", run) == 0
    run.write_text(text.replace("epochs = 2", "epochs = 3"))
    assert status("train", run, "--resume") == 2
    err = capsys.readouterr().err
    assert "epochs = 2 there and the cosine schedule" in err
    run.write_text(text.replace("batch = 10", "batch = 5").replace('"small"', '"medium"'))
    assert status("train", run, "--resume") == 2
    err = capsys.readouterr().err
    assert (
        "with model.size = medium, training.batch = 5: found model.size = small, training.batch = 10 there"
        in err
    )
    assert "learning_rate" not in err


def test_chains_that_were_trained_on_are_left_out_or_labelled(
    run: Path, make_ensemble: Maker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run.write_text(run.read_text().replace("[model]", "test_chains = 1\n[model]"))
    assert status("train", run) == 0
    out = tmp_path / "out"
    copy = tmp_path / "copy.h5"
    copy.write_bytes((tmp_path / "a.h5").read_bytes())
    capsys.readouterr()
    for words, count, kind in (
        ((copy,), 4, "test"),
        ((copy, "--all-chains"), 12, "trained on"),
        ((make_ensemble("new.h5", seed=9),), 12, "all"),
        ((copy, tmp_path / "new.h5"), 16, "test"),
    ):
        assert status("evaluate", out, *words, "--json") == 0
        captured = capsys.readouterr()
        found = json.loads(captured.out)["4x6"]
        assert (found["configurations"], found["chains"]) == (count, kind)
        assert ("note: 4x6" in captured.err) == (kind != "all")
    assert status("evaluate", out, copy, "--all-chains") == 0
    assert "(trained on)" in capsys.readouterr().out


def test_models_are_listed_with_an_example_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert status("models") == 0
    out = capsys.readouterr().out
    for name in ("cnn_links", "cnn_traces", "lcnn", "wilson_loop", "package.module:factory"):
        assert f'name = "{name}"' in out
    assert "(K, N_in, N_out)" in out
    assert status("models", "lcnn", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["lcnn"]["optional"]["dilation"]["default"] == 1
    assert status("models", "lccn") == 2


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("epochs = 2", "epoch = 2", "did you mean 'epochs'?"),
        ("target =", "taget =", "did you mean 'target'?"),
        ("threads = 1", "threads = 0", "'auto', or a whole number of 1 or more"),
        ("wilson_1x2", "wilson_lx2", "wilson_lx2"),
        ("wilson_loop", "wilson", "did you mean 'wilson_loop'?"),
        ("size =", "sice =", "did you mean size?"),
        ("wilson_1x2", "labels.csv:Q", "labels.csv:Q: found no such file"),
        ("wilson_1x2", "plaquette@flw:1", "flw:1"),
        (
            "[model]",
            'augment = "hypercubic"\n[model]',
            "'wilson_1x2' per site: found values that the element",
        ),
    ],
)
def test_misspelt_words_are_seen_before_torch_loads(run: Path, old: str, new: str, words: str) -> None:
    text = run.read_text()
    assert old in text
    run.write_text(text.replace(old, new))
    assert words in _without_torch("train", run)


def test_other_mistakes_are_seen_before_torch_loads(run: Path, tmp_path: Path) -> None:
    generate = tmp_path / "generate.toml"
    generate.write_text('group = "SU2"\nlattice = "4x4"\nbeta = 2.0\nconfigs = 2\nout = "a.h5"\n')
    assert f"use lgt generate {generate}" in _without_torch("train", generate)
    assert "nothing.toml" in _without_torch("evaluate", tmp_path / "nothing.toml", tmp_path / "a.h5")
    (tmp_path / "model.toml").write_text('format = "lcnn checkpoint 1"')
    assert "nothing.h5" in _without_torch("evaluate", tmp_path, tmp_path / "nothing.h5")
    assert "no such module" in _without_torch("check", "no_such:net", "--group", "SU2", "--lattice", "3x4")
    assert "SO3" in _without_torch("check", "json:net", "--group", "SO3", "--lattice", "3x4")
    assert "did you mean 'json:net'" in _without_torch("check", "json.py:net")


def _without_torch(*words: object) -> str:
    """What is said on stderr by a process in which torch cannot be imported."""
    code = "import sys; sys.modules['torch'] = None; from lcnn.cli import main; main(sys.argv[1:])"
    command = [sys.executable, "-c", code, *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2, done
    assert done.stderr.count("\n") == 1
    return done.stderr
