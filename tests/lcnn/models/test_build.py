import inspect
import json
import sys
import tomllib

import pytest
import tomli_w
import torch

from lcnn._catalogue import CATALOGUE, complete
from lcnn.models import (
    _BUILDERS,
    GLCNN,
    LCNN,
    Model,
    available_models,
    build_model,
    cnn_links,
    cnn_traces,
    topological_charge,
    wilson_loop,
)
from lgt.errors import InputError, ShapeError

MODELS: dict[str, Model] = {
    "wilson_loop": wilson_loop("2x2", "small", centre=True, init="published", init_w=0.5, n_out=2),
    "topological_charge": topological_charge("small", centre=False, init="published", init_w=0.5, n_out=2),
    "lcnn": LCNN([(2, 6, 3)], d=2, plaquettes="clover", polyakov=True, directions="both", activation="relu"),
    "glcnn": GLCNN([(2, 1, 2), (1, 2, 2)], d=2, group="C_4", elements="all", pool=1, loops="both"),
    "cnn_links": cnn_links([4, 3], d=3, N=3, kernel_size=3, activation="tanh", dense=[5], n_out=2),
    "cnn_traces": cnn_traces((4, 3), d=2, pooling="max"),
}


def test_every_model_is_under_test():
    assert set(MODELS) == set(available_models())


@pytest.mark.parametrize("name", MODELS)
def test_links_in_other_dimensions_are_refused_by_their_number(name):
    d = MODELS[name].spec["d"]
    links = torch.ones(1, d + 1, *range(3, d + 4), 3, 3, dtype=torch.complex64)
    with pytest.raises(ShapeError, match=f"^(a network|links) with d = {d}.*: found .*d = {d + 1}.*; "):
        MODELS[name](links)


@pytest.mark.parametrize("name", MODELS)
def test_a_model_is_rebuilt_from_its_spec_through_json_and_toml(name):
    model = MODELS[name].double()
    for spec in (
        model.spec,
        json.loads(json.dumps(model.spec)),
        tomllib.loads(tomli_w.dumps(model.spec)),
    ):
        other = build_model(spec).double()
        assert type(other) is type(model)
        assert other.spec == model.spec
        other.load_state_dict(model.state_dict())
        d, N = model.spec["d"], model.spec.get("N", 2)
        links = torch.randn(1, d, *range(3, 3 + d), N, N, dtype=torch.complex128)
        assert torch.equal(other(links), model(links))


@pytest.mark.parametrize("name", MODELS)
def test_a_spec_cannot_be_changed_from_outside(name):
    spec = MODELS[name].spec
    for value in spec.values():
        if isinstance(value, list):
            value.append(1)
    assert MODELS[name].spec != spec


@pytest.mark.parametrize(
    ("spec", "found"),
    [
        ({"name": "resnet"}, "no such name"),
        ({"loop": "1x2"}, "no such name"),
        ({"name": "wilson_loop", "loop": "1x2"}, "missing size"),
        ({"name": "cnn_traces", "widths": [4], "d": 2, "N": 2}, "unknown N"),
        ({"name": "cnn_links", "widths": "wide", "d": 2, "N": 2}, "whole numbers"),
        ({"name": "cnn_links", "widths": [4], "d": 2, "N": "2"}, "whole numbers"),
        ({"name": "cnn_links", "widths": [4], "d": "2", "N": 2}, "2, 3 and 4"),
        ({"name": "cnn_links", "widths": [4], "d": 2, "N": 2, "activation": ["relu"]}, "no such choice"),
        ({"name": "lcnn", "layers": 3, "d": 2}, r"\(K, N_in, N_out\)"),
        ({"name": "lcnn", "layers": [3], "d": 2}, r"\(K, N_in, N_out\)"),
        ({"name": "lcnn", "layers": [[2, 1]], "d": 2}, r"\(K, N_in, N_out\)"),
        ({"name": "lcnn", "layers": [[2, 5, 2]], "d": 2}, r"N_in = 1 in its \(K, N_in, N_out\)"),
        ({"name": "wilson_lop", "loop": "1x2"}, "did you mean 'wilson_loop'"),
        ({"name": "cnn_traces", "d": 2, "width": [3]}, r"unknown width \(did you mean widths\?\)"),
        ({"name": "lcnn", "layers": [[2, 1, 2]], "d": 2, "init_w": "big"}, "no finite number"),
        ({"name": "wilson_loop", "loop": ["1x2"], "size": "small"}, "unhashable"),
    ],
    ids=str,
)
def test_bad_specs_are_refused_in_one_line(spec, found):
    with pytest.raises(InputError, match=found) as refusal:
        build_model(spec)
    assert "\n" not in str(refusal.value)


def test_the_catalogue_says_what_the_builders_take():
    assert tuple(CATALOGUE) == available_models() == tuple(_BUILDERS)
    for name, entry in CATALOGUE.items():
        taken = inspect.signature(_BUILDERS[name]).parameters
        empty = inspect.Parameter.empty
        assert list(entry.required) == [key for key, value in taken.items() if value.default is empty]
        assert {key: value for key, (value, _) in entry.optional.items()} == {
            key: value.default for key, value in taken.items() if value.default is not empty
        }
        spec = tomllib.loads(entry.example)
        assert build_model(complete(spec, d=2, N=3)).spec["name"] in (name, "lcnn")


def test_d_and_N_come_from_the_data_unless_given():
    assert complete({"name": "cnn_links", "widths": [2]}, d=3, N=2)["d"] == 3
    assert complete({"name": "cnn_links", "widths": [2], "d": 2, "N": 3}, d=3, N=2)["N"] == 3
    assert "N" not in complete({"name": "cnn_traces", "widths": [2]}, d=3, N=2)
    assert complete({"name": "wilson_loop", "loop": "2x2", "size": "small"}, d=4, N=2)["d"] == 4
    assert complete({"name": "my:net", "a": 1}, d=4, N=2) == {"name": "my:net", "a": 1}


@pytest.fixture
def mine(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "mine_of_test.py").write_text(
        "from torch import nn\n"
        "class Net(nn.Module):\n"
        "    def __init__(self, width, bias=True):\n"
        "        super().__init__()\n"
        "        self.line = nn.Linear(1, width, bias)\n"
        "def number(): return lambda links: links\n"
        "def broken(): return 1 / 0\n"
    )
    yield "mine_of_test"
    sys.modules.pop("mine_of_test", None)


def test_a_model_of_the_users_own(mine):
    model = build_model({"name": f"{mine}:Net", "width": 3, "bias": False})
    assert [tuple(p.shape) for p in model.parameters()] == [(3, 1)]


@pytest.mark.parametrize(
    ("name", "parameters", "found"),
    [
        ("Net", {}, "width"),
        ("Net", {"width": 3, "depth": 1}, "depth.*it takes the parameters width, bias"),
        ("Net", {"width": "wide"}, "TypeError"),
        ("number", {}, r"return a torch\.nn\.Module"),
        ("broken", {}, "ZeroDivisionError.*mine_of_test.py:7 in broken"),
        ("net", {}, "did you mean 'Net'"),
    ],
)
def test_what_is_wrong_with_it_is_said(mine, name, parameters, found):
    with pytest.raises(InputError, match=found):
        build_model({"name": f"{mine}:{name}", **parameters})


def test_a_path_in_place_of_a_module_is_translated():
    with pytest.raises(InputError, match="did you mean 'mine:net'"):
        build_model({"name": "mine.py:net"})
