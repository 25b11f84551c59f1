import numpy as np
import pytest

from lcnn._arguments import one_of, whole_number, whole_numbers
from lcnn.gauge import LCB, GaugeInput, LBilinear, LConv, LExp, LLinear, LPolynomialAct
from lgt.errors import InputError

NONE = (0, -1, 1.5, True, "2", None)


def test_numpy_integers_become_plain_ones():
    numbers = (whole_number("n", np.int64(3)), *whole_numbers("n, m", [np.int32(2), 0], 0))
    assert numbers == (3, 2, 0)
    assert all(type(number) is int for number in numbers)


@pytest.mark.parametrize("value", NONE)
def test_what_is_no_whole_number_is_refused(value):
    with pytest.raises(InputError, match=r"^n = .*: found no such whole number; give one of 1 or more"):
        whole_number("n", value)
    with pytest.raises(InputError, match=r"^n, m = \(1, .*; give whole numbers of 1 or more"):
        whole_numbers("n, m", (1, value))


@pytest.mark.parametrize("values", ["12", 3, None])
def test_what_is_no_list_is_refused(values):
    with pytest.raises(InputError, match="no list of whole numbers"):
        whole_numbers("widths", values)


def test_a_choice_is_one_of_the_words():
    one_of("gate", "relu", ("relu", "smooth"))
    for wrong in ("Relu", 1, None, ["relu"]):
        with pytest.raises(InputError, match=r"gate = .*; use relu or smooth"):
            one_of("gate", wrong, ("relu", "smooth"))


@pytest.mark.parametrize("count", NONE)
def test_no_layer_is_made_for_no_channels(count):
    for make in (
        lambda: LLinear(count, 1),
        lambda: LLinear(1, count),
        lambda: LConv(count, 1, 2, d=2),
        lambda: LConv(1, count, 2, d=2),
        lambda: LConv(1, 1, count, d=2),
        lambda: LConv(1, 1, 2, d=count),
        lambda: LConv(1, 1, 2, d=2, dilation=count),
        lambda: LCB(count, 1, 2, d=2),
        lambda: LCB(1, count, 2, d=2),
        lambda: LBilinear(count, 1, 1),
        lambda: LBilinear(1, count, 1),
        lambda: LBilinear(1, 1, count),
        lambda: LExp(count, d=2),
        lambda: LExp(1, d=count),
        lambda: LPolynomialAct(count),
    ):
        with pytest.raises(InputError, match=r"; give (one|whole numbers) of 1 or more"):
            make()


def test_an_unknown_input_is_refused():
    with pytest.raises(InputError, match=r"plaquettes = 'some'.*clover"):
        GaugeInput("some")
