"""Somebody else's code: found by name from the current folder, and whom an exception is blamed on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lgt.errors import InputError, ShapeError
from lgt.field import lattice_of
from lgt.users import blame, find, split_target, users_code

KIND, FORM = "thing", "package.module:name"
MODULE = """
class Outer:
    class Inner:
        number = 3

print("imported")
"""


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "their.py").write_text(MODULE)
    (tmp_path / "fails.py").write_text("import their\nraise RuntimeError('no\\nluck')\n")
    (tmp_path / "needs.py").write_text("import no_such_library\n")
    (tmp_path / "json.py").write_text("mine = 1\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    for name in ("their", "fails", "needs"):
        monkeypatch.delitem(sys.modules, name, raising=False)


def test_names_may_have_dots(capsys: pytest.CaptureFixture[str]) -> None:
    assert find("their:Outer.Inner.number", KIND, FORM) == 3
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "imported\n")


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("their", "thing 'their': found no package.module:name; write it as package.module:name"),
        ("their:", "no package.module:name"),
        (":Outer", "no package.module:name"),
        ("the-ir:Outer", "no package.module:name"),
        ("folder/their.py:Outer", "found a path; did you mean 'folder.their:Outer'?"),
        ("their:Outr", "no such name in .*their.py; did you mean 'Outer'"),
        ("their:Outer.zzz", "define it there"),
        ("nowhere:Outer", "module 'nowhere': found no such module; run in its folder"),
        ("their.inner:Outer", "no such module|is not a package"),
        ("fails:Outer", r"importing fails: found RuntimeError: no luck \(.*fails.py:2 in <module>\)"),
        ("needs:Outer", r"importing needs: found ModuleNotFoundError: .*no_such_library.*needs.py:1"),
        ("json:mine", "in its place; rename yours"),
    ],
)
def test_what_is_not_found_is_told_in_one_line(target: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        find(target, KIND, FORM)
    assert "\n" not in str(caught.value)


def test_a_name_is_split_without_an_import() -> None:
    assert split_target("no.such:thing.inner", KIND, FORM) == ("no.such", "thing.inner")


def test_the_blame_is_on_the_users_own_line() -> None:
    def inner() -> None:
        np.linalg.inv(np.zeros((2, 2)))

    with pytest.raises(np.linalg.LinAlgError) as caught:
        inner()
    assert "LinAlgError: Singular matrix (" in blame(caught.value)
    assert blame(caught.value).endswith(" in inner)")
    assert __file__ in blame(caught.value)
    assert blame(ValueError("no\nlines")) == "ValueError: no lines"
    with pytest.raises(ShapeError) as ours:
        lattice_of(np.zeros((2, 2)))
    assert blame(ours.value).endswith(f"in {test_the_blame_is_on_the_users_own_line.__name__})")


@pytest.mark.parametrize(("inside", "expected"), [(True, b"result\n"), (False, b"chat\nresult\n")])
def test_the_descriptor_is_kept_for_results(inside: bool, expected: bytes) -> None:
    manager = "users_code()" if inside else "contextlib.nullcontext()"
    code = f"""
import contextlib, os
from lgt.users import users_code
with {manager}:
    os.system("echo chat")
print("result")
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert run.stdout == expected
    with users_code():
        pass
