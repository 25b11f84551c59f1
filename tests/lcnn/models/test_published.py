import pytest
from oracle.lcnn_literal import as_numpy

from lcnn.models import build_model, published_models, topological_charge, wilson_loop
from lgt.errors import InputError
from lgt.symmetry import Gauge, Translation
from lgt.testing import assert_equivariant

# (d, loop, size): published number of parameters (Supplement, Tables V and VI), and the same with or
# without the centre slot where only the other one is published, n_out (2 n_in + 1)(2 n_in S + 1) a layer.
PUBLISHED = {
    (2, "1x1", "small"): 12,
    (2, "1x2", "small"): 35,
    (2, "1x2", "medium"): 117,
    (2, "1x2", "large"): 329,
    (2, "2x2", "small"): 125,
    (2, "2x2", "medium"): 1305,
    (2, "2x2", "large"): 13521,
    (2, "4x4", "small"): 465,
    (2, "4x4", "medium"): 4833,
    (2, "4x4", "large"): 39905,
    (4, "2x2", "small"): 1801,
    (4, "2x2", "medium"): 8305,
    (4, "4x4", "small"): 2109,
    (4, "4x4", "medium"): 14377,
    (4, "q_plaq", "small"): 3181,
}
CENTRE = {
    (2, "1x1", "small"): {True: 12, False: 12},
    (2, "1x2", "small"): {True: 47, False: 35},
    (2, "1x2", "medium"): {True: 141, False: 117},
    (2, "1x2", "large"): {True: 377, False: 329},
    (2, "2x2", "small"): {True: 177, False: 125},
    (2, "2x2", "medium"): {True: 1617, False: 1305},
    (2, "2x2", "large"): {True: 15745, False: 13521},
    (2, "4x4", "small"): {True: 597, False: 465},
    (2, "4x4", "medium"): {True: 5721, False: 4833},
    (2, "4x4", "large"): {True: 46481, False: 39905},
    (4, "2x2", "small"): {True: 1801, False: 1449},
    (4, "2x2", "medium"): {True: 8305, False: 7393},
    (4, "4x4", "small"): {True: 2541, False: 2109},
    (4, "4x4", "medium"): {True: 15865, False: 14377},
    (4, "q_plaq", "small"): {True: 3181, False: 2557},
}


def test_every_published_model_is_under_test():
    assert set(published_models()) == set(PUBLISHED)


@pytest.mark.parametrize("key", PUBLISHED, ids=str)
def test_published_numbers_of_parameters(key):
    d, loop, size = key
    assert wilson_loop(loop, size, d=d).weights == PUBLISHED[key]


@pytest.mark.parametrize("key", PUBLISHED, ids=str)
@pytest.mark.parametrize("centre", [True, False])
def test_numbers_of_parameters_follow_the_formula(key, centre):
    d, loop, size = key
    model = wilson_loop(loop, size, d=d, centre=centre)
    count = 2 * model.spec["layers"][-1][2] + 1
    for K, n_in, n in model.spec["layers"]:
        S = 1 + d * (K - 1) if centre else max(1, d * (K - 1))
        count += n * (2 * n_in + 1) * (2 * n_in * S + 1)
    assert model.weights == count
    assert count == CENTRE[key][centre]


@pytest.mark.parametrize(
    ("loop", "size", "d"), [("1x2", "large", 2), ("2x2", "medium", 2), ("2x2", "small", 4)]
)
def test_published_models_are_invariant(loop, size, d):
    model = wilson_loop(loop, size, d=d).double()
    assert model.symmetries == (Gauge(), Translation())
    kinds = {"input_types": ("links",), "output_type": "scalar"}
    assert_equivariant(as_numpy(model), model.symmetries, **kinds, dims=(d,), examples=3)


def test_the_topological_charge_has_a_name_of_its_own():
    model = topological_charge("small")
    assert model.weights == 3181
    assert model.spec == wilson_loop("q_plaq", "small", d=4).spec
    assert model.spec["layers"] == [[2, 6, 4]]
    named = build_model({"name": "topological_charge", "size": "small", "centre": False})
    assert sum(p.numel() for p in named.parameters()) == 2557


def test_unknown_networks_are_refused():
    with pytest.raises(InputError, match="no such network"):
        topological_charge("medium")
    with pytest.raises(InputError, match="use one of 1x1 small at d = 2"):
        wilson_loop("3x3", "small")
