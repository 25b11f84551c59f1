import numpy as np
import pytest
import torch
from oracle.lcnn_literal import random_fields

from lcnn.gauge import LCB, plaquettes
from lcnn.gauge._weights import bilinear_weight
from lcnn.transport import Transporter
from lgt.group import SU


def draw(init, n_out=200, a=9, b=41, init_w=1.0):
    generator = torch.Generator().manual_seed(0)
    start = {"n_in": (a - 1) // 2, "unit": True, "init": init, "init_w": init_w}
    return bilinear_weight(n_out, a, b, generator=generator, **start).detach()


def test_published_weights_have_one_variance():
    theta = draw("published", init_w=0.5)
    for part in (theta[:, :-1, :-1], theta[:, -1, :], theta[:, :, -1]):
        assert part.std().item() == pytest.approx(0.5 / np.sqrt(9 * 41), rel=0.05)


def test_master_weights_are_published_ones_without_unit_elements():
    theta, published = draw("master"), draw("published")
    assert theta[:, -1].abs().max() == theta[:, :, -1].abs().max() == 0
    assert torch.equal(theta[:, :-1, :-1], published[:, :-1, :-1])


def test_balanced_weights_share_their_variance_between_linear_terms_and_products():
    theta = draw("balanced", init_w=2.0).square()
    torch.testing.assert_close(theta.sum((1, 2)), torch.full((200,), 4.0))
    assert theta[:, -1, -1].max() == 0
    torch.testing.assert_close(theta[:, :-1, :-1].sum((1, 2)), torch.full((200,), 0.1))
    torch.testing.assert_close(theta[:, -1].sum(1), torch.full((200,), 0.1))
    torch.testing.assert_close(theta[:, :4, -1].sum(1), torch.full((200,), 3.8))
    assert theta[:, 4:, -1].max() == 0


def test_balanced_weights_mix_the_local_fields_orthogonally():
    mixing = draw("balanced", n_out=8)[:, :4, -1]
    for block in (mixing[:4], mixing[4:]):
        torch.testing.assert_close(block @ block.mT, 0.95 * torch.eye(4))
    few = draw("balanced", n_out=3)[:, :4, -1]
    assert ((few != 0).sum(1) == 1).all()
    torch.testing.assert_close(few @ few.mT, 0.95 * torch.eye(3))


def test_gaussian_weights_share_their_variance_between_all_linear_terms_and_products():
    theta = draw("gaussian", init_w=2.0).square()
    torch.testing.assert_close(theta.sum((1, 2)), torch.full((200,), 4.0))
    assert theta[:, -1, -1].max() == 0
    assert theta[:, :-1, :-1].sum((1, 2)).mean().item() == pytest.approx(0.4, rel=0.1)
    assert theta[:, -1].sum(1).mean().item() == pytest.approx(1.8, rel=0.1)


def sizes(init: str, depth: int, width: int) -> np.ndarray:
    """The size of the field after each layer, (seed, layer), relative to a unitary matrix."""
    out = []
    for seed in range(12):
        generator = torch.Generator().manual_seed(seed)
        U = torch.tensor(random_fields(SU(2), (6, 4), 1, seed)[0]).to(torch.complex64)
        carrier, W, row = Transporter(U), plaquettes(U), []
        for n_in in [1] + [width] * (depth - 1):
            W = LCB(n_in, width, 2, d=2, init=init, generator=generator)(carrier, W).detach()
            row.append(float(W.abs().square().mean().sqrt() * np.sqrt(2)))
        out.append(row)
    return np.array(out)


@pytest.mark.slow
def test_balanced_stacks_keep_the_size_of_the_field_and_published_ones_do_not():
    spread = {}
    for init in ("balanced", "published", "master"):
        logs = np.log(sizes(init, depth=6, width=4))
        spread[init] = np.abs(logs[:, -1]).mean()
    assert spread["balanced"] < 0.6
    assert spread["published"] > 3 * spread["balanced"]
    assert spread["master"] > 3 * spread["balanced"]
