from __future__ import annotations

import inspect
import json
import os
import shlex
import subprocess
import sys
import tomllib
import typing
from pathlib import Path
from typing import Any

import pytest
from typer.models import OptionInfo

import lgt
from lgt.cli import main
from lgt.cli.generate import generate
from lgt.config import KEYS_OF_UPDATES

BASE = [
    "generate",
    "--group",
    "SU2",
    "--lattice",
    "3x4",
    "--beta",
    "2.0",
    "--configs",
    "3",
    "--thermalise",
    "5",
    "--out",
    "e.h5",
]


@pytest.fixture(autouse=True)
def _inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as caught:
        main(words)
    out, err = capsys.readouterr()
    code = caught.value.code
    assert isinstance(code, int)
    return code, out, err


def options() -> dict[str, OptionInfo]:
    hints = typing.get_type_hints(generate, include_extras=True)
    found = {}
    for name in inspect.signature(generate).parameters:
        info = next(iter(getattr(hints[name], "__metadata__", ())), None)
        if isinstance(info, OptionInfo) and name not in ("resume", "json", "quiet"):
            found[name] = info
    return found


def test_one_option_for_each_key_of_the_configuration() -> None:
    fields = lgt.RunConfig.model_fields
    assert options().keys() == fields.keys()
    for name, option in options().items():
        flag = "--" + name.replace("_", "-")
        assert option.default == flag  # where typer keeps the first word of an annotated option
        assert option.help is not None
        assert f"Example: {flag} " in option.help
        default = fields[name].default
        shown = False if fields[name].is_required() else "none" if default in ("", (), None) else str(default)
        assert option.show_default == shown


def test_examples_of_the_help_are_accepted() -> None:
    keys: dict[str, Any] = {}
    for name, option in options().items():
        text = str(option.help).split("Example: ")[1].split(" ", 1)[1]
        kind = lgt.RunConfig.model_fields[name].annotation
        kind = float if kind == float | None else kind
        keys[name] = kind(text) if kind in (int, float) else int(text) if name == "threads" else text
    assert lgt.make_action(keys["action"], 6.0)
    keys["action"] = "rectangle"  # the action that takes --c0 and --c1
    used = set[str]()
    for update in ("heatbath", "metropolis", "hmc"):  # none takes the options of all
        others = {key for key, owners in KEYS_OF_UPDATES.items() if update not in owners}
        own = {key: value for key, value in keys.items() if key not in others}
        run, used = lgt.RunConfig(**(own | {"update": update})), used | own.keys()
    assert used == keys.keys()
    assert (run.group, run.beta, run.configs, run.measure) == ("SU3", 6.0, 100, ("wilson_1x2",))


def test_help(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    code, out, _ = run(capsys, "generate", "--help")
    assert code == 0
    for option in options().values():
        assert option.default in out
    assert "default: (200)" in out
    assert "Exit status" in out
    lines = [line.strip() for line in out.splitlines()]
    first = lines.index('group = "SU2"')
    example = tomllib.loads("\n".join(lines[first : lines.index("", first)]))
    assert lgt.RunConfig(**example).measure == ("wilson_1x2", "polyakov_abs")
    assert "Relative paths are relative to the current folder" in out


def test_a_run_with_options(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, *BASE)
    assert code == 0
    assert out.startswith("e.h5: 3 configurations, mean plaquette 0.")
    lines = err.splitlines()
    assert "estimate: 35 sweeps of" in lines[0]
    assert "of disk" in lines[0]
    # The second one came too soon after the first, and the third was the last.
    assert [line.split(":")[0] for line in lines[1:]] == [f"configuration {k} of 3" for k in (1, 3)]
    with lgt.Ensemble.open("e.h5") as ensemble:
        ensemble.verify()
        assert ensemble.spec.provenance["command"] == " ".join(["lgt", *BASE])


def test_json_is_alone_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, *BASE, "--json", "--chains", "2")
    summary = json.loads(out)
    assert code == 0
    assert out.count("\n") == 1
    assert "configuration 3 of 3" in err
    assert "(mean of 2 chains)" in err
    with lgt.Ensemble.open("e.h5") as ensemble:
        assert summary.pop("plaquette") == ensemble.observable("plaquette").mean()
    assert summary.pop("seconds") > 0
    assert summary == {
        "file": "e.h5",
        "group": "SU2",
        "lattice": "3x4",
        "action": "wilson",
        "beta": 2.0,
        "seed": 1,
        "chains": 2,
        "configs": 3,
        "sweeps": 35,
        "exhausted": 0,
    }


@pytest.mark.parametrize("update", ["hmc", "metropolis"])
def test_acceptance_is_printed(capsys: pytest.CaptureFixture[str], update: str) -> None:
    more = ["--update", update, *(["--steps", "3"] if update == "hmc" else ["--hits", "2"])]
    code, out, err = run(capsys, *BASE, *more)
    assert code == 0
    assert out.startswith("e.h5: 3 configurations, acceptance ")
    assert "acceptance" in err
    assert "used up their attempts" not in err
    Path("e.h5").unlink()
    summary = json.loads(run(capsys, *BASE, *more, "--json")[1])
    assert 0 < summary["acceptance"] <= 1


def test_a_low_acceptance_is_noted(capsys: pytest.CaptureFixture[str]) -> None:
    _, _, err = run(capsys, *BASE, "--update", "hmc", "--steps", "1", "--trajectory", "9")
    assert "note: an acceptance of 0." in err
    assert "try more --steps" in err
    assert "low" not in run(capsys, *BASE, "--out", "other.h5", "--update", "hmc")[2]


def test_options_of_another_update_are_bad_input(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, *BASE, "--steps", "20")
    assert code == 2
    assert "steps = 20 with update = heatbath" in err


def test_a_file_and_options_that_win_over_it(capsys: pytest.CaptureFixture[str]) -> None:
    Path("run.toml").write_text('group = "SU2"\nlattice = [3, 4]\nbeta = 2\nconfigs = 1\nout = "e.h5"\n')
    code, _, _ = run(
        capsys,
        "generate",
        "run.toml",
        "--beta",
        "3.5",
        "--measure",
        "wilson_1x2",
        "--measure",
        "polyakov_abs",
    )
    assert code == 0
    with lgt.Ensemble.open("e.h5") as ensemble:
        assert ensemble.spec.run["beta"] == 3.5
        assert ensemble.spec.run["lattice"] == "3x4"
        assert set(ensemble.spec.observables) == {"plaquette", "wilson_1x2", "polyakov_abs"}


def test_resume(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, *BASE, "--resume", "--time-limit", "0s")
    assert code == 3
    last = err.splitlines()[-1]
    assert last.startswith(
        "lgt: stopped by the time limit after sweep 1 of 35, 0 of 3 configurations stored; "
    )
    assert "resume with: lgt" in last
    assert run(capsys, *BASE)[0] == 2
    assert run(capsys, *BASE, "--resume")[0] == 0
    code, out, err = run(capsys, *BASE, "--resume", "--configs", "4")
    assert code == 0
    assert "extending e.h5 from 3 to 4 configurations" in err
    assert out.startswith("e.h5: 4 configurations")


def test_the_file_is_enough_to_resume(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, *BASE, "--seed", "5", "--measure", "wilson_1x2", "--time-limit", "0s")[0] == 3
    short = ["generate", "--out", "e.h5", "--resume"]
    code, out, _ = run(capsys, *short)  # without the time limit, which was one of that start alone
    assert (code, out.split(",")[0]) == (0, "e.h5: 3 configurations")
    with lgt.Ensemble.open("e.h5") as ensemble:
        assert ensemble.spec.run["seed"] == 5
    assert run(capsys, *short, "--configs", "4")[1].startswith("e.h5: 4 configurations")
    assert run(capsys, *short)[1].startswith("e.h5: 4 configurations")
    code, _, err = run(capsys, *short, "--beta", "3.5")
    assert code == 2
    assert "resuming e.h5 with beta = 3.5: found beta = 2.0 in the file" in err
    Path("e.h5").rename("moved.h5")
    assert run(capsys, "generate", "--out", "moved.h5", "--resume")[0] == 0
    code, _, err = run(capsys, *short)
    assert code == 2
    assert "resuming e.h5: found no such file" in err


def test_a_run_file_is_resumed_with_what_it_leaves_open(capsys: pytest.CaptureFixture[str]) -> None:
    text = 'group = "SU2"\nlattice = "3x4"\nconfigs = 2\nout = "e.h5"\n'
    Path("run.toml").write_text(text)
    words = ["generate", "run.toml", "--resume"]
    assert run(capsys, *words)[0] == 2
    assert run(capsys, *words, "--beta", "3.5", "--thermalise", "3", "--time-limit", "0s")[0] == 3
    assert run(capsys, *words)[0] == 0
    with lgt.Ensemble.open("e.h5") as ensemble:
        assert (ensemble.spec.run["beta"], ensemble.spec.run["thermalise"], ensemble.length) == (3.5, 3, 2)
    Path("run.toml").write_text(text + "thermalise = 4\n")
    code, _, err = run(capsys, *words)
    assert code == 2
    assert "thermalise = 4: found thermalise = 3 in the file" in err


def test_more_observables_than_the_file_has_are_for_measure(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, *BASE, "--measure", "wilson_1x1")[0] == 0
    more = ["--measure", "wilson_1x1,polyakov_abs,wilson_1x2"]
    code, _, err = run(capsys, "generate", "--out", "e.h5", "--resume", *more)
    assert code == 2
    assert err.endswith("or type: lgt measure e.h5 --observable polyakov_abs,wilson_1x2\n")
    code, _, err = run(capsys, "generate", "--out", "e.h5", "--resume", "--measure", "plaquette")
    assert code == 2
    assert err.endswith("use the value of the file, or choose another name\n")


def test_a_file_of_another_origin_is_not_resumed(capsys: pytest.CaptureFixture[str]) -> None:
    spec = lgt.EnsembleSpec(group=lgt.SU(2), lattice=lgt.Lattice((3, 4)), configs=1)
    lgt.Ensemble.create("e.h5", spec).close()
    code, _, err = run(capsys, "generate", "--out", "e.h5", "--resume")
    assert code == 2
    assert "did not make" in err


def test_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, *BASE, "--quiet") == (0, "", "")
    code, _, err = run(capsys, *BASE, "--quiet")
    assert code == 2
    assert "give --resume" in err
    code, out, err = run(capsys, *BASE, "-q", "--resume", "--json", "--configs", "4")
    assert (code, err, json.loads(out)["configs"]) == (0, "", 4)


def test_without_options(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "generate")
    assert code == 2
    assert "lgt generate --help" in err
    example = shlex.split(err.split("try: lgt ")[1])
    assert run(capsys, *example, "--configs", "1")[0] == 0
    code, _, err = run(capsys, "generate", "--group", "SU2", "--lattice", "4x4")
    assert code == 2
    assert "no --beta, --configs, --out" in err
    assert "--help" in err


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["--measure", "polyakov_re_2"], "2 axes"),
        (["--lattice", "3x1"], "an extent of 1"),
        (["--lattice", "3"], "one direction"),
        (["--lattice", "3by4"], "no extents"),
        (["--beta", "-1"], "beta = -1.0"),
        (["--beta", "nan"], "beta = nan"),
        (["--beta", "inf"], "beta = inf"),
        (["--beta", "six"], "--beta"),
        (["--group", "SU1"], "SU(1)"),
        (["--configs", "0"], "configs = 0"),
        (["--configs", "1.5"], "--configs"),
        (["--start", "none.h5"], "no such file"),
        (["--measure", "plaquete"], "'plaquete'"),
        (["--out", "none/e.h5"], "no folder"),
        (["--action", "nope"], "'nope'"),
        (["--precision", "float16"], "'float16'"),
        (["--threads", "many"], "'many'"),
        (["--time-limit", "1.5h"], "'1.5h'"),
        (["--lattice", "40000x40000", "--configs", "9999"], "TB of disk"),
        (["--nope", "1"], "--nope"),
        (["none.toml"], "no such file"),
        (["unknown.toml"], "did you mean 'configs'"),
        (["broken.toml"], "not TOML"),
    ],
)
def test_bad_input_is_one_line_and_leaves_no_file(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, words: list[str], found: str
) -> None:
    (tmp_path / "unknown.toml").write_text("confgs = 3\n")
    (tmp_path / "broken.toml").write_text("beta 6\n")
    before = sorted(tmp_path.iterdir())
    code, out, err = run(capsys, *BASE, *words)
    assert (code, out) == (2, "")
    assert err.startswith("lgt: error: ")
    assert err.count("\n") == 1
    assert found in err
    assert sorted(tmp_path.iterdir()) == before


def test_a_bar_on_a_terminal() -> None:
    screen, terminal = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "lgt", *BASE, "--json"], stdout=subprocess.PIPE, stderr=terminal
    )
    os.close(terminal)
    shown = b""
    while True:
        try:
            part = os.read(screen, 4096)
        except OSError:  # how Linux says that the other end is closed
            break
        if not part:
            break
        shown += part
    os.close(screen)
    assert process.stdout is not None
    assert json.loads(process.stdout.read())["configs"] == 3
    process.stdout.close()
    assert process.wait() == 0
    assert b"estimate" in shown
    assert b"35/35" in shown
    assert b"3 of 3 configurations" in shown


def test_sigterm_while_modules_load_is_a_stop_too(tmp_path: Path) -> None:
    code = "import os, signal, sys; import lgt.cli; sys.meta_path.insert(0, type('Early', (), {"
    code += "'find_spec': lambda self, name, path=None, target=None: name == 'numba' and "
    code += "os.kill(os.getpid(), signal.SIGTERM) or None})()); lgt.cli.main(sys.argv[1:])"
    words = [sys.executable, "-c", code, *BASE]
    run = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert run.returncode == 3, run.stderr
    again = shlex.join(["lgt", *BASE, "--resume"])
    assert run.stderr == (
        f"lgt: stopped by SIGTERM, finished configurations are kept; resume with: {again}\n"
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--threads", "٣"], "threads = '٣'"),
        (["--threads", "9" * 5000], "threads = '999"),
        (["--start", "x#" + "9" * 5000], "no such file"),
        (["--time-limit", "9" * 400 + "d"], "too large"),
    ],
)
def test_absurd_values_are_bad_input(
    capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    code, out, err = run(capsys, *BASE, *words)
    assert (code, out) == (2, "")
    assert message in err
