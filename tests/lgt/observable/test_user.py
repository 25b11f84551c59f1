"""Observables of users: found by name, held to shape and type, their mistakes told in one line."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

import lgt
from lgt.errors import InputError
from lgt.observable import Plaquette, rectangles

MODULE = """
import numpy as np
import lgt
from lgt.observable import rectangles

print("imported")


class Square(lgt.Observable):
    def density(self, links, d=None):
        print("measured")
        return rectangles(links, 1, 1, d) ** 2


class Broken(lgt.Observable):
    def density(self, links, d=None):
        return links["no"]


class Bare(lgt.Observable):
    pass


class Returns(lgt.Observable):
    def __init__(self, result):
        self.result = result

    def density(self, links, d=None):
        return self.result

    value = density


def loop():
    return lgt.observable.WilsonLoop(1, 2)


def field():
    return Returns(np.zeros((3, 4)))


def phase():
    return Returns(np.array(1j))


def nan():
    return Returns(np.array(np.nan))


def fails():
    raise RuntimeError("no weights")


squares = Square()
number = 3
"""


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.py").write_text(MODULE)
    (tmp_path / "syntax.py").write_text("def (")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    for name in ("mine", "syntax"):
        monkeypatch.delitem(sys.modules, name, raising=False)


LINKS = lgt.hot(lgt.Lattice((3, 4)), lgt.SU(2), lgt.Stream(seed=1, chain=0))


@pytest.mark.parametrize("source", ["mine:Square", "mine:squares"])
def test_the_value_is_that_of_the_users_class(source: str, capsys: pytest.CaptureFixture[str]) -> None:
    observable = lgt.parse_observable(source)
    assert observable.name == source
    assert observable == lgt.parse_observable(source)
    batch = np.stack([LINKS, LINKS])
    assert np.array_equal(observable.density(batch, 2), rectangles(batch, 1, 1, 2) ** 2)
    assert observable.value(LINKS) == pytest.approx((Plaquette().density(LINKS) ** 2).mean())
    assert capsys.readouterr().out == ""  # what it prints is not among the results


def test_it_refuses_the_lattices_that_its_observable_refuses() -> None:
    with pytest.raises(InputError, match="a side longer"):
        lgt.parse_observable("mine:loop").validate(lgt.Lattice((1, 1)))
    lgt.parse_observable("mine:Square").validate(lgt.Lattice((1, 1)))


def test_a_factory() -> None:
    expected = lgt.parse_observable("wilson_1x2").value(LINKS)
    assert lgt.parse_observable("mine:loop").value(LINKS) == expected


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("mine:", "package.module:Name"),
        (":Square", "package.module:Name"),
        ("my-module:Square", "package.module:Name"),
        ("nowhere.mine:Square", "no such module"),
        ("mine:Sqare", "did you mean 'Square'"),
        ("mine:zzz", "define it"),
        ("mine:number", "type int"),
        ("mine:Bare", "abstract"),
        ("mine:fails", r"RuntimeError: no weights \(.*mine.py:\d+ in fails\)"),
        ("syntax:Square", "SyntaxError"),
    ],
)
def test_what_is_no_observable_is_refused(source: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        lgt.parse_observable(source)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("mine:Broken", r"value of mine:Broken: found IndexError.*mine.py:\d+ in density\)"),
        ("mine:field", r"the shape \(3, 4\); return \(\)"),
        ("mine:phase", "complex"),
        ("mine:nan", "not finite"),
    ],
)
def test_a_wrong_value_is_refused_before_the_first_sweep(tmp_path: Path, source: str, words: str) -> None:
    run = lgt.RunConfig(group="SU2", lattice="3x4", beta=2.0, configs=1, out="e.h5", measure=[source])
    with pytest.raises(InputError, match=words):
        lgt.generate(run)
    assert not (tmp_path / "e.h5").exists()


def test_stored_measured_and_analysed(tmp_path: Path) -> None:
    run = lgt.RunConfig(group="SU2", lattice="3x4", beta=2.0, configs=2, out="e.h5", measure=["mine:Square"])
    with lgt.generate(run) as ensemble:
        expected = [(Plaquette().density(ensemble.links(0, k)) ** 2).mean() for k in (0, 1)]
        assert ensemble.observable("mine:Square")[0] == pytest.approx(expected)
    run = lgt.RunConfig(**{**run.model_dump(), "out": "f.h5", "measure": []})
    lgt.generate(run).close()
    assert lgt.measure("f.h5", "mine:Square")["mine:Square"][0] == pytest.approx(expected)
    with lgt.Ensemble.open("f.h5") as ensemble:
        assert ensemble.observable("mine:Square")[0] == pytest.approx(expected)
    more = lgt.RunConfig(**{**run.model_dump(), "out": "e.h5", "measure": ["mine:Square"], "configs": 3})
    with lgt.generate(more, resume=True) as ensemble:
        assert ensemble.observable("mine:Square").shape == (1, 3)
