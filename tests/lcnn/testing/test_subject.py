"""How a stranger's model is called."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from lcnn.testing.subject import Subject
from lgt.errors import InputError, ShapeError
from lgt.group import SU
from lgt.lattice import Lattice
from lgt.loops import plaquettes
from lgt.symmetry import INVARIANT, LINKS, PSEUDOINVARIANT, PSEUDOSCALAR, SCALAR

U = LINKS.random(np.random.default_rng(0), SU(2), Lattice((3, 4)), batch=3)


def _fields(links: np.ndarray) -> np.ndarray:
    return plaquettes(links, d=2)


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.line = nn.Linear(1, 1)

    def forward(self, links: torch.Tensor) -> torch.Tensor:
        return self.line(links[:, :1, ..., 0, 0].real.movedim(1, -1)).movedim(-1, 1)


@pytest.mark.parametrize(
    ("model", "takes", "kind"),
    [
        (_fields, "numpy", SCALAR),
        (lambda u: _fields(u).sum((1, 2, 3)), "numpy", INVARIANT),
        (lambda u: torch.linalg.det(u).real, "torch", SCALAR),
        (lambda u: u.diagonal(dim1=-2, dim2=-1).real.sum((1, 2, 3, 4)), "torch", INVARIANT),
        (Net(), "torch", SCALAR),
        (Net().forward, "torch", SCALAR),
        (lambda u: torch.as_tensor(_fields(u)), "numpy", SCALAR),
    ],
)
def test_numpy_or_torch_is_found_out(model: Any, takes: str, kind: Any) -> None:
    subject = Subject(model, U)
    assert (subject.takes, subject.kind) == (takes, kind)
    assert isinstance(subject(U), np.ndarray)


def test_odd_outputs_have_odd_types() -> None:
    assert Subject(_fields, U, odd=True).kind is PSEUDOSCALAR
    assert Subject(lambda u: _fields(u).sum((1, 2, 3)), U, odd=True).kind is PSEUDOINVARIANT


def test_modules_are_put_into_eval_mode_and_converted_only_if_they_must() -> None:
    net = Net()
    subject = Subject(net, U)
    assert not net.training
    assert net.line.weight.dtype == torch.float64
    assert len(subject.notes) == 1
    single = Net()
    assert Subject(single, U, "complex64").notes == []
    assert single.line.weight.dtype == torch.float32


def test_single_precision_inside_is_left_alone() -> None:
    class Inside(Net):
        def forward(self, links: torch.Tensor) -> torch.Tensor:
            return super().forward(links.to(torch.complex64)).double()

    net = Inside()
    assert Subject(net, U).notes == []
    assert net.line.weight.dtype == torch.float32


def test_the_other_precision_is_suggested() -> None:
    def picky(links: np.ndarray) -> np.ndarray:
        assert links.dtype == np.complex64, "single, please"
        return _fields(links)

    with pytest.raises(InputError, match=r"single, please .*use --dtype complex64"):
        Subject(picky, U)


def test_both_ways_of_failing_are_told_where_they_differ() -> None:
    def neither(links: Any) -> Any:
        if isinstance(links, np.ndarray):
            raise TypeError("no arrays")
        raise TypeError("no tensors")

    both = r"on numpy input TypeError: no arrays .*; on torch input TypeError: no tensors"
    with pytest.raises(InputError, match=both):
        Subject(neither, U)


def test_a_wrong_shape_is_told_before_an_exception() -> None:
    def once(links: Any) -> Any:
        if not isinstance(links, np.ndarray):
            raise TypeError("no tensors")
        return _fields(links)[:, 0]

    with pytest.raises(ShapeError, match=r"shape \(3, 3, 4\)"):
        Subject(once, U)


def test_later_outputs_are_held_to_the_same() -> None:
    subject = Subject(lambda u: _fields(u) if len(u) > 1 else _fields(u)[0], U)
    with pytest.raises(ShapeError, match="1 configurations of 3x4"):
        subject(U[:1])


def test_changes_to_the_input_are_noticed() -> None:
    def greedy(links: Any) -> Any:
        out = links[:, :1, ..., 0, 0].real * 1.0
        links[...] = 0
        return out

    assert Subject(greedy, U).changes_input
    assert not Subject(_fields, U).changes_input
    assert np.abs(U).max() > 0


def test_changes_to_the_input_are_noticed_whenever_they_come() -> None:
    calls = []

    def late(links: Any) -> Any:
        out = links[:, :1, ..., 0, 0].real * 1.0
        calls.append(1)
        if len(calls) == 4:
            links[...] = 0
        return out

    subject = Subject(late, U)
    for _ in range(2):
        subject(U)
        assert not subject.changes_input
    subject(U)
    assert subject.changes_input
    subject(U)
    assert subject.changes_input
    assert np.abs(U).max() > 0


def test_modules_in_the_containers_of_an_object_are_converted() -> None:
    class Holder:
        def __init__(self, parts: Any) -> None:
            self.parts = parts

        def __call__(self, links: Any) -> Any:
            part = self.parts["net"] if isinstance(self.parts, dict) else self.parts[0]
            while isinstance(part, dict):
                part = part["net"]
            return part(links)

    for parts in ({"net": Net()}, [Net()], (Net(),)):
        assert Subject(Holder(parts), U).notes == [
            "the model's parameters were converted to fit complex128 links"
        ]
    deeper = Holder({"net": {"net": {"net": Net()}}})
    with pytest.raises(InputError, match=r"use --dtype complex64, or keep its torch modules in .*ModuleDict"):
        Subject(deeper, U)
    assert Subject(deeper, U, "complex64").notes == []


def test_prints_go_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    def chatty(links: np.ndarray) -> np.ndarray:
        print("hello")  # noqa: T201
        return _fields(links)

    Subject(chatty, U)(U)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "hello\nhello\n"
