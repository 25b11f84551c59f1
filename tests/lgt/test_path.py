from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lgt.errors import InputError
from lgt.group import Hyperoctahedral
from lgt.path import Path, line, plaquette, rectangle, staples

paths = st.lists(st.integers(-4, 3), max_size=8).map(lambda steps: Path(tuple(steps)))
seeds = st.integers(0, 2**32 - 1)


@given(paths)
def test_printing_and_parsing_are_inverse(path: Path) -> None:
    assert Path.parse(repr(path)[len("Path(") : -1]) == path


@pytest.mark.parametrize("text", ["0", "+", "+x", "+0 1", "*0", "+-1"])
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="step"):
        Path.parse(text)


@given(paths, paths)
def test_reversal_is_an_antihomomorphism(p: Path, q: Path) -> None:
    assert ~(p + q) == ~q + ~p
    assert ~~p == p
    assert not (p + ~p).reduced().steps


@given(paths, seeds)
def test_rotation_acts_on_the_displacement(path: Path, seed: int) -> None:
    group = Hyperoctahedral(4)
    rng = np.random.default_rng(seed)
    g, h = group.sample(rng), group.sample(rng)
    assert path.transformed(h).transformed(g) == path.transformed(g * h)
    assert path.transformed(g).displacement(4) == tuple(g.apply(np.array(path.displacement(4))))
    assert ~(path.transformed(g)) == (~path).transformed(g)


@given(paths, st.integers(-9, 9))
def test_cyclic_rotation(path: Path, k: int) -> None:
    assert sorted(path.rotated(k).steps) == sorted(path.steps)
    assert path.rotated(k).rotated(-k) == path


def test_named_paths() -> None:
    assert plaquette(0, 1) == Path.parse("+0 +1 -0 -1")
    assert rectangle(1, 0, 2, 1) == Path.parse("+1 +1 +0 -1 -1 -0")
    assert line(2, -2) == Path.parse("-2 -2")
    assert rectangle(0, 3, 2, 5).closed
    assert not line(0, 3).closed
    for mu in range(4):
        assert len(staples(mu, 4)) == 6
        assert all((Path((mu,)) + staple).closed for staple in staples(mu, 4))
