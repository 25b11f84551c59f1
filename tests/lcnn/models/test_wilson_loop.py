import pytest
import torch
from oracle.lcnn_literal import as_numpy, enlarged, products, random_fields, slots

import lgt
from lcnn.gauge import TrNorm, plaquettes
from lcnn.models import LCNN, build_model, wilson_loop
from lgt.errors import InputError, ShapeError
from lgt.group import SU, U
from lgt.testing import assert_equivariant


@pytest.mark.parametrize(
    "options",
    [
        {
            "layers": [[2, 8, 3], [2, 3, 2]],
            "plaquettes": "clover",
            "directions": "both",
            "activation": "relu",
        },
        {"layers": [[2, 4, 3]], "plaquettes": "both", "polyakov": True, "activation": "smooth", "n_out": 2},
        {"layers": [[2, 1, 3]], "plaquettes": "negative", "adjoint": False, "unit": False, "dilation": 2},
    ],
    ids=str,
)
def test_every_option_keeps_the_symmetries(options):
    if options["plaquettes"] == "clover":
        options = {**options, "layers": [[2, 4, 3], [2, 3, 2]]}
    model = LCNN(d=2, **options).double()
    kinds = {"input_types": ("links",), "output_type": "scalar"}
    assert_equivariant(as_numpy(model), model.symmetries, **kinds, dims=(2,), examples=4)
    links = torch.ones(3, 2, 4, 5, 1, 1, dtype=torch.complex128)
    assert model(links).shape == (3, options.get("n_out", 1), 4, 5)


def test_the_network_is_the_layers_in_turn():
    U, _ = random_fields(SU(3), (3, 4), 1, 0)
    model = LCNN([(3, 1, 4), (2, 4, 2)], d=2, centre=False).double()
    W = plaquettes(torch.tensor(U)).numpy()
    for layer, K in zip(model.layers, (3, 2), strict=True):
        t = enlarged(slots(U, W, K, centre=False, both=False), adjoint=True, unit=True)
        w = enlarged([W], adjoint=True, unit=True)
        W = products(layer.weight.detach().numpy(), w, t)
    traces = torch.einsum("bcxyii->bcxy", torch.tensor(W))
    a, bias = model.head.linear.weight, model.head.linear.bias
    expected = torch.einsum("of,bfxy->boxy", a[:, 0::2], traces.real) + bias[0]
    expected = expected + torch.einsum("of,bfxy->boxy", a[:, 1::2], traces.imag)
    torch.testing.assert_close(model(torch.tensor(U)), expected)


def test_links_are_smeared_first_and_matter_is_gated_and_normed_after_each_layer():
    links = torch.tensor(random_fields(U(2), (3, 4), 1, 0)[0])
    steps = {"stout": 2, "exponential": 1, "gauge_group": "U2"}
    options = {"activation": "relu", "norm": "frobenius", **steps}
    model = LCNN([(2, 1, 2), (2, 2, 2)], d=2, **options).double()
    assert build_model(model.spec).spec == model.spec
    assert [layer.group for layer in (*model.stout, *model.exponential)] == [U(2)] * 3
    with torch.no_grad():
        for p in model.parameters():
            p += 0.1 * torch.randn_like(p)
    moved = model.stout[1](model.stout[0](links))
    moved = model.exponential[0](moved, plaquettes(moved))
    W = plaquettes(moved)
    for layer, activation in zip(model.layers, model.activations, strict=True):
        W = TrNorm()(activation(layer(moved, W)))
    torch.testing.assert_close(model.features(links), W)
    model(links).sum().backward()
    weights = dict(model.named_parameters())
    assert all(p.grad is not None and (p.grad != 0).any() for p in weights.values())


def test_hand_set_weights_give_the_wilson_loop_exactly():
    # P(x) times P carried from x + 1 is the loop of 1 x 2 plaquettes; (1/N) Re tr of it by the head.
    model = wilson_loop("1x2", "small").double()
    with torch.no_grad():
        for p in model.parameters():
            p.zero_()
        model.layers[0].weight[0, 0, 1] = 1
        model.head.linear.weight[0, 0] = 1 / 3
    U, _ = random_fields(SU(3), (3, 5), 1, 0)
    expected = lgt.loop_trace(U, lgt.rectangle(0, 1, 1, 2), 2).real
    torch.testing.assert_close(model(torch.tensor(U))[:, 0], torch.tensor(expected), rtol=0, atol=1e-14)


def test_a_scalar_is_even_under_charge_conjugation_without_imaginary_traces():
    U = torch.tensor(random_fields(SU(3), (3, 4), 1, 0)[0])
    model = wilson_loop("2x2", "small").double()
    assert (model(U.conj()) - model(U)).abs().max() > 1e-3
    with torch.no_grad():
        model.head.linear.weight[:, 1::2] = 0
    torch.testing.assert_close(model(U.conj()), model(U), rtol=0, atol=1e-13)


def test_one_model_takes_every_lattice_and_every_n():
    model = wilson_loop("2x2", "small").double()
    for group, extents in ((SU(2), (3, 4)), (SU(3), (5, 2)), (SU(4), (2, 7))):
        U = torch.tensor(random_fields(group, extents, 1, 0)[0])
        out = model(U)
        assert out.shape == (2, 1, *extents)
        torch.testing.assert_close(model(U.repeat(1, 1, 2, 3, 1, 1)), out.repeat(1, 1, 2, 3))


def test_the_gradient_with_respect_to_the_links_can_be_differentiated_again():
    U = torch.tensor(random_fields(SU(2), (2, 3), 1, 0, batch=1)[0], requires_grad=True)
    model = LCNN([(2, 1, 2), (2, 2, 1)], d=2).double()
    assert torch.autograd.gradgradcheck(model, U, fast_mode=True)
    (force,) = torch.autograd.grad(model(U).sum(), U, create_graph=True)
    force.abs().square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.layers.parameters())


def test_one_seed_gives_one_model():
    outputs = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        model = wilson_loop("1x2", "medium").double()
        outputs.append(model(torch.tensor(random_fields(SU(2), (3, 4), 1, 0)[0])))
    assert torch.equal(outputs[0], outputs[1])
    assert not torch.equal(outputs[0], outputs[2])


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({"layers": []}, "no layers"),
        ({"layers": [(2, 1)]}, "2 numbers"),
        ({"layers": [(2, 1, 2), (2, 3, 2)]}, "2 channels before it"),
        ({"layers": [(2, 2, 2)]}, "1 channels before it"),
        ({"layers": [(2, 1, 2.5)]}, "whole numbers"),
        ({"layers": [(2, 1, 2)], "activation": "gelu"}, "no such choice"),
        ({"layers": [(2, 1, 2)], "norm": "max"}, "no such choice"),
        ({"layers": [(2, 1, 2)], "stout": -1}, "whole numbers"),
        ({"layers": [(2, 1, 2)], "gauge_group": "SO3"}, "no such name"),
        ({"layers": [(2, 1, 2)], "plaquettes": "some"}, "no such choice"),
        ({"layers": [(2, 1, 2)], "directions": "up"}, "no such choice"),
        ({"layers": [(2, 1, 2)], "n_out": 0}, "whole numbers"),
    ],
)
def test_impossible_networks_are_refused(options, found):
    with pytest.raises(InputError, match=found):
        LCNN(d=2, **options)


def test_names_and_links_that_do_not_exist_are_refused():
    with pytest.raises(InputError, match="3x3 small at d = 2"):
        wilson_loop("3x3", "small")
    with pytest.raises(InputError, match="at d = 3"):
        wilson_loop("1x2", "small", d=3)
    with pytest.raises(ShapeError, match="network with d = 2: found links with d = 3"):
        wilson_loop("1x1", "small").double()(torch.ones(1, 3, 2, 3, 4, 2, 2, dtype=torch.complex128))
