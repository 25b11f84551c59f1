"""``lcnn check`` on users' own files: what is right passes, each bug is named by its symmetry and repeats."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from lcnn.cli import main

NUMPY = """
import numpy as np

def dagger(M):
    return np.conj(np.swapaxes(M, -1, -2))

def plaquettes(links, bug=None):
    d = links.ndim - 4
    up = lambda field, mu: np.roll(field, -1, axis=1 + mu)
    planes = []
    for mu in range(d):
        for nu in range(mu + 1, d):
            U, V = links[:, mu], links[:, nu]
            if bug == "no dagger":
                P = U @ up(V, mu) @ up(U, nu) @ dagger(V)
            elif bug == "wrong axis":
                P = U @ up(V, nu) @ dagger(up(U, mu)) @ dagger(V)
            else:
                P = U @ up(V, mu) @ dagger(up(U, nu)) @ dagger(V)
            planes.append(np.trace(P, axis1=-2, axis2=-1).real)
    return np.stack(planes, axis=1)

def mean(field):
    return field.mean(axis=tuple(range(1, field.ndim)))

def fields(): return plaquettes
def scalars(): return lambda links: mean(plaquettes(links))
def two_numbers():
    return lambda links: np.stack([mean(plaquettes(links)), mean(plaquettes(links) ** 2)], axis=1)
def no_dagger(): return lambda links: plaquettes(links, "no dagger")
def no_dagger_scalar(): return lambda links: mean(plaquettes(links, "no dagger"))
def wrong_axis(): return lambda links: plaquettes(links, "wrong axis")
def open_edge(): return lambda links: mean(plaquettes(links)[:, :, :-1])
def open_edge_field():
    def model(links):
        out = plaquettes(links)
        out[:, :, -1] = 0
        return out
    return model
def single_inside(): return lambda links: plaquettes(links.astype(np.complex64)).astype(float)
def single_invariant(): return lambda links: 0.3 * mean(plaquettes(links).astype(np.float32).astype(float))
def single_scalar(): return lambda links: mean(plaquettes(links.astype(np.complex64))).astype(float)
def gauge_variant(): return lambda links: plaquettes(links) + 1e-6 * links[:, :1, ..., 0, 0].real
def one_plane():  # of several: gauge and translations hold, rotations do not
    return lambda links: mean(plaquettes(links)[:, :1])
def anisotropic(): return lambda links: links.shape[2] * mean(plaquettes(links))
def clover_charge():
    def model(links):
        U, V = links[:, 0], links[:, 1]
        out = 0
        up = lambda F, mu, n=-1: np.roll(F, n, axis=1 + mu)
        P = U @ up(V, 0) @ dagger(up(U, 1)) @ dagger(V)
        return np.trace(P, axis1=-2, axis2=-1).imag.sum(axis=(1, 2))
    return model
"""

TORCH = """
import torch
from torch import nn

def plaquettes(links, wrong=False):
    d = links.ndim - 4
    up = lambda field, mu: torch.roll(field, -1, dims=1 + mu)
    planes = []
    for mu in range(d):
        for nu in range(mu + 1, d):
            U, V = links[:, mu], links[:, nu]
            P = U @ up(V, mu) @ (up(U, nu) if wrong else up(U, nu).mH) @ V.mH
            planes.append(P.diagonal(dim1=-2, dim2=-1).sum(-1).real)
    return torch.stack(planes, dim=1)

class Net(nn.Module):
    def __init__(self, wrong=False, drop=0.5):
        super().__init__()
        self.mix, self.drop, self.wrong = nn.Linear(1, 3), nn.Dropout(drop), wrong
    def forward(self, links):
        out = self.mix(plaquettes(links, self.wrong).movedim(1, -1))
        return self.drop(torch.tanh(out)).movedim(-1, 1)

class Single(Net):
    def forward(self, links):
        return super().forward(links.to(torch.complex64))

def function(): return plaquettes
def net(): return Net()
def closed_over():
    module = Net().train()
    return lambda links: module(links).mean(dim=(1, 2, 3))
def wrong_net(): return Net(wrong=True)
def single_net(): return Single()
def force():  # differentiates inside
    def model(links):
        links.requires_grad_(True)
        (grad,) = torch.autograd.grad(plaquettes(links).sum(), links)
        force = links @ grad.mH
        force = force - force.mH
        return (force @ force.mH).diagonal(dim1=-2, dim2=-1).sum(-1).real
    return model
"""

ODD = """
import numpy as np
import torch
from plain import mean, plaquettes

def noisy(): return lambda links: plaquettes(links) + 1e-3 * np.random.rand()
def constant(): return lambda links: np.full(len(links), 7.0)
def zero(): return lambda links: 0 * plaquettes(links)
def greedy():
    def model(links):
        out = plaquettes(links)
        links *= 0
        return out
    return model
def batch_norm(): return lambda links: plaquettes(links) - plaquettes(links).mean()
def batch_order(): return lambda links: plaquettes(links) * np.arange(1, 1 + len(links))[:, None, None, None]
def nan(): return lambda links: plaquettes(links) * np.nan
def inf_later():
    def model(links):
        out = plaquettes(links)
        out[out > 2.5] = np.inf
        return out
    return model
def no_channel(): return lambda links: plaquettes(links)[:, 0]
def one_number(): return lambda links: plaquettes(links).mean()
def last_channel(): return lambda links: np.moveaxis(plaquettes(links), 1, -1)
def matrices(): return lambda links: links
def a_list(): return lambda links: [plaquettes(links)]
def words(): return lambda links: np.array(["a"] * len(links))
def raises():
    def model(links):
        raise RuntimeError("mine alone")
    return model
class Abort(BaseException): pass
def aborts():
    def model(links):
        raise Abort("all over")
    return model
def below_python():
    import os, subprocess, sys
    os.write(1, b"factory wrote\\n")
    def model(links):
        os.write(1, b"model wrote\\n")
        subprocess.run(["echo", "process wrote"], check=True)
        sys.__stdout__.write("original wrote\\n")
        return plaquettes(links)
    return model
def late_greed():
    calls = []
    def model(links):
        out = plaquettes(links)
        calls.append(1)
        if len(calls) > 4:
            links *= 0
        return out
    return model
def tired():
    calls = []
    def model(links):
        calls.append(1)
        return plaquettes(links) * (1 + (len(calls) > 30))
    return model
def only_single():
    def model(links):
        if links.dtype != np.complex64:
            raise TypeError("I take complex64")
        return plaquettes(links)
    return model
def only_double():
    def model(links):
        if links.dtype != np.complex128:
            raise TypeError("I take complex128")
        return plaquettes(links)
    return model
def returns_single(): return lambda links: plaquettes(links).astype(np.float32)
def fixed_size():
    layer = torch.nn.Linear(24, 1)
    return lambda links: layer(torch.as_tensor(plaquettes(np.asarray(links)).reshape(len(links), -1)))[:, 0]
def only_square():
    def model(links):
        assert links.shape[2] == links.shape[3], "a square box"
        return mean(plaquettes(links))
    return model
def only_tall():
    def model(links):
        assert links.shape[2] == 3, "three sites across"
        return mean(plaquettes(links))
    return model
def not_alone():
    def model(links):
        if len(links) < 2:
            raise ValueError("batch of one")
        return plaquettes(links)
    return model
def chatty():
    print("factory called")
    def model(links):
        print("model called")
        return plaquettes(links)
    return model
def division(): return 1 / 0
def nothing(): pass
def a_class(): return torch.nn.Identity
def a_number(): return 3
def leaves(): raise SystemExit(0)
def random_weights():
    weight = np.random.rand() + torch.rand(1).item()
    return lambda links: weight * plaquettes(links) + weight * 1e-3 * links[:, :1, ..., 0, 0].real
value = 3
"""


RAISING = {
    'raise RuntimeError("mine alone")',
    'raise TypeError("I take complex64")',
    "def division(): return 1 / 0",
    "def leaves(): raise SystemExit(0)",
    'raise Abort("all over")',
}


class Result(NamedTuple):
    status: int
    out: str
    err: str


Check = Callable[..., Result]


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Check:
    """Run ``lcnn check`` in a folder with a user's files, in this process."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    for name, source in (("plain", NUMPY), ("tensors", TORCH), ("odd", ODD)):
        (tmp_path / f"{name}.py").write_text(source)
        monkeypatch.delitem(sys.modules, name, raising=False)

    def run(*words: str) -> Result:
        with pytest.raises(SystemExit) as stop:
            main(["check", *words])
        captured = capsys.readouterr()
        return Result(int(stop.value.code or 0), captured.out, captured.err)

    yield run  # type: ignore[misc]
    for name in ("plain", "tensors", "odd"):
        sys.modules.pop(name, None)


def _verdicts(result: Result) -> dict[str, str]:
    """What each symmetry was found to be."""
    lines = re.findall(r"^(pass|FAIL)  (.+?) on [\dx]+", result.out, re.M)
    assert lines, result
    return {name: verdict for verdict, name in lines}


def _reproducers(result: Result) -> list[list[str]]:
    return [shlex.split(line) for line in re.findall(r"repeat it with: (.*)$", result.out, re.M)]


@pytest.mark.parametrize(
    ("target", "options"),
    [
        ("plain:fields", []),
        ("plain:fields", ["--lattice", "3x4x5", "--group", "SU2"]),
        ("plain:fields", ["--lattice", "2x3x4x3", "--examples", "2"]),
        ("plain:fields", ["--group", "U1"]),
        ("plain:fields", ["--dtype", "complex64"]),
        ("plain:scalars", ["--hypercubic"]),
        ("plain:two_numbers", ["--hypercubic"]),
        ("plain:scalars", ["--hypercubic", "--lattice", "3x4x5", "--group", "SU2"]),
        ("plain:scalars", ["--hypercubic", "--dtype", "complex64"]),
        ("plain:clover_charge", ["--hypercubic", "--pseudoscalar", "--lattice", "3x5"]),
        ("tensors:function", []),
        ("tensors:net", []),
        ("tensors:net", ["--dtype", "complex64"]),
        ("tensors:closed_over", ["--hypercubic"]),
        ("tensors:force", ["--group", "SU2"]),
    ],
)
def test_a_correct_functional_passes(check: Check, target: str, options: list[str]) -> None:
    defaults = ["--group", "SU3", "--lattice", "4x6", "--examples", "5"]
    result = check(target, *defaults, *options)
    assert result.status == 0, result
    verdicts = _verdicts(result)
    assert set(verdicts.values()) == {"pass"}
    assert {"gauge", "translation", "depends on the links", "deterministic"} <= set(verdicts)
    assert ("hypercubic" in verdicts) == ("--hypercubic" in options)
    assert "repeat" not in result.out


@pytest.mark.parametrize(
    ("target", "symmetry", "holding", "options"),
    [
        ("plain:no_dagger", "gauge", "translation", []),
        ("plain:no_dagger", "gauge", "translation", ["--group", "SU2"]),
        ("plain:no_dagger_scalar", "gauge", "translation", []),
        ("plain:wrong_axis", "gauge", "translation", []),
        ("plain:open_edge", "translation", "gauge", []),
        ("plain:open_edge_field", "translation", "gauge", []),
        ("plain:single_inside", "gauge", "deterministic", []),
        ("plain:single_scalar", "gauge", "deterministic", []),
        ("plain:single_invariant", "gauge", "deterministic", []),
        ("plain:gauge_variant", "gauge", "translation", []),
        ("plain:one_plane", "hypercubic", "gauge", ["--hypercubic", "--lattice", "3x4x5"]),
        ("plain:anisotropic", "hypercubic", "gauge", ["--hypercubic"]),
        ("plain:fields", "hypercubic", "gauge", ["--hypercubic"]),
        ("plain:clover_charge", "hypercubic", "gauge", ["--hypercubic", "--lattice", "3x5"]),
        ("plain:scalars", "hypercubic", "gauge", ["--hypercubic", "--pseudoscalar"]),
        ("tensors:wrong_net", "gauge", "translation", []),
        ("tensors:single_net", "gauge", "deterministic", []),
    ],
)
def test_a_bug_is_named_by_its_symmetry_and_repeats(
    check: Check, target: str, symmetry: str, holding: str, options: list[str]
) -> None:
    result = check(target, "--group", "SU3", "--lattice", "4x6", "--examples", "3", *options)
    assert result.status == 1, result
    verdicts = _verdicts(result)
    assert verdicts[symmetry] == "FAIL"
    assert verdicts[holding] == "pass"
    failed = [line for line in result.out.splitlines() if line.startswith(f"FAIL  {symmetry}")]
    rounding = "numbers are rounded to single precision"  # of invariants, which no symmetry shows
    assert (rounding if "invariant" in target else "> tolerance 1e-10 in complex128 at batch") in failed[0]
    command = next(words for words in _reproducers(result) if symmetry in words)
    assert command[:3] == ["lcnn", "check", target]
    again = check(*command[2:])
    assert again.status == 1
    assert _verdicts(again)[symmetry] == "FAIL"
    assert failed[0] in again.out


def test_the_reproducer_works_in_a_shell(check: Check, tmp_path: Path) -> None:
    line = shlex.join(_reproducers(check("plain:gauge_variant", "--group", "SU3", "--lattice", "4x6"))[0])
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    pasted = subprocess.run(
        line,
        shell=True,
        cwd=tmp_path,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert pasted.returncode == 1, pasted
    assert "FAIL  gauge on 4x6: error" in pasted.stdout
    assert pasted.stdout.count("FAIL") == 1


def test_modules_are_found_on_pythonpath(tmp_path: Path) -> None:
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "inner.py").write_text(NUMPY)
    (tmp_path / "elsewhere").mkdir()
    command = [sys.executable, "-m", "lcnn", "check", "package.inner:scalars"]
    command += ["--group", "SU2", "--lattice", "3x4", "--examples", "1", "--json"]
    done = subprocess.run(
        command,
        cwd=tmp_path / "elsewhere",
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done
    assert json.loads(done.stdout)["ok"] is True


def test_json_is_one_document_alone_whatever_the_model_prints(check: Check) -> None:
    result = check("odd:chatty", "--group", "SU3", "--lattice", "4x6", "--examples", "2", "--json")
    assert result.status == 0
    document = json.loads(result.out)
    assert "model called" in result.err
    assert "factory called" in result.err
    assert document["ok"] is True
    assert document["tolerance"] == 1e-10
    assert [c["name"] for c in document["checks"]][-2:] == ["gauge", "translation"]
    assert all(c["reproducer"] is None for c in document["checks"])

    failed = check("plain:no_dagger", "--group", "SU3", "--lattice", "4x6", "--examples", "2", "--json")
    assert failed.status == 1
    gauge = next(c for c in json.loads(failed.out)["checks"] if c["name"] == "gauge")
    assert gauge["ok"] is False
    assert gauge["error"] > 0.1
    assert gauge["reproducer"].startswith(
        "lcnn check plain:no_dagger --group SU3 --lattice 4x6 --symmetry gauge"
    )


def test_json_stands_alone_though_the_model_writes_to_the_descriptor(check: Check, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "lcnn", "check", "odd:below_python", "--group", "SU2"]
    command += ["--lattice", "3x4", "--examples", "1", "--symmetry", "gauge", "--json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done
    assert json.loads(done.stdout)["ok"] is True
    for who in ("factory", "model", "process", "original"):
        assert f"{who} wrote" in done.stderr


@pytest.mark.parametrize(
    ("target", "name", "words"),
    [
        ("odd:noisy", "deterministic", "the same links twice differ"),
        ("odd:constant", "depends on the links", "vacuous"),
        ("odd:zero", "depends on the links", "vacuous"),
        ("odd:greedy", "input untouched", "changes the links"),
        ("odd:late_greed", "input untouched", "changes the links"),
        ("odd:tired", "deterministic", "the same links later differ"),
        ("odd:batch_norm", "batch independent", "if it comes alone"),
        ("odd:batch_order", "batch independent", "in another order"),
    ],
)
def test_outputs_that_cannot_be_trusted_are_failures(
    check: Check, target: str, name: str, words: str
) -> None:
    result = check(target, "--group", "SU3", "--lattice", "4x6", "--examples", "2")
    assert result.status == 1
    assert _verdicts(result)[name] == "FAIL"
    line = next(line for line in result.out.splitlines() if line.startswith(f"FAIL  {name}"))
    assert words in line
    if name in ("deterministic", "depends on the links"):
        assert _verdicts(result)["gauge"] == "FAIL"
        assert "FAIL  gauge on 4x6: not judged" in result.out
    assert check(*_reproducers(result)[0][2:]).status == 1


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("odd:nan", "nan at index (0, 0, 0, 0)"),
        ("odd:inf_later", "inf at index"),
        ("odd:no_channel", "shape (3, 4, 6), float64; return (3,) or (3, channel, 4, 6)"),
        ("odd:one_number", "shape (), float64"),
        ("odd:last_channel", "shape (3, 4, 6, 1)"),
        ("odd:matrices", "shape (3, 2, 4, 6, 3, 3)"),
        ("odd:words", "<U1"),
        ("odd:a_list", "an object of type list"),
        ("odd:raises", "RuntimeError: mine alone ({file}:{line} in model)"),
        ("odd:only_single", "({file}:{line} in model); it takes complex64 links: use --dtype complex64"),
        ("odd:division", "ZeroDivisionError: division by zero ({file}:{line} in division)"),
        ("odd:aborts", "Abort: all over ({file}:{line} in model)"),
        ("odd:leaves", "SystemExit: 0 ({file}:{line} in leaves)"),
        ("odd:nothing", "found None"),
        ("odd:a_class", "found the class Identity; return an instance"),
        ("odd:a_number", "an object of type int"),
        ("odd:value", "an object of type int"),
        ("odd:chaty", "did you mean 'chatty'"),
        ("odd:plaquettes", "a function without arguments"),
        ("missing:model", "no such module"),
        ("missing.inner:model", "no such module"),
        ("odd", "package.module:factory"),
        ("odd:", "package.module:factory"),
        (":noisy", "package.module:factory"),
        ("odd.py:noisy", "did you mean 'odd:noisy'?"),
        ("json:noisy", "no such name"),
    ],
)
def test_models_that_cannot_be_checked(check: Check, tmp_path: Path, target: str, words: str) -> None:
    result = check(target, "--group", "SU3", "--lattice", "4x6")
    assert result.status == 2, result
    assert result.out == ""
    lines = [line for line in result.err.splitlines() if line.startswith("lcnn: error:")]
    assert len(lines) == 1
    culprits = [i for i, text in enumerate(ODD.splitlines(), 1) if text.strip() in RAISING]
    places = [words.format(file=tmp_path / "odd.py", line=line) for line in culprits]
    assert len(culprits) == len(RAISING)
    assert any(place in lines[0] for place in places)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("import no_such_package", "ModuleNotFoundError: No module named 'no_such_package' ({file}:1"),
        ("x = (", "SyntaxError"),
        ("\n\n1 / 0", "ZeroDivisionError: division by zero ({file}:3"),
        ("raise SystemExit('done')", "SystemExit: done ({file}:1"),
    ],
)
def test_modules_that_do_not_import(check: Check, tmp_path: Path, source: str, words: str) -> None:
    file = tmp_path / "broken.py"
    file.write_text(source)
    result = check("broken:model", "--group", "SU3", "--lattice", "4x6")
    assert result.status == 2
    assert words.format(file=file) in result.err
    sys.modules.pop("broken", None)


def test_a_module_hidden_by_another_of_its_name(check: Check, tmp_path: Path) -> None:
    (tmp_path / "json.py").write_text("def model(): pass")
    result = check("json:model", "--group", "SU3", "--lattice", "4x6")
    assert result.status == 2
    assert "rename yours" in result.err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--group", "SU1"], "SU"),
        (["--group", "SO3"], "SO3"),
        (["--lattice", "4x"], "whole numbers"),
        (["--lattice", "1x4"], "extent of 1"),
        (["--lattice", "9999x9999"], "GiB"),
        (["--examples", "0"], "0 examples"),
        (["--tolerance", "-1"], "positive"),
        (["--tolerance", "nan"], "positive"),
        (["--tolerance", "inf"], "positive, finite"),
        (["--tolerance", "0"], "positive"),
        (["--seed", "-1"], "2^32"),
        (["--symmetry", "parity"], "gauge, translation, hypercubic"),
        (["--dtype", "float32"], "complex64"),
    ],
)
def test_options_without_meaning(check: Check, options: list[str], words: str) -> None:
    result = check("plain:fields", "--group", "SU3", "--lattice", "4x6", *options)
    assert result.status == 2
    assert result.out == ""
    assert words in result.err
    assert len(result.err.strip().splitlines()) == 1


def test_precision_is_asked_for_and_explained(check: Check) -> None:
    where = ["--group", "SU3", "--lattice", "4x6", "--examples", "2"]
    single = check("odd:returns_single", *where)
    assert single.status == 1
    assert single.out.count("numbers are rounded to single precision") == 2
    assert check("odd:returns_single", *where, "--tolerance", "1e-6").status == 0
    inside = check("plain:single_inside", *where)
    assert "the size of single precision inside" in inside.out
    assert check("odd:returns_single", *where, "--dtype", "complex64").status == 0
    assert check("odd:only_single", *where, "--dtype", "complex64").status == 0
    assert "use --dtype complex128" in check("odd:only_double", *where, "--dtype", "complex64").err
    loose = check("plain:gauge_variant", *where, "--tolerance", "1e-4")
    assert loose.status == 0
    strict = check("plain:fields", *where, "--tolerance", "1e-20")
    assert strict.status == 1
    assert "--tolerance 1e-20" in strict.out
    converted = check("tensors:net", *where)
    assert "converted to fit complex128" in converted.err


def test_one_symmetry_can_be_asked_for(check: Check) -> None:
    result = check("plain:open_edge", "--group", "SU3", "--lattice", "4x6", "--symmetry", "gauge")
    assert result.status == 0
    assert "translation" not in _verdicts(result)
    assert (
        check("plain:scalars", "--group", "SU3", "--lattice", "4x6", "--symmetry", "hypercubic").status == 0
    )


def test_equal_extents_are_examined_on_distinct_ones_too(check: Check) -> None:
    where = ["--group", "SU3", "--lattice", "4x4", "--examples", "4", "--hypercubic"]
    result = check("plain:scalars", *where)
    assert result.status == 0
    assert "pass  hypercubic on 4x4" in result.out
    assert "pass  hypercubic on 4x3" in result.out
    assert "equal extents hide swapped axes" in result.err
    assert "pass  gauge on 4x4" in result.out
    hidden = check(
        "plain:anisotropic", "--group", "SU3", "--lattice", "4x4", "--examples", "4", "--hypercubic"
    )
    assert hidden.status == 1  # equal extents alone would have let it pass
    assert "pass  hypercubic on 4x4" in hidden.out
    assert "FAIL  hypercubic on 4x3" in hidden.out
    assert check(*_reproducers(hidden)[0][2:]).status == 1
    square = check("odd:only_square", "--group", "SU3", "--lattice", "4x4", "--examples", "2")
    assert square.status == 0
    assert "4x3 cannot be examined" in square.err
    assert "a square box" in square.err


def test_a_model_for_one_box_is_not_hypercubic(check: Check) -> None:
    options = ["--group", "SU3", "--lattice", "3x4", "--hypercubic", "--examples", "6"]
    result = check("odd:only_tall", *options)
    assert result.status == 1
    assert _verdicts(result) | {"hypercubic": "FAIL", "gauge": "pass"} == _verdicts(result)
    assert "not defined on the permuted lattice 4x3" in result.out
    assert "three sites across" in result.out


def test_what_the_setting_cannot_see_is_said(check: Check) -> None:
    where = ["--examples", "1", "--lattice", "2x3"]
    assert "check with SU3 too" in check("plain:fields", "--group", "SU2", *where).err
    assert "check with SU3 too" in check("plain:fields", "--group", "U1", *where).err
    assert "extents of 3 or more" in check("plain:fields", "--group", "SU3", *where).err
    assert "a batch of one could not be tried" in check("odd:not_alone", "--group", "SU3", *where).err


def test_a_field_of_corners_is_told_from_a_broken_one(check: Check) -> None:
    where = ["--group", "SU3", "--lattice", "3x4", "--hypercubic", "--examples", "3"]
    corners = check("plain:fields", *where)
    assert "its sum is invariant" in corners.out
    assert "its sum is invariant" not in check("plain:anisotropic", *where).out


def test_random_weights_are_the_same_each_time(check: Check) -> None:
    where = ["--group", "SU3", "--lattice", "4x6", "--examples", "2"]
    assert check("odd:random_weights", *where).out == check("odd:random_weights", *where).out


def test_a_layer_over_all_sites_knows_where_things_are(check: Check) -> None:
    result = check(
        "odd:fixed_size", "--group", "SU3", "--lattice", "4x6", "--examples", "3", "--dtype", "complex64"
    )
    assert result.status == 1
    assert _verdicts(result) | {"gauge": "pass", "translation": "FAIL"} == _verdicts(result)
