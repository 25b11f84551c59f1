import json
import tomllib

import pytest
import tomli_w
import torch

from lcnn.models import LCNN, Model, available_models, build_model, cnn_links, cnn_traces, wilson_loop
from lgt.errors import InputError

MODELS: dict[str, Model] = {
    "wilson_loop": wilson_loop("2x2", "small", centre=True, init="published", init_w=0.5, n_out=2),
    "lcnn": LCNN([(2, 6, 3)], d=2, plaquettes="clover", polyakov=True, directions="both", activation="relu"),
    "cnn_links": cnn_links([4, 3], d=3, N=3, kernel_size=3, activation="tanh", dense=[5], n_out=2),
    "cnn_traces": cnn_traces((4, 3), d=2, pooling="max"),
}


def test_every_model_is_under_test():
    assert set(MODELS) == set(available_models())


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
        ({"name": "cnn_links", "widths": [4], "d": "2", "N": 2}, "2 and 3"),
        ({"name": "cnn_links", "widths": [4], "d": 2, "N": 2, "activation": ["relu"]}, "no such choice"),
        ({"name": "lcnn", "layers": 3, "d": 2}, "not iterable"),
        ({"name": "lcnn", "layers": [[2, 1, 2]], "d": 2, "init_w": "big"}, "no finite number"),
        ({"name": "wilson_loop", "loop": ["1x2"], "size": "small"}, "unhashable"),
    ],
    ids=str,
)
def test_bad_specs_are_refused_in_one_line(spec, found):
    with pytest.raises(InputError, match=found) as refusal:
        build_model(spec)
    assert "\n" not in str(refusal.value)
