import pytest
from torch import Tensor, nn

from lcnn.models import GLCNN, LCNN, Model, parity_doubts
from lgt.symmetry import PSEUDOSCALAR, VECTOR, Gauge, PointGroup


def doubts(odd, d=2, **options):
    return parity_doubts(GLCNN([(1, 2, 2)], d=d, **options), lambda: odd, d)


@pytest.mark.parametrize(
    ("options", "odd", "words"),
    [
        ({"group": "B_2"}, True, "the target is a pseudoscalar, the output is none under B_2"),
        ({"group": "B_2", "pool": "det"}, False, "the target is a scalar, the output is none under B_2"),
        ({"group": "Z_2^2", "pool": 1}, False, "the target is a scalar"),
        ({"group": "C_4", "pool": 1}, True, "the target is a pseudoscalar, the output is none under C_4"),
        ({"group": "C_4", "pool": "det"}, True, "the same as 'mean' under C_4, which has no reflections"),
        ({"group": "SB_d", "pool": "det", "d": 3}, None, "the same as 'mean' under B_3+"),
    ],
)
def test_a_model_of_another_parity_than_the_target_is_doubted(options, odd, words):
    (found,) = doubts(odd, **options)
    assert words in found


@pytest.mark.parametrize(
    ("options", "odd"),
    [
        ({"group": "B_2"}, False),
        ({"group": "B_2"}, None),
        ({"group": "B_2", "pool": "det"}, True),
        ({"group": "B_2", "pool": "det"}, None),
        ({"group": "C_4"}, True),  # it can learn a pseudoscalar: it knows of no reflections
        ({"group": "1"}, True),
    ],
)
def test_a_model_that_fits_is_not_doubted(options, odd):
    assert doubts(odd, **options) == ()


class Declared(Model):
    """Says of itself what it is told."""

    def __init__(self, output_type):
        super().__init__()
        self.kind = output_type

    spec = {"name": "mine:Declared"}  # noqa: RUF012
    symmetries = (Gauge(), PointGroup())

    @property
    def output_type(self):
        return self.kind

    def forward(self, links: Tensor) -> Tensor:
        return links.real.sum()


def test_models_of_ones_own_are_doubted_by_what_they_declare():
    assert parity_doubts(Declared(PSEUDOSCALAR), lambda: True, 3) == ()
    for kind, odd in ((PSEUDOSCALAR, False), (VECTOR, False), (VECTOR, True)):
        (found,) = parity_doubts(Declared(kind), lambda odd=odd: odd, 3)
        assert "none under B_3" in found


def test_the_target_is_not_asked_for_a_model_without_point_group():
    def never() -> bool:
        raise AssertionError("measured in vain")

    for model in (LCNN([(1, 1, 1)], d=2), nn.Linear(1, 1)):
        assert parity_doubts(model, never, 2) == ()
    with pytest.raises(AssertionError, match="in vain"):
        parity_doubts(Declared(PSEUDOSCALAR), never, 2)
